"""Rows of a list: each checked for itself and against all before it."""

from __future__ import annotations

import pytest

from deputize.model.spec import Tenant
from deputize.model.tenant_rows import Row, SeenTenants, check_row, column_problems, tenant_from_row

FULL = {"tenant": "a", "name": "A", "account_id": "001122223333", "partition": "aws-cn", "locale": "ja"}


def _problems(*rows: tuple[str, str]) -> list[str]:
    seen = SeenTenants()
    found = []
    for line, (slug, external_id) in enumerate(rows, 2):
        _, problems = check_row(Row(line, {"tenant": slug}, (external_id,)), seen, "t.csv")
        found += [str(problem) for problem in problems]
    return found


def test_a_row_is_its_tenant() -> None:
    """Every column has its field; an empty one, or none, is the default."""
    assert tenant_from_row(Row(2, FULL, ("id",))) == Tenant("a", ("id",), "A", "001122223333", "aws-cn", "ja")
    empty = {"tenant": "a", "name": "", "account_id": "", "partition": "", "locale": ""}
    assert (
        tenant_from_row(Row(2, empty, ("id",)))
        == Tenant("a", ("id",))
        == tenant_from_row(Row(2, {"tenant": "a"}, ("id",)))
    )


def test_no_slug_and_no_id_comes_twice() -> None:
    """The second one is named with the line of the first; IDs ignore case."""
    assert _problems(("a", "id-of-a"), ("b", "ID-of-A"), ("a", "id-of-c")) == [
        "t.csv:3: external_id: 'ID-of-A' is also in line 2 (ignoring case); issue every tenant an ID of its own",
        "t.csv:4: tenant: 'a' is also in line 2; each tenant once",
    ]


def test_a_row_that_is_wrong_twice_says_both() -> None:
    """Its own problems first, then what it repeats."""
    found = _problems(("a", "id-of-a"), ("A", "id-of-a"))
    assert [one.partition(" '")[0] for one in found] == ["t.csv:3: tenant:", "t.csv:3: external_id:"]


def test_two_ids_of_one_tenant_are_both_taken() -> None:
    """During a rotation neither may be another tenant's."""
    seen = SeenTenants()
    check_row(Row(2, {"tenant": "a"}, ("current-id", "next-id")), seen, "t")
    _, problems = check_row(Row(3, {"tenant": "b"}, ("NEXT-ID",)), seen, "t")
    assert [problem.where for problem in problems] == ["t:3: external_id"]


@pytest.mark.parametrize(
    ("columns", "problems"),
    [
        ("tenant external_id", []),
        ("locale partition account_id name external_id tenant", []),
        ("tenant", ["column external_id is missing"]),
        ("name", ["column tenant is missing", "column external_id is missing"]),
        ("tenant external_id Name", ["column 'Name' is unknown"]),
        ("tenant external_id tenant", ["column tenant is there twice"]),
    ],
)
def test_columns(columns: str, problems: list[str]) -> None:
    """Two are needed, four more are known, each once; case counts."""
    assert [problem.what for problem in column_problems(columns.split(), "t.csv:1")] == problems
