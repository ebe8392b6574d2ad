"""What a bundle that is there has promised to its customer, and what of it another one would take back.

An external ID is issued once, and with it the vendor who is let in and the account that was agreed. So a bundle takes
another's place without a question only when whoever could assume the role by the old one still can, or a rotation is
finished.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deputize.bundle.manifest import Manifest
from deputize.errors import Problem

_FORCE: Final = "name another folder, or use --force to replace the bundle"
_ROTATION: Final = (
    "give the ID that was issued; in a rotation give both first, the old one and then the new one; --force replaces it"
)
_SIGN: Final = "give --sign KEYFILE, or use --force to replace it with one that nobody signed"


@dataclass(frozen=True, slots=True)
class Issued:
    """Whom a bundle is for and who is let in by it.

    tenant, vendor: slugs. vendor_account, account_id: account IDs; account_id None when none was agreed. external_ids:
    the one that is sent first, during a rotation the next one second.
    """

    tenant: str
    vendor: str
    vendor_account: str
    account_id: str | None
    external_ids: tuple[str, ...]


def issued(manifest: Manifest) -> Issued:
    """What the bundle of that manifest promises."""
    return Issued(manifest.tenant, manifest.vendor, manifest.vendor_account, manifest.account_id, manifest.external_ids)


def taken_back(where: str, there: Issued, new: Issued) -> Iterator[Problem]:
    """What the bundle `there`, at `where`, promises and `new` in its place would not; both are named."""
    if there.tenant != new.tenant:
        yield Problem(where, f"is the bundle of tenant {there.tenant}, not of {new.tenant}", _FORCE)
        return
    if (there.vendor, there.vendor_account) != (new.vendor, new.vendor_account):
        what = f"is of vendor {there.vendor} in account {there.vendor_account}"
        yield Problem(where, f"{what}, not of {new.vendor} in {new.vendor_account}", _FORCE)
    if there.account_id not in (None, new.account_id):
        what = f"is for account {there.account_id}, not for {new.account_id or 'any account'}"
        yield Problem(where, what, _FORCE)
    if not goes_on(there.external_ids, new.external_ids):
        old, next_ids = (" and ".join(repr(one) for one in ids) for ids in (there.external_ids, new.external_ids))
        yield Problem(where, f"asks for the external ID {old}, and not for {next_ids}", _ROTATION)


def goes_on(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Whether `new` may follow `old` without a question: the ID that is sent stays, or the next one is sent now.

    STS compares external IDs with their case: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    return old[0] in new or new[0] in old[1:]


def signature_lost(where: str) -> Problem:
    """That a signed bundle would make way for another one that nobody signed."""
    return Problem(where, "is signed, and what would replace it is not", _SIGN)
