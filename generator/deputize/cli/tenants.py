"""`deputize tenants`: the registry of what was issued to whom, and of whose role was proved."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from deputize.cli.options import EndpointOption, FormatOption, OutputFormat, ProfileOption, RegionOption
from deputize.cli.printing import print_result, say
from deputize.cli.registry import (
    AcceptProbesOption,
    AccountOption,
    ExpectedVendorOption,
    FromOption,
    NeverOption,
    RateOption,
    RegistryOption,
    ShareOption,
    TenantArgument,
    UntilOption,
    WaitOption,
    WeakOption,
    accepted_probes,
    check_options,
    user_registry,
)
from deputize.cli.tenants_rotate import app as rotate

app = typer.Typer(no_args_is_help=True, help="The registry: issued IDs, and the roles that were proved (optional).")
app.add_typer(rotate, name="rotate")


class ListFormat(StrEnum):
    """The form of a list of tenants."""

    csv = "csv"
    jsonl = "jsonl"


@app.command()
def add(
    tenant: TenantArgument,
    *,
    account_id: Annotated[
        str | None, typer.Option(help="The tenant's AWS account, if agreed: no other will do.", metavar="ID")
    ] = None,
    external_id: Annotated[
        str | None, typer.Option(help="An ID of your own. Default: a random one is issued.", metavar="ID")
    ] = None,
    name: Annotated[str, typer.Option(help="Display name of the tenant.")] = "",
    locale: Annotated[str, typer.Option(help="Language of the texts for the customer: en or ja.")] = "en",
    partition: Annotated[str, typer.Option(help="Partition of the tenant.")] = "aws",
    share: ShareOption = False,
    allow_weak: WeakOption = "",
    registry: RegistryOption = None,
    form: FormatOption = OutputFormat.text,
) -> None:
    """Add a tenant, or another account of one; stdout: the ID that was issued and nothing else."""
    from deputize.jobs.tenants.grants import add_tenant
    from deputize.jobs.tenants.result import grants_as_json
    from deputize.model.grant_request import GrantRequest

    ids = () if external_id is None else (external_id,)
    request = GrantRequest(tenant, account_id, ids, name, locale, partition, share, allow_weak)
    grant = add_tenant(user_registry(registry), request)
    print_result(form, grants_as_json([grant]), [grant.external_id])


@app.command("list")
def list_(
    *,
    retired: Annotated[bool, typer.Option("--retired", help="Also those that were retired.")] = False,
    registry: RegistryOption = None,
    form: FormatOption = OutputFormat.text,
) -> None:
    """List every grant: a tenant's account, its ID, role and state."""
    from deputize.jobs.tenants.acceptances import reminders
    from deputize.jobs.tenants.grants import list_grants
    from deputize.jobs.tenants.lapses import lapses
    from deputize.jobs.tenants.result import grants_as_json, grants_as_lines

    found = list_grants(user_registry(registry), retired=retired)
    print_result(form, grants_as_json(found), grants_as_lines(found))
    for line in reminders(found):
        say(f"note: {line}")
    for line in lapses(found):
        say(f"warning: {line}")


@app.command()
def show(tenant: TenantArgument, *, registry: RegistryOption = None, form: FormatOption = OutputFormat.text) -> None:
    """Show a tenant's grants, retired ones too, and what was done to them, when and by whom."""
    from deputize.jobs.tenants.grants import tenant_history
    from deputize.jobs.tenants.result import grants_as_json, grants_as_lines

    found = tenant_history(user_registry(registry), tenant)
    print_result(form, grants_as_json(found.grants, found.events), grants_as_lines(found.grants, found.events))


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(help="A CSV or JSON-lines file, or - for stdin.", metavar="FILE")],
    *,
    share: ShareOption = False,
    allow_weak: WeakOption = "",
    registry: RegistryOption = None,
) -> None:
    """Add every tenant of a list, all or none; an empty external_id is issued, one that was issued never changes."""
    from deputize.jobs.tenants.grants import import_list

    made, kept = import_list(user_registry(registry), file, share=share, weak_reason=allow_weak)
    typer.echo(f"{made} added, {kept} already there", err=True)


@app.command()
def export(
    *,
    form: Annotated[ListFormat, typer.Option("--format", help="Form of the list.")] = ListFormat.jsonl,
    registry: RegistryOption = None,
) -> None:
    """Print every living grant as a list that `import` and `render --tenants` take."""
    from deputize.jobs.tenants.grants import export_list

    for line in export_list(user_registry(registry), "csv" if form is ListFormat.csv else "jsonl"):
        typer.echo(line, nl=False)


@app.command()
def register(
    tenant: Annotated[str | None, typer.Argument(help="Slug of the tenant, as a-company.")] = None,
    role_arn: Annotated[
        list[str] | None, typer.Argument(help="What the tenant handed in.", metavar="ROLE_ARN...")
    ] = None,
    *,
    from_file: FromOption = None,
    accept_probes_only: AcceptProbesOption = None,
    until: UntilOption = None,
    wait: WaitOption = 60.0,
    rate: RateOption = 50.0,
    never_assume: NeverOption = None,
    vendor: ExpectedVendorOption = None,
    registry: RegistryOption = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointOption = None,
    form: FormatOption = OutputFormat.text,
) -> None:
    """Verify the roles that tenants handed in; store those that are safe and not too wide, no other."""
    from deputize.cli.tenants_output import print_checks, show_progress
    from deputize.errors import Problem, UsageError
    from deputize.jobs.tenants.checks import Asked
    from deputize.jobs.tenants.commands import register as register_roles
    from deputize.jobs.tenants.commands import register_list

    asked = Asked(show_progress, accepted_probes(accept_probes_only, until))
    options = check_options(profile, region, endpoint_url, vendor=vendor, wait=wait, never=never_assume, rate=rate)
    if from_file is not None:
        if tenant is not None or asked.accept is not None:
            what, mend = "a tenant", "leave the tenant out: the list names each"
            if tenant is None:
                what, mend = "--accept-probes-only", "accept each such role by itself, without --from"
            raise UsageError(Problem("--from", f"does not go with {what}", mend))
        checks = register_list(user_registry(registry), from_file, options, show_progress)
        if not checks:
            say("note: the list names no role")
    elif tenant is None or not role_arn:
        raise UsageError(Problem("tenants register", "needs a tenant and its ROLE_ARN, or --from FILE"))
    else:
        checks = register_roles(user_registry(registry), tenant, role_arn, options, asked)
    print_checks(checks, form, handed_in=True)


@app.command()
def verify(
    tenant: Annotated[str | None, typer.Argument(help="Slug of the tenant.")] = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Every role of this endpoint; an interrupted run is taken up.")
    ] = False,
    anew: Annotated[bool, typer.Option("--anew", help="With --all: begin again, whatever was done before.")] = False,
    probe: Annotated[
        bool, typer.Option("--probe", help="Try wrong IDs on unchanged roles too; else at least every 30 days.")
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="With --all: go on though many roles fail that let us in before.")
    ] = False,
    account_id: AccountOption = None,
    wait: WaitOption = 60.0,
    rate: RateOption = 50.0,
    never_assume: NeverOption = None,
    vendor: ExpectedVendorOption = None,
    registry: RegistryOption = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointOption = None,
    form: FormatOption = OutputFormat.text,
) -> None:
    """Verify registered roles again: safe or unchanged renews, vulnerable suspends, anything else changes nothing."""
    from deputize.cli.tenants_output import print_checks, print_run, show_progress, show_resumed
    from deputize.errors import Problem, UsageError
    from deputize.jobs.tenants.commands import verify_all, verify_tenant
    from deputize.jobs.tenants.sweep import RunListeners, Sweeping

    if (tenant is None) is not every:
        raise UsageError(Problem("tenants verify", "needs either a tenant or --all"))
    options = check_options(profile, region, endpoint_url, vendor=vendor, wait=wait, never=never_assume, rate=rate)
    opened = user_registry(registry)
    if tenant is None:
        how, told = Sweeping(anew, probe, keep_going), RunListeners(show_progress, show_resumed)
        print_run(verify_all(opened, options, how, told), form)
    else:
        print_checks(verify_tenant(opened, tenant, account_id, options, probe=probe), form)


@app.command()
def accept(
    tenant: TenantArgument,
    reason: Annotated[str, typer.Argument(help="Why it may stand.", metavar="REASON")],
    *,
    until: Annotated[
        str, typer.Option("--until", help="Last day for that, UTC; at most 366 days ahead.", metavar="DATE")
    ],
    account_id: AccountOption = None,
    registry: RegistryOption = None,
    form: FormatOption = OutputFormat.text,
) -> None:
    """Let stand, until a date, what is newly thought of a role that has not changed (`judged anew`)."""
    from deputize.jobs.tenants.acceptances import accept_judged
    from deputize.jobs.tenants.result import grants_as_json, grants_as_lines

    found = [accept_judged(user_registry(registry), tenant, account_id, reason, until)]
    print_result(form, grants_as_json(found), grants_as_lines(found))


@app.command()
def retire(
    tenant: TenantArgument,
    *,
    account_id: AccountOption = None,
    registry: RegistryOption = None,
    form: FormatOption = OutputFormat.text,
) -> None:
    """End a grant: nothing is rendered, verified or assumed for it any more. Its ID is never issued again."""
    from deputize.jobs.tenants.grants import retire_grant
    from deputize.jobs.tenants.result import grants_as_json, grants_as_lines

    found = [retire_grant(user_registry(registry), tenant, account_id)]
    print_result(form, grants_as_json(found), grants_as_lines(found))
