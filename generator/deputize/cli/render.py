"""`deputize render`: bundles from a vendor and its tenants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deputize.cli.options import Format, FormatOption, NoCacheOption, StrictOption, VendorOption
from deputize.cli.registry import RegistryOption, location, opened

if TYPE_CHECKING:
    from deputize.model.spec import Tenant, Vendor


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
    force: Annotated[bool, typer.Option("--force", help="Replace bundles that were edited by hand.")] = False,
    strict: StrictOption = False,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="With --tenants: write the valid ones, and still exit 3.")
    ] = False,
    no_cache: NoCacheOption = False,
    form: FormatOption = Format.text,
) -> None:
    """Render the bundle of one tenant, or of many, into OUT/TENANT/.

    An external ID that is not given comes from the registry, and one that is given must be the one issued there.
    """
    import os

    from deputize.cli.output import Output
    from deputize.disk import VerdictCache, user_cache_dir
    from deputize.jobs.render.run import (
        RenderOptions,
        assume_policies,
        render_list,
        render_tenant,
        render_tenants,
        write_assume_policies,
    )
    from deputize.jobs.tenants.sources import tenants_of
    from deputize.model.spec import Tenant

    one = {
        "--external-id": external_id,
        "--name": name,
        "--account-id": account_id,
        "--locale": locale != "en",
        "--partition": partition != "aws" and vendor_account is None,
    }
    ways = (tenant, tenants, everyone or None)
    written = "--zip" if zipped else "--sign" if sign is not None else ""
    _one_way(ways, one, vendor, vendor_account, against_check=written if check else "", skip_invalid=skip_invalid)
    cache = None if no_cache else VerdictCache(user_cache_dir(os.environ))
    options = RenderOptions(out, check, zipped, force, strict, skip_invalid, cache, _signer(sign))
    who = _vendor(vendor, vendor_account, partition)
    with Output("deputize/render/1", form, many=tenant is None) as output:
        policies = assume_policies(who, options)
        if tenants is not None:
            output.refused(render_list(who, tenants, options, output.say))
        elif everyone:
            with opened(registry) as found:
                render_tenants(who, tenants_of(found), options, output.say)
        else:
            by_hand = Tenant(tenant or "", tuple(external_id or ()), name, account_id, partition, locale)
            render_tenant(who, _tenant(registry, by_hand), options, output.say)
        write_assume_policies(policies)
        for path in policies:
            output.note(f"wrote {path}: what the vendor's own role should be allowed, and no more")


def _tenant(registry: str | None, by_hand: Tenant) -> Tenant:
    """The tenant as given by hand, where no registry knows it; else as the registry has it, which must agree."""
    from deputize.errors import InputError, Problem, UsageError
    from deputize.jobs.tenants.sources import tenant_of

    place = location(registry)
    if registry is None and not Path(place).exists():
        if not by_hand.external_ids:
            mend = "give it, or issue one with `deputize tenants add`"
            raise UsageError(Problem("--external-id", "is missing, and there is no registry", mend))
        return by_hand
    with opened(registry) as found:
        try:
            return tenant_of(found, by_hand.slug, account_id=by_hand.account_id, given_ids=by_hand.external_ids)
        except InputError:
            if registry is None and by_hand.external_ids:
                return by_hand
            raise


def _one_way(
    ways: tuple[object, ...],
    one: Mapping[str, object],
    vendor: Path | None,
    vendor_account: str | None,
    *,
    against_check: str,
    skip_invalid: bool,
) -> None:
    from deputize.errors import Problem, UsageError

    problems = []
    tenant = ways[0]
    given = [way for way in ways if way is not None]
    if len(given) > 1:
        problems.append(Problem("render", "--tenant, --tenants and --all exclude each other", "give one of them"))
    stray = [option for option, value in one.items() if value and tenant is None]
    problems += [Problem(option, "is for one tenant", "give it with --tenant") for option in stray]
    if not given:
        problems.append(Problem("render", "no tenant is named", "give --tenant SLUG, --tenants FILE or --all"))
    if vendor_account is not None and vendor is not None:
        problems.append(Problem("--vendor-account", "excludes --vendor", "the file names the account"))
    if skip_invalid and ways[1] is None:
        problems.append(Problem("--skip-invalid", "is for a list", "give it with --tenants"))
    if against_check:
        mend = f"leave out {against_check}"
        problems.append(Problem("--check", "compares folders, not archives or signatures", mend))
    if problems:
        raise UsageError(*problems)


def _signer(key: str | None) -> Callable[[bytes], bytes] | None:
    """What signs with the key; ssh-keygen may ask for its passphrase where a person can answer."""
    if key is None:
        return None
    import os
    import sys
    from functools import partial

    from deputize.errors import InputError, Problem
    from deputize.model.display import shown
    from deputize.tools import sign

    if not Path(key).exists():
        raise InputError(Problem("--sign", f"there is no file {shown(key, 200)}", "name the file of an SSH key"))

    return partial(sign, key=key, environ=os.environ, ask=sys.stderr.isatty())


def _vendor(path: Path | None, account: str | None, partition: str) -> Vendor:
    from deputize.jobs.inputs import load_vendor, vendor_of_account

    if account is not None:
        return vendor_of_account(account, partition)
    if path is None and not Path("vendor.yaml").exists():
        from deputize.errors import Problem, UsageError

        mend = "give --vendor FILE or --vendor-account ID, or make a vendor.yaml with `deputize init`"
        raise UsageError(Problem("render", "no vendor is named", mend))
    return load_vendor(path or Path("vendor.yaml"))
