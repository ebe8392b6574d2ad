"""The files in json/ -> the role that applying them creates: the form of `aws iam create-role --cli-input-json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deputize.iam.policy import NamedPolicy, Policy
from deputize.iam.role import Delivery, IamRole
from deputize.model.format import MANAGED_POLICY_ARNS, ROLE_FILE, TRUST_POLICY, access_policy, access_policy_number
from deputize.read.json_text import parse_json
from deputize.read.normal import in_order, policy_of_text, tags_of
from deputize.read.source import Node, decoded, items_of, only_keys, refusal, text_of, whole_number

_POLICY_SUFFIX = "-access"
_FIELDS = frozenset({"Description", "MaxSessionDuration", "Path", "PermissionsBoundary", "RoleName", "Tags"})
_DEFAULT_SESSION = 3600  # IAM's own, in seconds


def read_json(files: Mapping[str, bytes], delivery: Delivery = "managed") -> IamRole:
    """The role in the json/ folder of `files` (path in the bundle -> content); other files are not looked at.

    The files do not say whether access policies are made customer-managed or put into the role, nor how they are
    named: whoever applies them does, so `delivery` comes from the caller and names are ROLE-access, ROLE-access-2 ...
    Raises InputError naming the file and the line of whatever is missing or not understood.
    """
    role = _parsed(files, ROLE_FILE)
    fields = only_keys(role, _FIELDS, "the role")
    if "RoleName" not in fields:
        raise refusal(role.place, "the role has no RoleName")
    name = text_of(fields["RoleName"])
    session = fields.get("MaxSessionDuration")
    return IamRole(
        name=name,
        path=_text(fields, "Path", "/"),
        description=_text(fields, "Description", ""),
        max_session=_DEFAULT_SESSION if session is None else whole_number(session),
        boundary=_text(fields, "PermissionsBoundary", "") or None,
        trust=_policy(files, TRUST_POLICY),
        delivery=delivery,
        policies=in_order(_access(files, name)),
        managed_arns=_arns(files),
        tags=tags_of(fields["Tags"], text_of) if "Tags" in fields else (),
    )


def _content(files: Mapping[str, bytes], path: str) -> str:
    if path not in files:
        raise refusal(path, "is missing")
    return decoded(files[path], path)


def _parsed(files: Mapping[str, bytes], path: str) -> Node:
    return parse_json(_content(files, path), path)


def _policy(files: Mapping[str, bytes], path: str) -> Policy:
    return policy_of_text(_content(files, path), path)


def _text(fields: Mapping[str, Node], name: str, default: str) -> str:
    return text_of(fields[name]) if name in fields else default


def _access(files: Mapping[str, bytes], role_name: str) -> Iterator[NamedPolicy]:
    numbers = sorted(number for path in files if (number := access_policy_number(path)) is not None)
    for expected, number in enumerate(numbers, 1):
        path = access_policy(expected)
        if number != expected:
            raise refusal(path, "is missing, but there are access policies after it")
        end = "" if expected == 1 else f"-{expected}"
        yield NamedPolicy(f"{role_name}{_POLICY_SUFFIX}{end}", _policy(files, path))


def _arns(files: Mapping[str, bytes]) -> tuple[str, ...]:
    if MANAGED_POLICY_ARNS not in files:
        return ()
    return tuple(sorted({text_of(item) for item in items_of(_parsed(files, MANAGED_POLICY_ARNS))}))
