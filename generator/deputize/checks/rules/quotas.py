"""AWS's quotas for a role of any origin: what IAM would refuse, as far as the file tells.

A text that the file does not hold counts as empty, so what is refused here is refused for every value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deputize.checks.access.statements import unknown_in
from deputize.checks.judgement import Judgement, of_role
from deputize.checks.rule import Example, Hit, Rule, over
from deputize.checks.rules.examples import ACCESS, MANAGED, TEMPLATE, TRUST, TWO_INLINE
from deputize.iam import limits
from deputize.iam.arn import parse_policy_arn
from deputize.iam.limits import Limit
from deputize.model.display import shown
from deputize.model.values import Severity
from deputize.model.world import Document, FoundPolicy, FoundRole, Place, Unknown

_QUOTAS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
_CREATE = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"


def least_size(document: Document) -> int:
    """Characters of the compact policy with every unknown empty, but an account's ID, which has a known length."""
    size = len(text := document.compact)
    for one in document.unknowns:
        if not limits.ACCOUNT_ID.admits(one.stand_in):
            size -= text.count(one.stand_in) * len(one.stand_in)
    return size


def _sized(limit: Limit, size: int, place: Place, unknowns: Sequence[Unknown]) -> Iterator[Hit]:
    if what := over(limit, size):
        yield Hit(what.replace("has ", "has at least ", 1) if unknowns else what, place)


def _trust_size(role: FoundRole) -> Iterator[Hit]:
    if role.trust is not None:
        yield from _sized(limits.TRUST_POLICY, least_size(role.trust), role.trust.place(()), role.trust.unknowns)


def _managed_size(role: FoundRole) -> Iterator[Hit]:
    for one in role.policies:
        if one.delivery == "managed":
            document = one.document
            yield from _sized(limits.MANAGED_POLICY, least_size(document), document.place(()), document.unknowns)


def _inline_size(role: FoundRole) -> Iterator[Hit]:
    inline = [one.document for one in role.policies if one.delivery == "inline"]
    unknowns = [unknown for one in inline for unknown in one.unknowns]
    if inline:
        yield from _sized(limits.INLINE_POLICIES, sum(map(least_size, inline)), inline[-1].place(()), unknowns)


def _lone_size(policy: FoundPolicy) -> Iterator[Hit]:
    document = policy.document
    size = least_size(document)
    if policy.delivery == "alone" and size > limits.MANAGED_POLICY.high:
        inline = " and not as an inline one" if size > limits.INLINE_POLICIES.high else ""
        what = f"has {size:,} characters: IAM does not take it as a managed policy{inline}"
        yield Hit(what, document.place(()))
    elif policy.delivery == "managed":
        yield from _sized(limits.MANAGED_POLICY, size, document.place(()), document.unknowns)


def _attached(role: FoundRole) -> Iterator[Hit]:
    made = [one for one in role.policies if one.delivery == "managed"]
    if what := over(limits.ATTACHED_POLICIES, len(role.managed) + len(made)):
        yield Hit(what, role.managed[-1].place if role.managed else made[-1].document.place(()))


def _managed_arn(role: FoundRole) -> Iterator[Hit]:
    for one, what in (*((one, "a managed policy's ARN") for one in role.managed), (role.boundary, "a boundary's ARN")):
        if one is not None and unknown_in(one.value, role.unknowns) is None and parse_policy_arn(one.value) is None:
            yield Hit(f"{shown(one.value, 120)} is not {what}", one.place)


_TRUST = TRUST.replace('"Effect"', f'"Sid": "{"x" * 1809}", "Effect"')
_MANAGED = MANAGED.replace("Sid: Instances", f"Sid: {'x' * 6030}")
_INLINE = TWO_INLINE.replace("Sid: Instances", f"Sid: {'x' * 4983}")
_LONE = ACCESS.replace('"Effect"', f'"Sid": "{"x" * 6032}", "Effect"')
_ARN = "        - !Sub arn:${AWS::Partition}:iam::aws:policy/"
_ATTACHED = TEMPLATE.replace(
    f"{_ARN}AWSBudgetsReadOnlyAccess\n",
    "".join(
        f"{_ARN}{name}\n"
        for name in (
            "AWSAccountManagementReadOnlyAccess",
            "AWSBudgetsReadOnlyAccess",
            "AWSCertificateManagerReadOnly",
            "AmazonGuardDutyReadOnlyAccess",
            "AmazonElastiCacheReadOnlyAccess",
            "AWSOrganizationsReadOnlyAccess",
            "AWSSavingsPlansReadOnlyAccess",
            "AmazonRoute53ReadOnlyAccess",
            "AmazonSNSReadOnlyAccess",
            "AmazonSQSReadOnlyAccess",
        )
    ),
)

TRUST_SIZE: Rule[Judgement] = Rule(
    id="quota-trust-policy",
    severity=Severity.ERROR,
    title="A role's trust policy has at most 2,048 characters",
    why="IAM refuses the role, unless the account had the quota raised.",
    mend="name fewer principals or external IDs",
    reference=_QUOTAS,
    check=of_role(_trust_size),
    elsewhere=Severity.ERROR,
    example=Example(_TRUST, '"Sid": "x', '"Sid": "xx'),
)

QUOTA_RULES: tuple[Rule[Judgement], ...] = (
    TRUST_SIZE,
    Rule(
        id="quota-managed-policy",
        severity=Severity.ERROR,
        title="A customer managed policy has at most 6,144 characters",
        why="IAM refuses the policy; this quota cannot be raised.",
        mend="split the policy, or use wildcards such as ec2:Describe*",
        reference=_QUOTAS,
        check=of_role(_managed_size),
        elsewhere=Severity.ERROR,
        example=Example(_MANAGED, "Sid: x", "Sid: xx"),
    ),
    Rule(
        id="quota-inline-policies",
        severity=Severity.ERROR,
        title="A role's inline policies have at most 10,240 characters together",
        why="IAM refuses the last of them.",
        mend="use managed policies",
        reference=_QUOTAS,
        check=of_role(_inline_size),
        elsewhere=Severity.ERROR,
        example=Example(_INLINE, "Sid: x", "Sid: xx"),
    ),
    Rule(
        id="quota-attached-policies",
        severity=Severity.ERROR,
        title="A role has at most 10 managed policies",
        why="IAM refuses to attach more, unless the account had the quota raised.",
        mend="attach fewer",
        reference=_QUOTAS,
        check=of_role(_attached),
        elsewhere=Severity.ERROR,
        example=Example(_ATTACHED, f"{_ARN}AmazonSNS", f"{_ARN}ServiceQuotasReadOnlyAccess\n{_ARN}AmazonSNS"),
    ),
    Rule(
        id="managed-malformed",
        severity=Severity.ERROR,
        title="Attached policies and the permissions boundary are ARNs of managed policies",
        why="IAM refuses the role.",
        mend="write the full ARN",
        reference=_CREATE,
        check=of_role(_managed_arn),
        elsewhere=Severity.ERROR,
        example=Example(TEMPLATE, "!Sub arn:${AWS::Partition}:iam::aws:policy/IAMReadOnlyAccess", "IAMReadOnlyAccess"),
    ),
)

LONE_RULES: tuple[Rule[FoundPolicy], ...] = (
    Rule(
        id="quota-lone-policy",
        severity=Severity.WARNING,
        title="A policy alone in its file fits a managed policy: 6,144 characters",
        why="IAM refuses it there; a role's inline policies have 10,240 together.",
        mend="split the policy, or use wildcards such as ec2:Describe*",
        reference=_QUOTAS,
        check=_lone_size,
        elsewhere=Severity.WARNING,
        example=Example(_LONE, '"Sid": "x', '"Sid": "xx'),
    ),
)
