"""What is expected of a role, from each source of it: a vendor and tenant, a manifest's claim, the options of lint.

The judge only reads what these give. `jobs.verify.expectations` has what a verification is held against besides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from deputize.checks.opened import Opened
from deputize.model.expectations import SET_SOURCE_IDENTITY, TAG_SESSION, Expectation, Expectations, literals
from deputize.model.format import MANIFEST
from deputize.model.role import Role
from deputize.model.spec import SessionSpec


def expectation_of(role: Role) -> Expectation:
    """What the vendor and tenant that a role was built from expect of it."""
    session, account, slots = role.vendor.session, role.account, role.slots
    actions = ((TAG_SESSION, bool(session.tag_keys)), (SET_SOURCE_IDENTITY, session.source_identity))
    return Expectation(
        vendor_accounts=(account.id,),
        vendor_roles=account.roles,
        external_ids=literals(slots.external_ids),
        allowed_secrets=tuple(secret.action for secret in role.access.allowed_secrets),
        session_actions=tuple(action for action, is_meant in actions if is_meant),
        session_keys=tuple(_session_keys(session)),
        partition=slots.partition,
        delivery=role.iam.delivery,
    )


def _session_keys(session: SessionSpec) -> Iterator[str]:
    """The condition keys that a session brings by the vendor's settings.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    """
    if session.source_identity:
        yield "sts:sourceidentity"
    if session.tag_keys:
        yield "aws:tagkeys"
        yield from (f"aws:requesttag/{key.lower()}" for key in session.tag_keys)


def with_claims(given: Expectations, opened: Opened) -> Expectations:
    """What the caller expects, with what the manifest of the judged bundle says of itself."""
    claimed = Expectation() if opened.role is None else expectation_of(opened.role)
    return replace(given, claimed=claimed, claimant=f"the bundle's {MANIFEST}")


def of_options(
    vendors: Sequence[str],
    external_ids: Sequence[str],
    secrets: Sequence[str],
    roles: Sequence[str],
    *,
    all_roles: bool,
    own_accounts: Sequence[str] = (),
) -> Expectations:
    """What the options and the configuration of lint say."""
    given = Expectation(
        vendor_accounts=tuple(vendors),
        external_ids=literals(external_ids),
        own_accounts=tuple(own_accounts),
        allowed_secrets=tuple(secrets),
    )
    return Expectations(given, roles=tuple(roles), all_roles=all_roles)
