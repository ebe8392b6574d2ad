"""AWS's quotas for a role of any origin: what IAM would refuse, as far as the file tells.

A text that the file does not hold counts as empty, so what is refused here is refused for every value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from deputize.checks.access.statements import unknown_in
from deputize.checks.own.quotas import over
from deputize.checks.placed import HitThere
from deputize.checks.rule import Rule
from deputize.checks.rules import access_sample as sample
from deputize.iam import limits
from deputize.iam.arn import parse_policy_arn
from deputize.iam.limits import Limit
from deputize.iam.policy import compact_json
from deputize.model.display import shown
from deputize.model.values import Severity
from deputize.model.world import Document, FoundPolicy, FoundRole, Place, Unknown

_QUOTAS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
_CREATE = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"


def least_size(document: Document) -> int:
    """Characters of the compact policy with every unknown empty, but an account's ID, which has a known length."""
    size = len(text := compact_json(document.value))
    for one in document.unknowns:
        if not limits.ACCOUNT_ID.admits(one.stand_in):
            size -= text.count(one.stand_in) * len(one.stand_in)
    return size


def _sized(limit: Limit, size: int, place: Place, unknowns: Sequence[Unknown]) -> Iterator[HitThere]:
    if what := over(limit, size):
        yield HitThere(what.replace("has ", "has at least ", 1) if unknowns else what, place=place)


def _trust_size(role: FoundRole) -> Iterator[HitThere]:
    if role.trust is not None:
        yield from _sized(limits.TRUST_POLICY, least_size(role.trust), role.trust.place(()), role.trust.unknowns)


def _managed_size(role: FoundRole) -> Iterator[HitThere]:
    for one in role.policies:
        if one.delivery == "managed":
            document = one.document
            yield from _sized(limits.MANAGED_POLICY, least_size(document), document.place(()), document.unknowns)


def _inline_size(role: FoundRole) -> Iterator[HitThere]:
    inline = [one.document for one in role.policies if one.delivery == "inline"]
    unknowns = [unknown for one in inline for unknown in one.unknowns]
    if inline:
        yield from _sized(limits.INLINE_POLICIES, sum(map(least_size, inline)), inline[-1].place(()), unknowns)


def _lone_size(policy: FoundPolicy) -> Iterator[HitThere]:
    document = policy.document
    size = least_size(document)
    if policy.delivery == "alone" and size > limits.MANAGED_POLICY.high:
        inline = " and not as an inline one" if size > limits.INLINE_POLICIES.high else ""
        what = f"has {size:,} characters: IAM does not take it as a managed policy{inline}"
        yield HitThere(what, place=document.place(()))
    elif policy.delivery == "managed":
        yield from _sized(limits.MANAGED_POLICY, size, document.place(()), document.unknowns)


def _attached(role: FoundRole) -> Iterator[HitThere]:
    made = [one for one in role.policies if one.delivery == "managed"]
    if what := over(limits.ATTACHED_POLICIES, len(role.managed) + len(made)):
        yield HitThere(what, place=role.managed[-1].place if role.managed else made[-1].document.place(()))


def _managed_arn(role: FoundRole) -> Iterator[HitThere]:
    for one, what in (*((one, "a managed policy's ARN") for one in role.managed), (role.boundary, "a boundary's ARN")):
        if one is not None and unknown_in(one.value, role.unknowns) is None and parse_policy_arn(one.value) is None:
            yield HitThere(f"{shown(one.value, 120)} is not {what}", place=one.place)


def _trusts(size: int) -> Callable[[], FoundRole]:
    return lambda: replace(_ROLE, trust=sample.document({"Sid": "x" * (size - 49)}))


def _has(size: int, delivery: str, count: int = 1) -> Callable[[], FoundRole]:
    policy = FoundPolicy("access", sample.document({"Sid": "x" * (size - 49)}), delivery)
    return lambda: replace(_ROLE, policies=tuple(replace(policy, name=f"access{n}") for n in range(count)))


def _alone(size: int) -> Callable[[], FoundPolicy]:
    return lambda: FoundPolicy("access", sample.document({"Sid": "x" * (size - 49)}), "alone")


def _with(**changes: object) -> Callable[[], FoundRole]:
    return lambda: sample.role(**changes)  # type: ignore[arg-type]  # the caller names fields of a role


def _arns(count: int) -> tuple[str, ...]:
    return tuple(f"arn:aws:iam::aws:policy/Number{number}" for number in range(count))


_ROLE = sample.role()

QUOTA_RULES: tuple[Rule[FoundRole], ...] = (
    Rule(
        id="limit-trust-policy",
        severity=Severity.ERROR,
        title="A role's trust policy has at most 2,048 characters",
        why="IAM refuses the role, unless the account had the quota raised.",
        mend="name fewer principals or external IDs",
        reference=_QUOTAS,
        good=_trusts(2048),
        bad=_trusts(2049),
        check=_trust_size,
    ),
    Rule(
        id="limit-managed-policy",
        severity=Severity.ERROR,
        title="A customer managed policy has at most 6,144 characters",
        why="IAM refuses the policy; this quota cannot be raised.",
        mend="split the policy, or use wildcards such as ec2:Describe*",
        reference=_QUOTAS,
        good=_has(6144, "managed"),
        bad=_has(6145, "managed"),
        check=_managed_size,
    ),
    Rule(
        id="limit-inline-policies",
        severity=Severity.ERROR,
        title="A role's inline policies have at most 10,240 characters together",
        why="IAM refuses the last of them.",
        mend="use managed policies",
        reference=_QUOTAS,
        good=_has(5120, "inline", 2),
        bad=_has(5121, "inline", 2),
        check=_inline_size,
    ),
    Rule(
        id="limit-attached-policies",
        severity=Severity.ERROR,
        title="A role has at most 10 managed policies",
        why="IAM refuses to attach more, unless the account had the quota raised.",
        mend="attach fewer",
        reference=_QUOTAS,
        good=_with(managed=_arns(10)),
        bad=_with(managed=_arns(11)),
        check=_attached,
    ),
    Rule(
        id="limit-managed-arn",
        severity=Severity.ERROR,
        title="Attached policies and the permissions boundary are ARNs of managed policies",
        why="IAM refuses the role.",
        mend="write the full ARN",
        reference=_CREATE,
        good=_with(managed=("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess", "unknown0001")),
        bad=_with(managed=("SecurityAudit",)),
        check=_managed_arn,
    ),
)

LONE_RULES: tuple[Rule[FoundPolicy], ...] = (
    Rule(
        id="limit-lone-policy",
        severity=Severity.WARNING,
        title="A policy alone in its file fits a managed policy: 6,144 characters",
        why="IAM refuses it there; a role's inline policies have 10,240 together.",
        mend="split the policy, or use wildcards such as ec2:Describe*",
        reference=_QUOTAS,
        good=_alone(6144),
        bad=_alone(6145),
        check=_lone_size,
    ),
)
