"""`deputize render`: bundles from a vendor and its tenants."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deputize.cli.options import FormatOption, NoCacheOption, OutputFormat, StrictOption, VendorOption
from deputize.cli.registry import RegistryOption, user_registry


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
    everyone: Annotated[bool, typer.Option("--all", help="Every tenant of the registry.")] = False,
    registry: RegistryOption = None,
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
    sign: Annotated[
        str | None,
        typer.Option(help="Sign each bundle with this SSH key; a public one when an agent has it.", metavar="KEYFILE"),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace bundles edited by hand, signed, or of another vendor or external ID."),
    ] = False,
    strict: StrictOption = False,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="With --tenants: write the valid ones, and still exit 3.")
    ] = False,
    no_cache: NoCacheOption = False,
    form: FormatOption = OutputFormat.text,
) -> None:
    """Render the bundle of one tenant, or of many, into OUT/TENANT/.

    An external ID that is not given comes from the registry, and one that is given must be the one issued there.
    """
    import os
    import sys

    from deputize.cli.render_output import RenderOutput
    from deputize.jobs.render.command import RenderRequest, TenantChoice, VendorChoice
    from deputize.jobs.render.command import render as render_bundles
    from deputize.jobs.render.run import RenderOptions

    ids = tuple(external_id or ())
    request = RenderRequest(
        TenantChoice(tenant, tenants, everyone, ids, name, account_id, partition, locale),
        VendorChoice(vendor, vendor_account),
        user_registry(registry),
        RenderOptions(out, check, zipped, force, strict, skip_invalid),
        os.environ,
        signing_key=sign,
        cached=not no_cache,
        may_ask=sys.stderr.isatty(),
    )
    with RenderOutput("deputize/render/1", form, many=tenant is None) as output:
        rendered = render_bundles(request, output.say)
        output.refused(rendered.refused)
        for path in rendered.policies:
            output.note(f"wrote {path}: what the vendor's own role should be allowed, and no more")
