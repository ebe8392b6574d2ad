"""Policies that are given to a role of their template by a name that has to be worked out, or that nobody knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deputize.checks.file_findings import file_findings
from deputize.checks.findings import policy_findings
from deputize.checks.judge import judge_policies
from deputize.model.expectations import Expectations
from deputize.model.values import Severity
from deputize.read.any import read_any
from deputize.read.world import world_of

DOCUMENT = "PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'iam:*', Resource: '*'}]}"
TEMPLATE = """Parameters:
  Free: {Type: String}
  Names: {Type: CommaDelimitedList}
  Env: {Type: String, AllowedValues: [a, b]}
Conditions: {X: !Equals [!Ref Env, a]}
Resources:
  Other:
    Type: AWS::IAM::Role
    Properties: {RoleName: helper, AssumeRolePolicyDocument: TRUST}
  Role:
    Type: AWS::IAM::Role
    Properties: {RoleName: CALLED, AssumeRolePolicyDocument: ENTERED}
  Pol:
    Type: AWS::IAM::Policy
    Properties: {PolicyName: p, Roles: NAMES, DOCUMENT}
"""
TRUST = """{Version: '2012-10-17',
      Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}"""
ENTERED = """{Version: '2012-10-17',
      Statement: [{Effect: Allow, Principal: {AWS: '111122223333'}, Action: 'sts:AssumeRole',
      Condition: {StringEquals: {'sts:ExternalId': 7c9e6679-7425-40de-944b-e07fc1f90ae7}}}]}"""


def read(names: str, called: str = "vend", **choices: str) -> Any:
    """The template with a policy for `names` beside a role that a third party enters, called `called`."""
    text = TEMPLATE.replace("NAMES", names).replace("CALLED", called).replace("TRUST", TRUST)
    found = read_any(text.replace("ENTERED", ENTERED).replace("DOCUMENT", DOCUMENT).encode(), "t.yaml", choices)
    assert found.refused == (), found.refused
    return found


def own(found: Any) -> set[str]:
    """The names of the roles that have a policy."""
    return {one.name for one in found.roles if one.policies}


@pytest.mark.parametrize(
    ("names", "called"),
    [
        ("[!Join ['', [ve, nd]]]", "vend"),
        ("[VEND]", "vend"),
        ("[vend]", "!Join ['', [ve, ND]]"),
        ("[!Sub '${AWS::StackName}-vend']", "!Join ['-', [!Ref 'AWS::StackName', Vend]]"),
        ("!Split [',', 'x,vend']", "vend"),
    ],
)
def test_a_name_that_can_be_worked_out_is_the_roles(names: str, called: str) -> None:
    """A name that can be worked out is the role's, whatever its case."""
    found = read(names, called)
    assert (own(found), found.policies) == ({"Role"}, ())


def test_a_parameter_that_is_chosen_is_a_name() -> None:
    """A parameter that is chosen is a name."""
    assert own(read("[!Ref Free]", Free="vend")) == {"Role"}


@pytest.mark.parametrize(
    ("names", "called"),
    [
        ("[!Ref Free]", "vend"),
        ("!Ref Names", "vend"),
        ("[!ImportValue r]", "vend"),
        ("[!Select [1, !Split ['/', !GetAtt Role.Arn]]]", "vend"),
        ("[!Sub '${Free}-vend']", "!Sub '${Env}-vend'"),
        ("[vend]", "!Ref Free"),
        ("[!Ref Free]", "!Ref AWS::NoValue"),
        ("[!Sub 'x-${Free}']", "!Ref AWS::NoValue"),
        ("[vend]", "!If [X, !Ref Free, one]"),
        ("[!If [X, !Ref Free, vend2]]", "vend"),
        ("[!Ref Other, !Ref Free]", "vend"),
    ],
)
def test_a_name_that_may_be_the_roles_is_judged_as_one(names: str, called: str) -> None:
    """A name that may be the role's makes its policy one that a third party may get."""
    found = read(names, called)
    assert {one.role_unknown for one in found.policies} == {True}
    findings = file_findings(found, "t.yaml", Expectations()).findings
    assert "action-not-read" in {one.rule for one in findings if one.severity is Severity.ERROR}
    assert not [one for one in findings if one.rule == "file-not-judged"]


@pytest.mark.parametrize(
    ("names", "called"),
    [
        ("[other]", "vend"),
        ("[!Sub '${AWS::StackName}-other']", "!Sub '${AWS::StackName}-vend'"),
        ("[!Sub 'x-${Free}']", "vend"),
        ("[!Sub '${AWS::StackName}-other']", "!Ref AWS::NoValue"),
        ("[!If [X, one, two]]", "vend"),
    ],
)
def test_a_name_proved_to_be_other_is_only_noted(names: str, called: str) -> None:
    """A name proved to be no role's of the template leaves a note."""
    found = read(names, called)
    assert {one.role_unknown for one in found.policies} == {False}
    findings = file_findings(found, "t.yaml", Expectations()).findings
    assert not [one for one in findings if one.severity is Severity.ERROR]
    assert [one.rule for one in findings if one.severity is Severity.NOTE] == ["trust-whole-account", "file-not-judged"]


def test_roles_judged_apart_count() -> None:
    """A file's policies are judged with what was found about its roles before."""
    found = replace(read("[!Ref Free]"), roles=())
    for entered, rule in ((True, "action-not-read"), (False, "file-not-judged")):
        judged = judge_policies(world_of(found), Expectations(), assumed=entered)
        assert rule in {one.rule for policy in judged for one in policy_findings(policy, "t.yaml")}


def test_a_role_of_the_template_is_no_other() -> None:
    """A policy of one role is no other role's."""
    found = read("[!Ref Other]")
    assert (own(found), found.policies) == ({"Other"}, ())


STACK_SET = """Resources:
  S:
    Type: AWS::CloudFormation::StackSet
    Properties:
      Parameters: [GIVEN]
      StackInstancesGroup: [GROUPS]
      TemplateBody: |
        Parameters:
          Vendor: {Type: String, Default: '*'}
        Resources:
          Role:
            Type: AWS::IAM::Role
            Properties:
              AssumeRolePolicyDocument:
                Statement: [{Effect: Allow, Principal: {AWS: !Ref Vendor}, Action: 'sts:AssumeRole'}]
"""


def vendors(given: str, groups: str) -> list[tuple[str, str]]:
    """(Branch, whom the role in a stack set trusts)."""
    text = STACK_SET.replace("GIVEN", given).replace("GROUPS", groups)
    found: Any = read_any(text.encode(), "t.yaml", {})
    assert found.refused == (), found.refused
    return [(one.branch, one.trust.value["Statement"][0]["Principal"]["AWS"]) for one in found.roles]


def test_a_stack_set_that_gives_no_value_takes_the_default() -> None:
    """The default in a stack set's template is the value, where the stack set gives none."""
    given = "{ParameterKey: Vendor, ParameterValue: '111122223333'}"
    assert vendors("", "") == [("", "*")]
    assert vendors(given, "") == [("", "111122223333")]
    assert vendors("{ParameterKey: Vendor, ParameterValue: !Ref AWS::AccountId}", "") == [("", "000000000001")]


def test_every_group_of_a_stack_set_is_a_branch() -> None:
    """What a group of instances overrides is another branch; what no group is left with is none."""
    given = "{ParameterKey: Vendor, ParameterValue: '111122223333'}"
    star = "{ParameterOverrides: [{ParameterKey: Vendor, ParameterValue: '*'}]}"
    assert vendors(given, star) == [("", "*")]
    assert vendors(given, "{Regions: [x]}, " + star) == [
        ("no parameter of S is overridden", "111122223333"),
        ("Vendor is *", "*"),
    ]
    assert vendors(given, f"{star}, {star}") == [("", "*")]


SAM = """Transform: AWS::Serverless-2016-10-31
Globals: {Function: {GLOBAL}}
Resources:
  F: {Type: 'AWS::Serverless::Function', Properties: {OWN}}
"""
SAM_TRUST = f"AssumeRolePolicyDocument: {TRUST}"


def sam(everywhere: str, own_properties: str = "") -> tuple[list[str], list[str]]:
    """(What is refused, what is noted)."""
    found = read_any(SAM.replace("GLOBAL", everywhere).replace("OWN", own_properties).encode(), "t.yaml", {})
    return [one.what for one in found.refused], [one.what for one in (*found.unjudged, *found.notes)]


def test_what_all_functions_of_a_template_have_is_theirs() -> None:
    """What Globals says of functions is theirs."""
    made = "AWS::Serverless::Function 'F' makes a role of its own"
    assert sam(SAM_TRUST) == ([f"{made}, whose trust policy is not read"], [])
    assert sam(f"{SAM_TRUST}, Role: x") == ([], [])
    assert sam(SAM_TRUST, "Role: x") == ([], [])
    noted = f"{made}, for the service alone, which is not read"
    assert sam("") == ([], [noted])
    assert sam("", "Policies: [AdministratorAccess]") == ([], [f"{noted}; nor are the policies that it has"])


@pytest.mark.parametrize(
    ("resource", "what"),
    [
        ("{Type: 'AWS::IAM::User', Properties: {Policies: [{}]}}", "what AWS::IAM::User 'R' may do is not judged"),
        ("{Type: 'AWS::IAM::Group', Properties: {ManagedPolicyArns: [x]}}", "what AWS::IAM::Group 'R' may do is not"),
        ("{Type: 'AWS::IAM::UserPolicy'}", "what AWS::IAM::UserPolicy 'R' allows is not judged"),
        ("{Type: 'AWS::IAM::GroupPolicy'}", "what AWS::IAM::GroupPolicy 'R' allows is not judged"),
        ("{Type: 'AWS::IAM::AccessKey'}", "AWS::IAM::AccessKey 'R' makes a key that does not expire"),
    ],
)
def test_what_is_not_judged_is_noted(resource: str, what: str) -> None:
    """What is not judged is noted."""
    found = read_any(f"Resources:\n  R: {resource}\n".encode(), "t.yaml", {})
    assert [one.what[: len(what)] for one in found.notes] == [what]


def test_an_application_that_is_elsewhere_is_not_judged() -> None:
    """A SAM application is a nested stack, and may make roles."""
    text = b"Resources: {R: {Type: 'AWS::Serverless::Application', Properties: {Location: ./x.yaml}}}"
    (found,) = read_any(text, "t.yaml", {}).unjudged
    assert found.what == "the nested stack 'R' is another file, which is not judged"


def test_a_user_without_policies_is_nothing_to_judge() -> None:
    """A user without policies is nothing to judge."""
    assert read_any(b"Resources: {U: {Type: 'AWS::IAM::User'}}", "t.yaml", {}).notes == ()


@pytest.mark.parametrize("kind", ["aws::iam::role", "AWS::IAM::role", "'AWS::IAM::Role '", "aws::iam::policy"])
def test_a_misspelt_type_is_refused(kind: str) -> None:
    """A type that only looks like a role's or a policy's is refused."""
    (refused,) = read_any(
        f"AWSTemplateFormatVersion: 2010-09-09\nResources:\n  R: {{Type: {kind}}}\n".encode(), "t.yaml", {}
    ).refused
    assert "is no type that CloudFormation knows" in refused.what
    assert refused.mend in ("write AWS::IAM::Role", "write AWS::IAM::Policy")


def test_a_role_that_is_never_created_is_noted() -> None:
    """A role that is never created is noted."""
    never = f"""Conditions: {{N: !Equals [a, b]}}
Resources:
  R: {{Type: 'AWS::IAM::Role', Condition: N, Properties: {{AssumeRolePolicyDocument: {TRUST}}}}}
"""
    found = read_any(never.encode(), "t.yaml", {})
    assert [one.what for one in found.notes] == ["role 'R' is never created, and not judged: its condition is false"]
    assert read_any(never.replace("[a, b]", "[a, a]").encode(), "t.yaml", {}).notes == ()


def test_a_dynamic_reference_is_called_one() -> None:
    """A dynamic reference is called one."""
    text = "Resources:\n  R: {Type: 'AWS::IAM::Role', Properties: {RoleName: '{{resolve:ssm:/a}}'}}\n"
    (role,) = read_any(text.encode(), "t.yaml", {}).roles
    assert [one.origin.value for one in role.unknowns if one.name.startswith("{{")] == ["dynamic reference"]


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        ("Other", "Other"),
        ("!Sub '${AWS::StackName}-p'", "unknown0001-p"),
        ("!If [X, a, b]", None),
        ("[a]", None),
        ("!Nonsense x", None),
    ],
)
def test_what_a_policy_is_called(called: str, expected: str | None) -> None:
    """Its name in IAM is known where no further branch is needed for it, and what is none is no error."""
    text = TEMPLATE.replace("NAMES", "[!Ref Role]").replace("CALLED", "vend").replace("TRUST", TRUST)
    text = text.replace("ENTERED", ENTERED).replace("DOCUMENT", DOCUMENT)
    text = text.replace("PolicyName: p", f"PolicyName: {called}")
    found = read_any(text.encode(), "t.yaml", {})
    assert (found.refused, [one.branch for one in found.roles]) == ((), ["", ""])
    (policy,) = (one for role in found.roles for one in role.policies)
    assert (policy.name, policy.path, policy.policy_name and policy.policy_name.value) == ("Pol", None, expected)
