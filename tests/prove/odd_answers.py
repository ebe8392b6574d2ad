"""Odd answers, made of good ones with a seed: elements dropped, renamed, doubled, emptied, nested, and bytes cut."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from random import Random
from xml.etree import ElementTree as ET

from prove.relay import Answer

_TEXTS = ("", "x", "-1", "1" * 400, "true", "null", "{}", "%7B%22a%22", "%5B" * 2000, "\u202e", "arn:aws:iam::1:role/x")
_BODIES = (b"", b"<html><title>Log in</title></html>", b"<!doctype html><p>", b"{}", b"[1]", b"\xff\xfe\x00", b"<a/>")
_STATUSES = (200, 204, 301, 307, 400, 403, 404, 429, 500, 503)

Tree = Callable[[Random, ET.Element, list[tuple[ET.Element, ET.Element]]], None]


def _drop(chance: Random, _root: ET.Element, pairs: list[tuple[ET.Element, ET.Element]]) -> None:
    parent, child = chance.choice(pairs)
    parent.remove(child)


def _rename(chance: Random, _root: ET.Element, pairs: list[tuple[ET.Element, ET.Element]]) -> None:
    _, child = chance.choice(pairs)
    child.tag = chance.choice(["member", "Error", "x", child.tag.lower()])


def _double(chance: Random, _root: ET.Element, pairs: list[tuple[ET.Element, ET.Element]]) -> None:
    parent, child = chance.choice(pairs)
    parent.append(deepcopy(child))


def _retype(chance: Random, _root: ET.Element, pairs: list[tuple[ET.Element, ET.Element]]) -> None:
    _, child = chance.choice(pairs)
    for inner in list(child):
        child.remove(inner)
    child.text = chance.choice(_TEXTS)


def _fill(chance: Random, _root: ET.Element, pairs: list[tuple[ET.Element, ET.Element]]) -> None:
    _, child = chance.choice(pairs)
    ET.SubElement(child, chance.choice(["member", "a"])).text = "1"


def _nest(chance: Random, _root: ET.Element, pairs: list[tuple[ET.Element, ET.Element]]) -> None:
    parent, child = chance.choice(pairs)
    parent.remove(child)
    for _ in range(chance.choice([1, 3, 200])):
        parent = ET.SubElement(parent, child.tag)
    parent.append(child)


def _swap(chance: Random, _root: ET.Element, pairs: list[tuple[ET.Element, ET.Element]]) -> None:
    one, other = chance.choice(pairs)[1], chance.choice(pairs)[1]
    one.text, other.text = other.text, one.text


def _root_name(chance: Random, root: ET.Element, _pairs: list[tuple[ET.Element, ET.Element]]) -> None:
    root.tag = chance.choice(["ErrorResponse", "html", "DescribeStacksResponse"])


def _more_pages(chance: Random, root: ET.Element, _pairs: list[tuple[ET.Element, ET.Element]]) -> None:
    result = root[0] if len(root) else root
    space = root.tag.rpartition("}")[0] + "}" if "}" in root.tag else ""
    ET.SubElement(result, f"{space}IsTruncated").text = "true"
    for name in ("Marker", "NextToken"):
        if chance.random() < 0.7:
            ET.SubElement(result, f"{space}{name}").text = "again"


TREES: Mapping[str, Tree] = {
    "drop": _drop,
    "rename": _rename,
    "double": _double,
    "retype": _retype,
    "fill": _fill,
    "nest": _nest,
    "swap": _swap,
    "root": _root_name,
    "pages": _more_pages,
}


def _on_bytes(chance: Random, answer: Answer) -> tuple[str, Answer]:
    body, headers = answer.body, answer.headers
    kind = chance.choice(["cut", "spoil", "other body", "status", "no headers", "content type", "document"])
    status = chance.choice(_STATUSES) if kind == "status" else answer.status
    if kind == "cut":
        body = body[: chance.randrange(len(body) + 1)]
    elif kind == "spoil" and body:
        at = chance.randrange(len(body))
        body = body[:at] + chance.randbytes(3) + body[at + 3 :]
    elif kind == "other body":
        body = chance.choice(_BODIES)
    elif kind == "no headers":
        headers = {}
    elif kind == "content type":
        headers = {**headers, "Content-Type": chance.choice(["text/html", "application/json", "image/png"])}
    elif kind == "document":
        body = json.dumps({"Version": None, "Statement": [chance.choice(_TEXTS)]}).encode()
    return kind, Answer(status, headers, body)


def odd(chance: Random, answer: Answer) -> tuple[str, Answer]:
    """(the kind of oddity, the answer with it)."""
    if chance.random() < 0.25:
        return _on_bytes(chance, answer)
    try:
        root = ET.fromstring(answer.body)
    except ET.ParseError:
        return _on_bytes(chance, answer)
    for prefix, uri in {"": root.tag.rpartition("}")[0].lstrip("{")}.items():
        if uri:
            ET.register_namespace(prefix, uri)
    pairs = [(parent, child) for parent in root.iter() for child in parent]
    kind = chance.choice(sorted(TREES) if pairs else ["root", "pages"])
    TREES[kind](chance, root, pairs)
    return kind, Answer(answer.status, answer.headers, ET.tostring(root))
