"""ssh-keygen: signs a manifest with a vendor's SSH key, and says whose a signature is. No key is ever read here.

`ssh-keygen -Y` signs in a namespace, so that a signature made for something else never counts here:
https://man.openbsd.org/ssh-keygen.1#Y and https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deputize.errors import Problem, ServiceError
from deputize.model.display import printable
from deputize.model.format import MANIFEST

NAMESPACE: Final = "deputize-bundle"
LONGEST_SIGNER: Final = 200  # characters of a principal's name that are shown
TIME_LIMIT: Final = 120.0  # seconds for one process; a person may have to type a passphrase or touch a key

# Handed on by name: the agent and what it takes to run. TZ, because dates of allowed signers are in local time.
_KEPT: Final = ("PATH", "HOME", "SSH_AUTH_SOCK", "TZ")
_MEND: Final = "give the file of an SSH key; one with a passphrase needs a terminal or an agent"
_REFUSED: Final = 255  # its exit code for what it understood and does not accept
_KEY: Final = re.compile(r"with (\S+) key (SHA256:[A-Za-z0-9+/=]+)$", re.ASCII | re.MULTILINE)
# How it speaks of the allowed signers, whose copy has a name that says nothing to anybody.
_SIGNERS: Final = "allowed"
_LINE: Final = re.compile(r"^allowed:([0-9]+): ", re.ASCII | re.MULTILINE)
# parse_principals_key_and_options in https://github.com/openssh/openssh-portable/blob/master/sshsig.c
_UNREAD: Final = re.compile(
    r"^allowed:([0-9]+): ((?:invalid|missing|bad) (?:line|key|options|principals?)\b[^\r\n]*)", re.ASCII | re.MULTILINE
)
# One armoured block and nothing else, where ssh-keygen would pass over what precedes or follows it.
_ARMOURED: Final = re.compile(
    rb"-----BEGIN SSH SIGNATURE-----\n[A-Za-z0-9+/=\n]+\n-----END SSH SIGNATURE-----\n", re.ASCII
)


@dataclass(frozen=True, slots=True)
class _Run:
    """How ssh-keygen is run. folder: None for the user's own. ask: whether it may ask on the terminal."""

    environ: Mapping[str, str]
    limit: float
    folder: str | None = None
    ask: bool = False


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """What ssh-keygen makes of a signature.

    right: it was made over these bytes, in our namespace, by the key `key`, as `ED25519 SHA256:...`. signer: the
    principal for whom an allowed-signers file allows that key now, as it stands there; empty when none does.
    said: why not, in ssh-keygen's words. unread: (number, what is wrong with it) of the first line of the allowed
    signers that ssh-keygen could not read, when nobody was found.
    """

    right: bool
    key: str = ""
    signer: str = ""
    said: str = ""
    unread: tuple[int, str] | None = None


def sign(data: bytes, key: str, *, environ: Mapping[str, str], ask: bool = False, limit: float = TIME_LIMIT) -> bytes:
    """The armoured signature over `data` by the key in the file `key`, a public one when an agent holds the other half.

    The same for the same data with Ed25519 and RSA keys; ECDSA and hardware keys sign differently each time. environ:
    where PATH and the agent are taken from. ask: whether ssh-keygen may ask for a passphrase on the terminal.
    limit: seconds. Raises ServiceError when there is no ssh-keygen, or it cannot sign or takes too long.
    """
    with tempfile.TemporaryDirectory(prefix="deputize-") as scratch:
        # Not on stdin: without a terminal ssh-keygen would read a passphrase from there.
        message = Path(scratch, MANIFEST)
        message.write_bytes(data)
        arguments = ("sign", "-n", NAMESPACE, "-f", key, str(message))
        code, said = _call(_Run(environ, limit, ask=ask), *arguments)
        made = Path(f"{message}.sig")
        if code or not made.exists():
            what, mend = f"does not sign with {printable(key, 200)}: {_words(said)}", _MEND
            raise ServiceError(Problem("ssh-keygen", what, mend))
        return made.read_bytes()


def check_signature(  # noqa: PLR0913 - who should sign belongs to who may
    data: bytes,
    signature: bytes,
    *,
    environ: Mapping[str, str],
    allowed_signers: bytes | None = None,
    expected: str | None = None,
    limit: float = TIME_LIMIT,
) -> SignatureCheck:
    """Whether `signature` is one over `data`, and by whom, as far as `allowed_signers` tells.

    allowed_signers: the content of such a file (ALLOWED SIGNERS in ssh-keygen's manual); principals, namespaces,
    valid-after and valid-before are honoured as of now, certificates too. Someone is no longer allowed when his line
    is gone or has a valid-before: no list of revoked keys is asked. expected: who should have signed; when the file
    allows the key for this principal too, it is the signer. limit: seconds for each process.
    Raises ServiceError when there is no ssh-keygen, or none that knows signatures, or it takes too long.
    """
    if _ARMOURED.fullmatch(signature) is None:
        return SignatureCheck(right=False, said="it is not one armoured SSH signature and nothing else")
    with tempfile.TemporaryDirectory(prefix="deputize-") as scratch:
        run = _Run(environ, limit, scratch)
        Path(scratch, "signature").write_bytes(signature)
        by = ("-n", NAMESPACE, "-s", "signature")
        code, said = _call(run, "check-novalidate", *by, data=data)
        if code:
            return SignatureCheck(right=False, said=_words(said))
        found = _KEY.search(said)
        key = " ".join(found.groups()) if found else ""
        if allowed_signers is None:
            return SignatureCheck(right=True, key=key)
        Path(scratch, _SIGNERS).write_bytes(allowed_signers)
        code, said = _call(run, "find-principals", "-s", "signature", "-f", _SIGNERS)
        found_signers = [] if code else said.splitlines()
        for signer in [expected, *found_signers] if found_signers and expected is not None else found_signers:
            code, said = _call(run, "verify", *by, "-I", signer, "-f", _SIGNERS, data=data)
            if not code:
                return SignatureCheck(right=True, key=key, signer=printable(signer, LONGEST_SIGNER))
        unread = _UNREAD.search(said)
        return SignatureCheck(
            right=True,
            key=key,
            said=_words(_LINE.sub(r"line \1: ", said)),
            unread=(int(unread[1]), printable(unread[2])) if unread else None,
        )


def _call(run: _Run, *arguments: str, data: bytes = b"") -> tuple[int, str]:
    """ssh-keygen's exit code, 0 or its refusal's, and what it said: its result, or else why there is none."""
    binary = shutil.which("ssh-keygen", path=run.environ.get("PATH", os.defpath))
    if binary is None:
        raise ServiceError(Problem("ssh-keygen", "is not on PATH", "install OpenSSH's client (Debian: openssh-client)"))
    kept = {name: run.environ[name] for name in _KEPT if name in run.environ}
    try:
        done = subprocess.run(
            (binary, "-Y", *arguments),
            input=data,
            cwd=run.folder,
            env={**kept, "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"},
            capture_output=True,
            timeout=run.limit,
            check=False,
            start_new_session=not run.ask,  # a session of its own has no terminal on which to ask
        )
    except subprocess.TimeoutExpired as error:
        raise ServiceError(
            Problem("ssh-keygen", f"took more than {run.limit:g} s", "try again, or use an agent")
        ) from error
    except OSError as error:
        raise ServiceError(Problem("ssh-keygen", f"cannot be started: {error.strerror}")) from error
    if done.returncode not in (0, _REFUSED):
        what = f"failed: {_words(done.stderr.decode(errors='replace'))}"
        raise ServiceError(Problem("ssh-keygen", what, "signatures need OpenSSH 8.3 or newer"))
    said = done.stderr if done.returncode else done.stdout
    return done.returncode, said.decode("utf-8", "replace")


def _words(said: str) -> str:
    """What ssh-keygen said, on one printable line."""
    return printable(" ".join(said.split()), 300) or "it says nothing"
