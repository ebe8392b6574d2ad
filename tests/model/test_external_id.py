"""External IDs: STS's own rule, taken from its API model, and the warnings about weak ones."""

from __future__ import annotations

import re

import pytest
from botocore.loaders import Loader
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deputize.model.external_id import external_id_problem, external_id_weaknesses

SHAPE = Loader().load_service_model("sts", "service-2")["shapes"]["externalIdType"]
STRONG = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"


def _sts_accepts(text: str) -> bool:
    # The API's patterns are Java's: \\w is ASCII there, and the whole text must match.
    if not SHAPE["min"] <= len(text) <= SHAPE["max"]:
        return False
    return re.compile(SHAPE["pattern"], re.ASCII).fullmatch(text) is not None


def test_the_api_model_has_the_shape_that_is_compared_with() -> None:
    """botocore ships AssumeRole's own bounds and pattern."""
    assert (SHAPE["min"], SHAPE["max"], SHAPE["pattern"]) == (2, 1224, "[\\w+=,.@:\\/-]*")


@settings(max_examples=500)
@given(st.one_of(st.text(max_size=12), st.text("aZ09_+=,.@:/-\n é٣", max_size=6)))
@example("12345\n")
@example("é12")
@example("١٢٣٤٥")
@example("")
@example("a")
@example("ab")
@example("a" * 1224)
@example("a" * 1225)
def test_what_is_refused_is_what_sts_refuses(text: str) -> None:
    """For every text, with AssumeRole's own rule as botocore ships it."""
    assert (external_id_problem(text) is None) == _sts_accepts(text)


@pytest.mark.parametrize("code", range(256))
def test_every_single_character_is_judged_as_sts_does(code: int) -> None:
    """Each character of Latin-1, twice."""
    assert (external_id_problem(chr(code) * 2) is None) == _sts_accepts(chr(code) * 2)


@pytest.mark.parametrize(
    ("text", "weaknesses"),
    [
        (STRONG, ()),
        ("a-company.7d4c0b9e2f7a4f0e9f57", ()),
        ("12345", ("has 5 characters: under 16 it can be guessed",)),
        (
            "111122223333",
            ("has 12 characters: under 16 it can be guessed", "looks like an account number, which others know"),
        ),
        ("company-a-company", ("is little more than the tenant's slug, which others know",)),
        ("A-Company-external", ("is little more than the tenant's slug, which others know",)),
        ("x" * 20, ("is one character repeated",)),
        (f"={STRONG}", ("starts with =, which command lines and spreadsheets misread",)),
        (f"-{STRONG}", ("starts with -, which command lines and spreadsheets misread",)),
        (f"file://{STRONG}", ("holds '://', which the AWS CLI may take for an address to read from",)),
    ],
)
def test_a_weak_id_is_told_apart(text: str, weaknesses: tuple[str, ...]) -> None:
    """Guessable or awkward IDs, each with why; a random one is neither."""
    assert external_id_problem(text) is None
    assert external_id_weaknesses(text, "a-company") == weaknesses


def test_a_short_slug_is_not_found_in_every_id() -> None:
    """`ab` stands in many random texts: only the slug itself tells anything."""
    assert external_id_weaknesses(f"{STRONG}ab", "ab") == ()
    assert "slug" in external_id_weaknesses("ab", "ab")[1]
