"""Remove a tenant's stack: find it, let somebody decide, delete it, and say whether the role is gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from deputize.aws.client import Session
from deputize.aws.destroy import Destroyed, destroy, find
from deputize.aws.stack import Stack, StackEvent
from deputize.bundle import MANIFEST, read_manifest
from deputize.disk import read_folder
from deputize.errors import InputError, Problem
from deputize.iam import limits
from deputize.jobs.deploy import pace_for
from deputize.model.display import shown


def destroy_stack(
    session: Session,
    bundle_or_stack: str,
    *,
    decide: Callable[[Stack], bool],
    on_event: Callable[[StackEvent], None],
) -> Destroyed | None:
    """Delete the stack of a bundle's folder, or of that name; None when `decide` says no.

    A bundle says for which tenant and vendor the stack must be; by name, any stack of deputize's will do. Raises
    ServiceError when it is not there, not deputize's, or cannot be removed.
    """
    folder = Path(bundle_or_stack)
    tenant = vendor = None
    name = bundle_or_stack
    if (folder / MANIFEST).is_file():
        manifest = read_manifest(read_folder(folder))
        name, tenant, vendor = manifest.stack_name, manifest.tenant, manifest.vendor
    elif folder.is_dir() or not limits.STACK_NAME.admits(name):
        what, mend = (
            "is neither a bundle nor the name of a stack",
            "give a folder that `deputize render` wrote, or a name",
        )
        raise InputError(Problem(shown(name), what, mend))
    stack = find(session, name, tenant=tenant, vendor=vendor)
    if not decide(stack):
        return None
    return destroy(session, stack, on_event=on_event, pace=pace_for(session))
