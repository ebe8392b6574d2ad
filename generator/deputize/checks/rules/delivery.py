"""What keeps a template of any origin from being delivered well: its size and its parameters.

Only the parameters that a role's trust rests on are looked at; the rest of a template is not ours to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from deputize.checks.own.quotas import over
from deputize.checks.placed import HitThere
from deputize.checks.rule import Rule
from deputize.checks.rules import access_sample as sample
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


def _request_size(file: Delivered) -> Iterator[HitThere]:
    if what := over(limits.TEMPLATE_BODY, file.size):
        yield HitThere(f"{what} in a request: this one can only be deployed from a bucket")


def _no_echo(file: Delivered) -> Iterator[HitThere]:
    for name, node in file.parameters.items():
        found = _fields(node).get("NoEcho")
        if found is not None and (scalar(found) or "").lower() == "true":
            yield HitThere(
                f"parameter {shown(name)} is NoEcho: a quick-create link cannot fill it in", place=found.place
            )


def _unanchored(file: Delivered) -> Iterator[HitThere]:
    for name, node in file.parameters.items():
        found = _fields(node).get("AllowedPattern")
        text = scalar(found) if found is not None else None
        if found is not None and text and not (text.startswith("^") and text.endswith("$")):
            what = f"the pattern of parameter {shown(name)}, {shown(text)}, has no ^ and $ around it"
            yield HitThere(what, place=found.place)


def _unconstrained(file: Delivered) -> Iterator[HitThere]:
    for name, node in file.parameters.items():
        if name in file.ids and not _fields(node).keys() & {"AllowedPattern", "AllowedValues"}:
            what = f"parameter {shown(name)} takes external IDs that STS refuses, as one with a space"
            yield HitThere(what, place=node.named_at)


def _declared(**fields: str) -> Node:
    return Node({key: Node(one, sample.START) for key, one in fields.items()}, sample.START)


def _parameter(**fields: str) -> Callable[[], Delivered]:
    return lambda: Delivered(1, parameters={"ExternalId": _declared(**fields)}, ids=frozenset({"ExternalId"}))


DELIVERY_RULES: tuple[Rule[Delivered], ...] = (
    Rule(
        id="template-request-size",
        severity=Severity.WARNING,
        title="A template has at most 51,200 bytes",
        why="CloudFormation refuses a larger one in a request; only from a bucket it takes up to 1 MB.",
        mend="deploy it from a bucket, or make it smaller",
        reference=_CFN_QUOTAS,
        good=lambda: Delivered(51_200),
        bad=lambda: Delivered(51_201),
        check=_request_size,
    ),
    Rule(
        id="parameter-no-echo",
        severity=Severity.WARNING,
        title="A parameter that the trust rests on can be filled in by a link",
        why="Quick-create links leave NoEcho parameters out, so each customer has to type the value; an external ID is "
        "no secret, and IAM shows it to whoever reads the role.",
        mend="remove NoEcho",
        reference=_QUICK_CREATE,
        good=_parameter(Type="String"),
        bad=_parameter(Type="String", NoEcho="true"),
        check=_no_echo,
    ),
    Rule(
        id="parameter-unanchored",
        severity=Severity.NOTE,
        title="The pattern of a parameter that the trust rests on begins with ^ and ends with $",
        why="CloudFormation matches the whole value, yet cfn-lint and whoever copies the pattern do not.",
        mend="write ^ before it and $ after it",
        reference=_PARAMETERS,
        good=_parameter(AllowedPattern="^[0-9a-f-]{36}$"),
        bad=_parameter(AllowedPattern="[0-9a-f-]{36}"),
        check=_unanchored,
    ),
    Rule(
        id="parameter-external-id",
        severity=Severity.NOTE,
        title="A parameter for an external ID takes only what STS takes",
        why="With another value nobody can ever enter, and nothing says so before.",
        mend=r"add AllowedPattern: ^[\w+=,.@:/-]{2,1224}$",
        reference=_PARAMETERS,
        good=_parameter(AllowedPattern="^[0-9a-f-]{36}$"),
        bad=_parameter(Type="String"),
        check=_unconstrained,
    ),
)
