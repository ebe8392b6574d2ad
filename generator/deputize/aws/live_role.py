"""A role's own trust and access policies, as far as IAM lets whoever asks read them: the role itself, or its account.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html and the pages of the other operations.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from deputize.aws.client import Refusal, Session
from deputize.aws.faults import clean
from deputize.aws.stack import DENIED
from deputize.errors import ServiceError
from deputize.iam.arn import RoleArn, is_aws_managed

# Of what `LiveRole.digest` is made of, and how: raised with any change, so that no role looks changed by it.
_DIGEST_VERSION = 2
_ANY_ISSUED = "(issued)"  # no external ID has parentheses
_ROLE_ID = re.compile(r"\w{1,128}", re.ASCII)  # API_Role.html
_MANAGED = "policy "  # how the name of an attached policy begins; IAM takes no such name of an inline one
_HIDDEN, _MISSING = "iam:GetRole (AccessDenied)", "iam:GetRole (NoSuchEntity)"  # as _asked words them
_NOT_SAID = ("AccessDenied", "NoSuchEntity")


@dataclass(frozen=True, slots=True)
class LiveRole:
    """What could be read of a role.

    arn: the role's own, empty when it could not be read. role_id: IAM's unique ID. tags: as they are, foreign text.
    trust: the raw trust policy, None when it could not be read. documents: raw access policies by a name for people.
    aws_managed: ARNs of AWS managed policies whose text could not be read. boundary: its ARN. max_session: in seconds.
    unread: what could not be read, and why, in a few words.
    """

    arn: str = ""
    role_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    trust: Mapping[str, Any] | None = None
    documents: Mapping[str, Any] = field(default_factory=dict)
    aws_managed: tuple[str, ...] = ()
    boundary: str | None = None
    max_session: int | None = None
    unread: tuple[str, ...] = ()

    @property
    def is_missing(self) -> bool:
        """Whether IAM has no role of that name in the account that was asked."""
        return _MISSING in self.unread

    @property
    def hides_trust(self) -> bool:
        """Whether IAM does not let the role read its own trust policy, which is no fault that may pass."""
        return self.trust is None and _HIDDEN in self.unread

    @property
    def is_interrupted(self) -> bool:
        """Whether something was not read by a fault that may pass, and not because IAM does not let it be read."""
        return any(not one.endswith(tuple(f"({code})" for code in _NOT_SAID)) for one in self.unread)

    def digest(self, issued: Collection[str] = ()) -> str:
        """The `ROLE_DIGEST` of its ID, trust policy, access policies and boundary; empty when one was not read.

        An AWS managed policy counts by its ARN: AWS changes its text without the customer's doing. issued: external IDs
        that are the tenant's own now. Whichever of them the trust policy asks for counts as the same, since a rotation
        has the customer change just that.
        """
        if self.unread or not self.role_id or self.trust is None:
            return ""
        own = {name: one for name, one in self.documents.items() if not _is_of_aws(name)}
        of_aws = sorted({name for name in (*self.documents, *map(_policy, self.aws_managed)) if _is_of_aws(name)})
        what = [self.role_id, _of_any_issued(self.trust, frozenset(issued)), own, of_aws, self.boundary]
        made = hashlib.sha256(json.dumps(what, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        return f"{_DIGEST_VERSION}:{made}"


def _of_any_issued(policy: Any, issued: Collection[str]) -> Any:
    """A trust policy with one mark for the IDs among `issued` that a StringEquals asks for, however many they are."""
    if isinstance(policy, list):
        return [_of_any_issued(one, issued) for one in policy]
    if not isinstance(policy, Mapping):
        return policy
    return {
        name: _marked(one, issued) if name.lower() == "stringequals" else _of_any_issued(one, issued)
        for name, one in policy.items()
    }


def _marked(asked: Any, issued: Collection[str]) -> Any:
    """What one StringEquals asks for, with the mark."""
    if not isinstance(asked, Mapping):
        return asked
    marked = dict(asked)
    for key, value in asked.items():
        values = value if isinstance(value, list) else [value]
        if key.lower() == "sts:externalid" and any(one in issued for one in values if isinstance(one, str)):
            others = [one for one in values if not (isinstance(one, str) and one in issued)]
            marked[key] = [*others, _ANY_ISSUED]
    return marked


def read_live_role(inside: Session, role: RoleArn) -> LiveRole:
    """Everything that a session inside `role` may read of it. Nothing is raised for what it may not."""
    unread: list[str] = []
    found = _asked(inside, "get_role", unread, RoleName=role.name).get("Role", {})
    arn = clean(str(found.get("Arn", "")))
    if found and arn != str(role):
        found, unread = {}, [*unread, f"iam:GetRole (it answered for {arn})"]
    trust = found.get("AssumeRolePolicyDocument")
    if found and not isinstance(trust, Mapping):
        unread.append("iam:GetRole: its trust policy is no JSON object")
    role_id = str(found.get("RoleId", ""))
    if found and _ROLE_ID.fullmatch(role_id) is None:
        role_id, unread = "", [*unread, "iam:GetRole: its RoleId is none"]
    inline = _inline(inside, role.name, unread)
    managed, opaque = _managed(inside, role.name, unread)
    return LiveRole(
        arn=arn,
        role_id=role_id,
        tags={str(tag["Key"]): str(tag["Value"]) for tag in found.get("Tags", ())},
        trust=trust if isinstance(trust, Mapping) else None,
        documents={**inline, **managed},
        aws_managed=opaque,
        boundary=found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        max_session=found.get("MaxSessionDuration"),
        unread=tuple(dict.fromkeys(unread)),
    )


@dataclass(frozen=True, slots=True)
class OnRole:
    """The policies on a role: inline by name, attached by ARN, each with its raw document.

    A document is None when nobody asked for it, or when it could not be read: then `unread` says why, by the same name
    or ARN, and under an empty name why a list is not whole.
    """

    inline: Mapping[str, Any]
    attached: Mapping[str, Any]
    unread: Mapping[str, str]


def read_role(session: Session, role_name: str) -> Mapping[str, Any] | Refusal | None:
    """GetRole's Role, AWS's AccessDenied as a value, or None when there is no such role. Raises ServiceError."""
    answer = session.try_call("iam", "get_role", (*DENIED, "NoSuchEntity"), RoleName=role_name)
    if isinstance(answer, Refusal):
        return answer if answer.code in DENIED else None
    role: Mapping[str, Any] = answer["Role"]
    return role


def read_policies(session: Session, role_name: str, inline: Collection[str], attached: Collection[str]) -> OnRole:
    """All policies on a role, with the documents of those that are named in `inline` and `attached`."""
    lists: list[str] = []
    documents: dict[str, list[str]] = {}
    put, arns = {}, {}
    for name in _listed(session, "list_role_policies", "PolicyNames", lists, role_name):
        asked = {"RoleName": role_name, "PolicyName": name}
        why = documents.setdefault(name, [])
        put[name] = _asked(session, "get_role_policy", why, **asked).get("PolicyDocument") if name in inline else None
    for one in _listed(session, "list_attached_role_policies", "AttachedPolicies", lists, role_name):
        arn = str(one["PolicyArn"])
        arns[arn] = _attached(session, arn, documents.setdefault(arn, [])) if arn in attached else None
    unread = {name: ", ".join(why) for name, why in {"": lists, **documents}.items() if why}
    return OnRole(put, arns, unread)


def _inline(inside: Session, role_name: str, unread: list[str]) -> dict[str, Any]:
    found = {}
    for name in _listed(inside, "list_role_policies", "PolicyNames", unread, role_name):
        answer = _asked(inside, "get_role_policy", unread, RoleName=role_name, PolicyName=name)
        if "PolicyDocument" in answer:
            found[f"inline policy {clean(name)}"] = answer["PolicyDocument"]
    return found


def _managed(inside: Session, role_name: str, unread: list[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The documents that can be read, and the ARNs of AWS's own policies that cannot."""
    found: dict[str, Any] = {}
    opaque = []
    for one in _listed(inside, "list_attached_role_policies", "AttachedPolicies", unread, role_name):
        arn = str(one["PolicyArn"])
        # An AWS managed policy that the role may not read is judged by its snapshot, so it is no gap by itself.
        document = _attached(inside, arn, [] if is_aws_managed(arn) else unread)
        if document is not None:
            found[_policy(arn)] = document
        elif is_aws_managed(arn):
            opaque.append(arn)
    return found, tuple(opaque)


def _policy(arn: str) -> str:
    """An attached policy's name for people."""
    return f"{_MANAGED}{clean(arn)}"


def _is_of_aws(name: str) -> bool:
    """Whether the policy of that name for people is AWS's own."""
    return name.startswith(_MANAGED) and is_aws_managed(name.removeprefix(_MANAGED))


def _attached(inside: Session, arn: str, unread: list[str]) -> Any:
    version = _asked(inside, "get_policy", unread, PolicyArn=arn).get("Policy", {}).get("DefaultVersionId")
    if version is None:
        return None
    answer = _asked(inside, "get_policy_version", unread, PolicyArn=arn, VersionId=version)
    return answer.get("PolicyVersion", {}).get("Document")


def _listed(inside: Session, operation: str, field_name: str, unread: list[str], name: str) -> list[Any]:
    """The members of all pages; of a list that does not end as AWS's do, those that came, and `unread` says so."""
    found: list[Any] = []
    try:
        for answer in inside.try_pages("iam", operation, _NOT_SAID, RoleName=name):
            if isinstance(answer, Refusal):
                unread.append(f"{_action(operation)} ({answer.code})")
            else:
                found += answer[field_name]
    except ServiceError as error:
        unread.append(f"{_action(operation)} ({error.problems[0].what})")
    return found


def _asked(inside: Session, operation: str, unread: list[str], **parameters: str) -> dict[str, Any]:
    try:
        answer = inside.try_call("iam", operation, _NOT_SAID, **parameters)
    except ServiceError as error:
        unread.append(f"{_action(operation)} ({error.problems[0].what})")
        return {}
    if isinstance(answer, Refusal):
        unread.append(f"{_action(operation)} ({answer.code})")
        return {}
    return answer


def _action(operation: str) -> str:
    return "iam:" + "".join(part.capitalize() for part in operation.split("_"))
