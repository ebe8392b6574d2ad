"""What a role of any origin may do: each action, wildcards expanded, is known and proved to read."""

from __future__ import annotations

from collections.abc import Iterator

from deputize.checks.access.grants import Granted, RoleAccess
from deputize.checks.rule import Example, Hit, Rule, some
from deputize.checks.rules.examples import ACCESS, TEMPLATE
from deputize.iam.actions import expand
from deputize.iam.escalation import chaining_actions
from deputize.iam.levels import Judged
from deputize.model.values import Severity

_LEVELS = (
    "https://docs.aws.amazon.com/service-authorization/latest/reference/"
    "reference_policies_actions-resources-contextkeys.html"
)
_ACTION = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html"
_NOT_ACTION = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html"

# Every action but those of the service `pricing`, which read what AWS publishes.
_ALL_BUT_PRICES = """[
    "*e*:*", "*a*:*", "*s*:*", "*o*:*", "*m*:*", "*b*:*", "*q*:*", "*u*:*", "pi:*", "wickr:*"
  ]"""


def _unmatched(access: RoleAccess) -> Iterator[tuple[Granted, bool]]:
    """Patterns of our own that match no action, and whether they are of a service that AWS has."""
    for found in access.granted:
        if not found.known:
            yield found, bool(expand(f"{found.pattern.partition(':')[0]}:*"))


def _is_wildcard(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern


def _unknown_service(access: RoleAccess) -> Iterator[Hit]:
    for found, has_service in _unmatched(access):
        if not has_service:
            yield Hit(f"{found.label} is of no service that AWS has", found.place)


def _unknown_action(access: RoleAccess) -> Iterator[Hit]:
    for found, has_service in _unmatched(access):
        if has_service and not _is_wildcard(found.pattern):
            yield Hit(f"{found.label} is no action that AWS has", found.place)


def _dead_wildcard(access: RoleAccess) -> Iterator[Hit]:
    for found, has_service in _unmatched(access):
        if has_service and _is_wildcard(found.pattern):
            yield Hit(f"{found.label} matches no action that AWS has", found.place)


def _not_read(access: RoleAccess) -> Iterator[Hit]:
    groups: dict[tuple[int, int], list[Granted]] = {}
    for found in access.granted:
        if chaining_actions().issuperset(one.action for one in found.not_read):
            continue  # action-role-chaining tells them, if there are any
        if found.everything:
            yield _administrator(found)
        elif found.statement is not None:
            groups.setdefault(found.statement, []).append(found)
        else:
            yield _one_pattern(found)
    for group in groups.values():
        yield _one_pattern(group[0]) if len(group) == 1 else _one_statement(group)


def _administrator(found: Granted) -> Hit:
    names = tuple(sorted(one.action for one in found.not_read))
    what = f"allows everything, {len(names)} actions not proved to read among it: other roles, secrets and data too"
    return Hit(f"{found.label}{found.suffix} {what}", found.place, actions=names)


def _one_statement(group: list[Granted]) -> Hit:
    """All that a statement lists and that is not proved to read, said once where the first of it stands."""
    judged = {one.action: one for found in group for one in found.not_read}
    names = [f"{name} ({_why(judged[name])})" for name in sorted(judged)]
    what = f"allows {len(names)} actions{group[0].suffix} not proved to read: {some(names)}"
    first = min(group, key=lambda one: one.place)
    return Hit(f"the statement {what}", first.place, actions=tuple(sorted(judged)))


def _one_pattern(found: Granted) -> Hit:
    actions = tuple(sorted(one.action for one in found.not_read))
    if len(found.not_read) == 1 and not _is_wildcard(found.pattern) and found.pattern:
        (judged,) = found.not_read
        return Hit(f"{found.label}{found.suffix} is not proved to read ({_why(judged)})", found.place, actions=actions)
    names = sorted(f"{one.action} ({_why(one)})" for one in found.not_read)
    what = f"allows {'1 action' if len(names) == 1 else f'{len(names)} actions'} not proved to read: {some(names)}"
    return Hit(f"{found.label}{found.suffix} {what}", found.place, actions=actions)


def _why(judged: Judged) -> str:
    return judged.reason or judged.level


def _symbolic(access: RoleAccess) -> Iterator[Hit]:
    for found in access.granted:
        if found.unknown is not None:
            unknown = f"the {found.unknown.origin.value} {found.unknown.name}"
            what = f"{found.label}{found.suffix} depends on {unknown}: nothing is proved"
            yield Hit(what, found.place)


def _all_but(access: RoleAccess) -> Iterator[Hit]:
    for found in access.granted:
        if found.not_action and not found.closed:
            what = "allows every action that its NotAction does not name, and those that AWS adds next"
            yield Hit(f"{found.label}{found.suffix} {what}", found.place)


def _all_services(access: RoleAccess) -> Iterator[Hit]:
    for found in access.apart:
        if _is_wildcard(found.pattern.partition(":")[0]) and not found.closed:
            yield Hit(f"{found.label}{found.suffix} spans services", found.place)


ACTION_RULES: tuple[Rule[RoleAccess], ...] = (
    Rule(
        id="action-not-read",
        severity=Severity.ERROR,
        title="Every action that a third party gets, wildcards expanded, is proved to read",
        why="What is not proved to read is taken to write.",
        mend="remove the action, narrow the pattern, or deny it on every resource",
        reference=_LEVELS,
        check=_not_read,
        suppressible=None,
        example=Example(ACCESS, "DescribeInstances", "*Instances"),
    ),
    Rule(
        id="action-unresolved",
        severity=Severity.ERROR,
        title="Every action that a third party gets stands in the file",
        why="Whoever gives the value decides what the role may do.",
        mend="write the action out, or give the value with --parameter NAME=VALUE",
        reference=_ACTION,
        check=_symbolic,
        suppressible=None,
        leaves_open=True,
        example=Example(TEMPLATE, "Action: ec2:DescribeInstances", "Action: !Sub ec2:${Extra}"),
    ),
    Rule(
        id="action-not-action",
        severity=Severity.ERROR,
        title="What a third party gets is listed, not what it does not get",
        why="NotAction with Allow grants every action that is not named, also those that AWS adds later.",
        mend="list the actions in Action",
        reference=_NOT_ACTION,
        check=_all_but,
        suppressible=None,
        leaves_open=True,
        example=Example(ACCESS, '"Action": "ec2:DescribeInstances"', f'"NotAction": {_ALL_BUT_PRICES}'),
    ),
    Rule(
        id="action-all-services",
        severity=Severity.ERROR,
        title="No pattern that a third party gets spans services",
        why="It grants whatever service AWS adds next.",
        mend="name the service",
        reference=_ACTION,
        check=_all_services,
        suppressible=None,
        leaves_open=True,
        example=Example(ACCESS, "ec2:DescribeInstances", "*:ListTagsForResource"),
    ),
    Rule(
        id="action-unknown-service",
        severity=Severity.ERROR,
        title="Every action is of a service that AWS has (a warning in roles that no third party may assume)",
        why="A typo grants nothing today, and nothing is proved about it.",
        mend="correct the service's prefix, or remove the action",
        reference=_ACTION,
        check=_unknown_service,
        suppressible=None,
        elsewhere=Severity.WARNING,
        leaves_open=True,
        example=Example(ACCESS, "ec2", "ec3"),
    ),
    Rule(
        id="action-unknown",
        severity=Severity.ERROR,
        title="Every action is one that AWS has (a warning in roles that no third party may assume)",
        why="A typo grants nothing today and something unforeseen when AWS adds such an action.",
        mend="correct the name, or remove it",
        reference=_ACTION,
        check=_unknown_action,
        suppressible=None,
        elsewhere=Severity.WARNING,
        leaves_open=True,
        example=Example(ACCESS, "Instances", "Instancez"),
    ),
    Rule(
        id="action-dead-wildcard",
        severity=Severity.ERROR,
        title="Every pattern matches some action (a warning in roles that no third party may assume)",
        why="A dead pattern grants nothing today and something unforeseen when AWS adds a matching action.",
        mend="correct the pattern, or remove it",
        reference=_ACTION,
        check=_dead_wildcard,
        suppressible=None,
        elsewhere=Severity.WARNING,
        leaves_open=True,
        example=Example(ACCESS, "DescribeInstances", "Descrbe*"),
    ),
)
