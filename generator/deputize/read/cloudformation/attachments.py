"""Which policies of a template may belong to which of its roles, as far as names tell before any branch is taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from deputize.errors import InputError
from deputize.model.display import shown
from deputize.model.world import NotUnderstood, Origin
from deputize.read.cloudformation.evaluation import Evaluation
from deputize.read.cloudformation.resolver import Assumptions, ImpossibleError, UndecidedError
from deputize.read.cloudformation.sections import Resource, Source, calls_below, mentioned, resource_mark
from deputize.read.source import Node
from deputize.read.symbols import is_known

ROLE, POLICY, MANAGED = "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"
ROLE_POLICY = "AWS::IAM::RolePolicy"
POLICIES = {POLICY: "Roles", MANAGED: "Roles", ROLE_POLICY: "RoleName"}
"""Type of a resource that is a policy -> its property that names roles."""


class Attachments:
    """The policies of one template, by every name that they say of a role, in lower case: IAM's differ in more."""

    def __init__(self, source: Source, resources: Iterable[Resource]) -> None:
        resources = tuple(resources)
        self._source = source
        self.policies = {one.name: one for one in resources if one.type in POLICIES}
        self._named = {name: self._names_of(one) for name, one in self.policies.items()}
        self._roles = _RoleNames(source, [one for one in resources if one.type == ROLE] if self.policies else [])
        self._order = {name: at for at, name in enumerate(self.policies)}
        self._by_name: dict[str, list[str]] = {}
        self._by_word: dict[str, list[str]] = {}
        for one in self.policies.values():
            for name in set(self._named[one.name] or ()):
                self._by_name.setdefault(name, []).append(one.name)
            for word in {word.lower() for word in _words(one.properties.get(POLICIES[one.type]))}:
                self._by_word.setdefault(word, []).append(one.name)

    def _names_of(self, policy: Resource) -> tuple[str, ...] | None:
        node = policy.properties.get(POLICIES[policy.type])
        return names_at(self._source, node) if node is not None else ()

    def candidates(self, role: Resource) -> tuple[Resource, ...]:
        """Those that may belong to `role`: they name it or what it is called by, or it names them."""
        if not self.policies:
            return ()
        found = {role.name: None} if role.name in self.policies else {}
        for name in (resource_mark(self._source, role.name, ""), *self._roles.names[role.name]):
            found.update(dict.fromkeys(self._by_name.get(name, ())))
        for word in self._roles.words[role.name]:
            alike = self._by_word.get(word, ())
            found.update({name: None for name in alike if self._roles.is_open(role.name) or self._named[name] is None})
        found.update(dict.fromkeys(_words(role.properties.get("ManagedPolicyArns"))))
        return tuple(
            self.policies[name] for name in sorted(found.keys() & self.policies.keys(), key=self._order.__getitem__)
        )

    def is_settled(self, policy: str) -> bool:
        """Whether it is proved, whatever the conditions, that no role has the policy but one that is known to."""
        names = self._named[policy]
        return names is not None and not self.may_be_given(names)

    def may_be_given(self, names: Iterable[str]) -> bool:
        """Whether one of `names` may be a role of the template without being known to be one."""
        return any(self._roles.may_have(name.lower()) for name in names)


class _RoleNames:
    """What the roles of one template are called, in lower case.

    names: by role, every name that it has or may choose. words: every text and name that is in how it is called.
    """

    def __init__(self, source: Source, roles: Iterable[Resource]) -> None:
        self._source = source
        self.names: dict[str, frozenset[str]] = {}
        self.words: dict[str, frozenset[str]] = {}
        self._open: set[str] = set()
        self._known: set[str] = set()
        self._called: dict[str, None] = {}
        self._generated = False
        for one in roles:
            node = one.properties.get("RoleName")
            names = names_at(source, node) if node is not None else ()
            self.words[one.name] = frozenset((one.name.lower(), *(word.lower() for word in _words(node))))
            if names is None:
                self._open.add(one.name)
            self._generated |= names == ()
            self._called.update(dict.fromkeys(names or ()))
            self.names[one.name] = self.words[one.name] if names is None else frozenset(names)
            self._known |= {*self.names[one.name], resource_mark(source, one.name, "")}
        self._weight = sum(len(one) + 1 for one in self._called)

    def is_open(self, role: str) -> bool:
        """Whether a condition decides what a role is called."""
        return role in self._open

    def may_have(self, name: str) -> bool:
        """Whether a role that is not known to be called `name` may be."""
        self._source.budget.spend(1 + self._weight // 64, self._source.place)
        if name in self._known:
            return False
        if self._open or any(may_equal(name, one) for one in self._called):
            return True
        # A generated name has random letters: only a text from elsewhere may be one.
        symbols = [self._source.symbols.symbol(one) for one in name if not is_known(one)]
        return self._generated and any(one.origin is not Origin.PSEUDO for one in symbols)


def circles(resources: Iterable[Resource]) -> Iterator[NotUnderstood]:
    """Roles and policies that refer to each other in a circle: CloudFormation creates none of them."""
    concerned = {one.name: one for one in resources if one.type == ROLE or one.type in POLICIES}
    graph = {name: concerned.keys() & set(_references(one.node)) for name, one in concerned.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        names = [str(name) for name in reversed(error.args[1])]
        what = f"resources depend on each other in a circle: {' -> '.join(shown(name) for name in names)}"
        yield NotUnderstood(concerned[names[0]].node.named_at, what)


def _words(node: Node | None) -> Iterator[str]:
    """Every text below a node, and every name that its functions mention."""
    if node is None:
        return
    yield from _references(node)
    waiting = [node]
    while waiting:
        value = waiting.pop().value
        if isinstance(value, str):
            yield value
        else:
            waiting += value if isinstance(value, tuple) else value.values()


def _references(node: Node) -> Iterator[str]:
    """Every name that Ref, Fn::GetAtt or Fn::Sub mentions anywhere below `node`."""
    return (name.partition(".")[0] for call in calls_below(node) for name in mentioned(*call))


def names_at(source: Source, node: Node) -> tuple[str, ...] | None:
    """Every name at `node` in lower case, as IAM compares them; None where a condition decides or one is no text."""
    try:
        return tuple(text.lower() for text, _ in Evaluation(source, Assumptions()).texts(node))
    except (ImpossibleError, InputError, UndecidedError):
        return None


def may_equal(one: str, other: str) -> bool:
    """Whether two texts may be the same for some values of the unknowns in them. Proves no more than their ends do."""
    start = _shared(one, other)
    one, other = one[start:], other[start:]
    end = _shared(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    if not one or not other:
        return not any(map(is_known, one + other))  # an unknown may be empty
    return not any(is_known(one[at]) and is_known(other[at]) for at in (0, -1))


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
