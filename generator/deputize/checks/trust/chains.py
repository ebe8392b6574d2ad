"""Role chaining within a world: which roles somebody reaches through the roles that a third party assumes.

In one account a trust policy that names a role lets it in, whatever the role's own policies say; one that trusts the
account, or a role of another account, asks those for sts:AssumeRole as well. A Deny of theirs counts in any case.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_permissions-to-switch.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from deputize.iam.allowed import Allowed, IdentityPolicy, allowed_by
from deputize.iam.grammar import read_policy
from deputize.iam.patterns import ResourcePattern, are_apart, resource_pattern
from deputize.iam.policy import Policy, Principal, Statement
from deputize.iam.trust import evaluate_trust
from deputize.iam.trust.callers import PRINCIPAL_ARN, Caller, parse_caller
from deputize.iam.trust.intent import ASSUME_ROLE
from deputize.iam.trust.statements import allows_assume_role, id_conditions
from deputize.model.world import FoundRole, Origin, Unknown
from deputize.read.symbols import ACCOUNT_ID

# Evaluations: a hostile file has thousands of roles that might assume each other. Beyond, each that might is reached.
_MOST_PAIRS = 20_000


@dataclass(frozen=True, slots=True)
class _Behind:
    """A role that may be reached, as far as its trust policy tells at once.

    names: of the roles that it names. is_open: it may trust others of an account, too.
    """

    role: FoundRole
    names: frozenset[str]
    is_open: bool


def chains(
    roles: Sequence[FoundRole], doors: Sequence[int], allowed: Callable[[int], Allowed]
) -> Mapping[int, tuple[int, ...]]:
    """Of each role that is reached: the roles on the way to it, the nearest first, the last one of the doors.

    All by their places in `roles`. doors: those that third parties assume. allowed: what a role may do.
    """
    found: dict[int, tuple[int, ...]] = dict.fromkeys(doors, ())
    waiting = deque(doors)
    behind = {at: one for at, role in enumerate(roles) if at not in found and (one := _behind(role)) is not None}
    pairs = 0
    while waiting and behind:
        at = waiting.popleft()
        way = (at, *found[at])
        caller = _Caller(roles[at], lambda at=at: allowed(at))  # type: ignore[misc]
        for other, one in list(behind.items()):
            if not _may_be_meant(one, caller) or not _may_coexist([one.role, *(roles[step] for step in way)]):
                continue
            pairs += 1
            if pairs > _MOST_PAIRS or caller.reaches(one.role):
                found[other] = way
                del behind[other]
                waiting.append(other)
    return {at: way for at, way in found.items() if way}


class _Caller:
    """A role that asks for another; what it may do is worked out when it is first needed."""

    def __init__(self, role: FoundRole, allowed: Callable[[], Allowed]) -> None:
        self.role = role
        self.names = frozenset(arn.rpartition("/")[2] for arn in role.arns)
        self._allowed = allowed
        self._patterns: tuple[ResourcePattern, ...] | None = None
        self._is_anywhere = False

    def reaches(self, other: FoundRole) -> bool:
        """Whether it may assume the other role: that is not ruled out by the trust policy and its own policies."""
        if other.trust is None or not any(_admits(other.trust.trust_policy, arn) for arn in _arns(self.role, other)):
            return False
        named = replace(
            other.trust.trust_policy, statements=tuple(map(_without_accounts, other.trust.trust_policy.statements))
        )
        same_account = self.role.own_account == other.own_account is not None
        if not (same_account and any(_admits(named, arn) for arn in _arns(self.role, other))) and not self._may(other):
            return False
        return not self._is_denied(other)

    def _may(self, other: FoundRole) -> bool:
        """Whether its policies may allow sts:AssumeRole on the other role."""
        if self._patterns is None:
            stand_ins = _open_stand_ins(self.role)
            permissions = [one for one in self._allowed().permissions if ASSUME_ROLE in one.actions]
            self._is_anywhere = any(one.not_resource for one in permissions)
            self._patterns = tuple(
                resource_pattern(text, stand_ins=stand_ins)
                for one in permissions
                if not one.not_resource
                for text in one.resources
            )
        return self._is_anywhere or any(_may_stand_for(one, other) for one in self._patterns)

    def _is_denied(self, other: FoundRole) -> bool:
        """Whether a Deny of its own keeps it out, which wins over the other's trust policy."""
        allowed = self._allowed()
        if not allowed.denials:
            return False
        stand_ins = tuple(one.stand_in for one in self.role.unknowns)
        for arn in other.arns:
            asked = read_policy({"Statement": {"Effect": "Allow", "Action": ASSUME_ROLE, "Resource": arn}}, "access")
            asking = allowed_by((IdentityPolicy("asked", asked, stand_ins), *allowed.policies))
            if not any(ASSUME_ROLE in one.actions for one in asking.permissions if one.policy == 0):
                return True
        return False


def _behind(role: FoundRole) -> _Behind | None:
    """None when no other role can assume it, as where it trusts services alone."""
    if role.trust is None:
        return None
    callers = [
        parse_caller(one.text)
        for statement in role.trust.trust_policy.statements
        if allows_assume_role(statement) or statement.is_opaque
        for one in statement.principals
        if one.kind in ("AWS", "*")
    ]
    is_negative = any(one.not_principal and allows_assume_role(one) for one in role.trust.trust_policy.statements)
    named = frozenset(one.name for one in callers if one is not None and one.name)
    is_open = is_negative or any(one is None or not one.name for one in callers)
    return _Behind(role, named, is_open) if named or is_open else None


def _may_be_meant(behind: _Behind, caller: _Caller) -> bool:
    return behind.is_open or not behind.names.isdisjoint(caller.names)


def _may_coexist(roles: Sequence[FoundRole]) -> bool:
    """Whether the branches that the roles are in can hold together: no condition is both true and false."""
    said = {label for one in roles for label in one.branch.split(" and ") if label}
    return not any(f"not {one}" in said for one in said)


def _arns(role: FoundRole, other: FoundRole) -> Iterator[str]:
    """The ARNs of a role; where CloudFormation makes its name up, those that a pattern of the other's takes too."""
    yield from role.arns
    if role.role_name is not None or other.trust is None or not role.arns:
        return
    account = role.arns[0].rpartition(":")[0]
    for statement in other.trust.trust_policy.statements:
        for condition in statement.conditions:
            for text in condition.values if condition.key.lower() == PRINCIPAL_ARN else ():
                name = text.rpartition("/")[2].replace("*", "x").replace("?", "x")
                if name != text.rpartition("/")[2] and parse_caller(f"{account}:role/{name}") is not None:
                    yield f"{account}:role/{name}"


def _admits(policy: Policy, arn: str) -> bool:
    """Whether a trust policy lets a role in, or that cannot be ruled out, with whichever external ID it sends."""
    listed = (text for one in policy.statements for each in id_conditions(one) for text in each.values)
    ids = dict.fromkeys((None, "any-other-id", *(text.replace("*", "xx").replace("?", "x") for text in listed)))
    outcomes = (evaluate_trust(policy, principal=arn, external_id=one).outcome for one in ids)
    return any(one in ("allow", "unknown") for one in outcomes)


def _without_accounts(statement: Statement) -> Statement:
    """An Allow without the principals that are whole accounts."""
    if statement.effect == "Deny" or statement.not_principal:
        return statement
    return replace(statement, principals=tuple(one for one in statement.principals if not _is_account(one)))


def _is_account(principal: Principal) -> bool:
    caller: Caller | None = parse_caller(principal.text)
    return caller is not None and caller.kind in ("account", "root")


def _may_stand_for(pattern: ResourcePattern, role: FoundRole) -> bool:
    if pattern.written in role.arns:
        return True
    if role.role_name is None and pattern.is_settled and not any(mark in pattern.written for mark in "*?"):
        return False  # a name that CloudFormation makes up is no name that somebody writes
    if role.role_name is None and role.arns:
        account = role.arns[0].rpartition(":")[0]
        return not are_apart(pattern, resource_pattern(f"{account}:role/*"))
    stand_ins = _open_stand_ins(role)
    return any(not are_apart(pattern, resource_pattern(arn, stand_ins=stand_ins)) for arn in role.arns[-1:])


def _open_stand_ins(role: FoundRole) -> tuple[str, ...]:
    """What stands for texts that may be anything: no account's own number, and no name that the file makes up."""
    return tuple(one.stand_in for one in role.unknowns if one.name != ACCOUNT_ID and not _is_made(one))


def _is_made(unknown: Unknown) -> bool:
    return unknown.origin is Origin.RESOURCE and "." not in unknown.name
