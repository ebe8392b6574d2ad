"""Whom and which external IDs a policy tells apart: one example for every kind of caller and ID that it can notice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from deputize.iam.limits import EXTERNAL_ID as EXTERNAL_ID_LIMIT
from deputize.iam.operators import Operator, parse_operator
from deputize.iam.policy import Condition, Policy
from deputize.iam.trust import pattern_classes as classes
from deputize.iam.trust.callers import CALLER_KEYS, EXTERNAL_ID, Caller, parse_caller
from deputize.iam.variables import has_variable, resolve

_ID_CHARACTERS = frozenset(one for one in map(chr, range(128)) if EXTERNAL_ID_LIMIT.admits(one * 2))
_ANY_ACCOUNT = (classes.Step(classes.DIGITS),) * 12
_WITH_PATH = (*classes.some(classes.GRAPHIC), *classes.exactly("/"))
_ARN_COLONS = 5


def is_not_enumerable(policy: Policy) -> bool:
    """Whether the policy compares who calls, or the external ID, so that no examples can stand for all values.

    That is as a number, date or address, or with a policy variable.
    """
    for condition in _conditions(policy, CALLER_KEYS | {EXTERNAL_ID}):
        base = _base(condition)
        odd = base is not None and (
            base.form == "typed" or any(_reads_request(policy, one) for one in condition.values)
        )
        if odd and condition.key.lower() != "aws:principaltype":
            return True
    return False


def mixes_callers(policy: Policy) -> bool:
    """Whether what is compared with any key depends on who calls, by a policy variable."""
    conditions = (condition for statement in policy.clear_statements for condition in statement.conditions)
    texts = (one.lower() for condition in conditions for one in condition.values)
    return policy.has_variables and any(has_variable(one) and any(key in one for key in CALLER_KEYS) for one in texts)


def external_ids(policy: Policy, accepted: Iterable[str]) -> tuple[str, ...] | None:
    """An external ID of every kind that the policy tells apart; None when they are too many."""
    patterns = [classes.exactly(one, any_case=caseless) for one in accepted for caseless in (False, True)]
    patterns += (pattern for condition, text in _values(policy, {EXTERNAL_ID}) for pattern in _as_text(condition, text))
    return classes.examples(classes.some(_ID_CHARACTERS, EXTERNAL_ID_LIMIT.low), patterns, EXTERNAL_ID_LIMIT.high)


def identities(policy: Policy, partition: str, also: Iterable[str] = ()) -> tuple[str, ...] | None:
    """ARNs of AWS identities, one of every kind that the policy or an ARN of `also` tells apart."""
    patterns = (*_caller_patterns(policy), *map(classes.wild_arn, also))
    return _each(_domains(partition, _ANY_ACCOUNT), patterns)


@lru_cache(maxsize=1024)
def fitting(policy: Policy, caller: Caller) -> tuple[Caller, ...] | None:
    """`caller` with every aws:PrincipalArn that it may have, one of each kind that the policy tells apart."""
    if caller.kind not in ("account", "session") or caller.arn is not None or caller.account is None:
        return (caller,)
    partition = caller.partition or _partition(policy)
    domains = _domains(partition, classes.exactly(caller.account))
    if caller.kind == "session":
        before = classes.exactly(f"arn:{partition}:iam::{caller.account}:role/")
        domains = tuple((*before, *path, *classes.exactly(caller.name)) for path in ((), _WITH_PATH))
    arns = _each(domains, _caller_patterns(policy))
    return None if arns is None else tuple(caller.with_arn(arn) for arn in arns)


def _each(domains: Iterable[classes.Pattern], patterns: tuple[classes.Pattern, ...]) -> tuple[str, ...] | None:
    found: list[str] = []
    for domain in domains:
        arns = classes.examples(domain, patterns)
        if arns is None:
            return None
        found += arns
    return tuple(found)


def _domains(partition: str, account: classes.Pattern) -> tuple[classes.Pattern, ...]:
    """Every ARN that aws:PrincipalArn can have in an account."""

    def under(service: str, resource: str, *tail: classes.Pattern) -> classes.Pattern:
        head = (*classes.exactly(f"arn:{partition}:{service}::"), *account, *classes.exactly(resource))
        return (*head, *(step for one in tail for step in one))

    name = classes.some(classes.NAME)
    return (
        under("iam", ":root"),
        under("sts", ":federated-user/", name),
        *(under("iam", f":{kind}/", *path, name) for kind in ("user", "role") for path in ((), (_WITH_PATH,))),
    )


def _caller_patterns(policy: Policy) -> tuple[classes.Pattern, ...]:
    found: list[classes.Pattern] = []
    for statement in policy.clear_statements:
        for one in statement.principals:
            found += _of_principal(one.text)
    for condition, text in _values(policy, CALLER_KEYS):
        found += _of_clause(condition, text)
    return tuple(found)


def _of_principal(value: str) -> Iterator[classes.Pattern]:
    trusted = parse_caller(value)
    if trusted is None or trusted.account is None:
        return
    if trusted.kind in ("account", "root"):
        yield classes.wild_arn(f"arn:*:*:*:{trusted.account}:*")
    elif trusted.kind == "session":
        yield classes.wild_arn(f"arn:*:iam::{trusted.account}:role/{trusted.name}")
        yield classes.wild_arn(f"arn:*:iam::{trusted.account}:role/*/{trusted.name}")
    else:
        yield classes.exactly(value)


def _of_clause(condition: Condition, text: str) -> Iterator[classes.Pattern]:
    any_text = classes.wild("*")
    match condition.key.lower():
        case "aws:principalarn":
            yield from _as_text(condition, text)
        case "aws:principalaccount":
            for account in _as_text(condition, text, classes.DIGITS):
                yield (
                    *classes.wild("arn:*:*::", classes.NOT_COLON),
                    *account,
                    *classes.exactly(":"),
                    *any_text,
                )
        case "aws:username":
            for name in _as_text(condition, text, classes.NOT_SLASH):
                yield (*any_text, *classes.exactly("/"), *name)


def _as_text(condition: Condition, text: str, within: frozenset[str] | None = None) -> Iterator[classes.Pattern]:
    base = _base(condition)
    match None if base is None else base.form:
        case "same":
            yield classes.exactly(text)
        case "any case":
            yield classes.exactly(text, any_case=True)
        case "wildcards":
            yield classes.wild(text) if within is None else classes.wild(text, within)
        case "ARN" if text.count(":") >= _ARN_COLONS:
            yield classes.wild_arn(text)


def _values(policy: Policy, keys: Iterable[str]) -> Iterator[tuple[Condition, str]]:
    for condition in _conditions(policy, frozenset(keys)):
        for value in condition.values:
            found = resolve(value, _not_known) if policy.has_variables else (value,)
            if found:
                yield condition, found[0]


def _conditions(policy: Policy, keys: frozenset[str]) -> Iterator[Condition]:
    for statement in policy.clear_statements:
        yield from (condition for condition in statement.conditions if condition.key.lower() in keys)


def _base(condition: Condition) -> Operator | None:
    test = parse_operator(condition.operator)
    return None if test is None else test.base


def _reads_request(policy: Policy, text: str) -> bool:
    return policy.has_variables and not resolve(text, _not_known)


def _not_known(_key: str) -> None:
    return None


def _partition(policy: Policy) -> str:
    """The partition of the first principal that says one: a policy has no other way of saying it."""
    values = (one.text for statement in policy.clear_statements for one in statement.principals)
    known = (parse_caller(value) for value in values)
    return next((one.partition for one in known if one is not None and one.partition is not None), "aws")
