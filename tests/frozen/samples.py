"""Every good and bad case of the old rules as a text: their objects written as policies, templates and bundles.

For the old code only: the new rules' cases are texts by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from frozen.questions import BundleQuestion, Expected, FileQuestion, Question, RoleQuestion

NAMES = ("good", "bad")
_ASSUME: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"sts:ExternalId": "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"}},
}
_TRUST = {"Version": "2012-10-17", "Statement": [_ASSUME]}
_READ = {"Effect": "Allow", "Action": "ec2:DescribeTags", "Resource": "*"}
_EDITS = {
    "bundle-manifest": ("manifest.json", "", "{}"),
    "bundle-tampered": ("README.md", "", "Trust me."),
    "bundle-unreadable": ("cloudformation/role.yaml", "", "Resources: []"),
    "bundle-formats-differ": ("json/role.json", "3600", "7200"),
    "bundle-not-rendered": ("README.md", "deputize", "somebody"),
    "bundle-other-version": ("manifest.json", '"template_version": ', '"template_version": 2147483'),
    "trust-in-one-format": ("cloudformation/role.yaml", "StringEquals", "StringLike"),
    "trust-of-terraform": ("terraform/main.tf", "sts:AssumeRole", "sts:*"),
    "read-of-json": ("json/access-policy.json", "iam:GetRole", "iam:PassRole"),
}


def questions_of(rule: Any, case: str, *, own: bool) -> Iterator[Question | str]:
    """What is asked with one case of a rule; a text says why nothing is. own: of the rules of our own bundles."""
    subject = getattr(rule, case)()
    write = _WRITERS.get(type(subject).__name__)
    if write is None:
        yield f"a {type(subject).__name__} of which no file is made alone: see the bundles with edits"
        return
    where, text, expected = write(subject)
    must_find = rule.id if own and case == "bad" else ""
    name = f"rule/{rule.id}/{case}"
    yield FileQuestion(name, where, text.encode(), expected, must_find=must_find)
    if type(subject).__name__ == "TrustSubject":
        meant = subject.expected
        yield RoleQuestion(name, text, meant.external_ids, meant.vendor_account, meant.roles)


def edited_bundles(vendor: str, options: Mapping[str, tuple[str, ...]]) -> Iterator[BundleQuestion]:
    """Bundles that somebody changed, with sums that fit and with sums that do not."""
    for name, edit in _EDITS.items():
        for resealed in (False, True):
            if edit[1] or not resealed:
                how = "resealed" if resealed else "as it is"
                yield BundleQuestion(f"bundle/{name}, {how}", vendor, options, (edit,), resealed)


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _expected(meant: Any) -> Expected:
    return Expected((meant.vendor_account,), tuple(meant.external_ids), tuple(meant.allowed_secrets))


def _of_trust_subject(subject: Any) -> tuple[str, str, Expected]:
    return "trust.json", _json(subject.policy.to_json()), _expected(subject.expected)


def _of_ids(subject: Any) -> tuple[str, str, Expected]:
    asked = {"StringEquals": {"sts:ExternalId": list(subject.external_ids)}}
    trust = {**_TRUST, "Statement": [{**_ASSUME, "Condition": asked}]}
    return "trust.json", _json(trust), Expected(("111122223333",), tuple(subject.external_ids))


def _of_subject(subject: Any) -> tuple[str, str, Expected]:
    role = subject.role
    properties: dict[str, Any] = {
        "RoleName": role.name,
        "Path": role.path,
        "Description": role.description,
        "MaxSessionDuration": role.max_session,
        "AssumeRolePolicyDocument": role.trust.to_json(),
        "ManagedPolicyArns": list(role.managed_arns),
        "Tags": [{"Key": key, "Value": value} for key, value in role.tags],
    }
    if role.boundary is not None:
        properties["PermissionsBoundary"] = role.boundary
    policies = [(one.name, one.document.to_json()) for one in role.policies]
    return "role.template", _template(properties, policies, role.delivery, {}), _expected(subject.expected)


def _template(
    properties: dict[str, Any], policies: list[tuple[str, object]], delivery: str, parameters: dict[str, Any]
) -> str:
    resources: dict[str, Any] = {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}
    if delivery == "managed":
        for at, (name, document) in enumerate(policies):
            made = {"ManagedPolicyName": name, "PolicyDocument": document, "Roles": [{"Ref": "Role"}]}
            resources[f"Policy{at}"] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": made}
    elif policies:
        properties["Policies"] = [{"PolicyName": name, "PolicyDocument": document} for name, document in policies]
    head = {"AWSTemplateFormatVersion": "2010-09-09", **({"Parameters": parameters} if parameters else {})}
    return _json({**head, "Resources": resources})


def _chosen(value: Any, unknowns: Any) -> Any:
    """The value with Fn::Sub where a text has something in it that the file does not hold."""
    if isinstance(value, Mapping):
        return {key: _chosen(one, unknowns) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_chosen(one, unknowns) for one in value]
    if isinstance(value, str):
        text = value
        for one in unknowns:
            text = text.replace(one.stand_in, f"${{{one.name}}}")
        return value if text == value else {"Fn::Sub": text}
    return value


def _parameters(unknowns: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for one in unknowns:
        if one.origin.value == "parameter":
            fields = {"Type": "String", **({} if one.admits_empty else {"MinLength": 1})}
            fields |= {} if one.default is None else {"Default": one.default}
            fields |= {"AllowedValues": list(one.allowed)} if one.allowed else {}
            made[one.name] = fields
    return made


def _of_trust_case(case: Any) -> tuple[str, str, Expected]:
    expected = Expected(tuple(case.expected_vendors), tuple(case.expected_ids))
    document, unknowns = case.document.value, case.document.unknowns
    if not unknowns:
        return "trust.json", _json(document), expected
    properties = {"AssumeRolePolicyDocument": _chosen(document, unknowns)}
    return "role.template", _template(properties, [], "inline", _parameters(unknowns)), expected


def _of_access(access: Any) -> tuple[str, str, Expected]:
    unknowns = tuple({one.name: one for document in access.documents for one in document.unknowns}.values())
    unknowns += tuple(one.unknown for one in access.attached if one.unknown is not None and not unknowns)
    policies = [(f"Access{at}", _chosen(one.value, one.unknowns)) for at, one in enumerate(access.documents)]
    properties: dict[str, Any] = {"AssumeRolePolicyDocument": _TRUST}
    if access.attached:
        arns = [one.arn if one.unknown is None else {"Fn::Sub": one.arn} for one in access.attached]
        properties["ManagedPolicyArns"] = arns
    text = _template(properties, policies, "inline", _parameters(unknowns))
    return "role.template", text, Expected(secrets=tuple(sorted(access.allowed_secrets)))


def _of_found_role(role: Any) -> tuple[str, str, Expected]:
    trust = _TRUST if role.trust is None else _chosen(role.trust.value, role.unknowns)
    properties: dict[str, Any] = {"AssumeRolePolicyDocument": trust}
    texts = {
        "RoleName": role.role_name,
        "Path": role.path,
        "Description": role.description,
        "PermissionsBoundary": role.boundary,
    }
    properties |= {key: _chosen(one.value, role.unknowns) for key, one in texts.items() if one is not None}
    if role.max_session is not None:
        properties["MaxSessionDuration"] = role.max_session
    if role.managed:
        properties["ManagedPolicyArns"] = [_chosen(one.value, role.unknowns) for one in role.managed]
    if role.tags:
        properties["Tags"] = _chosen([{"Key": key.value, "Value": one.value} for key, one in role.tags], role.unknowns)
    policies = [(one.name, _chosen(one.document.value, role.unknowns)) for one in role.policies]
    delivery = role.policies[0].delivery if role.policies else "inline"
    return "role.template", _template(properties, policies, delivery, _parameters(role.unknowns)), Expected()


def _of_delivered(file: Any) -> tuple[str, str, Expected]:
    fields = {name: {"Type": "String", **_plain(node)} for name, node in file.parameters.items()}
    statement = dict(_ASSUME)
    if fields:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}}
    properties = {"AssumeRolePolicyDocument": {**_TRUST, "Statement": [statement]}}
    return "role.template", _filled(_template(properties, [], "inline", fields), file.size), Expected()


def _of_size(size: int) -> tuple[str, str, Expected]:
    """A number: of the characters of a trust policy, or of the bytes of a template."""
    of_template = size > 10_000
    trust = _TRUST if of_template else {"Version": "2012-10-17", "Statement": [{"Sid": "x" * (size - 49)}]}
    text = _template({"AssumeRolePolicyDocument": trust}, [], "inline", {})
    return "role.template", _filled(text, size) if of_template else text, Expected()


def _of_document(document: Any) -> tuple[str, str, Expected]:
    value = document.value if document.value["Statement"] else {**document.value, "Statement": [_READ]}
    return "access.json", _json(value), Expected()


def _of_policy(policy: Any) -> tuple[str, str, Expected]:
    """A policy alone, of the size of the sample: that one has no statement by which a file is known as a policy."""
    size = len(json.dumps(policy.document.value, separators=(",", ":")))
    statement = {"Sid": "", **_READ}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    statement["Sid"] = "x" * (size - len(json.dumps(document, separators=(",", ":"))))
    return "access.json", _json(document), Expected()


def _filled(text: str, size: int) -> str:
    return text[:-1] + " " * (size - len(text.encode())) + text[-1]


def _plain(node: Any) -> Any:
    if isinstance(node.value, Mapping):
        return {key: _plain(one) for key, one in node.value.items()}
    return [_plain(one) for one in node.value] if isinstance(node.value, tuple) else node.value


_WRITERS: dict[str, Any] = {
    "TrustSubject": _of_trust_subject,
    "Subject": _of_subject,
    "Ids": _of_ids,
    "int": _of_size,
    "TrustCase": _of_trust_case,
    "Access": _of_access,
    "Document": _of_document,
    "FoundPolicy": _of_policy,
    "FoundRole": _of_found_role,
    "Delivered": _of_delivered,
    "Node": lambda node: ("file.template", _json(_plain(node)), Expected()),
}
