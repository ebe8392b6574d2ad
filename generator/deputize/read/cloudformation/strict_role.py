"""The resources of a template -> one role: which policy hangs on it, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deputize.iam.policy import NamedPolicy, Policy
from deputize.iam.role import Delivery, IamRole
from deputize.model.display import shown
from deputize.read.cloudformation.strict_values import NoValue, Reference, Resolver, intrinsic, is_no_value
from deputize.read.normal import in_order, policy_of, tags_of
from deputize.read.source import Node, items_of, only_keys, refusal, text_of, whole_number

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
