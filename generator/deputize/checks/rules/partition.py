"""Partitions: ARNs of another one than the role's, and one written out where a template or policy could do without.

The latter is looked for in the text as it stands: what a function makes of it no longer tells `arn:aws:` from
`arn:${AWS::Partition}:`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from deputize.checks.access.statements import named
from deputize.checks.judgement import Judgement
from deputize.checks.rule import Example, Hit, Rule
from deputize.checks.rules.examples import ACCESS, ATTACHING, TEMPLATE
from deputize.checks.trust.case import RoleTrust
from deputize.iam.arn import parse_policy_arn
from deputize.iam.partitions import PARTITIONS
from deputize.iam.policy import path_of
from deputize.iam.trust.callers import parse_caller
from deputize.model.display import shown
from deputize.model.values import Severity
from deputize.model.world import FoundRole, Place
from deputize.read.source import Node, scalar

_PSEUDO = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html"
_ARNS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"

# An ARN with a literal account is of that account's partition; nothing is wrong with saying so.
_FIXED = re.compile(rf"arn:(?:{'|'.join(PARTITIONS)}):(?![^:]*:[^:]*:[0-9]{{12}}:)", re.ASCII)
_ROLES = "AWS::IAM::"


def _fields(node: Node | None) -> Mapping[str, Node]:
    return node.value if node is not None and isinstance(node.value, Mapping) else {}


def _fixed_in_template(root: Node) -> Iterator[Hit]:
    for name, node in _fields(_fields(root).get("Resources")).items():
        kind = _fields(node).get("Type")
        if kind is not None and (scalar(kind) or "").startswith(_ROLES):
            yield from _fixed(node, f"resource {shown(name)}")


def _fixed_in_policy(root: Node) -> Iterator[Hit]:
    if "Resources" not in _fields(root):
        yield from _fixed(root, "the policy")


def _fixed(node: Node, owner: str) -> Iterator[Hit]:
    """One hit for a resource, at the first ARN."""
    found = [(place, text) for place, text in _texts(node) if _FIXED.search(text)]
    if found:
        place, text = found[0]
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        yield Hit(f"{owner} is for one partition: {shown(text, 120)}{more}", place)


def _texts(node: Node) -> Iterator[tuple[Place, str]]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one.value, str):
            yield one.place, one.value
        elif isinstance(one.value, tuple):
            waiting.extend(reversed(one.value))
        else:
            waiting.extend(reversed(tuple(one.value.values())))


def _crossed(judged: Judgement) -> Iterator[Hit]:
    """ARNs of another partition than the role's: whom it trusts, what it attaches; what it allows where one is given.

    A policy for several partitions may list resources of each, and nothing is wrong with it.
    """
    role, given = judged.role, judged.expectations.given.partition
    trusted = [] if judged.trust is None else list(_principals(judged.trust.case))
    attached = list(_attached(role))
    wanted = given or _partition_of(judged, trusted, attached)
    yield from (
        Hit(f"trusts {text}, of {partition}, in a role of {wanted}", place)
        for text, partition, place in trusted
        if partition != wanted
    )
    yield from (
        Hit(f"has {text}, of {partition}, in a role of {wanted}", place)
        for text, partition, place in attached
        if partition != wanted
    )
    for text, partition, place in _resources(role) if given else ():
        if partition != wanted:
            yield Hit(f"allows something on {text}, of {partition}, in a role of {wanted}", place)


_Named = tuple[str, str, Place]  # an ARN for a person, its partition, and where it stands


def _principals(case: RoleTrust) -> Iterator[_Named]:
    for one in (one for statement in case.statements for one in statement.principals):
        caller = parse_caller(one.text)
        if caller is not None and caller.partition is not None:
            yield case.named(one.text), caller.partition, case.document.place(one.path)


def _attached(role: FoundRole) -> Iterator[_Named]:
    for one in (*role.managed, *(() if role.boundary is None else (role.boundary,))):
        if (parsed := parse_policy_arn(one.value)) is not None:
            yield shown(named(one.value, role.unknowns), 120), parsed[0], one.place


def _resources(role: FoundRole) -> Iterator[_Named]:
    for document in (one.document for one in role.policies):
        for statement in document.access_policy.statements:
            for one in statement.resources if statement.effect == "Allow" else ():
                partition = one.split(":", 2)[1] if one.startswith("arn:") else ""
                if partition in PARTITIONS:
                    yield shown(named(one, document.unknowns), 120), partition, document.place(path_of(one))


def _partition_of(judged: Judgement, trusted: list[_Named], attached: list[_Named]) -> str | None:
    """The role's partition; where its file does not tell, that of the first principal or attached policy."""
    partition = judged.role.partition
    if trusted and judged.trust is not None:
        beside = partition is None or _names_beside(judged.trust.case, partition)
        return trusted[0][1] if beside else partition
    return attached[0][1] if attached else partition


def _names_beside(case: RoleTrust, partition: str) -> bool:
    """Whether the policy names a partition elsewhere than in principals: in a condition it says nothing of the role."""
    arn = f"arn:{partition}:"
    principals = (one.text for statement in case.statements for one in statement.principals)
    return str(case.document.value).count(arn) > sum(one.count(arn) for one in principals)


CROSSED: Rule[Judgement] = Rule(
    id="partition-crossed",
    severity=Severity.ERROR,
    title="Whom a role trusts and what it attaches is of the role's own partition",
    why="STS and IAM cross no partition: IAM refuses the role, or nobody can assume it.",
    mend="make a role for each partition, or write ${AWS::Partition}",
    reference=_ARNS,
    check=_crossed,
    suppressible=None,
    elsewhere=Severity.ERROR,
    example=Example(ATTACHING, "arn:aws:iam::aws", "arn:aws-cn:iam::aws"),
)

TEXT_RULES: tuple[Rule[Node], ...] = (
    Rule(
        id="partition-in-template",
        severity=Severity.WARNING,
        title="A template's roles and policies name no partition",
        why="In another partition the ARN is refused, or matches nothing.",
        mend="write ${AWS::Partition}",
        reference=_PSEUDO,
        check=_fixed_in_template,
        example=Example(TEMPLATE, "!Sub arn:${AWS::Partition}:ec2", "arn:aws:ec2"),
    ),
    Rule(
        id="partition-in-policy",
        severity=Severity.NOTE,
        title="A plain policy names a partition",
        why="JSON has no way to leave it open; for another partition a copy is needed.",
        mend="",
        reference=_ARNS,
        check=_fixed_in_policy,
        example=Example(ACCESS, '"*"', '"arn:aws:ec2:*:*:instance/*"'),
    ),
)
