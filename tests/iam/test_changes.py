"""Changes that roles of vendors go through: what is told of each is the verdict that was written by hand before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from deputize.iam.allowed import IdentityPolicy, attached_policy
from deputize.iam.contain.sides import Side, Widening
from deputize.iam.contain.widenings import decision, widenings
from deputize.iam.grammar import read_policy
from deputize.iam.managed import managed_policy
from deputize.iam.trust.contain import trust_decision, trust_widenings

Row = dict[str, Any]
ROWS: dict[str, list[Row]] = yaml.safe_load((Path(__file__).parent / "changes/onboarding.yaml").read_text("utf-8"))
REFUSED = ("implicit-deny", "explicit-deny")


def _document(statements: list[Row], **defaults: str) -> Row:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **defaults, **one} for one in statements]}


def _access(document: Row) -> IdentityPolicy:
    return IdentityPolicy("access", read_policy(document, "access"))


def _side(row: Row, which: str) -> Side:
    attached = (attached_policy(f"arn:aws:iam::aws:policy/{row[name]}"),) if (name := f"{which}_managed") in row else ()
    boundary = row.get(f"{which}_boundary")
    limit = None if boundary is None else _access(_document(boundary, Resource="*"))
    return Side((_access(_document(row[which], Resource="*")), *attached), limit)


def _told(old: Side, new: Side) -> tuple[str, set[str]]:
    """The verdict, and the actions of what is wider; each example is asked about on both sides."""
    found = widenings(old, new)
    for one in found:
        if one.request is not None:
            assert decision(new, one.request) == "allow"
            assert decision(old, one.request) in REFUSED
    return _worst(found), {action for one in found if one.kind == "wider" for action in one.actions}


def _worst(found: tuple[Widening, ...]) -> str:
    kinds = {one.kind for one in found}
    return next((one for one in ("untold", "wider", "later", "undocumented") if one in kinds), "no wider")


@pytest.mark.parametrize("row", ROWS["access"], ids=lambda row: row["change"])
def test_what_a_role_may_do(row: Row) -> None:
    """Both ways; and the actions that a reviewer looks for are named."""
    old, new = _side(row, "old"), _side(row, "new")
    verdict, actions = _told(old, new)
    assert (verdict, _told(new, old)[0]) == (row.get("told", row["verdict"]), row["back"])
    assert set(row.get("names", ())) <= actions


@pytest.mark.parametrize("row", ROWS["trust"], ids=lambda row: row["change"])
def test_who_may_enter(row: Row) -> None:
    """Both ways; each example is asked about on both sides."""
    old, new = (read_policy(_document(row[one], Action="sts:AssumeRole"), "trust") for one in ("old", "new"))
    told = []
    for before, after in ((old, new), (new, old)):
        found = trust_widenings(before, after)
        for one in found:
            if one.request is None:
                assert one.who[0] in row.get("unproved", ()), one.why
                continue
            assert trust_decision(after, one.request).outcome == "allow"
            assert trust_decision(before, one.request).outcome in REFUSED
        told.append("wider" if any(one.kind == "wider" for one in found) else "no wider")
    assert told == [row["verdict"], row["back"]]


@pytest.mark.parametrize("row", ROWS["managed"], ids=lambda row: row["policy"])
def test_the_next_version_of_a_managed_policy(row: Row) -> None:
    """A snapshot against a second version of it, both ways."""
    snapshot = managed_policy(row["policy"])
    assert snapshot is not None
    statements = snapshot.document["Statement"]
    first, *others = [statements] if isinstance(statements, dict) else statements
    dropped, added = row.get("drop", []), row.get("add", [])
    assert set(dropped) <= set(first["Action"])
    actions = [*(one for one in first["Action"] if one not in dropped), *added]
    second = {**snapshot.document, "Statement": [{**first, "Action": actions}, *others]}
    old, new = (Side((_access(one),)) for one in (dict(snapshot.document), second))
    assert (_told(old, new)[0], _told(new, old)[0]) == (row["verdict"], row["back"])
