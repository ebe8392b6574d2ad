"""Shapes: each blueprint is rendered and judged once, and every tenant of the shape is filled from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from deputize.checks.made import made_findings
from deputize.checks.tenant import check_tenant
from deputize.errors import LintError, Problem
from deputize.formats import Blueprint, blueprint_of
from deputize.formats.page_missing import missing_texts
from deputize.jobs.expectations import expectation_of
from deputize.model.expectations import Expectations
from deputize.model.format import TEMPLATE, TRUST_POLICY
from deputize.model.role import Role, build
from deputize.model.slots import Slots, shape_of, slots_of
from deputize.model.spec import Tenant, Vendor
from deputize.model.values import Files, Finding, Severity
from deputize.model.vendor_file import vendor_from_json, vendor_to_json

# Of every shape one exemplar is judged by the engines; its texts are as ordinary as a tenant's can be.
_EXEMPLAR = {
    "tenant": "exemplar",
    "name": "Exemplar",
    "external_ids.0": "deputize-exemplar-external-id-0",
    "external_ids.1": "deputize-exemplar-external-id-1",
    "account_id": "999999999999",
    "role_name": "ROLE",
    "stack_name": "STACK",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """The blueprint of one shape, the role of its exemplar, and what our own rules say of it."""

    blueprint: Blueprint
    exemplar: Role
    findings: tuple[Finding, ...]

    def exemplar_files(self) -> Files:
        """The exemplar's files, as a tenant's would be."""
        return self.blueprint.fill(_EXEMPLAR)


@lru_cache(maxsize=64)
def _shape(vendor: Vendor, shape: Slots) -> Shape:
    # A vendor that Python code made has been checked by nobody yet, and its lists may stand in any order.
    vendor = vendor_from_json(vendor_to_json(vendor), "vendor")
    exemplar = build(vendor, _exemplar(shape))
    expected = Expectations(expectation_of(exemplar))
    findings = made_findings(exemplar.resolved(), expected, f"vendor {vendor.slug}", exemplar.slots.account_id)
    findings += missing_texts(exemplar)
    return Shape(blueprint_of(build(vendor, shape)), exemplar, findings)


def shape_for(vendor: Vendor, tenant: Tenant) -> tuple[Shape, Mapping[str, str]]:
    """The shape that `tenant` has with `vendor`, and the texts that fill it.

    Raises InputError when the vendor cannot serve such a tenant: no account in its partition, quotas exceeded.
    """
    slots = slots_of(vendor, tenant)
    return _shape(vendor, shape_of(slots)), slots.values()


def tenant_findings(
    shape: Shape, tenant: Tenant, values: Mapping[str, str], *, strict: bool = False
) -> tuple[Finding, ...]:
    """What depends on a tenant's own texts: its external IDs, and the sizes that they add to."""
    # No text in a trust policy of ours holds white space, so what is left without it is its compact form.
    trust = b"".join(shape.blueprint.fill_one(TRUST_POLICY, values).split()).decode()
    template = shape.blueprint.fill_one(TEMPLATE, values)
    return check_tenant(tenant.slug, tenant.external_ids, len(trust), len(template), strict=strict)


def refuse_errors(findings: Iterable[Finding]) -> None:
    """Raise LintError with every finding that is an error."""
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise LintError(*(Problem(one.where, f"{one.rule}: {one.message}", one.mend) for one in errors))


def _exemplar(shape: Slots) -> Slots:
    ids = tuple(_EXEMPLAR[f"external_ids.{index}"] for index in range(len(shape.external_ids)))
    return Slots(
        tenant=_EXEMPLAR["tenant"],
        name=_EXEMPLAR["name"],
        external_ids=ids,
        account_id=None if shape.account_id is None else _EXEMPLAR["account_id"],
        role_name=_EXEMPLAR["role_name"],
        stack_name=_EXEMPLAR["stack_name"],
        partition=shape.partition,
        locale=shape.locale,
    )
