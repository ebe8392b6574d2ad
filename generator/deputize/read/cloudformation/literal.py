"""The role that was found in a template of our own -> IamRole, where each of its texts is one literal value.

The reader of any template drops nothing that could change its judgement, but lets much pass: a policy that no role has,
a setting that is no text. Here it is refused, by its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from deputize.iam.policy import NamedPolicy, Policy
from deputize.iam.role import Delivery, IamRole
from deputize.model.display import shown
from deputize.model.world import Document, FoundPolicy, FoundRole, Text
from deputize.read.cloudformation.attachments import MANAGED, POLICIES, POLICY, ROLE, ROLE_POLICY
from deputize.read.cloudformation.evaluation import Evaluation
from deputize.read.cloudformation.sections import (
    NO_VALUE,
    Resource,
    arn_of,
    intrinsic,
    is_no_value,
    resource_at,
    resource_mark,
)
from deputize.read.found import FoundFile
from deputize.read.normal import in_order, policy_of, tags_of
from deputize.read.source import Node, items_of, only_keys, refusal, text_of, whole_number
from deputize.read.symbols import is_known

_DEFAULT_SESSION = 3600  # IAM's own, in seconds
_NEEDED = {
    ROLE: ("RoleName", "AssumeRolePolicyDocument"),
    MANAGED: ("ManagedPolicyName", "PolicyDocument"),
    POLICY: ("PolicyName", "PolicyDocument"),
    ROLE_POLICY: ("PolicyName", "PolicyDocument"),
}


def literal_role(found: FoundFile, evaluation: Evaluation, where: str) -> IamRole:
    """The one role of a template, `found` in it when everything that `evaluation` asks for was known.

    Raises InputError when there is none, or more than one, or something that IamRole cannot hold.
    """
    if len(found.roles) > 1 and len({role.name for role in found.roles}) == 1:
        raise refusal(found.roles[0].place, "depends on a condition that is not known before it is deployed")
    if len(found.roles) > 1:
        names = " and ".join(shown(role.name) for role in found.roles)
        what = f"has {len(found.roles)} roles, {names}"
        raise refusal(found.roles[1].place, what, "keep one role in a template")
    present = {resource.name: resource for resource in _present(evaluation)}
    for resource in present.values():
        _check_complete(resource)
    for trouble in found.refused:
        raise refusal(trouble.place, trouble.what, trouble.mend)
    if not found.roles:
        raise refusal(where, "has no AWS::IAM::Role")
    return _LiteralRole(found.roles[0], present, evaluation).role(found.policies)


def exists(fields: Mapping[str, Node], evaluation: Evaluation) -> bool:
    """Whether the condition of a resource or output holds, where it has one."""
    return "Condition" not in fields or evaluation.holds(text_of(fields["Condition"]), fields["Condition"])


def _present(evaluation: Evaluation) -> Iterator[Resource]:
    """The resources that exist, without the properties that come to AWS::NoValue."""
    for name, node in evaluation.source.resources.items():
        if exists(node.value if isinstance(node.value, Mapping) else {}, evaluation):
            resource = resource_at(name, node)
            followed = {key: evaluation.followed(value) for key, value in resource.properties.items()}
            yield replace(resource, properties={key: one for key, one in followed.items() if not is_no_value(one)})


def _check_complete(resource: Resource) -> None:
    for key in _NEEDED.get(resource.type, ()):
        _check_property(resource.node, f"{resource.type} {shown(resource.name)}", resource.properties, key)


def _check_property(node: Node, owner: str, properties: Mapping[str, Node], key: str) -> None:
    """Raise InputError for a property that is missing, and for a document that is none as it stands."""
    if key not in properties:
        raise refusal(node.named_at, f"{owner} has no {key}")
    value = properties[key]
    if key.endswith("Document") and (intrinsic(value) is not None or not isinstance(value.value, Mapping)):
        raise refusal(value.named_at, "a policy document is needed here")


class _LiteralRole:
    """One role and the policies around it. present: the resources that exist, by name."""

    def __init__(self, found: FoundRole, present: Mapping[str, Resource], evaluation: Evaluation) -> None:
        self.found = found
        self.present = present
        self.evaluation = evaluation
        self.owner = present[found.name]

    def role(self, alone: tuple[FoundPolicy, ...]) -> IamRole:
        """The role. alone: the policies of the template that no role has."""
        found, properties = self.found, self.owner.properties
        self._check_managed()
        self._check_embedded()
        for resource in self.present.values():
            if resource.type in POLICIES:
                self._check_names_role(resource)
        for policy in alone:
            resource = self.present[policy.name]
            what = f"{resource.type} {shown(resource.name)} is not attached to the role"
            raise refusal(resource.node.named_at, what)
        path = self._text(found.path, self.owner, "Path", "/")
        return IamRole(
            name=self._text(found.role_name, self.owner, "RoleName"),
            path=path,
            description=self._text(found.description, self.owner, "Description"),
            max_session=self._seconds(),
            boundary=self._text(found.boundary, self.owner, "PermissionsBoundary") or None,
            trust=self._policy(found.trust),
            delivery=self._delivery(),
            policies=in_order(self._named(policy, path) for policy in found.policies),
            managed_arns=tuple(sorted({self._literal(arn) for arn in found.managed})),
            tags=tags_of(properties["Tags"], self._text_at) if "Tags" in properties else (),
        )

    def _check_managed(self) -> None:
        """Raise InputError for something in ManagedPolicyArns that is not there to be attached."""
        own = [policy.name for policy in self.found.policies if policy.delivery == "managed"]
        arns = {arn_of(self.evaluation.source, name, MANAGED) for name in own}
        for item in self._items(self.owner, "ManagedPolicyArns"):
            value = self.evaluation.value(item)
            if value is not NO_VALUE and not (isinstance(value, str) and (is_known(value) or value in arns)):
                raise refusal(item.place, "is no ARN and no managed policy of this template")

    def _check_names_role(self, policy: Resource) -> None:
        """Raise InputError for a policy that names anything but the role."""
        names = (
            resource_mark(self.evaluation.source, self.owner.name, ""),
            self.found.role_name and self.found.role_name.value,
        )
        key = POLICIES[policy.type]
        for item in self._items(policy, key) if key == "Roles" else filter(None, [policy.properties.get(key)]):
            if self.evaluation.value(item) not in names:
                raise refusal(item.place, f"is not the role {shown(self.owner.name)} of this template")

    def _check_embedded(self) -> None:
        """Raise InputError for a policy inside the role that has more or less than a name and a document."""
        owner = f"the inline policy in {shown(self.owner.name)}"
        for item in self._items(self.owner, "Policies"):
            fields = only_keys(item, frozenset(_NEEDED[POLICY]), "an inline policy")
            for key in _NEEDED[POLICY]:
                _check_property(item, owner, fields, key)

    def _items(self, owner: Resource, key: str) -> tuple[Node, ...]:
        return items_of(owner.properties[key]) if key in owner.properties else ()

    def _delivery(self) -> Delivery:
        kinds = {policy.delivery for policy in self.found.policies}
        if len(kinds) > 1:
            raise refusal(self.found.place, "has managed and inline policies of its own", "use one kind")
        return "inline" if kinds == {"inline"} else "managed"

    def _named(self, policy: FoundPolicy, path: str) -> NamedPolicy:
        if policy.delivery == "managed":
            owner = self.present[policy.name]
            own = self._text(policy.path, owner, "Path", "/")
            if own != path:
                what = f"{owner.type} {shown(owner.name)} has path {shown(own)}, the role {shown(path)}"
                raise refusal(owner.node.named_at, what, "give both the same")
        key = "ManagedPolicyName" if policy.delivery == "managed" else "PolicyName"
        name = self._text(policy.policy_name, self.present.get(policy.name, self.owner), key)
        return NamedPolicy(name, self._policy(policy.document))

    def _text(self, found: Text | None, owner: Resource, key: str, default: str = "") -> str:
        if found is not None:
            return self._literal(found)
        # What was passed over is no text, or nothing that is understood; then this says why.
        return self._text_at(owner.properties[key]) if key in owner.properties else default

    def _text_at(self, node: Node) -> str:
        """The text of a node. Raises InputError when it has another type or is not known before deployment."""
        text = self.evaluation.text(node)
        if not is_known(text):
            what = f"what {shown(self.evaluation.source.symbols.named(text))} gives is not known before it is deployed"
            raise refusal(node.place, what)
        return text

    def _literal(self, text: Text) -> str:
        """The text. Raises InputError when a part of it is a stand-in."""
        for unknown in self.found.unknowns:
            if unknown.stand_in in text.value:
                raise refusal(text.place, f"what {shown(unknown.name)} gives is not known before it is deployed")
        return text.value

    def _policy(self, document: Document | None) -> Policy:
        if document is None:
            raise refusal(self.found.place, "has no trust policy that can be read")
        for unknown in document.unknowns:
            what = f"has a policy with {shown(unknown.name)}, which is not known before it is deployed"
            raise refusal(document.place(()), what)
        return policy_of(document.value, document.place(()))

    def _seconds(self) -> int:
        node = self.owner.properties.get("MaxSessionDuration")
        if node is None:
            return _DEFAULT_SESSION
        return whole_number(node if intrinsic(node) is None else Node(self._text_at(node), node.place))
