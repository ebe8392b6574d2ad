"""`deputize render`, from what the command line says to the bundles: which tenants, which vendor, which signer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from deputize.disk import VerdictCache, user_cache_dir
from deputize.errors import InputError, Problem, UsageError
from deputize.jobs.inputs import VENDOR_FILE, load_vendor, vendor_of_account
from deputize.jobs.render.issued import issued_bundles
from deputize.jobs.render.run import (
    RenderOptions,
    Say,
    render_list,
    render_tenant,
    render_tenants,
)
from deputize.jobs.render.vendor_policies import assume_policies, write_assume_policies
from deputize.jobs.tenants.sources import bundle_owners, tenant_of, tenants_of
from deputize.jobs.user_registry import UserRegistry
from deputize.model.display import shown
from deputize.model.spec import Tenant, Vendor
from deputize.tools import sign


@dataclass(frozen=True, slots=True)
class TenantChoice:
    """For whom to render: one tenant by its slug, a list (`-`: standard input), or everyone in the registry.

    The other fields are the one tenant's, as given by hand.
    """

    slug: str | None = None
    file: str | None = None
    everyone: bool = False
    external_ids: tuple[str, ...] = ()
    name: str = ""
    account_id: str | None = None
    partition: str = "aws"
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class VendorChoice:
    """Who asks: the vendor of a file, or one of whom only the account is known. Neither: ./vendor.yaml."""

    file: Path | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """What is to be rendered, and how; as the options of the command say it.

    signing_key: the file of an SSH key. cached: whether verdicts of before may be used. environ: where the cache, the
    key's agent and ssh-keygen are found. may_ask: whether somebody at a terminal can give the key's passphrase.
    """

    tenants: TenantChoice
    vendor: VendorChoice
    registry: UserRegistry
    options: RenderOptions
    environ: Mapping[str, str]
    signing_key: str | None = None
    cached: bool = True
    may_ask: bool = False


@dataclass(frozen=True, slots=True)
class RenderOutcome:
    """What a run leaves beside its bundles. refused: the problems of tenants that were left out.

    policies: the files that were written for the vendor's own role.
    """

    refused: tuple[Problem, ...]
    policies: tuple[Path, ...]


def render(request: RenderRequest, say: Say) -> RenderOutcome:
    """Render the bundles that are asked for; `say` hears of each, and of warnings and notes.

    Raises UsageError for options that do not go together; otherwise as `render_tenant`, `render_list`,
    `render_tenants` and `assume_policies`.
    """
    if problems := tuple(_usage_problems(request)):
        raise UsageError(*problems)
    cache = VerdictCache(user_cache_dir(request.environ)) if request.cached else None
    options = replace(request.options, cache=cache, sign=_signer(request))
    vendor = _vendor(request.vendor, request.tenants.partition)
    options = replace(options, there=issued_bundles(options.out, _owners(request)))
    policies = assume_policies(vendor, options)
    refused = _render(request, vendor, options, say)
    write_assume_policies(policies)
    return RenderOutcome(refused, tuple(policies))


def _render(request: RenderRequest, vendor: Vendor, options: RenderOptions, say: Say) -> tuple[Problem, ...]:
    if request.tenants.file is not None:
        return render_list(vendor, request.tenants.file, options, say)
    if request.tenants.everyone:
        with request.registry.open() as opened:
            render_tenants(vendor, tenants_of(opened), options, say)
    else:
        render_tenant(vendor, _tenant(request.registry, request.tenants), options, say)
    return ()


def _owners(request: RenderRequest) -> Mapping[str, str]:
    """Which bundles are one tenant's by the registry, where it is asked for the tenants' IDs."""
    tenants, registry = request.tenants, request.registry
    if tenants.file is not None or not (tenants.everyone or _asked(registry)):
        return {}
    with registry.open() as opened:
        return bundle_owners(opened, tenants.slug)


def _asked(registry: UserRegistry) -> bool:
    """Whether one tenant is looked up in the registry."""
    return registry.named or Path(registry.location).exists()


def _tenant(registry: UserRegistry, choice: TenantChoice) -> Tenant:
    """The tenant as given by hand, where no registry knows it; else as the registry has it, which must agree."""
    slug, ids = choice.slug or "", choice.external_ids
    by_hand = Tenant(slug, ids, choice.name, choice.account_id, choice.partition, choice.locale)
    if not _asked(registry):
        if not ids:
            mend = "give it, or issue one with `deputize tenants add`"
            raise UsageError(Problem("--external-id", "is missing, and there is no registry", mend))
        return by_hand
    with registry.open() as opened:
        try:
            return tenant_of(opened, slug, account_id=choice.account_id, given_ids=ids)
        except InputError:
            if not registry.named and ids:
                return by_hand
            raise


def _usage_problems(request: RenderRequest) -> Iterator[Problem]:
    tenants, vendor = request.tenants, request.vendor
    chosen = sum((tenants.slug is not None, tenants.file is not None, tenants.everyone))
    if chosen > 1:
        yield Problem("render", "--tenant, --tenants and --all exclude each other", "give one of them")
    if tenants.slug is None:
        yield from (Problem(option, "is for one tenant", "give it with --tenant") for option in _of_one(request))
    if not chosen:
        yield Problem("render", "no tenant is named", "give --tenant SLUG, --tenants FILE or --all")
    if vendor.account is not None and vendor.file is not None:
        yield Problem("--vendor-account", "excludes --vendor", "the file names the account")
    if request.options.skip_invalid and tenants.file is None:
        yield Problem("--skip-invalid", "is for a list", "give it with --tenants")
    against = "--zip" if request.options.zipped else "--sign" if request.signing_key is not None else ""
    if request.options.check and against:
        yield Problem("--check", "compares folders, not archives or signatures", f"leave out {against}")


def _of_one(request: RenderRequest) -> Iterator[str]:
    """The options that say something of one tenant, as far as they were given."""
    tenants = request.tenants
    given = {
        "--external-id": tenants.external_ids,
        "--name": tenants.name,
        "--account-id": tenants.account_id,
        "--locale": tenants.locale != "en",
        "--partition": tenants.partition != "aws" and request.vendor.account is None,
    }
    yield from (option for option, value in given.items() if value)


def _signer(request: RenderRequest) -> Callable[[bytes], bytes] | None:
    """What signs with the key; ssh-keygen may ask for its passphrase where a person can answer."""
    key = request.signing_key
    if key is None:
        return None
    if not Path(key).exists():
        raise InputError(Problem("--sign", f"there is no file {shown(key, 200)}", "name the file of an SSH key"))
    return partial(sign, key=key, environ=request.environ, ask=request.may_ask)


def _vendor(choice: VendorChoice, partition: str) -> Vendor:
    if choice.account is not None:
        return vendor_of_account(choice.account, partition)
    if choice.file is None and not VENDOR_FILE.exists():
        mend = "give --vendor FILE or --vendor-account ID, or make a vendor.yaml with `deputize init`"
        raise UsageError(Problem("render", "no vendor is named", mend))
    return load_vendor(choice.file or VENDOR_FILE)
