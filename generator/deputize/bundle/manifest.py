"""Read manifest.json: text from anywhere becomes a checked Manifest, or every reason why it cannot."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from deputize.bundle.paths import clashes, path_fault, shown
from deputize.errors import InputError, Problem
from deputize.iam.limits import ACCOUNT_ID, EXTERNAL_ID, ROLE_NAME, STACK_NAME, Limit
from deputize.iam.partitions import PARTITIONS
from deputize.model.format import MANIFEST, SIGNATURE
from deputize.model.revision import LENGTH
from deputize.model.values import Files

SCHEMA: Final = "deputize/manifest/1"

_LONGEST_TEXT: Final = 512  # characters of a name or a slug; the model's own limits are narrower
_MOST_IDS: Final = 2  # the second one during a rotation
_REVISION: Final = re.compile(rf"[0-9a-f]{{{LENGTH}}}", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Whom a bundle is for and what it holds.

    tenant, vendor: slugs; the `_name`s are display names. account_id: the tenant's, None when it was not known.
    made_from: the normalised inputs, opaque here. files: path -> SHA-256 in lower-case hex, without the manifest's own.
    revision: of the ask (`model.revision`); empty in a manifest from before there were any.
    """

    template_version: int
    tenant: str
    tenant_name: str
    account_id: str | None
    partition: str
    locale: str
    external_ids: tuple[str, ...]
    vendor: str
    vendor_name: str
    vendor_account: str
    stack_name: str
    role_name: str
    made_from: Mapping[str, object]
    files: Mapping[str, str]
    revision: str


def read_manifest(files: Files) -> Manifest:
    """Read the manifest among `files`.

    Raises InputError with every problem: missing, no JSON, a key twice, another schema, a value of the wrong kind.
    """
    if MANIFEST not in files:
        raise InputError(Problem(MANIFEST, "is missing", "a bundle is what `deputize render` writes"))
    data = _parsed(files[MANIFEST])
    if isinstance(data, dict) and data.get("schema") != SCHEMA:
        what = f"schema is not {SCHEMA!r}"
        raise InputError(Problem(MANIFEST, what, "use the deputize that made it, or render it again"))
    problems = tuple(_faults(data, _TOP, ""))
    if problems:
        raise InputError(*problems)
    tenant, vendor = data["tenant"], data["vendor"]
    return Manifest(
        template_version=data["template_version"],
        tenant=tenant["slug"],
        tenant_name=tenant["name"],
        account_id=tenant["account_id"],
        partition=tenant["partition"],
        locale=tenant["locale"],
        external_ids=tuple(data["external_ids"]),
        vendor=vendor["slug"],
        vendor_name=vendor["name"],
        vendor_account=vendor["account_id"],
        stack_name=data["stack_name"],
        role_name=data["role_name"],
        made_from=MappingProxyType(data["made_from"]),
        files=MappingProxyType(data["files"]),
        revision=data.get("revision", ""),
    )


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        # RecursionError: nested deeper than Python's parser follows. Neither message quotes the file.
        why = str(error) if isinstance(error, _KeyTwiceError) else "is not JSON in UTF-8"
        raise InputError(Problem(MANIFEST, why)) from error


class _KeyTwiceError(ValueError):
    """An object names a key twice: readers disagree about which one counts."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        msg = f"names the key {twice!a} twice"
        raise _KeyTwiceError(msg)
    return made


def _no_constant(name: str) -> object:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


_Check = Callable[[object], str]


def _faults(data: object, table: Mapping[str, _Check | Mapping[str, _Check]], prefix: str) -> Iterator[Problem]:
    if not isinstance(data, dict):
        yield Problem(MANIFEST, f"{prefix.rstrip('.') or 'the whole'} is not an object")
        return
    for key, check in table.items():
        name = prefix + key
        if key not in data:
            if name != "revision":  # bundles that customers have already are without it
                yield Problem(MANIFEST, f"{name} is missing")
        elif not callable(check):
            yield from _faults(data[key], check, f"{name}.")
        elif fault := check(data[key]):
            yield Problem(MANIFEST, f"{name} {fault}")
    for key in data.keys() - table.keys():
        yield Problem(MANIFEST, f"{shown(prefix + key)} is not a key of {SCHEMA}")


def _schema(value: object) -> str:
    return "" if value == SCHEMA else f"is not {SCHEMA!r}"


def _version(value: object) -> str:
    return "" if type(value) is int and value > 0 else "is not a positive whole number"


def _revision(value: object) -> str:
    is_one = isinstance(value, str) and _REVISION.fullmatch(value) is not None
    return "" if is_one else f"is not {LENGTH} lower-case hex digits"


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT:
        return f"is not a text of 1 to {_LONGEST_TEXT} characters"
    # Categories C* (controls, bidi and zero-width marks, surrogates, private use), line and paragraph separators.
    if any(unicodedata.category(char)[0] == "C" or unicodedata.category(char) in {"Zl", "Zp"} for char in value):
        return "holds a character that cannot be seen"
    return ""


def _limited(limit: Limit) -> _Check:
    return lambda value: "" if isinstance(value, str) and limit.admits(value) else f"is not a legal {limit.name}"


def _account_or_none(value: object) -> str:
    return "" if value is None or (isinstance(value, str) and ACCOUNT_ID.admits(value)) else "is no account ID or null"


def _partition(value: object) -> str:
    return "" if isinstance(value, str) and value in PARTITIONS else f"is none of {', '.join(PARTITIONS)}"


def _external_ids(value: object) -> str:
    if not isinstance(value, list) or not 1 <= len(value) <= _MOST_IDS:
        return f"is not a list of 1 to {_MOST_IDS} external IDs"
    legal = all(isinstance(item, str) and EXTERNAL_ID.admits(item) for item in value)
    return "" if legal else "holds what is no legal external ID"


def _object(value: object) -> str:
    return "" if isinstance(value, dict) else "is not an object"


def _files(value: object) -> str:
    if not isinstance(value, dict):
        return "is not an object"
    for path, digest in value.items():
        if fault := path_fault(path):
            return f"names {path!a}, which {fault}"
        if path == MANIFEST:
            return f"names {MANIFEST}, which cannot hold its own sum"
        if path == SIGNATURE:
            return f"names {SIGNATURE}, which is made after it"
        if not isinstance(digest, str) or _SHA256.fullmatch(digest) is None:
            return f"gives {path} no SHA-256 of 64 lower-case hex digits"
    return f"names {clash}" if (clash := next(clashes(value), "")) else ""


_TENANT: Final[Mapping[str, _Check]] = {
    "slug": _text,
    "name": _text,
    "account_id": _account_or_none,
    "partition": _partition,
    "locale": _text,
}
_VENDOR: Final[Mapping[str, _Check]] = {"slug": _text, "name": _text, "account_id": _limited(ACCOUNT_ID)}
_TOP: Final[Mapping[str, _Check | Mapping[str, _Check]]] = {
    "schema": _schema,
    "template_version": _version,
    "revision": _revision,
    "tenant": _TENANT,
    "external_ids": _external_ids,
    "vendor": _VENDOR,
    "stack_name": _limited(STACK_NAME),
    "role_name": _limited(ROLE_NAME),
    "made_from": _object,
    "files": _files,
}
