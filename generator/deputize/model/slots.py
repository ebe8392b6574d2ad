"""A tenant's texts as they stand in emitted files, the shape they make, and the marks that stand for them.

A mark is a field's name between two private-use code points, which display text and AWS's patterns both refuse. A
*slot* mark stands for a text of one tenant; a *choice* mark for what the customer may still choose (role name, path),
and in the one-click template, the same for all tenants, for what a tenant's link fills in. Two tenants of one shape
differ in nothing but the texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from deputize.errors import InputError, Problem
from deputize.iam import limits
from deputize.model.spec import Tenant, Vendor, role_name, stack_name

SLOT_OPEN, SLOT_CLOSE = "\ue000", "\ue001"
CHOICE_OPEN, CHOICE_CLOSE = "\ue002", "\ue003"

SLOT = re.compile(f"{SLOT_OPEN}([a-z0-9_.|]+){SLOT_CLOSE}")
CHOICE = re.compile(f"{CHOICE_OPEN}([a-z_]+){CHOICE_CLOSE}")

ROLE_NAME_CHOICE = f"{CHOICE_OPEN}role_name{CHOICE_CLOSE}"
PATH_CHOICE = f"{CHOICE_OPEN}path{CHOICE_CLOSE}"
TENANT_CHOICE = f"{CHOICE_OPEN}tenant{CHOICE_CLOSE}"
EXTERNAL_ID_CHOICE = f"{CHOICE_OPEN}external_id{CHOICE_CLOSE}"
# Empty except during a rotation: then the list of accepted IDs has one value only.
NEXT_EXTERNAL_ID_CHOICE = f"{CHOICE_OPEN}next_external_id{CHOICE_CLOSE}"
# The agreed account, or * where none was agreed.
ACCOUNT_CHOICE = f"{CHOICE_OPEN}account_id{CHOICE_CLOSE}"


@dataclass(frozen=True, slots=True)
class Slots:
    """The texts of one tenant that emitted files hold; `partition` and `locale` select text and are no slots."""

    tenant: str
    name: str
    external_ids: tuple[str, ...]
    account_id: str | None
    role_name: str
    stack_name: str
    partition: str
    locale: str

    def values(self) -> dict[str, str]:
        """Every slot's text by its field name, in a fixed order."""
        return dict(self._texts())

    def _texts(self) -> Iterator[tuple[str, str]]:
        yield "tenant", self.tenant
        yield "name", self.name
        for index, external_id in enumerate(self.external_ids):
            yield f"external_ids.{index}", external_id
        if self.account_id is not None:
            yield "account_id", self.account_id
        yield "role_name", self.role_name
        yield "stack_name", self.stack_name


def slots_of(vendor: Vendor, tenant: Tenant) -> Slots:
    """The texts that `tenant` puts into the files of `vendor`.

    Raises InputError when the tenant's account is the vendor's own: a role there would let the vendor into itself.
    """
    own = vendor.account(tenant.partition)
    if own is not None and own.id == tenant.account_id:
        what = f"{own.id} is the vendor's own account"
        raise InputError(Problem("tenant: account_id", what, "give the customer's, or leave it out"))
    return Slots(
        tenant=tenant.slug,
        name=tenant.display_name,
        external_ids=tenant.external_ids,
        account_id=tenant.account_id,
        role_name=role_name(vendor.role.name, vendor.slug, tenant.slug),
        stack_name=stack_name(vendor.slug, tenant.slug),
        partition=tenant.partition,
        locale=tenant.locale,
    )


def hosted_slots(partition: str) -> Slots:
    """Every tenant of a partition at once: what belongs to one is a choice, which its quick-create link makes.

    The display name and the stack's name are in no template: no format knows their marks, so none can print them.
    """
    return Slots(
        tenant=TENANT_CHOICE,
        name=f"{CHOICE_OPEN}name{CHOICE_CLOSE}",
        external_ids=(EXTERNAL_ID_CHOICE, NEXT_EXTERNAL_ID_CHOICE),
        account_id=ACCOUNT_CHOICE,
        role_name=ROLE_NAME_CHOICE,
        stack_name=f"{CHOICE_OPEN}stack_name{CHOICE_CLOSE}",
        partition=partition,
        locale="en",
    )


def shape_of(slots: Slots) -> Slots:
    """The same with a mark in place of each text: what all tenants of one shape share, and so a cache key."""
    return replace(
        slots,
        tenant=_mark("tenant"),
        name=_mark("name"),
        external_ids=tuple(_mark(f"external_ids.{index}") for index in range(len(slots.external_ids))),
        account_id=None if slots.account_id is None else _mark("account_id"),
        role_name=_mark("role_name"),
        stack_name=_mark("stack_name"),
    )


def chosen(text: str, choices: Mapping[str, str]) -> str:
    """`text` with every choice mark replaced by the value chosen."""
    return CHOICE.sub(lambda mark: choices[mark[1]], text)


def longest(text: str) -> str:
    """`text` with each mark as long as AWS lets its value become: what sizes are budgeted with."""
    widths = {
        "role_name": limits.ROLE_NAME.high,
        "path": limits.PATH.high,
        "account_id": limits.ACCOUNT_ID.high,
        "external_ids": limits.EXTERNAL_ID.high,
    }
    wide = CHOICE.sub(lambda mark: "x" * widths[mark[1]], text)
    return SLOT.sub(lambda mark: "x" * widths[mark[1].partition(".")[0]], wide)


def _mark(field: str) -> str:
    return f"{SLOT_OPEN}{field}{SLOT_CLOSE}"
