"""The golden cases (golden.py says what they are), each rendered through the real command line.

`pytest --update-golden` rewrites expected/ and expected.sha256 through the same command line: read the diff.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hcl2
import pytest
import yaml
from typer.testing import CliRunner

from deputize.bundle import read_manifest, tampered
from deputize.cli.app import app
from deputize.errors import Problem
from deputize.iam import limits
from deputize.iam.policy import compact_json
from deputize.jobs.lint.bundle import LintOptions, lint_files
from deputize.model.values import Severity
from deputize.read import READERS, normal_form
from golden import CASES, NAMES, WHOLE, case_of, first_difference, render, tree

LINES = 35_000


@pytest.mark.parametrize("name", NAMES)
def test_golden_tree(name: str, rendered: Callable[[str], Path], update_golden: bool) -> None:
    """The command line writes exactly the files in expected/ and expected.sha256."""
    case, found = case_of(name), tree(rendered(name))
    if update_golden:
        case.write(found)
    difference = case.difference(found)
    assert difference is None


def test_a_difference_is_told_by_file_and_line(rendered: Callable[[str], Path]) -> None:
    """One changed byte is found in every file: by its line where the file is kept, else by its digest."""
    case, files = case_of("two-ids"), tree(rendered("two-ids"))
    for path, content in files.items():
        told = case.difference({**files, path: content.replace(b"\n", b" \n", 1)}) or ""
        assert told.startswith(f"{path}:1: " if case.keeps(path) else f"{path} has another digest"), told
        without = {name: content for name, content in files.items() if name != path}
        assert case.difference(without) == f"{path} is not written"
    assert case.difference({**files, "new.txt": b""}) == "new.txt is written and not expected"


def test_golden_files_are_few_enough_to_be_read() -> None:
    """All of tests/cases is at most 35,000 lines, and each kind of file is kept by some case."""
    cases = [case_of(name) for name in NAMES]
    assert sum(content.count(b"\n") for content in tree(CASES).values()) <= LINES
    assert {path for case in cases for path in case.digests()} == {path for case in cases for path in case.kept()}
    assert {case.name for case in cases if not (case.folder / "expected.sha256").exists()} == set(WHOLE)


def test_whole_trees_are_five_that_differ_in_every_choice() -> None:
    """Default, Japanese, inline in a known account, named roles pinned with session settings, hosted with two IDs."""
    options = {name: case_of(name).options for name in WHOLE}
    roles = {name: case_of(name).role() for name in WHOLE}
    assert options["guid"].keys() == {"tenant", "external-id"}
    assert options["japanese"]["locale"] == ["ja"]
    assert options["inline-known-account"]["account-id"]
    assert roles["inline-known-account"].delivery == "inline"
    assert len(roles["pinned-session"].trust.statements) == 3
    assert all(":role/" in who.text for one in roles["pinned-session"].trust.statements for who in one.principals)
    assert len(options["hosted"]["external-id"]) == 2
    assert "cloudformation/quick-create.txt" in case_of("hosted").digests()


def test_golden_tree_through_a_process(project_root: Path, tmp_path: Path, update_golden: bool) -> None:
    """`python -m deputize` in a process of its own writes the same bytes, from any folder and with any cache."""
    if update_golden:
        pytest.skip("golden trees are being rewritten")
    case = case_of("hostile-names")
    environment = {"PYTHONPATH": str(project_root / "generator"), "HOME": str(tmp_path), "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-m", "deputize", *case.arguments, "--out=here"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "here/a-company\n"), done.stderr
    difference = case.difference(tree(tmp_path / "here" / "a-company"))
    assert difference is None


@pytest.mark.parametrize("name", NAMES)
def test_every_file_parses_in_its_language(name: str, rendered: Callable[[str], Path]) -> None:
    """JSON, YAML and HCL parse; every file is UTF-8 with Unix line ends, and holds nothing invisible."""
    for path, content in tree(rendered(name)).items():
        text = content.decode("utf-8")
        assert text.endswith("\n"), path
        assert all(character.isprintable() or character in "\n\u3000" for character in text), path
        match path.rpartition(".")[2]:
            case "json":
                json.loads(text)
            case "yaml":
                assert yaml.compose(text, Loader=yaml.SafeLoader) is not None
            case "tf" | "hcl":
                assert hcl2.loads(text)
            case kind:  # pages and scripts have tests of their own
                assert kind in ("md", "html", "sh", "txt")


@pytest.mark.parametrize("name", NAMES)
def test_every_format_is_the_role_of_the_model(name: str, rendered: Callable[[str], Path]) -> None:
    """CloudFormation, Terraform and JSON each read back as the role that the model makes, all of it."""
    role = case_of(name).role()
    files = tree(rendered(name))
    for form, read in READERS.items():
        assert normal_form(read(files, role.delivery)) == normal_form(role), form


@pytest.mark.parametrize("name", NAMES)
def test_rendering_again_changes_nothing(
    name: str, rendered: Callable[[str], Path], tmp_path: Path, case_cache: Path
) -> None:
    """A second run writes the same bytes elsewhere, finds the first one unchanged, and --check agrees."""
    first, case = rendered(name), case_of(name)
    again = render(case, tmp_path, case_cache)
    assert first_difference(tree(again), tree(first)) is None
    arguments = [*case.arguments, f"--out={first.parent}", "--format=json"]
    result = CliRunner().invoke(app, arguments, env={"XDG_CACHE_HOME": str(case_cache)})
    assert [bundle["outcome"] for bundle in json.loads(result.stdout)["bundles"]] == ["unchanged"]
    assert CliRunner().invoke(app, [*arguments, "--check", "--no-cache"]).exit_code == 0


@pytest.mark.parametrize("name", NAMES)
def test_lint_finds_no_error(name: str, rendered: Callable[[str], Path]) -> None:
    """Own rules, cfn-lint and python-hcl2 find no error in the bundle, and its manifest agrees with its files."""
    files = tree(rendered(name))
    report = lint_files(files, LintOptions())
    assert [finding for finding in report.findings if finding.severity is Severity.ERROR] == []
    assert {engine.name for engine in report.engines if not engine.skipped} >= {"deputize", "cfn-lint", "python-hcl2"}
    no_problems: tuple[Problem, ...] = ()
    assert tampered(read_manifest(files), files) == no_problems


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_under_its_limit(name: str, rendered: Callable[[str], Path]) -> None:
    """Names, sizes and numbers are what IAM, STS and CloudFormation take, measured on what was written."""
    files = tree(rendered(name))
    texts = {path: content.decode() for path, content in files.items()}
    trust, *access = (
        compact_json(json.loads(text))
        for path, text in sorted(texts.items(), key=lambda item: "trust" not in item[0])
        if path.startswith(("json/trust-policy", "json/access-policy"))
    )
    made, role = json.loads(texts["json/role.json"]), case_of(name).role()
    assert limits.TRUST_POLICY.admits(trust)
    assert limits.TEMPLATE_BODY.low <= len(files["cloudformation/role.yaml"]) <= limits.TEMPLATE_BODY.high
    assert limits.ROLE_NAME.admits(made["RoleName"])
    assert limits.PATH.admits(made["Path"])
    assert limits.DESCRIPTION.admits(made["Description"])
    assert len(made["Tags"]) <= limits.TAGS.high
    assert all(limits.TAG_KEY.admits(tag["Key"]) and limits.TAG_VALUE.admits(tag["Value"]) for tag in made["Tags"])
    assert all(limits.POLICY_NAME.admits(policy.name) for policy in role.policies)
    if role.delivery == "inline":
        assert sum(map(len, access)) <= limits.INLINE_POLICIES.high
    else:
        assert len(access) + len(role.managed_arns) <= limits.ATTACHED_POLICIES.high
        assert all(limits.MANAGED_POLICY.admits(policy) for policy in access)


def test_terraform_finds_nothing_to_format(rendered: Callable[[str], Path]) -> None:
    """`terraform fmt` would leave every module as it is."""
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("terraform is not on the PATH")
    folders = {rendered(name).parents[1] for name in NAMES}
    command = [terraform, "fmt", "-check", "-diff", "-recursive", *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_the_cases_cover_what_a_vendor_may_choose() -> None:
    """Every partition, both locales and deliveries, splitting, and each kind of trust is some case's subject."""
    roles = {name: case_of(name).role() for name in NAMES}
    assert len(NAMES) >= 14
    principals = " ".join(role.trust.statements[0].principals[0].text for role in roles.values())
    assert all(f"arn:{partition}:iam::" in principals for partition in ("aws", "aws-us-gov", "aws-cn", "aws-eusc"))
    assert any(len(role.policies) > 1 for role in roles.values())
    assert {role.delivery for role in roles.values()} == {"managed", "inline"}
    longest = roles["longest-id"].trust.statements[0].conditions[0].values[0]
    assert len(longest) == limits.EXTERNAL_ID.high
    assert set(longest) == {character for character in map(chr, range(128)) if limits.EXTERNAL_ID.admits(character * 2)}
