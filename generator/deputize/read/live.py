"""What IAM's API answered about a role -> the role: for comparing what was created with what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from deputize.iam.policy import NamedPolicy, Policy
from deputize.iam.role import IamRole
from deputize.model.display import shown
from deputize.read.normal import in_order, policy_of, policy_of_text, sorted_tags
from deputize.read.source import refusal

_DEFAULT_SESSION = 3600  # what IAM means when a response leaves it out, in seconds


def role_from_api(
    get_role: Mapping[str, object],
    attached: Mapping[str, object] | None = None,
    documents: Mapping[str, object] | None = None,
    inline: Mapping[str, object] | None = None,
) -> IamRole:
    """The role that these responses describe.

    get_role: GetRole's response, or the Role in it. attached: ListAttachedRolePolicies' response, or all its pages'
    AttachedPolicies in one. documents: policy ARN -> document of its default version (GetPolicyVersion), needed for
    each attached policy that is not AWS's own. inline: policy name -> document (GetRolePolicy). Documents are in any
    form that `document_from_api` reads.
    Raises InputError naming the role or policy for what is missing or not understood.
    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html and the pages of the others.
    """
    role = _mapping(get_role.get("Role", get_role), "GetRole")
    where = f"role {shown(_text(role, 'RoleName', 'GetRole'))}"
    arns, managed = _attached(attached or {}, documents or {})
    put = [
        NamedPolicy(name, document_from_api(found, f"policy {shown(name)}")) for name, found in (inline or {}).items()
    ]
    if managed and put:
        raise refusal(where, "has managed and inline policies of its own")
    boundary = role.get("PermissionsBoundary")
    session = role.get("MaxSessionDuration", _DEFAULT_SESSION)
    if not isinstance(session, int):
        raise refusal(where, "MaxSessionDuration is no number")
    return IamRole(
        name=_text(role, "RoleName", where),
        path=_text(role, "Path", where),
        description=_text(role, "Description", where, ""),
        max_session=session,
        boundary=None if boundary is None else _text(_mapping(boundary, where), "PermissionsBoundaryArn", where),
        trust=document_from_api(role.get("AssumeRolePolicyDocument"), f"{where}: trust policy"),
        delivery="inline" if put else "managed",
        policies=in_order((*managed, *put)),
        managed_arns=arns,
        tags=_tags(role.get("Tags", []), where),
    )


def document_from_api(document: object, where: str) -> Policy:
    """A policy document as IAM's API gives it: a mapping, as boto3 does, or JSON text, URL-encoded or not.

    Raises InputError at `where` for what is not understood.
    """
    if not isinstance(document, str):
        return policy_of(document, where)
    # JSON begins with a brace, which URL encoding never leaves bare; unquoting JSON itself would change a %41 in it.
    if document.lstrip().startswith("{"):
        return policy_of_text(document, where)
    try:
        return policy_of_text(unquote(document, errors="strict"), where)
    except UnicodeDecodeError as error:
        raise refusal(where, "is not URL-encoded UTF-8") from error


def _attached(
    attached: Mapping[str, object], documents: Mapping[str, object]
) -> tuple[tuple[str, ...], list[NamedPolicy]]:
    arns: list[str] = []
    managed: list[NamedPolicy] = []
    for item in _list(attached.get("AttachedPolicies", []), "ListAttachedRolePolicies"):
        policy = _mapping(item, "ListAttachedRolePolicies")
        arn = _text(policy, "PolicyArn", "ListAttachedRolePolicies")
        if arn.split(":")[4:5] == ["aws"]:
            arns.append(arn)
        elif arn not in documents:
            where = f"policy {shown(arn, 100)}"
            raise refusal(where, "is attached, but its document was not given")
        else:
            name = _text(policy, "PolicyName", "ListAttachedRolePolicies")
            managed.append(NamedPolicy(name, document_from_api(documents[arn], f"policy {shown(name)}")))
    return tuple(sorted(arns)), managed


def _tags(value: object, where: str) -> tuple[tuple[str, str], ...]:
    pairs = [_mapping(item, where) for item in _list(value, where)]
    return sorted_tags({_text(pair, "Key", where): _text(pair, "Value", where) for pair in pairs})


def _text(owner: Mapping[str, object], name: str, where: str, default: str | None = None) -> str:
    value = owner.get(name, default)
    if not isinstance(value, str):
        raise refusal(where, f"the response has no {name}")
    return value


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise refusal(where, "the response has no object where one is needed")
    return value


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise refusal(where, "the response has no list where one is needed")
    return value
