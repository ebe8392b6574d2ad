"""What keeps a template of any origin from being delivered well: its size and its parameters.

Only the parameters that a role's trust rests on are looked at; the rest of a template is not ours to judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from deputize.checks.rule import Example, Hit, Rule, over
from deputize.checks.rules.examples import CHOSEN_ID
from deputize.iam import limits
from deputize.model.display import shown
from deputize.model.values import Severity
from deputize.model.world import Document, Origin, Unknown
from deputize.read.found import FoundFile
from deputize.read.source import Node, scalar

_QUICK_CREATE = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stacks-quick-create-links.html"
)
_PARAMETERS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html"
_CFN_QUOTAS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file as it is delivered.

    size: its bytes. parameters: of the template, those that a role's trust rests on. ids: the names of those that
    stand for an external ID.
    """

    size: int
    parameters: Mapping[str, Node] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()


def delivered(file: FoundFile, size: int) -> Delivered:
    """How the template `file` is delivered. size: its bytes."""
    trusts = [role.trust for role in file.roles if role.trust is not None]
    names = {one.name for trust in trusts for one in trust.unknowns if one.origin is Origin.PARAMETER}
    declared = _fields(_fields(file.tree).get("Parameters"))
    ids = {one.name for trust in trusts for one in _ids(trust)}
    return Delivered(size, {name: node for name, node in declared.items() if name in names}, frozenset(ids))


def _ids(trust: Document) -> Iterator[Unknown]:
    """The unknowns that a trust policy compares with the external ID."""
    texts = list(_external_ids(trust.value))
    for one in trust.unknowns:
        if one.origin is Origin.PARAMETER and any(one.stand_in in text for text in texts):
            yield one


def _external_ids(value: object, key: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _external_ids(one, str(name))
    elif isinstance(value, list):
        for one in value:
            yield from _external_ids(one, key)
    elif isinstance(value, str) and key.lower() == "sts:externalid":
        yield value


def _fields(node: Node | None) -> Mapping[str, Node]:
    return node.value if node is not None and isinstance(node.value, Mapping) else {}


def _request_size(file: Delivered) -> Iterator[Hit]:
    if what := over(limits.TEMPLATE_BODY, file.size):
        yield Hit(f"{what} in a request: this one can only be deployed from a bucket")


def _no_echo(file: Delivered) -> Iterator[Hit]:
    for name, node in file.parameters.items():
        found = _fields(node).get("NoEcho")
        if found is not None and (scalar(found) or "").lower() == "true":
            yield Hit(f"parameter {shown(name)} is NoEcho: a quick-create link cannot fill it in", found.place)


def _unanchored(file: Delivered) -> Iterator[Hit]:
    for name, node in file.parameters.items():
        found = _fields(node).get("AllowedPattern")
        text = scalar(found) if found is not None else None
        if found is not None and text and not (text.startswith("^") and text.endswith("$")):
            what = f"the pattern of parameter {shown(name)}, {shown(text)}, has no ^ and $ around it"
            yield Hit(what, found.place)


def _unconstrained(file: Delivered) -> Iterator[Hit]:
    for name, node in file.parameters.items():
        if name in file.ids and not _fields(node).keys() & {"AllowedPattern", "AllowedValues"}:
            what = f"parameter {shown(name)} takes external IDs that STS refuses, as one with a space"
            yield Hit(what, node.named_at)


_SIZED = f"{CHOSEN_ID}#{'x' * (51_198 - len(CHOSEN_ID))}\n"

TEMPLATE_SIZE: Rule[Delivered] = Rule(
    id="template-size",
    severity=Severity.WARNING,
    title="A template has at most 51,200 bytes",
    why="CloudFormation refuses a larger one in a request; only from a bucket it takes up to 1 MB.",
    mend="deploy it from a bucket, or make it smaller",
    reference=_CFN_QUOTAS,
    check=_request_size,
    example=Example(_SIZED, "#", "##"),
)

DELIVERY_RULES: tuple[Rule[Delivered], ...] = (
    TEMPLATE_SIZE,
    Rule(
        id="parameter-no-echo",
        severity=Severity.WARNING,
        title="A parameter that the trust rests on can be filled in by a link",
        why="Quick-create links leave NoEcho parameters out, so each customer has to type the value; an external ID is "
        "no secret, and IAM shows it to whoever reads the role.",
        mend="remove NoEcho",
        reference=_QUICK_CREATE,
        check=_no_echo,
        example=Example(CHOSEN_ID, "    MinLength: 36\n", "    NoEcho: true\n"),
    ),
    Rule(
        id="parameter-unanchored",
        severity=Severity.NOTE,
        title="The pattern of a parameter that the trust rests on begins with ^ and ends with $",
        why="CloudFormation matches the whole value, yet cfn-lint and whoever copies the pattern do not.",
        mend="write ^ before it and $ after it",
        reference=_PARAMETERS,
        check=_unanchored,
        example=Example(CHOSEN_ID, "{36}$", "{36}"),
    ),
    Rule(
        id="parameter-unconstrained",
        severity=Severity.NOTE,
        title="A parameter for an external ID takes only what STS takes",
        why="With another value nobody can ever assume the role, and nothing says so before.",
        mend=r"add AllowedPattern: ^[\w+=,.@:/-]{2,1224}$",
        reference=_PARAMETERS,
        check=_unconstrained,
        example=Example(CHOSEN_ID, "    AllowedPattern: ^[0-9a-f-]{36}$\n", ""),
    ),
)
