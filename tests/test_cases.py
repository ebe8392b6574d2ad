"""Golden cases: tests/cases/NAME holds vendor.yaml (or none), tenant.yaml (options of `deputize render`) and expected/.

`pytest --update-golden` rewrites expected/ through the same command line; read the diff before it is committed.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import hcl2
import pytest
import yaml
from typer.testing import CliRunner

from deputize.bundle import read_manifest, tampered
from deputize.cli.app import app
from deputize.errors import Problem
from deputize.formats.hosted import hosted_template
from deputize.iam import limits
from deputize.iam.policy import compact_json
from deputize.iam.role import IamRole
from deputize.jobs.inputs import load_vendor, vendor_of_account
from deputize.jobs.lint.bundle import LintOptions, lint_files
from deputize.model.role import build
from deputize.model.slots import slots_of
from deputize.model.spec import Tenant
from deputize.model.values import Severity
from deputize.model.vendor_file import parse_vendor
from deputize.read import READERS, normal_form

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.name for path in CASES.iterdir())


@dataclass(frozen=True)
class Case:
    """One case: its folder, and tenant.yaml as option -> values."""

    folder: Path
    options: dict[str, list[str]]

    @property
    def arguments(self) -> list[str]:
        """The command line, without --out."""
        vendor = [] if "vendor-account" in self.options else [f"--vendor={self.folder / 'vendor.yaml'}"]
        return ["render", *vendor, *(f"--{name}={value}" for name, values in self.options.items() for value in values)]

    def role(self) -> IamRole:
        """The role that the model makes of the case."""

        def one(option: str, default: str = "") -> str:
            return self.options.get(option, [default])[0]

        account, partition = one("vendor-account"), one("partition", "aws")
        vendor = vendor_of_account(account, partition) if account else load_vendor(self.folder / "vendor.yaml")
        tenant = Tenant(
            slug=one("tenant"),
            external_ids=tuple(self.options["external-id"]),
            name=one("name"),
            account_id=one("account-id") or None,
            partition=partition,
            locale=one("locale", "en"),
        )
        return build(vendor, slots_of(vendor, tenant)).resolved()


def _case(name: str) -> Case:
    text = (CASES / name / "tenant.yaml").read_text(encoding="utf-8")
    options = yaml.load(text, Loader=yaml.BaseLoader)
    return Case(CASES / name, {key: value if isinstance(value, list) else [value] for key, value in options.items()})


def _tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _first_difference(found: dict[str, bytes], expected: dict[str, bytes]) -> str | None:
    for path in sorted(found.keys() | expected.keys()):
        if path not in found:
            return f"{path} is not written"
        if path not in expected:
            return f"{path} is written and not expected"
        lines = zip([*found[path].splitlines(), b""], [*expected[path].splitlines(), b""], strict=False)
        for number, (line, wanted) in enumerate(lines, 1):
            if line != wanted:
                return f"{path}:{number}: {line.decode()!r} instead of {wanted.decode()!r}"
        if found[path] != expected[path]:
            return f"{path} differs in its line ends"
    return None


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's cache folder, which every case shares."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory, cache: Path, update_golden: bool) -> Callable[[str], Path]:
    """A function that gives the folder of a case as the command line writes it, each written once."""
    done: dict[str, Path] = {}

    def render(name: str) -> Path:
        if name not in done:
            if update_golden and name == "hosted":
                _host_again(CASES / name / "vendor.yaml")
            done[name] = _render(_case(name), tmp_path_factory.mktemp("out"), cache)
        return done[name]

    return render


def _host_again(path: Path) -> None:
    """Make the digest in the file's template_url that of the template which its vendor makes now."""
    text = path.read_text(encoding="utf-8")
    digest = hashlib.sha256(hosted_template(parse_vendor(text), "aws")).hexdigest()
    path.write_text(re.sub(r"[0-9a-f]{64}", digest, text), encoding="utf-8")


def _render(case: Case, out: Path, cache: Path) -> Path:
    result = CliRunner().invoke(app, [*case.arguments, f"--out={out}"], env={"XDG_CACHE_HOME": str(cache)})
    assert result.exit_code == 0, result.stderr or result.exception
    assert result.stdout == f"{out}/{case.options['tenant'][0]}\n"
    return Path(result.stdout.strip())


@pytest.mark.parametrize("name", NAMES)
def test_golden_tree(name: str, rendered: Callable[[str], Path], update_golden: bool) -> None:
    """The command line writes exactly the files in expected/."""
    found = _tree(rendered(name))
    expected = CASES / name / "expected"
    if update_golden:
        shutil.rmtree(expected, ignore_errors=True)
        for path, content in found.items():
            (expected / path).parent.mkdir(parents=True, exist_ok=True)
            (expected / path).write_bytes(content)
    assert _first_difference(found, _tree(expected)) is None


def test_golden_tree_through_a_process(project_root: Path, tmp_path: Path, update_golden: bool) -> None:
    """`python -m deputize` in a process of its own writes the same bytes, from any folder and with any cache."""
    if update_golden:
        pytest.skip("golden trees are being rewritten")
    case = _case("hostile-names")
    environment = {"PYTHONPATH": str(project_root / "generator"), "HOME": str(tmp_path), "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-m", "deputize", *case.arguments, "--out=here"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "here/a-company\n"), done.stderr
    assert _first_difference(_tree(tmp_path / "here" / "a-company"), _tree(case.folder / "expected")) is None


@pytest.mark.parametrize("name", NAMES)
def test_every_file_parses_in_its_language(name: str, rendered: Callable[[str], Path]) -> None:
    """JSON, YAML and HCL parse; every file is UTF-8 with Unix line ends, and holds nothing invisible."""
    for path, content in _tree(rendered(name)).items():
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
    role = _case(name).role()
    files = _tree(rendered(name))
    for form, read in READERS.items():
        assert normal_form(read(files, role.delivery)) == normal_form(role), form


@pytest.mark.parametrize("name", NAMES)
def test_rendering_again_changes_nothing(
    name: str, rendered: Callable[[str], Path], tmp_path: Path, cache: Path
) -> None:
    """A second run writes the same bytes elsewhere, finds the first one unchanged, and --check agrees."""
    first, case = rendered(name), _case(name)
    again = _render(case, tmp_path, cache)
    assert _first_difference(_tree(again), _tree(first)) is None
    arguments = [*case.arguments, f"--out={first.parent}", "--format=json"]
    result = CliRunner().invoke(app, arguments, env={"XDG_CACHE_HOME": str(cache)})
    assert [bundle["outcome"] for bundle in json.loads(result.stdout)["bundles"]] == ["unchanged"]
    assert CliRunner().invoke(app, [*arguments, "--check", "--no-cache"]).exit_code == 0


@pytest.mark.parametrize("name", NAMES)
def test_lint_finds_no_error(name: str, rendered: Callable[[str], Path]) -> None:
    """Own rules, cfn-lint and python-hcl2 find no error in the bundle, and its manifest agrees with its files."""
    files = _tree(rendered(name))
    report = lint_files(files, LintOptions())
    assert [finding for finding in report.findings if finding.severity is Severity.ERROR] == []
    assert {engine.name for engine in report.engines if not engine.skipped} >= {"deputize", "cfn-lint", "python-hcl2"}
    no_problems: tuple[Problem, ...] = ()
    assert tampered(read_manifest(files), files) == no_problems


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_under_its_limit(name: str, rendered: Callable[[str], Path]) -> None:
    """Names, sizes and numbers are what IAM, STS and CloudFormation take, measured on what was written."""
    files = _tree(rendered(name))
    texts = {path: content.decode() for path, content in files.items()}
    trust, *access = (
        compact_json(json.loads(text))
        for path, text in sorted(texts.items(), key=lambda item: "trust" not in item[0])
        if path.startswith(("json/trust-policy", "json/access-policy"))
    )
    made, role = json.loads(texts["json/role.json"]), _case(name).role()
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


def test_terraform_finds_nothing_to_format() -> None:
    """`terraform fmt` would leave every module as it is."""
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("terraform is not on the PATH")
    command = [terraform, "fmt", "-check", "-diff", "-recursive", str(CASES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_the_cases_cover_what_a_vendor_may_choose() -> None:
    """Every partition, both locales and deliveries, splitting, and each kind of trust is some case's subject."""
    roles = {name: _case(name).role() for name in NAMES}
    assert len(NAMES) >= 14
    principals = " ".join(role.trust.statements[0].principals[0].text for role in roles.values())
    assert all(f"arn:{partition}:iam::" in principals for partition in ("aws", "aws-us-gov", "aws-cn", "aws-eusc"))
    assert any(len(role.policies) > 1 for role in roles.values())
    assert {role.delivery for role in roles.values()} == {"managed", "inline"}
    longest = roles["longest-id"].trust.statements[0].conditions[0].values[0]
    assert len(longest) == limits.EXTERNAL_ID.high
    assert set(longest) == {character for character in map(chr, range(128)) if limits.EXTERNAL_ID.admits(character * 2)}
