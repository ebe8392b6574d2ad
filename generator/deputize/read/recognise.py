"""What a file is, by its own keys: a template, a policy of a role, what IAM answered about one, or none of these."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from deputize.read.source import Node

TEMPLATE, TRUST, ACCESS, ROLE, RESOURCE_POLICY, TERRAFORM, OTHER = (
    "template",
    "trust",
    "access",
    "role",
    "resource policy",
    "terraform",
    "other",
)

ANSWERS = frozenset({"Role", "Roles", "RoleDetailList", "PolicyDocument", "PolicyVersion", "AssumeRolePolicyDocument"})
"""The keys by which an answer of `aws iam` is known: get-role, list-roles, get-role-policy, get-policy-version and
get-account-authorization-details."""

_RESOURCE_TYPE = re.compile(r"(AWS|Alexa|Custom)::.+", re.ASCII)
# Names under which templates and policies are kept: there a word is enough; prose and programs only speak of policies.
_DATA = frozenset({".json", ".yaml", ".yml", ".template", ".cfn", ".policy", ".txt"})
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|U000([0-9A-Fa-f]{5})|\r?\n[ \t]*)", re.ASCII)
_MEANT = re.compile(r"AWSTemplateFormatVersion[\"']?\s*:|PolicyDocument|AWS::[A-Za-z0-9]+::", re.ASCII)
_STATES = tuple(
    re.compile(rf"(?<![A-Za-z])({word})(?![A-Za-z])", re.ASCII) for word in ("Effect|effect", "Allow|Deny|allow|deny")
)
_FORMAT_VERSION = re.compile(r"^[\"']?AWSTemplateFormatVersion[\"']?[ \t]*:", re.ASCII | re.MULTILINE)
# (A section at the beginning of a line, what stands in it)
_SECTIONS = tuple(
    (re.compile(rf"^[\"']?{section}[\"']?[ \t]*:", re.ASCII | re.MULTILINE), re.compile(within, re.ASCII))
    for section, within in (
        ("Resources", r"\bType[\"']?[ \t]*:[ \t]*[\"']?AWS::"),
        ("Statement", r"\bEffect[\"']?[ \t]*:"),
    )
)
_JSON_CLAIMS = re.compile(
    r'"(AWSTemplateFormatVersion|AssumeRolePolicyDocument|PolicyDocument)"[ \t\r\n]*:'
    r'|"Type"[ \t\r\n]*:[ \t\r\n]*"AWS::|"Effect"[ \t\r\n]*:[ \t\r\n]*"(Allow|Deny)"',
    re.ASCII,
)


def recognise(node: Node) -> str:
    """The kind of file that `node` is the whole of: a template, a trust policy, and so on."""
    fields = _fields(node)
    if "AWSTemplateFormatVersion" in fields or _has_resources(fields):
        return TEMPLATE
    if any(_is_answer(key, fields[key]) for key in fields.keys() & ANSWERS):
        return ROLE
    return policy_kind(node)


def policy_kind(node: Node) -> str:
    """Whether `node` is a trust policy, an access policy, the policy of a resource (as a bucket), or none of these.

    What IAM would refuse is still told apart: elements in lower case, a trust policy with a Resource. What only denies,
    by principal and resource, is no trust policy, which lets somebody in: a resource control policy is written so.
    """
    fields = {key.lower(): value for key, value in _fields(node).items()}
    statements = [_folded(one) for one in _each(fields["statement"])] if "statement" in fields else []
    if not any(one.keys() & {"effect", "action", "notaction"} for one in statements):
        return OTHER
    if all(map(_denies_on_resources, statements)):
        return RESOURCE_POLICY
    if any(map(_is_trust, statements)):
        return TRUST
    return RESOURCE_POLICY if any(one.keys() & {"principal", "notprincipal"} for one in statements) else ACCESS


def claims(text: str, where: str) -> bool:
    """Whether a text that cannot be parsed says by its own words that it is a template or a policy.

    where: its file. Under the name of a template or policy the words count wherever they stand: nobody can tell how a
    text that is refused would be read by another.
    """
    if PurePath(where).suffix.lower() in _DATA:
        said = _ESCAPE.sub(_unescaped, text) if "\\" in text else text
        return _MEANT.search(said) is not None or all(one.search(said) for one in _STATES)
    begin = text.lstrip("\ufeff \t\r\n")
    if begin.startswith("{"):
        return _JSON_CLAIMS.search(begin) is not None
    if "\n```" in text:
        return False
    return _FORMAT_VERSION.search(begin) is not None or any(
        section.search(begin) and within.search(begin) for section, within in _SECTIONS
    )


def _unescaped(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2] or escape[3]
    return chr(int(digits, 16)) if digits else ""


def _has_resources(fields: Mapping[str, Node]) -> bool:
    resources = _fields(fields["Resources"]) if "Resources" in fields else {}
    if any(one.startswith(("Fn::ForEach::", "Fn::Transform")) for one in resources):
        return True  # whatever they come to
    types = (_fields(one).get("Type") for one in resources.values())
    return any(one is not None and isinstance(one.value, str) and _RESOURCE_TYPE.match(one.value) for one in types)


def _is_answer(key: str, node: Node) -> bool:
    if key in ("Roles", "RoleDetailList"):
        return any("AssumeRolePolicyDocument" in _fields(one) for one in _each(node))
    if key == "Role":
        return "AssumeRolePolicyDocument" in _fields(node)
    if key == "PolicyVersion":
        return "Document" in _fields(node)
    return isinstance(node.value, str) or policy_kind(node) != OTHER


def _denies_on_resources(statement: Mapping[str, Node]) -> bool:
    effect = [one.lower() for one in _texts(statement, "effect")]
    named = bool(statement.keys() & {"principal", "notprincipal"})
    return effect == ["deny"] and named and bool(statement.keys() & {"resource", "notresource"})


def _is_trust(statement: Mapping[str, Node]) -> bool:
    """By whom it names and what it lets them do; only a role's trust policy has actions of STS and no Resource."""
    actions = [one.lower() for one in _texts(statement, "action")]
    assumes = any(one.startswith("sts:") for one in actions)
    named = bool(statement.keys() & {"principal", "notprincipal"})
    if statement.keys() & {"resource", "notresource"}:
        return named and assumes
    return assumes or (named and ("notaction" in statement or "*" in actions or not actions))


def _texts(statement: Mapping[str, Node], key: str) -> Iterator[str]:
    for one in _each(statement[key]) if key in statement else ():
        if isinstance(one.value, str):
            yield one.value


def _each(node: Node) -> tuple[Node, ...]:
    return node.value if isinstance(node.value, tuple) else (node,)


def _folded(node: Node) -> Mapping[str, Node]:
    return {key.lower(): value for key, value in _fields(node).items()}


def _fields(node: Node) -> Mapping[str, Node]:
    return node.value if isinstance(node.value, Mapping) else {}
