"""A trust policy of any origin as the rules see it: each text with its path, nothing dropped that is well formed.

What is not well formed is left out here and refused by `iam.trust.document`, which reads the same policy whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from deputize.checks.placed import HitThere
from deputize.iam.operators import Test, parse_operator
from deputize.iam.trust.callers import EXTERNAL_ID, parse_caller
from deputize.iam.trust.intent import ASSUME_ROLE
from deputize.iam.wildcards import matches
from deputize.read.found import Document, Origin, Path, Unknown

_EXACT_FORMS = ("same", "any case", "wildcards")


@dataclass(frozen=True, slots=True)
class Said:
    """One text of the policy. kind: of a principal (AWS, Federated, Service, or * for Principal "*")."""

    text: str
    path: Path
    kind: str = ""

    @property
    def is_provider(self) -> bool:
        """Whether it is a principal that is an AWS service or an identity provider."""
        return self.kind in ("Service", "Federated")


@dataclass(frozen=True, slots=True)
class Asked:
    """One operator and key of a condition with its values; `path` is the key's."""

    operator: str
    key: str
    values: tuple[Said, ...]
    path: Path

    @property
    def test(self) -> Test | None:
        """The operator as AWS reads it; None when there is none by that name."""
        return parse_operator(self.operator)

    @property
    def asks_id(self) -> bool:
        """Whether it is about the external ID; AWS ignores the case of keys."""
        return self.key.lower() == EXTERNAL_ID

    @property
    def compares_whole(self) -> bool:
        """Whether each value is compared with all of what was sent: no wildcard, number or other type."""
        base = self.test.base if self.test is not None else None
        return base is not None and base.form in _EXACT_FORMS and not base.negated

    def is_pattern(self, value: Said) -> bool:
        """Whether a value of it stands for more texts than itself."""
        return "Like" in self.operator and ("*" in value.text or "?" in value.text)

    @property
    def is_proof(self) -> bool:
        """Whether nobody meets it without sending one of these very values."""
        test = self.test
        if test is None or test.base is None or test.if_exists or test.sets:
            return False
        return test.base.form == "same" and not test.base.negated


@dataclass(frozen=True, slots=True)
class Stated:
    """One statement. raw: as the document has it. excepts, other_actions: NotPrincipal, NotAction."""

    number: int
    path: Path
    raw: object
    effect: str = ""
    principals: tuple[Said, ...] = ()
    excepts: bool = False
    actions: tuple[Said, ...] = ()
    other_actions: bool = False
    asked: tuple[Asked, ...] = ()

    @property
    def allows(self) -> bool:
        """Whether it may let somebody in: what does not say Deny may say Allow."""
        return self.effect != "Deny"

    @property
    def enters(self) -> bool:
        """Whether one who meets its conditions may call sts:AssumeRole."""
        named = any(matches(one.text.lower(), ASSUME_ROLE.lower()) for one in self.actions)
        return self.allows and named is not self.other_actions

    @property
    def names_anybody(self) -> bool:
        """Whether it is about AWS identities that it does not name."""
        return self.excepts or any(one.kind in ("AWS", "*") and "*" in one.text for one in self.principals)

    @property
    def names_any_provider(self) -> bool:
        """Whether it is about AWS services or identity providers that it does not name."""
        return any(one.is_provider and ("*" in one.text or "?" in one.text) for one in self.principals)

    @property
    def ids(self) -> tuple[Asked, ...]:
        """What it asks of the external ID."""
        return tuple(one for one in self.asked if one.asks_id)


@dataclass(frozen=True, eq=False)
class TrustCase:
    """A trust policy, and what the caller of lint says about it.

    own_account, partition: of the role, None when not known. expected_vendors, expected_ids: who may enter and with
    what, empty when nobody said.
    """

    document: Document
    own_account: str | None = None
    partition: str | None = None
    expected_vendors: tuple[str, ...] = ()
    expected_ids: tuple[str, ...] = ()

    @cached_property
    def statements(self) -> tuple[Stated, ...]:
        """The statements in order, whether there is one or a list."""
        fields = self.document.value if isinstance(self.document.value, Mapping) else {}
        found = fields.get("Statement")
        many = _items(found, ("Statement",))
        return tuple(_stated(number, path, raw) for number, (path, raw) in enumerate(many))

    @property
    def variables(self) -> bool:
        """Whether AWS replaces policy variables in it."""
        return isinstance(self.document.value, Mapping) and self.document.value.get("Version") == "2012-10-17"

    def hit(self, what: str, path: Path, *, key: bool = False) -> HitThere:
        """A hit at the element that `path` leads to; `key` is where its key stands."""
        return HitThere(what, place=self.document.key(path) if key else self.document.place(path))

    def unknown(self, text: str) -> Unknown | None:
        """What in `text` the file does not hold: the first such thing."""
        return next((one for one in self.document.unknowns if one.stand_in in text), None)

    def unknown_account(self, text: str) -> Unknown | None:
        """What decides which account the principal `text` is in, when the file does not."""
        found = parse_caller(text)
        account = None if found is None else found.account
        if account is not None and account == self.own_account:
            return None
        unknowns = (one for one in self.document.unknowns if one.stand_in in text)
        return next((one for one in unknowns if account is None or account in one.stand_in), None)

    def label(self, unknown: Unknown) -> str:
        """An unknown for a person: `parameter ExternalId`."""
        return f"{unknown.origin.value} {unknown.name}"

    def foreign(self, principal: Said) -> bool:
        """Whether a principal is an AWS identity that is not known to be of the role's own account."""
        if principal.kind not in ("AWS", "*"):
            return False
        found = parse_caller(principal.text)
        return found is None or found.account is None or found.account != self.own_account


def is_choice(unknown: Unknown) -> bool:
    """Whether a person chooses the value: `--parameter` can say it then."""
    return unknown.origin is Origin.PARAMETER


def _stated(number: int, path: Path, raw: object) -> Stated:
    if not isinstance(raw, Mapping):
        return Stated(number, path, raw)
    effect = raw.get("Effect")
    who = "NotPrincipal" if "Principal" not in raw and "NotPrincipal" in raw else "Principal"
    what = "NotAction" if "Action" not in raw and "NotAction" in raw else "Action"
    return Stated(
        number=number,
        path=path,
        raw=raw,
        effect=effect if isinstance(effect, str) else "",
        principals=tuple(_principals(raw.get(who), (*path, who))),
        excepts=who == "NotPrincipal",
        actions=tuple(_texts(raw.get(what), (*path, what))),
        other_actions=what == "NotAction",
        asked=tuple(_asked(raw.get("Condition"), (*path, "Condition"))),
    )


def _principals(value: object, path: Path) -> Iterator[Said]:
    if isinstance(value, str):
        yield Said(value, path, "*")
    for kind, names in value.items() if isinstance(value, Mapping) else ():
        for one in _texts(names, (*path, kind)):
            yield Said(one.text, one.path, str(kind))


def _asked(value: object, path: Path) -> Iterator[Asked]:
    for operator, keys in value.items() if isinstance(value, Mapping) else ():
        for key, values in keys.items() if isinstance(keys, Mapping) else ():
            at = (*path, operator, key)
            yield Asked(str(operator), str(key), tuple(_texts(values, at)), at)


def _texts(value: object, path: Path) -> Iterator[Said]:
    for at, one in _items(value, path):
        if isinstance(one, str):
            yield Said(one, at)
        elif isinstance(one, bool):
            yield Said(str(one).lower(), at)
        elif isinstance(one, int | float):
            yield Said(repr(one), at)


def _items(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    if isinstance(value, list | tuple):
        yield from (((*path, at), one) for at, one in enumerate(value))
    elif value is not None:
        yield path, value
