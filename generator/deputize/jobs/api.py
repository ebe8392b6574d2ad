"""The Python API for back ends: bundles as values, silent and thread-safe."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deputize import disk
from deputize.bundle import seal, zip_bytes
from deputize.errors import InputError
from deputize.jobs.lint.bundle import LintOptions, lint_files
from deputize.jobs.render.shapes import refuse_errors, shape_for, tenant_findings
from deputize.model.spec import Tenant, Vendor, tenant_problems
from deputize.model.values import Files, Finding, LintReport


@dataclass(frozen=True, slots=True)
class Bundle:
    """One tenant's finished files.

    files: by relative path, manifest.json first. findings: warnings and notes; an error never makes a bundle.
    """

    tenant: str
    files: Files
    findings: tuple[Finding, ...] = ()

    def write(self, folder: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Write the bundle to `folder`/`tenant`, whole or not at all, and return that path.

        Raises DiffersError when what is there is not an unchanged bundle; `force` replaces a bundle that was edited.
        """
        disk.write_bundle(Path(folder), self.tenant, self.files, force=force)
        return Path(folder) / self.tenant

    def zip_bytes(self) -> bytes:
        """The bundle as a zip archive, the same bytes every time."""
        return zip_bytes(self.tenant, self.files)


def render(vendor: Vendor, tenant: Tenant) -> Bundle:
    """The bundle by which `vendor` asks `tenant` for access.

    Raises InputError with every problem of the tenant or its combination with the vendor, and LintError when what the
    vendor asks for is not provably read-only. Warnings come as `bundle.findings`. cfn-lint and terraform judge in
    `deputize.lint(bundle)`.
    """
    problems = tenant_problems(tenant)
    if problems:
        raise InputError(*problems)
    shape, values = shape_for(vendor, tenant)
    findings = (*shape.findings, *tenant_findings(shape, tenant, values))
    refuse_errors(findings)
    return Bundle(tenant.slug, seal(shape.blueprint.fill(values)), findings)


def render_many(vendor: Vendor, tenants: Iterable[Tenant]) -> Iterator[Bundle]:
    """The bundles of many tenants, lazily, one shape rendered once. Raises as :func:`render` does, at that tenant."""
    for tenant in tenants:
        yield render(vendor, tenant)


def lint(bundle: Bundle | str | os.PathLike[str], *, strict: bool = False) -> LintReport:
    """Everything wrong with a bundle, or the bundle in a folder: own rules, each format read back, and cfn-lint.

    Nothing is raised for findings; look at `report.failed`. Raises InputError when the folder cannot be read.
    """
    files = bundle.files if isinstance(bundle, Bundle) else disk.read_folder(Path(bundle))
    return lint_files(files, LintOptions(strict=strict))
