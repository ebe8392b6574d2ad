"""A partition written out where a template, or a policy alone, could do without: looked for in the text as it stands.

What a function makes of it no longer tells `arn:aws:` from `arn:${AWS::Partition}:`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from deputize.checks.placed import HitThere
from deputize.checks.rule import Rule
from deputize.checks.rules import access_sample as sample
from deputize.iam.partitions import PARTITIONS
from deputize.model.display import shown
from deputize.model.values import Severity
from deputize.model.world import Place
from deputize.read.source import Node, scalar

_PSEUDO = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html"
_ARNS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"

# An ARN with a literal account is of that account's partition; nothing is wrong with saying so.
_FIXED = re.compile(rf"arn:(?:{'|'.join(PARTITIONS)}):(?![^:]*:[^:]*:[0-9]{{12}}:)", re.ASCII)
_ROLES = "AWS::IAM::"


def _fields(node: Node | None) -> Mapping[str, Node]:
    return node.value if node is not None and isinstance(node.value, Mapping) else {}


def _fixed_in_template(root: Node) -> Iterator[HitThere]:
    for name, node in _fields(_fields(root).get("Resources")).items():
        kind = _fields(node).get("Type")
        if kind is not None and (scalar(kind) or "").startswith(_ROLES):
            yield from _fixed(node, f"resource {shown(name)}")


def _fixed_in_policy(root: Node) -> Iterator[HitThere]:
    if "Resources" not in _fields(root):
        yield from _fixed(root, "the policy")


def _fixed(node: Node, owner: str) -> Iterator[HitThere]:
    """One hit for a resource, at the first ARN."""
    found = [(place, text) for place, text in _texts(node) if _FIXED.search(text)]
    if found:
        place, text = found[0]
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        yield HitThere(f"{owner} is for one partition: {shown(text, 120)}{more}", place=place)


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


def _text(text: str) -> Node:
    return Node(text, sample.START)


def _map(**fields: str | Node) -> Node:
    return Node({key: _text(one) if isinstance(one, str) else one for key, one in fields.items()}, sample.START)


def _template(arn: str) -> Callable[[], Node]:
    role = _map(Type="AWS::IAM::Role", Properties=_map(PermissionsBoundary=arn))
    return lambda: _map(Resources=_map(Role=role))


def _policy(arn: str) -> Callable[[], Node]:
    return lambda: _map(Statement=_map(Effect="Allow", Action="s3:ListBucket", Resource=arn))


PARTITION_RULES: tuple[Rule[Node], ...] = (
    Rule(
        id="partition-in-template",
        severity=Severity.WARNING,
        title="A template's roles and policies name no partition",
        why="In another partition the ARN is refused, or matches nothing.",
        mend="write ${AWS::Partition}",
        reference=_PSEUDO,
        good=_template("arn:${AWS::Partition}:iam::aws:policy/SecurityAudit"),
        bad=_template("arn:aws:iam::aws:policy/SecurityAudit"),
        check=_fixed_in_template,
    ),
    Rule(
        id="partition-in-policy",
        severity=Severity.NOTE,
        title="A plain policy names a partition",
        why="JSON has no way to leave it open; for another partition a copy is needed.",
        mend="",
        reference=_ARNS,
        good=_policy("*"),
        bad=_policy("arn:aws:s3:::cost-reports"),
        check=_fixed_in_policy,
    ),
)
