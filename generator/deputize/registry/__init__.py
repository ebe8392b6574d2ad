"""The registry: which tenant was issued which external ID, for which account, and which role was proved to ask for it.

The only SQLAlchemy. A grant is (tenant, account) -> IDs, role, state. What is stored about a role comes from a Verdict
and from nothing else; verifying is done elsewhere, never inside a transaction. An ID once issued is never issued again.
"""

from __future__ import annotations

from deputize.model.grant_request import GrantRequest
from deputize.registry.acceptance import (
    accept,
    answered_otherwise,
    asked_otherwise,
    end_acceptance,
    judge_anew,
    storable,
    unchanged_role,
    undecided,
)
from deputize.registry.adding import add, add_all, plan_for_new
from deputize.registry.binding import bind, note, refuted
from deputize.registry.claims import HELD, Claims, Taken
from deputize.registry.database import Registry, default_location, is_there, open_registry
from deputize.registry.events import Event, events
from deputize.registry.grants import find, find_label, grants, retire
from deputize.registry.issued import decoy
from deputize.registry.rates import SharedPace
from deputize.registry.rotation import abort, finish, start, switch
from deputize.registry.rows import in_the_future
from deputize.registry.sweeps import Sweep, begin_sweep, end_sweep
from deputize.registry.values import Accepted, Grant, Rotation, State, Terms

__all__ = [
    "HELD",
    "Accepted",
    "Claims",
    "Event",
    "Grant",
    "GrantRequest",
    "Registry",
    "Rotation",
    "SharedPace",
    "State",
    "Sweep",
    "Taken",
    "Terms",
    "abort",
    "accept",
    "add",
    "add_all",
    "answered_otherwise",
    "asked_otherwise",
    "begin_sweep",
    "bind",
    "decoy",
    "default_location",
    "end_acceptance",
    "end_sweep",
    "events",
    "find",
    "find_label",
    "finish",
    "grants",
    "in_the_future",
    "is_there",
    "judge_anew",
    "note",
    "open_registry",
    "plan_for_new",
    "refuted",
    "retire",
    "start",
    "storable",
    "switch",
    "unchanged_role",
    "undecided",
]
