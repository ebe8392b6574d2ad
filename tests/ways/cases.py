"""The table of ways in: file, options, the expected errors and warnings, and AWS's page that says why.

`name: (why, text, errors, warnings)`; of errors and warnings the ids of rules, and a part of what must be said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ways.texts import (
    ADMIN,
    DOOR,
    NEEDS_ID,
    OF_LAMBDA,
    OTHER,
    READS,
    ROOT,
    VENDOR,
    VENDORS,
    WRITES,
    allow,
    arn_of,
    may,
    role,
    sub,
    template,
    trust,
)

_SWITCH = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_permissions-to-switch.html"
_CROSS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html"
_DENY = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html"
)
_KEYS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
_STS_KEYS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html"
_PRINCIPAL = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"
_OPERATORS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"
_MFA = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html"
_IDS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"


@dataclass(frozen=True)
class Case:
    """One file.

    says: each is in the message of some finding; silent: in that of none. vendor: the expected one is given, with ID.
    """

    why: str
    text: str
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    vendor: bool = False
    silent: tuple[str, ...] = ()


_FULL = ("action-not-read", "action-escalation", "action-role-chaining", "exposure-secret")
_CHAINS = ("action-not-read", "action-role-chaining")
_WAY = "Behind: assumed by Door, which account 111122223333 assumes"
_BEHIND_WRITES = role([allow({"AWS": arn_of("Door")})], WRITES)
_CALLS = "sts:AssumeRole"


def _hop(door: dict[str, Any], behind: dict[str, Any], **more: Any) -> str:
    return template({"Door": door, "Behind": behind, **more})


def _needs(**conditions: Any) -> str:
    """The vendor's statement under more conditions: operator -> {key: value}."""
    merged = {operator: dict(values) for operator, values in {**NEEDS_ID, **conditions}.items()}
    if "StringEquals" in conditions:
        merged["StringEquals"] = {**NEEDS_ID["StringEquals"], **conditions["StringEquals"]}
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    return trust(allow({"AWS": VENDOR}, Action=actions, Condition=merged))


TWO_HOPS: dict[str, Case] = {
    "named by GetAtt, administrator": Case(
        f"In one account a trust policy that names the role is enough: {_SWITCH}",
        _hop(DOOR, role([allow({"AWS": arn_of("Door")})], ManagedPolicyArns=[ADMIN])),
        errors=("action-not-read",),
        says=(_WAY,),
    ),
    "the same, the vendor expected": Case(
        f"The role behind is judged by what it may do, its trust by whom it names: {_SWITCH}",
        _hop(DOOR, _BEHIND_WRITES),
        errors=("action-not-read",),
        says=(_WAY,),
        vendor=True,
    ),
    "named by its name and path": Case(
        f"A role's ARN has its path: {_IDS}",
        _hop(
            role([VENDORS], READS, RoleName="door", Path="/vendor/"),
            role([allow({"AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/vendor/door")})], WRITES),
        ),
        errors=("action-not-read",),
        says=(_WAY,),
    ),
    "named by a parameter that is its name": Case(
        f"Both come to the same role, whatever the parameter is: {_SWITCH}",
        template(
            {
                "Door": role([VENDORS], READS, RoleName={"Ref": "Name"}),
                "Behind": role(
                    [allow({"AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${Name}")})], WRITES
                ),
            },
            Parameters={"Name": {"Type": "String"}},
        ),
        errors=("action-not-read",),
        says=(_WAY,),
    ),
    "named by a condition": Case(
        f"The account is trusted, and aws:PrincipalArn picks the role: {_KEYS}#condition-keys-principalarn",
        _hop(
            role([VENDORS], READS, may(_CALLS, sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/behind*"))),
            role([allow({"AWS": ROOT}, Condition={"ArnEquals": {"aws:PrincipalArn": arn_of("Door")}})], WRITES),
        ),
        errors=_CHAINS,
        says=(_WAY,),
    ),
    "the whole account, and sts:AssumeRole on it": Case(
        f"The account is trusted, so the caller's own policy decides: {_SWITCH}",
        _hop(role([VENDORS], READS, may(_CALLS, arn_of("Behind"))), role([allow({"AWS": ROOT})], WRITES)),
        errors=_CHAINS,
        says=(_WAY,),
    ),
    "the whole account, and sts:* on everything": Case(
        f"A wildcard allows sts:AssumeRole, too: {_SWITCH}",
        _hop(role([VENDORS], may("sts:*")), role([allow({"AWS": ROOT})], WRITES)),
        errors=(*_CHAINS, "exposure-secret"),
        says=(_WAY,),
    ),
    "the whole account, and a role that a parameter names": Case(
        f"The parameter may name this role: {_SWITCH}",
        template(
            {
                "Door": role([VENDORS], READS, may(_CALLS, {"Ref": "Next"})),
                "Behind": role([allow({"AWS": ROOT})], WRITES),
            },
            Parameters={"Next": {"Type": "String"}},
        ),
        errors=_CHAINS,
        says=(_WAY,),
    ),
    "three hops": Case(
        f"Whoever is in the second role goes on from there: {_SWITCH}",
        _hop(
            DOOR, role([allow({"AWS": arn_of("Door")})], READS), Last=role([allow({"AWS": arn_of("Behind")})], WRITES)
        ),
        errors=("action-not-read",),
        says=("Last: assumed by Behind, which Door assumes, which account 111122223333 assumes",),
    ),
    "a circle": Case(
        f"Roles that assume each other: {_SWITCH}",
        _hop(
            role([VENDORS, allow({"AWS": ROOT})], READS, may(_CALLS, arn_of("Behind")), RoleName="door"),
            role(
                [allow({"AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/door")})],
                WRITES,
                may(_CALLS, sub("arn:${AWS::Partition}:iam::*:role/door")),
            ),
        ),
        errors=_CHAINS,
        says=(_WAY,),
    ),
    "conditions that go together in too many ways": Case(
        f"Each statement counts where its condition holds, whatever the others are: {_SWITCH}",
        template(
            {
                "Door": role([VENDORS], READS),
                "Behind": role(
                    [allow({"AWS": arn_of("Door")})],
                    *({"Fn::If": [name, WRITES, {"Ref": "AWS::NoValue"}]} for name in "ABCDEFG"),
                ),
            },
            Parameters={name: {"Type": "String"} for name in "ABCDEFG"},
            Conditions={name: {"Fn::Equals": [{"Ref": name}, "yes"]} for name in "ABCDEFG"},
        ),
        errors=("action-not-read", "file-not-understood"),
        says=(_WAY, "depends on the conditions in more than 64 ways"),
    ),
    "an external ID between own roles keeps nobody out": Case(
        f"Whoever is in Door sends what it likes: {_STS_KEYS}#ck_externalid",
        _hop(DOOR, role([allow({"AWS": arn_of("Door")}, Condition=NEEDS_ID)], WRITES)),
        errors=("action-not-read",),
        says=(_WAY,),
    ),
    "MFA may be there": Case(
        f"It is not known whether the vendor's session has it: {_MFA}",
        _hop(
            DOOR,
            role([allow({"AWS": arn_of("Door")}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})], WRITES),
        ),
        errors=("action-not-read",),
        says=(_WAY,),
    ),
    "the vendor's stack set": Case(
        f"Between accounts both sides must allow it, and both do: {_CROSS}",
        template(
            {
                "Door": role([VENDORS], READS, may(_CALLS, sub("arn:${AWS::Partition}:iam::*:role/audit"))),
                "Members": {
                    "Type": "AWS::CloudFormation::StackSet",
                    "Properties": {
                        "StackSetName": "members",
                        "PermissionModel": "SERVICE_MANAGED",
                        "Parameters": [{"ParameterKey": "From", "ParameterValue": arn_of("Door")}],
                        "TemplateBody": template(
                            {"Audit": role([allow({"AWS": {"Ref": "From"}})], WRITES, RoleName="audit")},
                            Parameters={"From": {"Type": "String"}},
                        ),
                    },
                },
            }
        ),
        errors=_CHAINS,
        says=("Members/Audit: assumed by Door, which account 111122223333 assumes",),
    ),
    # --- nobody gets through
    "denied by the entering role's policies": Case(
        f"A Deny in the caller's policy wins over the trust policy: {_DENY}",
        _hop(
            role([VENDORS], READS, {"Effect": "Deny", "Action": "sts:*", "Resource": "*"}),
            role([allow({"AWS": arn_of("Door")})], WRITES),
        ),
    ),
    "denied by the trust policy behind": Case(
        f"A Deny in the trust policy wins: {_DENY}",
        _hop(
            role([VENDORS], READS, RoleName="door"),
            role(
                [
                    allow({"AWS": ROOT}),
                    {"Effect": "Deny", "Principal": {"AWS": arn_of("Door")}, "Action": "sts:AssumeRole"},
                ],
                WRITES,
            ),
        ),
    ),
    "the whole account, and no sts:AssumeRole": Case(
        f"The account is trusted, and the caller's policy allows nothing: {_SWITCH}",
        _hop(DOOR, role([allow({"AWS": ROOT})], WRITES)),
    ),
    "the whole account, and sts:AssumeRole on another role": Case(
        f"The caller's policy names one role, and that is not this one: {_SWITCH}",
        _hop(
            role([VENDORS], READS, may(_CALLS, arn_of("Other"))),
            role([allow({"AWS": ROOT})], WRITES),
            Other=role([OF_LAMBDA], READS),
        ),
        errors=("action-role-chaining",),
        silent=("Behind",),
    ),
    "assumed by a service's role": Case(
        f"No third party is in the first role: {_SWITCH}",
        _hop(role([OF_LAMBDA], READS), _BEHIND_WRITES),
    ),
    "in branches that exclude each other": Case(
        "A stack has one of the two roles: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html",
        template(
            {
                "Door": role(
                    [{"Fn::If": ["Vendor", VENDORS, OF_LAMBDA]}],
                    READS,
                ),
                "Behind": role(
                    [{"Fn::If": ["Vendor", OF_LAMBDA, allow({"AWS": arn_of("Door")})]}],
                    WRITES,
                ),
            },
            Parameters={"Kind": {"Type": "String"}},
            Conditions={"Vendor": {"Fn::Equals": [{"Ref": "Kind"}, "vendor"]}},
        ),
    ),
}

_SERVICES = {
    "SourceAccount": {"StringEquals": {"aws:SourceAccount": OTHER}},
    "SourceArn": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}},
    "SourceOrgID": {"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}},
    "PrincipalIsAWSService": {"Bool": {"aws:PrincipalIsAWSService": "true"}},
    "PrincipalServiceName": {"StringEquals": {"aws:PrincipalServiceName": "sns.amazonaws.com"}},
    "PrincipalServiceNamesList": {"ForAnyValue:StringLike": {"aws:PrincipalServiceNamesList": "sns*"}},
    "no PrincipalArn": {"Null": {"aws:PrincipalArn": "true"}},
    "no PrincipalAccount": {"Null": {"aws:PrincipalAccount": "true"}},
    "SourceAccount there": {"Null": {"aws:SourceAccount": "false"}},
}
_WIDE_PRINCIPALS: dict[str, object] = {"'*'": "*", "AWS '*'": {"AWS": "*"}}

SERVICES: dict[str, Case] = {
    **{
        f"{key} with {who}, beside the vendor{', who is expected' if vendor else ''}": Case(
            f"Only a request of an AWS service has the key: {_KEYS}",
            trust(VENDORS, allow(principal, Condition=conditions)),
            errors=("trust-anyone",),
            vendor=vendor,
        )
        for key, conditions in _SERVICES.items()
        for who, principal in _WIDE_PRINCIPALS.items()
        for vendor in (False, True)
    },
    "no service has it": Case(
        f"aws:PrincipalIsAWSService is false for whoever is no service: {_KEYS}#condition-keys-principalisawsservice",
        trust(
            VENDORS,
            allow(
                "*",
                Condition={
                    "StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"},
                    "Bool": {"aws:PrincipalIsAWSService": "false"},
                },
            ),
        ),
    ),
    "the own organisation": Case(
        f"A service is in no organisation: {_KEYS}#condition-keys-principalorgid",
        trust(VENDORS, allow("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}})),
    ),
}

_TAG = "aws:RequestTag/tenant"
KEPT_OUT: dict[str, Case] = {
    "nothing more is asked": Case("The statement that AWS shows", trust(VENDORS), vendor=True),
    **{
        f"a service's key: {key}": Case(
            f"No request of an account has the key: {_KEYS}",
            _needs(**conditions),
            errors=("trust-vendor-kept-out",),
            vendor=True,
        )
        for key, conditions in _SERVICES.items()
        if key != "PrincipalServiceNamesList"
    },
    "a tag, and no sts:TagSession": Case(
        "Whoever sends a tag needs the action: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html",
        trust(allow({"AWS": VENDOR}, Condition={"StringEquals": {**NEEDS_ID["StringEquals"], _TAG: "a"}})),
        errors=("trust-vendor-kept-out",),
        vendor=True,
    ),
    "a source identity, and no sts:SetSourceIdentity": Case(
        "Whoever sends one needs the action: "
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html",
        trust(allow({"AWS": VENDOR}, Condition={**NEEDS_ID, "StringLike": {"sts:SourceIdentity": "*"}})),
        errors=("trust-vendor-kept-out",),
        vendor=True,
    ),
    "dates that cross": Case(
        f"No moment is both: {_OPERATORS}#Conditions_Date",
        _needs(
            DateLessThan={"aws:CurrentTime": "2026-01-01T00:00:00Z"},
            DateGreaterThan={"aws:CurrentTime": "2027-01-01T00:00:00Z"},
        ),
        errors=("trust-vendor-kept-out",),
        vendor=True,
    ),
    "allowed and denied by one tag": Case(
        f"A Deny wins: {_DENY}",
        trust(
            allow(
                {"AWS": VENDOR},
                Action=["sts:AssumeRole", "sts:TagSession"],
                Condition={"StringEquals": {**NEEDS_ID["StringEquals"], _TAG: "a"}},
            ),
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {_TAG: "a"}},
            },
        ),
        errors=("trust-vendor-kept-out",),
        vendor=True,
    ),
    "two addresses that have nothing in common": Case(
        f"One request has one address: {_KEYS}#condition-keys-sourceip",
        _needs(IpAddress={"aws:SourceIp": "203.0.113.0/24"}, NotIpAddress={"aws:SourceIp": "203.0.112.0/22"}),
        errors=("trust-vendor-kept-out",),
        vendor=True,
    ),
    "no TLS": Case(
        f"STS is asked by HTTPS alone: {_KEYS}#condition-keys-securetransport",
        _needs(Bool={"aws:SecureTransport": "false"}),
        errors=("trust-vendor-kept-out",),
        vendor=True,
    ),
    **{
        f"under a condition: {name}": Case(
            f"The vendor gets in only with it: {page}",
            _needs(**conditions),
            warnings=("trust-vendor-conditions",),
            says=says,
            vendor=True,
        )
        for name, page, conditions, says in (
            ("MFA", _MFA, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}, ("aws:MultiFactorAuthPresent", "MFA")),
            ("session name", _STS_KEYS, {"StringEquals": {"sts:RoleSessionName": "audit"}}, ("sts:RoleSessionName",)),
            ("session name like", _STS_KEYS, {"StringLike": {"sts:RoleSessionName": "a-*"}}, ("sts:RoleSessionName",)),
            ("tag", _KEYS, {"StringEquals": {_TAG: "acme"}}, (_TAG,)),
            ("tag keys", _KEYS, {"ForAnyValue:StringEquals": {"aws:TagKeys": ["tenant"]}}, ("aws:TagKeys",)),
            ("principal tag", _KEYS, {"StringEquals": {"aws:PrincipalTag/team": "x"}}, ("aws:PrincipalTag/team",)),
            ("source identity", _STS_KEYS, {"StringLike": {"sts:SourceIdentity": "*"}}, ("sts:SourceIdentity",)),
            ("address", _KEYS, {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, ("aws:SourceIp", "203.0.113.0/24")),
            ("organisation", _KEYS, {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}, ("aws:PrincipalOrgID",)),
            ("date", _KEYS, {"DateLessThan": {"aws:CurrentTime": "2024-01-01T00:00:00Z"}}, ("aws:CurrentTime", "2024")),
            ("later", _KEYS, {"DateGreaterThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}, ("2099-01-01",)),
            ("two", _MFA, {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "StringEquals": {_TAG: "a"}}, (_TAG, "MFA")),
        )
    },
    "one session by its ARN": Case(
        f"Only the session of that name is meant: {_PRINCIPAL}#principal-role-session",
        trust(
            allow({"AWS": f"arn:aws:sts::{VENDOR}:assumed-role/collector/session1"}, Condition=NEEDS_ID),
        ),
        warnings=("trust-vendor-conditions",),
        says=("session1",),
        vendor=True,
    ),
    "a Deny without MFA": Case(
        f"Who has no MFA is denied: {_MFA}",
        trust(
            VENDORS,
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sts:AssumeRole",
                "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
            },
        ),
        warnings=("trust-vendor-conditions",),
        says=("aws:MultiFactorAuthPresent",),
        vendor=True,
    ),
    "a second statement asks for nothing": Case(
        f"One statement that allows is enough: {_DENY}",
        trust(
            VENDORS,
            allow(
                {"AWS": VENDOR},
                Condition={**NEEDS_ID, "Bool": {"aws:MultiFactorAuthPresent": "true"}},
            ),
        ),
        vendor=True,
    ),
    "IfExists, and it need not be sent": Case(
        f"With IfExists a key that is not there is no hindrance: {_OPERATORS}#Conditions_IfExists",
        _needs(StringEqualsIfExists={"sts:SourceIdentity": "audit"}),
        vendor=True,
    ),
    "TLS": Case(
        f"Every request to STS has it: {_KEYS}#condition-keys-securetransport",
        _needs(Bool={"aws:SecureTransport": "true"}),
        vendor=True,
    ),
}

INSIDE: dict[str, Case] = {
    "anybody, and a condition of which nothing is known": Case(
        f"It may let in anybody: {_OPERATORS}",
        template({"Delegate": role([allow("*", Condition={"BinaryEquals": {"sts:ExternalId": []}})], READS)}),
        errors=("external-id-operator",),
    ),
    "anybody, but the condition names a role of the template": Case(
        f"Nobody else has that ARN: {_KEYS}#condition-keys-principalarn",
        template(
            {
                "Scanner": role([allow({"Service": "ec2.amazonaws.com"})]),
                "Delegate": role(
                    [allow({"AWS": "*"}, Condition={"ArnEquals": {"aws:PrincipalArn": arn_of("Scanner")}})], WRITES
                ),
            }
        ),
    ),
    "anybody, but of the own account": Case(
        f"The key is the account of whoever asks: {_KEYS}#condition-keys-principalaccount",
        template(
            {
                "Delegate": role(
                    [allow("*", Condition={"StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}})],
                    WRITES,
                )
            }
        ),
    ),
    "by the unique ID of a role of the template": Case(
        f"IAM keeps the role's ARN and ID as one principal: {_IDS}",
        template(
            {
                "Scanner": role([allow({"Service": "ec2.amazonaws.com"})]),
                "ById": role([allow({"AWS": {"Fn::GetAtt": ["Scanner", "RoleId"]}})], WRITES),
            }
        ),
    ),
    "by the unique ID of a role that the vendor assumes": Case(
        f"IAM keeps the role's ARN and ID as one principal: {_IDS}",
        _hop(DOOR, role([allow({"AWS": {"Fn::GetAtt": ["Door", "RoleId"]}})], WRITES)),
        errors=("action-not-read",),
        says=(_WAY,),
    ),
    "anybody, but the condition names a role that the vendor assumes": Case(
        f"The role is inside, and the vendor is in it: {_SWITCH}",
        _hop(
            DOOR,
            role([allow({"AWS": "*"}, Condition={"ArnEquals": {"aws:PrincipalArn": arn_of("Door")}})], WRITES),
        ),
        errors=("action-not-read",),
        says=(_WAY,),
    ),
    "anybody, and a condition that somebody else meets too": Case(
        f"A pattern of another account stays a third party's: {_KEYS}#condition-keys-principalarn",
        template(
            {
                "Delegate": role(
                    [
                        allow(
                            {"AWS": "*"},
                            Condition={
                                "ArnLike": {"aws:PrincipalArn": sub("arn:${AWS::Partition}:iam::*:role/scanner")}
                            },
                        )
                    ],
                    WRITES,
                )
            }
        ),
        errors=("action-not-read", "external-id-missing", "trust-anyone"),
    ),
}

CASES: dict[str, Case] = {
    f"{kind}: {name}": case
    for kind, cases in (
        ("two hops", TWO_HOPS),
        ("services", SERVICES),
        ("kept out", KEPT_OUT),
        ("inside", INSIDE),
    )
    for name, case in cases.items()
}
