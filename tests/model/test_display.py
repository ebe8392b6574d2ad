"""Display text: one printable line, whatever else is refused; and refused text is shown without doing harm."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deputize.model.display import MAX_LENGTH, display_problem, printable, shown

BIDI_AND_ZERO_WIDTH = (
    "\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)


@pytest.mark.parametrize(
    "text",
    [
        "A Company",
        'O\'Brien & "Söhne"',
        "日本電機株式会社",
        "${x} %{y} {{ z }} <script>",
        "🐙🏽",
        "❤\ufe0f",
        "שלום עולם",
        "x" * MAX_LENGTH,
        "\\u202e",
    ],
)
def test_what_people_are_called_is_accepted(text: str) -> None:
    """Any script, quotes, emoji with their variation selectors, and what only looks like code."""
    assert display_problem(text) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("x" * 201, "has 201 characters; at most 200 are allowed"),
        ("a\nb", "has a control character (U+000A) at position 2"),
        ("a\x1b[31m", "has a control character (U+001B) at position 2"),
        ("a\x85b", "has a control character (U+0085) at position 2"),
        ("ab\u202e", "has an invisible formatting character (U+202E) at position 3"),
        ("\u2028", "is empty"),
        ("a\u2028b", "has a line separator (U+2028) at position 2"),
        ("a\u2029b", "has a paragraph separator (U+2029) at position 2"),
        ("a\ue000b", "has a private-use character (U+E000) at position 2"),
        ("a\ud800", "has a surrogate (U+D800) at position 2"),
        ("a\uffff", "has an unassigned character (U+FFFF) at position 2"),
        ("a\u3164", "has an invisible character (U+3164) at position 2"),
        (" a", "begins or ends with a space"),
        ("a\u3000", "begins or ends with a space"),
        ("Cafe\u0301", "is not in Unicode NFC form"),
    ],
)
def test_what_could_deceive_is_refused(text: str, problem: str) -> None:
    """Each with the character and its position."""
    assert display_problem(text) == problem


@pytest.mark.parametrize("character", BIDI_AND_ZERO_WIDTH)
def test_bidi_and_zero_width_marks_are_refused(character: str) -> None:
    """Every one of them, in the middle of a name."""
    assert display_problem(f"a{character}b") is not None


@given(st.text(max_size=80))
def test_accepted_text_is_one_printable_line(text: str) -> None:
    """Whatever is accepted survives splitting into lines, normalising and stripping as it is."""
    if display_problem(text) is None:
        assert text.splitlines() == [text]
        assert unicodedata.normalize("NFC", text) == text.strip() == text


@given(st.text(max_size=200))
def test_shown_text_drives_no_terminal(text: str) -> None:
    """Every text, accepted or not, is shown quoted, printable, in one line and shortened."""
    found = shown(text)
    assert found == f"'{printable(text)}'"
    assert not [one for one in found if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")]
    found.encode()


def test_long_text_is_shortened() -> None:
    """An ellipsis stands for the rest."""
    assert shown("x" * 100) == f"'{'x' * 59}…'"
    assert shown("x" * 100, 100) == f"'{'x' * 100}'"
