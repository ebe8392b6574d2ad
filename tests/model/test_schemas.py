"""The JSON Schemas: sound themselves, true of what deputize writes, and in step with the code they describe."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from deputize.bundle import seal
from deputize.bundle.manifest import read_manifest
from deputize.checks.report.text import as_json
from deputize.cli.boundary import print_error
from deputize.cli.options import OutputFormat
from deputize.cli.render_output import RenderOutput
from deputize.disk import write_bundle
from deputize.errors import ERRORS, Problem, UsageError
from deputize.formats import render_texts
from deputize.iam import limits
from deputize.iam.exposure import Grade
from deputize.iam.partitions import PARTITIONS
from deputize.jobs.inspect.inspection import BundleExpectations, FileState, Rendered, Signed
from deputize.jobs.inspect.result import as_json as inspect_json
from deputize.jobs.inspect.run import inspect
from deputize.jobs.render.run import Written
from deputize.model.profiles import AllowedSecret
from deputize.model.role import build
from deputize.model.schemas import load_schema, schema_names
from deputize.model.slots import slots_of
from deputize.model.spec import LOCALES, SLUG, AccessSpec, Tenant, Vendor, VendorAccount
from deputize.model.tenant_rows import TENANTS
from deputize.model.text import Localized, english
from deputize.model.values import EngineReport, Files, Finding, LintReport, Severity
from deputize.model.vendor_file import parse_vendor, vendor_from_json, vendor_to_json

VENDOR = Vendor(
    "v",
    Localized((("en", "V"), ("ja", "ブイ"))),
    tuple(VendorAccount(partition, "111122223333") for partition in PARTITIONS),
)
TENANT = Tenant("a", ("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",))
SECRET = AllowedSecret("ssm:GetParameter", english("Reads one setting."))
SHAPES = {
    "plain": (VENDOR, TENANT),
    "two IDs, account, Japanese": (
        VENDOR,
        replace(TENANT, external_ids=("x1", "y2"), account_id="1" * 12, locale="ja"),
    ),
    "another partition": (VENDOR, replace(TENANT, partition="aws-cn")),
    "inline": (replace(VENDOR, access=AccessSpec(delivery="inline")), TENANT),
    "audit": (replace(VENDOR, access=AccessSpec(profile="security-audit")), TENANT),
    "inventory": (replace(VENDOR, access=AccessSpec(profile="inventory", allow_secrets=(SECRET,))), TENANT),
}
FINDING = Finding("external-id-weak", Severity.WARNING, "tenant a", "can be guessed")
CFN = Finding("W3037", Severity.ERROR, "cloudformation/role.yaml", "unknown", "mend it", "cfn-lint", 7, 3)


def valid(name: str, document: object) -> bool:
    """Whether the document fits the schema of that name."""
    return bool(jsonschema.Draft202012Validator(load_schema(name)).is_valid(document))


def check(name: str, document: object) -> None:
    """Assert that the document fits, telling why not."""
    jsonschema.Draft202012Validator(load_schema(name)).validate(document)


@cache
def bundle(shape: str) -> Files:
    """The sealed files of a shape."""
    vendor, tenant = SHAPES[shape]
    texts = render_texts(build(vendor, slots_of(vendor, tenant)))
    return seal({path: text.encode() for path, text in texts.items()})


@pytest.mark.parametrize("name", schema_names())
def test_schema_is_sound(name: str) -> None:
    """Each is a draft 2020-12 schema with its own ID, a title and a description of what it is."""
    schema = load_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"deputize/{name}/1"
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize("name", schema_names())
def test_objects_are_closed(name: str) -> None:
    """An object that lists its keys admits no other; one that does not says what it holds."""

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object" and "properties" in node:
                assert node["additionalProperties"] is False, node
                assert set(node.get("required", ())) <= node["properties"].keys()
            for inner in node.values():
                walk(inner)
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    walk(load_schema(name))


def test_unknown_schema() -> None:
    """A name that is not listed is a KeyError, also when it points at a file."""
    for name in ("nothing", "../schemas/access", ""):
        with pytest.raises(KeyError):
            load_schema(name)


def test_every_result_has_its_schema(project_root: Path) -> None:
    """Whatever schema the code names in what it prints is shipped."""
    sources = (project_root / "generator/deputize").rglob("*.py")
    named = {name for path in sources for name in re.findall(r'"deputize/([a-z]+)/1"', path.read_text("utf-8"))}
    assert named <= set(schema_names())
    assert {"access", "manifest", "render", "lint", "deploy", "error"} <= named


@pytest.mark.parametrize("shape", SHAPES)
def test_access_json_fits(shape: str) -> None:
    """access.json as rendered."""
    document = json.loads(bundle(shape)["access.json"])
    check("access", document)
    assert not valid("access", {**document, "more": 1})
    assert not valid("access", {key: value for key, value in document.items() if key != "allowed_secrets"})


@pytest.mark.parametrize("shape", SHAPES)
def test_manifest_json_fits(shape: str) -> None:
    """manifest.json as sealed, with the vendor in it in vendor.yaml's form."""
    document = json.loads(bundle(shape)["manifest.json"])
    check("manifest", document)
    check("vendor", document["made_from"])
    assert vendor_from_json(document["made_from"], "manifest") == SHAPES[shape][0]
    assert not valid("manifest", {**document, "external_ids": []})
    assert not valid("manifest", {**document, "files": {"../x": "0" * 64}})
    assert not valid("manifest", {**document, "files": {"x": "0"}})


def test_manifest_keys_are_those_that_are_read() -> None:
    """The schema asks for exactly what `read_manifest` asks for; bundles from before revisions are without one."""
    document = json.loads(bundle("plain")["manifest.json"])
    assert load_schema("manifest")["required"] == [one for one in document if one != "revision"]
    assert read_manifest(bundle("plain")).tenant == "a"


def test_vendor_fits() -> None:
    """A vendor.yaml and a vendor as written into manifests both fit; an unknown key does not."""
    text = "vendor: {name: V}\naccounts: {aws: {id: '111122223333'}}\n"
    check("vendor", {"vendor": {"name": "V"}, "accounts": {"aws": {"id": "111122223333"}}})
    check("vendor", vendor_to_json(parse_vendor(text)))
    assert not valid("vendor", {"vendor": {"name": "V"}, "accounts": {}, "extra": {}})
    assert not valid("vendor", {"accounts": {}})


GOOD_ROWS: list[dict[str, Any]] = [
    {"tenant": "a-company", "external_id": "12345"},
    {"tenant": "a", "external_id": ["x1", "y2"], "name": "A社", "account_id": "1" * 12, "partition": "aws-cn"},
    {"tenant": "a", "external_id": "x1", "name": None, "account_id": None, "partition": None, "locale": "ja"},
]
BAD_ROWS: list[dict[str, Any]] = [
    {"tenant": "A Company", "external_id": "12345"},
    {"tenant": "a"},
    {"tenant": "a", "external_id": 12345},
    {"tenant": "a", "external_id": "a b"},
    {"tenant": "a", "external_id": "x"},
    {"tenant": "a", "external_id": ["x1", "y2", "z3"]},
    {"tenant": "a", "external_id": "x1", "account_id": "1"},
    {"tenant": "a", "external_id": "x1", "partition": "moon"},
    {"tenant": "a", "external_id": "x1", "colour": "red"},
]


def test_tenant_rows() -> None:
    """Lines of a tenants file fit as the reader takes them."""
    assert [valid("tenants", row) for row in GOOD_ROWS] == [True] * len(GOOD_ROWS)
    assert [valid("tenants", row) for row in BAD_ROWS] == [False] * len(BAD_ROWS)


def test_tenants_schema_is_in_step_with_the_reader() -> None:
    """Columns, partitions, locales and patterns are those of the code."""
    schema = load_schema("tenants")
    fields = schema["properties"]
    assert tuple(fields) == TENANTS.known
    assert tuple(schema["required"]) == TENANTS.required
    assert fields["partition"]["enum"] == [*PARTITIONS, None]
    assert fields["locale"]["enum"] == [*LOCALES, None]
    assert fields["tenant"]["pattern"] == f"^{SLUG.pattern}$"
    pattern = schema["$defs"]["external_id"]["pattern"]
    for text in (*map(chr, range(1, 0x100)), "é"):
        assert (re.search(pattern, text * 2) is not None) == limits.EXTERNAL_ID.admits(text * 2), text
    for length in (1, 2, 1224, 1225):
        assert (re.search(pattern, "x" * length) is not None) == limits.EXTERNAL_ID.admits("x" * length)


def test_lists_of_values_are_in_step_with_the_code() -> None:
    """Partitions, locales, grades, severities and error codes are those of the code."""
    tenant = load_schema("manifest")["properties"]["tenant"]["properties"]
    assert tenant["partition"]["enum"] == list(PARTITIONS)
    assert tenant["locale"]["enum"] == list(LOCALES)
    assert load_schema("access")["$defs"]["exposes"]["properties"]["grade"]["enum"] == list(Grade)
    assert load_schema("lint")["$defs"]["finding"]["properties"]["severity"]["enum"] == list(Severity)
    assert load_schema("error")["properties"]["code"]["enum"] == [error.code for error in ERRORS]
    assert load_schema("lint")["$defs"] == load_schema("render")["$defs"]
    assert list(load_schema("lint")["$defs"]["finding"]["properties"]) == list(asdict(FINDING))


def test_lint_result_fits() -> None:
    """What `lint --format json` prints."""
    engines = (EngineReport("deputize", "1"), EngineReport("terraform", skipped="not installed"))
    document = as_json(LintReport((FINDING, CFN), engines))
    check("lint", document)
    check("lint", as_json(LintReport((), ())))
    assert not valid("lint", {**document, "summary": {}})


def test_render_result_fits(capsys: pytest.CaptureFixture[str]) -> None:
    """What `render --format json` prints."""
    with RenderOutput("deputize/render/1", OutputFormat.json, many=True) as output:
        output.say(FINDING)
        output.say(CFN)
        for outcome in ("created", "replaced", "unchanged", "current", "differs"):
            output.say(Written("a", Path("out/a"), outcome))
    check("render", json.loads(capsys.readouterr().out))


def test_inspect_result_fits(tmp_path: Path) -> None:
    """What `inspect --format json` prints of a folder, right and wrong; its lists of values are the code's."""
    write_bundle(tmp_path, "a", bundle("two IDs, account, Japanese"))
    folder = tmp_path / "a"
    document = inspect_json(inspect(folder, BundleExpectations(), {}))
    check("inspect", document)
    (folder / "README.md").unlink()
    wrong = inspect_json(inspect(folder, BundleExpectations("b"), {}))
    check("inspect", wrong)
    assert not valid("inspect", {**document, "rendered": "maybe"})
    fields = load_schema("inspect")["properties"]
    assert fields["tenant"]["properties"]["partition"]["enum"] == list(PARTITIONS)
    assert fields["files"]["items"]["properties"]["state"]["enum"] == list(FileState)
    assert fields["rendered"]["enum"] == list(Rendered)
    assert fields["signature"]["properties"]["state"]["enum"] == list(Signed)


def test_error_fits(capsys: pytest.CaptureFixture[str]) -> None:
    """What any command prints when it stops with `--format json`."""
    print_error(UsageError(Problem("--tenant", "is missing", "give it"), Problem("x", "y")), as_json=True)
    document = json.loads(capsys.readouterr().out)
    check("error", document)
    assert not valid("error", {**document, "code": "other"})


def test_deploy_results_fit() -> None:
    """Deploy, plan and destroy, as their commands put them together."""
    place = {"account_id": "1" * 12, "stack_id": "arn:aws:cloudformation:x", "region": "us-east-1"}
    deployed = {"schema": "deputize/deploy/1", "role_arn": "arn", **place, "template_sha256": "0" * 64}
    check("deploy", {**deployed, "outcome": "created"})
    assert not valid("deploy", deployed)
    check("destroy", {"schema": "deputize/destroy/1", **place, "role_arn": "", "role": "gone"})
    assert not valid("destroy", {"schema": "deputize/destroy/1", **place, "role_arn": "", "role": "lost"})
    change = {"action": "Add", "logical_id": "Role", "type": "AWS::IAM::Role", "destructive": False}
    planned = {"schema": "deputize/plan/1", **place, "outcome": "created"}
    check("plan", {**planned, "changes": [change]})
    assert not valid("plan", {**planned, "changes": [{}]})
