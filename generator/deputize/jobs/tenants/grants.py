"""Grants of the user's registry: added one by one or by a list, told, printed as a list, rotated and retired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from deputize.jobs.tenants.files import export_tenants, read_list
from deputize.jobs.user_registry import UserRegistry
from deputize.registry import (
    Event,
    Grant,
    GrantRequest,
    abort,
    add,
    add_all,
    events,
    find,
    grants,
    plan_for_new,
    retire,
    start,
)


@dataclass(frozen=True, slots=True)
class TenantHistory:
    """A tenant's grants, retired ones too, and what was done to them."""

    grants: Sequence[Grant]
    events: Sequence[Event]


def add_tenant(registry: UserRegistry, request: GrantRequest) -> Grant:
    """Make a grant and issue its ID; the registry is made where none is. Raises InputError with every problem."""
    if not registry.there:
        plan_for_new([request])
    with registry.open(create=True) as opened:
        return add(opened, request)


def import_list(registry: UserRegistry, path: str, *, share: bool = False, weak_reason: str = "") -> tuple[int, int]:
    """Add every tenant of a CSV or JSON-lines file (`-`: standard input), all or none; (added, already there).

    An empty external_id is issued; a given one is taken if nobody ever had it. A tenant that is there keeps its ID,
    its state and its role; name and locale follow the file. share: rows of one tenant may have the same ID.
    weak_reason: why IDs that can be guessed are taken. Raises InputError with all problems by line.
    """
    requests = read_list(path, share=share, weak_reason=weak_reason)
    planned = None if registry.there else plan_for_new(requests)
    with registry.open(create=True) as opened:
        return add_all(opened, requests, planned)


def export_list(registry: UserRegistry, form: Literal["csv", "jsonl"]) -> Iterator[str]:
    """The lines of a file that `import_list` takes: every living grant. Raises InputError for what CSV cannot hold."""
    with registry.open() as opened:
        yield from export_tenants(opened, form)


def list_grants(registry: UserRegistry, *, retired: bool = False) -> list[Grant]:
    """Every grant by tenant and account; retired ones only on request."""
    with registry.open() as opened:
        return grants(opened, retired=retired)


def tenant_history(registry: UserRegistry, tenant: str) -> TenantHistory:
    """A tenant's grants and their log. Raises InputError for a tenant that never was."""
    with registry.open() as opened:
        own = grants(opened, tenant=tenant, retired=True) or [find(opened, tenant)]
        return TenantHistory(own, tuple(events(opened, own[0].tenant)))


def retire_grant(registry: UserRegistry, tenant: str, account_id: str | None) -> Grant:
    """End the tenant's grant for that account. Raises InputError when there is none, or more than one."""
    with registry.open() as opened:
        return retire(opened, find(opened, tenant, account_id))


def start_rotation(registry: UserRegistry, tenant: str, account_id: str | None) -> Grant:
    """Issue the grant's next ID. Raises InputError, DiffersError."""
    with registry.open() as opened:
        return start(opened, find(opened, tenant, account_id))


def abort_rotation(registry: UserRegistry, tenant: str, account_id: str | None) -> Grant:
    """Go on with the grant's old ID alone. Raises InputError, DiffersError."""
    with registry.open() as opened:
        return abort(opened, find(opened, tenant, account_id))
