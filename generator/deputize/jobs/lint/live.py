"""Judge a role as it is in an account: what IAM says about it, with the rules for files of any origin."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from deputize.aws.client import Session
from deputize.aws.live_role import LiveRole, read_live_role
from deputize.aws.wire import ROLE_SECONDS, time_limit
from deputize.checks.details import Located
from deputize.checks.rules.files import NOT_UNDERSTOOD
from deputize.errors import InputError, Problem, ServiceError
from deputize.iam.arn import RoleArn, is_aws_managed, parse_role_arn
from deputize.jobs.lint.file import FileReport, Judging, judged_file
from deputize.model.display import shown
from deputize.model.world import FoundPolicy
from deputize.read.any import read_any
from deputize.read.found import FoundFile

_INLINE, _MANAGED = "inline policy ", "policy "


@time_limit(ROLE_SECONDS)
def lint_live_role(role_arn: str, judging: Judging, session: Session) -> FileReport:
    """Judge a role by its ARN; nothing is changed or assumed.

    session: of an identity of the role's own account. What it may not read is a finding: that is not judged.
    Raises InputError for what is no ARN of a role, ServiceError when the role cannot be read.
    """
    arn = parse_role_arn(role_arn)
    if arn is None:
        mend = "give one like arn:aws:iam::444455556666:role/name"
        raise InputError(Problem("--role-arn", f"{shown(role_arn, 100)} is no ARN of a role", mend))
    live = read_live_role(session, arn)
    if live.trust is None:
        raise ServiceError(_unread(role_arn, arn, live, session))
    text = f"{json.dumps(_answer(role_arn, arn.name, live), indent=2)}\n"
    file = _with_managed(read_any(text.encode(), role_arn, {}), live, role_arn)
    if judging.expected.given.vendor_accounts:
        judging = replace(judging, expected=judging.expected.asked())
    report = judged_file(file, text, role_arn, judging)
    unread = (
        NOT_UNDERSTOOD.finding(f"could not be read: {one}", role_arn, mend="allow it, or ask its owner")
        for one in live.unread
    )
    return replace(report, found=(*report.found, *map(Located, unread)))


def _unread(role_arn: str, arn: RoleArn, live: LiveRole, session: Session) -> Problem:
    """Why a role could not be read: the wrong account was asked, it is not there, or its reading is not allowed."""
    if not live.is_missing and not live.arn:
        what = f"could not be read: {', '.join(live.unread)}"
        return Problem(role_arn, what, "use credentials of its account that may read it")
    asked = session.caller().account_id
    if asked != arn.account_id:
        what = (
            f"is in account {arn.account_id}, and the credentials are of account {asked}, whose roles IAM answers for"
        )
        if live.unread and not live.is_missing:
            what += f"; and could not be read: {', '.join(live.unread)}"
        return Problem(role_arn, what, f"use credentials of account {arn.account_id}")
    if live.is_missing:
        what = f"there is no role of that name in account {asked}"
        return Problem(role_arn, what, "check the name, as `aws iam list-roles` shows it: STS tells capitals apart")
    return Problem(role_arn, f"could not be read: {', '.join(live.unread)}", "check its path and name")


def _answer(role_arn: str, name: str, live: LiveRole) -> Mapping[str, Any]:
    """The role as `aws iam get-account-authorization-details` shows it."""
    inline = [(key.removeprefix(_INLINE), one) for key, one in live.documents.items() if key.startswith(_INLINE)]
    arns = [key.removeprefix(_MANAGED) for key in live.documents if not key.startswith(_INLINE)]
    of_aws = [one for one in (*arns, *live.aws_managed) if is_aws_managed(one)]
    boundary = {} if live.boundary is None else {"PermissionsBoundary": {"PermissionsBoundaryArn": live.boundary}}
    session = {} if live.max_session is None else {"MaxSessionDuration": live.max_session}
    role = {
        "RoleName": name,
        "Arn": role_arn,
        "AssumeRolePolicyDocument": live.trust,
        "RolePolicyList": [{"PolicyName": key, "PolicyDocument": one} for key, one in inline],
        "AttachedManagedPolicies": [{"PolicyArn": one} for one in of_aws],
        **session,
        **boundary,
    }
    return {"RoleDetailList": [role]}


def _with_managed(file: FoundFile, live: LiveRole, role_arn: str) -> FoundFile:
    """The file with the documents of the customer's own managed policies on its role."""
    policies = tuple(_managed(live, role_arn))
    return replace(file, roles=tuple(replace(one, policies=(*one.policies, *policies)) for one in file.roles))


def _managed(live: LiveRole, role_arn: str) -> Iterator[FoundPolicy]:
    for key, document in live.documents.items():
        arn = key.removeprefix(_MANAGED)
        if key.startswith(_INLINE) or is_aws_managed(arn):
            continue
        name = arn.rpartition("/")[2]
        text = json.dumps(document, indent=2)
        for one in read_any(text.encode(), f"{role_arn}: policy {name}", {}).policies:
            yield replace(one, name=name, delivery="managed")
