from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import indent

import pytest

from deputize.checks.opened import rendered, role_for
from deputize.iam.partitions import PARTITIONS
from deputize.jobs.lint import cfn_lint as cfn
from deputize.jobs.lint.file import Judging, lint_content
from deputize.model.format import TEMPLATE
from deputize.model.role import Role
from deputize.model.spec import Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.values import Severity

EXTERNAL_ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
POLICY = """\
Resources:
  Reader:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: ec2:DescribeInstancez
            Resource: "*"
"""
IGNORED = POLICY.replace(
    "    Properties:", "    Metadata: {cfn-lint: {config: {ignore_checks: [W3037, E3002]}}}\n    Properties:"
)


def _role(partition: str = "aws") -> Role:
    vendor = Vendor("example", english("Example"), (VendorAccount(partition, "111122223333"),))
    return role_for(vendor, Tenant("a-company", (EXTERNAL_ID,), partition=partition))


@pytest.mark.parametrize("partition", PARTITIONS)
def test_our_template_has_no_finding(partition: str) -> None:
    """In every partition's region cfn-lint has nothing to say about what we render but what it does not know itself."""
    region, why = cfn.region_for(partition)
    assert (region, why) == (PARTITIONS[partition].home_region, "")
    text = rendered(_role(partition))[TEMPLATE].decode()
    expected = ["cfn-lint-partition"] if partition == "aws-eusc" else []
    assert [one.rule for one in cfn.lint_template(text, TEMPLATE, region)] == expected


def test_principals_of_the_fourth_partition_are_still_unknown_to_cfn_lint() -> None:
    """Judged for another region, the template shows the gap that the note tells of: once closed, the note must go."""
    text = rendered(_role("aws-eusc"))[TEMPLATE].decode()
    assert {one.rule for one in cfn.lint_template(text, TEMPLATE)} == {"E3530"}


def test_damaged_principal_of_the_fourth_partition_is_found() -> None:
    """What cfn-lint knows of principals it finds in the fourth partition too."""
    text = rendered(_role("aws-eusc"))[TEMPLATE].decode()
    damaged = text.replace("arn:aws-eusc:iam::111122223333:root", "arn:aws-eusc:iam::1111:root")
    assert damaged != text
    assert "E3530" in [one.rule for one in cfn.lint_template(damaged, TEMPLATE, "eusc-de-east-1")]


def test_planted_wrong_property_is_an_error_with_its_place() -> None:
    """A property that a role does not have is found, with line and column."""
    text = rendered(_role())[TEMPLATE].decode().replace("      MaxSessionDuration:", "      MaxSessionDurations:")
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "MaxSessionDurations" in one)
    (found,) = cfn.lint_template(text, TEMPLATE)
    assert (found.rule, found.severity, found.engine, found.where) == ("E3002", Severity.ERROR, "cfn-lint", TEMPLATE)
    assert (found.line, found.column) == (line, 7)


def test_unknown_action_is_a_warning() -> None:
    """cfn-lint only warns of an action that AWS does not have (W3037); cfn-lint's own severity is kept."""
    (found,) = cfn.lint_template(POLICY, "role.yaml")
    assert (found.rule, found.severity) == ("W3037", Severity.WARNING)
    assert "describeinstancez" in found.message
    assert found.mend


def test_warnings_stay_warnings_and_informational_rules_are_notes() -> None:
    """A warning of cfn-lint's is one here, an informational rule's match a note."""
    text = POLICY.replace("DescribeInstancez", "DescribeInstances")
    text += "Outputs:\n  Joined:\n    Value: !Join ['', [a, !Ref Reader]]\n"
    text = "Parameters:\n  Unused:\n    Type: String\n" + text
    found = {one.rule: one.severity for one in cfn.lint_template(text, "role.yaml")}
    assert found == {"W2001": Severity.WARNING, "I1022": Severity.NOTE}


def test_settings_in_the_working_and_home_folder_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A .cfnlintrc that hides the finding, names Python to run, or is damaged, is not read."""
    marker = tmp_path / "ran"
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "planted.py").write_text(f"open({str(marker)!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for settings in (
        "ignore_checks: [W3037]\n",
        f"append_rules: [{tmp_path}/rules]\nignore_checks: [W, E]\nmandatory_checks: []\n",
        "regions: [nowhere-1]\n",
        "no_such_key: 1\n",
    ):
        (tmp_path / ".cfnlintrc").write_text(settings)
        assert [one.rule for one in cfn.lint_template(POLICY, "role.yaml")] == ["W3037"], settings
    assert not marker.exists()


@pytest.mark.parametrize(
    "text",
    [
        IGNORED,
        "Metadata: {cfn-lint: {config: {ignore_checks: [W3037], regions: [nowhere-1]}}}\n" + POLICY,
        "Metadata: {cfn-lint: {config: {append_rules: [/tmp], ignore_checks: [W, E], merge_configs: true}}}\n" + POLICY,
    ],
)
def test_settings_in_the_template_change_nothing(text: str) -> None:
    """Metadata that tells cfn-lint to look away, of the template or of a resource, is not obeyed."""
    assert "W3037" in [one.rule for one in cfn.lint_template(text, "role.yaml")]


def test_region_in_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_REGION names a region that does not exist, and the verdict is the same."""
    monkeypatch.setenv("AWS_REGION", "nowhere-1")
    assert [one.rule for one in cfn.lint_template(POLICY, "role.yaml")] == ["W3037"]


@pytest.mark.parametrize(
    "text",
    ["", "- a\n", "{", "\t", "a: b: c", "Metadata: []\nResources: []\n", "Transform: AWS::Serverless-2016-10-31\n"],
)
def test_what_is_no_template_is_an_error(text: str) -> None:
    """Text that is no template, or that cfn-lint stumbles over, is an error and no exception."""
    assert Severity.ERROR in {one.severity for one in cfn.lint_template(text, "role.yaml")}


def test_unknown_region_is_an_error() -> None:
    """A region that cfn-lint does not know gives a finding that says so: nothing passes unjudged."""
    (found,) = cfn.lint_template(POLICY, "role.yaml", "nowhere-1")
    assert (found.rule, found.severity) == ("cfn-lint-failed", Severity.ERROR)
    assert "nowhere-1" in found.message


INNER = """\
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      Nonsense: 1
      MaxSessionDuration: !If [Long, 43200, 3600]
      AssumeRolePolicyDocument: {}
Conditions:
  Long: !Equals [!Ref AWS::Region, eu-west-1]
"""
SETS = {
    "text": "      TemplateBody: |\n" + indent(INNER, " " * 8),
    "known text": "      TemplateBody: !Sub |\n" + indent(INNER, " " * 8),
    "tree": "      TemplateBody:\n" + indent(INNER, " " * 8),
    "JSON": '      TemplateBody: \'{"Resources": {"Reader": {"Type": "AWS::IAM::Role", "Properties":'
    ' {"Nonsense": 1, "AssumeRolePolicyDocument": {}}}}}\'\n',
}
SET = """\
Resources:
  Everywhere:
    Type: AWS::CloudFormation::StackSet
    Properties:
      StackSetName: everywhere
      PermissionModel: SERVICE_MANAGED
      AutoDeployment: {Enabled: true, RetainStacksOnAccountRemoval: false}
"""


@pytest.mark.parametrize("form", SETS)
def test_templates_of_stack_sets_are_judged_in_their_place(form: str) -> None:
    """A property that a role does not have is found in each form, at the line and column of the outer file."""
    text = SET + SETS[form]
    report = lint_content(text.encode(), "set.yaml", Judging(engines=("cfn-lint",)), named=True)
    (found,) = [one.finding for one in report.found if one.finding.rule == "E3002"]
    line, column = next(
        (number, one.index("Nonsense") + (0 if '"Nonsense' in one else 1))
        for number, one in enumerate(text.splitlines(), 1)
        if "Nonsense" in one
    )
    assert (found.where, found.line, found.column) == ("set.yaml", line, column)
    assert {one.finding.engine for one in report.found} == {"cfn-lint"}
    assert not [one for one in report.found if one.finding.rule in ("cfn-lint-failed", "E1028", "E8001")]


def test_a_stack_sets_template_that_is_not_known_whole_is_told() -> None:
    """Its text holds what only the deployment decides: a note, and no finding that rests on a guess."""
    text = SET + "      TemplateBody: !Sub |\n" + indent(INNER.replace("Reader:", "Reader${AWS::StackName}:"), " " * 8)
    report = lint_content(text.encode(), "set.yaml", Judging(engines=("cfn-lint",)), named=True)
    (found,) = [one.finding for one in report.found if one.finding.rule == "cfn-lint-embedded"]
    assert (found.severity, found.line) == (Severity.NOTE, 9)
    assert "E3002" not in [one.finding.rule for one in report.found]


def test_threads_get_their_own_templates_findings() -> None:
    """Templates judged from several threads at once each get their own verdict."""
    good = POLICY.replace("DescribeInstancez", "DescribeInstances")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: cfn.lint_template(text, "role.yaml"), [POLICY, good] * 4))
    assert [[one.rule for one in findings] for findings in found] == [["W3037"], []] * 4


def test_version_is_cfn_lints() -> None:
    """The version is the one that the engine gives of itself."""
    import cfnlint.version

    assert cfn.version() == cfnlint.version.__version__


def test_engines_are_imported_when_they_are_used() -> None:
    """Importing the linter and asking for its versions loads neither cfn-lint nor python-hcl2."""
    code = (
        "import sys, deputize.checks\n"
        "from deputize.checks import hcl\nfrom deputize.tools import cfn_lint as cfn\n"
        "assert cfn.version() and hcl.version()\n"
        "print([name for name in ('cfnlint', 'hcl2', 'lark') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_actions_newer_than_its_data_are_a_note() -> None:
    """cfn-lint's data lags AWS's: an action that AWS has is a note, a misspelt one beside it an error."""
    template = """
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: ["rds:DescribeDBCapacityReservations", "ec2:DescribeInstancez"]
            Resource: "*"
"""
    found = [(one.severity, one.message) for one in cfn.lint_template(template, "role.yaml") if one.rule == "W3037"]
    assert found == [
        (Severity.NOTE, "'describedbcapacityreservations' is unknown"),
        (Severity.WARNING, "'describeinstancez' is unknown"),
    ]
