"""The interpreter of CloudFormation that `read.cloudformation.strict` replaced: its oracle, until the series ends.

Concrete where the product's is symbolic: it works one value out for given parameters and knows no unknown. Kept as it
was, in one file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from deputize.iam.policy import NamedPolicy, Policy
from deputize.iam.role import Delivery, IamRole
from deputize.model.display import shown
from deputize.read.json_text import parse_json
from deputize.read.normal import in_order, policy_of, tags_of
from deputize.read.source import MAX_DEPTH, Node, items_of, mapping_of, only_keys, refusal, text_of, whole_number
from deputize.read.yaml_text import parse_yaml

PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in ("AccountId", "NotificationARNs", "Partition", "Region", "StackId", "StackName", "URLSuffix")
)
_NO_VALUE = "AWS::NoValue"
_PLACEHOLDER = re.compile(r"\$\{([^${}]*)\}")
_PAIR = 2

_DYNAMIC = "{{"


@dataclass(frozen=True, slots=True)
class Reference:
    """A resource of the same template, or one of its attributes: known only once it is deployed."""

    resource: str
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class NoValue:
    """What `AWS::NoValue` stands for: as if the property had not been written."""


Value = str | Reference | NoValue | list["Value"] | dict[str, "Value"]


def intrinsic(node: Node) -> tuple[str, Node] | None:
    """(function, argument) when the node is a call of an intrinsic function, in YAML's short or the long form."""
    if node.tag:
        name = node.tag.removeprefix("!")
        return (name if name in ("Ref", "Condition") else f"Fn::{name}"), Node(
            node.value, node.place, plain=node.plain, key=node.key
        )
    if not isinstance(node.value, str | tuple) and len(node.value) == 1:
        name, argument = next(iter(node.value.items()))
        if name == "Ref" or name.startswith("Fn::"):
            return name, argument
    return None


def is_no_value(node: Node) -> bool:
    """Whether the node is `!Ref AWS::NoValue`."""
    call = intrinsic(node)
    return call is not None and call[0] == "Ref" and call[1].value == _NO_VALUE


def references(node: Node) -> Iterator[str]:
    """Every name that Ref, Fn::GetAtt or Fn::Sub mentions anywhere below `node`."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        call = intrinsic(one)
        if call is not None:
            yield from _mentioned(*call)
            one = call[1]
        if isinstance(one.value, tuple):
            waiting.extend(one.value)
        elif isinstance(one.value, Mapping):
            waiting.extend(one.value.values())


def _mentioned(function: str, argument: Node) -> Iterator[str]:
    first = argument.value[0] if isinstance(argument.value, tuple) and argument.value else argument
    text = first.value if isinstance(first.value, str) else ""
    if function == "Ref":
        yield text
    elif function == "Fn::GetAtt":
        yield text.partition(".")[0]
    elif function == "Fn::Sub":
        yield from (name.partition(".")[0] for name in _PLACEHOLDER.findall(text))


class Resolver:
    """Resolves one template's values. `known` are its parameters and the pseudo parameters that were given."""

    def __init__(self, known: Mapping[str, str], conditions: Mapping[str, Node], resources: frozenset[str]) -> None:
        self.known = known
        self.conditions = conditions
        self.resources = resources
        self._deciding: list[str] = []
        self._depth = 0
        self._functions: dict[str, Callable[[Node], Value]] = {
            "Ref": self._ref,
            "Fn::Sub": self._sub,
            "Fn::GetAtt": self._get_att,
            "Fn::If": lambda node: self.value(self._branch(node)),
            "Fn::Join": self._join,
        }
        self._tests: dict[str, Callable[[Node], bool]] = {
            "Condition": lambda node: self.holds(text_of(node), node),
            "Fn::Equals": self._equals,
            "Fn::Not": lambda node: not self.test(self._arguments(node, 1, 1)[0]),
            "Fn::And": lambda node: all(self.test(one) for one in self._arguments(node, 2, 10)),
            "Fn::Or": lambda node: any(self.test(one) for one in self._arguments(node, 2, 10)),
        }

    def value(self, node: Node) -> Value:
        """The value of any node. Raises InputError for a function or name that is not understood."""
        with self._deeper(node):
            return self._value(node)

    def _value(self, node: Node) -> Value:
        if isinstance(node.value, str) and _DYNAMIC in node.value:
            # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
            raise refusal(
                node.place, "has a dynamic reference ({{...}}): it would put the customer's secret in its place"
            )
        call = intrinsic(node)
        if call is not None:
            function = self._functions.get(call[0])
            if function is None:
                raise refusal(node.place, f"uses {shown(call[0])}, which deputize does not read")
            return function(call[1])
        if isinstance(node.value, tuple):
            return [one for one in map(self.value, node.value) if not isinstance(one, NoValue)]
        if isinstance(node.value, Mapping):
            found = {key: self.value(one) for key, one in node.value.items()}
            return {key: one for key, one in found.items() if not isinstance(one, NoValue)}
        return text_of(node)

    def followed(self, node: Node) -> Node:
        """The node itself, or the branch that its Fn::If takes."""
        while (call := intrinsic(node)) is not None and call[0] == "Fn::If":
            node = self._branch(call[1])
        return node

    def text(self, node: Node) -> str:
        """The text of a node. Raises InputError when it has another type or is not known before deployment."""
        found = self.value(node)
        if isinstance(found, str):
            return found
        if isinstance(found, Reference):
            raise refusal(node.place, f"what {found.resource} gives is not known before it is deployed")
        raise refusal(node.place, "text is needed here")

    def test(self, node: Node) -> bool:
        """Whether the condition function at `node` is true."""
        with self._deeper(node):
            return self._test(node)

    def _test(self, node: Node) -> bool:
        call = intrinsic(node)
        if call is None and isinstance(node.value, Mapping) and node.value.keys() == {"Condition"}:
            call = ("Condition", node.value["Condition"])
        function = self._tests.get(call[0]) if call is not None else None
        if call is None or function is None:
            raise refusal(node.place, f"{shown(call[0]) if call else 'this'} is no condition that deputize reads")
        return function(call[1])

    def holds(self, name: str, node: Node) -> bool:
        """Whether the template's condition `name`, mentioned at `node`, is true."""
        if name not in self.conditions:
            raise refusal(node.place, f"there is no condition {shown(name)}")
        if name in self._deciding:
            raise refusal(node.place, f"the condition {shown(name)} depends on itself")
        self._deciding.append(name)
        try:
            return self.test(self.conditions[name])
        finally:
            self._deciding.pop()

    @contextmanager
    def _deeper(self, node: Node) -> Iterator[None]:
        # Conditions that name each other add up: what is nested is counted across all of them.
        if self._depth == 2 * MAX_DEPTH:
            raise refusal(node.place, f"is nested more than {2 * MAX_DEPTH} levels deep, conditions included")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _named(self, name: str, node: Node) -> str | Reference:
        if name in self.known:
            return self.known[name]
        if name in self.resources:
            return Reference(name)
        if name in PSEUDO_PARAMETERS:
            raise refusal(node.place, f"{name} is not known here", f"give a value for {name}")
        raise refusal(node.place, f"there is no parameter or resource {shown(name)}")

    def _ref(self, node: Node) -> Value:
        name = text_of(node)
        return NoValue() if name == _NO_VALUE else self._named(name, node)

    def _get_att(self, node: Node) -> Value:
        if isinstance(node.value, str):
            name, _, attribute = text_of(node).partition(".")
        else:
            name, attribute = (text_of(one) for one in self._arguments(node, _PAIR, _PAIR))
        if name not in self.resources:
            raise refusal(node.place, f"there is no resource {shown(name)}")
        return Reference(name, attribute)

    def _sub(self, node: Node) -> Value:
        own: dict[str, str] = {}
        template = node
        if not isinstance(node.value, str):
            template, variables = self._arguments(node, _PAIR, _PAIR)
            own = {key: self.text(one) for key, one in mapping_of(variables).items()}
        text = text_of(template)
        if text.count("${") != len(_PLACEHOLDER.findall(text)):
            raise refusal(node.place, "has a ${ in Fn::Sub that no name and } follow")
        return _PLACEHOLDER.sub(lambda match: self._placeholder(match[1], own, node), text)

    def _placeholder(self, name: str, own: Mapping[str, str], node: Node) -> str:
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        found = own[name] if name in own else self._named(name.partition(".")[0], node)
        if isinstance(found, Reference) or (name not in own and "." in name):
            raise refusal(node.place, f"what {shown(name)} gives is not known before it is deployed")
        return found

    def _branch(self, node: Node) -> Node:
        condition, chosen, other = self._arguments(node, 3, 3)
        return chosen if self.holds(text_of(condition), condition) else other

    def _join(self, node: Node) -> Value:
        delimiter, parts = self._arguments(node, _PAIR, _PAIR)
        return text_of(delimiter).join(self.text(part) for part in items_of(parts))

    def _equals(self, node: Node) -> bool:
        first, second = (self.text(one) for one in self._arguments(node, _PAIR, _PAIR))
        return first == second

    @staticmethod
    def _arguments(node: Node, least: int, most: int) -> tuple[Node, ...]:
        found = items_of(node)
        if not least <= len(found) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise refusal(node.place, f"has {len(found)} arguments, not {wanted}")
        return found


ROLE = "AWS::IAM::Role"
MANAGED_POLICY = "AWS::IAM::ManagedPolicy"
POLICY = "AWS::IAM::Policy"
ROLE_POLICY = "AWS::IAM::RolePolicy"

_RESOURCE = frozenset(
    {"Condition", "DeletionPolicy", "DependsOn", "Metadata", "Properties", "Type", "UpdateReplacePolicy"}
)
_PROPERTIES = {
    ROLE: frozenset(
        {
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "RoleName",
            "Tags",
        }
    ),
    MANAGED_POLICY: frozenset({"Description", "ManagedPolicyName", "Path", "PolicyDocument", "Roles"}),
    POLICY: frozenset({"PolicyDocument", "PolicyName", "Roles"}),
    ROLE_POLICY: frozenset({"PolicyDocument", "PolicyName", "RoleName"}),
}
_DEFAULT_SESSION = 3600  # IAM's own, in seconds


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that exists with the given parameters; properties at AWS::NoValue are left out."""

    name: str
    type: str
    node: Node
    properties: Mapping[str, Node]


def present_resources(declared: Mapping[str, Node], resolver: Resolver) -> Iterator[Resource]:
    """The resources whose conditions hold. Raises InputError for a type or key that deputize does not read."""
    for name, node in declared.items():
        fields = only_keys(node, _RESOURCE, f"resource {shown(name)}")
        kind = text_of(fields["Type"]) if "Type" in fields else "nothing"
        if kind not in _PROPERTIES:
            raise refusal(node.named_at, f"resource {shown(name)} has type {shown(kind)}, which deputize does not read")
        if "Condition" in fields and not resolver.holds(text_of(fields["Condition"]), fields["Condition"]):
            continue
        empty = Node({}, node.place)
        written = only_keys(fields.get("Properties", empty), _PROPERTIES[kind], f"{kind} {shown(name)}")
        followed = {key: resolver.followed(one) for key, one in written.items()}
        yield Resource(name, kind, node, {key: one for key, one in followed.items() if not is_no_value(one)})


def role_of(resources: tuple[Resource, ...], resolver: Resolver, where: str) -> IamRole:
    """The one role that `resources` make.

    Raises InputError when there is none, or more than one, or something that IamRole cannot hold.
    """
    roles = [resource for resource in resources if resource.type == ROLE]
    if not roles:
        raise refusal(where, "has no AWS::IAM::Role")
    if len(roles) > 1:
        names = " and ".join(shown(resource.name) for resource in roles)
        raise refusal(roles[1].node.named_at, f"has {len(roles)} roles, {names}", "keep one role in a template")
    return _Assembly(roles[0], tuple(one for one in resources if one.type != ROLE), resolver).role()


class _Assembly:
    """One role and the policies around it."""

    def __init__(self, resource: Resource, others: tuple[Resource, ...], resolver: Resolver) -> None:
        self.resource = resource
        self.others = others
        self.resolver = resolver
        self.name = self._text(resource, "RoleName")
        self.path = self._text(resource, "Path", "/")

    def role(self) -> IamRole:
        properties = self.resource.properties
        attached, arns = self._attached()
        separate = [one for one in self.others if one.type in (POLICY, ROLE_POLICY)]
        inline = [*self._embedded(), *(self._inline(one) for one in separate)]
        managed = [self._managed(one, attached) for one in self.others if one.type == MANAGED_POLICY]
        if inline and managed:
            raise refusal(self.resource.node.named_at, "has managed and inline policies of its own", "use one kind")
        delivery: Delivery = "inline" if inline else "managed"
        return IamRole(
            name=self.name,
            path=self.path,
            description=self._text(self.resource, "Description", ""),
            max_session=self._seconds(),
            boundary=self._text(self.resource, "PermissionsBoundary", "") or None,
            trust=self._document(self.resource, "AssumeRolePolicyDocument"),
            delivery=delivery,
            policies=in_order((*inline, *managed)),
            managed_arns=tuple(sorted(arns)),
            tags=tags_of(properties["Tags"], self.resolver.text) if "Tags" in properties else (),
        )

    def _attached(self) -> tuple[set[str], set[str]]:
        """(names of this template's managed policies, ARNs) in the role's ManagedPolicyArns."""
        names: set[str] = set()
        arns: set[str] = set()
        node = self.resource.properties.get("ManagedPolicyArns")
        for item in () if node is None else items_of(node):
            value = self.resolver.value(item)
            if isinstance(value, str):
                arns.add(value)
            elif isinstance(value, Reference) and self._is_managed(value):
                names.add(value.resource)
            elif not isinstance(value, NoValue):
                raise refusal(item.place, "is no ARN and no managed policy of this template")
        return names, arns

    def _is_managed(self, value: Reference) -> bool:
        known = {one.name for one in self.others if one.type == MANAGED_POLICY}
        return value.resource in known and value.attribute in ("", "PolicyArn")

    def _managed(self, owner: Resource, attached: set[str]) -> NamedPolicy:
        if owner.name not in attached and not self._names_role(owner, "Roles"):
            raise refusal(owner.node.named_at, f"{owner.type} {shown(owner.name)} is not attached to the role")
        path = self._text(owner, "Path", "/")
        if path != self.path:
            what = f"{owner.type} {shown(owner.name)} has path {shown(path)}, the role {shown(self.path)}"
            raise refusal(owner.node.named_at, what, "give both the same")
        return NamedPolicy(self._text(owner, "ManagedPolicyName"), self._document(owner, "PolicyDocument"))

    def _inline(self, owner: Resource) -> NamedPolicy:
        if not self._names_role(owner, "Roles" if owner.type == POLICY else "RoleName"):
            raise refusal(owner.node.named_at, f"{owner.type} {shown(owner.name)} is not attached to the role")
        return NamedPolicy(self._text(owner, "PolicyName"), self._document(owner, "PolicyDocument"))

    def _names_role(self, owner: Resource, key: str) -> bool:
        node = owner.properties.get(key)
        items = () if node is None else (node,) if key == "RoleName" else items_of(node)
        for item in items:
            value = self.resolver.value(item)
            if value not in (Reference(self.resource.name), self.name):
                raise refusal(item.place, f"is not the role {shown(self.resource.name)} of this template")
        return bool(items)

    def _embedded(self) -> Iterator[NamedPolicy]:
        node = self.resource.properties.get("Policies")
        for item in () if node is None else items_of(node):
            fields = only_keys(item, _PROPERTIES[POLICY] - {"Roles"}, "an inline policy")
            owner = Resource(self.resource.name, "the inline policy in", item, fields)
            yield NamedPolicy(self._text(owner, "PolicyName"), self._document(owner, "PolicyDocument"))

    def _text(self, owner: Resource, name: str, default: str | None = None) -> str:
        if name in owner.properties:
            return self.resolver.text(owner.properties[name])
        if default is None:
            raise refusal(owner.node.named_at, f"{owner.type} {shown(owner.name)} has no {name}")
        return default

    def _seconds(self) -> int:
        node = self.resource.properties.get("MaxSessionDuration")
        if node is None:
            return _DEFAULT_SESSION
        return whole_number(node if intrinsic(node) is None else Node(self.resolver.text(node), node.place))

    def _document(self, owner: Resource, name: str) -> Policy:
        if name not in owner.properties:
            raise refusal(owner.node.named_at, f"{owner.type} {shown(owner.name)} has no {name}")
        node = owner.properties[name]
        return policy_of(self.resolver.value(node), node.named_at)


_SECTIONS = frozenset(
    {"AWSTemplateFormatVersion", "Conditions", "Description", "Metadata", "Outputs", "Parameters", "Resources", "Rules"}
)


@dataclass(frozen=True, slots=True)
class CloudFormationRole:
    """What a template creates and says.

    parameters: as chosen or by default. outputs: those that exist and are known before deployment.
    refused: why the template's Rules refuse this deployment; looked at only when `AWS::AccountId` was chosen.
    """

    role: IamRole
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    refused: tuple[str, ...]


def read_template(text: str, where: str, choices: Mapping[str, str] | None = None) -> IamRole:
    """The role that the template in `text` creates with the parameters in `choices`, the others at their defaults.

    Raises InputError naming `where` and the line of whatever is not understood: nothing is dropped.
    """
    return read_stack(text, where, choices).role


def read_stack(text: str, where: str, choices: Mapping[str, str] | None = None) -> CloudFormationRole:
    """The role with what else the template says. `choices` may hold pseudo parameters, as `AWS::AccountId`.

    Raises InputError as read_template does.
    """
    template = parse_json(text, where) if text.lstrip().startswith("{") else parse_yaml(text, where)
    sections = only_keys(template, _SECTIONS, "the template")
    chosen = dict(choices or {})
    parameters = _parameters(_section(sections, "Parameters"), chosen, where)
    pseudo = {name: value for name, value in chosen.items() if name in PSEUDO_PARAMETERS}
    resources = _section(sections, "Resources")
    _check_cycles(resources)
    resolver = Resolver({**parameters, **pseudo}, _section(sections, "Conditions"), frozenset(resources))
    return CloudFormationRole(
        role=role_of(tuple(present_resources(resources, resolver)), resolver, where),
        parameters=parameters,
        outputs=dict(_outputs(_section(sections, "Outputs"), resolver)),
        refused=tuple(_refused(_section(sections, "Rules"), resolver)) if "AWS::AccountId" in pseudo else (),
    )


def _section(sections: Mapping[str, Node], name: str) -> Mapping[str, Node]:
    return mapping_of(sections[name]) if name in sections else {}


def _parameters(declared: Mapping[str, Node], choices: Mapping[str, str], where: str) -> dict[str, str]:
    for name in choices:
        if name not in declared and name not in PSEUDO_PARAMETERS:
            raise refusal(where, f"has no parameter {shown(name)}")
    found = {}
    for name, node in declared.items():
        fields = mapping_of(node)
        kind = text_of(fields["Type"]) if "Type" in fields else "nothing"
        if kind != "String":
            what = f"parameter {shown(name)} has type {shown(kind)}, which deputize does not read"
            raise refusal(node.named_at, what)
        if name not in choices and "Default" not in fields:
            raise refusal(node.named_at, f"parameter {shown(name)} has no default", "give a value for it")
        found[name] = choices[name] if name in choices else text_of(fields["Default"])
    return found


def _check_cycles(resources: Mapping[str, Node]) -> None:
    graph = {name: {other for other in references(node) if other in resources} for name, node in resources.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        names = [str(name) for name in error.args[1]]
        cycle = " -> ".join(shown(name) for name in reversed(names))
        raise refusal(resources[names[-1]].named_at, f"resources depend on each other in a circle: {cycle}") from error


def _outputs(declared: Mapping[str, Node], resolver: Resolver) -> Iterator[tuple[str, str]]:
    for name, node in declared.items():
        fields = mapping_of(node)
        if "Value" not in fields:
            raise refusal(node.named_at, f"output {shown(name)} has no Value")
        if "Condition" in fields and not resolver.holds(text_of(fields["Condition"]), fields["Condition"]):
            continue
        value = resolver.value(fields["Value"])
        if isinstance(value, str):
            yield name, value


def _refused(rules: Mapping[str, Node], resolver: Resolver) -> Iterator[str]:
    for name, node in rules.items():
        fields = only_keys(node, frozenset({"Assertions", "RuleCondition"}), f"rule {shown(name)}")
        if "Assertions" not in fields:
            raise refusal(node.named_at, f"rule {shown(name)} has no Assertions")
        if "RuleCondition" in fields and not resolver.test(fields["RuleCondition"]):
            continue
        for assertion in items_of(fields["Assertions"]):
            parts = only_keys(assertion, frozenset({"Assert", "AssertDescription"}), f"rule {shown(name)}")
            if "Assert" not in parts:
                raise refusal(assertion.place, f"rule {shown(name)} asserts nothing")
            if not resolver.test(parts["Assert"]):
                yield text_of(parts["AssertDescription"]) if "AssertDescription" in parts else name
