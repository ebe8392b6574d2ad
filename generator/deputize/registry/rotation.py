"""Changing a grant's ID without a gap: both rendered, then the new one sent, then the old one shown refused."""

from __future__ import annotations

from typing import Final

from deputize.errors import DiffersError, InputError, Problem
from deputize.model.values import Verdict
from deputize.registry.binding import settled, store
from deputize.registry.database import Registry
from deputize.registry.events import record
from deputize.registry.grants import by_id, change, unchanged
from deputize.registry.issued import fresh_id, issue
from deputize.registry.values import Grant, Rotation, Terms

# The probe with an ID that must not enter, and what it must have got; here that ID is the old one.
OLD_REFUSED: Final = ("other", "refuse")
_NO_TERMS: Final = Terms()


def start(registry: Registry, grant: Grant) -> Grant:
    """Issue the next ID: from now both are rendered, and the old one is still sent. Raises InputError, DiffersError."""
    needs(grant, Rotation.NONE)
    if grant.role_arn is None:
        what = "has no role yet, so nobody's access needs the old ID"
        raise InputError(Problem(str(grant), what, "retire it and add it again: a new ID is issued"))
    with registry.writing() as tx:
        unchanged(tx, grant)
        new = fresh_id()
        issue(tx, grant.tenant, new, where="rotate")
        change(tx, grant, other_id=new, rotation=Rotation.STARTED, generation=grant.generation + 1)
        record(tx, registry.who, grant, "rotation-started")
        return by_id(tx, grant.id)


def switch(registry: Registry, grant: Grant, verdict: Verdict, terms: Terms = _NO_TERMS) -> Grant:
    """Send the new ID from now on, and render only it; the verdict is of the new ID. Raises as `bind`."""
    new = needs(grant, Rotation.STARTED)
    with registry.writing() as tx:
        more = {"external_id": new, "other_id": grant.external_id}
        store(tx, grant, verdict, new, terms, **more, rotation=Rotation.SWITCHED, generation=grant.generation + 1)
        return settled(tx, registry, grant, "rotation-switched", verdict)


def finish(registry: Registry, grant: Grant, verdict: Verdict, terms: Terms = _NO_TERMS) -> Grant:
    """Forget the old ID; the verdict, safe with the new one, shows the old one refused. Raises as `bind`."""
    needs(grant, Rotation.SWITCHED)
    if not any((probe.name, probe.got) == OLD_REFUSED for probe in verdict.probes):
        raise DiffersError(Problem(str(grant), "the verdict does not show the old ID refused", "verify again"))
    with registry.writing() as tx:
        more = {"other_id": None, "rotation": Rotation.NONE, "generation": grant.generation + 1}
        store(tx, grant, verdict, grant.external_id, terms, **more)
        return settled(tx, registry, grant, "rotation-finished", verdict)


def abort(registry: Registry, grant: Grant) -> Grant:
    """Go on with the old ID alone; the new one stays issued, so nobody gets it. Raises InputError, DiffersError."""
    needs(grant, Rotation.STARTED)
    with registry.writing() as tx:
        unchanged(tx, grant)
        change(tx, grant, other_id=None, rotation=Rotation.NONE, generation=grant.generation + 1)
        record(tx, registry.who, grant, "rotation-aborted")
        return by_id(tx, grant.id)


def needs(grant: Grant, wanted: Rotation) -> str:
    """The grant's other ID, or empty. Raises InputError when its rotation does not stand at `wanted`."""
    if grant.rotation is wanted:
        return grant.other_id or ""
    next_step = {
        Rotation.NONE: "`rotate start` begins one",
        Rotation.STARTED: "`rotate switch` or `rotate abort` comes next",
        Rotation.SWITCHED: "`rotate finish` comes next",
    }
    what = "is in no rotation" if grant.rotation is Rotation.NONE else f"is in a rotation that was {grant.rotation}"
    raise InputError(Problem(str(grant), what, next_step[grant.rotation]))
