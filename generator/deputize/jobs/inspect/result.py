"""An inspection as people and programs read it: lines of text, and `deputize/inspect/1`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from deputize.errors import Problem
from deputize.jobs.inspect.inspection import FileState, Inspection, Rendered, Signed
from deputize.model.role import TEMPLATE_VERSION

if TYPE_CHECKING:
    from deputize.jobs.inspect.deployed import Deployed

_WIDTH: Final = 85  # columns of a sentence that is wrapped
_UNSIGNED = (
    "only that it agrees with itself, and is what deputize renders for whom it names: not who made it; compare the"
    " external ID and the vendor's account with what the vendor told you by another way"
)
_NO_STACK = (
    "no stack of that name is known in this region: it may be in another region (--region), or the role was made in"
    " another way"
)
_RENDERED = {
    Rendered.SAME: "every byte is what this deputize renders for this manifest",
    Rendered.DIFFERS: "not what this deputize renders for this manifest",
    Rendered.OTHER_VERSION: f"cannot be told: this deputize has template version {TEMPLATE_VERSION}",
}


def proves(found: Inspection) -> str:
    """What this inspection proves, in one sentence for people."""
    if found.problems:
        return "that something is wrong with it: do not deploy it"
    if found.signature.state is Signed.GOOD:
        return f"that the key of {found.signature.signer} signed this manifest, and every file is as the manifest says"
    return _UNSIGNED


def as_json(found: Inspection, deployed: Deployed | None = None) -> dict[str, object]:
    """`deputize/inspect/1`; deployed: what the account has, where that was asked."""
    about = found.manifest
    return {
        "schema": "deputize/inspect/1",
        "path": found.path,
        "kind": found.kind,
        "tenant": {
            "slug": about.tenant,
            "name": about.tenant_name,
            "account_id": about.account_id,
            "partition": about.partition,
        },
        "vendor": {"slug": about.vendor, "name": about.vendor_name, "account_id": about.vendor_account},
        "external_ids": list(about.external_ids),
        "role_name": about.role_name,
        "stack_name": about.stack_name,
        "template_version": about.template_version,
        "revision": about.revision or None,
        "manifest_sha256": found.manifest_sha256,
        "files": [{"path": one.path, "sha256": one.sha256, "state": one.state.value} for one in found.files],
        "rendered": found.rendered.value,
        "signature": {
            "state": found.signature.state.value,
            "signer": found.signature.signer or None,
            "key": found.signature.key or None,
        },
        "proves": proves(found),
        "problems": _told(found.problems),
        "deployed": None if deployed is None else _deployed(deployed),
    }


def as_lines(found: Inspection) -> Iterator[str]:
    """The bundle as a short table: whom it is for, from whom, and what that rests on."""
    about = found.manifest
    account = f"account {about.account_id}" if about.account_id is not None else "any account"
    good = sum(one.state is FileState.OK for one in found.files)
    yield f"{found.path}: {_verdict(found)}"
    yield f"  for          {about.tenant_name} ({about.tenant}), {account} of partition {about.partition}"
    yield f"  from         {about.vendor_name} ({about.vendor}), account {about.vendor_account}"
    yield from (f"  external ID  {one}" for one in about.external_ids)
    yield f"  role         {about.role_name}"
    yield f"  stack        {about.stack_name}"
    yield f"  template     version {about.template_version}"
    yield f"  revision     {about.revision or 'none: the bundle is from before there were any'}"
    yield f"  files        {good} of {len(found.files)} are as the manifest says"
    yield f"  bytes        {_RENDERED[found.rendered]}"
    yield f"  signature    {_signature(found)}"
    first, *more = wrap(proves(found), _WIDTH)
    yield f"  this proves  {first}"
    yield from (f"{'':15}{line}" for line in more)


def deployed_lines(deployed: Deployed) -> Iterator[str]:
    """What the account has, below the bundle's table."""
    yield f"  deployed     {deployed.role_arn or 'no role'} in account {deployed.account_id}, region {deployed.region}"
    stack = f"{deployed.stack} ({deployed.stack_status})" if deployed.stack else "none"
    yield f"  its stack    {stack}, template: {deployed.template}"
    if deployed.role_arn and not deployed.stack:
        yield from (f"{'':15}{line}" for line in wrap(_NO_STACK, _WIDTH))
    version = "unknown" if deployed.template_version is None else deployed.template_version
    yield f"  its version  {version}"
    yield f"  its revision {deployed.revision or 'unknown'}"
    yield f"  boundary     {deployed.boundary or 'none'}"
    yield f"  differences  {len(deployed.differences) or 'none'}"
    if deployed.access_paths:
        yield "  VULNERABLE   the role's trust policy lets in whom the bundle does not"


def _verdict(found: Inspection) -> str:
    if found.problems:
        return "WRONG"
    return "signed, and unchanged" if found.signature.state is Signed.GOOD else "consistent"


def _signature(found: Inspection) -> str:
    by = found.signature
    if by.state is Signed.GOOD:
        return f"good: {by.signer}, {by.key}"
    if by.state is Signed.UNCHECKED:
        key = f" by {by.key}" if by.key else ""
        return f"there{key}, and not checked whose it is: give --allowed-signers FILE"
    if by.state is Signed.NONE:
        return "none"
    whose = f"by the key of {by.signer}" if by.signer else "by a key that is not allowed" if by.key else "not over this"
    return f"bad: {whose}{', ' if by.key else ''}{by.key}"


def _deployed(deployed: Deployed) -> dict[str, object]:
    return {
        "account_id": deployed.account_id,
        "region": deployed.region,
        "role_arn": deployed.role_arn or None,
        "stack": deployed.stack or None,
        "stack_status": deployed.stack_status or None,
        "template": deployed.template,
        "template_version": deployed.template_version,
        "revision": deployed.revision or None,
        "boundary": deployed.boundary,
        "differences": _told(deployed.differences),
        "access_paths": [{"kind": one.kind, "sentence": one.sentence} for one in deployed.access_paths],
    }


def _told(problems: Iterable[Problem]) -> list[dict[str, str]]:
    return [{"where": one.where, "what": one.what, "mend": one.mend} for one in problems]
