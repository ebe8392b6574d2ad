"""The rules about identity providers and the roles of IAM Identity Center: a trust policy says who is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deputize.checks.rule import Example, Hit, Rule, some
from deputize.checks.rules.examples import PROVIDER, TRUST
from deputize.checks.trust.attribution import JudgedTrust, of_case
from deputize.checks.trust.case import RoleTrust
from deputize.checks.trust.providers import open_providers_of
from deputize.iam.policy import path_of
from deputize.iam.trust.callers import PRINCIPAL_ARN
from deputize.iam.trust.providers import OpenProvider
from deputize.model.display import shown
from deputize.model.values import Severity

_SHARED = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html"

_PERMISSION_SETS = "https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html"
_WITHOUT_PATH = re.compile(r"arn:[^:]*:iam::[^:]*:role/AWSReservedSSO_.*", re.ASCII | re.DOTALL)


def _open(case: RoleTrust) -> Iterator[Hit]:
    """Principals by which whoever has a user at the provider may assume the role."""
    for one in open_providers_of(case):
        who = f"{one.provider.name}, where everybody has users" if one.provider.shared else one.provider.name
        what = f"trusts {case.named(one.principal.text)}, {who}, and no condition says whose: {_said(case, one)}"
        # Where a third party may assume it too, another provider is still one's own.
        severity = Severity.ERROR if one.provider.shared else Severity.WARNING
        yield Hit(f"{what} ({one.provider.page})", case.document.place(one.principal.path), severity)


def _said(case: RoleTrust, one: OpenProvider) -> str:
    wanted = f" with {one.provider.value}" if one.provider.value else ""
    key = case.named(one.key)
    if one.compared:
        values = some([shown(value, 60) for value in one.compared], 3)
        return f"{key} is compared with {values}, which names nobody; compare it{wanted or ' with a name'}"
    return f"compare {key}{wanted}"


def _without_path(case: RoleTrust) -> Iterator[Hit]:
    """Roles of IAM Identity Center that are named without the path that each of them has."""
    for statement in case.statements:
        conditions = (one for one in statement.conditions if one.key.lower() == PRINCIPAL_ARN)
        for text in (*(one.text for one in statement.principals), *(v for one in conditions for v in one.values)):
            if _WITHOUT_PATH.fullmatch(text):
                what = f"names {case.named(text)}, and no role is: IAM Identity Center's are at"
                yield case.hit(f"{what} role/aws-reserved/sso.amazonaws.com/[REGION/]AWSReservedSSO_...", path_of(text))


PROVIDER_RULES: tuple[Rule[JudgedTrust], ...] = (
    Rule(
        id="trust-provider-open",
        severity=Severity.ERROR,
        title="A trust in an identity provider says whose users may enter (a warning where all are one's own)",
        why="At a shared provider, as GitHub or Cognito, strangers have users too: what names nobody is theirs.",
        mend="compare the claim that says who it is with StringEquals, or StringLike behind the name",
        reference=_SHARED,
        check=of_case(_open),
        elsewhere=Severity.WARNING,
        example=Example(PROVIDER, "login.example.com:aud", "login.example.com:amr"),
    ),
    Rule(
        id="trust-sso-path",
        severity=Severity.WARNING,
        title="A role of IAM Identity Center is named with its path",
        why="Without the path no role has this name: whoever is meant is kept out, or IAM refuses the policy.",
        mend="write the ARN as IAM shows it; its end changes when the permission set is made again, so better compare "
        "aws:PrincipalArn by ArnLike with role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_NAME_*",
        reference=_PERMISSION_SETS,
        check=of_case(_without_path),
        elsewhere=Severity.WARNING,
        example=Example(TRUST, "role/reader", "role/AWSReservedSSO_Reader_0123456789abcdef"),
    ),
)
