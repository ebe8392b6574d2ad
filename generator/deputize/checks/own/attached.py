"""How the access is put together: plain Allow statements, AWS's own managed policies, and the role reading itself."""

from __future__ import annotations

from collections.abc import Iterator

from deputize.checks.own import sample
from deputize.checks.own.access_parts import managed, statements, verdict
from deputize.checks.own.subject import Subject
from deputize.checks.rule import Hit, Rule, some
from deputize.iam.arn import parse_policy_arn
from deputize.iam.managed import managed_policy
from deputize.iam.policy import Statement
from deputize.model.display import shown
from deputize.model.values import Severity

_GRAMMAR = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"
_MANAGED = "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html"
_ROLE = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html"

_SELF = frozenset(("iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"))


def _plain(subject: Subject) -> Iterator[Hit]:
    for where, statement in statements(subject):
        faults = (
            (statement.effect != "Allow", "has Effect Deny"),
            (bool(statement.principals), "has a Principal"),
            (bool(statement.conditions), "has a Condition"),
            (not statement.actions, "has no Action"),
            (not statement.resources, "has no Resource"),
            (
                any(not one.startswith("arn:") and one != "*" for one in statement.resources),
                "has a Resource but no ARN",
            ),
        )
        for fault, what in faults:
            if fault:
                yield Hit(what, where)
    for policy in subject.role.policies:
        if not policy.document.statements:
            yield Hit("has no statement", f"policy {policy.name}")


def _foreign(subject: Subject) -> Iterator[Hit]:
    for arn in subject.role.managed_arns:
        parsed = parse_policy_arn(arn)
        if parsed is None or parsed[1] != "aws":
            yield Hit(f"{shown(arn, 120)} is no policy of AWS's, so what it allows is not known", "managed policies")


def _snapshot(subject: Subject) -> Iterator[Hit]:
    for arn in subject.role.managed_arns:
        parsed = parse_policy_arn(arn)
        if parsed is not None and parsed[1] == "aws":
            found = managed_policy(parsed[2].removeprefix("/"))
            if found is None:
                yield Hit(f"{shown(arn, 120)} has no snapshot, so nothing is proved about it", "managed policies")
            elif not found.understood:
                yield Hit(f"the snapshot of {shown(arn, 120)} has elements that are not understood", "managed policies")


def _retired(subject: Subject) -> Iterator[Hit]:
    for arn, policy in managed(subject):
        if found := [pattern for pattern in policy.patterns if not verdict(pattern).known]:
            what = f"{len(found)} pattern(s) match no known action, so nothing is proved about them: {some(found)}"
            yield Hit(f"{what} (as of snapshot {policy.version}, {policy.date})", f"managed policy {arn}")


def _self_read(subject: Subject) -> Iterator[Hit]:
    role, expected = subject.role, subject.expected
    own = f"arn:{expected.partition}:iam::{expected.account_id or '*'}:role{role.path}{role.name}"
    found = [statement for _, statement in statements(subject) if statement.sid == "ReadThisRole"]
    if not found:
        yield Hit("no statement ReadThisRole lets the role read itself")
    for statement in found:
        if statement.resources != (own,):
            yield Hit(f"ReadThisRole is for {some([shown(one, 120) for one in statement.resources])}, not {own}")
        if missing := sorted(_SELF - set(statement.actions)):
            yield Hit(f"ReadThisRole lacks {some(missing)}")


ATTACHED_RULES: tuple[Rule[Subject], ...] = (
    Rule(
        id="access-grammar",
        severity=Severity.ERROR,
        title="Access statements allow actions on resources, and nothing else",
        why="Deny, conditions and principals have no place in what deputize writes; what is there came from elsewhere.",
        mend="render the bundle again",
        reference=_GRAMMAR,
        good=sample.allows("ec2:DescribeInstances"),
        bad=sample.reads(Statement("More", "Deny", ("ec2:DescribeInstances",), ("*",))),
        check=_plain,
    ),
    Rule(
        id="access-managed-foreign",
        severity=Severity.ERROR,
        title="Attached managed policies are AWS's own",
        why="Whoever owns a policy changes what it allows, and deputize cannot read it.",
        mend="write its statements into vendor.yaml: access.statements",
        reference=_MANAGED,
        good=sample.attaches("arn:aws:iam::aws:policy/SecurityAudit"),
        bad=sample.attaches("arn:aws:iam::444455556666:policy/Reader"),
        check=_foreign,
    ),
    Rule(
        id="access-managed-snapshot",
        severity=Severity.ERROR,
        title="Attached managed policies have a snapshot",
        why="Without its text nothing about it can be proved.",
        mend="use one that has a snapshot, or statements",
        reference=_MANAGED,
        good=sample.attaches("arn:aws:iam::aws:policy/SecurityAudit"),
        bad=sample.attaches("arn:aws:iam::aws:policy/PowerUserAccess"),
        check=_snapshot,
    ),
    Rule(
        id="access-managed-retired",
        severity=Severity.NOTE,
        title="Patterns of an AWS managed policy that match no known action",
        why="They are of retired services, or of ones newer than the catalogue of actions.",
        mend="",
        reference=_MANAGED,
        good=sample.attaches("arn:aws:iam::aws:policy/IAMReadOnlyAccess"),
        bad=sample.attaches("arn:aws:iam::aws:policy/SecurityAudit"),
        check=_retired,
    ),
    Rule(
        id="access-self-read",
        severity=Severity.ERROR,
        title="The role can read itself, and no other role that way",
        why="Reading its own trust and access policies is how anyone can check them from outside.",
        mend="render the bundle again",
        reference=_ROLE,
        good=sample.role(),
        bad=sample.role(name="another-name"),
        check=_self_read,
    ),
)
