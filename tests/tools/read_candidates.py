"""Which reads ask for a review of what they hand out: those whose reply, in botocore's model of it, may be telling.

A member of a reply is telling when AWS marks it sensitive, when it is bytes, or when its name ends in a word that
speaks of content, of a credential or of an address. Where AWS models no reply, every read asks for a review.
`.venv/bin/python tests/tools/read_candidates.py` prints what nobody has reviewed yet, with the members of each reply.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import botocore
import yaml

from deputize.iam import actions, levels
from deputize.iam.exposure import exposure_of

Model = dict[str, Any]

REVIEWED = Path(__file__).parent.parent / "iam" / "reviewed_reads.yaml"

# The last word of a member's name.
TELLING_WORDS = """answer arguments attachment auth blob body cert certificate code codes comment comments communication
    configuration content contents conversation cookie cookies credential credentials data definition document documents
    email environment event events expression file history href html image input inputs json key keys link log logs
    manifest message messages note notes output outputs parameters passphrase password passwords payload pem phone pin
    plain presigned prompt properties queries query raw record records result results row rows script secret secrets
    session shadow signed snippet sql statement stream string tail template text token tokens transcript transcripts uri
    uris url urls utterance value values variables"""
TELLING = frozenset(TELLING_WORDS.split())


@cache
def models() -> Mapping[str, Model]:
    """The newest model of each service, by botocore's name for it."""
    folder = Path(botocore.__file__).parent / "data"
    newest = {path.parent.parent.name: path for path in sorted(folder.glob("*/*/service-2.json.gz"))}
    return {name: json.loads(gzip.decompress(path.read_bytes())) for name, path in newest.items()}


def actions_of(service: str, model: Model, operation: str) -> set[str]:
    """The IAM actions named as the operation is, under each of the prefixes that the service may have in IAM."""
    metadata = model["metadata"]
    prefixes = {service, metadata["endpointPrefix"], metadata.get("signingName", service)}
    return {known for prefix in prefixes if (known := actions.canonical(f"{prefix}:{operation}"))}


@cache
def reviewed() -> Mapping[str, Any]:
    """The reviewed set: `verdicts` explains each, `anywhere` has names of members, `services` the actions."""
    found: dict[str, Any] = yaml.safe_load(REVIEWED.read_text(encoding="utf-8"))
    return found


def candidates() -> dict[str, tuple[str, ...]]:
    """Reads without a line in the exposure list, with the telling members of their replies; none is for no model."""
    replies = _replies()
    found: dict[str, tuple[str, ...]] = {}
    for judged in levels.judge("*"):
        if judged.reads and exposure_of(judged.action) is None:
            members = replies.get(judged.action)
            if members is None or members:
                found[judged.action] = tuple(sorted(members or ()))
    return found


def verdicts() -> dict[str, str]:
    """What was found of each candidate, by action."""
    return {
        f"{service}:{name}": verdict
        for service, by_verdict in reviewed()["services"].items()
        for verdict, names in by_verdict.items()
        for name in names.split()
    }


def _replies() -> dict[str, set[str]]:
    """The telling members of each action's reply."""
    anywhere = frozenset(reviewed()["anywhere"].split())
    found: dict[str, set[str]] = defaultdict(set)
    for service, model in models().items():
        for operation, described in model["operations"].items():
            for action in actions_of(service, model, operation):
                found[action] |= set()
                if "output" in described:
                    found[action] |= set(_telling(model["shapes"], described["output"]["shape"], anywhere))
    return found


def _telling(shapes: Model, name: str, anywhere: frozenset[str]) -> Iterator[str]:
    for member, shape, sensitive in _texts(shapes, name, "", frozenset(), sensitive=False):
        *_, last = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", member) or [member]
        is_reference = member.lower().endswith(("arn", "arns", "id"))
        named = sensitive or (last.lower() in TELLING and not is_reference)
        if shape["type"] == "blob" or (named and member.lower() not in anywhere):
            yield member


def _texts(
    shapes: Model, name: str, member: str, seen: frozenset[str], *, sensitive: bool
) -> Iterator[tuple[str, Model, bool]]:
    """Each text or blob at or below a shape, under the name of the member that holds it."""
    shape = shapes[name]
    sensitive = sensitive or shape.get("sensitive", False)
    if name in seen:
        return
    if shape["type"] in ("string", "blob") and member and "enum" not in shape:
        yield member, shape, sensitive
    for inner, target in shape.get("members", {}).items():
        if "tag" not in inner.lower():
            yield from _texts(shapes, target["shape"], inner, seen | {name}, sensitive=sensitive)
    for key in ("member", "value"):
        if key in shape:
            yield from _texts(shapes, shape[key]["shape"], member, seen | {name}, sensitive=sensitive)


def main() -> None:
    """Print what asks for a review."""
    known = verdicts()
    for action, members in candidates().items():
        if action not in known:
            print(action, *members)


if __name__ == "__main__":
    main()
