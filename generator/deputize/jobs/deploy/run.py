"""Deploy a bundle: judge it, plan the change, let somebody decide, execute, and report the role's ARN."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deputize.aws.changes import Plan, check_boundary, planned
from deputize.aws.client import Session
from deputize.aws.deploy import DeployedStack, execute
from deputize.aws.stack import Pace, StackEvent, StackRequest
from deputize.bundle import Manifest, read_manifest
from deputize.errors import InputError, Problem
from deputize.iam import limits
from deputize.iam.arn import parse_policy_arn
from deputize.jobs.api import Bundle
from deputize.jobs.aws_session import aws_session
from deputize.jobs.lint.bundle import LintOptions, bundles_at, lint_files
from deputize.jobs.render.shapes import refuse_errors
from deputize.model.aws_options import AwsOptions
from deputize.model.display import shown
from deputize.model.format import TEMPLATE
from deputize.model.values import Files

# Another endpoint is an emulator or a local proxy: it answers at once, and waiting for it would be idle.
_NEAR, _FAR = Pace(interval=0.1), Pace()


@dataclass(frozen=True, slots=True)
class Choices:
    """What the customer may choose; None keeps what the stack has, or takes the bundle's default."""

    role_name: str | None = None
    path: str | None = None
    permissions_boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


def nothing(_: object) -> None:
    """Say nothing."""


def always(_: Plan) -> bool:
    """Go ahead."""
    return True


def deploy(
    bundle: Bundle | str | os.PathLike[str],
    *,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    choices: Choices | None = None,
    expect_account: str | None = None,
    allow_replace: bool = False,
    decide: Callable[[Plan], bool] = always,
    on_event: Callable[[StackEvent], None] = nothing,
    session: Session | None = None,
) -> DeployedStack | None:
    """Deploy a bundle, or the bundle in a folder, as a CloudFormation stack in the account of the AWS credentials.

    decide: is shown the plan before anything changes; when it says no, nothing does and None is returned. on_event: is
    told every event of the stack. session: in place of profile, region and endpoint_url.
    Raises LintError for findings, InputError for a bundle or choice that is wrong, DiffersError for a change that
    replaces or removes without `allow_replace`, ServiceError for everything that AWS refuses.
    """
    files = bundle.files if isinstance(bundle, Bundle) else _files_of(Path(bundle))
    refuse_errors(lint_files(files, LintOptions()).findings)
    request = _request(files, read_manifest(files), choices or Choices(), expect_account)
    used = session or aws_session(AwsOptions(profile, region, endpoint_url))
    pace = pace_for(used)
    with planned(used, request, pace=pace) as plan:
        if not plan.unchanged and not decide(plan):
            return None
        return execute(used, plan, allow_replace=allow_replace, on_event=on_event, pace=pace)


def _files_of(path: Path) -> Files:
    """The one bundle at a path: a folder or a zip. Raises InputError."""
    (_, files), *more = bundles_at(path)
    if more:
        raise InputError(Problem(shown(str(path)), "holds more than one bundle", "name one of them"))
    return files


def pace_for(session: Session) -> Pace:
    """How often to look at a stack there."""
    return _NEAR if session.endpoint_url is not None else _FAR


def _request(files: Files, manifest: Manifest, choices: Choices, expect_account: str | None) -> StackRequest:
    _check_choices(choices, manifest.partition, expect_account)
    if (account := expect_account or manifest.account_id) is not None:
        check_boundary(choices.permissions_boundary, account)
    template = files[TEMPLATE]
    return StackRequest(
        stack_name=manifest.stack_name,
        template=template.decode(),
        template_sha256=hashlib.sha256(template).hexdigest(),
        tenant=manifest.tenant,
        vendor=manifest.vendor,
        partition=manifest.partition,
        vendor_account=manifest.vendor_account,
        tenant_account=manifest.account_id,
        template_version=manifest.template_version,
        tags=choices.tags,
        parameters={
            "RoleName": choices.role_name,
            "Path": choices.path,
            "PermissionsBoundary": choices.permissions_boundary,
        },
        needs_named_iam=True,
        expect_account=expect_account,
    )


def _check_choices(choices: Choices, partition: str, expect_account: str | None) -> None:
    problems = []
    if expect_account is not None and not limits.ACCOUNT_ID.admits(expect_account):
        what = f"{shown(expect_account)} is no AWS account ID"
        problems.append(Problem("--expect-account", what, "give its 12 digits"))
    if choices.role_name is not None and not limits.ROLE_NAME.admits(choices.role_name):
        what = f"{shown(choices.role_name)} is no role name"
        problems.append(Problem("--role-name", what, "use 1 to 64 letters, digits and _+=,.@-"))
    if choices.path is not None and not limits.is_path(choices.path):
        why = "has a part that is . or .." if limits.PATH.admits(choices.path) else "is no IAM path"
        problems.append(Problem("--path", f"{shown(choices.path)} {why}", "use / or /name/"))
    boundary = choices.permissions_boundary
    parsed = parse_policy_arn(boundary) if boundary else None
    if boundary and (parsed is None or parsed[0] != partition):
        what = f"{shown(boundary, 100)} is no managed policy's ARN of partition {partition}"
        mend = f"give one like arn:{partition}:iam::444455556666:policy/name"
        problems.append(Problem("--permissions-boundary", what, mend))
    problems += _tag_problems(choices.tags)
    if problems:
        raise InputError(*problems)


def _tag_problems(tags: Mapping[str, str]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for key, value in tags.items():
        if not limits.TAG_KEY.admits(key) or not limits.TAG_VALUE.admits(value):
            mend = "use letters, digits, spaces and _.:/=+-@, at most 128 and 256"
            yield Problem("--tag", f"{shown(key)}={shown(value)} is no tag", mend)
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html: keys that differ in case alone are one to IAM
        other = seen.setdefault(key.lower(), key)
        if other != key:
            what = f"{shown(other)} and {shown(key)} differ in case alone, so IAM takes them for one key given twice"
            yield Problem("--tag", what, "give one of them")
