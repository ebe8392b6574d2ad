from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

import deputize.errors
from deputize.model.values import Verdict
from deputize.registry import Grant, GrantRequest, Registry, State, add, bind, events, find, grants, open_registry

pytestmark = pytest.mark.slow

SOURCE = str(Path(deputize.errors.__file__).parents[1])
PROCESSES = 8
TURNS, MOST_TURNS = 8, 24
OWN = 8  # tenants of each process
SHARED = 4  # slugs, IDs and roles that all processes fight for

HEAD = """
import json, sys
from deputize.errors import DeputizeError
from deputize.model.values import AccessState, ProbeResult, Safety, Verdict
from deputize.registry import GrantRequest, add, bind, find, open_registry
from deputize.registry.values import now

def verdict(grant, arn, role_id):
    probes = (ProbeResult("other", "refuse", "refuse"),)
    sent = grant.external_id
    return Verdict(arn, role_id, sent, Safety.SAFE, AccessState.OK, "probes", "aws", now(), "arn", probes)

location, me = sys.argv[1], int(sys.argv[2])
registry = open_registry(location, who=f"p{me}", create=True)
"""

FIGHT = f"""
own, shared = {OWN}, {SHARED}
won = {{"slug": [], "id": [], "role": [], "mine": []}}
def tried(kind, what, work):
    try:
        work()
    except DeputizeError as error:
        assert error.exit_code in (3, 7), error
    else:
        won[kind].append(what)
for n in range(own):
    grant = add(registry, GrantRequest(f"p{{me}}-{{n}}"))
    arn = f"arn:aws:iam::444455556666:role/p{{me}}-{{n}}"
    won["mine"].append([grant.tenant, bind(registry, grant, verdict(grant, arn, f"AROA{{me}}X{{n}}")).external_id])
    if n < shared:
        tried("slug", n, lambda: add(registry, GrantRequest(f"all-{{n}}")))
        case = str.upper if me % 2 else str.lower
        given = case(f"given-by-all-to-everyone-{{n}}")
        tried("id", n, lambda: add(registry, GrantRequest(f"q{{me}}-{{n}}", external_ids=(given,))))
        rival = add(registry, GrantRequest(f"r{{me}}-{{n}}"))
        role = case(f"rival-{{n}}")
        tried("role", n, lambda: bind(registry, rival, verdict(rival, f"arn:aws:iam::444455556666:role/{{role}}", "")))
print(json.dumps(won))
"""

# Binds one grant to role odd, then even, and so on, until it is killed.
FLIP = """
grant = find(registry, "a")
turn = 0
print("ready", flush=True)
while True:
    turn += 1
    name = ("even", "odd")[turn % 2]
    grant = bind(registry, grant, verdict(grant, f"arn:aws:iam::444455556666:role/{name}", f"AROA{name.upper()}"))
"""

# Stands still with the grant's row written and the transaction open.
STOP_INSIDE = """
import time
import deputize.registry.binding as binding
def settled(*_):
    print("inside", flush=True)
    time.sleep(60)
binding.settled = settled
grant = find(registry, "a")
bind(registry, grant, verdict(grant, "arn:aws:iam::444455556666:role/even", "AROAEVEN"))
"""


@contextmanager
def process(script: str, location: str, number: int = 0) -> Iterator[subprocess.Popen[str]]:
    """A process at that registry; killed at the end of the block."""
    started = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", HEAD + script, location, str(number)],
        env={**os.environ, "PYTHONPATH": SOURCE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with started:
        try:
            yield started
        finally:
            started.kill()


def results(location: str) -> list[dict[str, Any]]:
    """What eight processes at once say they have won."""
    running = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", HEAD + FIGHT, location, str(number)],
            env={**os.environ, "PYTHONPATH": SOURCE},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    ended = [(one.communicate(timeout=120), one.returncode) for one in running]
    assert [code for _, code in ended] == [0] * PROCESSES, ended
    return [json.loads(out) for (out, _), _ in ended]


def test_eight_processes_at_once(location: str) -> None:
    """Eight processes make the database, add and register at once: no row lost, no slug, ID or role given twice."""
    told = results(location)
    for kind in ("slug", "id", "role"):
        assert sorted(n for one in told for n in one[kind]) == list(range(SHARED)), kind
    with open_registry(location, who="tester") as registry:
        found = {grant.tenant: grant for grant in grants(registry)}
        log = list(events(registry))
    mine = {tenant: external_id for one in told for tenant, external_id in one["mine"]}
    assert len(mine) == PROCESSES * OWN
    assert {tenant: found[tenant].external_id for tenant in mine} == mine
    assert all(found[tenant].state is State.VERIFIED for tenant in mine)
    ids = [grant.external_id.lower() for grant in found.values()]
    assert len(ids) == len(set(ids)) == PROCESSES * (OWN + SHARED) + 2 * SHARED
    roles = [str(grant.role_arn).lower() for grant in found.values() if grant.role_arn]
    assert len(roles) == len(set(roles)) == PROCESSES * OWN + SHARED
    assert sum(event.what == "added" for event in log) == len(ids)
    assert sum(event.what == "registered" for event in log) == len(roles)


@pytest.fixture
def bound(registry: Registry, verdict: Callable[..., Verdict]) -> Grant:
    """Grant `a`, bound to role `odd`."""
    grant = add(registry, GrantRequest("a"))
    return bind(registry, grant, verdict(grant, role_arn="arn:aws:iam::444455556666:role/odd", role_id="AROAODD"))


def test_killed_inside_the_transaction(registry: Registry, location: str, bound: Grant) -> None:
    """kill -9 after the row was written and before the commit: the old role is there, and the registry works on."""
    with process(STOP_INSIDE, location) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "inside\n"
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    assert find(registry, "a") == bound
    assert [event.what for event in events(registry)] == ["added", "registered"]
    assert add(registry, GrantRequest("b")).tenant == "b"


def test_killed_at_any_moment(registry: Registry, location: str, bound: Grant) -> None:
    """kill -9 while a grant goes to and fro between two roles: always one of them whole, and the log agrees."""
    seen = set[int]()
    for turn in range(MOST_TURNS):
        if turn >= TURNS and len(seen) > 1:
            break
        with process(FLIP, location) as victim:
            assert victim.stdout is not None
            assert victim.stdout.readline() == "ready\n"
            time.sleep(0.02 * 1.2**turn)  # on a busy machine nothing is done soon
            victim.send_signal(signal.SIGKILL)
            victim.wait()
        with registry.reading() as look:
            row = look.execute(text("SELECT role_arn, role_name, role_id FROM deputize_grants")).one()
        name = str(row.role_name)
        assert name in ("odd", "even")
        assert (row.role_arn, row.role_id) == (f"arn:aws:iam::444455556666:role/{name}", f"AROA{name.upper()}")
        assert list(events(registry))[-1].detail.startswith(f"{row.role_arn} ")
        seen.add(len(list(events(registry))))
    assert len(seen) > 1, "the processes were killed before they did anything"
