"""Random CloudFormation templates around a role: parameters, conditions and functions in place of some of its texts."""

from __future__ import annotations

import json
import re
from typing import Any

from frozen.dice import Dice
from frozen.made_trust import ID, OWN, VENDOR

_NO_VALUE = {"Ref": "AWS::NoValue"}
_ID_PARAMETERS: tuple[dict[str, Any], ...] = (
    {"Type": "String"},
    {"Type": "String", "AllowedPattern": "^[0-9a-zA-Z-]{8,64}$"},
    {"Type": "String", "AllowedPattern": "[0-9a-z-]+"},
    {"Type": "String", "MinLength": 2, "MaxLength": 1224},
    {"Type": "String", "Default": ID},
    {"Type": "String", "Default": ""},
    {"Type": "String", "NoEcho": True, "MinLength": 8},
    {"Type": "String", "AllowedValues": [ID, "Bcme-1"]},
    {"Type": "Number"},
)
_ACCOUNT_PARAMETERS: tuple[dict[str, Any], ...] = (
    {"Type": "String"},
    {"Type": "String", "AllowedPattern": "^[0-9]{12}$"},
    {"Type": "String", "Default": VENDOR},
    {"Type": "String", "AllowedValues": [VENDOR]},
)
_SHORT = {"Ref": "!Ref", "Fn::Sub": "!Sub", "Fn::If": "!If", "Fn::Join": "!Join", "Fn::FindInMap": "!FindInMap"}


def template(dice: Dice, trust: object, policies: list[object], managed: list[str]) -> tuple[str, dict[str, str]]:
    """(A template, values for its parameters where it is judged with some). About a role with these policies."""
    loose = dice.chance(70)
    properties: dict[str, Any] = {"AssumeRolePolicyDocument": _loosened(dice, trust) if loose else trust}
    resources: dict[str, Any] = {"Vendor": {"Type": "AWS::IAM::Role", "Properties": properties}}
    _named(dice, properties)
    if managed:
        properties["ManagedPolicyArns"] = [_loosened(dice, one) if loose else one for one in managed]
    for number, policy in enumerate(policies):
        _placed(dice, f"Access{number}", _loosened(dice, policy) if loose else policy, resources)
    _second(dice, resources, trust)
    made = {"AWSTemplateFormatVersion": "2010-09-09", **_sections(dice), "Resources": resources}
    values: dict[str, str] = {}
    if loose and dice.chance(25):
        values = {"ExternalId": dice.pick((ID, "12345")), "VendorAccount": VENDOR, "Prod": dice.pick(("yes", "no"))}
    if dice.chance(30):
        return json.dumps(made, indent=2) + "\n", values
    return "".join(f"{line}\n" for line in _lines(made, short=dice.chance(70))), values


def _named(dice: Dice, properties: dict[str, Any]) -> None:
    if dice.chance(30):
        properties["RoleName"] = dice.pick(("reader", {"Fn::Sub": "${AWS::StackName}-reader"}, "a reader", "x" * 65))
    if dice.chance(15):
        properties["Path"] = dice.pick(("/", "/vendors/", "vendors"))
    if dice.chance(20):
        properties["MaxSessionDuration"] = dice.pick((3600, "7200", 43201, 60))
    if dice.chance(15):
        properties["Description"] = dice.pick(("Reads costs", "費用を読む", "x" * 1001))
    if dice.chance(15):
        properties["Tags"] = [{"Key": "team", "Value": "a"}, {"Key": dice.pick(("TEAM", "b")), "Value": "c"}]
    if dice.chance(10):
        properties["PermissionsBoundary"] = dice.pick((f"arn:aws:iam::{OWN}:policy/Boundary", "Boundary"))


def _placed(dice: Dice, name: str, document: object, resources: dict[str, Any]) -> None:
    """Give the policy to the role: inline, or as a resource of its own."""
    match dice.below(6):
        case 0:
            properties = {"PolicyDocument": document, "Roles": [{"Ref": "Vendor"}]}
            resources[name] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}
        case 1:
            properties = {"PolicyName": name, "PolicyDocument": document, "Roles": [{"Ref": "Vendor"}]}
            resources[name] = {"Type": "AWS::IAM::Policy", "Properties": properties}
        case 2 if dice.chance(50):
            resources[name] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
        case _:
            role = resources["Vendor"]["Properties"]
            role["Policies"] = [*role.get("Policies", []), {"PolicyName": name, "PolicyDocument": document}]


def _second(dice: Dice, resources: dict[str, Any], trust: object) -> None:
    if dice.chance(12):
        service = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [service]} if dice.chance(60) else trust
        resources["Second"] = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}
        if dice.chance(30):
            resources["Second"]["Condition"] = "IsProd"


def _sections(dice: Dice) -> dict[str, Any]:
    return {
        "Parameters": {
            "ExternalId": dice.pick(_ID_PARAMETERS),
            "VendorAccount": dice.pick(_ACCOUNT_PARAMETERS),
            "Prod": {"Type": "String", "Default": "no", "AllowedValues": ["yes", "no"]},
        },
        "Mappings": {"Accounts": {"yes": {"Id": VENDOR}, "no": {"Id": "999988887777"}}},
        "Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Prod"}, "yes"]}},
    }


def _loosened(dice: Dice, value: object, key: str = "") -> object:
    """The value with some of its texts, and of its lists' items, made by functions."""
    if isinstance(value, str):
        return _text(dice, value)
    if isinstance(value, dict):
        made = {name: _loosened(dice, one, name) for name, one in value.items()}
        return {"Fn::If": ["IsProd", made, value]} if key == "Condition" and dice.chance(8) else made
    if isinstance(value, list):
        items = [_loosened(dice, one) for one in value]
        return [{"Fn::If": ["IsProd", one, _NO_VALUE]} if dice.chance(8) else one for one in items]
    return value


def _text(dice: Dice, text: str) -> object:
    if text == ID and dice.chance(60):
        return dice.pick(({"Ref": "ExternalId"}, {"Fn::Sub": "${ExternalId}"}, {"Fn::Sub": "acme-${ExternalId}"}))
    if VENDOR in text and dice.chance(45):
        before, after = text.split(VENDOR, 1)
        account = dice.pick(({"Ref": "VendorAccount"}, {"Fn::FindInMap": ["Accounts", {"Ref": "Prod"}, "Id"]}))
        joined = {"Fn::Join": ["", [before, account, after]]}
        return dice.pick((joined, {"Fn::Sub": text.replace(VENDOR, "${VendorAccount}")}))
    if OWN in text and dice.chance(60):
        return {"Fn::Sub": text.replace(OWN, "${AWS::AccountId}")}
    if text.startswith("arn:aws:") and dice.chance(25):
        return {"Fn::Sub": text.replace("arn:aws:", "arn:${AWS::Partition}:", 1)}
    return {"Fn::If": ["IsProd", text, "Deny"]} if text == "Allow" and dice.chance(3) else text


def _lines(value: dict[str, Any], *, short: bool, indent: str = "") -> list[str]:
    """YAML, in blocks; functions in the short form or in the long one."""
    made = []
    for key, one in value.items():
        name = key if re.fullmatch(r"[A-Za-z0-9]+", key) else json.dumps(key)
        made += _entry(f"{indent}{name}:", one, short=short, indent=f"{indent}  ")
    return made


def _entry(start: str, value: object, *, short: bool, indent: str) -> list[str]:
    if isinstance(value, dict) and value:
        (name, inner), *more = value.items()
        if short and not more and name in _SHORT:
            return [f"{start} {_SHORT[name]} {json.dumps(inner)}"]
        return [start, *_lines(value, short=short, indent=indent)]
    if isinstance(value, list) and value and not all(isinstance(one, str) for one in value):
        made = [start]
        for one in value:
            first, *rest = _entry(f"{indent}-", one, short=short, indent=f"{indent}  ")
            # A block in a list begins behind its dash.
            made += [f"{indent}- {rest[0].lstrip()}", *rest[1:]] if first == f"{indent}-" else [first, *rest]
        return made
    return [f"{start} {json.dumps(value)}"]
