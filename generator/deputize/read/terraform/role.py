"""The resources of a module -> one role: which policy hangs on it, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deputize.iam.policy import NamedPolicy, Policy
from deputize.iam.role import Delivery, IamRole
from deputize.model.display import shown
from deputize.model.world import Place
from deputize.read.hcl_text import Block, place_of
from deputize.read.normal import in_order, policy_of_text, sorted_tags
from deputize.read.source import refusal
from deputize.read.terraform.values import Expression, ModuleScope, Reference, Value, evaluate

MODULE = "the module"
ROLE = "aws_iam_role"
POLICY = "aws_iam_policy"
ROLE_POLICY = "aws_iam_role_policy"
ATTACHMENT = "aws_iam_role_policy_attachment"

ARGUMENTS = {
    ROLE: frozenset(
        {
            "assume_role_policy",
            "description",
            "max_session_duration",
            "name",
            "path",
            "permissions_boundary",
            "tags",
        }
    ),
    POLICY: frozenset({"description", "for_each", "name", "path", "policy"}),
    ROLE_POLICY: frozenset({"for_each", "name", "policy", "role"}),
    ATTACHMENT: frozenset({"for_each", "policy_arn", "role"}),
}
_DEFAULT_SESSION = 3600  # IAM's own, in seconds


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a resource: `key` where it has for_each. Arguments at null are left out."""

    type: str
    name: str
    key: str | None
    arguments: Mapping[str, Value]
    block: Block

    @property
    def address(self) -> str:
        """The instance as Terraform writes it."""
        return f"{self.type}.{self.name}" + (f"[{self.key}]" if self.key is not None else "")

    def place(self, argument: str) -> Place:
        """Where an argument's value stands, or the block when it has none."""
        tree = self.block.attributes.get(argument)
        return self.block.place if tree is None else place_of(tree, self.block.place.file)


def role_of(blocks: tuple[Block, ...], scope: ModuleScope) -> IamRole:
    """The one role that the resources make.

    Raises InputError when there is none, or more than one, or something that IamRole cannot hold.
    """
    roles = [block for block in blocks if block.labels[0] == ROLE]
    if not roles:
        raise refusal(MODULE, f"has no {ROLE}")
    if len(roles) > 1:
        names = " and ".join(shown(block.labels[1]) for block in roles)
        raise refusal(roles[1].place, f"has {len(roles)} roles, {names}", "keep one role in a module")
    instances = tuple(one for block in blocks for one in _instances(block, scope))
    return _Assembly(next(one for one in instances if one.type == ROLE), instances).role()


def _instances(block: Block, scope: ModuleScope) -> Iterator[Instance]:
    kind, name = block.labels
    for argument in block.attributes:
        if argument not in ARGUMENTS[kind]:
            raise refusal(block.place, f"{kind} {shown(name)} has {shown(argument)}, which deputize does not read")
    if "for_each" not in block.attributes:
        yield Instance(kind, name, None, _arguments(block, scope), block)
        return
    expression = Expression(block.attributes["for_each"], block.place.file)
    each = evaluate(expression, scope)
    pairs = {key: key for key in each if isinstance(key, str)} if isinstance(each, list) else each
    if not isinstance(pairs, dict):
        raise refusal(place_of(expression.tree, expression.file), "for_each needs a map or a set")
    for key, value in pairs.items():
        yield Instance(kind, name, key, _arguments(block, scope.with_each(key, value)), block)


def _arguments(block: Block, scope: ModuleScope) -> dict[str, Value]:
    found = {
        name: evaluate(Expression(tree, block.place.file), scope)
        for name, tree in block.attributes.items()
        if name != "for_each"
    }
    return {name: value for name, value in found.items() if value is not None}


class _Assembly:
    """One role and the policies around it."""

    def __init__(self, resource: Instance, instances: tuple[Instance, ...]) -> None:
        self.resource = resource
        self.name = _text(resource, "name")
        self.path = _text(resource, "path", "/")
        self.managed = {(one.name, one.key): one for one in instances if one.type == POLICY}
        self.inline = tuple(one for one in instances if one.type == ROLE_POLICY)
        self.attachments = tuple(one for one in instances if one.type == ATTACHMENT)

    def role(self) -> IamRole:
        attached, arns = self._attached()
        for key, one in self.managed.items():
            if key not in attached:
                raise refusal(one.block.place, f"{shown(one.address, 100)} is not attached to the role")
        if self.managed and self.inline:
            raise refusal(self.resource.block.place, "has managed and inline policies of its own", "use one kind")
        delivery: Delivery = "inline" if self.inline else "managed"
        for one in self.inline:
            self._check_role(one)
        return IamRole(
            name=self.name,
            path=self.path,
            description=_text(self.resource, "description", ""),
            max_session=self._seconds(),
            boundary=_text(self.resource, "permissions_boundary", "") or None,
            trust=_document(self.resource, "assume_role_policy"),
            delivery=delivery,
            policies=in_order(map(self._policy, (*self.managed.values(), *self.inline))),
            managed_arns=tuple(sorted(arns)),
            tags=self._tags(),
        )

    def _attached(self) -> tuple[set[tuple[str, str | None]], set[str]]:
        """(managed policies of the module, ARNs) that are attached to the role."""
        own: set[tuple[str, str | None]] = set()
        arns: set[str] = set()
        for one in self.attachments:
            self._check_role(one)
            value = one.arguments.get("policy_arn")
            if isinstance(value, str):
                arns.add(value)
            elif (
                isinstance(value, Reference)
                and (value.type, value.attribute) == (POLICY, "arn")
                and (value.name, value.key) in self.managed
            ):
                own.add((value.name, value.key))
            else:
                raise refusal(one.place("policy_arn"), "is no ARN and no policy of this module")
        return own, arns

    def _check_role(self, one: Instance) -> None:
        role = one.arguments.get("role")
        of_resource = [Reference(ROLE, self.resource.name, None, attribute) for attribute in ("name", "id")]
        if role != self.name and role not in of_resource:
            raise refusal(one.place("role"), f"is not the role {shown(self.resource.name)} of this module")

    def _policy(self, one: Instance) -> NamedPolicy:
        path = _text(one, "path", "/") if one.type == POLICY else self.path
        if path != self.path:
            what = f"{shown(one.address, 100)} has path {shown(path)}, the role {shown(self.path)}"
            raise refusal(one.place("path"), what, "give both the same")
        return NamedPolicy(_text(one, "name"), _document(one, "policy"))

    def _seconds(self) -> int:
        value = self.resource.arguments.get("max_session_duration", _DEFAULT_SESSION)
        if not isinstance(value, int) or isinstance(value, bool):
            raise refusal(self.resource.place("max_session_duration"), "a whole number is needed here")
        return value

    def _tags(self) -> tuple[tuple[str, str], ...]:
        value = self.resource.arguments.get("tags", {})
        if not isinstance(value, dict):
            raise refusal(self.resource.place("tags"), "a map is needed here")
        texts = {key: one for key, one in value.items() if isinstance(one, str)}
        if len(texts) < len(value):
            raise refusal(self.resource.place("tags"), "has a tag that is no text")
        return sorted_tags(texts)


def _text(owner: Instance, name: str, default: str | None = None) -> str:
    value = owner.arguments.get(name, default)
    if isinstance(value, str):
        return value
    if value is None:
        raise refusal(owner.block.place, f"{shown(owner.address, 100)} has no {name}")
    raise refusal(owner.place(name), "text is needed here that is known before it is applied")


def _document(owner: Instance, name: str) -> Policy:
    return policy_of_text(_text(owner, name), str(owner.place(name)))
