"""Is this bundle what the vendor made: whole, unchanged, for whom it should be, ours to the byte, signed by whom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from deputize.bundle import (
    MANIFEST,
    SIGNATURE,
    Manifest,
    compare,
    looks_zipped,
    read_manifest,
    shown,
    tampered,
    unsigned,
    unzip,
)
from deputize.checks.opened import open_manifest
from deputize.disk import read_bytes, survey_folder
from deputize.errors import InputError, Problem, ProvedWrongError, ServiceError, UsageError
from deputize.iam import limits
from deputize.jobs.inspect.inspection import (
    BundleExpectations,
    FileState,
    InspectedFile,
    Inspection,
    Rendered,
    Signature,
    Signed,
)
from deputize.model.display import printable
from deputize.model.format import MODULE_FOLDER
from deputize.model.role import TEMPLATE_VERSION
from deputize.model.values import Files
from deputize.tools import LONGEST_SIGNER, SignatureCheck, check_signature

_ARCHIVE_CAP = 8 << 20  # bytes of a zip; deputize's have some 200 KiB
_STOP = "stop, and ask the vendor by a way that you trust"
_ANOTHER = "ask the vendor for another one"
_AGAIN = "ask the vendor for the bundle again"
_A_COPY = "terraform leaves such files: run it in a copy, and inspect the bundle as it came"
_ONE_LINE = "a line is: NAME ssh-ed25519 AAAA..., as ALLOWED SIGNERS in ssh-keygen's manual says"
# What terraform leaves in the folder in which it runs.
_WORKING = re.compile(rf"{MODULE_FOLDER}(?:\.terraform(?:\.lock\.hcl|/.*)?|\.?terraform\.tfstate.*)", re.DOTALL)


def inspect(
    path: Path, expected: BundleExpectations, environ: Mapping[str, str], allowed_signers: Path | None = None
) -> Inspection:
    """Look a bundle over, folder or zip; what is wrong with it is in the result.

    environ: where ssh-keygen is found. allowed_signers: ssh-keygen's file of that name; with it a signature must be
    there and be one of theirs. A bundle of another template version is right only when its signature is.
    Raises InputError for what is no bundle at all, or no file of allowed signers, ProvedWrongError for a zip or a
    manifest that cannot be relied on, UsageError for an account that is none or a signer
    without allowed signers, ServiceError when a signature is to be
    checked and cannot be.
    """
    if expected.vendor_account is not None and not limits.ACCOUNT_ID.admits(expected.vendor_account):
        what = f"{shown(expected.vendor_account)} is no AWS account ID"
        raise UsageError(Problem("--expect-vendor", what, "give its 12 digits"))
    if expected.signer is not None and (problem := _signer_problem(expected.signer, allowed_signers)):
        raise UsageError(problem)
    allowed = None if allowed_signers is None else read_bytes(allowed_signers)
    kind, files, strange = _read(path)
    manifest = _manifest(path, files, strange)
    where = f"{shown(str(path))}/"
    changed = _placed(where, _tampered(manifest, files, {one.where.removeprefix(where) for one in strange}))
    signature, unproved = _signature(files, _Signers(allowed, shown(str(allowed_signers)), expected.signer), environ)
    rendered, other = _rendered(files, trusted=signature.state is Signed.GOOD)
    said = {problem.where for problem in (*strange, *changed)}
    differs = (problem for problem in _placed(where, other) if problem.where not in said)
    told = tuple(_mended(one, where) for one in (*strange, *changed))
    problems = (*told, *_unexpected(manifest, expected), *differs, *_placed(where, unproved))
    return Inspection(
        path=str(path),
        kind=kind,
        manifest=manifest,
        manifest_sha256=sha256(files[MANIFEST]).hexdigest(),
        files=tuple(_files(manifest, files, {one.where.removeprefix(where) for one in strange})),
        rendered=rendered,
        signature=signature,
        problems=tuple(dict.fromkeys(problems)),
        content=unsigned(files),
    )


def _read(path: Path) -> tuple[str, Files, tuple[Problem, ...]]:
    if not path.is_file():
        return "folder", *survey_folder(path)
    data = read_bytes(path, cap=_ARCHIVE_CAP)
    if not looks_zipped(data):
        what, mend = "is no folder and no zip", "give a bundle that `deputize render` wrote"
        raise InputError(Problem(shown(str(path)), what, mend))
    try:
        folder, files = unzip(data, shown(str(path)))
    except InputError as error:
        raise ProvedWrongError(*(_mended(one) for one in error.problems)) from error
    tenant = _manifest(path, files, ()).tenant
    if folder == tenant:
        return "zip", files, ()
    return (
        "zip",
        files,
        (Problem(shown(str(path)), f"unpacks into {folder}, and its manifest is for {tenant}", _ANOTHER),),
    )


def _manifest(path: Path, files: Files, strange: tuple[Problem, ...]) -> Manifest:
    if MANIFEST not in files:
        if (path / MANIFEST).exists() or (path / MANIFEST).is_symlink():
            raise ProvedWrongError(*(_mended(one) for one in strange))
        what, mend = f"is no bundle: it has no {MANIFEST}", "give one that `deputize render` wrote"
        raise InputError(Problem(shown(str(path)), what, mend))
    try:
        return read_manifest(files)
    except InputError as error:
        where = f"{shown(str(path))}/"
        told = (*strange, *_placed(where, error.problems))
        raise ProvedWrongError(*(_mended(one, where) for one in told)) from error


def _mended(problem: Problem, where: str = "") -> Problem:
    """The problem with what to do about it; terraform's own files in the bundle below `where` are no attack."""
    if where and _WORKING.fullmatch(problem.where.removeprefix(where)):
        return replace(problem, mend=_A_COPY)
    return problem if problem.mend else replace(problem, mend=_AGAIN)


def _tampered(manifest: Manifest, files: Files, strange: set[str]) -> Iterator[Problem]:
    return (problem for problem in tampered(manifest, files) if problem.where not in strange)


def _files(manifest: Manifest, files: Files, strange: set[str]) -> Iterator[InspectedFile]:
    for path in sorted((manifest.files.keys() | files.keys()) - {MANIFEST, SIGNATURE}):
        digest = sha256(files[path]).hexdigest() if path in files else None
        if digest is None:
            state = FileState.REFUSED if path in strange else FileState.MISSING
        elif path not in manifest.files:
            state = FileState.UNLISTED
        else:
            state = FileState.OK if digest == manifest.files[path] else FileState.CHANGED
        yield InspectedFile(path, digest, state)


def _unexpected(manifest: Manifest, expected: BundleExpectations) -> Iterator[Problem]:
    if expected.tenant is not None and expected.tenant != manifest.tenant:
        what = f"the bundle is for tenant {manifest.tenant}, not {shown(expected.tenant)}"
        yield Problem("--expect-tenant", what, _STOP)
    if expected.vendor_account is not None and expected.vendor_account != manifest.vendor_account:
        what = f"the bundle lets in account {manifest.vendor_account}, not {expected.vendor_account}"
        yield Problem("--expect-vendor", what, _STOP)
    if expected.external_ids:
        for one in dict.fromkeys(expected.external_ids):
            if one not in manifest.external_ids:
                yield Problem("--expect-external-id", f"{shown(one)} is not what the bundle asks for", _STOP)
        for one in manifest.external_ids:
            if one not in expected.external_ids:
                yield Problem("--expect-external-id", f"the bundle also lets in {shown(one)}", _STOP)


def _rendered(files: Files, *, trusted: bool) -> tuple[Rendered, list[Problem]]:
    opened = open_manifest(files)
    version = opened.manifest.template_version if opened.manifest is not None else TEMPLATE_VERSION
    if version != TEMPLATE_VERSION:
        what = f"template version {version}, this deputize has {TEMPLATE_VERSION}: nothing but a signature can prove it"
        mend = "use the deputize that made it, or --allowed-signers with a signed bundle"
        return Rendered.OTHER_VERSION, [] if trusted else [Problem(MANIFEST, what, mend)]
    if opened.rendered is None:
        return Rendered.DIFFERS, list(opened.problems)
    lines = (line.partition(": ") for line in compare(files, opened.rendered))
    found = [Problem(path, f"{how}: not what deputize renders for this manifest", _ANOTHER) for path, _, how in lines]
    return Rendered.DIFFERS if found else Rendered.SAME, found


def _signer_problem(signer: str, allowed_signers: Path | None) -> Problem | None:
    if allowed_signers is None:
        return Problem("--expect-signer", "needs to know whose keys to trust", "give --allowed-signers FILE too")
    return None if signer else Problem("--expect-signer", "is empty", "give a name that stands in the file")


@dataclass(frozen=True, slots=True)
class _Signers:
    """Whose keys count. allowed: the content of the file `name`, None for none. expected: the one who should sign."""

    allowed: bytes | None
    name: str
    expected: str | None = None


def _signature(files: Files, signers: _Signers, environ: Mapping[str, str]) -> tuple[Signature, tuple[Problem, ...]]:
    allowed = signers.allowed
    if SIGNATURE not in files:
        missing = Problem(SIGNATURE, "is missing: nobody signed this bundle", "ask the vendor for a signed one")
        return Signature(Signed.NONE), () if allowed is None else (missing,)
    data, signature, expected = files[MANIFEST], files[SIGNATURE], signers.expected
    try:
        found = check_signature(data, signature, environ=environ, allowed_signers=allowed, expected=expected)
    except ServiceError:
        if allowed is not None:
            raise
        return Signature(Signed.UNCHECKED), ()
    if not found.right:
        wrong = Problem(SIGNATURE, f"is no signature over this manifest: {found.said}", _ANOTHER)
        return Signature(Signed.BAD), (wrong,)
    if allowed is None:
        return Signature(Signed.UNCHECKED, key=found.key), ()
    return _signed_by(found, signers)


def _signed_by(found: SignatureCheck, signers: _Signers) -> tuple[Signature, tuple[Problem, ...]]:
    """Whether the right one signed. Raises InputError for a line of the allowed signers that cannot be read."""
    if found.unread is not None:
        line, why = found.unread
        raise InputError(Problem(f"{signers.name}:{line}", why, _ONE_LINE))
    if not found.signer:
        what = f"is by a key that is not allowed, {found.key}: {signers.name}: {found.said}"
        return Signature(Signed.BAD, key=found.key), (Problem(SIGNATURE, what, _STOP),)
    if signers.expected is not None and found.signer != printable(signers.expected, LONGEST_SIGNER):
        what = f"is by the key of {found.signer}, {found.key}, and not by one of {printable(signers.expected)}"
        return Signature(Signed.BAD, found.signer, found.key), (Problem(SIGNATURE, what, _STOP),)
    return Signature(Signed.GOOD, found.signer, found.key), ()


def _placed(where: str, problems: Iterator[Problem] | list[Problem] | tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(Problem(f"{where}{one.where}", one.what, one.mend) for one in problems)
