"""The files that rules' examples are edits of. Each is right in every way: no rule has a finding about it."""

from __future__ import annotations

VENDOR = "111122223333"
EXTERNAL_ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
OTHER_ID = "0f5e3c55-64c1-4d53-8a0d-3a1b7f0f0a02"
ROLE_ARN = f"arn:aws:iam::{VENDOR}:role/reader"

_MAY_ASSUME = f"""\
      "Effect": "Allow",
      "Principal": {{"AWS": "{ROLE_ARN}"}},
      "Action": "sts:AssumeRole",
      "Condition": {{"StringEquals": {{"sts:ExternalId": "{EXTERNAL_ID}"}}}}
"""

TRUST = f"""\
{{
  "Version": "2012-10-17",
  "Statement": [
    {{
{_MAY_ASSUME}    }}
  ]
}}
"""

# Whoever may tag the session of a role needs its external ID too.
TRUST_WITH_TAGS = TRUST.replace(
    "    }\n  ]",
    f"""\
    }},
    {{
      "Effect": "Allow",
      "Principal": {{"AWS": "{ROLE_ARN}"}},
      "Action": ["sts:TagSession"],
      "Condition": {{"StringEquals": {{"sts:ExternalId": ["{EXTERNAL_ID}"]}}}}
    }}
  ]""",
)

# Either statement lets the role be assumed.
TRUST_OF_TWO = TRUST_WITH_TAGS.replace('["sts:TagSession"]', '["sts:AssumeRole", "sts:TagSession"]')

OWN_ORGANIZATION = """\
{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"AWS": "*"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}
  }
}
"""

ACCESS = """\
{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "*"}
}
"""

TEMPLATE = f"""\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Extra:
    Type: String
    AllowedPattern: ^[0-9]{{12}}$
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: vendor-reader
      Path: /vendors/
      Description: Zugriff für Kosten
      MaxSessionDuration: 3600
      Tags:
        - {{Key: Vendor, Value: example}}
        - {{Key: 費用, Value: 部門 1}}
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: Vendor
            Effect: Allow
            Principal:
              AWS: !Sub arn:${{AWS::Partition}}:iam::{VENDOR}:role/reader
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                sts:ExternalId: {EXTERNAL_ID}
      PermissionsBoundary: !Sub arn:${{AWS::Partition}}:iam::aws:policy/IAMReadOnlyAccess
      ManagedPolicyArns:
        - !Sub arn:${{AWS::Partition}}:iam::aws:policy/AWSBudgetsReadOnlyAccess
      Policies:
        - PolicyName: access
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Sid: Instances
                Effect: Allow
                Action: ec2:DescribeInstances
                Resource: !Sub arn:${{AWS::Partition}}:ec2:*:*:instance/reports
"""

CHOSEN_ID = f"""\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  ExternalId:
    Type: String
    AllowedPattern: ^[0-9a-f-]{{36}}$
    MinLength: 36
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              AWS: !Sub arn:${{AWS::Partition}}:iam::{VENDOR}:role/reader
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                sts:ExternalId: !Ref ExternalId
"""

NAMED_PROVIDER = "arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/login.example.com"
PROVIDER = f"""\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Provider:
    Type: String
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              Federated: !Sub {NAMED_PROVIDER}
            Action: sts:AssumeRoleWithWebIdentity
            Condition:
              StringEquals:
                login.example.com:aud: reader
"""

# A role that no third party may assume.
FUNCTION_ROLE = """\
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Function:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              Service: lambda.amazonaws.com
            Action: sts:AssumeRole
      Policies:
        - PolicyName: access
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: ec2:DescribeInstances
                Resource: "*"
"""

# Everything is denied while the vendor's access is being reviewed.
SUSPENDED = TEMPLATE.replace(
    "              - Sid: Instances\n",
    """\
              - Effect: Deny
                Action: "*"
                Resource: "*"
              - Sid: Instances
""",
).replace("ec2:DescribeInstances", "pricing:GetProducts")

TWO_INLINE = f"""\
{TEMPLATE}        - PolicyName: more-access
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Sid: {"y" * 5000}
                Effect: Allow
                Action: ec2:DescribeVolumes
                Resource: "*"
"""

ATTACHING = f"""\
{{
  "RoleName": "vendor-reader",
  "Arn": "arn:aws:iam::444455556666:role/vendor-reader",
  "AssumeRolePolicyDocument": {TRUST.replace(chr(10), chr(10) + "  ").rstrip()},
  "AttachedManagedPolicies": [
    {{"PolicyName": "Budgets", "PolicyArn": "arn:aws:iam::aws:policy/AWSBudgetsReadOnlyAccess"}}
  ]
}}
"""

MANAGED = """\
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Function:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              Service: lambda.amazonaws.com
            Action: sts:AssumeRole
  Access:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref Function]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: Instances
            Effect: Allow
            Action: ec2:DescribeInstances
            Resource: "*"
"""
