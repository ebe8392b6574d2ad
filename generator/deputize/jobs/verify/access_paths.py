"""`deputize.find_access_paths`: the ways into a role that its vendor did not ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deputize.errors import InputError, Problem
from deputize.iam.trust.access_paths import AccessPath, Trusted
from deputize.iam.trust.access_paths import find_access_paths as find
from deputize.model.spec import Vendor

_SESSION = {"sts:TagSession": "tag_keys", "sts:SetSourceIdentity": "source_identity"}


def find_access_paths(
    policy: Mapping[str, Any] | str, vendor: Vendor, external_ids: Sequence[str], *, partition: str = "aws"
) -> tuple[AccessPath, ...]:
    """Every way into a role with this trust policy that `vendor` did not ask for, each with an example request.

    policy: any trust policy, as a mapping or JSON text. external_ids: those that are accepted. Kind "unknown" is a way
    that cannot be ruled out. Raises InputError when the vendor has no account in `partition`.
    """
    account = vendor.account(partition)
    if account is None:
        raise InputError(Problem("vendor", f"has no account in partition {partition}", "name another partition"))
    actions = tuple(action for action, option in _SESSION.items() if getattr(vendor.session, option))
    return find(policy, Trusted(partition, account.id, account.roles, actions), tuple(external_ids))
