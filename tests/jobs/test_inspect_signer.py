"""By whose key a bundle should be signed: `--expect-signer`, and what an allowed_signers file means."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import deputize
from deputize.bundle import MANIFEST, signed
from deputize.errors import InputError, UsageError
from deputize.jobs.inputs import vendor_of_account
from deputize.jobs.inspect.inspection import BundleExpectations, Inspection
from deputize.jobs.inspect.result import as_json, as_lines
from deputize.jobs.inspect.run import inspect
from deputize.tools import sign

pytestmark = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None and "CI" not in os.environ, reason="ssh-keygen is not on PATH"
)
PATH = {"PATH": os.environ["PATH"]}
NAMES = ("acme", "rival")
Check = Callable[[str, str | None], Inspection]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two SSH keys and a bundle signed by acme's."""
    folder = tmp_path_factory.mktemp("keys")
    for name in NAMES:
        command = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name))
        subprocess.run(command, check=True)
    tenant = deputize.Tenant("a-company", ("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",))
    files = deputize.render(vendor_of_account("111122223333", "aws"), tenant).files
    signature = sign(files[MANIFEST], str(folder / "acme"), environ=PATH)
    deputize.Bundle("a-company", signed(files, signature)).write(folder)
    return folder


@pytest.fixture
def check(keys: Path, tmp_path: Path) -> Check:
    """Inspects acme's bundle by lines in which {acme} and {rival} stand for the public keys."""

    def checked(lines: str, signer: str | None) -> Inspection:
        allowed = tmp_path / "allowed_signers"
        allowed.write_text(lines.format(**{name: (keys / f"{name}.pub").read_text().strip() for name in NAMES}))
        return inspect(keys / "a-company", BundleExpectations(signer=signer), PATH, allowed)

    return checked


@pytest.mark.parametrize(
    ("lines", "signer", "by"),
    [
        ("sec@acme {acme}\n", "sec@acme", "sec@acme"),
        ("ops@acme {acme}\nsec@acme {acme}\n", "sec@acme", "sec@acme"),
        ("ops@acme,sec@acme {acme}\n", "sec@acme", "sec@acme"),
        ('sec@acme namespaces="git" {acme}\nsec@acme namespaces="deputize-bundle" {acme}\n', "sec@acme", "sec@acme"),
        ("*@acme {acme}\n", "sec@acme", "sec@acme"),
        ("-Dfoo {acme}\n", "-Dfoo", "-Dfoo"),
        ("ops@acme {acme}\n", None, "ops@acme"),
    ],
    ids=["alone", "second line", "list", "namespaces", "pattern", "like an option", "anybody"],
)
def test_the_expected_signer_signed(check: Check, lines: str, signer: str | None, by: str) -> None:
    """One whom the file allows for this key, by ssh-keygen's own reading of its lines."""
    found = check(lines, signer)
    assert (found.signature.state.value, found.signature.signer, found.problems) == ("good", by, ())


@pytest.mark.parametrize(
    ("lines", "by"),
    [
        ("ops@acme {acme}\nsec@acme {rival}\n", "ops@acme"),
        ("ops@acme {acme}\n", "ops@acme"),
        ("!sec@acme,*@acme {acme}\nops@acme {acme}\n", "ops@acme"),
        ("Sec@acme {acme}\n", "Sec@acme"),
        ('sec@acme valid-before="20200101" {acme}\nops@acme {acme}\n', "ops@acme"),
        ("sec@acme {rival}\n", ""),
    ],
    ids=["another's key", "not in the file", "excepted", "another case", "expired", "nobody"],
)
def test_another_one_signed(check: Check, lines: str, by: str) -> None:
    """It is told by whose key, nothing is good, and the command would exit with 6."""
    found = check(lines, "sec@acme")
    assert found.signature.state.value == "bad"
    assert found.signature.key.startswith("ED25519 SHA256:")
    (problem,) = found.problems
    assert problem.where.endswith("manifest.json.sig")
    (line,) = [one for one in as_lines(found) if one.startswith("  signature ")]
    if by:
        assert found.signature.signer in by or "," in lines
        assert f"is by the key of {found.signature.signer}, " in problem.what
        assert problem.what.endswith("and not by one of sec@acme")
        assert f"bad: by the key of {found.signature.signer}, ED25519" in line
    else:
        assert "is by a key that is not allowed" in problem.what
        assert "bad: by a key that is not allowed, ED25519" in line
    assert as_json(found)["signature"] == {
        "state": "bad",
        "signer": found.signature.signer or None,
        "key": found.signature.key,
    }


@pytest.mark.parametrize("signer", ["sec@acme", ""])
def test_an_expected_signer_needs_a_file_and_a_name(keys: Path, signer: str) -> None:
    """Without the file nobody's key is trusted, and an empty name is nobody's."""
    allowed = None if signer else keys / "acme.pub"
    with pytest.raises(UsageError, match="--expect-signer"):
        inspect(keys / "a-company", BundleExpectations(signer=signer), PATH, allowed)


def test_a_pipe_that_nobody_writes_into_is_refused(keys: Path, tmp_path: Path) -> None:
    """It would be waited for, for ever; one into which somebody writes is read."""
    pipe = tmp_path / "allowed"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="a pipe into which nobody writes"):
        inspect(keys / "a-company", BundleExpectations(), PATH, pipe)
    line = f"sec@acme {(keys / 'acme.pub').read_text().strip()}"
    with subprocess.Popen(("sh", "-c", f"sleep 0.3; exec >'{pipe}'; sleep 2.2; echo '{line}'")):
        assert inspect(keys / "a-company", BundleExpectations(signer="sec@acme"), PATH, pipe).problems == ()
