"""Whether what a role may do leads to more than it may do: privilege escalation, and assuming other roles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deputize.checks.access.grants import Granted, RoleAccess
from deputize.checks.rule import Example, Hit, Rule, some
from deputize.checks.rules.examples import FUNCTION_ROLE
from deputize.iam.escalation import Escalation, escalating_actions, ways_of
from deputize.model.values import Severity

_PASSING = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"
_CHAINING = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining"

_SHOWN = 3


def _open(allowed: Iterable[Granted], *, chain: bool, what: str) -> Iterator[Hit]:
    """Every way that is open, said where its first action is allowed."""
    relevant = escalating_actions()
    granted = [(found, {one.action for one in found.not_read} & relevant) for found in allowed]
    together = frozenset().union(*(actions for _, actions in granted))
    ways = [way for way in ways_of(together) if way.chain is chain] if together else []
    for found, actions in granted:
        if here := [_told(way, wide=found.wide) for way in ways if way.actions[0] in actions]:
            yield Hit(f"{found.label}{found.suffix} {what}: {some(here, _SHOWN)}", found.place)


def _told(way: Escalation, *, wide: bool) -> str:
    first, *others = way.actions
    return (
        f"{first}{' with ' if others else ''}{' and '.join(others)} {way.reason if wide else way.named or way.reason}"
    )


def _escalates(access: RoleAccess) -> Iterator[Hit]:
    return _open(access.granted, chain=False, what="leads to more than is granted")


def _chains(access: RoleAccess) -> Iterator[Hit]:
    # Whoever may do everything may assume roles: that leads to more already.
    return _open(access.apart, chain=True, what="leads into other roles")


# In a role that no third party may assume, only what is allowed on every resource counts, and it is a warning: many a
# role of a service is meant to be as mighty as that, and only its owner knows.
ESCALATION_RULES: tuple[Rule[RoleAccess], ...] = (
    Rule(
        id="action-escalation",
        severity=Severity.ERROR,
        title="Nobody can get more from the role than it grants (a warning in roles that no third party may assume)",
        why="Whoever can change policies, or run code with another role, has what that role has.",
        mend="remove the action, or allow it on named resources that grant no more",
        reference=_PASSING,
        check=_escalates,
        suppressible=None,
        elsewhere=Severity.WARNING,
        example=Example(FUNCTION_ROLE, "ec2:DescribeInstances", "iam:AttachRolePolicy"),
    ),
    Rule(
        id="action-role-chaining",
        severity=Severity.ERROR,
        title="The role leads into no other role (a warning in roles that no third party may assume)",
        why="What the other roles may do is decided elsewhere, and can change there.",
        mend="remove sts:AssumeRole; whoever needs those roles assumes them without this one",
        reference=_CHAINING,
        check=_chains,
        suppressible=None,
        elsewhere=Severity.WARNING,
        example=Example(FUNCTION_ROLE, "ec2:DescribeInstances", "sts:AssumeRole"),
    ),
)
