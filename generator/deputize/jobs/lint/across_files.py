"""Role chaining from file to file: roles that a third party's role of another file leads into are judged as its own.

The templates of one run are taken to be deployed to one account. Two of them are held together only where one has the
name that the other gives a role: what a stack makes up, or a parameter decides, ties no two files together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePath

from deputize.checks.judge import judge
from deputize.disk.walking import read_file
from deputize.errors import InputError
from deputize.jobs.lint.file import FileReport, Judging, lint_content
from deputize.jobs.lint.targets import Task
from deputize.model.world import FoundRole, World
from deputize.read.any import read_any
from deputize.read.fresh_stand_ins import FreshStandIns, with_fresh_stand_ins
from deputize.read.recognise import TEMPLATE
from deputize.read.source import MAX_BYTES
from deputize.read.symbols import ACCOUNT_ID

_WORD = re.compile(r"[A-Za-z0-9_+=,.@-]+", re.ASCII)  # as a role's name is, and what is around it is not


@dataclass(frozen=True, eq=False)
class _Template:
    """A template of the run. at: its place among the tasks. named: whether somebody gave this very file.

    role_names: that it gives its roles.
    """

    at: int
    where: str
    content: bytes
    named: bool
    role_names: frozenset[str]
    judging: Judging

    @cached_property
    def roles(self) -> tuple[FoundRole, ...]:
        """Its roles, as read alone."""
        return self.in_account(None)

    @cached_property
    def words(self) -> frozenset[str]:
        """Among which the names of roles are looked for."""
        return frozenset(_WORD.findall(self.content.decode(errors="replace")))

    def in_account(self, account: str | None) -> tuple[FoundRole, ...]:
        """Its roles, in this account where it is known."""
        given = self.judging.parameters
        found = read_any(self.content, self.where, given if account is None else {ACCOUNT_ID: account, **given})
        return found.roles if found.kind == TEMPLATE else ()

    def reached(self, beside: Sequence[FoundRole] = ()) -> Iterator[FoundRole]:
        """Its roles that third parties come to. beside: roles of other files."""
        expected = self.judging.own.expected_of(self.where, self.judging.expected, self.judging.parameters)
        for one in judge(World((*self.roles, *beside), has_lone_policies=False), expected):
            is_own = one.role.place.file == self.where
            if is_own and one.scope.judged and (one.scope.others or one.scope.chain):
                yield one.role


@dataclass(frozen=True, slots=True)
class _Reached:
    """A role that third parties come to."""

    template: _Template
    role: FoundRole

    @property
    def key(self) -> tuple[str, str]:
        """By which it is told from others."""
        return self.template.where, self.role.name


def judged_across(tasks: Sequence[Task], reports: Sequence[FileReport], judging: Judging) -> list[FileReport]:
    """The reports; those anew whose templates have roles that third parties come to through another file."""
    found = list(reports)
    if not any(one.judged for report in reports for one in report.roles):
        return found
    templates = _tied(tuple(_templates(tasks, reports, judging)))
    alone = (_Reached(one, role) for one in templates for role in one.reached())
    known = {one.key: one for one in alone}
    anew: dict[int, _Template] = {}
    doors = list(known.values())
    while doors:
        more: list[_Reached] = []
        for one in templates:
            if any(_leads_into(door, one) for door in doors):
                through = (_Reached(one, role) for role in one.reached(_beside(known.values(), one)))
                more += [each for each in through if each.key not in known]
        known.update((one.key, one) for one in more)
        anew.update((one.template.at, one.template) for one in more)
        doors = more  # whoever is reached leads on
    for at, one in anew.items():
        beside = _beside(known.values(), one)
        found[at] = lint_content(one.content, one.where, replace(judging, beside=beside), named=one.named)
    return found


def _templates(tasks: Sequence[Task], reports: Sequence[FileReport], judging: Judging) -> Iterator[_Template]:
    """Those with roles; a bundle has its one role, and names no other."""
    for at, (task, report) in enumerate(zip(tasks, reports, strict=True)):
        if task.is_bundle or not report.roles:
            continue
        try:
            content = task.content or read_file(task.path, MAX_BYTES, follow=task.named)
        except InputError:
            continue  # gone since; its report stands
        if content:
            yield _Template(at, task.where, content, task.named, report.role_names, judging)


def _tied(templates: tuple[_Template, ...]) -> tuple[_Template, ...]:
    """Those that have the name of another's role, or give one that another has; the others are not read again."""
    given = Counter(name for one in templates for name in one.role_names)
    had = Counter(name for one in templates for name in one.words if name in given)
    return tuple(
        one
        for one in templates
        if any(had[name] > (name in one.words) for name in one.role_names)
        or any(given[name] > (name in one.role_names) for name in one.words if name in given)
    )


def _leads_into(door: _Reached, template: _Template) -> bool:
    """Whether one file has the name that the other gives a role."""
    if door.template is template:
        return False
    return door.role.known_name in template.words or not template.role_names.isdisjoint(door.template.words)


def _beside(known: Iterable[_Reached], template: _Template) -> tuple[FoundRole, ...]:
    """The roles of other files that third parties come to, as seen from the account of a template."""
    account = next((one.own_account for one in template.roles if one.own_account), None)
    names: dict[_Template, set[str]] = {}
    for one in known:
        if one.template is not template:
            names.setdefault(one.template, set()).add(one.role.name)
    found = [
        replace(role, name=f"{role.name} of {PurePath(other.where).name}", branch="")
        for other, kept in names.items()
        for role in other.in_account(account)
        if role.name in kept
    ]
    return tuple(with_fresh_stand_ins(one, FreshStandIns((*template.roles, one))) for one in found)
