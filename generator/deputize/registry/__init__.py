"""The registry: which tenant was issued which external ID, for which account, and which role was proved to ask for it.

The only SQLAlchemy. A grant is (tenant, account) -> IDs, role, state. What is stored about a role comes from a Verdict
and from nothing else; verifying is done elsewhere, never inside a transaction. An ID once issued is never issued again.
"""

from __future__ import annotations

from deputize.model.grant_request import GrantRequest
from deputize.registry.adding import add, add_all, plan_for_new
from deputize.registry.binding import bind, note, refuted
from deputize.registry.database import Registry, default_location, is_there, open_registry
from deputize.registry.events import Event, events
from deputize.registry.grants import find, find_label, grants, retire
from deputize.registry.issued import decoy
from deputize.registry.rotation import abort, finish, start, switch
from deputize.registry.rows import in_the_future
from deputize.registry.sweeps import Sweep, begin_sweep, end_sweep
from deputize.registry.values import Grant, Rotation, State

__all__ = [
    "Event",
    "Grant",
    "GrantRequest",
    "Registry",
    "Rotation",
    "State",
    "Sweep",
    "abort",
    "add",
    "add_all",
    "begin_sweep",
    "bind",
    "decoy",
    "default_location",
    "end_sweep",
    "events",
    "find",
    "find_label",
    "finish",
    "grants",
    "in_the_future",
    "is_there",
    "note",
    "open_registry",
    "plan_for_new",
    "refuted",
    "retire",
    "start",
    "switch",
]
