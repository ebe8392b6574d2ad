"""AWS managed policies as dated snapshots: what is proved about one is proved about that version, not about the next.

AWS changes these policies in the customer's account without asking. The names of all of them are a dated list of their
own, so that one that does not exist is told from one without a snapshot. Snapshots are made by
tests/tools/refresh_managed.py; the policies themselves are listed at
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

_ALLOW_KEYS = frozenset(("Sid", "Effect", "Action", "Resource", "Condition"))


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """One snapshot.

    name: path and name, `SecurityAudit` or `job-function/ViewOnlyAccess`.
    version: AWS's version, such as `v94`; date: the day AWS published it, YYYY-MM-DD.
    patterns: the action patterns of its Allow statements, sorted, without duplicates. Deny statements, resources and
    conditions are left out, so they stand for at least what an understood policy allows.
    understood: False when a statement is not of that kind (NotAction, NotResource ...): then nothing is proved.
    document: the policy as IAM's JSON.
    """

    name: str
    version: str
    date: str
    patterns: tuple[str, ...]
    understood: bool
    document: Mapping[str, Any]


@cache
def managed_policy(name: str) -> ManagedPolicy | None:
    """The snapshot of the AWS managed policy with this path and name, or None when none is shipped."""
    if name not in snapshot_names():
        return None
    return read_snapshot(json.loads(_content(name)))


@cache
def snapshot_names() -> tuple[str, ...]:
    """The path and name of every snapshot that is shipped, sorted: also of policies that write."""
    folder = resources.files("deputize.iam").joinpath("data", "managed")
    return tuple(sorted(_name(entry.name) for entry in folder.iterdir() if entry.name.endswith(".json")))


@cache
def snapshots_version() -> str:
    """The version of all snapshots that are shipped: the day AWS published the newest, and a digest of all of them."""
    digest, newest = hashlib.sha256(), ""
    for name in snapshot_names():
        content = _content(name)
        digest.update(f"{name}\n{len(content)}\n{content}".encode())
        newest = max(newest, str(json.loads(content)["date"]))
    return f"{newest}-{digest.hexdigest()[:12]}"


def missing_name(name: str) -> str | None:
    """What to say of a policy of this path and name that AWS's list does not have; None when the list has it."""
    date, names = _names()
    if name in names:
        return None
    last = name.rpartition("/")[2]
    same = next((one for one in sorted(names) if one.rpartition("/")[2] == last), None)
    near = same or next(iter(get_close_matches(name, sorted(names), 1, 0.8)), None)
    hint = "" if near is None else f"; {near} is one"
    return f"is none of the {len(names):,} AWS managed policies of {date}{hint}"


@cache
def _names() -> tuple[str, frozenset[str]]:
    """The day, and the path and name of every AWS managed policy then, of the partition aws."""
    text = resources.files("deputize.iam").joinpath("data", "managed_names.txt").read_text(encoding="utf-8")
    date, *names = text.split()
    return date, frozenset(names)


def read_snapshot(snapshot: Mapping[str, Any]) -> ManagedPolicy:
    """A snapshot file's content as a :class:`ManagedPolicy`."""
    statements = _many(snapshot["document"]["Statement"])
    effects = {statement.get("Effect") for statement in statements}
    allows = [statement for statement in statements if statement.get("Effect") == "Allow"]
    return ManagedPolicy(
        name=snapshot["name"],
        version=snapshot["version"],
        date=snapshot["date"],
        patterns=tuple(sorted({action for statement in allows for action in _many(statement.get("Action", []))})),
        understood=all("Action" in allow and allow.keys() <= _ALLOW_KEYS for allow in allows)
        and {"Allow"} <= effects <= {"Allow", "Deny"},
        document=MappingProxyType(snapshot["document"]),
    )


def _content(name: str) -> str:
    return resources.files("deputize.iam").joinpath("data", "managed", _file(name)).read_text(encoding="utf-8")


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# A policy's name may hold a slash (its path) but no plus sign in any policy AWS publishes.
def _file(name: str) -> str:
    return name.replace("/", "+") + ".json"


def _name(file: str) -> str:
    return file.removesuffix(".json").replace("+", "/")
