"""Remove a tenant's stack: find it, let somebody decide, delete it, and say whether the role is gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from deputize.aws.client import Session
from deputize.aws.destroy import Destroyed, destroy, find
from deputize.aws.stack import Stack, StackEvent
from deputize.bundle import MANIFEST, read_manifest
from deputize.errors import InputError, Problem
from deputize.iam import limits
from deputize.jobs.deploy.run import pace_for
from deputize.jobs.lint.bundle import bundles_at
from deputize.model.display import shown


def destroy_stack(
    session: Session,
    bundle_or_stack: str,
    *,
    decide: Callable[[Stack], bool],
    on_event: Callable[[StackEvent], None],
) -> Destroyed | None:
    """Delete the stack of a bundle, its folder or zip, or of that name; None when `decide` says no.

    A bundle says for which tenant and vendor the stack must be; by name, any stack of deputize's will do. Raises
    ServiceError when it is not there, not deputize's, or cannot be removed.
    """
    path = Path(bundle_or_stack)
    tenant = vendor = None
    name = bundle_or_stack
    if (path / MANIFEST).is_file() or (path.suffix == ".zip" and path.is_file()):
        ((_, files),) = bundles_at(path)
        manifest = read_manifest(files)
        name, tenant, vendor = manifest.stack_name, manifest.tenant, manifest.vendor
    elif path.is_dir() or not limits.STACK_NAME.admits(name):
        what, mend = (
            "is neither a bundle nor the name of a stack",
            "give a folder or zip that `deputize render` wrote, or a name",
        )
        raise InputError(Problem(shown(name), what, mend))
    stack = find(session, name, tenant=tenant, vendor=vendor)
    if not decide(stack):
        return None
    return destroy(session, stack, on_event=on_event, pace=pace_for(session))
