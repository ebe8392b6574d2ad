"""What of an access policy IAM's grammar does not have, in words, each at its place.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from deputize.checks.access.statements import each_of, elements_of, unknown_in
from deputize.iam.operators import parse_operator
from deputize.model.display import shown
from deputize.read.found import Document, Path
from deputize.read.source import Place

_POLICY = frozenset(("Version", "Id", "Statement"))
_ELEMENTS = frozenset(("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"))
_PRINCIPALS = frozenset(("Principal", "NotPrincipal"))
_SID = re.compile(r"[A-Za-z0-9]*", re.ASCII)
_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.*|\*", re.ASCII | re.DOTALL)
_ACTION = re.compile(r"\*|[^:\s]+:[^:\s]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fault:
    """What IAM refuses or reads otherwise than meant."""

    what: str
    place: Place


def faults_of(document: Document) -> Iterator[Fault]:
    """What of the policy is not in the grammar of an identity policy."""
    root = document.place(())
    if not isinstance(document.value, Mapping):
        yield Fault("the policy is no object", root)
        return
    yield from _strangers(document.value, _POLICY, (), document)
    if "Statement" not in document.value:
        yield Fault("the policy has no Statement", root)
        return
    found = list(elements_of(document))
    if not found:
        yield Fault("the policy has no Statement", document.key(("Statement",)))
    for path, one in found:
        if isinstance(one, Mapping):
            yield from _statement_faults(one, path, document)
        else:
            yield Fault("a statement is an object", document.place(path))
    yield from _repeated(found, document)


def _strangers(fields: Mapping[str, object], known: frozenset[str], path: Path, document: Document) -> Iterator[Fault]:
    for key in fields:
        if key in known:
            continue
        place = document.key((*path, str(key)))
        meant = next((one for one in known if one.lower() == str(key).lower()), None)
        if key in _PRINCIPALS:
            yield Fault(f"has {key}, which only the policy of a resource or of a role's trust has", place)
        elif meant is not None:
            yield Fault(f"has {shown(str(key))}, which is not {meant}: IAM heeds case", place)
        else:
            yield Fault(f"has {shown(str(key))}, which is no element of a policy", place)


def _statement_faults(fields: Mapping[str, object], path: Path, document: Document) -> Iterator[Fault]:
    yield from _strangers(fields, _ELEMENTS, path, document)
    place = document.place(path)
    if fields.get("Effect") not in ("Allow", "Deny"):
        at = document.place((*path, "Effect")) if "Effect" in fields else place
        yield Fault("Effect is neither Allow nor Deny", at)
    for one, other in (("Action", "NotAction"), ("Resource", "NotResource")):
        if (one in fields) == (other in fields):
            both = "has both" if one in fields else "has neither"
            yield Fault(f"{both} {one} {'and' if one in fields else 'nor'} {other}", place)
        for key in (one, other):
            if key in fields:
                yield from _text_faults(key, fields[key], (*path, key), document)
    yield from _sid_faults(fields, path, document)
    if "Condition" in fields:
        yield from _condition_faults(fields["Condition"], (*path, "Condition"), document)


def _text_faults(key: str, value: object, path: Path, document: Document) -> Iterator[Fault]:
    found = list(each_of(value, path))
    if not found:
        yield Fault(f"{key} is empty", document.key(path))
    form, what = (_ACTION, "no action: service:Name") if key.endswith("Action") else (_ARN, "no ARN and not *")
    for at, one in found:
        if not isinstance(one, str):
            yield Fault(f"{key} holds something that is no text", document.place(at))
        elif not form.fullmatch(one) and unknown_in(one, document.unknowns) is None:
            yield Fault(f"{shown(one)} is {what}", document.place(at))


def _sid_faults(fields: Mapping[str, object], path: Path, document: Document) -> Iterator[Fault]:
    sid = fields.get("Sid", "")
    if not isinstance(sid, str):
        yield Fault("Sid is no text", document.place((*path, "Sid")))
    elif not _SID.fullmatch(sid) and unknown_in(sid, document.unknowns) is None:
        yield Fault(f"Sid {shown(sid)} has more than letters and digits", document.place((*path, "Sid")))


def _condition_faults(value: object, path: Path, document: Document) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield Fault("Condition is no object", document.key(path))
        return
    for operator, keys in value.items():
        at = (*path, str(operator))
        if parse_operator(str(operator)) is None:
            yield Fault(f"{shown(str(operator))} is no condition operator", document.key(at))
        if not isinstance(keys, Mapping) or not keys:
            yield Fault(f"{shown(str(operator))} compares no key", document.key(at))


def _repeated(found: Sequence[tuple[Path, object]], document: Document) -> Iterator[Fault]:
    sids: dict[str, Path] = {}
    for path, one in found:
        sid = one.get("Sid") if isinstance(one, Mapping) else None
        if isinstance(sid, str) and sid:
            if sid in sids:
                yield Fault(f"two statements have the Sid {shown(sid)}", document.place((*path, "Sid")))
            sids[sid] = path
