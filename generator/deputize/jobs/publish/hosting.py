"""The one-click template, judged before anyone hosts it: by our rules, by reading it back, and by cfn-lint."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from deputize.errors import InputError, LintError, Problem
from deputize.formats.hosted import hosted_template
from deputize.formats.quick_create import link_parameters, other_template
from deputize.jobs.inputs import BARE_VENDOR
from deputize.jobs.lint.cfn_lint import lint_template, region_for
from deputize.jobs.render.shapes import refuse_errors, shape_for
from deputize.model.role import Role
from deputize.model.spec import Tenant, Vendor
from deputize.model.values import Finding, Severity
from deputize.model.vendor_file import vendor_from_json, vendor_to_json
from deputize.read import normal_form
from deputize.read.cloudformation.strict import read_stack

WHERE = "the one-click template"
_IDS = ("exemplar-id-0", "exemplar-id-1")


@dataclass(frozen=True, slots=True)
class HostedTemplate:
    """A one-click template that may be hosted: its partition, its bytes, and their SHA-256 in hexadecimal."""

    partition: str
    data: bytes
    sha256: str


def judged_template(vendor: Vendor, partition: str) -> HostedTemplate:
    """The one-click template of `vendor` in `partition`, whatever vendor.yaml says of the one hosted so far.

    Raises InputError when the vendor has no account there or is invalid, LintError when what it asks for is not proved
    to be read-only, when cfn-lint finds an error, or when a tenant would get another role than from its bundle.
    """
    # A vendor that Python code made has been checked by nobody yet, and its lists may stand in any order.
    plain = vendor_from_json(vendor_to_json(replace(vendor, hosting=())), "vendor")
    roles = []
    for count, account in product((1, 2), (None, "000000000000")):
        shape, _ = shape_for(plain, Tenant("exemplar", _IDS[:count], account_id=account, partition=partition))
        refuse_errors(shape.findings)
        roles.append(shape.exemplar)
    data = hosted_template(plain, partition)
    if problems := tuple(problem for role in roles for problem in _differences(data, role)):
        raise LintError(*problems)
    region, _ = region_for(partition)
    refuse_errors(lint_template(data.decode(), WHERE, region))
    return HostedTemplate(partition, data, hashlib.sha256(data).hexdigest())


def check_links(vendor: Vendor) -> None:
    """Raise InputError naming each partition whose links would open another template than `vendor` makes now."""
    problems = [problem for hosting in vendor.hosting if (problem := other_template(vendor, hosting)) is not None]
    if problems:
        raise InputError(*problems)


def unhosted(roles: Iterable[Role]) -> Iterator[Finding]:
    """One note for all partitions in which `roles` are and their vendor hosts no template.

    None for a vendor of whom only the account is known: there is no vendor.yaml to host anything by.
    """
    partitions = {
        role.slots.partition: None
        for role in roles
        if role.vendor.hosted(role.slots.partition) is None and role.vendor.slug != BARE_VENDOR
    }
    if partitions:
        what = f"no one-click link: no template is hosted in {', '.join(partitions)}"
        mend = "run `deputize publish --bucket BUCKET` and take over the lines that it prints"
        yield Finding("hosting-none", Severity.NOTE, "vendor: hosting", what, mend)


def _differences(data: bytes, role: Role) -> Iterator[Problem]:
    stack = read_stack(data.decode(), WHERE, link_parameters(role))
    if normal_form(stack.role) != normal_form(role.resolved()):
        ids = len(role.slots.external_ids)
        account = "an agreed account" if role.slots.account_id else "no agreed account"
        yield Problem(WHERE, f"makes another role than the bundle of a tenant with {ids} external IDs and {account}")
