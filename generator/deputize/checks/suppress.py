"""Which findings do not count because the caller says so: the ignore list of --config, and --baseline.

Nothing in a judged file is asked; `checks/inline.py` has what a file may say once the caller allows it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from deputize.checks.details import Details, Located, Suppressed, fingerprints
from deputize.checks.rules.files import UNUSED
from deputize.errors import InputError, Problem
from deputize.model.display import display_problem, shown
from deputize.model.values import LintReport
from deputize.model.yaml_tree import LocatedText as Tree
from deputize.model.yaml_tree import Path, read_yaml

BASELINE = "deputize/baseline/1"
_KEYS = {
    "ignore": ("rule", "path", "role", "reason"),
    "allow_secrets": ("action", "reason"),
    "own_accounts": ("account", "reason"),
}
_NEEDED = {**_KEYS, "ignore": ("rule", "reason")}
_KNOWN = "was there when the baseline was written"


@dataclass(frozen=True, slots=True)
class Ignored:
    """One entry of the ignore list. at: its place in the file. path: a glob on the finding's file; empty is any."""

    at: str
    line: int
    rule: str
    reason: str
    path: str = ""
    role: str = ""

    def hides(self, located: Located) -> bool:
        """Whether the finding is one that the entry means."""
        return (
            located.finding.rule == self.rule
            and (not self.path or fnmatchcase(_file(located.finding.where), self.path))
            and (not self.role or located.role == self.role)
        )


@dataclass(frozen=True, slots=True)
class Config:
    """What --config says. allowed_secrets: reads of secrets that somebody answers for, by action, with the reason.

    own_accounts: as --own-account has them, each with its line, `file:line`, and the reason.
    """

    ignored: tuple[Ignored, ...] = ()
    allowed_secrets: tuple[tuple[str, str], ...] = ()
    own_accounts: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """One finding of a baseline: its fingerprint, and rule and file for people."""

    fingerprint: str
    rule: str
    where: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """The findings that were there before; at: the file that holds them."""

    at: str = ""
    known: tuple[Known, ...] = ()


def read_config(text: str, where: str) -> Config:
    """The content of a --config file. Raises InputError with every problem and its line."""
    found = read_yaml(text, where)
    problems: list[Problem] = []
    tree = found.tree
    if not isinstance(tree, dict):
        raise InputError(Problem(where, "must be a mapping", "begin with `ignore:`"))
    problems += (
        Problem(_at(found, where, (key,)), f"{shown(key)} is unknown; known are {', '.join(_KEYS)}")
        for key in tree.keys() - _KEYS.keys()
    )
    entries = {key: list(_entries(found, where, key, problems)) for key in _KEYS}
    if problems:
        raise InputError(*sorted(problems))
    ignored = tuple(
        Ignored(where, line, one["rule"], one["reason"], one.get("path", ""), one.get("role", ""))
        for line, one in entries["ignore"]
    )
    secrets = tuple((one["action"], one["reason"]) for _, one in entries["allow_secrets"])
    own = tuple((one["account"], f"{where}:{line}", one["reason"]) for line, one in entries["own_accounts"])
    return Config(ignored, secrets, own)


def read_baseline(text: str, where: str) -> Baseline:
    """The findings in a --baseline file. Raises InputError when it is none."""
    mend = "write it with `deputize lint --write-baseline`"
    try:
        found = json.loads(text)
        if found["schema"] != BASELINE:
            raise InputError(Problem(where, f"is no {BASELINE}", mend))
        known = tuple(Known(*(one[key] for key in Known.__slots__)) for one in found["findings"])
    except (ValueError, RecursionError) as error:
        raise InputError(Problem(where, "is not JSON", mend)) from error
    except (KeyError, TypeError) as error:
        raise InputError(Problem(where, f"is no {BASELINE}", mend)) from error
    if not all(isinstance(getattr(one, key), str) for one in known for key in Known.__slots__):
        raise InputError(Problem(where, f"is no {BASELINE}", mend))
    return Baseline(where, known)


def as_baseline(report: LintReport, details: Details) -> dict[str, object]:
    """What a run found, as a JSON object of schema `deputize/baseline/1`: what counted, and what was in one before."""
    counted = {Located(one, excerpt=details.excerpt(one)) for one in report.findings if one.rule != UNUSED.id}
    kept = counted | {one.located.plain for one in details.suppressed if one.by == "baseline"}
    every = kept | {one.located.plain for one in details.suppressed}
    rows = [
        {"fingerprint": fingerprint, "rule": one.finding.rule, "where": one.finding.where}
        for one, fingerprint in fingerprints(every).items()
        if one in kept
    ]
    return {"schema": BASELINE, "findings": rows}


def suppress(
    found: tuple[Located, ...],
    prints: Mapping[Located, str],
    config: Config,
    baseline: Baseline,
    files: Collection[str],
) -> tuple[tuple[Located, ...], tuple[Suppressed, ...]]:
    """The findings that count, among them a warning for each suppression that hid none; and those that do not.

    prints: each finding's fingerprint. files: the names of what was judged; that the baseline has more to say about
    other files is no finding.
    """
    known = {one.fingerprint for one in baseline.known}
    used: set[Ignored] = set()
    counting, hidden = [], []
    for one in found:
        entry = next((each for each in config.ignored if each.hides(one)), None)
        if entry is not None:
            used.add(entry)
            hidden.append(Suppressed(one, "config", entry.reason))
        elif prints[one.plain] in known:
            hidden.append(Suppressed(one, "baseline", _KNOWN))
        else:
            counting.append(one)
    counting += (
        unused(one.at, f"nothing is found that `ignore` of {one.rule} would hide", one.line)
        for one in config.ignored
        if one not in used
    )
    gone = (one for one in baseline.known if one.fingerprint not in prints.values() and _file(one.where) in files)
    counting += (
        unused(baseline.at, f"{shown(one.rule)} in {shown(one.where, 200)} is not found any more") for one in gone
    )
    return tuple(counting), tuple(hidden)


def unused(where: str, what: str, line: int | None = None) -> Located:
    """The finding about a suppression that has no effect."""
    return Located(replace(UNUSED.finding(what, where), line=line))


def _file(where: str) -> str:
    """The file's name in a finding's place, which may go on with a part of the file."""
    return where.partition(": ")[0]


def _entries(found: Tree, where: str, key: str, problems: list[Problem]) -> Iterator[tuple[int, dict[str, str]]]:
    tree = found.tree
    items = tree.get(key, []) if isinstance(tree, dict) else []
    if not isinstance(items, list):
        problems.append(Problem(_at(found, where, (key,)), f"{key} must be a list"))
        return
    for number, item in enumerate(items):
        place = _at(found, where, (key, number))
        faults = list(_faults(item, key))
        problems += (Problem(place, fault) for fault in faults)
        if not faults and isinstance(item, dict):
            yield found.lines[key, number], {name: str(value) for name, value in item.items()}


def _faults(item: object, key: str) -> Iterator[str]:
    if not isinstance(item, dict):
        yield "must be a mapping with " + " and ".join(_NEEDED[key])
        return
    yield from (
        f"{shown(name)} is unknown; known are {', '.join(_KEYS[key])}" for name in item if name not in _KEYS[key]
    )
    yield from (f"{name} is missing" for name in _NEEDED[key] if name not in item)
    for name, value in item.items():
        if name in _KEYS[key] and not isinstance(value, str):
            yield f"{name} must be a text"
    reason = item.get("reason")
    if isinstance(reason, str) and (fault := display_problem(reason)):
        yield f"reason {fault}"


def _at(found: Tree, where: str, path: Path) -> str:
    return f"{where}:{found.lines[path]}" if path in found.lines else where
