"""`deputize render`: bundles from a vendor and its tenants."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deputize.cli.options import Format, FormatOption, NoCacheOption, StrictOption, VendorOption

if TYPE_CHECKING:
    from deputize.model.spec import Vendor


def render(
    *,
    tenant: Annotated[str | None, typer.Option(help="Slug of the tenant, as a-company.")] = None,
    external_id: Annotated[
        list[str] | None,
        typer.Option("--external-id", help="The ID issued to the tenant; twice during a rotation: current, then next."),
    ] = None,
    tenants: Annotated[
        str | None, typer.Option(help="Many tenants: a CSV or JSON-lines file, or - for stdin.", metavar="FILE")
    ] = None,
    vendor: VendorOption = None,
    vendor_account: Annotated[
        str | None, typer.Option(help="The vendor's AWS account ID, in place of a vendor file.", metavar="ID")
    ] = None,
    partition: Annotated[str, typer.Option(help="Partition of the tenant.")] = "aws",
    name: Annotated[str, typer.Option(help="Display name of the tenant.")] = "",
    account_id: Annotated[
        str | None, typer.Option(help="The tenant's AWS account, if agreed: no other will do.", metavar="ID")
    ] = None,
    locale: Annotated[str, typer.Option(help="Language of the texts for the customer: en or ja.")] = "en",
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("out"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 7 if anything would change.")] = False,
    zipped: Annotated[bool, typer.Option("--zip", help="One zip archive per tenant.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace bundles that were edited by hand.")] = False,
    strict: StrictOption = False,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="With --tenants: write the valid ones, and still exit 3.")
    ] = False,
    no_cache: NoCacheOption = False,
    form: FormatOption = Format.text,
) -> None:
    """Render the bundle of one tenant, or of many, into OUT/TENANT/."""
    import os

    from deputize.cli.output import Output
    from deputize.disk import VerdictCache, user_cache_dir
    from deputize.jobs.render import RenderOptions, render_list, render_tenant
    from deputize.model.spec import Tenant

    _one_way(tenant, external_id, tenants, vendor, vendor_account, check=check, zipped=zipped)
    cache = None if no_cache else VerdictCache(user_cache_dir(os.environ))
    options = RenderOptions(out, check, zipped, force, strict, skip_invalid, cache)
    who = _vendor(vendor, vendor_account, partition)
    with Output("deputize/render/1", form, many=tenants is not None) as output:
        if tenants is not None:
            render_list(who, tenants, options, output.say)
        else:
            one = Tenant(tenant or "", tuple(external_id or ()), name, account_id, partition, locale)
            render_tenant(who, one, options, output.say)


def _one_way(
    tenant: str | None,
    external_id: list[str] | None,
    tenants: str | None,
    vendor: Path | None,
    vendor_account: str | None,
    *,
    check: bool,
    zipped: bool,
) -> None:
    from deputize.errors import Problem, UsageError

    problems = []
    if tenants is not None and (tenant is not None or external_id):
        problems.append(Problem("--tenants", "excludes --tenant and --external-id", "the file names them"))
    if tenants is None and tenant is None:
        problems.append(
            Problem("render", "no tenant is named", "give --tenant SLUG --external-id ID, or --tenants FILE")
        )
    if tenants is None and tenant is not None and not external_id:
        problems.append(Problem("--external-id", "is missing", f"give the ID issued to {tenant}"))
    if vendor_account is not None and vendor is not None:
        problems.append(Problem("--vendor-account", "excludes --vendor", "the file names the account"))
    if check and zipped:
        problems.append(Problem("--check", "compares folders, not archives", "leave out --zip"))
    if problems:
        raise UsageError(*problems)


def _vendor(path: Path | None, account: str | None, partition: str) -> Vendor:
    from deputize.jobs.inputs import load_vendor, vendor_of_account

    if account is not None:
        return vendor_of_account(account, partition)
    if path is None and not Path("vendor.yaml").exists():
        from deputize.errors import Problem, UsageError

        mend = "give --vendor FILE or --vendor-account ID, or make a vendor.yaml with `deputize init`"
        raise UsageError(Problem("render", "no vendor is named", mend))
    return load_vendor(path or Path("vendor.yaml"))
