"""`deputize render`: options, streams, exit codes and the JSON result, through the real command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from deputize.cli.app import app
from deputize.errors import DiffersError, InputError, LintError, UsageError
from deputize.model.schemas import load_schema

GUID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
VENDOR = "--vendor-account=111122223333"
ONE = ("--tenant=a-company", f"--external-id={GUID}")
ROWS = "tenant,external_id\na,external-id-of-tenant-a\nb,external-id-of-tenant-b\n"
FILE = "vendor:\n  name: Example\naccounts:\n  aws:\n    id: 111122223333\n"


class Run:
    """`deputize render` in a folder of its own."""

    def __init__(self, cache: Path) -> None:
        self._environment = {"XDG_CACHE_HOME": str(cache)}

    def __call__(self, *options: str, stdin: str | bytes | None = None, **environment: str) -> Any:
        """The result of the command with these options."""
        return CliRunner().invoke(app, ["render", *options], input=stdin, env={**self._environment, **environment})

    def parsed(self, *options: str, stdin: str | None = None) -> tuple[int, Any]:
        """Exit code, and stdout as the JSON document that it must be, checked against the schema that it names."""
        result = self(*options, "--format=json", stdin=stdin)
        document = json.loads(result.stdout)
        jsonschema.validate(document, load_schema(document["schema"].split("/")[1]))
        return result.exit_code, document


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's cache folder that the tests share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> Run:
    """The command, in an empty working folder."""
    monkeypatch.chdir(tmp_path)
    return Run(cache)


def _names(folder: str = "out") -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir()) if Path(folder).exists() else []


def test_stdout_is_the_path_and_stderr_the_talk(run: Run) -> None:
    """One line on stdout for each bundle; notes go to stderr, each with its rule."""
    result = run(VENDOR, *ONE)
    assert (result.exit_code, result.stdout) == (0, "out/a-company\n")
    assert "[exposure-config]" in result.stderr
    assert all(line.startswith(("note: ", "warning: ")) for line in result.stderr.splitlines())


def test_the_vendor_comes_from_the_option_the_environment_or_the_folder(run: Run, tmp_path: Path) -> None:
    """--vendor, then DEPUTIZE_VENDOR, then ./vendor.yaml."""
    for place in ("vendor.yaml", "environment.yaml", "option.yaml"):
        Path(place).write_text(FILE.replace("Example", place.partition(".")[0]), encoding="utf-8")

    def vendor(*options: str, **environment: str) -> str:
        assert run(*ONE, "--force", *options, **environment).exit_code == 0
        manifest = json.loads(Path("out/a-company/manifest.json").read_bytes())
        return str(manifest["vendor"]["slug"])

    assert vendor() == "vendor"
    assert vendor(DEPUTIZE_VENDOR="environment.yaml") == "environment"
    assert vendor("--vendor=option.yaml", DEPUTIZE_VENDOR="environment.yaml") == "option"


def test_a_vendor_file_may_begin_with_a_byte_order_mark(run: Run) -> None:
    """What editors on Windows save is accepted."""
    Path("vendor.yaml").write_bytes(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode())
    assert run(*ONE).exit_code == 0


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(ROWS, id="csv"),
        pytest.param(f"\ufeff{ROWS}", id="csv-with-bom"),
        pytest.param(
            '{"tenant": "a", "external_id": "external-id-of-tenant-a"}\n\n'
            '{"tenant": "b", "external_id": "external-id-of-tenant-b"}',
            id="json-lines",
        ),
    ],
)
def test_tenants_from_standard_input(run: Run, rows: str) -> None:
    """`--tenants -` reads CSV or JSON lines, told apart by the first character."""
    result = run(VENDOR, "--tenants=-", stdin=rows)
    assert (result.exit_code, result.stdout) == (0, "out/a\nout/b\n"), result.stderr


def test_a_bad_row_exits_3_and_skip_invalid_too(run: Run) -> None:
    """Nothing is written without --skip-invalid, the rest with it; the exit code says that something was wrong."""
    rows = ROWS + "C,external-id-of-tenant-c\n"
    first = run(VENDOR, "--tenants=-", stdin=rows)
    assert (first.exit_code, first.stdout, _names()) == (InputError.exit_code, "", [])
    second = run(VENDOR, "--tenants=-", "--skip-invalid", stdin=rows)
    assert (second.exit_code, second.stdout, _names()) == (InputError.exit_code, "out/a\nout/b\n", ["a", "b", "vendor"])
    message = "error: standard input:4: tenant: 'C' is no slug; use 1 to 63 of a-z, 0-9 and - inside, as in a-company\n"
    assert first.stderr.endswith(message)
    assert second.stderr.endswith(message)


def test_check_exits_7_when_something_would_change(run: Run) -> None:
    """Missing: 7; the same: 0; stale: 7; and nothing is written."""
    assert run(VENDOR, *ONE, "--check").exit_code == DiffersError.exit_code
    assert _names() == []
    assert run(VENDOR, *ONE).exit_code == 0
    assert run(VENDOR, *ONE, "--check").exit_code == 0
    stale = run(VENDOR, *ONE, "--name=Another", "--check")
    assert stale.exit_code == DiffersError.exit_code
    assert "error: out/a-company/manifest.json: differs\n" in stale.stderr
    assert run(VENDOR, *ONE, "--check").exit_code == 0


def test_an_edited_bundle_exits_7_until_force(run: Run) -> None:
    """What a person changed is named, kept, and replaced on --force only."""
    run(VENDOR, *ONE)
    readme = Path("out/a-company/README.md")
    readme.write_text("Mine.\n", encoding="utf-8")
    refused = run(VENDOR, *ONE)
    assert (refused.exit_code, refused.stdout) == (DiffersError.exit_code, "")
    said = [line for line in refused.stderr.splitlines() if line.startswith("error: ")]
    mend = "--force replaces the bundle, and with it everything that is in it"
    assert said == [f"error: out/a-company/README.md: was changed after it was made; {mend}"]
    assert readme.read_text(encoding="utf-8") == "Mine.\n"
    assert run(VENDOR, *ONE, "--force").exit_code == 0
    assert readme.read_text(encoding="utf-8") != "Mine.\n"


def test_a_foreign_folder_exits_7_even_with_force(run: Run) -> None:
    """A folder that deputize did not make is never touched."""
    Path("out/a-company").mkdir(parents=True)
    result = run(VENDOR, *ONE, "--force")
    assert result.exit_code == DiffersError.exit_code
    assert list(Path("out/a-company").iterdir()) == []


def test_zip_writes_archives(run: Run) -> None:
    """--zip writes one archive per tenant and no folder; its path is the result."""
    result = run(VENDOR, "--tenants=-", "--zip", stdin=ROWS)
    assert (result.exit_code, result.stdout, _names()) == (
        0,
        "out/a.zip\nout/b.zip\n",
        ["a.zip", "b.zip", "vendor"],
    )


def test_out_is_made_where_it_is_wanted(run: Run) -> None:
    """--out names the folder, which may lie deep and need not be there; the default `out` is not made then."""
    assert run(VENDOR, *ONE, "--out=deep/er/place").stdout == "deep/er/place/a-company\n"
    assert _names() == []


def test_json_names_its_schema_and_keeps_to_it(run: Run) -> None:
    """Created, unchanged and replaced bundles, with the findings as data; stderr stays empty."""
    code, document = run.parsed(VENDOR, "--tenants=-", stdin=ROWS)
    assert (code, document["schema"]) == (0, "deputize/render/1")
    expected = [
        {"tenant": "a", "path": "out/a", "outcome": "created"},
        {"tenant": "b", "path": "out/b", "outcome": "created"},
    ]
    assert document["bundles"] == expected
    assert "exposure-config" in {finding["rule"] for finding in document["findings"]}
    assert [one["outcome"] for one in run.parsed(VENDOR, "--tenants=-", stdin=ROWS)[1]["bundles"]] == ["unchanged"] * 2
    assert run(VENDOR, *ONE, "--format=json").stderr == ""


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ((), UsageError),
        ((VENDOR, "--tenant=A"), UsageError),
        ((VENDOR, "--tenant=A", "--external-id=x"), InputError),
        ((VENDOR, "--tenant=a", "--external-id=12345", "--strict"), LintError),
        ((VENDOR, *ONE, "--check"), DiffersError),
    ],
)
def test_an_error_is_json_too(run: Run, options: tuple[str, ...], error: type[InputError]) -> None:
    """With --format json an error is one object on stdout: its code, and where, what and mend of each problem."""
    code, document = run.parsed(*options)
    assert (code, document["schema"], document["code"]) == (error.exit_code, "deputize/error/1", error.code)
    assert all(problem["where"] and problem["what"] for problem in document["problems"])


@pytest.mark.parametrize("option", ["--colour", "--format=xml"])
def test_what_the_command_line_does_not_know_is_usage(run: Run, option: str) -> None:
    """Unknown options and values exit 2, and nothing is written."""
    result = run(VENDOR, *ONE, option)
    assert (result.exit_code, result.stdout, _names()) == (UsageError.exit_code, "", [])


def test_many_warnings_are_counted_not_listed(run: Run) -> None:
    """On a terminal twenty are enough; JSON holds them all."""
    rows = "tenant,external_id\n" + "".join(f"t{number},{number + 10000}\n" for number in range(40))
    told = run(VENDOR, "--tenants=-", stdin=rows).stderr.splitlines()
    assert len([line for line in told if line.startswith(("warning: ", "note: vendor"))]) == 20
    assert told[-1].endswith(" more warnings and notes")
    findings = run.parsed(VENDOR, "--tenants=-", stdin=rows)[1]["findings"]
    assert len([one for one in findings if one["rule"] == "external-id-weak"]) == 40


def test_no_cache_writes_no_cache(run: Run, tmp_path: Path) -> None:
    """--no-cache neither reads nor writes verdicts; otherwise they are kept for this user alone."""
    cache = tmp_path / "mine"
    run(VENDOR, *ONE, "--no-cache", XDG_CACHE_HOME=str(cache))
    assert not cache.exists()
    run(VENDOR, *ONE, XDG_CACHE_HOME=str(cache))
    kept = [path for path in cache.rglob("*") if path.is_file()]
    assert kept
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
