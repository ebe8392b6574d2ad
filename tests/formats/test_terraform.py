"""The module's documentation, example and tests: made from the same table as the module, and no part of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import hcl2
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from deputize.errors import InputError
from deputize.formats import render_texts
from deputize.formats.terraform import render_terraform
from deputize.formats.terraform_interface import inputs, outputs
from deputize.model.format import (
    MODULE_EXAMPLE,
    MODULE_OUTPUTS,
    MODULE_README,
    MODULE_TESTS,
    MODULE_VARIABLES,
    TERRAFORM,
)
from deputize.model.role import build
from deputize.model.slots import slots_of
from deputize.model.spec import LOCALES, AccessSpec, RoleSpec, Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.read import READERS
from deputize.read.terraform.module import of_module

BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
PLAIN = Vendor("example", english("Example"), (VendorAccount("aws", "111122223333"),), access=AccessSpec("inventory"))
VENDORS = {
    "plain": PLAIN,
    "choices": replace(PLAIN, role=RoleSpec("Example_{tenant}", "/vendors/", None, (), 7200, BOUNDARY)),
}
TENANT = Tenant("a-company", ("first-id", "second-id"), "A Company")


def _files(vendor: Vendor, tenant: Tenant = TENANT) -> dict[str, str]:
    return render_terraform(build(vendor, slots_of(vendor, tenant)))


def _parsed(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text)


def _tables(text: str) -> list[list[list[str]]]:
    """Every table as rows of cells, the header left out; a cell is its text without marks."""
    tables: list[list[list[str]]] = []
    for token in _parsed(text):
        match token.type:
            case "table_open":
                tables.append([])
            case "tr_open":
                tables[-1].append([])
            case "inline" if token.level > 3 and tables and tables[-1]:
                tables[-1][-1].append("".join(child.content for child in token.children or ()))
            case _:
                pass
    return [rows[1:] for rows in tables]


def _blocks(text: str, kind: str) -> dict[str, dict[str, object]]:
    return {
        name.strip('"'): body for one in hcl2.loads(text)[kind] for name, body in one.items() if name != "__comments__"
    }


def _written(value: object) -> str:
    return json.dumps(value) if value is None or isinstance(value, dict) else str(value)


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)
@pytest.mark.parametrize("locale", LOCALES)
def test_the_tables_are_the_modules(vendor: Vendor, locale: str) -> None:
    """Inputs with type and default, and outputs, in the order and the words of variables.tf and outputs.tf."""
    files = _files(vendor, replace(TENANT, locale=locale))
    taken, given = _tables(files[MODULE_README])
    variables = _blocks(files[MODULE_VARIABLES], "variable")
    declared = [
        [name, str(body["type"]).removeprefix("${").removesuffix("}"), _written(body["default"])]
        for name, body in variables.items()
    ]
    assert [row[:3] for row in taken] == declared
    assert [row[0] for row in given] == list(_blocks(files[MODULE_OUTPUTS], "output"))
    if locale == "en":
        said = [str(body["description"]).strip('"') for body in variables.values()]
        assert [row[3] for row in taken] == said


def test_every_text_is_in_both_languages() -> None:
    """What an input or output is, and what an input takes, is said in English and in Japanese."""
    role = build(PLAIN, slots_of(PLAIN, TENANT))
    texts = [*(one.description for one in inputs(role)), *(one.description for one in outputs(role, ()))]
    texts += [one.rule for one in inputs(role) if one.rule is not None]
    for text in texts:
        assert text.get("en").isascii()
        assert re.search(r"[ぁ-んァ-ン]|[一-龯]", text.get("ja")), text


def test_the_documentation_shows_the_example() -> None:
    """The block in README.md is the example's file, to the last character."""
    files = _files(VENDORS["choices"])
    (shown,) = [one.content for one in _parsed(files[MODULE_README]) if one.type == "fence" and one.info == "hcl"]
    assert shown == files[MODULE_EXAMPLE]
    assert '  # role_name            = "Example_a-company"\n  # path                 = "/vendors/"\n' in shown


def _elements(files: dict[str, str]) -> list[tuple[str, int, str]]:
    return [(one.type, one.level, one.info) for one in _parsed(files[MODULE_README])]


@pytest.mark.parametrize("name", ["```", "| a | b |", "<script>", "](http://a.example/)", "${file(0)}", '"', "# x"])
def test_a_name_moves_nothing(name: str) -> None:
    """Whatever a tenant is called, the page has the same elements, and example and tests the same bytes."""
    plain, hostile = _files(PLAIN), _files(PLAIN, replace(TENANT, name=name))
    assert _elements(hostile) == _elements(plain)
    for path in (MODULE_EXAMPLE, MODULE_TESTS):
        assert hostile[path] == plain[path]


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("terraform/main.tf", True),
        ("terraform/override.tf.json", True),
        ("terraform/main.tofu", True),
        ("terraform/x.auto.tfvars", True),
        ("terraform/README.md", False),
        ("terraform/examples/child-module/main.tf", False),
        ("terraform/tests/role.tftest.hcl", False),
        ("json/role.json", False),
    ],
)
def test_what_terraform_reads_counts_as_the_module(path: str, counts: bool) -> None:
    """Examples and tests are not taken for the module, and nothing that terraform would read is passed over."""
    assert of_module(path) is counts


@pytest.mark.parametrize("path", ["terraform/x.auto.tfvars", "terraform/main.tofu", "terraform/other.tf.json"])
def test_what_would_change_the_module_is_refused(path: str) -> None:
    """A file beside the module's own that sets a variable or adds a resource is not skipped."""
    role = build(PLAIN, slots_of(PLAIN, TENANT))
    files = {name: text.encode() for name, text in render_texts(role).items()}
    read = READERS[TERRAFORM.name]
    assert read(files, "managed") == role.resolved()
    with pytest.raises(InputError, match=re.escape(path)):
        read({**files, path: b'role_name = "other"\n'}, "managed")


def test_the_tests_name_an_account_that_may_apply_it() -> None:
    """The account of the tests is the agreed one, or else one that is not the vendor's."""
    vendor = replace(PLAIN, accounts=(VendorAccount("aws", "999999999999"),))
    assert 'account_id = "888888888888"' in _files(vendor)[MODULE_TESTS]
    assert 'account_id = "222233334444"' in _files(PLAIN, replace(TENANT, account_id="222233334444"))[MODULE_TESTS]
