"""`deputize verify` of a live role, held against a bundle or other files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from deputize.aws.client import Session
from deputize.aws.probes import Round
from deputize.aws.verify import Timing
from deputize.errors import InputError, Problem
from deputize.iam import limits
from deputize.iam.arn import parse_role_arn
from deputize.jobs.aws_session import aws_session
from deputize.jobs.verify.expectations import ExpectationFiles, RoleExpectations, expectations_of
from deputize.jobs.verify.run import VerifyOptions, VerifyRequest, nothing, verify_one
from deputize.model.aws_options import AwsOptions
from deputize.model.display import shown
from deputize.model.values import Verdict


def verify_with_files(
    role_arn: str,
    external_ids: Sequence[str] = (),
    *,
    files: ExpectationFiles,
    vendor_account: str | None = None,
    other_id: str | None = None,
    wait: float = 60.0,
    never_assume_accounts: Sequence[str] = (),
    write_probe: bool = True,
    aws: AwsOptions | None = None,
    session: Session | None = None,
    on_round: Callable[[Round], None] = nothing,
) -> Verdict:
    """As `deputize.verify`, held against one of the files; a bundle also knows the external IDs.

    vendor_account: whose account may assume the role, in place of what the file says. session: in place of `aws`.
    Raises InputError for a role in another account than the bundle's tenant has, and for files that cannot be read.
    """
    expectations = _expectations(role_arn, external_ids, files, vendor_account)
    ids = tuple(external_ids) or expectations.external_ids
    return verify_one(
        VerifyRequest(role_arn, ids, other_id, expectations),
        session or aws_session(aws or AwsOptions()),
        VerifyOptions(Timing(wait), tuple(never_assume_accounts), write_probe),
        on_round,
    )


def round_state(one: Round) -> str:
    """What a round came to, in a few words."""
    return "something got in" if one.let_in else "clean" if one.clean else "not clean"


def _expectations(
    role_arn: str, external_ids: Sequence[str], files: ExpectationFiles, vendor_account: str | None
) -> RoleExpectations:
    parsed = parse_role_arn(role_arn)
    found = expectations_of(files, parsed.partition if parsed is not None else "aws")
    if parsed is not None and found.tenant_account not in (None, parsed.account_id):
        what = f"is in account {parsed.account_id}, the bundle's tenant in {found.tenant_account}"
        raise InputError(Problem("role ARN", what, "ask the customer for the ARN in its own account"))
    if external_ids and found.external_ids and not set(external_ids) <= set(found.external_ids):
        raise InputError(Problem("--external-id", "is not one of the bundle's", "leave it out, or give its own bundle"))
    if vendor_account is None:
        return found
    if not limits.ACCOUNT_ID.admits(vendor_account):
        what = f"{shown(vendor_account)} is no AWS account ID"
        raise InputError(Problem("--vendor-account", what, "give its 12 digits"))
    return replace(found, vendor_account=vendor_account)
