"""Hostile external IDs and names are inert: read back exactly, and nothing else in any document changes.

A document is judged against the same one of a benign tenant: the parsed trees have the same nodes, and every text is
the benign one with the benign values replaced. The texts are made of fragments of the languages they are written into.
"""

from __future__ import annotations

import json
import random
import shlex
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import hcl2
import pytest
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from typer.testing import CliRunner

from deputize.cli.app import app
from deputize.formats import Blueprint, blueprint_of
from deputize.iam import limits
from deputize.model.display import display_problem
from deputize.model.profiles import AccessStatement
from deputize.model.role import build
from deputize.model.slots import shape_of, slots_of
from deputize.model.spec import AccessSpec, Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.values import Files
from deputize.read import READERS

CHUNKS = 10
TENANTS = 200  # of two IDs and a name each: 600 texts

# What STS takes, put together from what YAML, HCL, JSON, shells, the aws CLI, spreadsheets and URLs read as their own.
ID_PARTS = (
    "no",
    "yes",
    "on",
    "null",
    "true",
    "1e3",
    "0123",
    "0x1F",
    "0o17",
    "12:30",
    "190:20:30",
    "2026-11-21",
    ".inf",
    ".nan",
    "1_000",
    "+1",
    "-1",
    "-",
    "--",
    "---",
    "...",
    "=",
    "=cmd",
    "=1+1",
    "@",
    "@SUM",
    "+A1",
    ":",
    "::",
    "a:b",
    "key:",
    ",",
    "a,b=c",
    "//",
    "/*",
    "file://x",
    "fileb://x",
    "http://127.0.0.1/x",
    "s3://b/k",
    "--profile=x",
    "-abc",
    "/etc/passwd",
    "../..",
    "AWS::AccountId",
    "Fn::Sub",
    "Ref",
    "var.role_name",
    "local.trust_policy",
    "role_name",
    "Path",
    "<<",
    "EOT",
    "u0022",
    "x00",
    "sts:ExternalId",
)
NAME_PARTS = (
    *ID_PARTS,
    '"',
    '\\"',
    "'",
    "''",
    "`",
    "```",
    "~~~",
    "\\",
    "\\\\",
    "\\n",
    "\\u0022",
    "\\x22",
    "${",
    "${var.role_name}",
    "$${",
    "%{",
    "%{ if true }",
    "%%{",
    "}",
    "{{ 7*7 }}",
    "{% raw %}",
    "{# x #}",
    "{{resolve:ssm:x}}",
    "!Ref RoleName",
    "!Sub ${AWS::AccountId}",
    "!GetAtt",
    "# comment",
    " #",
    "- item",
    ": ",
    "? ",
    "&anchor",
    "*alias",
    "| ",
    "> ",
    "%YAML 1.1",
    "]",
    "[",
    "[x](javascript:alert(1))",
    "![x](http://127.0.0.1/)",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!--",
    "-->",
    "</pre>",
    "&lt;",
    "&#34;",
    "**bold**",
    "_x_",
    "~~x~~",
    "www.example.com",
    "a@example.com",
    "1. x",
    "+ x",
    "===",
    "$(id)",
    "$HOME",
    "; rm -rf ~",
    "&& id",
    "|| id",
    "> out",
    "%n%s",
    "%0A",
    "=HYPERLINK(1)",
    "é",
    "日本",
    "🐙🏽",
    "\u00a0",
    "\u3000",
    "ﷺ",
    "שלום",
)
# What no output may hold: refused at input, and shown as escapes.
REFUSED_PARTS = (
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://127.0.0.1\x1b\\",
    "\x9b2J",
    "\r",
    "\n",
    "\nerror: forged",
    "\t",
    "\x00",
    "\x08",
    "\x7f",
    "\x85",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200d",
    "\ufeff",
    "\u00ad",
    "\ue000external_ids.0\ue001",
    "\ue002role_name\ue003",
    "\U000e0041",
    "\uffff",
    "\u3164",
)
BENIGN = Tenant("a-company", ("benign-current-id", "benign-next-id"), name="Benign Name")


def _made(parts: tuple[str, ...], seed: int) -> Iterator[str]:
    """Texts without end: first each part alone, then parts put together."""
    yield from parts
    chance = random.Random(seed)
    while True:
        yield "".join(chance.choices(parts, k=chance.randint(2, 5)))


def _legal_ids() -> Iterator[str]:
    seen = set()
    for text in _made(ID_PARTS, 1):
        if limits.EXTERNAL_ID.admits(text) and text.lower() not in seen:
            seen.add(text.lower())
            yield text


def _legal_names() -> Iterator[str]:
    return (text for text in _made(NAME_PARTS, 2) if display_problem(text) is None)


@cache
def _tenants() -> tuple[Tenant, ...]:
    ids, names = _legal_ids(), _legal_names()
    return tuple(Tenant(BENIGN.slug, (next(ids), next(ids)), name=next(names)) for _ in range(TENANTS))


@cache
def _vendor() -> Vendor:
    statement = AccessStatement("Networks", ("ec2:DescribeVpcs",), ("*",), english("Where things run."))
    account = VendorAccount("aws", "111122223333", ("arn:aws:iam::111122223333:role/reader",))
    return Vendor("example", english("Example"), (account,), access=AccessSpec(None, statements=(statement,)))


@cache
def _blueprint() -> Blueprint:
    return blueprint_of(build(_vendor(), shape_of(slots_of(_vendor(), BENIGN))))


def _files(tenant: Tenant) -> Files:
    return _blueprint().fill(slots_of(_vendor(), tenant).values())


def _as(tenant: Tenant, text: str) -> str:
    """A text of the benign tenant's documents as it must be in the tenant's."""
    for old, new in zip((*BENIGN.external_ids, BENIGN.name), (*tenant.external_ids, tenant.name), strict=True):
        text = text.replace(old, f"\0{new}\0")
    return text.replace("\0", "")


Leaf = tuple[str, str]


def _yaml_leaves(node: yaml.Node | None, path: str = "") -> Iterator[Leaf]:
    assert node is not None
    if isinstance(node, yaml.MappingNode):
        yield path, node.tag
        for key, value in node.value:
            yield from _yaml_leaves(key, f"{path}/key")
            yield from _yaml_leaves(value, f"{path}/{key.value}")
    elif isinstance(node, yaml.SequenceNode):
        yield path, node.tag
        for index, item in enumerate(node.value):
            yield from _yaml_leaves(item, f"{path}/{index}")
    else:
        yield f"{path} {node.tag}", node.value


def _tree_leaves(tree: object, path: str = "") -> Iterator[Leaf]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key != "__comments__":
                yield path, key
                yield from _tree_leaves(value, f"{path}/{key}")
    elif isinstance(tree, list):
        yield path, f"{len(tree)} items"
        for index, item in enumerate(tree):
            yield from _tree_leaves(item, f"{path}/{index}")
    else:
        yield f"{path} {type(tree).__name__}", str(tree)


def _hcl_leaves(text: str) -> Iterator[Leaf]:
    """Literals as what they say: HCL's escapes, as deputize writes them, are JSON's. Expressions stay as written."""
    for path, leaf in _tree_leaves(hcl2.loads(text)):
        literal = leaf.startswith('"') and "${" not in leaf
        yield f"{path} {'literal' if literal else 'expression'}", json.loads(leaf) if literal else leaf


def _markdown_leaves(tokens: list[Token]) -> Iterator[Leaf]:
    for token in tokens:
        if token.children is not None:
            yield token.type, "".join(child.content for child in token.children if child.type != "softbreak")
            kinds = [child.type for child in token.children if child.type not in ("text", "text_special")]
            yield token.type, " ".join(kinds)
        else:
            yield f"{token.type} {token.tag} {token.info} {token.attrs}", token.content


class _HtmlLeaves(HTMLParser):
    """Every start and end tag, each attribute, text and comment of a page, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[Leaf] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag with its attributes."""
        self.found += [(f"<{tag}>", ""), *((f"<{tag} {name}>", value or "") for name, value in attrs)]

    def handle_endtag(self, tag: str) -> None:
        """Take the end of a tag."""
        self.found.append((f"</{tag}>", ""))

    def handle_data(self, data: str) -> None:
        """Take a text."""
        self.found.append(("text", data))

    def handle_comment(self, data: str) -> None:
        """Take a comment."""
        self.found.append(("comment", data))


def _leaves(path: str, text: str) -> list[Leaf]:
    match path.rpartition(".")[2]:
        case "yaml":
            return list(_yaml_leaves(yaml.compose(text, Loader=yaml.CSafeLoader)))
        case "tf" | "hcl":
            return list(_hcl_leaves(text))
        case "json":
            return list(_tree_leaves(json.loads(text)))
        case "html":
            return _HtmlLeaves(text).found
        case "sh":
            return [("word", word) for word in shlex.split(text, comments=True)]
        case _:
            return list(_markdown_leaves(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)))


@cache
def _benign_leaves(path: str) -> list[Leaf]:
    return _leaves(path, _files(BENIGN)[path].decode())


def test_the_texts_are_hostile_and_many() -> None:
    """At least 500 different texts, every fragment among them that is legal by itself."""
    texts = {text for tenant in _tenants() for text in (*tenant.external_ids, tenant.name)}
    assert len(texts) >= 500
    assert {part for part in ID_PARTS if limits.EXTERNAL_ID.admits(part)} <= texts
    assert {part for part in NAME_PARTS if display_problem(part) is None} <= texts


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_format_is_moved(chunk: int) -> None:
    """In every file the nodes are the benign tenant's, each text exact; each format reads back the two IDs."""
    for tenant in _tenants()[chunk::CHUNKS]:
        files = _files(tenant)
        for path, content in files.items():
            text = content.decode()
            expected = [(where, _as(tenant, value)) for where, value in _benign_leaves(path)]
            assert _leaves(path, text) == expected, (path, tenant)
            assert text.count("\n") == _files(BENIGN)[path].count(b"\n")
        for form, read in READERS.items():
            assert read(files, "managed").trust.statements[0].conditions[0].values == tenant.external_ids, form


def test_no_terminal_is_driven_by_what_is_accepted(tmp_path: Path) -> None:
    """Rendering and judging every one of them prints printable text, and one JSON document when asked for it."""
    rows = [
        {"tenant": f"t{number}", "external_id": list(tenant.external_ids), "name": tenant.name}
        for number, tenant in enumerate(_tenants())
    ]
    listed = tmp_path / "tenants.jsonl"
    listed.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    arguments = ["render", "--vendor-account=111122223333", f"--tenants={listed}", f"--out={tmp_path / 'out'}"]
    cache_home = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    told = CliRunner().invoke(app, arguments, env=cache_home)
    assert told.exit_code == 0, told.stderr
    assert told.stdout.splitlines() == [str(tmp_path / "out" / str(row["tenant"])) for row in rows]
    assert all(line.isprintable() for line in told.stderr.splitlines())
    as_json = CliRunner().invoke(app, [*arguments, "--format=json"], env=cache_home)
    assert [bundle["outcome"] for bundle in json.loads(as_json.stdout)["bundles"]] == ["unchanged"] * len(rows)
    assert all(character.isprintable() or character == "\n" for character in as_json.stdout)


def test_no_terminal_is_driven_by_what_is_refused(tmp_path: Path) -> None:
    """500 texts with controls, bidi, zero-width or template marks: each its own printable line, and nothing written."""
    texts = _made(REFUSED_PARTS, 3)
    rows = [{"tenant": next(texts), "external_id": next(texts), "name": next(texts)} for _ in range(167)]
    listed = tmp_path / "tenants.jsonl"
    listed.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    arguments = ["render", "--vendor-account=111122223333", f"--tenants={listed}", f"--out={tmp_path / 'out'}"]
    told = CliRunner().invoke(app, arguments)
    assert (told.exit_code, told.stdout) == (3, "")
    lines = told.stderr.splitlines()
    assert all(line.isprintable() for line in lines)
    fields = ("tenant", "name", "external_id")
    wanted = [f"error: {listed}:{number}: {field}: " for number in range(1, len(rows) + 1) for field in fields]
    problems = [line for line in lines if " is also in line " not in line]
    assert [line[: len(start)] for line, start in zip(problems, wanted, strict=True)] == wanted
    assert not (tmp_path / "out").exists()
