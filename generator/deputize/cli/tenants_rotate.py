"""`deputize tenants rotate`: a new ID for a tenant, without a moment in which neither works."""

from __future__ import annotations

import typer

from deputize.cli.options import EndpointOption, FormatOption, OutputFormat, ProfileOption, RegionOption
from deputize.cli.printing import print_result
from deputize.cli.registry import (
    AcceptProbesOption,
    AccountOption,
    ExpectedVendorOption,
    RateOption,
    RegistryOption,
    TenantArgument,
    UntilOption,
    WaitOption,
    accepted_probes,
    check_options,
    user_registry,
)

app = typer.Typer(no_args_is_help=True, help="Change a tenant's ID without a gap: start, switch, finish; or abort.")


@app.command("start")
def start(
    tenant: TenantArgument,
    *,
    account_id: AccountOption = None,
    registry: RegistryOption = None,
    form: FormatOption = OutputFormat.text,
) -> None:
    """Issue the next ID: `render` now writes both, and the old one is still sent."""
    from deputize.jobs.tenants.grants import start_rotation
    from deputize.jobs.tenants.result import grants_as_json, grants_as_lines

    found = [start_rotation(user_registry(registry), tenant, account_id)]
    print_result(form, grants_as_json(found), grants_as_lines(found))


@app.command("switch")
def switch(
    tenant: TenantArgument,
    *,
    account_id: AccountOption = None,
    accept_probes_only: AcceptProbesOption = None,
    until: UntilOption = None,
    wait: WaitOption = 60.0,
    rate: RateOption = 50.0,
    vendor: ExpectedVendorOption = None,
    registry: RegistryOption = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointOption = None,
    form: FormatOption = OutputFormat.text,
) -> None:
    """Verify the new ID, then send it: `render` now writes only the new one."""
    from deputize.cli.tenants_output import print_checks
    from deputize.jobs.tenants.commands import switch_rotation

    options = check_options(profile, region, endpoint_url, vendor=vendor, wait=wait, rate=rate)
    accept = accepted_probes(accept_probes_only, until)
    print_checks(switch_rotation(user_registry(registry), tenant, account_id, options, accept), form)


@app.command("finish")
def finish(
    tenant: TenantArgument,
    *,
    account_id: AccountOption = None,
    accept_probes_only: AcceptProbesOption = None,
    until: UntilOption = None,
    wait: WaitOption = 60.0,
    rate: RateOption = 50.0,
    vendor: ExpectedVendorOption = None,
    registry: RegistryOption = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointOption = None,
    form: FormatOption = OutputFormat.text,
) -> None:
    """Verify that the old ID is refused, and retire it."""
    from deputize.cli.tenants_output import print_checks
    from deputize.jobs.tenants.commands import finish_rotation

    options = check_options(profile, region, endpoint_url, vendor=vendor, wait=wait, rate=rate)
    accept = accepted_probes(accept_probes_only, until)
    print_checks(finish_rotation(user_registry(registry), tenant, account_id, options, accept), form)


@app.command("abort")
def abort(
    tenant: TenantArgument,
    *,
    account_id: AccountOption = None,
    registry: RegistryOption = None,
    form: FormatOption = OutputFormat.text,
) -> None:
    """Go on with the old ID alone; only before `switch`."""
    from deputize.jobs.tenants.grants import abort_rotation
    from deputize.jobs.tenants.result import grants_as_json, grants_as_lines

    found = [abort_rotation(user_registry(registry), tenant, account_id)]
    print_result(form, grants_as_json(found), grants_as_lines(found))
