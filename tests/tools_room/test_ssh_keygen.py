"""Signing with real SSH keys, and telling whose a signature is."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import deputize.errors
from deputize.errors import ServiceError
from deputize.tools import NAMESPACE, check_signature, sign

pytestmark = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None and "CI" not in os.environ, reason="ssh-keygen is not on PATH"
)
PATH = {"PATH": os.environ.get("PATH", os.defpath)}
MANIFEST = b'{\n  "schema": "deputize/manifest/1"\n}\n'
FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}", re.ASCII)


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> str:
    """A new key pair in a file; its public half."""
    size = ("-b", "2048") if kind == "rsa" else ()
    command = ("ssh-keygen", "-q", "-t", kind, *size, "-N", passphrase, "-C", "", "-f", str(path))
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return Path(f"{path}.pub").read_text(encoding="ascii").strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the Ed25519 keys `vendor` and `other`."""
    made = tmp_path_factory.mktemp("keys")
    make_key(made / "vendor")
    make_key(made / "other")
    return made


@pytest.fixture(scope="module")
def public(folder: Path) -> str:
    """The public half of the vendor's key."""
    return (folder / "vendor.pub").read_text(encoding="ascii").strip()


@pytest.fixture(scope="module")
def signature(folder: Path) -> bytes:
    """The vendor's signature over the manifest."""
    return sign(MANIFEST, str(folder / "vendor"), environ=PATH)


def test_a_signature_is_the_same_each_time_and_ssh_keygens_own(folder: Path, signature: bytes, public: str) -> None:
    """ssh-keygen alone verifies it, as README.md tells the customer to; nothing is left beside the key."""
    assert sign(MANIFEST, str(folder / "vendor"), environ=PATH) == signature
    (folder / "signature").write_bytes(signature)
    (folder / "allowed").write_text(f"acme {public}\n")
    command = ("ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "acme", "-n", "deputize-bundle", "-s", "signature")
    done = subprocess.run(command, cwd=folder, input=MANIFEST, capture_output=True, check=False)
    assert (done.returncode, done.stdout[:38]) == (0, b'Good "deputize-bundle" signature for a')
    assert sorted(path.name for path in folder.iterdir()) == [
        *("allowed", "other", "other.pub", "signature", "vendor", "vendor.pub"),
    ]


def test_who_signed_is_told_only_where_it_is_allowed(signature: bytes, public: str) -> None:
    """Without allowed signers the key alone is known; with them their name for it."""
    known = check_signature(MANIFEST, signature, environ=PATH)
    assert (known.right, known.signer, known.key[:8]) == (True, "", "ED25519 ")
    assert FINGERPRINT.fullmatch(known.key[8:])
    allowed = f"# ours\nsomeone@example.com,acme {public}\n".encode()
    named = check_signature(MANIFEST, signature, environ=PATH, allowed_signers=allowed)
    assert (named.right, named.signer, named.key) == (True, "someone@example.com", known.key)


@pytest.mark.parametrize(
    ("line", "signer", "said"),
    [
        ('acme namespaces="deputize-bundle" {key}', "acme", ""),
        ("*@example.com {key}", "*@example.com", ""),
        ("-f {key}", "-f", ""),
        ("\x1b[2J\u202e {key}", "\\x1b[2J\\u202e", ""),
        ('acme valid-after="20200101",valid-before="29990101" {key}', "acme", ""),
        ('acme namespaces="git,file" {key}', "", "key is not permitted for use in signature namespace"),
        ('acme valid-before="20200101" {key}', "", "key has expired"),
        ('acme valid-after="29990101" {key}', "", "key is not yet valid"),
        ("acme cert-authority {key}", "", "No principal matched"),
        ("acme {other}", "", "No principal matched"),
        ("acme", "", "No principal matched"),
        ("", "", "No principal matched"),
    ],
)
def test_allowed_signers_mean_what_ssh_keygen_says(
    folder: Path, signature: bytes, *, line: str, signer: str, said: str
) -> None:
    """Namespaces and dates count as of now, names come out printable, and a stranger is none of them."""
    public, other = ((folder / f"{name}.pub").read_text(encoding="ascii").strip() for name in ("vendor", "other"))
    allowed = f"{line.format(key=public, other=other)}\n".encode()
    found = check_signature(MANIFEST, signature, environ=PATH, allowed_signers=allowed)
    assert (found.right, found.signer) == (True, signer)
    assert said in found.said


def test_each_byte_of_message_and_signature_counts(signature: bytes, public: str) -> None:
    """Another manifest, another namespace, a changed, cut, doubled or decorated signature: none is right."""
    allowed = f"acme {public}\n".encode()

    def right(message: bytes, by: bytes) -> bool:
        return check_signature(message, by, environ=PATH, allowed_signers=allowed).right

    assert right(MANIFEST, signature)
    assert not right(MANIFEST + b"\n", signature)
    assert not right(MANIFEST[:-1], signature)
    middle = signature.index(b"\n") + 1
    for at in (0, 20, middle, middle + 40, len(signature) // 2, len(signature) - 40, len(signature) - 1):
        assert not right(MANIFEST, signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :])
    for strange in (b"", signature[:-40], signature * 2, b"\n" + signature, signature + b"trust me\n", b"\xff" * 99):
        assert not right(MANIFEST, strange)


def test_a_signature_for_something_else_is_none_for_a_bundle(tmp_path: Path, folder: Path) -> None:
    """The same key signs commits: a signature in git's namespace says nothing of a bundle."""
    message = tmp_path / "message"
    message.write_bytes(MANIFEST)
    command = ("ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", str(folder / "vendor"), str(message))
    subprocess.run(command, check=True, capture_output=True)
    found = check_signature(MANIFEST, Path(f"{message}.sig").read_bytes(), environ=PATH)
    assert not found.right
    assert "namespace does not match" in found.said
    assert NAMESPACE == "deputize-bundle"


def test_an_rsa_key_signs_too(tmp_path: Path) -> None:
    """With SHA-512, and the same each time."""
    make_key(tmp_path / "rsa", "rsa")
    made = sign(MANIFEST, str(tmp_path / "rsa"), environ=PATH)
    assert made == sign(MANIFEST, str(tmp_path / "rsa"), environ=PATH)
    assert check_signature(MANIFEST, made, environ=PATH).key.startswith("RSA SHA256:")


@pytest.fixture
def agent(folder: Path) -> Iterator[dict[str, str]]:
    """What finds a running agent that holds the vendor's key."""
    started = subprocess.run(("ssh-agent", "-s"), check=True, capture_output=True, text=True).stdout
    about = dict(re.findall(r"(SSH_\w+)=([^;]+);", started))
    try:
        subprocess.run(("ssh-add", "-q", str(folder / "vendor")), check=True, env={**PATH, **about})
        yield {**PATH, "SSH_AUTH_SOCK": about["SSH_AUTH_SOCK"]}
    finally:
        subprocess.run(("ssh-agent", "-k"), check=True, env={**PATH, **about}, capture_output=True)


def test_an_agent_signs_for_a_public_key(tmp_path: Path, agent: dict[str, str], folder: Path, signature: bytes) -> None:
    """The private half need not be on this machine's disk."""
    alone = tmp_path / "vendor.pub"
    shutil.copy(folder / "vendor.pub", alone)
    assert sign(MANIFEST, str(alone), environ=agent) == signature
    with pytest.raises(ServiceError, match="does not sign with"):
        sign(MANIFEST, str(alone), environ=PATH)


def test_a_passphrase_is_not_asked_for_without_a_terminal(tmp_path: Path) -> None:
    """A locked key fails at once, and the message says what it takes."""
    make_key(tmp_path / "locked", passphrase="not told")
    started = time.monotonic()
    with pytest.raises(
        ServiceError, match=r"incorrect passphrase .*one with a passphrase needs a terminal or an agent"
    ):
        sign(MANIFEST, str(tmp_path / "locked"), environ={**PATH, "DISPLAY": ":0", "SSH_ASKPASS": "/bin/true"})
    assert time.monotonic() - started < 10


# A process on a terminal of its own, as a user's shell gives one.
ON_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from deputize.errors import ServiceError
from deputize.tools import sign
try:
    sys.stdout.buffer.write(sign(b"message", sys.argv[1], environ=os.environ, ask=sys.argv[2] == "ask"))
except ServiceError:
    sys.stdout.write("refused")
"""


@pytest.mark.parametrize(("mode", "made"), [("ask", b"-----BEGIN SSH SIGNATURE"), ("never", b"refused")])
def test_a_passphrase_is_asked_for_on_a_terminal(tmp_path: Path, mode: str, made: bytes) -> None:
    """Where the caller allows it, and only there, though a terminal is at hand."""
    make_key(tmp_path / "locked", passphrase="open sesame")
    ours, theirs = pty.openpty()
    command = (sys.executable, "-c", ON_A_TERMINAL, str(tmp_path / "locked"), mode)
    with subprocess.Popen(
        command,
        env={**PATH, "PYTHONPATH": str(Path(deputize.errors.__file__).parents[1])},
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            if mode == "ask":
                said = b""
                while b"passphrase" not in said:
                    said += os.read(ours, 1000)
                os.write(ours, b"open sesame\n")
            out, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    os.close(ours)
    os.close(theirs)
    assert out.startswith(made)


@pytest.mark.parametrize("name", ["none", "allowed\x1b[2J", "-h"])
def test_what_is_no_key_cannot_sign(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is named, printably, and never taken for an option."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ServiceError, match="ssh-keygen: does not sign with") as caught:
        sign(MANIFEST, name, environ=PATH)
    assert str(caught.value).isprintable()


def script(folder: Path, text: str) -> dict[str, str]:
    """A PATH on which something else is called ssh-keygen."""
    path = folder / "ssh-keygen"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return {"PATH": f"{folder}:{PATH['PATH']}", "AWS_SECRET_ACCESS_KEY": "x", "HOME": "/nowhere", "SSH_ASKPASS": "x"}


def test_ssh_keygen_sees_little(tmp_path: Path, signature: bytes) -> None:
    """Its environment is the agent, HOME, PATH and the time zone; no credential is in it."""
    environ = script(tmp_path, f'env > "{tmp_path}/seen"')
    check_signature(MANIFEST, signature, environ=environ)
    seen = {line.split("=")[0] for line in (tmp_path / "seen").read_text().splitlines()}
    assert seen <= {"PATH", "HOME", "SSH_ASKPASS_REQUIRE", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exit 1", r"ssh-keygen: failed: it says nothing; signatures need OpenSSH 8\.3 or newer"),
        ("echo unknown option -- Y >&2; exit 1", "ssh-keygen: failed: unknown option -- Y"),
        ("exec sleep 9", r"ssh-keygen: took more than 0\.2 s"),
    ],
)
def test_an_ssh_keygen_that_fails_is_no_bad_signature(
    tmp_path: Path, signature: bytes, text: str, message: str
) -> None:
    """One that is too old, broken or stuck proves nothing of the bundle."""
    with pytest.raises(ServiceError, match=message):
        check_signature(MANIFEST, signature, environ=script(tmp_path, text), limit=0.2)


def test_no_ssh_keygen_is_said(tmp_path: Path, signature: bytes) -> None:
    """Where there is none, the message says where it comes from."""
    for action in (
        lambda: check_signature(MANIFEST, signature, environ={"PATH": str(tmp_path)}),
        lambda: sign(MANIFEST, "key", environ={"PATH": str(tmp_path)}),
    ):
        with pytest.raises(ServiceError, match=r"ssh-keygen: is not on PATH; install OpenSSH's client"):
            action()
