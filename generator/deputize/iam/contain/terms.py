"""A side's statements as they are compared: what each says of actions, resources and conditions."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from deputize.iam.action_sets import expanded, is_plain
from deputize.iam.allowed import IdentityPolicy
from deputize.iam.contain.cases import Layer
from deputize.iam.contain.names import EVERY, action_within, actions_apart, near_actions
from deputize.iam.contain.sides import Side
from deputize.iam.contain.situations import Atom, atoms_of
from deputize.iam.denials import Conditions, ResourceSet, resource_set
from deputize.iam.policy import Policy, Statement
from deputize.iam.wildcards import matches


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One statement that is understood. policy: its place on its side. actions: its patterns in small letters.

    atoms: what must hold for it to apply. voids: the variables in its resources, which may void the whole statement.
    key: equal for statements that say the same.
    """

    layer: Layer
    policy: int
    statement: Statement
    actions: tuple[str, ...]
    resources: ResourceSet
    conditions: Conditions
    atoms: tuple[Atom, ...]
    key: Hashable

    @property
    def allows(self) -> bool:
        """Whether it is an Allow."""
        return self.statement.effect == "Allow"

    @property
    def patterns(self) -> tuple[str, ...]:
        """Its action patterns, each to be looked at for itself; one that is empty for a whole NotAction."""
        return ("",) if self.statement.not_action else self.actions

    def names(self, action: str) -> bool:
        """Whether its Action or NotAction holds for an action of the catalogue."""
        return (action in expanded(self.actions)) is not self.statement.not_action

    def names_text(self, action: str) -> bool:
        """The same for any action."""
        return any(matches(one, action.lower()) for one in self.actions) is not self.statement.not_action

    def names_all_of(self, pattern: str) -> bool:
        """Whether it is proved that it holds for every action that the pattern stands for, those to come too."""
        if self.statement.not_action:
            return all(actions_apart(one, pattern) for one in near_actions(self.actions, pattern))
        return any(action_within(pattern, one) for one in near_actions(self.actions, pattern))

    def is_apart_from(self, pattern: str) -> bool:
        """Whether it is proved that it holds for no action that the pattern stands for; never of a whole NotAction."""
        if not pattern:
            return False
        if self.statement.not_action:
            return any(action_within(pattern, one) for one in near_actions(self.actions, pattern))
        return all(actions_apart(one, pattern) for one in near_actions(self.actions, pattern))

    @property
    def scopes(self) -> Iterator[ResourceSet]:
        """Its resources, one by one: a request is on one of them."""
        if self.resources.negated:
            yield self.resources
        else:
            yield from (ResourceSet((one,)) for one in self.resources.patterns)


@dataclass(frozen=True, slots=True)
class Opaque:
    """A statement, or a whole policy where that is None, that is not understood. key: equal for what is the same."""

    layer: Layer
    policy: int
    statement: Statement | None
    key: Hashable

    @property
    def may_allow(self) -> bool:
        """Whether it may be an Allow."""
        return self.statement is None or self.statement.effect != "Deny"

    @property
    def may_deny(self) -> bool:
        """Whether it may be a Deny."""
        return self.statement is None or self.statement.effect != "Allow"


@dataclass(frozen=True, slots=True)
class SideTerms:
    """A side, term by term. bounded: by a boundary of which all is understood that may allow something."""

    all: tuple[Term, ...]
    opaque: tuple[Opaque, ...]
    bounded: bool

    @property
    def allows(self) -> tuple[Term, ...]:
        """What its identity policies allow."""
        return tuple(one for one in self.all if one.layer == "identity" and one.allows)

    @property
    def ceilings(self) -> tuple[Term, ...]:
        """What its boundary lets pass."""
        return tuple(one for one in self.all if one.layer == "boundary" and one.allows)

    @property
    def denies(self) -> tuple[Term, ...]:
        """Every Deny, the boundary's too."""
        return tuple(one for one in self.all if not one.allows)


def terms_of(side: Side, stand_ins: tuple[str, ...]) -> SideTerms:
    """The terms of a side. stand_ins: texts, of either side, in place of what is not known."""
    terms: list[Term] = []
    opaque: list[Opaque] = []
    for layer, at, one in _layers(side):
        policy = one.policy
        if policy is None or policy.opaque_fault is not None:
            opaque.append(Opaque(layer, at, None, (layer, one.name) if policy is None else (layer, id(policy))))
            continue
        for statement in policy.statements:
            key = _opaque_key(statement, stand_ins)
            if key is None:
                terms.append(_term(layer, at, statement, policy, stand_ins))
            else:
                opaque.append(Opaque(layer, at, statement, (layer, policy.has_variables, key)))
    is_read = not any(one.layer == "boundary" and one.may_allow for one in opaque)
    return SideTerms(tuple(terms), tuple(opaque), side.boundary is not None and is_read)


def stand_ins_of(sides: Iterable[Side]) -> tuple[str, ...]:
    """All texts in place of what is not known."""
    policies = (one for side in sides for _, _, one in _layers(side))
    return tuple(dict.fromkeys(text for one in policies for text in one.stand_ins))


def _layers(side: Side) -> Iterator[tuple[Layer, int, IdentityPolicy]]:
    for at, one in enumerate(side.policies):
        yield "identity", at, one
    if side.boundary is not None:
        yield "boundary", 0, side.boundary


def _term(layer: Layer, at: int, statement: Statement, policy: Policy, stand_ins: tuple[str, ...]) -> Term:
    resources = resource_set(statement, policy, stand_ins)
    conditions = Conditions(statement.conditions, policy.has_variables)
    atoms = atoms_of(conditions, stand_ins)
    variables = sorted({one.written for one in resources.patterns if one.has_variable})
    if variables:
        # A variable without a value may void the statement, whatever else it says.
        atoms = (*atoms, Atom.of_what(f"variables of {' '.join(variables)}"))
    actions = tuple(EVERY if one == "*" else str(one).lower() for one in statement.actions)
    said = frozenset(actions), resources.negated, frozenset(resources.patterns), frozenset(atoms)
    key = layer, statement.effect, statement.not_action, said
    return Term(layer, at, statement, actions, resources, conditions, atoms, key)


def _opaque_key(statement: Statement, stand_ins: tuple[str, ...]) -> Hashable | None:
    """None where it is understood; else a key that only the same one has."""
    if statement.is_opaque or statement.effect is None or not statement.actions or not statement.resources:
        # What is not in IAM's grammar is not kept, so that two of them cannot be compared.
        return id(statement)
    if all(is_plain(str(one), stand_ins) for one in statement.actions):
        return None
    # AWS does not say how it folds other scripts, and the catalogue tells nothing of what is not known.
    return _written(statement)


@lru_cache(maxsize=1024)
def _written(statement: Statement) -> str:
    return repr(statement.to_json())
