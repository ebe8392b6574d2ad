"""The documents that the cases of the rules about access are made from: written as a file would have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deputize.checks.access.grants import Access, access_of_role
from deputize.iam.policy import Path
from deputize.model.world import Document, FoundPolicy, FoundRole, Origin, Place, Text, Unknown

FILE = "role.yaml"
START = Place(FILE, 1, 1)
PARAMETER = Unknown("Extra", Origin.PARAMETER, "unknown0001", START)


def document(*statements: Mapping[str, object], version: str = "2012-10-17") -> Document:
    """A policy of these statements; each element stands on a line of its own."""
    value = {"Version": version, "Statement": list(statements)}
    places: dict[Path, Place] = {}
    _number((), value, places)
    return Document(value, places, (PARAMETER,))


def allow(*actions: str, resource: str = "*", **more: object) -> dict[str, object]:
    """A statement that allows `actions`, with more elements."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def deny(*actions: str, resource: str = "*", **more: object) -> dict[str, object]:
    """A statement that denies `actions`, with more elements."""
    return {"Effect": "Deny", "Action": list(actions), "Resource": resource, **more}


def role(*statements: Mapping[str, object], managed: tuple[str, ...] = (), **changes: object) -> FoundRole:
    """A role with one inline policy of these statements and with managed policies by their ARNs."""
    policies = (FoundPolicy("access", document(*statements), "inline"),) if statements else ()
    texts = tuple(Text(arn, Place(FILE, 100 + at, 9)) for at, arn in enumerate(managed))
    fields = {"trust": None, "policies": policies, "managed": texts, "unknowns": (PARAMETER,), **changes}
    return FoundRole("Role", START, **fields)  # type: ignore[arg-type]  # the caller names fields of a role


def may(
    *statements: Mapping[str, object], managed: tuple[str, ...] = (), secrets: tuple[str, ...] = ()
) -> Callable[[], Access]:
    """A case: what such a role may do."""
    return lambda: access_of_role(role(*statements, managed=managed), secrets)


def may_do(*actions: str, resource: str = "*", secrets: tuple[str, ...] = ()) -> Callable[[], Access]:
    """A case: a role that may do `actions`."""
    return may(allow(*actions, resource=resource), secrets=secrets)


def _number(path: Path, value: object, places: dict[Path, Place]) -> None:
    places[path] = Place(FILE, len(places) + 1, 1 + 2 * len(path))
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        _number((*path, key), one, places)
