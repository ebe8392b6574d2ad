"""A grant that somebody wants the registry to make."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GrantRequest:
    """A grant to be made. external_ids: none for a random one; two restore a rotation that was started.

    share: use the ID that the tenant's grant for another account has (AWS advises one per account). weak_reason: why
    an own ID that can be guessed is taken all the same. where: how problems call it.
    """

    tenant: str
    account_id: str | None = None
    external_ids: tuple[str, ...] = ()
    name: str = ""
    locale: str = "en"
    partition: str = "aws"
    share: bool = False
    weak_reason: str = ""
    where: str = "tenants add"
