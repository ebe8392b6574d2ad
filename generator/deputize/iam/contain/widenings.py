"""What NEW allows that OLD does not: every statement of NEW held against all of OLD, with an example of each.

"Nothing" is a proof. A pattern is first held against OLD's as they are written (`cover`); what that does not prove is
looked at exactly (`cells`), for each kind of action that the two sides tell apart: for whatever may be asked, and,
where there is a difference, for what AWS documents; then for actions that AWS may add. `evaluate` confirms each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from deputize.iam.actions import canonical
from deputize.iam.allowed import IdentityPolicy
from deputize.iam.contain.cases import Bounds
from deputize.iam.contain.cells import Named, differences
from deputize.iam.contain.cover import Cover
from deputize.iam.contain.documented import ANYTHING, Documented, documented
from deputize.iam.contain.groups import by_documentation, by_names, near
from deputize.iam.contain.names import EVERY, is_literal, may_come, names_to_come
from deputize.iam.contain.parts import TooManyCellsError
from deputize.iam.contain.sides import Kind, Request, Side, Widening
from deputize.iam.contain.terms import SideTerms, Term, stand_ins_of, terms_of
from deputize.iam.evaluate import Decision, evaluate
from deputize.iam.policy import Policy

_TOO_MANY = "there is too much to tell apart, so nothing is proved"
_FREE = "a set operator, a policy variable or a value that is not known decides, so nothing is proved"
_UNREAD = "its text is not known, so nothing is proved"
_UNCLEAR = "it is not understood, so nothing is proved"
_OTHERS_UNCLEAR = "another statement or policy is not understood, so nothing is proved"
_GONE = "what is gone was not understood and may have denied something, so nothing is proved"
_BOUNDARY = "the old permissions boundary is not understood, so nothing is proved"
_UNDOCUMENTED = "only for a resource or condition key that AWS does not document for the action"
_LATER = "also what AWS adds later"
_UNKNOWN = "the list of AWS's actions that is here does not have it"


def widenings(old: Side, new: Side) -> tuple[Widening, ...]:
    """Every statement of `new` that allows what `old` does not; none is a proof that there is none."""
    stand_ins = stand_ins_of((old, new))
    was, now = terms_of(old, stand_ins), terms_of(new, stand_ins)
    if old.boundary is not None and not was.bounded:
        if new.boundary is None or not _is_same_boundary(old, new):
            return (*_opaque(was, now, Cover(was, now)), Widening("untold", 0, None, why=_BOUNDARY))
        # What nobody knows of both sides' boundary takes the same away from both.
        now = replace(now, bounded=False)
    cover = Cover(was, now)
    comparison = _Comparison(old, new, tuple((False, one) for one in was.all) + tuple((True, one) for one in now.all),
                             Bounds(was.bounded, now.bounded))  # fmt: skip
    found = (one for own in now.allows for one in comparison.of(own, cover.left_of(own)))
    # What is not understood on either side may allow it already, or deny it.
    if any(one.may_allow for one in was.opaque) or any(one.may_deny for one in now.opaque):
        found = (replace(one, kind="untold", request=None, why=_OTHERS_UNCLEAR) for one in found)
    return (*_opaque(was, now, cover), *found)


def _is_same_boundary(old: Side, new: Side) -> bool:
    one, other = old.boundary, new.boundary
    if one is None or other is None:
        return False
    return one.policy is other.policy and (one.policy is not None or one.name == other.name)


def _opaque(old: SideTerms, new: SideTerms, cover: Cover) -> Iterator[Widening]:
    """What is not understood on one side only: on both alike it makes no difference while what bounds it is kept."""
    known = {one.key for one in old.opaque}, {one.key for one in new.opaque}
    for one in new.opaque:
        if one.layer == "identity" and one.may_allow and (one.key not in known[0] or not cover.keeps_bounds):
            yield Widening("untold", one.policy, one.statement, why=_UNREAD if one.statement is None else _UNCLEAR)
    if any(one.may_deny and one.key not in known[1] for one in old.opaque):
        yield Widening("untold", 0, None, why=_GONE)


@dataclass(frozen=True, slots=True)
class _ActionGroup:
    kind: Kind
    actions: tuple[str, ...]
    request: Request | None
    why: str


@dataclass(frozen=True, slots=True)
class _Comparison:
    old: Side
    new: Side
    terms: Named
    bounds: Bounds

    def of(self, own: Term, left: Sequence[str]) -> Iterator[Widening]:
        """What one Allow of NEW allows by the patterns that are left of it, in one widening for each kind."""
        if not left:
            return
        terms = near(own, left, self.terms)
        kinds: dict[str, list[_ActionGroup]] = {}
        for one in (*self._today(own, left, terms), *self._later(own, left, terms)):
            kinds.setdefault(one.kind, []).append(one)
        confirms = self._near(terms).confirms
        for many in kinds.values():
            actions = tuple(sorted({action for one in many for action in one.actions}))
            first = next((one for one in many if one.request is not None and confirms(one.request)), None)
            shown = many[0] if first is None else first
            if first is None and shown.request is not None:
                shown = _ActionGroup("untold", (), None, _FREE)
            yield Widening(shown.kind, own.policy, own.statement, actions, shown.request, shown.why)

    def _today(self, own: Term, left: Sequence[str], terms: Named) -> Iterator[_ActionGroup]:
        for named, actions in by_names(own, left, terms):
            anything = self._difference(own, named, actions[0], ANYTHING)
            if anything is None:
                continue
            try:
                groups = list(by_documentation(named, actions))
            except TooManyCellsError:
                yield _ActionGroup("untold", actions, None, _TOO_MANY)
                continue
            for same in groups:
                found = self._difference(own, named, same[0], documented(same[0]))
                if found is not None:
                    yield replace(found, actions=same)
                else:
                    yield replace(anything, kind="undocumented", actions=same, why=_UNDOCUMENTED)

    def _difference(self, own: Term, named: Named, action: str, known: Documented) -> _ActionGroup | None:
        """None where it is proved that there is none."""
        found = None
        try:
            for one in differences(own, named, known, self.bounds):
                request = Request(action, one.resource, one.context)
                if one.is_sure:
                    return _ActionGroup("wider", (action,), request, "")
                found = _ActionGroup("untold", (action,), None, _FREE)
        except TooManyCellsError:
            return _ActionGroup("untold", (action,), None, _TOO_MANY)
        return found

    def _near(self, terms: Named) -> _Comparison:
        """The same without statements of which it is proved that they do not apply to what is asked about."""
        # With a variable in its resources `evaluate` does not say that a statement does not apply.
        settled = (one for _, one in self.terms if all(pattern.is_settled for pattern in one.resources.patterns))
        apart = {id(one.statement) for one in settled} - {id(one.statement) for _, one in terms}
        return replace(self, old=_without(self.old, apart), new=_without(self.new, apart))

    def confirms(self, request: Request) -> bool:
        """Whether `evaluate` says that NEW allows it and OLD does not."""
        old, new = decision(self.old, request), decision(self.new, request)
        return new == "allow" and old in ("implicit-deny", "explicit-deny")

    def _later(self, own: Term, left: Iterable[str], terms: Named) -> Iterator[_ActionGroup]:
        for pattern in left:
            written = _written(own, pattern)
            if not pattern or not is_literal(pattern):
                found = self._to_come(own, pattern or EVERY, written, terms)
                if found is not None:
                    yield replace(found, actions=(written,))
            elif canonical(pattern) is None:
                found = self._named_so(own, written, terms)
                if found is not None:
                    yield found if found.request is None else replace(found, kind="later", why=_UNKNOWN)

    def _to_come(self, own: Term, pattern: str, written: str, terms: Named) -> _ActionGroup | None:
        """What an Allow allows by a pattern of actions that the catalogue does not have; None is a proof of nothing."""
        others = tuple(dict.fromkeys(one for _, term in terms for one in term.actions))
        unsure = None
        try:
            for name in _names(own, pattern, written, others):
                found = self._named_so(own, name, terms)
                if found is not None and found.request is not None:
                    return replace(found, kind="later", why=_LATER)
                unsure = unsure or found
        except TooManyCellsError:
            return _ActionGroup("untold", (), None, _TOO_MANY)
        return unsure

    def _named_so(self, own: Term, name: str, terms: Named) -> _ActionGroup | None:
        if not own.names_text(name):
            return None
        named = tuple(one for one in terms if one[1].names_text(name))
        return self._difference(own, named, name, ANYTHING)


def _names(own: Term, pattern: str, written: str, others: tuple[str, ...]) -> Iterator[str]:
    """A likely name first: where that makes a difference, no others need to be found."""
    likely = may_come(EVERY if own.statement.not_action or written == "*" else written)
    if canonical(likely) is None:
        yield likely
    yield from names_to_come(pattern, others)


def _written(own: Term, pattern: str) -> str:
    """The pattern as the policy has it; a NotAction as a whole."""
    if not pattern:
        return f"NotAction {', '.join(own.statement.actions)}"
    return next(str(one) for one in own.statement.actions if one.lower() == pattern or pattern == EVERY)


def _without(side: Side, apart: set[int]) -> Side:
    def left(source: IdentityPolicy) -> IdentityPolicy:
        if source.policy is None:
            return source
        kept = tuple(one for one in source.policy.statements if id(one) not in apart)
        return replace(source, policy=replace(source.policy, statements=kept))

    return Side(tuple(map(left, side.policies)), None if side.boundary is None else left(side.boundary))


def decision(side: Side, request: Request) -> Decision:
    """What `evaluate` says of a request to one side; a policy whose text is not known allows nothing."""
    boundary = None if side.boundary is None else side.boundary.policy or Policy(())
    policies = [one.policy for one in side.policies if one.policy is not None]
    return evaluate(policies, request.action, request.resource, dict(request.context), boundary)
