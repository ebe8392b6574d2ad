"""A role whose conditions go together in too many ways: each statement in its own branches, and all of them at once.

What comes out may do at least what the role may do in any of its branches: an Allow counts where some branch has it, a
Deny where every branch has it. Its trust policy and settings are read branch by branch, as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from deputize.errors import InputError
from deputize.model.world import NotUnderstood, Place
from deputize.read.cloudformation.attachments import MANAGED
from deputize.read.cloudformation.documents import Draft, draft_of
from deputize.read.cloudformation.evaluation import Evaluation
from deputize.read.cloudformation.resolver import Assumptions, UndecidedError, branches
from deputize.read.cloudformation.role import PolicyDraft, RoleParts, RoleRun
from deputize.read.cloudformation.sections import Resource, Source, intrinsic, is_no_value
from deputize.read.found import not_understood
from deputize.read.source import Node, refusal

T = TypeVar("T")


def parts_of(source: Source, owner: Resource, candidates: tuple[Resource, ...]) -> RoleParts:
    """What the role may have by any of its branches. candidates: policies of the template that may be its own."""
    found = _Parts(source, owner)
    if "Policies" in owner.properties:
        found.embedded(owner.properties["Policies"])
    for one in candidates:
        found.separate(one)
    if "ManagedPolicyArns" in owner.properties:
        found.attached(owner.properties["ManagedPolicyArns"])
    return RoleParts(tuple(found.drafts), tuple(found.managed), frozenset(found.used), tuple(found.refused))


@dataclass(slots=True)
class _Parts:
    source: Source
    owner: Resource
    drafts: list[PolicyDraft] = field(default_factory=list)
    managed: dict[tuple[str, Node], None] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    refused: list[NotUnderstood] = field(default_factory=list)

    def embedded(self, policies: Node) -> None:
        with self._refusals(policies.place):
            for item, lacks in self._alternatives(policies):
                fields = item.value if isinstance(item.value, Mapping) and intrinsic(item) is None else {}
                self._policy(Resource(self.owner.name, "", item, fields), "inline", lacks=lacks)

    def separate(self, policy: Resource) -> None:
        place = policy.node.named_at
        with self._refusals(place):
            has = list(branches(lambda one: RoleRun(self.source, self.owner, one).has(policy), place))
            if any(has):
                self.used.add(policy.name)
                self._policy(policy, "managed" if policy.type == MANAGED else "inline", lacks=not all(has))

    def attached(self, arns: Node) -> None:
        with self._refusals(arns.place):
            for item, _ in self._alternatives(arns):
                read = partial(_texts, item)
                self.managed.update(dict.fromkeys(one for texts in self._values(read, item) for one in texts))

    def _policy(self, policy: Resource, delivery: str, *, lacks: bool) -> None:
        """Keep what a policy may be. lacks: whether some branch lacks it."""
        node = policy.properties.get("PolicyDocument")
        if node is None:
            raise refusal(policy.node.place, "the policy has no PolicyDocument")
        name = self.source.symbols.named(RoleRun(self.source, self.owner, Assumptions()).name_of(policy))
        for document, is_optional in self._alternatives(node):
            for draft in self._documents(document, lacks=lacks or is_optional):
                self.drafts.append(PolicyDraft(policy, name, draft, delivery))

    def _documents(self, document: Node, *, lacks: bool) -> Iterator[Draft]:
        fields = document.value if isinstance(document.value, Mapping) and intrinsic(document) is None else {}
        statements = fields.get("Statement")
        if statements is None:
            yield from self._values(partial(draft_of, document), document)
            return
        kept: list[Draft] = []
        for one, is_optional in self._alternatives(statements):
            found = self._values(partial(draft_of, one), one)
            is_sure = not (lacks or is_optional or len(found) > 1)
            kept += [each for each in found if is_sure or not _denies(each)]
        rest = Node({key: one for key, one in fields.items() if key != "Statement"}, document.place)
        for head in self._values(partial(draft_of, rest), document):
            yield _together(head, statements, kept)

    def _alternatives(self, node: Node) -> Iterator[tuple[Node, bool]]:
        """Each item of a list that some branch has, and whether another may lack it."""
        call = intrinsic(node)
        if call is not None and call[0] == "Fn::If":
            try:
                chosen = Evaluation(self.source, Assumptions()).branch(call[1])
            except UndecidedError:
                parts = call[1].value if isinstance(call[1].value, tuple) else ()
                yield from ((one, True) for part in parts[1:] for one, _ in self._alternatives(part))
            else:
                yield from self._alternatives(chosen)
        elif isinstance(node.value, tuple) and call is None:
            for one in node.value:
                yield from self._alternatives(one)
        elif not is_no_value(node):
            yield node, False

    def _values(self, read: Callable[[Evaluation], T], node: Node) -> list[T]:
        """What is read in each branch that the node itself asks for, once."""
        found: list[T] = []
        for one in branches(lambda assumptions: read(Evaluation(self.source, assumptions)), node.place):
            if one not in found:
                found.append(one)
        return found

    @contextmanager
    def _refusals(self, place: Place) -> Iterator[None]:
        """Keeps what is refused, so that the rest of the role is still read."""
        try:
            yield
        except InputError as error:
            self.refused.append(not_understood(error, place))


def _texts(item: Node, evaluation: Evaluation) -> list[tuple[str, Node]]:
    return list(evaluation.texts(item))


def _denies(statement: Draft) -> bool:
    """Whether it takes away: what some branch lacks must not count there."""
    return isinstance(statement.value, dict) and statement.value.get("Effect") != "Allow"


def _together(head: Draft, statements: Node, parts: list[Draft]) -> Draft:
    """One document of the parts; every place is where it stands in the template."""
    found = Draft(dict(head.value) if isinstance(head.value, dict) else {}, dict(head.places), dict(head.keys))
    if isinstance(found.value, dict):
        found.value["Statement"] = [one.value for one in parts]
    found.places[("Statement",)] = statements.named_at
    found.keys[("Statement",)] = statements.named_at
    for at, one in enumerate(parts):
        found.places.update({("Statement", at, *path): place for path, place in one.places.items()})
        found.keys.update({("Statement", at, *path): place for path, place in one.keys.items()})
    return found
