"""Render bundles to disk: every tenant is checked before the first is written, and memory stays flat however many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from deputize.bundle import MANIFEST, seal, signed
from deputize.disk import BundleWriter, VerdictCache, check_bundle, rereadable
from deputize.errors import DiffersError, InputError, LintError, Problem
from deputize.jobs.inputs import read_rows
from deputize.jobs.publish.hosting import check_links, unhosted
from deputize.jobs.render.shapes import Shape, refuse_errors, shape_for, tenant_findings
from deputize.jobs.render.template_cache import judge_template
from deputize.model.spec import Tenant, Vendor, tenant_problems
from deputize.model.tenant_rows import SeenTenants, check_row
from deputize.model.values import Finding


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How to render.

    check: compare only, write nothing. zipped: one stored zip per tenant instead of a folder. force: replace bundles
    that were edited by hand. strict: weak external IDs are errors. skip_invalid: write the rest and report.
    sign: gives the signature over a manifest. Each bundle is signed before it is written, so a key that does not sign
    stops the run before anything is there; one that stops signing midway leaves the bundles before whole and signed,
    the others as they were, and running again goes on. Signing all beforehand would hold every signature at once.
    """

    out: Path
    check: bool = False
    zipped: bool = False
    force: bool = False
    strict: bool = False
    skip_invalid: bool = False
    cache: VerdictCache | None = None
    sign: Callable[[bytes], bytes] | None = None


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


# What a run says while it works: a warning or note, or that a bundle is in place.
Say = Callable[[Finding | Written], None]


def render_tenant(vendor: Vendor, tenant: Tenant, options: RenderOptions, say: Say) -> None:
    """Render one tenant. Raises InputError, LintError, or DiffersError for what is there already."""
    problems = tenant_problems(tenant)
    if problems:
        raise InputError(*problems)
    judged = _judged(vendor, tenant, options)
    refuse_errors(judged.findings)
    _write([judged], options, say, _Shapes(options, say))


def render_list(vendor: Vendor, path: str, options: RenderOptions, say: Say) -> tuple[Problem, ...]:
    """Render every tenant of a list; `path` is a CSV or JSON-lines file, or `-`.

    Raises InputError with all problems by line before anything is written; with skip_invalid the valid ones are written
    and the problems of the others returned.
    """
    check_links(vendor)
    name = "standard input" if path == "-" else path
    problems: list[Problem] = []
    tenants = 0
    with rereadable(path) as source:
        shapes = _Shapes(options, say)
        for tenants, found in enumerate(_checked(vendor, source, name, options), 1):  # noqa: B007  counted
            if isinstance(found, Rejected):
                problems += found.problems
            else:
                shapes.judge(found.shape)
        if not tenants:
            problems.append(Problem(name, "names no tenant", "give one line for each, below the header"))
        if problems and not (options.skip_invalid and tenants):
            raise InputError(*problems)
        # Read once more rather than kept: memory stays flat. A list that changed meanwhile is checked as it is now.
        again = _checked(vendor, source, name, options)
        _write((found for found in again if isinstance(found, Ready)), options, say, shapes)
    return tuple(problems)


def render_tenants(vendor: Vendor, tenants: Iterable[Tenant], options: RenderOptions, say: Say) -> None:
    """Render tenants that are there already, as the registry's; all are judged before the first is written.

    Raises InputError and LintError with the problems of all, and then nothing was written.
    """
    check_links(vendor)
    shapes = _Shapes(options, say)
    ready: list[Ready] = []
    problems: list[Problem] = []
    for tenant in tenants:
        found = _judged_row(vendor, tenant, options, "")
        if isinstance(found, Rejected):
            problems += found.problems
        else:
            shapes.judge(found.shape)
            ready.append(found)
    if not ready and not problems:
        problems.append(Problem("--all", "the registry has no tenant", "add one with `deputize tenants add`"))
    if problems:
        raise InputError(*problems)
    _write(ready, options, say, shapes)


def _checked(vendor: Vendor, source: BinaryIO, name: str, options: RenderOptions) -> Iterator[Ready | Rejected]:
    seen = SeenTenants()
    for row in read_rows(source, name):
        if isinstance(row, Problem):
            yield Rejected((row,))
            continue
        tenant, problems = check_row(row, seen, name)
        yield Rejected(problems) if problems else _judged_row(vendor, tenant, options, f"{name}:{row.line}: ")


def _judged_row(vendor: Vendor, tenant: Tenant, options: RenderOptions, place: str) -> Ready | Rejected:
    try:
        ready = _judged(vendor, tenant, options)
        refuse_errors(ready.findings)
    except (InputError, LintError) as error:
        return Rejected(tuple(_placed(one, place) for one in error.problems))
    return ready


def _judged(vendor: Vendor, tenant: Tenant, options: RenderOptions) -> Ready:
    shape, values = shape_for(vendor, tenant)
    return Ready(tenant, shape, values, tenant_findings(shape, tenant, values, strict=options.strict))


def _placed(problem: Problem, place: str) -> Problem:
    return Problem(f"{place}{problem.where}", problem.what, problem.mend)


class _Shapes:
    """The shapes of a run, each judged by all engines when it is first met; its errors stop the run."""

    def __init__(self, options: RenderOptions, say: Say) -> None:
        self._options = options
        self._say = say
        self._judged: set[int] = set()
        self._kept: list[Shape] = []

    def say_unhosted(self) -> None:
        for note in unhosted(shape.exemplar for shape in self._kept):
            self._say(note)

    def judge(self, shape: Shape) -> None:
        if id(shape) in self._judged:
            return
        self._judged.add(id(shape))
        self._kept.append(shape)  # keeps the identity taken
        # Our own word first: cfn-lint would only repeat it, at length.
        refuse_errors(shape.findings)
        findings = (*shape.findings, *judge_template(shape, self._options.cache)[0])
        refuse_errors(findings)
        for finding in findings:
            self._say(finding)


def _write(tenants: Iterable[Ready], options: RenderOptions, say: Say, shapes: _Shapes) -> None:
    differences: list[str] = []
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
                found = check_bundle(options.out, slug, files)
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
        parted = (line.rpartition(": ") for line in differences)
        raise DiffersError(*(Problem(where, what) for where, _, what in parted))
