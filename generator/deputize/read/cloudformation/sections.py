"""A template's sections as they stand: calls of intrinsic functions, and what the names of its resources stand for.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
A role, user or policy of the template is in the account of the stack, so its ARN is known but for the names in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from deputize.model.world import Origin, Place
from deputize.read.source import Node
from deputize.read.symbols import ACCOUNT_ID, Symbol, Symbols, sole_mark

PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in ("AccountId", "NotificationARNs", "Partition", "Region", "StackId", "StackName", "URLSuffix")
)
PLACEHOLDER = re.compile(r"\$\{([^${}]*)\}")
"""A name in the text of Fn::Sub; `${!Name}` is no name but the text `${Name}`."""
_MENTIONING = frozenset({"Ref", "Fn::GetAtt", "Fn::Sub"})
_OIDC_PROVIDER = "AWS::IAM::OIDCProvider"
# type -> (attribute that is its ARN, what an ARN says of it)
_ARNS = {
    "AWS::IAM::Role": ("Arn", "role/"),
    "AWS::IAM::User": ("Arn", "user/"),
    "AWS::IAM::ManagedPolicy": ("PolicyArn", "policy/"),
    _OIDC_PROVIDER: ("Arn", "oidc-provider/"),
    "AWS::IAM::SAMLProvider": ("Arn", "saml-provider/"),
}
_ARN_BY_REF = frozenset({"AWS::IAM::ManagedPolicy", _OIDC_PROVIDER, "AWS::IAM::SAMLProvider"})
MAX_STEPS = 100_000
"""What is worked out for one file, in nodes, conditions tried again included: about two seconds."""


class SpentError(Exception):
    """Nothing more is worked out for a file. Never leaves this room."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


@dataclass(slots=True)
class Budget:
    """What may still be worked out for one file."""

    steps: int = MAX_STEPS

    def spend(self, steps: int, place: Place) -> None:
        """Raise SpentError at `place` when nothing is left."""
        self.steps -= steps
        if self.steps < 0:
            raise SpentError(place)


@dataclass(frozen=True, slots=True)
class Generated:
    """Resources that another makes of what is in the file. name: what theirs match. type: empty when not known."""

    name: re.Pattern[str]
    type: str
    place: Place


@dataclass(frozen=True, slots=True)
class Source:
    """A template's sections. name: of the resource that holds it; empty for the file itself.

    generated: resources that are not in the file. rules: what parameters CloudFormation refuses.
    """

    name: str
    parameters: Mapping[str, object]
    pseudo: Mapping[str, str]
    conditions: Mapping[str, Node]
    mappings: Mapping[str, Node]
    resources: Mapping[str, Node]
    symbols: Symbols
    budget: Budget
    place: Place
    generated: tuple[Generated, ...] = ()
    rules: Mapping[str, Node] = field(default_factory=dict)

    def resource(self, name: str) -> tuple[str, Place] | None:
        """(Type, place) of the resource of a name, or of what makes it; None when there is none."""
        node = self.resources.get(name)
        if node is not None:
            return type_of(node), node.named_at
        return next(((one.type, one.place) for one in self.generated if one.name.fullmatch(name)), None)


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource with its properties."""

    name: str
    type: str
    node: Node
    properties: Mapping[str, Node]


def resource_at(name: str, node: Node) -> Resource:
    """The resource at `node`; without properties when it has none that can be read."""
    fields = node.value if isinstance(node.value, Mapping) else {}
    properties = fields.get("Properties")
    found = properties.value if properties is not None and isinstance(properties.value, Mapping) else {}
    return Resource(name, type_of(node), node, found)


@dataclass(frozen=True, slots=True)
class NoValue:
    """What `AWS::NoValue` stands for: as if the property had not been written."""


NO_VALUE = NoValue()


def intrinsic(node: Node) -> tuple[str, Node] | None:
    """(function, argument) when the node is a call of an intrinsic function, in YAML's short or the long form."""
    if node.tag:
        name = node.tag.removeprefix("!")
        return (name if name in ("Ref", "Condition") else f"Fn::{name}"), Node(
            node.value, node.place, plain=node.plain, key=node.key
        )
    value = node.value
    if isinstance(value, str) or isinstance(value, tuple) or len(value) != 1:  # noqa: SIM101 -- in half the time
        return None
    name, argument = next(iter(value.items()))
    return (name, argument) if name == "Ref" or name.startswith("Fn::") else None


def is_no_value(node: Node) -> bool:
    """Whether the node is `!Ref AWS::NoValue`."""
    call = intrinsic(node)
    return call is not None and call[0] == "Ref" and call[1].value == "AWS::NoValue"


def mentioned(function: str, argument: Node) -> Iterator[str]:
    """Every name that a call mentions, with the attribute where Fn::GetAtt or Fn::Sub has it in one text."""
    parts = argument.value if isinstance(argument.value, tuple) else (argument,)
    text = parts[0].value if parts else ""
    if function not in _MENTIONING or not isinstance(text, str):
        return
    if function != "Fn::Sub":
        yield text
        return
    variables = parts[1].value if len(parts) > 1 and isinstance(parts[1].value, Mapping) else {}
    yield from (name for name in PLACEHOLDER.findall(text) if name not in variables)


def calls_below(node: Node) -> Iterator[tuple[str, Node]]:
    """Every call of an intrinsic function from `node` down."""
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner.value, str) and not inner.tag:  # most nodes
            continue
        call = intrinsic(inner)
        if call is not None:
            yield call
            waiting.append(call[1])
        elif isinstance(inner.value, tuple):
            waiting += inner.value
        elif not isinstance(inner.value, str):
            waiting += inner.value.values()


def url_of(source: Source, name: str) -> Node | None:
    """The Url of an identity provider that the template makes: the provider's ARN holds it."""
    resource = source.resources.get(name)
    if resource is None or type_of(resource) != _OIDC_PROVIDER or not isinstance(resource.value, Mapping):
        return None
    properties = resource.value.get("Properties")
    return properties.value.get("Url") if properties is not None and isinstance(properties.value, Mapping) else None


def _resource(source: Source, name: str) -> tuple[str, Place]:
    found = source.resource(name)
    if found is None:
        raise LookupError(name)
    return found


def ref_of(source: Source, name: str, named: str | None = None) -> str:
    """What `Ref` of a resource gives: its name or its ARN. named: how its ARN names it, where the template tells."""
    kind, _ = _resource(source, name)
    return arn_of(source, name, kind, named) if kind in _ARN_BY_REF else resource_mark(source, name, "")


def attribute_of(source: Source, name: str, attribute: str, named: str | None = None) -> str:
    """What `Fn::GetAtt` of a resource gives. named: as for `ref_of`."""
    kind, _ = _resource(source, name)
    if kind in _ARNS and _ARNS[kind][0] == attribute:
        return arn_of(source, name, kind, named)
    # IAM keeps a role's unique ID and its ARN as one principal:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    is_unique_id = (kind, attribute) == ("AWS::IAM::Role", "RoleId")
    return resource_mark(source, name, attribute, arn_of(source, name, kind) if is_unique_id else "")


def arn_of(source: Source, name: str, kind: str, named: str | None = None) -> str:
    """The ARN of an IAM resource of the template; where nothing tells how it is named, its name is unknown."""
    begin = f"arn:{pseudo(source, 'AWS::Partition')}:iam::{pseudo(source, ACCOUNT_ID)}:{_ARNS[kind][1]}"
    return begin + (resource_mark(source, name, "") if named is None else named)


def resource_mark(source: Source, name: str, attribute: str, principal: str = "") -> str:
    """The unknown that a resource is known by, or one of its attributes. principal: whom it names as a principal."""
    full_name = f"{name}.{attribute}" if attribute else name
    symbol = Symbol(full_name, Origin.RESOURCE, _resource(source, name)[1], principal=principal)
    return source.symbols.mark((Origin.RESOURCE, source.name, full_name), symbol)


def pseudo(source: Source, name: str) -> str:
    """A pseudo parameter: the caller's text, or an unknown."""
    if name in source.pseudo:
        return source.pseudo[name]
    symbol = Symbol(name, Origin.PSEUDO, source.place)
    return source.symbols.mark((Origin.PSEUDO, source.name, name), symbol)


def reserve_own_account(source: Source) -> None:
    """Give the account of the stack the first stand-in, whatever the template asks about first."""
    own = pseudo(source, ACCOUNT_ID)
    if sole_mark(own) is not None:
        source.symbols.digits(own)


def own_account(source: Source) -> str:
    """The account of the stack: the caller's text, or its stand-in."""
    own = pseudo(source, ACCOUNT_ID)
    return own if sole_mark(own) is None else source.symbols.digits(own)


def type_of(resource: Node) -> str:
    """The type that a resource says it has; empty when it says none."""
    kind = resource.value.get("Type") if isinstance(resource.value, Mapping) else None
    return kind.value if kind is not None and isinstance(kind.value, str) else ""
