"""What was issued is not replaced unasked: another vendor, another external ID, a signature that would be lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from deputize.bundle import read_manifest
from deputize.errors import DiffersError, InputError, Problem
from deputize.jobs.inputs import vendor_of_account
from deputize.jobs.render.issued import issued_bundles
from deputize.jobs.render.run import RenderOptions, Written, render_list, render_tenant, render_tenants
from deputize.jobs.render.vendor_policies import assume_policies, write_assume_policies
from deputize.model.spec import RoleSpec, Tenant, Vendor, VendorAccount
from deputize.model.values import Finding

VENDOR = vendor_of_account("111122223333", "aws")
OTHER_ACCOUNT = vendor_of_account("444455556666", "aws")
OTHER_SLUG = replace(VENDOR, slug="rival")
A, B, C = "issued-id-0123456789-a", "issued-id-0123456789-b", "issued-id-0123456789-c"
TENANT = Tenant("acme", (A,))


def _render(vendor: Vendor, options: RenderOptions, *tenants: Tenant) -> list[Finding | Written]:
    said: list[Finding | Written] = []
    if len(tenants) == 1:
        render_tenant(vendor, tenants[0], options, said.append)
    else:
        render_tenants(vendor, tenants, options, said.append)
    return said


def _listed(vendor: Vendor, options: RenderOptions, folder: Path, *tenants: Tenant) -> tuple[Problem, ...]:
    rows = ({"tenant": one.slug, "external_id": list(one.external_ids)} for one in tenants)
    path = folder / "tenants.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return render_list(vendor, str(path), options, lambda _: None)


def _outcomes(said: list[Finding | Written]) -> list[str]:
    return [one.outcome for one in said if isinstance(one, Written)]


def _tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where bundles are written."""
    return tmp_path / "out"


@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize(
    ("vendor", "tenant", "named"),
    [
        (OTHER_ACCOUNT, TENANT, ("111122223333", "444455556666")),
        (OTHER_SLUG, TENANT, ("vendor", "rival")),
        (VENDOR, replace(TENANT, external_ids=(B,)), (A, B)),
        (VENDOR, replace(TENANT, external_ids=(A.upper(),)), (A, A.upper())),
        (VENDOR, replace(TENANT, external_ids=(B, C)), (A, B, C)),
    ],
    ids=["another account", "another slug", "another ID", "another case", "two other IDs"],
)
def test_another_vendor_or_id_stops_the_run(
    out: Path, vendor: Vendor, tenant: Tenant, named: tuple[str, ...], zipped: bool
) -> None:
    """Both are named, every byte stays, exit code 7; `force` replaces the bundle."""
    options = RenderOptions(out, zipped=zipped)
    _render(VENDOR, options, TENANT)
    before = _tree(out)
    with pytest.raises(DiffersError) as raised:
        _render(vendor, options, tenant)
    assert raised.value.exit_code == 7
    (problem,) = raised.value.problems
    assert problem.where == f"{out}/acme{'.zip' if zipped else ''}"
    assert [text for text in named if text not in problem.what] == []
    assert "--force" in problem.mend
    assert _tree(out) == before
    assert _outcomes(_render(vendor, replace(options, force=True), tenant)) == ["replaced"]


@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((A,), (A, B)),
        ((A, B), (B,)),
        ((A, B), (A,)),
        ((A, B), (B, C)),
        ((A, B), (A, C)),
        ((A, B), (B, A)),
    ],
    ids=["started", "switched", "aborted", "switched and started", "aborted and started", "turned"],
)
def test_a_rotation_needs_no_force(out: Path, old: tuple[str, ...], new: tuple[str, ...], zipped: bool) -> None:
    """The ID that is sent stays, or the next one is sent from now on."""
    options = RenderOptions(out, zipped=zipped)
    _render(VENDOR, options, replace(TENANT, external_ids=old))
    assert _outcomes(_render(VENDOR, options, replace(TENANT, external_ids=new))) == ["replaced"]


@pytest.mark.parametrize("new", [(C,), (C, B)])
def test_a_rotation_to_an_id_that_was_never_next_is_none(out: Path, new: tuple[str, ...]) -> None:
    """Neither the ID that is sent stays, nor is the next one sent now."""
    _render(VENDOR, RenderOptions(out), replace(TENANT, external_ids=(A, B)))
    with pytest.raises(DiffersError):
        _render(VENDOR, RenderOptions(out), replace(TENANT, external_ids=new))


@pytest.mark.parametrize("account", [None, "222233334444"])
def test_an_agreed_account_is_kept(out: Path, account: str | None) -> None:
    """An account that was agreed is neither dropped nor replaced; agreeing one later is fine."""
    agreed = replace(TENANT, account_id="001234567890")
    _render(VENDOR, RenderOptions(out), TENANT)
    assert _outcomes(_render(VENDOR, RenderOptions(out), agreed)) == ["replaced"]
    with pytest.raises(DiffersError, match="001234567890"):
        _render(VENDOR, RenderOptions(out), replace(TENANT, account_id=account))


def test_a_folder_that_was_renamed_keeps_its_tenant(out: Path) -> None:
    """The manifest says whose a bundle is, not the folder's name."""
    _render(VENDOR, RenderOptions(out), Tenant("globex", (B,)))
    (out / "globex").rename(out / "acme")
    with pytest.raises(DiffersError, match="tenant globex, not of acme"):
        _render(VENDOR, RenderOptions(out), TENANT)


@pytest.mark.parametrize("form", ["registry", "list"])
def test_nothing_is_written_when_one_of_many_stops(tmp_path: Path, out: Path, form: str) -> None:
    """All tenants are held against what is there before the first is written; every one that stops is named."""
    _render(VENDOR, RenderOptions(out), TENANT, Tenant("globex", (B,)))
    before = _tree(out)
    tenants = (
        Tenant("aaa", ("issued-id-of-aaa-01",)),
        replace(TENANT, external_ids=(C,)),
        Tenant("globex", ("g" * 20,)),
    )
    with pytest.raises(DiffersError) as raised:
        _render(VENDOR, RenderOptions(out), *tenants) if form == "registry" else _listed(
            VENDOR, RenderOptions(out, skip_invalid=True), tmp_path, *tenants
        )
    assert [one.where for one in raised.value.problems] == [f"{out}/acme", f"{out}/globex"]
    assert _tree(out) == before


def test_check_names_both_beside_the_files(out: Path) -> None:
    """`--check` tells of the other ID first, then of each file that differs."""
    _render(VENDOR, RenderOptions(out), TENANT)
    with pytest.raises(DiffersError) as raised:
        _render(VENDOR, RenderOptions(out, check=True), replace(TENANT, external_ids=(B,)))
    first, *others = raised.value.problems
    assert (first.where, A in first.what, B in first.what) == (f"{out}/acme", True, True)
    assert f"{out}/acme/manifest.json" in [one.where for one in others]


@pytest.mark.parametrize("check", [False, True], ids=["write", "check"])
@pytest.mark.parametrize("there", ["folder", "zip", "next ID", "copied"])
@pytest.mark.parametrize("spelling", [str, str.upper, str.title], ids=["same", "upper", "title"])
def test_an_id_of_another_tenant_is_an_error(out: Path, there: str, spelling: type[str], check: bool) -> None:
    """Whatever its case, in a folder or zip of any name, current or next; the other's spelling is not shown."""
    ids = (C, A) if there == "next ID" else (A,)
    _render(VENDOR, RenderOptions(out, zipped=there == "zip"), Tenant("globex", ids))
    if there == "copied":
        (out / "globex").rename(out / "old of globex")
    taken = spelling(A)
    with pytest.raises(InputError) as raised:
        _render(VENDOR, RenderOptions(out, force=True, check=check), replace(TENANT, external_ids=(B, taken)))
    (problem,) = raised.value.problems
    assert "globex" in problem.what
    assert taken in problem.what
    assert taken == A or A not in str(problem)
    assert not (out / "acme").exists()


def test_a_list_names_the_line_of_an_id_that_is_taken(tmp_path: Path, out: Path) -> None:
    """The problem has the line; with skip_invalid the others are written."""
    _render(VENDOR, RenderOptions(out), Tenant("globex", (A,)))
    tenants = (TENANT, Tenant("initech", (B,)))
    with pytest.raises(InputError) as raised:
        _listed(VENDOR, RenderOptions(out), tmp_path, *tenants)
    assert [one.where for one in raised.value.problems] == [f"{tmp_path}/tenants.jsonl:1: tenant: external_id"]
    assert _listed(VENDOR, RenderOptions(out, skip_invalid=True), tmp_path, *tenants) == raised.value.problems
    assert sorted(path.name for path in out.iterdir()) == ["globex", "initech"]


def test_bundles_of_one_tenant_may_share_an_id(out: Path) -> None:
    """A tenant's further accounts have bundles of their own names; the registry says that they are one tenant's."""
    owners = {"acme-001234567890": "acme"}
    further = Tenant("acme-001234567890", (A,), account_id="001234567890")
    options = RenderOptions(out, owners=owners)
    assert _outcomes(_render(VENDOR, options, TENANT, further)) == ["created", "created"]
    assert _outcomes(_render(VENDOR, options, TENANT, further)) == ["unchanged", "unchanged"]
    with pytest.raises(InputError):
        _render(VENDOR, RenderOptions(out), further)


def test_a_bundle_whose_manifest_cannot_be_read_is_told(out: Path) -> None:
    """Its ID was not compared, and a note says so; what was not made by deputize is no bundle."""
    _render(VENDOR, RenderOptions(out), Tenant("globex", (A,)))
    (out / "globex" / "manifest.json").write_text('{"schema": "deputize/manifest/1"', encoding="utf-8")
    (out / "webapp").mkdir()
    (out / "webapp" / "manifest.json").write_text('{"name": "a web app"}', encoding="utf-8")
    (out / "notes.zip").write_bytes(b"PK\x03\x04")
    (out / "link").symlink_to(out / "globex")
    said = _render(VENDOR, RenderOptions(out), TENANT)
    notes = [one.where for one in said if isinstance(one, Finding) and one.rule == "bundle-unread"]
    assert notes == [f"{out}/globex"]


@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
def test_a_signature_is_not_dropped(out: Path, zipped: bool) -> None:
    """A changed bundle without a signature does not replace a signed one; signed again it does, or with force."""
    by = RenderOptions(out, zipped=zipped, sign=lambda data: b"signature over %d bytes" % len(data))
    plain = replace(by, sign=None)
    renamed = replace(TENANT, name="Acme Inc.")
    _render(VENDOR, by, TENANT)
    assert _outcomes(_render(VENDOR, plain, TENANT)) == ["unchanged"]
    with pytest.raises(DiffersError, match="is signed") as raised:
        _render(VENDOR, plain, renamed)
    assert [one.where for one in raised.value.problems] == [f"{out}/acme{'.zip' if zipped else ''}"]
    assert _outcomes(_render(VENDOR, by, renamed)) == ["replaced"]
    assert _outcomes(_render(VENDOR, replace(plain, force=True), TENANT)) == ["replaced"]


def _policies(vendor: Vendor, options: RenderOptions) -> Mapping[Path, bytes]:
    return assume_policies(vendor, replace(options, there=issued_bundles(options.out, {})))


def test_the_vendors_own_policy_is_not_replaced_by_another_vendors(out: Path) -> None:
    """OUT/vendor of another account, or of another vendor in the account, stops the run; force replaces it."""
    options = RenderOptions(out)
    _render(VENDOR, options, TENANT)
    write_assume_policies(_policies(VENDOR, options))
    for vendor, named in (
        (OTHER_ACCOUNT, "111122223333, not of vendor .* in account [0-9]{12}"),
        (OTHER_SLUG, "vendor, not of vendor rival"),
    ):
        with pytest.raises(DiffersError, match=named):
            _policies(vendor, options)
        assert _policies(vendor, replace(options, force=True))


def test_a_vendors_own_policy_follows_its_file(out: Path) -> None:
    """The same vendor may name its roles otherwise, add a partition, or list its accounts in another order."""
    options = RenderOptions(out)
    _render(VENDOR, options, TENANT)
    write_assume_policies(_policies(VENDOR, options))
    china = VendorAccount("aws-cn", "777788889999")
    for accounts in ((*VENDOR.accounts, china), (china, *VENDOR.accounts)):
        changed = replace(VENDOR, accounts=accounts, role=RoleSpec(name="reader-{tenant}"))
        write_assume_policies(_policies(changed, options))
    assert b"aws-cn" in (out / "vendor" / "assume-policy.json").read_bytes()


def test_a_foreign_policy_with_our_statement_ids_is_kept(out: Path) -> None:
    """A file that names no account of the vendor is nobody's that may be replaced."""
    path = out / "vendor" / "assume-policy.json"
    path.parent.mkdir(parents=True)
    sids = ("AssumeCustomersRoles", "NeverWithoutAnExternalId", "NeverInTheOwnAccount")
    statements = [{"Sid": sid, "Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"} for sid in sids]
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")
    with pytest.raises(DiffersError):
        _policies(VENDOR, RenderOptions(out))


def test_the_manifest_that_is_written_is_the_one_that_is_read(out: Path) -> None:
    """What a run writes is what the next one holds new bundles against, folder and zip alike."""
    for zipped in (False, True):
        _render(VENDOR, RenderOptions(out, zipped=zipped), replace(TENANT, external_ids=(A, B)))
    found = issued_bundles(out, {})
    manifest = read_manifest({"manifest.json": (out / "acme" / "manifest.json").read_bytes()})
    assert {one.external_ids for one in found.bundles.values()} == {manifest.external_ids}
    assert sorted(found.bundles) == ["acme", "acme.zip"]
