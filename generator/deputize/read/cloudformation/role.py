"""One role of a template in one branch: its trust policy, every policy that the template gives it, and its settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from deputize.errors import InputError
from deputize.model.world import FoundPolicy, FoundRole, NotUnderstood, Text
from deputize.read.cloudformation.attachments import MANAGED, POLICIES, ROLE, Attachments
from deputize.read.cloudformation.documents import Draft, draft_of, finished, partition_of
from deputize.read.cloudformation.evaluation import Evaluation
from deputize.read.cloudformation.resolver import Assumptions, ImpossibleError, UndecidedError
from deputize.read.cloudformation.sections import Resource, Source, arn_of, intrinsic, pseudo, resource_mark
from deputize.read.cloudformation.transforms import made_by
from deputize.read.found import not_understood
from deputize.read.source import Node, refusal
from deputize.read.symbols import ACCOUNT_ID, StandIns, Symbols

T = TypeVar("T")

_POLICY = 10  # steps that a policy costs whatever is in it
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Branch:
    """What one run came to. refused: what in it cannot be read."""

    roles: tuple[FoundRole, ...] = ()
    policies: tuple[FoundPolicy, ...] = ()
    refused: tuple[NotUnderstood, ...] = ()
    used: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """A policy before its stand-ins. name: as in FoundPolicy."""

    owner: Resource
    name: str
    draft: Draft
    delivery: str


@dataclass(frozen=True, slots=True)
class RoleParts:
    """What a role may have by any of its branches. managed: ARNs with their nodes; used: names of its policies."""

    drafts: tuple[PolicyDraft, ...]
    managed: tuple[tuple[str, Node], ...]
    used: frozenset[str]
    refused: tuple[NotUnderstood, ...]


class RoleRun:
    """Reads one role, or one policy that belongs to none, under the assumptions of one branch."""

    def __init__(self, source: Source, owner: Resource, assumptions: Assumptions) -> None:
        self.evaluation = Evaluation(source, assumptions)
        self.owner = owner
        self.refused: list[NotUnderstood] = []

    def role(self, policies: tuple[Resource, ...]) -> Branch:
        """The role with those of `policies` that are its own."""
        if not self._exists(self.owner):
            return Branch()
        trust = self._try(lambda: self._draft(self.owner, "AssumeRolePolicyDocument"), self.owner)
        called = self._setting("RoleName")
        drafts = [*self._embedded()]
        managed = list(self._managed())
        used = set()
        for policy in policies:
            if self._try(lambda one=policy: self._belongs(one, called, managed), policy):  # type: ignore[misc]
                drafts.extend(self._separate(policy))
                used.add(policy.name)
        return self._branch(trust, drafts, self._others(managed, policies), used)

    def with_parts(self, parts: RoleParts, policies: tuple[Resource, ...], limit: NotUnderstood) -> Branch:
        """The role with all that it may have. limit: why its branches are not told apart."""
        if not self._exists(self.owner):
            return Branch()
        trust = self._try(lambda: self._draft(self.owner, "AssumeRolePolicyDocument"), self.owner)
        self.refused += parts.refused
        managed = self._others(list(parts.managed), policies)
        found = self._branch(trust, list(parts.drafts), managed, set(parts.used))
        return replace(found, roles=tuple(replace(one, limit=limit) for one in found.roles))

    def has(self, policy: Resource) -> bool:
        """Whether a policy of the template is there, and the role's."""
        return self._exists(policy) and self._belongs(policy, self._setting("RoleName"), list(self._managed()))

    def name_of(self, policy: Resource) -> str:
        """The name of a policy in the role itself, or of one of its own; what a condition decides is left out."""
        try:
            return self._name(policy, "PolicyName") if policy.name == self.owner.name else policy.name
        except UndecidedError:
            return policy.name

    def _others(self, managed: list[tuple[str, Node]], policies: tuple[Resource, ...]) -> list[tuple[str, Node]]:
        """What is attached and no policy of the template."""
        own = {arn_of(self.evaluation.source, one.name, MANAGED) for one in policies if one.type == MANAGED}
        return [one for one in managed if one[0] not in own]

    def policy(self, attachments: Attachments, *, used: bool) -> Branch:
        """The policy on its own: no role of the template is known to have it. used: unless in another branch."""
        if not self._exists(self.owner):
            return Branch()
        unknown = bool(self._try(lambda: attachments.may_be_given(self._names(self.owner)), self.owner))
        if used and not unknown:
            return Branch()
        drafts = self._separate(self.owner)
        stand_ins = self._stand_ins([policy.draft for policy in drafts])
        found = self._named(self._finished(drafts, stand_ins), stand_ins)
        policies = tuple(replace(one, role_unknown=unknown) for one in found)
        return Branch(policies=policies, refused=tuple(self.refused))

    def _branch(
        self, trust: Draft | None, drafts: list[PolicyDraft], managed: list[tuple[str, Node]], used: set[str]
    ) -> Branch:
        source = self.evaluation.source
        arns = [text for text, _ in managed]
        partition = partition_of([*([trust] if trust else []), *(policy.draft for policy in drafts)], arns)
        stand_ins = StandIns(source.symbols, partition or "aws", self.evaluation.assumptions.others)
        document = self._try(lambda: finished(trust, stand_ins), self.owner) if trust else None
        policies = self._finished(drafts, stand_ins)
        role = FoundRole(
            name=f"{source.name}/{self.owner.name}" if source.name else self.owner.name,
            place=self.owner.node.named_at,
            trust=document,
            managed=tuple(Text(stand_ins.text(text), node.place) for text, node in managed),
            boundary=self._text("PermissionsBoundary", stand_ins),
            max_session=self._try(self._seconds, self.owner),
            own_account=stand_ins.text(pseudo(source, ACCOUNT_ID)),
            partition=partition,
            branch=" and ".join(self.evaluation.labels),
            role_name=self._text("RoleName", stand_ins),
            path=self._text("Path", stand_ins),
            description=self._text("Description", stand_ins),
            tags=tuple(self._try(lambda: list(self._tags(stand_ins)), self.owner) or ()),
        )
        named = tuple(self._named(policies, stand_ins))
        documents = [one.document for one in named] + ([document] if document else [])
        unknowns = dict.fromkeys((*stand_ins.used, *(one for found in documents for one in found.unknowns)))
        called = tuple(dict.fromkeys(self._arns(role)))
        role = replace(role, policies=named, unknowns=tuple(unknowns), arns=called)
        return Branch((role,), refused=tuple(self.refused), used=frozenset(used))

    def _arns(self, role: FoundRole) -> Iterator[str]:
        """Each ARN by which a policy of the template may name the role, as `with_stand_ins` takes them."""
        by_resource = arn_of(self.evaluation.source, self.owner.name, ROLE)
        yield by_resource
        path = "/" if role.path is None else role.path.value
        name = by_resource.rpartition("/")[2] if role.role_name is None else role.role_name.value
        yield f"arn:{role.partition or 'aws'}:iam::{role.own_account}:role{path}{name}"

    def _exists(self, owner: Resource) -> bool:
        fields = owner.node.value if isinstance(owner.node.value, Mapping) else {}
        condition = fields.get("Condition")
        if condition is None:
            return True
        return self.evaluation.holds(condition.value if isinstance(condition.value, str) else "", condition)

    def _try(self, read: Callable[[], T], owner: Resource) -> T | None:
        """What `read` gives; what it refuses is kept, so that the rest of the role is still read."""
        try:
            return read()
        except InputError as error:
            self.refused.append(not_understood(error, owner.node.named_at))
            return None

    def _draft(self, owner: Resource, name: str) -> Draft:
        if name not in owner.properties:
            raise refusal(owner.node.named_at, f"{owner.type or 'the policy'} has no {name}")
        return draft_of(owner.properties[name], self.evaluation)

    def _embedded(self) -> Iterator[PolicyDraft]:
        """Each policy in the role itself."""
        node = self.owner.properties.get("Policies")
        for item in self._try(lambda: list(self.evaluation.items(node)), self.owner) or () if node is not None else ():
            call = intrinsic(item)
            fields = item.value if isinstance(item.value, Mapping) and call is None else {}
            inner = Resource(self.owner.name, "", item, fields)
            if call is not None:
                self.refused.append(made_by(*call, item))
                continue
            draft = self._try(lambda one=inner: self._draft(one, "PolicyDocument"), inner)  # type: ignore[misc]
            if draft is not None:
                yield PolicyDraft(inner, self._name(inner, "PolicyName"), draft, "inline")

    def _separate(self, policy: Resource) -> list[PolicyDraft]:
        self.evaluation.source.budget.spend(_POLICY, policy.node.place)
        if not self._exists(policy):
            return []
        draft = self._try(lambda: self._draft(policy, "PolicyDocument"), policy)
        delivery = "managed" if policy.type == MANAGED else "inline"
        return [] if draft is None else [PolicyDraft(policy, policy.name, draft, delivery)]

    def _name(self, owner: Resource, name: str) -> str:
        node = owner.properties.get(name)
        text = self._try(lambda: self.evaluation.text(node), owner) if node is not None else None
        return self.evaluation.source.symbols.named(text or owner.name)

    def _managed(self) -> Iterator[tuple[str, Node]]:
        node = self.owner.properties.get("ManagedPolicyArns")
        if node is not None:
            yield from self._try(lambda: list(self.evaluation.texts(node)), self.owner) or ()

    def _belongs(self, policy: Resource, called: str | None, managed: list[tuple[str, Node]]) -> bool:
        source = self.evaluation.source
        if policy.type == MANAGED and arn_of(source, policy.name, MANAGED) in [text for text, _ in managed]:
            return True
        names = {resource_mark(source, self.owner.name, ""), called.lower() if called else None}
        return any(text.lower() in names for text in self._names(policy))

    def _names(self, policy: Resource) -> Iterator[str]:
        """What a policy says of the roles that have it."""
        node = policy.properties.get(POLICIES[policy.type])
        yield from (text for text, _ in self.evaluation.texts(node)) if node is not None else ()

    def _setting(self, name: str) -> str | None:
        node = self.owner.properties.get(name)
        found = self._try(lambda: self.evaluation.value(node), self.owner) if node is not None else None
        return found if isinstance(found, str) else None

    def _text(self, name: str, stand_ins: StandIns) -> Text | None:
        text = self._setting(name)
        if text is None:
            return None
        return Text(stand_ins.text(text), self.evaluation.followed(self.owner.properties[name]).place)

    def _tags(self, stand_ins: StandIns) -> Iterator[tuple[Text, Text]]:
        node = self.owner.properties.get("Tags")
        for item in self.evaluation.items(node) if node is not None else ():
            fields = item.value if isinstance(item.value, Mapping) else {}
            if "Key" in fields and "Value" in fields:
                texts = ((self.evaluation.text(fields[one]), fields[one].place) for one in ("Key", "Value"))
                key, value = (Text(stand_ins.text(text), place) for text, place in texts)
                yield key, value

    def _seconds(self) -> int | None:
        text = self._setting("MaxSessionDuration")
        return int(text) if text is not None and _SECONDS.fullmatch(text) else None

    def _stand_ins(self, drafts: list[Draft]) -> StandIns:
        symbols, others = self.evaluation.source.symbols, self.evaluation.assumptions.others
        return StandIns(symbols, partition_of(drafts, []) or "aws", others)

    def _finished(self, drafts: list[PolicyDraft], stand_ins: StandIns) -> list[tuple[Resource, FoundPolicy]]:
        found = []
        for policy in drafts:
            document = self._try(lambda one=policy.draft: finished(one, stand_ins), self.owner)  # type: ignore[misc]
            if document is not None:
                found.append((policy.owner, FoundPolicy(policy.name, document, policy.delivery)))
        return found

    def _named(self, policies: list[tuple[Resource, FoundPolicy]], stand_ins: StandIns) -> Iterator[FoundPolicy]:
        """The policies with their names and paths in IAM, after all else: what those say makes no further branch."""
        for owner, policy in policies:
            name = "ManagedPolicyName" if owner.type == MANAGED else "PolicyName"
            policy_name, path = (self._decided(owner, key, stand_ins) for key in (name, "Path"))
            yield replace(policy, policy_name=policy_name, path=path)

    def _decided(self, owner: Resource, name: str, stand_ins: StandIns) -> Text | None:
        """A text that the branch decides about; None for any other, for what is no text, and for what is not there."""
        if name not in owner.properties:
            return None
        try:
            text, node = self.evaluation.text(owner.properties[name]), self.evaluation.followed(owner.properties[name])
        except (ImpossibleError, InputError, UndecidedError):
            return None
        return Text(stand_ins.text(text), node.place)


def with_stand_ins(role: FoundRole, symbols: Symbols) -> FoundRole:
    """The role with stand-ins in its own ARNs, once all that policies name has its own."""
    stand_ins = StandIns(symbols, role.partition or "aws", {})
    return replace(role, arns=tuple(dict.fromkeys(map(stand_ins.text, role.arns))))
