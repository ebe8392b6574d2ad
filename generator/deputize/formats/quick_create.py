"""The quick-create link: CloudFormation's console opened with the one-click template and one tenant's parameters.

Form: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stacks-quick-create-links.html
What follows `#` stays in the browser: no server sees it, and none limits its length. The longest link that a vendor
and a tenant can make has under 8,192 characters, which a test computes; browsers take far more, a mail program may not.
"""

from __future__ import annotations

import hashlib

from deputize.errors import InputError, Problem
from deputize.formats.hosted import hosted_template
from deputize.formats.languages import URL
from deputize.iam.partitions import PARTITIONS
from deputize.model.format import QUICK_CREATE
from deputize.model.hosting import parse_template_url
from deputize.model.role import Role
from deputize.model.spec import Hosting, Vendor


def quick_create_link(role: Role, region: str) -> str | None:
    """The whole link, its values percent-encoded, with slot marks; None where the vendor hosts no template.

    region: the one that the console opens, of the role's partition. Before `#` it stands exactly twice, in the host and
    in the query, and to change it there is to change the region; what follows `#` is the same for every region.
    Raises InputError when the address names another template than the one that this vendor makes.
    """
    hosting = role.vendor.hosted(role.slots.partition)
    if hosting is None:
        return None
    _check_template(role.vendor, hosting)
    host = PARTITIONS[role.slots.partition].console_host(region)
    asked = {"templateURL": hosting.template_url, "stackName": role.slots.stack_name}
    asked |= {f"param_{name}": value for name, value in link_parameters(role).items()}
    values = "&".join(f"{name}={URL.escape(value)}" for name, value in asked.items())
    return f"https://{host}/cloudformation/home?region={region}#/stacks/create/review?{values}"


def regions_for(role: Role) -> tuple[str, ...]:
    """The regions that a link may open, the vendor's own choice first; none where the vendor hosts no template."""
    hosting = role.vendor.hosted(role.slots.partition)
    if hosting is None:
        return ()
    known = PARTITIONS[role.slots.partition].regions
    return (hosting.region, *(region for region in known if region != hosting.region))


def link_parameters(role: Role) -> dict[str, str]:
    """The parameters of the one-click template that a tenant's link fills in, by name, to the letter as it has them."""
    slots = role.slots
    found = {"Tenant": slots.tenant, **dict(zip(("ExternalId", "NextExternalId"), slots.external_ids, strict=False))}
    if slots.account_id is not None:
        found["Account"] = slots.account_id
    return {**found, "RoleName": slots.role_name}


def render_quick_create(role: Role) -> dict[str, str]:
    """The link as {path: text}, on one line; no file where the vendor hosts no template. Raises as the link does."""
    regions = regions_for(role)
    link = quick_create_link(role, regions[0]) if regions else None
    return {} if link is None else {QUICK_CREATE: f"{link}\n"}


def other_template(vendor: Vendor, hosting: Hosting) -> Problem | None:
    """What is wrong when the address is of another template than `vendor` makes now, or None."""
    at = parse_template_url(hosting.template_url)
    if at is not None and at.sha256 == hashlib.sha256(hosted_template(vendor, hosting.partition)).hexdigest():
        return None
    what = "is of another template than this vendor makes"
    mend = "run `deputize publish` and take over the lines that it prints"
    return Problem(f"vendor: hosting.{hosting.partition}.template_url", what, mend)


def _check_template(vendor: Vendor, hosting: Hosting) -> None:
    if problem := other_template(vendor, hosting):
        raise InputError(problem)
