"""A live role beside the role that a bundle asks for: every difference is a Problem. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deputize.aws.live_role import OnRole
from deputize.errors import InputError, Problem
from deputize.iam.policy import NamedPolicy, Policy
from deputize.iam.role import IamRole
from deputize.jobs.inspect.deployed_documents import few, in_normal_form, not_read, same_meaning
from deputize.model.display import printable
from deputize.model.format import DEPLOYER_POLICY, ROLE_FILE
from deputize.read.live import role_from_api
from deputize.read.normal import normal_form

# The inline policy with which IAM's console ends a role's sessions:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
REVOKED = "AWSRevokeOlderSessions"
_UNSEEN = "CloudFormation's drift detection does not see it"
_ALLOW = f"allow it for whoever inspects, as {DEPLOYER_POLICY} does"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The role that the bundle makes with the customer's choices, in normal form.

    own: the names of its own policies -> what IAM knows each by: a managed one's ARN, an inline one's name.
    """

    role: IamRole
    own: Mapping[str, str]

    @property
    def inline(self) -> Collection[str]:
        """Inline policies whose documents are compared."""
        return (REVOKED, *self.own.values()) if self.role.delivery == "inline" else (REVOKED,)

    @property
    def attached(self) -> Collection[str]:
        """ARNs of managed policies whose documents are compared; AWS's own are AWS's to change."""
        return tuple(self.own.values()) if self.role.delivery == "managed" else ()


def wanted_role(role: IamRole, partition: str, account_id: str) -> Wanted:
    """`role` as it is to be found in an account."""
    prefix = f"arn:{partition}:iam::{account_id}:policy{role.path}" if role.delivery == "managed" else ""
    return Wanted(normal_form(role), {policy.name: f"{prefix}{policy.name}" for policy in role.policies})


def role_differences(wanted: Wanted, described: Mapping[str, Any], on_role: OnRole) -> Iterator[Problem]:
    """Where the role, or one of the policies that the bundle gives it, is otherwise; its trust is left aside.

    described: GetRole's Role.
    Raises InputError when AWS's answer is no role.
    """
    # Trust is compared apart: it may hold what deputize does not read, which says nothing about the rest.
    live = role_from_api({**described, "AssumeRolePolicyDocument": wanted.role.trust.to_json()})
    yield from _settings(wanted.role, live)
    yield from _tags(wanted.role, dict(live.tags))
    yield from _own(wanted, on_role)


def unread_policies(wanted: Wanted, on_role: OnRole) -> Iterator[Problem]:
    """What AWS did not show, so that nothing is known about it."""
    names = {key: f"policies.{name}" for name, key in wanted.own.items()} | {"": "policies"}
    for key, why in on_role.unread.items():
        yield Problem(names.get(key, f"policies.{_name(key)}"), f"it could not be read: {why}", _ALLOW)


def extra_policies(wanted: Wanted, on_role: OnRole) -> Iterator[Problem]:
    """What others put on the role, each by its name."""
    ours = {*wanted.own.values(), *wanted.role.managed_arns}
    of_role = f"--role-name {wanted.role.name}"
    for name in sorted(on_role.inline.keys() - ours):
        where = f"policies.{printable(name, 128)}"
        remove = f"aws iam delete-role-policy {of_role} --policy-name {printable(name, 128)}"
        if name == REVOKED and _only_denies(on_role.inline[name], wanted.role):
            what = f"someone revoked the role's sessions: those from before its date may do nothing; {_UNSEEN}"
            yield Problem(where, what, f"once they have ended: {remove}")
        else:
            what = f"this inline policy was put there by hand; {_UNSEEN}"
            yield Problem(where, what, f"unless it is meant to be there: {remove}")
    for arn in sorted(on_role.attached.keys() - ours):
        what = f"{printable(arn, 200)} was attached by hand; {_UNSEEN}"
        remove = f"aws iam detach-role-policy {of_role} --policy-arn {printable(arn, 200)}"
        yield Problem(f"policies.{_name(arn)}", what, f"unless it is meant to be there: {remove}")


def _settings(wanted: IamRole, live: IamRole) -> Iterator[Problem]:
    if live.path != wanted.path:
        what = f"it is '{printable(live.path)}', not '{printable(wanted.path)}'"
        yield Problem("role.path", what, "IAM moves no role: destroy the stack and deploy again")
    if live.boundary != wanted.boundary:
        what = f"it is {_boundary(live)}, not {_boundary(wanted)} as the stack's parameter says"
        mend = "set it back, or make it the stack's choice: deputize deploy --permissions-boundary"
        yield Problem("role.boundary", what, mend)
    if live.max_session != wanted.max_session:
        mend = f"aws iam update-role --role-name {wanted.name} --max-session-duration {wanted.max_session}"
        yield Problem("role.max-session", f"it is {live.max_session} seconds, not {wanted.max_session}", mend)
    if live.description != wanted.description:
        what = f"it is '{printable(live.description)}'"
        yield Problem("role.description", what, f"set it to the Description in {ROLE_FILE}")


def _boundary(role: IamRole) -> str:
    return "none" if role.boundary is None else printable(role.boundary, 200)


def _tags(wanted: IamRole, live: Mapping[str, str]) -> Iterator[Problem]:
    for key, value in wanted.tags:
        if live.get(key) != value:
            what = f"is '{printable(live[key])}', not '{value}'" if key in live else "is missing"
            mend = f"aws iam tag-role --role-name {wanted.name}, with the Tags in {ROLE_FILE}"
            yield Problem("role.tags", f"tag {key} {what}", mend)


def _own(wanted: Wanted, on_role: OnRole) -> Iterator[Problem]:
    """The policies that the bundle gives the role: missing or changed."""
    managed = wanted.role.delivery == "managed"
    found = on_role.attached if managed else on_role.inline
    for policy in wanted.role.policies:
        key = wanted.own[policy.name]
        where = f"policies.{policy.name}"
        if key in found and key not in on_role.unread:
            yield from _changed(where, policy, found[key], wanted.role)
        elif key not in found and "" not in on_role.unread:
            yield _missing(where, wanted.role, key if managed else "")
    for arn in wanted.role.managed_arns:
        if arn not in on_role.attached and "" not in on_role.unread:
            yield _missing(f"policies.{_name(arn)}", wanted.role, arn)


def _missing(where: str, role: IamRole, arn: str) -> Problem:
    """A policy that was taken off the role; arn: empty for an inline one."""
    command = f"aws iam attach-role-policy --role-name {role.name} --policy-arn {arn}"
    return Problem(where, "it is not on the role", command if arn else "put it back as the bundle has it")


def _changed(where: str, wanted: NamedPolicy, document: object, role: IamRole) -> Iterator[Problem]:
    mend = "set it back by hand: deploying an unchanged template changes nothing"
    try:
        found = in_normal_form(document, role)
    except InputError as error:
        yield Problem(where, not_read(error), mend)
        return
    if not same_meaning(found, wanted.document):
        words = "; ".join(_access_words(found, wanted.document)) or "its resources or conditions differ"
        yield Problem(where, f"it was changed: {words}", mend)


def _access_words(found: Policy, wanted: Policy) -> Iterator[str]:
    if more := _actions(found) - _actions(wanted):
        yield f"it also has {few(more)}"
    if less := _actions(wanted) - _actions(found):
        yield f"it lacks {few(less)}"


def _actions(policy: Policy) -> set[str]:
    return {action for statement in policy.statements for action in statement.actions}


def _only_denies(document: object, role: IamRole) -> bool:
    try:
        return all(statement.effect == "Deny" for statement in in_normal_form(document, role).statements)
    except InputError:
        return False


def _name(arn: str) -> str:
    return printable(arn.rpartition("/")[2], 128)
