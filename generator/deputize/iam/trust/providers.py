"""Whose users a statement lets in through an identity provider: whether its conditions say so, by a table of providers.

A role that trusts GitHub and compares no subject trusts every workflow at GitHub. Which key a provider needs compared
is data (data/providers.yaml), with AWS's page for each. Keys of the network or of session tags hold strangers out too.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from deputize.iam.operators import parse_operator
from deputize.iam.policy import Condition, Policy, Principal, Statement
from deputize.iam.trust.intent import SAML, WEB_IDENTITY
from deputize.iam.trust.statements import allows_call, may_allow

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html"
_ISSUER = re.compile(r"arn:[^:]*:iam::[^:]*:(?P<sort>oidc|saml)-provider/(?P<name>.+)", re.ASCII | re.DOTALL)
_OPEN = re.compile(r"[*?]|\$\{", re.ASCII)
# Where a request comes from, and what the provider says of a session: each may hold strangers out by itself.
_PLACES = frozenset(("aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"))
_EVERYWHERE = frozenset(("0.0.0.0/0", "::/0", "*"))
_TAG = "aws:requesttag/"

Keys = Mapping[re.Pattern[str], re.Pattern[str]]
"""Condition keys, each with what its values begin with when they name somebody."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A kind of identity provider.

    name: for people. shared: strangers have users there too. keys: condition keys, `{}` for the issuer, each with the
    regular expression that a binding value begins with. value: an example of one for the first key.
    """

    name: str
    issuer: re.Pattern[str]
    shared: bool
    keys: Mapping[str, re.Pattern[str]]
    value: str
    page: str

    @property
    def is_any(self) -> bool:
        """Whether it is the row of every OIDC provider that no other is of."""
        return self.issuer.pattern == "oidc"


@dataclass(frozen=True, slots=True)
class OpenProvider:
    """A principal by which a statement lets in whomever the provider vouches for. key: what would say who.

    compared: the values that it is compared with although they name nobody.
    """

    principal: Principal
    provider: Provider
    key: str
    compared: tuple[str, ...]


def open_providers(policy: Policy, statement: Statement, stand_ins: Sequence[str] = ()) -> Iterator[OpenProvider]:
    """Each identity provider that a statement of `policy` trusts without saying whose users.

    stand_ins: texts in place of what the policy does not hold. With one in it an issuer may be any, so that a claim
    counts under each; in a value one names somebody.
    """
    if not may_allow(statement) or statement.not_principal or statement.is_opaque or not _is_entered(statement):
        return
    for one in statement.principals:
        issuer = _issuer_of(one.text) if one.kind == "Federated" else None
        if issuer is None:
            continue
        known = not any(each in issuer or each == one.text for each in stand_ins)
        told = None if known else _told_by_keys(statement)
        provider = _provider(told or issuer)
        keys = _keys(provider, told or (issuer if known else None))
        narrowed = _all(policy, statement)
        if not any(_binds(policy, provider, keys, condition, denied=denied) for condition, denied in narrowed):
            key = next(iter(provider.keys)).replace("{}", told or issuer)
            values = tuple(v for each in statement.conditions if each.key.lower() == key.lower() for v in each.values)
            yield OpenProvider(one, provider, key, values)


def _keys(provider: Provider, issuer: str | None) -> Keys:
    """The provider's condition keys, each with what its values begin with; under any issuer where it is not known."""
    prefix = r"(?!aws:|sts:).+" if issuer is None else re.escape(issuer)
    escaped = ((re.escape(key).replace(r"\{\}", prefix), regex) for key, regex in provider.keys.items())
    return {re.compile(key, re.ASCII | re.IGNORECASE | re.DOTALL): regex for key, regex in escaped}


def _told_by_keys(statement: Statement) -> str | None:
    """The issuer of which the statement's keys are, where the table has it: its users are meant, whoever is named."""
    issuers = (one.key.rpartition(":")[0] for one in statement.conditions)
    return next((one for one in issuers if not _provider(one).is_any), None)


def _is_entered(statement: Statement) -> bool:
    return any(allows_call(statement, call) for call in (WEB_IDENTITY, SAML))


def _issuer_of(text: str) -> str | None:
    """The issuer's name, `saml` for a SAML provider; None for a pattern, which is told elsewhere."""
    if "*" in text or "?" in text:
        return None
    found = _ISSUER.fullmatch(text)
    if found is None:
        return text if ":" not in text else None
    return found["name"] if found["sort"] == "oidc" else "saml"


def _provider(issuer: str) -> Provider:
    table = providers()
    fallback = next(one for one in table if one.is_any)
    return next((one for one in table if one.issuer.fullmatch(issuer)), fallback)


def _all(policy: Policy, statement: Statement) -> Iterator[tuple[Condition, bool]]:
    """What narrows a statement: its own conditions, and the single one of each Deny that is about everybody's entry."""
    yield from ((one, False) for one in statement.conditions)
    names = {one.text for one in statement.principals}
    for other in policy.clear_statements:
        about = any(one.is_anyone or one.text in names for one in other.principals)
        is_deny = other.effect == "Deny" and not other.not_principal and not other.not_action and about
        if is_deny and len(other.conditions) == 1 and _names_entry(other):
            yield other.conditions[0], True


def _names_entry(statement: Statement) -> bool:
    names = {one.lower() for one in statement.actions}
    return bool(names & {"*", "sts:*", "sts:assumerole*", WEB_IDENTITY.lower(), SAML.lower()})


def _binds(policy: Policy, provider: Provider, keys: Keys, condition: Condition, *, denied: bool) -> bool:
    """Whether nobody meets `condition`, or gets past it where it is of a Deny, whom its values do not name."""
    test, key = parse_operator(condition.operator), condition.key.lower()
    if test is None or test.base is None or test.base.negated is not denied or not condition.values:
        return False
    if (test.if_exists and not denied) or test.sets == ("ForAnyValue" if denied else "ForAllValues"):
        return False
    if key in _PLACES:
        return _EVERYWHERE.isdisjoint(condition.values)
    if key.startswith(_TAG):
        return not provider.shared and "*" not in condition.values
    regex = next((each for name, each in keys.items() if name.fullmatch(key)), None)
    exact = test.base.form in ("same", "any case")
    has_form = exact or test.base.form == "wildcards"
    return regex is not None and has_form and all(_names(policy, regex, one, exact=exact) for one in condition.values)


def _names(policy: Policy, regex: re.Pattern[str], value: str, *, exact: bool) -> bool:
    """Whether a value names somebody: what stands before its first wildcard or variable does."""
    is_open = _OPEN if not exact else re.compile(r"\$\{") if policy.has_variables else None
    found = is_open.search(value) if is_open is not None else None
    return regex.match(f"{value}$" if found is None else value[: found.start()]) is not None


@cache
def providers() -> tuple[Provider, ...]:
    """The table, in its order."""
    text = resources.files("deputize.iam").joinpath("data", "providers.yaml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - both loaders are safe ones
    return tuple(
        Provider(
            row["name"],
            re.compile(row["issuer"], re.ASCII | re.IGNORECASE),
            row.get("shared", False),
            {key: re.compile(regex, re.ASCII) for key, regex in row["keys"].items()},
            row.get("value", ""),
            row.get("page", _PAGE),
        )
        for row in rows
    )
