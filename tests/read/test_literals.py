"""A literal that render's languages write is read back as the text it was made of, whatever the text is."""

from __future__ import annotations

import json
import unicodedata
from contextlib import suppress

from hypothesis import example, given
from hypothesis import strategies as st

from deputize.errors import InputError
from deputize.formats.languages import HCL, JSON, YAML
from deputize.read.hcl_text import parse_hcl
from deputize.read.json_text import parse_json
from deputize.read.source import Node, mapping_of
from deputize.read.terraform.values import NOTHING, Expression, evaluate
from deputize.read.yaml_text import parse_yaml

PIECES = [
    *('"', "'", "\\", "${", "%{", "}", "$", "%", "$$", "$${a}", "%%{a}", "#", "//", "/*", "*/", "<<EOT", "\\u0041"),
    *("\n", "\r", "\t", "\0", "\x1b[31m", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "\u202e", "\u200b"),
    *(
        "日本",
        "😀",
        "👩‍💻",
        "é",
        "e\u0301",
        "ÿ",
        "<script>",
        "&amp;",
        "!Ref x",
        "*a",
        "&a",
        "- ",
        ": ",
        "? ",
        "{{ x }}",
    ),
    *("12345", "1e3", "0123", "no", "12:30", "null", "~", "2012-10-17", "arn:aws:iam::1:role/x", "file://x", ",", "="),
]
# Private use marks slots, and display text refuses what is not assigned: neither reaches a language.
CHARACTERS = st.characters(exclude_categories=("Cs", "Co", "Cn"))
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(CHARACTERS, max_size=8), max_size=8).map("".join)


def inner(node: Node) -> object:
    """The value under the key `a`."""
    return mapping_of(node)["a"].value


@given(TEXTS)
@example("")
def test_yaml(text: str) -> None:
    """YAML.literal, read by the YAML reader."""
    assert inner(parse_yaml(f"a: {YAML.literal(text)}\nb: c\n", "x.yaml")) == text


@given(TEXTS)
@example("")
def test_yaml_in_a_flow(text: str) -> None:
    """The same literal inside brackets, as in !Equals [a, b]."""
    assert parse_yaml(f"[{YAML.literal(text)}, x]", "x.yaml").value[0].value == text  # type: ignore[index,union-attr]


@given(TEXTS)
@example("")
def test_json(text: str) -> None:
    """JSON.literal, read by the JSON reader and by Python's."""
    literal = JSON.literal(text)
    assert inner(parse_json(f'{{"a": {literal}, "b": 1}}', "x.json")) == json.loads(literal) == text


@given(TEXTS)
@example("")
@example("$")
def test_hcl(text: str) -> None:
    """HCL.literal, read by the HCL reader, which puts text into NFC as Terraform does."""
    (block,) = parse_hcl(f"locals {{\n  a = {HCL.literal(text)}\n}}\n", "x.tf")
    assert evaluate(Expression(block.attributes["a"], "x.tf"), NOTHING) == unicodedata.normalize("NFC", text)


@given(st.text())
def test_no_text_breaks_a_parser(text: str) -> None:
    """Any text at all is parsed or refused with an InputError: no other exception comes out."""
    for parse in (parse_yaml, parse_json, parse_hcl):
        with suppress(InputError):
            parse(text, "x")
