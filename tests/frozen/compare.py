"""Ask the new code what the old one was asked, and tell every difference that the written list does not have.

`PYTHONPATH=generator:tests python -m frozen.compare` asks everything and prints what is not listed, most frequent
kinds first. With `--open` it prints them as entries for that list, whose reasons are still to be found.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from frozen import adapter, made
from frozen.malformed import malformed
from frozen.questions import (
    Answer,
    BundleQuestion,
    FileQuestion,
    Found,
    Judged,
    Linted,
    Question,
    RoleQuestion,
    Verified,
    collapsed,
    is_large,
)
from frozen.store import Frozen, load

HERE = Path(__file__).parent
EVERY = 20
"""Of the generated questions, every so many is asked in a normal run of the tests."""
_NONE = "none:"
_OPEN = "OPEN: not looked at"


class Difference(NamedTuple):
    """What the new code says otherwise. kind: as differences.yaml explains. what: the rest, for a pattern to match."""

    kind: str
    case: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.case} {self.what}"


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of the written list. case: of a question that shows it, which is asked in every run."""

    kind: str
    pattern: str
    case: str
    reason: str
    at_most: int | None = None

    def matches(self, found: Difference) -> bool:
        """Whether it says so; `*` stands for any text."""
        pattern = ".*".join(map(re.escape, self.pattern.split("*")))
        return found.kind == self.kind and re.fullmatch(pattern, f"{found.case} {found.what}", re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it.

    unlisted: differences without an entry. wrong: entries that match nothing, or too much. open: how many entries have
    no reason yet.
    """

    asked: int
    differences: tuple[Difference, ...]
    unlisted: tuple[Difference, ...]
    wrong: tuple[str, ...]
    open: int
    seconds: float

    @property
    def figures(self) -> dict[str, float]:
        """For a report."""
        return {
            "asked": self.asked,
            "differences": len(self.differences),
            "unlisted": len(self.unlisted),
            "wrong_entries": len(self.wrong),
            "open_entries": self.open,
            "processor_seconds": round(self.seconds, 1),
        }


def compare(share: int = EVERY) -> Comparison:
    """Ask every question that is held, the malformed files, and of the generated ones every `share`-th; 1 asks all.

    The large ones of the malformed files are asked about only with 1.
    """
    started = time.process_time()
    rules, listed = read_rules(), read_listed()
    asked, found = 0, list[Difference]()
    for question, digest, old in questions(load(), share, {one.case for one in listed}):
        asked += 1
        if digest and digest != getattr(question, "digest", ""):
            found.append(Difference("input", question.id, "is not made as it was: the answer is to another question"))
            continue
        found += differences(question, old, answer(question), rules)
    seconds = time.process_time() - started
    no_reason = sum(entry.reason.startswith("OPEN") for entry in listed)
    unlisted = tuple(one for one in found if not any(entry.matches(one) for entry in listed))
    return Comparison(asked, tuple(found), unlisted, tuple(wrong_entries(listed, found)), no_reason, seconds)


def questions(frozen: Frozen, share: int, also: set[str]) -> Iterator[tuple[Question, str, Answer]]:
    """(Question, digest where it is made again, old answer). also: IDs of questions that are asked in any case."""
    for question, old in frozen.asked:
        yield question, "", old
    for one in malformed():
        if one.id in frozen.malformed and (share == 1 or not is_large(one) or one.id in also):
            yield one, *frozen.malformed[one.id]
    for number, (digest, old) in enumerate(frozen.made):
        if number % share == 0 or f"made/{number}" in also:
            yield made.made_file(number), digest, old
    for number, (digest, old) in enumerate(frozen.roles):
        if number % share == 0 or f"role/{number}" in also:
            yield made.made_role(number), digest, old


def answer(question: Question) -> Answer:
    """The new answer."""
    match question:
        case FileQuestion():
            return collapsed(question, adapter.lint_file(question))
        case BundleQuestion():
            return adapter.judge_bundle(question)
        case RoleQuestion():
            return adapter.verify_role(question)


def differences(question: Question, old: Answer, new: Answer, rules: Mapping[str, str]) -> Iterator[Difference]:
    """Everything in which two answers differ. rules: old ID -> new IDs, or `none: reason`."""
    must_find = question.must_find if isinstance(question, FileQuestion) else ""
    match old, new:
        case Linted(), Linted():
            yield from _of_findings(question.id, old, new, rules)
            wanted = rules.get(must_find, must_find)
            moved = wanted != must_find and not wanted.startswith(_NONE)
            if moved and not {*wanted.split()} & {one.rule for one in new.found}:
                yield Difference("twin", question.id, f"{wanted} does not find the bad case of {must_find}")
        case Verified(), Verified():
            yield from _of_verdicts(question.id, old, new)
        case Judged(), Judged():
            yield from _of_findings(question.id, old.linted, new.linted, rules)
            yield from _of_verdicts(question.id, old.verified, new.verified)
        case _:
            yield Difference("kind", question.id, "is answered by another kind of answer")


def _of_findings(case: str, old: Linted, new: Linted, rules: Mapping[str, str]) -> Iterator[Difference]:
    before = {_today(one, new, rules) for one in old.found if not rules.get(one.rule, "").startswith(_NONE)}
    gone, come = sorted(before - new.found), sorted(new.found - before)
    for one in gone:
        at_same = next((other for other in come if _but(one, other, "severity")), None)
        moved = next((other for other in come if _but(one, other, "place")), None)
        if at_same is not None:
            come.remove(at_same)
            yield Difference("severity", case, f"{one} > {at_same.severity}")
        elif moved is not None:
            come.remove(moved)
            yield Difference("place", case, f"{one} > {moved.place[0]}:{moved.place[1]}")
        else:
            yield Difference("gone", case, str(one))
    for one in come:
        yield Difference("new", case, str(one))
    if old.roles != new.roles:
        yield Difference("roles", case, f"{_said(old.roles)} > {_said(new.roles)}")


def _today(one: Found, new: Linted, rules: Mapping[str, str]) -> Found:
    """An old finding under the ID of today: of several, the one under which it is there."""
    named = [one._replace(rule=rule) for rule in rules.get(one.rule, one.rule).split()]
    return next((each for each in named if each in new.found), named[0])


def _but(one: Found, other: Found, field: str) -> bool:
    return one._replace(**{field: getattr(other, field)}) == other


def _said(roles: Sequence[tuple[str, bool]]) -> str:
    return ", ".join(f"{name} {'judged' if judged else 'passed over'}" for name, judged in roles) or "nobody"


def _of_verdicts(case: str, old: Verified, new: Verified) -> Iterator[Difference]:
    for name in ("safety", "access", "kinds", "stored", "hands_out"):
        before, now = (" ".join(one) if isinstance(one, tuple) else str(one) for one in _both(old, new, name))
        if before != now:
            yield Difference(name, case, f"{before or '-'} > {now or '-'}")


def _both(old: Verified, new: Verified, name: str) -> tuple[Any, Any]:
    return getattr(old, name), getattr(new, name)


def read_rules(path: Path = HERE / "rules.yaml") -> dict[str, str]:
    """The table old ID -> new ID."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def read_listed(path: Path = HERE / "differences.yaml") -> tuple[Listed, ...]:
    """The written list."""
    return tuple(Listed(**one) for one in yaml.safe_load(path.read_text(encoding="utf-8")) or ())


def wrong_entries(listed: Sequence[Listed], found: Sequence[Difference]) -> Iterator[str]:
    """Entries that match nothing any more, and those that match more than they say."""
    for entry in listed:
        count = sum(entry.matches(one) for one in found)
        if count == 0:
            yield f"matches nothing any more: {entry.kind} {entry.pattern}"
        elif entry.at_most is not None and count > entry.at_most:
            yield f"matches {count}, more than {entry.at_most}: {entry.kind} {entry.pattern}"


def told(comparison: Comparison, most: int = 40) -> str:
    """The unlisted differences by kind and rule with one example each, and the entries that are wrong."""
    lines = [f"{len(each)} x {each[0]}" for each in _groups(comparison)[:most]]
    return "\n".join([*lines, *comparison.wrong, str(comparison.figures)])


def opened(comparison: Comparison) -> str:
    """The unlisted differences as entries of the written list, one for each kind, family of questions and rule."""
    entries = []
    for each in _groups(comparison):
        kind, case, what = each[0]
        family, word = case.split("/")[0], what.split(" ")[0]
        entry = {"kind": kind, "pattern": f"{family}/* {word} *", "case": case, "at_most": len(each), "reason": _OPEN}
        entries.append(entry)
    return yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=120)


def _groups(comparison: Comparison) -> list[list[Difference]]:
    """The unlisted differences by kind, family of questions and rule; the largest first."""
    groups: dict[tuple[str, str, str], list[Difference]] = {}
    for one in comparison.unlisted:
        groups.setdefault((one.kind, one.case.split("/")[0], one.what.split(" ")[0]), []).append(one)
    return sorted(groups.values(), key=len, reverse=True)


if __name__ == "__main__":
    found = compare(1)
    print(opened(found) if "--open" in sys.argv else told(found))
