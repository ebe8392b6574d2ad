"""A policy alone in its file, or what `aws iam` answered about a role -> the same types as a template's.

Answers: https://docs.aws.amazon.com/cli/latest/reference/iam/get-role.html and the pages of its neighbours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar
from urllib.parse import unquote

from deputize.errors import InputError
from deputize.iam.arn import parse_policy_arn, parse_role_arn
from deputize.iam.policy import Path
from deputize.model.world import Document, FoundPolicy, FoundRole, NotUnderstood, Place, Text
from deputize.read.found import FoundFile, not_understood
from deputize.read.json_text import parse_json
from deputize.read.recognise import ACCESS, ROLE, TRUST, policy_kind
from deputize.read.source import Node, misread, refusal, scalar
from deputize.read.texts import moved

T = TypeVar("T")
Read = Callable[[Node], object]
"""What a scalar is: typed as in JSON, or the text that CloudFormation makes of it in YAML."""


def json_scalar(node: Node) -> object:
    """The value of a scalar in JSON."""
    text = str(node.value)
    return json.loads(text) if node.plain and misread(text) else text


def read_policy(node: Node, kind: str, name: str, read: Read) -> FoundFile:
    """A file that is one policy. kind: `trust` or `access`. name: what to call it."""
    document = document_of(node, read)
    if kind == TRUST:
        return FoundFile(TRUST, (FoundRole(name, node.place, document),))
    return FoundFile(ACCESS, policies=(FoundPolicy(name, document, "alone"),))


def read_answer(node: Node, read: Read) -> FoundFile:
    """A file that holds what IAM answered; a role or policy in it that cannot be read is in `refused`."""
    fields = _fields(node)
    roles = [fields[key] for key in ("Role",) if key in fields]
    for key in ("Roles", "RoleDetailList"):
        roles += _items(fields.get(key))
    if "AssumeRolePolicyDocument" in fields:
        roles.append(node)
    documents = [(node, "PolicyDocument"), (fields.get("PolicyVersion"), "Document")]
    refused: list[NotUnderstood] = []
    own = dict(_own_policies(fields))
    found = [_kept(partial(_role, one, own, read), one, refused) for one in roles]
    policies = [
        _kept(partial(_policy, inner, key, read), inner[key], refused)
        for owner, key in documents
        if key in (inner := _fields(owner))
    ]
    return FoundFile(
        ROLE,
        tuple(one for one in found if one is not None),
        tuple(one for one in policies if one is not None),
        tuple(refused),
    )


def _kept(make: Callable[[], T], node: Node, refused: list[NotUnderstood]) -> T | None:
    try:
        return make()
    except InputError as error:
        refused.append(not_understood(error, node.place))
        return None


def _policy(fields: Mapping[str, Node], key: str, read: Read) -> FoundPolicy:
    name = _text(fields, "PolicyName") or _text(fields, "VersionId") or "policy"
    return FoundPolicy(name, _document(fields[key], read), "alone")


def document_of(node: Node, read: Read) -> Document:
    """The policy at `node` as JSON with the place of everything in it."""
    places: dict[Path, Place] = {}
    keys: dict[Path, Place] = {}

    def value(one: Node, path: Path) -> object:
        if isinstance(one.value, str):
            places[path] = one.place
            return read(one)
        places[path] = one.named_at
        if isinstance(one.value, tuple):
            return [value(item, (*path, at)) for at, item in enumerate(one.value)]
        keys.update({(*path, key): item.named_at for key, item in one.value.items()})
        return {key: value(item, (*path, key)) for key, item in one.value.items()}

    return Document(value(node, ()), places, (), keys)


def _role(node: Node, own: Mapping[str, tuple[str, Node]], read: Read) -> FoundRole:
    """own: the account's own policies, by ARN."""
    fields = _fields(node)
    attached = tuple(_arns(fields))
    arn = parse_role_arn(_text(fields, "Arn") or "")
    boundary = _fields(fields.get("PermissionsBoundary"))
    session = _text(fields, "MaxSessionDuration") or ""
    return FoundRole(
        name=_text(fields, "RoleName") or "role",
        place=node.named_at,
        trust=_document(fields["AssumeRolePolicyDocument"], read) if "AssumeRolePolicyDocument" in fields else None,
        policies=(
            *(
                FoundPolicy(_text(one, "PolicyName") or "policy", _document(one["PolicyDocument"], read), "inline")
                for one in map(_fields, _items(fields.get("RolePolicyList")))
                if "PolicyDocument" in one
            ),
            *_made(attached, own, read),
        ),
        managed=tuple(one for one in attached if one.value not in own),
        boundary=_placed(boundary, "PermissionsBoundaryArn"),
        max_session=int(session) if session.isdecimal() and len(session) < 10 else None,  # noqa: PLR2004 -- digits
        own_account=arn.account_id if arn else None,
        partition=arn.partition if arn else None,
        role_name=_placed(fields, "RoleName"),
        path=_placed(fields, "Path"),
        description=_placed(fields, "Description"),
        tags=tuple(_tags(fields.get("Tags"))),
        is_stored=True,
        arns=(str(arn),) if arn else (),
    )


def _own_policies(fields: Mapping[str, Node]) -> Iterator[tuple[str, tuple[str, Node]]]:
    """ARN -> name and document of the customer managed policies that `get-account-authorization-details` lists.

    Of AWS's own policies the snapshot counts, as wherever they are attached.
    """
    for policy in map(_fields, _items(fields.get("Policies"))):
        arn, default = _text(policy, "Arn") or "", _text(policy, "DefaultVersionId")
        parsed = parse_policy_arn(arn)
        if parsed is None or parsed[1] == "aws":
            continue
        for version in map(_fields, _items(policy.get("PolicyVersionList"))):
            if "Document" in version and default is not None and _text(version, "VersionId") == default:
                yield arn, (_text(policy, "PolicyName") or "policy", version["Document"])


def _made(attached: Sequence[Text], own: Mapping[str, tuple[str, Node]], read: Read) -> Iterator[FoundPolicy]:
    for name, document in (own[one.value] for one in attached if one.value in own):
        yield FoundPolicy(name, _document(document, read), "managed")


def _document(node: Node, read: Read) -> Document:
    """A document as the CLI prints it, an object; or as the API answers, URL-encoded JSON."""
    if not isinstance(node.value, str):
        return document_of(node, read)
    text = node.value
    if not text.lstrip().startswith("{"):
        try:
            text = unquote(text, errors="strict")
        except UnicodeDecodeError as error:
            raise refusal(node.place, "is not URL-encoded UTF-8") from error
    found = moved(parse_json, text, node.place)
    if policy_kind(found) not in (TRUST, ACCESS):
        raise refusal(node.place, "holds no policy")
    return document_of(found, json_scalar)


def _arns(fields: Mapping[str, Node]) -> Iterator[Text]:
    for one in _items(fields.get("AttachedManagedPolicies")):
        arn = _placed(_fields(one), "PolicyArn")
        if arn is not None:
            yield arn


def _tags(node: Node | None) -> Iterator[tuple[Text, Text]]:
    for one in _items(node):
        key, value = (_placed(_fields(one), name) for name in ("Key", "Value"))
        if key is not None and value is not None:
            yield key, value


def _placed(fields: Mapping[str, Node], name: str) -> Text | None:
    text = _text(fields, name)
    return None if text is None else Text(text, fields[name].place)


def _text(fields: Mapping[str, Node], name: str) -> str | None:
    return scalar(fields[name]) if name in fields else None


def _fields(node: Node | None) -> Mapping[str, Node]:
    return node.value if node is not None and isinstance(node.value, Mapping) else {}


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.value if node is not None and isinstance(node.value, tuple) else ()
