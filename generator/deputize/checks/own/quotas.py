"""AWS's quotas and patterns for everything a role has, and the partition it is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from deputize.checks.own import sample
from deputize.checks.own.subject import Subject
from deputize.checks.rule import Hit, Rule
from deputize.iam import limits
from deputize.iam.arn import parse_policy_arn
from deputize.iam.limits import Limit
from deputize.iam.policy import NamedPolicy, Policy, Statement
from deputize.model.display import shown
from deputize.model.role import TENANT_TAG
from deputize.model.values import Severity

_QUOTAS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
_CREATE = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"
_CHAINING = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining"
_PARTITIONS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"


def over(limit: Limit, size: int) -> str | None:
    """Why `size` is outside the limit, or None when it is not."""
    if limit.low <= size <= limit.high:
        return None
    return f"has {size:,} {limit.unit}; AWS takes {limit.low:,} to {limit.high:,}"


def _text(limit: Limit, text: str, where: str) -> Iterator[Hit]:
    if not limit.admits(text):
        yield Hit(f"{shown(text, 80)} is no {limit.name} of {limit.low} to {limit.high} {limit.unit}", where)


def _names(subject: Subject) -> Iterator[Hit]:
    yield from _text(limits.ROLE_NAME, subject.role.name, "name")
    yield from _text(limits.PATH, subject.role.path, "path")
    yield from _text(limits.DESCRIPTION, subject.role.description, "description")


def _policy_names(subject: Subject) -> Iterator[Hit]:
    names = [policy.name for policy in subject.role.policies]
    for name in names:
        yield from _text(limits.POLICY_NAME, name, "policies")
    if len({name.lower() for name in names}) < len(names):
        yield Hit("two policies have the same name (IAM ignores case)", "policies")


def _tags(subject: Subject) -> Iterator[Hit]:
    tags = subject.role.tags
    if what := over(limits.TAGS, len(tags)):
        yield Hit(what, "tags")
    for key, value in tags:
        yield from _text(limits.TAG_KEY, key, "tags")
        yield from _text(limits.TAG_VALUE, value, "tags")
    if len({key.lower() for key, _ in tags}) < len(tags):
        yield Hit("two tags have the same key (IAM ignores case)", "tags")


def _session(subject: Subject) -> Iterator[Hit]:
    if what := over(limits.SESSION_DURATION, subject.role.max_session):
        yield Hit(what, "max session duration")


def _chained(subject: Subject) -> Iterator[Hit]:
    if subject.role.max_session > limits.CHAINED_SESSION.high:
        yield Hit(
            f"is {subject.role.max_session} seconds; a vendor that enters from another role gets at most "
            f"{limits.CHAINED_SESSION.high}",
            "max session duration",
        )


def _boundary(subject: Subject) -> Iterator[Hit]:
    boundary = subject.role.boundary
    if boundary is not None and parse_policy_arn(boundary) is None:
        yield Hit(f"{shown(boundary, 120)} is no managed policy's ARN", "permissions boundary")


def _managed_size(subject: Subject) -> Iterator[Hit]:
    if subject.role.delivery == "managed":
        for policy in subject.role.policies:
            if what := over(limits.MANAGED_POLICY, len(policy.document.compact())):
                yield Hit(what, f"policy {policy.name}")


def _inline_size(subject: Subject) -> Iterator[Hit]:
    if subject.role.delivery == "inline":
        total = sum(len(policy.document.compact()) for policy in subject.role.policies)
        if what := over(limits.INLINE_POLICIES, total):
            yield Hit(what, "inline policies")


def _attached(subject: Subject) -> Iterator[Hit]:
    own = len(subject.role.policies) if subject.role.delivery == "managed" else 0
    if what := over(limits.ATTACHED_POLICIES, len(subject.role.managed_arns) + own):
        yield Hit(what, "managed policies")


def _partition(subject: Subject) -> Iterator[Hit]:
    wanted = subject.expected.partition
    for where, text in _arns(subject):
        if text.startswith("arn:") and text.split(":", 2)[1] != wanted:
            yield Hit(f"{shown(text, 120)} is not in partition {wanted}", where)


def _arns(subject: Subject) -> Iterator[tuple[str, str]]:
    role = subject.role
    for statement in role.trust.statements:
        conditions = (value for condition in statement.conditions for value in condition.values)
        yield from (("trust", text) for text in (*(one.text for one in statement.principals), *conditions))
    for policy in role.policies:
        for statement in policy.document.statements:
            yield from ((f"policy {policy.name}", resource) for resource in statement.resources)
    yield from (("managed policies", arn) for arn in role.managed_arns)
    if role.boundary is not None:
        yield "permissions boundary", role.boundary


def _tenant(subject: Subject) -> Iterator[Hit]:
    found = dict(subject.role.tags).get(TENANT_TAG)
    if found != subject.expected.tenant:
        yield Hit(f"the tag {TENANT_TAG} does not name the tenant", "tags")


def _many(count: int) -> tuple[str, ...]:
    return tuple(f"arn:aws:iam::aws:policy/Number{number}" for number in range(count))


def _long(number: int) -> NamedPolicy:
    statement = Statement("Long", "Allow", (f"ec2:Describe{'x' * 6100}",), ("*",))
    return NamedPolicy(f"long-{number}", Policy((statement,)))


_LONG = (_long(1), _long(2))

QUOTA_RULES: tuple[Rule[Subject], ...] = (
    Rule(
        id="role-name",
        severity=Severity.ERROR,
        title="Role name, path and description are what IAM takes",
        why="IAM refuses the role.",
        mend="change role.name, role.path or role.description in vendor.yaml",
        reference=_CREATE,
        good=sample.role(description="Zugriff für Kosten"),
        bad=sample.role(name="x" * 65),
        check=_names,
    ),
    Rule(
        id="policy-name",
        severity=Severity.ERROR,
        title="Policy names are what IAM takes, and differ",
        why="IAM refuses the policy, or one replaces another.",
        mend="change role.name in vendor.yaml",
        reference=_QUOTAS,
        good=sample.role(),
        bad=sample.role(policies=tuple(replace(policy, name="a b") for policy in sample.ROLE.policies)),
        check=_policy_names,
    ),
    Rule(
        id="role-tags",
        severity=Severity.ERROR,
        title="Tags are what IAM takes, and at most 50",
        why="IAM refuses the role.",
        mend="change role.tags in vendor.yaml",
        reference=_QUOTAS,
        good=sample.role(),
        bad=sample.role(tags=(*sample.ROLE.tags, ("key", "a"), ("KEY", "b"))),
        check=_tags,
    ),
    Rule(
        id="role-tenant",
        severity=Severity.ERROR,
        title="The role's tag names its tenant",
        why="deputize updates and removes only what its tags say is this tenant's.",
        mend="render the bundle again",
        reference=_CREATE,
        good=sample.role(),
        bad=sample.role(tags=()),
        check=_tenant,
    ),
    Rule(
        id="role-session",
        severity=Severity.ERROR,
        title="Sessions last one to twelve hours",
        why="IAM refuses the role.",
        mend="change role.max_session_duration in vendor.yaml",
        reference=_CREATE,
        good=sample.role(max_session=43200),
        bad=sample.role(max_session=43201),
        check=_session,
    ),
    Rule(
        id="role-session-chained",
        severity=Severity.NOTE,
        title="Sessions longer than role chaining gives",
        why="A vendor that enters from another role gets an hour at most, whatever the role allows.",
        mend="use 3600, unless the vendor enters as an IAM user",
        reference=_CHAINING,
        good=sample.role(max_session=3600),
        bad=sample.role(max_session=7200),
        check=_chained,
    ),
    Rule(
        id="role-boundary",
        severity=Severity.ERROR,
        title="The permissions boundary is a managed policy's ARN",
        why="IAM refuses the role.",
        mend="give a full ARN, or none",
        reference=_CREATE,
        good=sample.role(boundary="arn:aws:iam::444455556666:policy/Boundary"),
        bad=sample.role(boundary="Boundary"),
        check=_boundary,
    ),
    Rule(
        id="quota-managed-policy",
        severity=Severity.ERROR,
        title="A managed policy has at most 6,144 characters",
        why="IAM refuses the policy; this quota cannot be raised.",
        mend="ask for less, or use wildcards such as ec2:Describe*",
        reference=_QUOTAS,
        good=sample.role(),
        bad=sample.role(policies=_LONG),
        check=_managed_size,
    ),
    Rule(
        id="quota-inline-policies",
        severity=Severity.ERROR,
        title="The inline policies of a role have at most 10,240 characters together",
        why="IAM refuses the policy.",
        mend="use delivery: managed",
        reference=_QUOTAS,
        good=sample.role(delivery="inline"),
        bad=sample.role(delivery="inline", policies=_LONG),
        check=_inline_size,
    ),
    Rule(
        id="quota-attached-policies",
        severity=Severity.ERROR,
        title="A role has at most 10 managed policies",
        why="IAM refuses to attach more, unless the customer's account had the quota raised.",
        mend="ask for less",
        reference=_QUOTAS,
        good=sample.role(managed_arns=_many(9)),
        bad=sample.role(managed_arns=_many(10)),
        check=_attached,
    ),
    Rule(
        id="partition",
        severity=Severity.ERROR,
        title="Every ARN is in the role's partition",
        why="STS and IAM do not cross partitions: nothing there can ever match.",
        mend="render the bundle for the tenant's own partition",
        reference=_PARTITIONS,
        good=sample.role(),
        bad=sample.role(managed_arns=("arn:aws-cn:iam::aws:policy/SecurityAudit",)),
        check=_partition,
    ),
)
