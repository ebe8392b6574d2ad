"""Render bundles to disk: every tenant is checked before the first is written, and memory stays flat however many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from deputize.bundle import MANIFEST, seal, signed
from deputize.disk import BundleWriter, VerdictCache, check_bundle, rereadable
from deputize.errors import DiffersError, InputError, LintError, Problem
from deputize.jobs.inputs import read_rows
from deputize.jobs.publish.hosting import check_links
from deputize.jobs.render.issued import IssuedBundles, issued_bundles
from deputize.jobs.render.judged import JudgedShapes
from deputize.jobs.render.shapes import Shape, refuse_errors, shape_for, tenant_findings
from deputize.model.spec import Tenant, Vendor, tenant_problems
from deputize.model.tenant_rows import SeenTenants, check_row
from deputize.model.values import Files, Finding


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How to render.

    check: compare only, write nothing. zipped: one stored zip per tenant instead of a folder. force: replace bundles
    that were edited by hand, or that promise what the new one takes back. strict: weak external IDs are errors.
    skip_invalid: write the rest and report. sign: gives the signature over a manifest. Each bundle is signed before it
    is written, so a key that does not sign stops the run before anything is there; one that stops signing midway leaves
    the bundles before whole and signed, the others as they were, and running again goes on. Signing all beforehand
    would hold every signature at once.
    owners: the tenant of each bundle that the registry names otherwise than its tenant: such may share an ID. there:
    what was in `out`, where somebody looked already.
    """

    out: Path
    check: bool = False
    zipped: bool = False
    force: bool = False
    strict: bool = False
    skip_invalid: bool = False
    cache: VerdictCache | None = None
    sign: Callable[[bytes], bytes] | None = None
    owners: Mapping[str, str] = field(default_factory=dict)
    there: IssuedBundles | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """One bundle that was written, or found as it should be."""

    tenant: str
    path: Path
    outcome: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A tenant that may be written."""

    tenant: Tenant
    shape: Shape
    values: Mapping[str, str]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A tenant or a line that may not, and why."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Rendering:
    """One vendor's bundles, rendered in one way beside those that were there."""

    vendor: Vendor
    options: RenderOptions
    there: IssuedBundles

    def taken_back(self, tenant: Tenant) -> tuple[Problem, ...]:
        """What the bundle that is there promises and the new one would not."""
        return tuple(self.there.taken_back(self.vendor, tenant, zipped=self.options.zipped))


# What a run says while it works: a warning or note, or that a bundle is in place.
Say = Callable[[Finding | Written], None]


def render_tenant(vendor: Vendor, tenant: Tenant, options: RenderOptions, say: Say) -> None:
    """Render one tenant. Raises InputError, LintError, or DiffersError for what is there already."""
    run = _begin(vendor, options, say)
    problems = (*tenant_problems(tenant), *run.there.taken(tenant))
    if problems:
        raise InputError(*problems)
    judged = _judged(run, tenant)
    refuse_errors(judged.findings)
    _refuse_taken_back(run, run.taken_back(tenant))
    _write([judged], run, say, JudgedShapes(options.cache, say))


def render_list(vendor: Vendor, path: str, options: RenderOptions, say: Say) -> tuple[Problem, ...]:
    """Render every tenant of a list; `path` is a CSV or JSON-lines file, or `-`.

    Raises InputError with all problems by line before anything is written; with skip_invalid the valid ones are written
    and the problems of the others returned. Raises DiffersError likewise for what bundles that are there promise.
    """
    check_links(vendor)
    name = "standard input" if path == "-" else path
    run = _begin(vendor, options, say)
    problems: list[Problem] = []
    lost: list[Problem] = []
    tenants = 0
    with rereadable(path) as source:
        shapes = JudgedShapes(options.cache, say)
        for tenants, found in enumerate(_checked(run, source, name), 1):  # noqa: B007  counted
            if isinstance(found, Rejected):
                problems += found.problems
            else:
                lost += run.taken_back(found.tenant)
                shapes.judge(found.shape)
        if not tenants:
            problems.append(Problem(name, "names no tenant", "give one line for each, below the header"))
        if problems and not (options.skip_invalid and tenants):
            raise InputError(*problems)
        _refuse_taken_back(run, lost)
        # Read once more rather than kept: memory stays flat. A list that changed meanwhile is checked as it is now.
        again = _checked(run, source, name)
        _write((found for found in again if isinstance(found, Ready)), run, say, shapes)
    return tuple(problems)


def render_tenants(vendor: Vendor, tenants: Iterable[Tenant], options: RenderOptions, say: Say) -> None:
    """Render tenants that are there already, as the registry's; all are judged before the first is written.

    Raises InputError and LintError with the problems of all, DiffersError with what bundles that are there promise, and
    then nothing was written.
    """
    check_links(vendor)
    run = _begin(vendor, options, say)
    shapes = JudgedShapes(options.cache, say)
    ready: list[Ready] = []
    problems: list[Problem] = []
    lost: list[Problem] = []
    for tenant in tenants:
        found = _judged_row(run, tenant, "")
        if isinstance(found, Rejected):
            problems += found.problems
        else:
            lost += run.taken_back(tenant)
            shapes.judge(found.shape)
            ready.append(found)
    if not ready and not problems:
        problems.append(Problem("--all", "the registry has no tenant", "add one with `deputize tenants add`"))
    if problems:
        raise InputError(*problems)
    _refuse_taken_back(run, lost)
    _write(ready, run, say, shapes)


def _begin(vendor: Vendor, options: RenderOptions, say: Say) -> _Rendering:
    there = options.there or issued_bundles(options.out, options.owners)
    for note in there.notes():
        say(note)
    return _Rendering(vendor, options, there)


def _refuse_taken_back(run: _Rendering, lost: Iterable[Problem]) -> None:
    """Raise DiffersError before anything is written; `--check` goes on, and tells them beside the files that differ."""
    if (problems := tuple(lost)) and not (run.options.force or run.options.check):
        raise DiffersError(*problems)


def _checked(run: _Rendering, source: BinaryIO, name: str) -> Iterator[Ready | Rejected]:
    seen = SeenTenants()
    for row in read_rows(source, name):
        if isinstance(row, Problem):
            yield Rejected((row,))
            continue
        tenant, problems = check_row(row, seen, name)
        yield Rejected(problems) if problems else _judged_row(run, tenant, f"{name}:{row.line}: ")


def _judged_row(run: _Rendering, tenant: Tenant, place: str) -> Ready | Rejected:
    if taken := tuple(run.there.taken(tenant)):
        return Rejected(tuple(_placed(one, place) for one in taken))
    try:
        ready = _judged(run, tenant)
        refuse_errors(ready.findings)
    except (InputError, LintError) as error:
        return Rejected(tuple(_placed(one, place) for one in error.problems))
    return ready


def _judged(run: _Rendering, tenant: Tenant) -> Ready:
    shape, values = shape_for(run.vendor, tenant)
    return Ready(tenant, shape, values, tenant_findings(shape, tenant, values, strict=run.options.strict))


def _placed(problem: Problem, place: str) -> Problem:
    return Problem(f"{place}{problem.where}", problem.what, problem.mend)


def _write(tenants: Iterable[Ready], run: _Rendering, say: Say, shapes: JudgedShapes) -> None:
    options = run.options
    differences: list[Problem] = []
    with BundleWriter(options.out) as writer:
        for ready in tenants:
            shapes.judge(ready.shape)
            for finding in ready.findings:
                say(finding)
            slug = ready.tenant.slug
            files = seal(ready.shape.blueprint.fill(ready.values))
            if options.sign is not None:
                files = signed(files, options.sign(files[MANIFEST]))
            if options.check:
                found = _differences(run, ready.tenant, files)
                differences += found
                say(Written(slug, options.out / slug, "differs" if found else "current"))
            elif options.zipped:
                outcome = writer.write_zip(slug, files, force=options.force)
                say(Written(slug, options.out / f"{slug}.zip", outcome.value))
            else:
                outcome = writer.write(slug, files, force=options.force)
                say(Written(slug, options.out / slug, outcome.value))
    shapes.say_unhosted()
    if differences:
        raise DiffersError(*differences)


def _differences(run: _Rendering, tenant: Tenant, files: Files) -> tuple[Problem, ...]:
    """How the bundle that is there differs from `files`: what it promises first, then file by file."""
    lines = (line.rpartition(": ") for line in check_bundle(run.options.out, tenant.slug, files))
    return (*run.taken_back(tenant), *(Problem(where, what) for where, _, what in lines))
