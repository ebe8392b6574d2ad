"""Lists of tenants into the registry and out of it: CSV or JSON lines, never a verdict, never another ID."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Literal

from deputize.disk import rereadable
from deputize.errors import InputError, Problem
from deputize.jobs.inputs import read_rows
from deputize.model.display import shown
from deputize.model.tenant_rows import TENANTS, Row
from deputize.registry import Grant, GrantRequest, Registry, grants

_FORMULA = ("=", "+", "-", "@")  # what spreadsheets take for the beginning of a formula


def read_list(path: str, *, share: bool = False, weak_reason: str = "") -> list[GrantRequest | Problem]:
    """What a CSV or JSON-lines file (`-`: standard input) asks for, row by row; what cannot be taken is a Problem.

    An empty external_id is one to be issued. share: rows of one tenant may have the same ID. weak_reason: why IDs that
    can be guessed are taken. `registry.add_all` takes the result, all or none. Raises InputError for a list that cannot
    be read.
    """
    name = "standard input" if path == "-" else path
    with rereadable(path) as source:
        source.seek(0)
        rows = list(read_rows(source, name))
        source.seek(0)
        tabular = not source.read(1 << 10).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    found: list[GrantRequest | Problem] = []
    for row in rows:
        if isinstance(row, Problem):
            found.append(row)
            continue
        found += _formulas(row, name) if tabular else ()
        found.append(_request(row, name, share=share, weak_reason=weak_reason))
    return found


def export_tenants(registry: Registry, form: Literal["csv", "jsonl"]) -> Iterator[str]:
    """The lines of a file that `read_list` takes: every living grant.

    Raises InputError for what CSV cannot hold.
    """
    found = grants(registry)
    if form == "jsonl":
        yield from (f"{json.dumps(_fields(grant), ensure_ascii=False)}\n" for grant in found)
        return
    problems = [problem for grant in found for problem in _not_for_csv(grant)]
    if problems:
        raise InputError(*problems)
    for cells in (TENANTS.known, *(_cells(grant) for grant in found)):
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        yield line.getvalue()


def _request(row: Row, name: str, *, share: bool, weak_reason: str) -> GrantRequest:
    fields = row.fields
    return GrantRequest(
        tenant=fields.get("tenant", ""),
        account_id=fields.get("account_id") or None,
        external_ids=tuple(one for one in row.external_ids if one),
        name=fields.get("name", ""),
        locale=fields.get("locale") or "en",
        partition=fields.get("partition") or "aws",
        share=share,
        weak_reason=weak_reason,
        where=f"{name}:{row.line}",
    )


def _formulas(row: Row, name: str) -> Iterator[Problem]:
    cells = {**row.fields, "external_id": row.external_ids[0]}
    for column, text in cells.items():
        if text.startswith(_FORMULA):
            yield _formula(f"{name}:{row.line}: {column}", text)


def _formula(where: str, text: str) -> Problem:
    return Problem(where, f"{shown(text)} starts with {text[0]}, which spreadsheets take for a formula", "use jsonl")


def _fields(grant: Grant) -> Mapping[str, object]:
    ids = grant.rendered_ids
    given = {
        "tenant": grant.tenant,
        "external_id": ids[0] if len(ids) == 1 else list(ids),
        "name": grant.name,
        "account_id": grant.account_id,
        "partition": grant.partition,
        "locale": grant.locale,
    }
    return {name: value for name, value in given.items() if value}


def _cells(grant: Grant) -> tuple[str, ...]:
    fields = _fields(grant)
    return tuple(str(fields.get(name, "")) for name in TENANTS.known)


def _not_for_csv(grant: Grant) -> Iterator[Problem]:
    if len(grant.rendered_ids) > 1:
        yield Problem(f"{grant}", "has two IDs during its rotation, and CSV holds one", "use jsonl")
    for name, text in zip(TENANTS.known, _cells(grant), strict=True):
        if text.startswith(_FORMULA):
            yield _formula(f"{grant}: {name}", text)
