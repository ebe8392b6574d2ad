"""How each query of the registry finds its rows: by an index, in a registry of any size."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from deputize.errors import DiffersError
from deputize.model.values import Safety, Verdict
from deputize.registry import (
    Grant,
    GrantRequest,
    Registry,
    abort,
    add,
    add_all,
    begin_sweep,
    bind,
    decoy,
    end_sweep,
    events,
    find,
    find_label,
    finish,
    grants,
    note,
    open_registry,
    refuted,
    retire,
    start,
    switch,
)

# Lists of everything go through everything; one row of a table is no scan; the versions' table has one row.
MAY_SCAN = re.compile(
    r"FROM deputize_grants( WHERE state <> 'retired')? ORDER BY|FROM deputize_events ORDER BY"
    r"|SELECT deputize_(grants|issued_ids)\.id FROM \w+ LIMIT|deputize_schema|sqlite_"
)


@contextmanager
def asked(registry: Registry) -> Iterator[dict[str, list[str]]]:
    """Every statement that is run meanwhile, with SQLite's plan of it."""
    found: dict[str, list[str]] = {}

    def explain(_: Any, cursor: Any, statement: str, parameters: Any, __: Any, many: bool) -> None:
        if re.match(r"SELECT|UPDATE|INSERT|DELETE", statement) and statement not in found:
            values = parameters[0] if many else parameters
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
            found[statement] = [row[3] for row in rows]

    event.listen(registry._engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(registry._engine, "before_cursor_execute", explain)


def everything(registry: Registry, verdict: Callable[..., Verdict]) -> None:
    """Each thing that can be done with a registry."""
    one = add(registry, GrantRequest("a", external_ids=("given-by-hand-0123456789",)))
    add(registry, GrantRequest("a", "222222222222", share=True))
    add_all(registry, [GrantRequest("a", name="A"), GrantRequest("c", "333333333333")])
    one = find(registry, "a", "none")
    assert (find_label(registry, "a"), find(registry, "c")) == (one, find(registry, "c", "333333333333"))
    decoy(registry)
    bound = bind(registry, one, verdict(one))
    other = find(registry, "c")
    same_role = verdict(other, role_id=str(bound.role_id))
    with pytest.raises(DiffersError, match="is held by"):
        bind(registry, other, same_role)
    started = start(registry, abort(registry, start(registry, bound)))
    switched = switch(registry, started, verdict(started, external_id=started.other_id))
    done = finish(registry, switched, verdict(switched))
    note(registry, done, verdict(done, safety=Safety.UNREACHABLE), "not-accepted")
    suspended = refuted(registry, done, verdict(done, safety=Safety.VULNERABLE))
    retire(registry, suspended)
    end_sweep(registry, begin_sweep(registry, "aws"))
    assert grants(registry, tenant="a", retired=True)
    assert list(events(registry, "a"))
    assert grants(registry)
    assert list(events(registry))


def test_no_query_scans_a_table(tmp_path: Any, verdict: Callable[..., Verdict]) -> None:
    """Every statement but the lists of everything searches by an index or a row's number."""
    with open_registry(str(tmp_path / "registry.db"), who="tester", create=True) as registry, asked(registry) as plans:
        everything(registry, verdict)
    scans = {
        statement: [step for step in plan if step.startswith("SCAN") and not step.endswith("_nobodys")]
        for statement, plan in plans.items()
        if not MAY_SCAN.search(" ".join(statement.split()))
    }
    assert [f"{plan} {statement}" for statement, plan in scans.items() if plan] == []
    assert len(plans) > 25, "the queries were not seen"
    searched = " ".join(step for plan in plans.values() for step in plan)
    for index in ("deputize_grants_tenant", "deputize_grants_name", "deputize_grants_role", "deputize_grants_role_id",
                  "deputize_issued_ids_key", "deputize_issued_ids_nobodys", "deputize_sweeps_open",
                  "deputize_events_tenant"):  # fmt: skip
        assert index in searched, index


def test_a_list_is_judged_with_a_fixed_number_of_queries(registry: Registry) -> None:
    """For twice as many rows, no more statements than one for each five hundred names."""
    counts = []
    for number, size in enumerate((400, 800)):
        rows = [GrantRequest(f"t{number}-{row}") for row in range(size)]
        seen = list[str]()

        def count(_: Any, __: Any, statement: str, *___: Any, into: list[str] = seen) -> None:
            into.append(statement)

        event.listen(registry._engine, "before_cursor_execute", count)
        assert add_all(registry, rows) == (size, 0)
        event.remove(registry._engine, "before_cursor_execute", count)
        counts.append(len(seen))
    assert counts[1] - counts[0] <= 2, counts


def test_the_grants_of_a_list_are_those_of_single_requests(
    registry: Registry, granted: Callable[..., Grant], tmp_path: Any
) -> None:
    """A list and one request after the other make the same grants, issued IDs and log, but for the random IDs."""
    rows = [
        GrantRequest("a", external_ids=("given-by-hand-0123456789",)),
        GrantRequest("a", "222222222222"),
        GrantRequest("a", "333333333333"),
        GrantRequest("b", "222222222222", name="B", locale="ja"),
        GrantRequest("b-2", external_ids=("first-id-0123456789", "second-id-0123456789")),
        GrantRequest("weak", external_ids=("12345",), weak_reason="a demo"),
    ]
    with open_registry(str(tmp_path / "other.db"), who="tester", create=True) as other:
        for row in rows:
            add(other, row)
        add_all(registry, rows)
        for look in (
            lambda one: [
                (g.label, g.name, g.locale, g.rotation, g.generation, len(g.accepted_ids)) for g in grants(one)
            ],
            lambda one: [(event.tenant, event.account_id, event.what, event.detail) for event in events(one)],
        ):
            assert sorted(map(str, look(registry))) == sorted(map(str, look(other)))
