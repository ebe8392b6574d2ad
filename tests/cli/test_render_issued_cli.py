"""What was issued is not replaced unasked, as the command tells it; the registry knows which bundles are one's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deputize.cli.app import app

Run = Callable[..., Result]
A, B = "issued-id-0123456789-a", "issued-id-0123456789-b"
VENDOR = ("--vendor-account", "111122223333")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return command


def test_another_id_is_named_and_stops_with_exit_7(run: Run) -> None:
    """Both IDs are named with the way out, as text and as JSON; `--force` replaces it."""
    first = ("render", *VENDOR, "--tenant", "acme")
    assert run(*first, "--external-id", A).exit_code == 0
    other = run(*first, "--external-id", B)
    assert other.exit_code == 7
    assert f"out/acme: asks for the external ID '{A}', and not for '{B}'" in other.stderr
    told = run(*first, "--external-id", B, "--format", "json")
    assert told.exit_code == 7
    assert json.loads(told.stdout)["problems"][0]["where"] == "out/acme"
    assert run(*first, "--external-id", A, "--external-id", B).exit_code == 0
    assert run(*first, "--external-id", B).exit_code == 0
    assert run(*first, "--external-id", A, "--force").exit_code == 0


def test_an_id_of_another_bundle_is_exit_3_even_with_force(run: Run) -> None:
    """Nobody gets another tenant's ID, whatever its case."""
    assert run("render", *VENDOR, "--tenant", "acme", "--external-id", A).exit_code == 0
    taken = run("render", *VENDOR, "--tenant", "evil", "--external-id", A.upper(), "--force")
    assert taken.exit_code == 3
    assert A not in taken.stderr


def test_the_vendor_folder_is_not_taken_over(run: Run) -> None:
    """OUT/vendor of another account stops the run before a bundle of a new tenant is written."""
    assert run("render", *VENDOR, "--tenant", "acme", "--external-id", A).exit_code == 0
    rival = ("render", "--vendor-account", "444455556666", "--tenant", "globex", "--external-id", B)
    assert run(*rival).exit_code == 7
    assert not Path("out/globex").exists()
    assert run(*rival, "--force").exit_code == 0


def test_accounts_of_one_tenant_share_an_id_by_the_registry(run: Run) -> None:
    """`--share` is no clash: rendered together, again, and one by one."""
    registry = ("--registry", "r.db")
    assert run("tenants", "add", "acme", "--account-id", "001234567890", *registry).exit_code == 0
    more = run("tenants", "add", "acme", "--account-id", "222233334444", "--share", *registry)
    assert more.exit_code == 0, more.stderr
    for _ in range(2):
        everyone = run("render", *VENDOR, "--all", *registry)
        assert everyone.exit_code == 0, everyone.stderr
    names = sorted(path.name for path in Path("out").iterdir())
    assert names == ["acme", "acme-222233334444", "vendor"]
    further = run("render", *VENDOR, "--tenant", "acme", "--account-id", "222233334444", *registry)
    assert (further.exit_code, Path("out/acme-222233334444") in map(Path, further.stdout.split())) == (0, True)
