"""`deputize tenants rotate`: a new ID for a tenant, without a moment in which neither works."""

from __future__ import annotations

import typer

from deputize.cli.options import EndpointOption, Format, FormatOption, ProfileOption, RegionOption
from deputize.cli.registry import (
    AccountOption,
    AskedVendorOption,
    RegistryOption,
    TenantArgument,
    WaitOption,
    checker,
    opened,
)

app = typer.Typer(no_args_is_help=True, help="Change a tenant's ID without a gap: start, switch, finish; or abort.")


@app.command("start")
def start(
    tenant: TenantArgument,
    *,
    account_id: AccountOption = None,
    registry: RegistryOption = None,
    form: FormatOption = Format.text,
) -> None:
    """Issue the next ID: `render` now writes both, and the old one is still sent."""
    from deputize import registry as rooms
    from deputize.cli.tenants_output import print_grants

    with opened(registry) as found:
        print_grants([rooms.start(found, rooms.find(found, tenant, account_id))], form)


@app.command("switch")
def switch(
    tenant: TenantArgument,
    *,
    account_id: AccountOption = None,
    wait: WaitOption = 60.0,
    vendor: AskedVendorOption = None,
    registry: RegistryOption = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointOption = None,
    form: FormatOption = Format.text,
) -> None:
    """Verify the new ID, then send it: `render` now writes only the new one."""
    from deputize import registry as rooms
    from deputize.cli.tenants_output import print_checks
    from deputize.jobs.tenants import checks as tenant_checks

    tester = checker(profile, region, endpoint_url, vendor=vendor, wait=wait)
    with opened(registry) as found:
        print_checks([tenant_checks.rotate_switch(found, rooms.find(found, tenant, account_id), tester)], form)


@app.command("finish")
def finish(
    tenant: TenantArgument,
    *,
    account_id: AccountOption = None,
    wait: WaitOption = 60.0,
    vendor: AskedVendorOption = None,
    registry: RegistryOption = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointOption = None,
    form: FormatOption = Format.text,
) -> None:
    """Verify that the old ID is refused, and retire it."""
    from deputize import registry as rooms
    from deputize.cli.tenants_output import print_checks
    from deputize.jobs.tenants import checks as tenant_checks

    tester = checker(profile, region, endpoint_url, vendor=vendor, wait=wait)
    with opened(registry) as found:
        print_checks([tenant_checks.rotate_finish(found, rooms.find(found, tenant, account_id), tester)], form)


@app.command("abort")
def abort(
    tenant: TenantArgument,
    *,
    account_id: AccountOption = None,
    registry: RegistryOption = None,
    form: FormatOption = Format.text,
) -> None:
    """Go on with the old ID alone; only before `switch`."""
    from deputize import registry as rooms
    from deputize.cli.tenants_output import print_grants

    with opened(registry) as found:
        print_grants([rooms.abort(found, rooms.find(found, tenant, account_id))], form)
