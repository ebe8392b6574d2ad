"""Judge who could assume a role by evaluating its trust policy alone: a file, GetRole's output or a bundle; no AWS."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from deputize.bundle import MANIFEST
from deputize.checks.access_verdict import access_verdict
from deputize.checks.judge import judge
from deputize.checks.judgement import Judgement
from deputize.checks.opened import open_bundle
from deputize.checks.rules_version import judged_by
from deputize.checks.verdict import TrustVerdict, of_every_role, safety_of, trust_verdict
from deputize.disk import read_text
from deputize.errors import InputError, Problem, UsageError
from deputize.iam import limits
from deputize.iam.arn import RoleArn, parse_role_arn
from deputize.jobs.lint.bundle import bundles_at
from deputize.jobs.verify.expectations import RoleExpectations, checked_ids, expectations_of_bundle, refuse_own
from deputize.jobs.verify.notes import about_deleted
from deputize.model.display import shown
from deputize.model.values import AccessState, Verdict
from deputize.model.world import Document, FoundRole, Place, World
from deputize.read.world import made_role

OFFLINE = "offline"  # in place of an endpoint
_SHUT = "the policy does not let in those who are meant, with this external ID"
_UNCLEAR = (
    "the policy alone does not tell whether those who are meant get in; `deputize verify` of the live role tries it"
)


def verify_offline(
    source: Path, external_ids: tuple[str, ...] = (), vendor_account: str | None = None, role_arn: str | None = None
) -> Verdict:
    """Judge a trust policy without calling AWS.

    source: a bundle (folder or zip), a trust policy as JSON, or what `aws iam get-role` printed. external_ids and
    vendor_account: who may assume it; a bundle says so itself. role_arn: where the file does not tell it.
    The verdict's evidence is "policy"; it is safe when the meant way in is open and no other can be.
    Raises InputError for what cannot be read, UsageError when it is not known who may assume it.
    """
    if source.is_dir() or source.suffix == ".zip":
        return _of_bundle(source, external_ids, vendor_account, role_arn or "")
    found = _trust_in(source)
    arn = role_arn or found.arn
    parsed = _parsed(arn)
    if vendor_account is None:
        raise UsageError(Problem("--vendor-account", "is missing", "say whose account may assume it, or give a bundle"))
    if not limits.ACCOUNT_ID.admits(vendor_account):
        raise UsageError(Problem("--vendor-account", f"{shown(vendor_account)} is no account ID", "give its 12 digits"))
    if parsed is not None:
        refuse_own(parsed, vendor_account)
    ids = checked_ids(external_ids)
    partition = parsed.partition if parsed is not None else _partition_of(found.policy)
    place = Place(shown(str(source)), 1, 1)
    role = FoundRole(
        "role",
        place,
        Document(found.policy, {(): place}),
        own_account=None if parsed is None else parsed.account_id,
        partition=partition,
    )
    ways = trust_verdict(_judged(role, RoleExpectations(vendor_account), vendor_account, ids))
    access = AccessState.UNKNOWN, ("a trust policy says nothing about access",)
    return _verdict((arn, found.role_id), ids[0], ways, access)


def _of_bundle(source: Path, ids: tuple[str, ...], vendor_account: str | None, role_arn: str) -> Verdict:
    (_, files), *more = bundles_at(source)
    if more:
        raise InputError(Problem(shown(str(source)), "has more than one bundle", "give one"))
    expectations = expectations_of_bundle(files)
    account = vendor_account or str(expectations.vendor_account)
    if role_arn and (parsed := _parsed(role_arn)) is not None:
        refuse_own(parsed, account)
    expected = checked_ids(ids or expectations.external_ids)
    opened = open_bundle(files)
    if opened.unreadable or not opened.roles:
        raise InputError(*(opened.unreadable or (Problem(MANIFEST, "no role was found"),)))
    own, partition = None if opened.role is None else opened.role.slots.account_id, str(expectations.partition)
    roles = (made_role(made, name, own_account=own, partition=partition) for name, made in opened.roles)
    judged = [_judged(role, expectations, account, expected) for role in roles]
    ways = of_every_role(trust_verdict(one) for one in judged)
    if not opened.is_our_render:
        # A template may do more than it shows at its parameters' defaults; only our own bytes are known not to.
        why = "the bundle is not byte for byte what its manifest renders to: see `deputize lint`"
        ways = replace(ways, judged=False, notes=(*ways.notes, why))
    return _verdict((role_arn, ""), expected[0], ways, _access(judged))


def _judged(
    role: FoundRole, expectations: RoleExpectations, vendor_account: str, external_ids: tuple[str, ...]
) -> Judgement:
    expected = replace(expectations, vendor_account=vendor_account).for_judge(vendor_account, external_ids)
    (judgement,) = judge(World((role,)), expected)
    return judgement


def _access(judged: Iterable[Judgement]) -> tuple[AccessState, tuple[str, ...]]:
    verdicts = [access_verdict(one) for one in judged]
    states = {one.state for one in verdicts}
    worst = next(one for one in (AccessState.TOO_WIDE, AccessState.UNKNOWN, AccessState.OK) if one in states)
    return worst, tuple(dict.fromkeys(note for one in verdicts for note in one.notes))


def _verdict(
    role: tuple[str, str], external_id: str, ways: TrustVerdict, access: tuple[AccessState, tuple[str, ...]]
) -> Verdict:
    closed = {True: (), False: (_SHUT,), None: (_UNCLEAR,)}[ways.lets_in]
    deleted = (about_deleted(ways.deleted, settled=False),) if ways.deleted else ()
    state, notes = access
    return Verdict(
        role_arn=role[0],
        role_id=role[1],
        external_id=external_id,
        safety=safety_of(ways),
        access=state,
        evidence="policy",
        endpoint=OFFLINE,
        at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        caller="",
        access_paths=ways.found,
        notes=(*closed, *ways.reasons, *ways.notes, *deleted, *notes),
        judged_by=judged_by(),
    )


class _Trust:
    """A raw trust policy with what its file tells of the role."""

    def __init__(self, policy: Mapping[str, Any] | str, role: Mapping[str, Any]) -> None:
        self.policy = policy
        self.arn = str(role.get("Arn", ""))
        self.role_id = str(role.get("RoleId", ""))


def _trust_in(path: Path) -> _Trust:
    where = shown(str(path))
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(
            Problem(where, "is not JSON", "give a trust policy, or what aws iam get-role prints")
        ) from error
    role = found.get("Role", found) if isinstance(found, dict) else None
    if not isinstance(role, dict):
        raise InputError(Problem(where, "is no JSON object", "give a trust policy, or what aws iam get-role prints"))
    if "AssumeRolePolicyDocument" not in role:
        return _Trust(role, {})
    policy = role["AssumeRolePolicyDocument"]
    if isinstance(policy, str) and not policy.lstrip().startswith("{"):
        policy = unquote(policy)
    if not isinstance(policy, str | dict):
        raise InputError(Problem(where, "AssumeRolePolicyDocument is no policy"))
    return _Trust(policy, role)


def _parsed(arn: str) -> RoleArn | None:
    parsed = parse_role_arn(arn)
    if arn and parsed is None:
        mend = "give one like arn:aws:iam::444455556666:role/name"
        raise InputError(Problem("role ARN", f"{shown(arn, 100)} is no ARN of a role", mend))
    return parsed


def _partition_of(policy: Mapping[str, Any] | str) -> str:
    """The partition of the principals that the policy names, `aws` when they tell none."""
    text = policy if isinstance(policy, str) else json.dumps(policy)
    named = [one for one in ("aws-us-gov", "aws-cn", "aws-eusc") if f'"arn:{one}:' in text]
    return named[0] if named else "aws"
