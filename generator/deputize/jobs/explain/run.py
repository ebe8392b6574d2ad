"""`deputize explain`: what a role can do and who may assume it, told of a bundle, a template, a policy or IAM's answer.

Nothing is judged here; what could not be read is told, for it may be anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deputize.bundle import unzip
from deputize.checks.access.summary import AccessTold, policy_access, role_access
from deputize.checks.judge import judge, judge_policies
from deputize.checks.judgement import Judgement, PolicyJudgement
from deputize.checks.opened import Opened, open_bundle
from deputize.checks.trust.describe import DescribedTrust, describe_trust
from deputize.disk import read_bytes, read_folder
from deputize.disk.reading import STDIN
from deputize.disk.walking import is_bundle
from deputize.errors import InputError, Problem
from deputize.iam.role import IamRole
from deputize.jobs.lint.bundle import ARCHIVE_CAP
from deputize.jobs.lint.targets import tasks_of
from deputize.model.display import printable, shown
from deputize.model.expectations import Expectations
from deputize.model.facts import role_facts
from deputize.model.format import MANIFEST
from deputize.model.role import Role
from deputize.model.values import Files
from deputize.model.world import World
from deputize.read import normal_form
from deputize.read.any import read_any
from deputize.read.recognise import OTHER, ROLE, TERRAFORM, TRUST
from deputize.read.source import MAX_BYTES
from deputize.read.world import made_role, world_of

BUNDLE = "bundle"
_EVERY_ROLE = Expectations(all_roles=True)


@dataclass(frozen=True, slots=True)
class Explained:
    """One role, or a policy alone. is_role: which. branch: which of the file's conditions hold; empty where any may.

    trust, access: None where the file does not say. chain: the way on which a third party comes to the role through
    others; empty where there is none.
    """

    name: str
    is_role: bool
    trust: DescribedTrust | None
    access: AccessTold | None
    branch: str = ""
    chain: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a file or bundle comes to.

    kind: as of a FoundFile, or `bundle`. unread: what could not be read and might change it; notes: what is not ours to
    tell, as a bucket's policy.
    """

    where: str
    kind: str
    told: tuple[Explained, ...]
    unread: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


def explain(path: Path, parameters: Mapping[str, str], role: str | None = None) -> Explanation:
    """What the roles and policies at `path` can do; `-` is standard input, a folder or .zip is a bundle.

    parameters: of a template, by name. role: tell of this one only, by its logical ID or name.
    Raises InputError for what is not there or is none of these, and when there is no such role.
    """
    if path.is_dir() and not is_bundle(str(path)):
        raise InputError(Problem(shown(str(path), 200), "is no bundle", f"give one file, or a folder with {MANIFEST}"))
    (task,) = tasks_of((path,))
    if task.is_bundle:
        is_archive = path.is_file()
        found = explain_bundle(
            unzip(read_bytes(path, cap=ARCHIVE_CAP), task.where)[1] if is_archive else read_folder(path), task.where
        )
    else:
        content = task.content if str(path) == STDIN else read_bytes(path, cap=MAX_BYTES)
        found = explain_content(content or b"", task.where, parameters)
    return found if role is None else _only(found, role)


def explain_content(content: bytes, where: str, parameters: Mapping[str, str]) -> Explanation:
    """What the roles and policies in one file can do. Raises InputError when it is none that can be told of."""
    file = read_any(content, where, parameters)
    world = world_of(file)
    judged = judge(world, _EVERY_ROLE)
    policies = judge_policies(world, _EVERY_ROLE, assumed=True)
    too_large = (
        *(one for each in judged for one in each.unread),
        *(each.unread for each in policies if each.unread is not None),
    )
    missing = dict.fromkeys((*file.refused, *file.unjudged, *too_large))
    unread = tuple(Problem(str(one.place), one.what, one.mend) for one in missing)
    notes = tuple(Problem(str(one.place), one.what, one.mend) for one in file.notes)
    if file.kind in (OTHER, TERRAFORM):
        strange = Problem(where, "is no template and no policy that deputize knows by its keys", "give one of these")
        raise InputError(*(unread or notes or (strange,)))
    told = (*_told(judged, file.kind, where), *(_of_policy(one, where) for one in policies))
    return Explanation(where, file.kind, told, unread, notes)


def explain_bundle(files: Files, where: str) -> Explanation:
    """What the role of a bundle can do: with the vendor's own reasons, where its formats create what it asks for.

    Raises InputError when no format can be read.
    """
    opened = open_bundle(files)
    asked = None if opened.role is None else normal_form(opened.role.resolved())
    formats = opened.formats_by_role
    told = []
    problems = [*opened.problems, *opened.unreadable]
    if not formats:
        raise InputError(*problems)
    for made, names in formats.items():
        ours = opened.role if made == asked else None
        if ours is None:
            what = f"the role of {' and '.join(names)} is another than {MANIFEST} says: it is told as it stands there"
            problems.append(Problem(where, what, "see `deputize inspect`"))
        branch = "" if len(formats) == 1 else f"by {' and '.join(names)}"
        told.append(_of_bundle(made, ours, opened, where, branch))
    return Explanation(where, BUNDLE, tuple(told), tuple(problems))


def _of_bundle(made: IamRole, ours: Role | None, opened: Opened, where: str, branch: str) -> Explained:
    slots = None if opened.role is None else opened.role.slots
    role = made_role(
        made,
        where,
        own_account=None if slots is None else slots.account_id,
        partition=None if slots is None else slots.partition,
    )
    (judged,) = judge(World((role,)), _EVERY_ROLE)
    trust, access = judged.trust, role_access(judged, where)
    return Explained(
        role.name,
        is_role=True,
        trust=None if trust is None else describe_trust(trust),
        access=access if ours is None else replace(access, facts=role_facts(ours)),
        branch=branch,
    )


def _told(judged: Sequence[Judgement], kind: str, where: str) -> Iterator[Explained]:
    """Each role, its branches apart where they differ."""
    branches: dict[Explained, list[str]] = {}
    for one in judged:
        branches.setdefault(_of_role(one, kind, where), []).append(one.role.branch)
    several = {one.name for one in branches if sum(other.name == one.name for other in branches) > 1}
    for told, names in branches.items():
        yield replace(told, branch=" or ".join(names)) if told.name in several else told


def _of_role(judged: Judgement, kind: str, where: str) -> Explained:
    role = judged.role
    silent = kind in (TRUST, ROLE) and not role.policies and not role.managed
    trust = None if judged.trust is None else describe_trust(judged.trust)
    access = None if silent else role_access(judged, where)
    return Explained(role.name, is_role=True, trust=trust, access=access, chain=judged.scope.chain)


def _of_policy(judged: PolicyJudgement, where: str) -> Explained:
    return Explained(judged.policy.name, is_role=False, trust=None, access=policy_access(judged, where))


def _only(found: Explanation, role: str) -> Explanation:
    told = tuple(one for one in found.told if one.is_role and one.name == role)
    if not told:
        raise InputError(Problem(f"--role {printable(role)}", "there is no such role", _known(found.told)))
    return replace(found, told=told)


def _known(told: Sequence[Explained]) -> str:
    names = list(dict.fromkeys(printable(one.name) for one in told if one.is_role))
    return f"there are {', '.join(names)}" if names else "there is none"
