"""One side of a comparison: every role in a file, a bundle, or an AWS managed policy; what is unread is never empty."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deputize.bundle import unzip
from deputize.checks.opened import open_bundle
from deputize.disk import read_bytes, read_folder
from deputize.disk.reading import STDIN
from deputize.disk.walking import is_bundle
from deputize.errors import InputError, Problem
from deputize.iam.managed import managed_policy
from deputize.jobs.lint.bundle import ARCHIVE_CAP
from deputize.jobs.lint.targets import tasks_of
from deputize.model.display import shown
from deputize.model.format import MANIFEST
from deputize.model.world import FoundPolicy, FoundRole, Place, Text
from deputize.read.any import read_any
from deputize.read.recognise import OTHER, ROLE, TERRAFORM, TRUST
from deputize.read.source import MAX_BYTES
from deputize.read.world import made_role

_SNAPSHOT = "aws:"


@dataclass(frozen=True, slots=True)
class ReadSide:
    """The roles of one side; a policy alone is a role of which nobody knows the trust.

    is_silent: it is an answer or trust policy that says nothing of access. unread: what may make or change a role and
    is not read, as a macro.
    """

    where: str
    roles: tuple[FoundRole, ...]
    is_silent: bool = False
    unread: tuple[Problem, ...] = ()


def read_side(named: str) -> ReadSide:
    """The side that the command line calls so. Raises InputError for what cannot be read whole."""
    if named.startswith(_SNAPSHOT):
        return _snapshot(named)
    path = Path(named)
    if path.is_dir() and not is_bundle(named):
        raise InputError(Problem(shown(named, 200), "is no bundle", f"give one file, or a folder with {MANIFEST}"))
    (task,) = tasks_of((path,))
    if task.is_bundle:
        return _bundle(path, task.where)
    content = task.content if named == STDIN else read_bytes(path, cap=MAX_BYTES)
    return _file(content or b"", task.where)


def _snapshot(named: str) -> ReadSide:
    found = managed_policy(named.removeprefix(_SNAPSHOT))
    if found is None:
        what = "no snapshot of an AWS managed policy of this name is here"
        raise InputError(Problem(shown(named, 200), what, "give its text as a file"))
    place = Place(f"{named} ({found.version}, {found.date})", 1, 1)
    # As what is attached: as a file's own text most of AWS's would be too large to be judged.
    arn = Text(f"arn:aws:iam::aws:policy/{found.name}", place)
    return ReadSide(place.file, (FoundRole(found.name, place, None, managed=(arn,)),))


def _alone(policy: FoundPolicy) -> FoundRole:
    unknowns = policy.document.unknowns
    return FoundRole(policy.name, policy.document.place(()), None, (policy,), unknowns=unknowns)


def _bundle(path: Path, where: str) -> ReadSide:
    is_archive = path.is_file()
    opened = open_bundle(unzip(read_bytes(path, cap=ARCHIVE_CAP), where)[1] if is_archive else read_folder(path))
    if opened.problems or opened.unreadable:
        raise InputError(*opened.problems, *opened.unreadable)
    if len(opened.formats_by_role) != 1:
        raise InputError(Problem(shown(where, 200), "its formats create different roles", "see `deputize inspect`"))
    return ReadSide(where, tuple(made_role(made, where) for made in opened.formats_by_role))


def _file(content: bytes, where: str) -> ReadSide:
    file = read_any(content, where, {})
    refused = tuple(Problem(str(one.place), one.what, one.mend) for one in file.refused)
    unread = tuple(Problem(str(one.place), one.what, one.mend) for one in file.unjudged)
    if refused or file.kind in (OTHER, TERRAFORM):
        strange = Problem(where, "is no template and no policy that deputize knows by its keys", "give one of these")
        raise InputError(*(refused or unread or (strange,)))
    is_silent = file.kind in (TRUST, ROLE) and not any(one.policies or one.managed for one in file.roles)
    return ReadSide(where, (*file.roles, *map(_alone, file.policies)), is_silent, unread)
