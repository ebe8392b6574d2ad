"""The access policies of a role: profile and vendor's own statements, packed into as few policies as AWS's quotas take.

Sizes are measured on compact JSON, with the customer's choices (role name, path) as long as they may become, so a
choice made at deployment never breaks a quota.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count

from deputize.errors import InputError, Problem
from deputize.iam import limits
from deputize.iam.arn import aws_managed_policy
from deputize.iam.policy import NamedPolicy, Policy, Statement, compact_json
from deputize.iam.role import Delivery
from deputize.model.profiles import AccessStatement, AllowedSecret, ManagedChoice, load_profile
from deputize.model.slots import PATH_CHOICE, ROLE_NAME_CHOICE, longest
from deputize.model.spec import AccessSpec
from deputize.model.text import Localized

POLICY_SUFFIX = "-access"
_EMPTY_POLICY = len(Policy(()).compact())

_SELF = "ReadThisRole"
_SELF_REASON = Localized(
    (
        ("en", "Lets the role read itself, so that anyone can check from outside what it may do and who may enter."),
        ("ja", "ロール自身の設定を読み取り、誰が引き受けられ何ができるかを確認できるようにします。"),
    )
)
_POLICIES = "ReadItsPolicies"
_POLICIES_REASON = Localized(
    (
        ("en", "Lets the role read the text of its own policies, for the same check."),
        ("ja", "同じ確認のために、ロールに付いているポリシーの内容を読み取ります。"),
    )
)


@dataclass(frozen=True, slots=True)
class Access:
    """What the role may do, packed: its own policies, the AWS managed ones, and why each part is there."""

    policies: tuple[NamedPolicy, ...]
    managed: tuple[ManagedChoice, ...]
    managed_arns: tuple[str, ...]
    reasons: tuple[tuple[str, Localized], ...]
    allowed_secrets: tuple[AllowedSecret, ...]

    def reason(self, sid: str) -> Localized:
        """Why the statement `sid` is there."""
        return dict(self.reasons)[sid]


def build_access(spec: AccessSpec, partition: str, account: str) -> Access:
    """Pack everything `spec` asks for. `account` is the customer's account ID, or `*` where it is not known.

    Raises InputError when statement IDs collide or AWS's quotas cannot hold it all; the message gives the sum.
    """
    profile = load_profile(spec.profile) if spec.profile is not None else None
    managed = (*(profile.managed if profile else ()), *spec.managed_policies)
    asked = (*(profile.statements if profile else ()), *spec.statements)
    secrets = (*(profile.allow_secrets if profile else ()), *spec.allow_secrets)
    arns = tuple(sorted({aws_managed_policy(partition, choice.name) for choice in managed}))
    _unique(asked)

    for planned in range(1, limits.ATTACHED_POLICIES.high + 1):
        own = _self_read(partition, account, arns, spec.delivery, split=planned > 1)
        parts = _parts([*own, *(_in_partition(item, partition) for item in asked)], spec.delivery)
        documents = _pack([part for part, _ in parts], spec.delivery)
        if len(documents) <= planned:
            break
    _check_quotas(documents, arns, spec.delivery)
    names = [f"{ROLE_NAME_CHOICE}{POLICY_SUFFIX}{f'-{n}' if n > 1 else ''}" for n in range(1, len(documents) + 1)]
    why = {item.sid: item.reason for item in asked} | {_SELF: _SELF_REASON, _POLICIES: _POLICIES_REASON}
    return Access(
        policies=tuple(NamedPolicy(name, document) for name, document in zip(names, documents, strict=True)),
        managed=managed,
        managed_arns=arns,
        reasons=tuple((str(part.sid), why[sid]) for part, sid in parts),
        allowed_secrets=secrets,
    )


def self_read_statement(role_arn: str) -> Statement:
    """The statement that lets a role read itself: who may assume it, and the policies that stand in it."""
    actions = ("iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies")
    return Statement(_SELF, "Allow", actions, (role_arn,))


def _self_read(
    partition: str, account: str, managed_arns: tuple[str, ...], delivery: Delivery, *, split: bool
) -> list[Statement]:
    role = f"arn:{partition}:iam::{account}:role{PATH_CHOICE}{ROLE_NAME_CHOICE}"
    found = [self_read_statement(role)]
    policy = f"arn:{partition}:iam::{account}:policy{PATH_CHOICE}{ROLE_NAME_CHOICE}{POLICY_SUFFIX}"
    own = () if delivery == "inline" else (f"{policy}*" if split else policy,)
    if own or managed_arns:
        reads = ("iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyVersions")
        found.append(Statement(_POLICIES, "Allow", reads, (*own, *managed_arns)))
    return found


def _in_partition(item: AccessStatement, partition: str) -> Statement:
    # Profiles are written once, for the partition `aws`; an ARN of another partition is left as the vendor gave it.
    resources = tuple(
        f"arn:{partition}:{resource.removeprefix('arn:aws:')}" if resource.startswith("arn:aws:") else resource
        for resource in item.resources
    )
    return Statement(item.sid, "Allow", item.actions, resources)


def _unique(asked: tuple[AccessStatement, ...]) -> None:
    taken = [_SELF, _POLICIES]
    problems = []
    for item in asked:
        if item.sid in taken:
            what = f"the statement ID {item.sid} is there twice, in the profile and in statements"
            problems.append(Problem("vendor: access.statements", what, "give the vendor's own statement another sid"))
        taken.append(item.sid)
    if problems:
        raise InputError(*problems)


def _room(delivery: Delivery) -> int:
    return (limits.MANAGED_POLICY if delivery == "managed" else limits.INLINE_POLICIES).high


def _pack(statements: list[Statement], delivery: Delivery) -> list[Policy]:
    documents: list[list[Statement]] = []
    used = room = _room(delivery)
    for statement in statements:
        size = _size(statement) + 1  # the comma between statements
        if used + size > room:
            documents.append([])
            used = _EMPTY_POLICY
        documents[-1].append(statement)
        used += size
    return [Policy(tuple(document)) for document in documents]


def _parts(statements: list[Statement], delivery: Delivery) -> list[tuple[Statement, str]]:
    """The statements, cut where one alone is longer than a policy, each with the statement ID of its whole."""
    taken = {str(statement.sid) for statement in statements}
    found = []
    for whole in statements:
        sid = str(whole.sid)
        first, *rest = _split(whole, _room(delivery) - _EMPTY_POLICY)
        found.append((replace(whole, actions=first), sid))
        for actions in rest:
            name = next(name for number in count(2) if (name := f"{sid}{number}") not in taken)
            taken.add(name)
            found.append((replace(whole, sid=name, actions=actions), sid))
    return found


def _split(statement: Statement, room: int) -> list[tuple[str, ...]]:
    """The statement's actions in runs that each, as a statement, fit into a policy of its own."""
    if _size(statement) + 1 <= room:
        return [statement.actions]
    runs: list[tuple[str, ...]] = [()]
    for action in statement.actions:
        trial = replace(statement, sid=f"{statement.sid}00", actions=(*runs[-1], action, ""))
        if runs[-1] and _size(trial) > room:
            runs.append(())
        runs[-1] = (*runs[-1], action)
    return runs


def _size(statement: Statement) -> int:
    return len(longest(compact_json(statement.to_json())))


def _check_quotas(documents: list[Policy], arns: tuple[str, ...], delivery: Delivery) -> None:
    where = "vendor: access"
    attached = len(arns) + (len(documents) if delivery == "managed" else 0)
    if attached > limits.ATTACHED_POLICIES.high:
        total = sum(len(longest(document.compact())) for document in documents)
        what = (
            f"needs {attached} managed policies ({len(documents)} of its own with {total} characters, "
            f"{len(arns)} of AWS); a role takes {limits.ATTACHED_POLICIES.high}"
        )
        raise InputError(Problem(where, what, "ask for less, or use wildcards such as ec2:Describe*"))
    if delivery == "inline":
        total = sum(len(longest(document.compact())) for document in documents)
        if total > limits.INLINE_POLICIES.high:
            what = f"needs {total} characters inline; a role takes {limits.INLINE_POLICIES.high}"
            raise InputError(Problem(where, what, "use delivery: managed"))
    over = [size for document in documents if (size := len(longest(document.compact()))) > limits.MANAGED_POLICY.high]
    if delivery == "managed" and over:
        what = f"one statement's resources alone need {over[0]} characters; a managed policy takes 6144"
        raise InputError(Problem(where, what, "name fewer resources in one statement"))
