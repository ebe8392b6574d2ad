from __future__ import annotations

import pytest

from deputize.checks.excerpt import excerpt_lines, line_at, lines_of


@pytest.mark.parametrize(
    ("line", "column", "shown"),
    [
        ("  key: value", 8, ["    |   key: value", "    |        ^"]),
        ("key", None, ["    | key"]),
        ("key", 9, ["    | key", "    |    ^"]),
        ("\tkey: x", 2, [r"    | \x09key: x", "    |     ^"]),
        ("a\x1b[31m: x", 8, [r"    | a\x1b[31m: x", "    |           ^"]),
        ("日本: x", 5, ["    | 日本: x", "    |       ^"]),
        ("e\u0301: x", 5, ["    | e\u0301: x", "    |    ^"]),
        ("   ", 1, []),
        ("", 1, []),
    ],
)
def test_the_mark_stands_under_its_spot(line: str, column: int | None, shown: list[str]) -> None:
    """Tabs and escapes are shown as escapes, wide characters take two columns, combining ones none."""
    assert list(excerpt_lines(line, column)) == shown


def test_a_long_line_is_cut_around_its_spot() -> None:
    """Of a minified file some 140 characters are shown, the spot among them and marked."""
    line = "x" * 5000 + "HERE" + "y" * 5000
    text, mark = excerpt_lines(line, 5001)
    assert len(text) < 160
    assert text[mark.index("^") :].startswith("HERE")
    assert text.startswith("    | …x")
    assert text.endswith("y…")
    text, mark = excerpt_lines(line, 3)
    assert mark == "    |   ^"
    assert not text.startswith("    | …")


def test_line_at() -> None:
    """Lines end with LF, CR LF or CR; none is there beyond the last, and none that nobody could read."""
    lines = lines_of("one\r\ntwo\rthree\nfour\n" + "x" * 10_000)
    assert [line_at(lines, number) for number in (1, 2, 3, 4)] == ["one", "two", "three", "four"]
    assert [line_at(lines, number) for number in (None, 0, 5, 6)] == ["", "", "", ""]
