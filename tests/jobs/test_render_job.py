"""Rendering to disk: one tenant or a list, checked whole before the first is written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from deputize.bundle import read_manifest, unzip
from deputize.errors import DiffersError, InputError, LintError, Problem, ServiceError
from deputize.jobs.inputs import vendor_of_account
from deputize.jobs.render.run import RenderOptions, Written, render_list, render_tenant
from deputize.model.spec import RoleSpec, Tenant, Vendor
from deputize.model.values import Finding, Severity

VENDOR = vendor_of_account("111122223333", "aws")
TENANT = Tenant("a-company", ("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",))
CSV = "tenant,external_id,name,account_id,partition,locale\n"
GOOD = CSV + "a,external-id-of-tenant-a,A Company,001234567890,aws,ja\nb,external-id-of-tenant-b,,,,\n"
BAD = GOOD + "C,x,,,,\nd,external-id-of-tenant-d,,,,\n"


def _render(vendor: Vendor, options: RenderOptions, tenants: Path | Tenant) -> list[Finding | Written]:
    said: list[Finding | Written] = []
    if isinstance(tenants, Tenant):
        render_tenant(vendor, tenants, options, said.append)
    else:
        render_list(vendor, str(tenants), options, said.append)
    return said


def _written(said: list[Finding | Written]) -> list[tuple[str, str]]:
    return [(one.tenant, one.outcome) for one in said if isinstance(one, Written)]


def _file(folder: Path, text: str, name: str = "tenants.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _touched(folder: Path) -> dict[Path, tuple[int, int, int]]:
    found = ((path, path.stat()) for path in folder.rglob("*"))
    return {path: (one.st_ino, one.st_mtime_ns, one.st_ctime_ns) for path, one in found}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where bundles are written."""
    return tmp_path / "out"


def test_a_list_gives_the_same_bundles_as_its_tenants_one_by_one(tmp_path: Path, out: Path) -> None:
    """CSV, JSON lines and single calls write the same bytes; empty fields count as not given."""
    assert _written(_render(VENDOR, RenderOptions(out), _file(tmp_path, GOOD))) == [("a", "created"), ("b", "created")]
    first = {"tenant": "a", "external_id": "external-id-of-tenant-a", "name": "A Company", "locale": "ja"}
    second = {"tenant": "b", "external_id": ["external-id-of-tenant-b"], "name": None, "locale": ""}
    rows = (json.dumps({**first, "account_id": "001234567890"}), json.dumps(second))
    lines = _file(tmp_path, "\n".join(rows), "tenants.jsonl")
    _render(VENDOR, RenderOptions(tmp_path / "lines"), lines)
    a = Tenant("a", ("external-id-of-tenant-a",), "A Company", "001234567890", locale="ja")
    for tenant in (a, Tenant("b", ("external-id-of-tenant-b",))):
        _render(VENDOR, RenderOptions(tmp_path / "single"), tenant)
    assert _tree(out) == _tree(tmp_path / "lines") == _tree(tmp_path / "single")


def test_two_external_ids_come_in_json_lines(tmp_path: Path, out: Path) -> None:
    """A rotation's two IDs stand in the trust policy, the current one first."""
    ids = ["external-id-of-tenant-a", "next-external-id-of-a"]
    _render(VENDOR, RenderOptions(out), _file(tmp_path, json.dumps({"tenant": "a", "external_id": ids}), "t.jsonl"))
    trust = json.loads((out / "a" / "json" / "trust-policy.json").read_bytes())
    assert trust["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"] == ids


def test_a_bundle_is_for_its_tenant_alone(tmp_path: Path, out: Path) -> None:
    """No file of one tenant holds another's ID or name."""
    _render(VENDOR, RenderOptions(out), _file(tmp_path, GOOD))
    assert not [path for path, content in _tree(out / "b").items() if b"tenant-a" in content or b"A Company" in content]
    manifest = read_manifest(_tree(out / "a"))
    assert (manifest.tenant, manifest.external_ids) == ("a", ("external-id-of-tenant-a",))


def test_one_bad_row_and_nothing_is_written(tmp_path: Path, out: Path) -> None:
    """Every row is checked before the first bundle is written."""
    listed = _file(tmp_path, BAD)
    with pytest.raises(InputError) as raised:
        _render(VENDOR, RenderOptions(out), listed)
    assert [problem.where for problem in raised.value.problems] == [f"{listed}:4: tenant", f"{listed}:4: external_id"]
    assert not out.exists()


def test_skip_invalid_writes_the_rest_and_tells(tmp_path: Path, out: Path) -> None:
    """With skip_invalid the valid rows are written, before and after the bad one, and the bad one is reported."""
    listed = _file(tmp_path, BAD)
    said: list[Finding | Written] = []
    left_out = render_list(VENDOR, str(listed), RenderOptions(out, skip_invalid=True), said.append)
    assert _written(said) == [("a", "created"), ("b", "created"), ("d", "created")]
    assert [problem.where for problem in left_out] == [f"{listed}:4: tenant", f"{listed}:4: external_id"]
    assert sorted(path.name for path in out.iterdir()) == ["a", "b", "d"]


def test_an_external_id_of_a_skipped_row_stays_taken(tmp_path: Path, out: Path) -> None:
    """A row that repeats an invalid row's ID is refused too: nobody can tell whose it is."""
    listed = _file(tmp_path, "tenant,external_id\nA,shared-external-id\nb,shared-external-id\n")
    said: list[Finding | Written] = []
    left_out = render_list(VENDOR, str(listed), RenderOptions(out, skip_invalid=True), said.append)
    assert said == []
    assert [problem.where for problem in left_out] == [f"{listed}:2: tenant", f"{listed}:3: external_id"]
    assert not out.exists()


def test_what_is_unchanged_is_left_alone(out: Path) -> None:
    """Rendering again touches no file; a change of the input replaces the bundle."""
    assert _written(_render(VENDOR, RenderOptions(out), TENANT)) == [("a-company", "created")]
    before = _touched(out)
    assert _written(_render(VENDOR, RenderOptions(out), TENANT)) == [("a-company", "unchanged")]
    assert _touched(out) == before
    renamed = replace(TENANT, name="Another Name")
    assert _written(_render(VENDOR, RenderOptions(out), renamed)) == [("a-company", "replaced")]
    assert b"Another Name" in (out / "a-company" / "README.md").read_bytes()


@pytest.mark.parametrize("edit", ["change", "add", "remove"])
def test_what_was_edited_by_hand_stays_without_force(out: Path, edit: str) -> None:
    """A bundle that differs from its own manifest is named and kept; force replaces it."""
    _render(VENDOR, RenderOptions(out), TENANT)
    pristine = _tree(out)
    path = out / "a-company" / ("notes.txt" if edit == "add" else "README.md")
    path.unlink() if edit == "remove" else path.write_text("Mine.\n", encoding="utf-8")
    edited = _tree(out)
    with pytest.raises(DiffersError) as raised:
        _render(VENDOR, RenderOptions(out), TENANT)
    assert [problem.where for problem in raised.value.problems] == [str(path)]
    assert _tree(out) == edited
    assert _written(_render(VENDOR, RenderOptions(out, force=True), TENANT)) == [("a-company", "replaced")]
    assert _tree(out) == pristine


@pytest.mark.parametrize("force", [False, True])
def test_a_foreign_folder_is_never_touched(out: Path, force: bool) -> None:
    """A folder without a manifest of ours stays as it is, with force too."""
    (out / "a-company").mkdir(parents=True)
    (out / "a-company" / "thesis.txt").write_text("Years of work.\n", encoding="utf-8")
    before = _tree(out)
    with pytest.raises(DiffersError, match="not made by deputize"):
        _render(VENDOR, RenderOptions(out, force=force), TENANT)
    assert _tree(out) == before


def test_check_compares_and_writes_nothing(tmp_path: Path, out: Path) -> None:
    """Missing, the same, and stale: check names each file that would change, and changes none."""
    listed = _file(tmp_path, GOOD)
    check = RenderOptions(out, check=True)
    with pytest.raises(DiffersError) as raised:
        _render(VENDOR, check, listed)
    assert [str(problem) for problem in raised.value.problems] == [
        f"{out}/a: is missing",
        f"{out}/b: is missing",
    ]
    assert not out.exists()
    _render(VENDOR, RenderOptions(out), listed)
    before = _tree(out)
    _render(VENDOR, check, listed)
    (out / "b" / "json" / "role.json").write_text("{}\n", encoding="utf-8")
    stale = _tree(out)
    with pytest.raises(DiffersError) as raised:
        _render(VENDOR, check, listed)
    assert [str(problem) for problem in raised.value.problems] == [f"{out}/b/json/role.json: differs"]
    assert _tree(out) == stale != before


def test_zip_holds_the_bundle(tmp_path: Path, out: Path) -> None:
    """A zip holds the folder's files, the same bytes each time, and obeys the same rules."""
    _render(VENDOR, RenderOptions(tmp_path / "folders"), TENANT)
    zipped = RenderOptions(out, zipped=True)
    assert _written(_render(VENDOR, zipped, TENANT)) == [("a-company", "created")]
    archive = out / "a-company.zip"
    first = archive.read_bytes()
    assert unzip(first) == ("a-company", _tree(tmp_path / "folders" / "a-company"))
    assert _written(_render(VENDOR, zipped, TENANT)) == [("a-company", "unchanged")]
    assert _written(_render(VENDOR, zipped, replace(TENANT, name="B"))) == [("a-company", "replaced")]
    archive.write_bytes(b"PK not ours")
    with pytest.raises(DiffersError):
        _render(VENDOR, replace(zipped, force=True), TENANT)
    assert archive.read_bytes() == b"PK not ours"


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("failing", [1, 2])
def test_a_key_that_stops_signing_leaves_nothing_half(tmp_path: Path, out: Path, failing: int, zipped: bool) -> None:
    """Nothing is there before the first signature; later the bundles before are whole, and the next run goes on."""
    calls = 0

    def sign(manifest: bytes) -> bytes:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise ServiceError(Problem("ssh-keygen", "does not sign"))
        return b"signed " + manifest

    listed = _file(tmp_path, GOOD)
    options = RenderOptions(out, zipped=zipped, sign=sign)
    with pytest.raises(ServiceError):
        _render(VENDOR, options, listed)
    left = _tree(out)
    assert (left == {}) == (failing == 1)
    first = "unchanged" if left else "created"
    assert _written(_render(VENDOR, options, listed)) == [("a", first), ("b", "created")]
    whole = _tree(out)
    assert left == {path: data for path, data in whole.items() if path.startswith("a") and left}


def test_a_weak_id_is_a_warning_and_with_strict_an_error(out: Path) -> None:
    """`12345` works, with a warning; strict refuses it before anything is written."""
    weak = replace(TENANT, external_ids=("12345",))
    with pytest.raises(LintError, match="external-id-weak"):
        _render(VENDOR, RenderOptions(out, strict=True), weak)
    assert not out.exists()
    said = _render(VENDOR, RenderOptions(out), weak)
    warnings = [one.rule for one in said if isinstance(one, Finding) and one.severity is Severity.WARNING]
    assert warnings == ["external-id-weak"]


def test_a_shape_is_judged_once(tmp_path: Path, out: Path) -> None:
    """What is said of a shape is said once, however many tenants have it; each tenant's own warnings are all said."""
    rows = "".join(f"t{number},{number + 10000},,,,\n" for number in range(30))
    said = _render(VENDOR, RenderOptions(out), _file(tmp_path, CSV + rows))
    rules = [one.rule for one in said if isinstance(one, Finding)]
    alone = [one.rule for one in _render(VENDOR, RenderOptions(out), TENANT) if isinstance(one, Finding)]
    assert [one for one in rules if one != "external-id-weak"] == alone
    assert "exposure-config" in alone
    assert rules.count("external-id-weak") == 30


def test_a_vendor_that_asks_for_too_much_is_refused_before_anything_is_written(tmp_path: Path, out: Path) -> None:
    """Errors of the shape stop the run."""
    wide = replace(VENDOR, role=RoleSpec(permissions_boundary="arn:aws-cn:iam::aws:policy/ReadOnlyAccess"))
    for tenants in (TENANT, _file(tmp_path, GOOD)):
        with pytest.raises(InputError, match="permissions_boundary"):
            _render(wide, RenderOptions(out), tenants)
    assert not out.exists()


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path, out: Path) -> None:
    """What spreadsheets save as CSV UTF-8 gives the same bundles."""
    listed = tmp_path / "excel.csv"
    listed.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    _render(VENDOR, RenderOptions(out), listed)
    _render(VENDOR, RenderOptions(tmp_path / "plain"), _file(tmp_path, GOOD))
    assert _tree(out) == _tree(tmp_path / "plain")


def test_a_list_without_tenants_writes_nothing(tmp_path: Path, out: Path) -> None:
    """A header alone is a list of nobody: said, and nothing is written."""
    with pytest.raises(InputError, match="names no tenant"):
        _render(VENDOR, RenderOptions(out), _file(tmp_path, CSV))
    assert not out.exists()
