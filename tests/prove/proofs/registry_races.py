"""The registry under many processes at once that are killed around their commits, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from random import Random
from typing import Any, Final

from sqlalchemy import event

import postgres
from deputize.errors import DeputizeError
from deputize.model.values import AccessState, ProbeResult, Safety, Verdict
from deputize.registry import (
    Grant,
    GrantRequest,
    Registry,
    Rotation,
    State,
    abort,
    add,
    add_all,
    bind,
    events,
    find,
    finish,
    grants,
    open_registry,
    refuted,
    retire,
    start,
    switch,
)
from deputize.registry.values import now
from prove.proof import Figures, RefutedError, proof

ROUNDS: Final = 6
AT_ONCE: Final = 8
TENANTS: Final = ("a", "b", "c")
KILLED: Final = ("never", "never", "never", "never", "before", "during", "during", "after")
LISTED: Final = 7
STEPS: Final = {
    "registered": 0,
    "verified": 0,
    "suspended": 0,
    "rotation-started": 1,
    "rotation-switched": 1,
    "rotation-finished": 1,
    "rotation-aborted": 1,
}


@proof(seed=20261130, seconds=600, chunks=48, share=2)
def registry_races(chance: Random) -> Figures:
    """Whatever is killed around its commit, every command is whole or never was, and what was said to be done is."""
    figures = Counter[str]()
    engine = chance.choice(("sqlite", "postgresql")) if postgres.programs() else "sqlite"
    with tempfile.TemporaryDirectory(prefix="deputize-races-") as folder:
        location = str(Path(folder, "registry.db")) if engine == "sqlite" else postgres.new_database(_server())
        with open_registry(location, who="proof", create=True) as registry:
            _seed(registry)
        promised: list[dict[str, Any]] = []
        for turn in range(ROUNDS):
            running = [_Command(location, chance, f"{turn}x{number}") for number in range(AT_ONCE)]
            for one in running:
                code, said = one.wait()
                figures["commands"] += 1
                figures[f"{engine} commands"] += 1
                figures[f"killed {one.point}" if code < 0 else "done" if code == 0 else "refused"] += 1
                figures[f"{one.kind.removesuffix(' again')}: done or killed"] += code <= 0
                if code == _BUG:
                    msg = f"{one.kind}: {said}"
                    raise RefutedError(msg)
                if code == 0:
                    promised.append(json.loads(said))
            figures["grants"] += _checked(location, promised)
    return dict(figures)


def _seed(registry: Registry) -> None:
    """Grants that stand at each step of a rotation, so that every command finds one."""
    for number in range(9):
        grant = add(registry, GrantRequest(f"seed{number}"))
        arn = f"arn:aws:iam::{number:012}:role/seed"
        grant = bind(registry, grant, _verdict(grant, arn, grant.external_id))
        if number % 3:
            grant = start(registry, grant)
        if number % 3 == 2:
            switch(registry, grant, _verdict(grant, arn, grant.other_id or ""))


_BUG: Final = 99
_REFUSED: Final = 3


class _Command:
    """A child process that does one thing at the registry, and may be killed before, during or after its commit."""

    def __init__(self, location: str, chance: Random, name: str) -> None:
        self.kind = chance.choice(tuple(_KINDS))
        self.point = chance.choice(KILLED)
        delay = chance.uniform(0, 0.004)
        own = Random(chance.random())
        read, write = os.pipe()
        self._output = os.fdopen(read)
        self._process = os.fork()
        if self._process:
            os.close(write)
            return
        code = _BUG
        try:
            said = self._run(location, own, name, delay)
            code = 0
        except DeputizeError as error:
            said, code = str(error), _REFUSED
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent tells it
            said = repr(error)
        os.write(write, said.encode())
        os._exit(code)

    def _run(self, location: str, chance: Random, name: str, delay: float) -> str:
        with open_registry(location, who=name) as registry:
            _kill_at(registry, self.point, delay)
            return json.dumps(_KINDS[self.kind](registry, chance, name))

    def wait(self) -> tuple[int, str]:
        """Its exit code, negative when it was killed, and what it said."""
        with self._output as output:
            said = output.read()
        return os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1]), said


def _kill_at(registry: Registry, point: str, delay: float) -> None:
    """Make this process end, as by kill -9, around its commit; only those that write are killed."""
    engine = registry._engine
    real = engine.dialect.do_commit
    writes = False

    def seen(_: Any, __: Any, statement: str, *___: Any) -> None:
        nonlocal writes
        writes = writes or statement.startswith(("INSERT", "UPDATE"))

    def commit(connection: Any) -> None:
        if writes and point == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        if writes and point == "during":
            # The kernel ends the process wherever it is then, inside the engine's own code too.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, max(delay, 0.000001))
        real(connection)
        if writes and point == "after":
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", seen)
    vars(engine.dialect)["do_commit"] = commit


def _verdict(grant: Grant, arn: str, sent: str, safety: Safety = Safety.SAFE) -> Verdict:
    probes = (ProbeResult("other", "refuse", "refuse"),)
    return Verdict(arn, "", sent, safety, AccessState.OK, "probes+policy", "aws", now(), "arn", probes)


def _promise(grant: Grant, what: str) -> dict[str, Any]:
    return {"tenant": grant.tenant, "id": grant.external_id, "generation": grant.generation, "what": what}


def _add(registry: Registry, chance: Random, name: str) -> dict[str, Any]:
    # Names and IDs that others fight for too.
    given = chance.choice(((), (chance.choice(("Given-To-All-0123456789", "given-to-all-0123456789")),)))
    tenant = chance.choice((*TENANTS, *TENANTS, f"own{name}"))
    account = chance.choice((None, "111111111111", "222222222222", "333333333333"))
    return _promise(add(registry, GrantRequest(tenant, account, given)), "added")


def _import(registry: Registry, _: Random, name: str) -> dict[str, Any]:
    add_all(registry, [GrantRequest(f"list{name}-{number}") for number in range(LISTED)])
    return _promise(find(registry, f"list{name}-0"), "added")


def _any(registry: Registry, chance: Random, *wanted: Rotation) -> Grant:
    found = [one for one in grants(registry) if not wanted or (one.role_arn and one.rotation in wanted)]
    return chance.choice(found) if found else add(registry, GrantRequest("first"))


def _bind(registry: Registry, chance: Random, _: str) -> dict[str, Any]:
    grant = _any(registry, chance)
    role = f"arn:aws:iam::{grant.account_id or '444455556666'}:role/{chance.choice(('Fought-For', grant.label))}"
    return _promise(bind(registry, grant, _verdict(grant, role, grant.external_id)), "registered")


def _suspend(registry: Registry, chance: Random, _: str) -> dict[str, Any]:
    grant = _any(registry, chance, *Rotation)
    verdict = _verdict(grant, grant.role_arn or "", grant.external_id, Safety.VULNERABLE)
    return _promise(refuted(registry, grant, verdict), "suspended")


def _start(registry: Registry, chance: Random, _: str) -> dict[str, Any]:
    return _promise(start(registry, _any(registry, chance, Rotation.NONE)), "rotation-started")


def _switch(registry: Registry, chance: Random, _: str) -> dict[str, Any]:
    grant = _any(registry, chance, Rotation.STARTED)
    verdict = _verdict(grant, grant.role_arn or "", grant.other_id or "")
    return _promise(switch(registry, grant, verdict), "rotation-switched")


def _finish(registry: Registry, chance: Random, _: str) -> dict[str, Any]:
    grant = _any(registry, chance, Rotation.SWITCHED)
    return _promise(
        finish(registry, grant, _verdict(grant, grant.role_arn or "", grant.external_id)), "rotation-finished"
    )


def _abort(registry: Registry, chance: Random, _: str) -> dict[str, Any]:
    return _promise(abort(registry, _any(registry, chance, Rotation.STARTED)), "rotation-aborted")


def _retire(registry: Registry, chance: Random, _: str) -> dict[str, Any]:
    return _promise(retire(registry, _any(registry, chance)), "retired")


_KINDS: Final[dict[str, Callable[[Registry, Random, str], dict[str, Any]]]] = {
    "add": _add,
    "add again": _add,
    "import": _import,
    "bind": _bind,
    "bind again": _bind,
    "suspend": _suspend,
    "start": _start,
    "start again": _start,
    "switch": _switch,
    "switch again": _switch,
    "finish": _finish,
    "abort": _abort,
    "retire": _retire,
}


def _checked(location: str, promised: list[dict[str, Any]]) -> int:
    """The number of grants, each of which is what the log says was done to it; raises RefutedError otherwise."""
    with open_registry(location, who="proof") as registry:
        found, log = grants(registry, retired=True), list(events(registry))
        with registry.reading() as look:
            if look.dialect.name == "sqlite" and look.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok":
                msg = "the file is damaged"
                raise RefutedError(msg)
            query = "SELECT external_id, external_id_key FROM deputize_issued_ids WHERE tenant IS NOT NULL"
            issued = {row[0]: row[1] for row in look.exec_driver_sql(query)}
    happened = Counter(one.what for one in log)
    steps = sum(STEPS.get(what, 0) * count for what, count in happened.items())
    held = {one for grant in found for one in grant.accepted_ids}
    living = [one for one in found if one.state is not State.RETIRED]
    roles = [str(one.role_arn).lower() for one in living if one.role_arn]
    lists = Counter(one.tenant.partition("-")[0] for one in found if one.tenant.startswith("list"))
    expected = {
        "added": (happened["added"], len(found)),
        "retired": (happened["retired"], len(found) - len(living)),
        "generations": (steps, sum(one.generation - 1 for one in found)),
        "issued": (len(issued), happened["added"] + happened["rotation-started"]),
        "keys": (len(issued), len(set(issued.values()))),
        "held but not issued": (held - set(issued), set()),
        "roles": (len(roles), len(set(roles))),
        "halves of lists": (set(lists.values()) - {LISTED}, set()),
    }
    told = Counter((one.tenant, one.what) for one in log)
    lost = [one for one in promised if one["id"] not in issued or not told[one["tenant"], _logged(one, told)]]
    wrong = {name: pair for name, pair in expected.items() if pair[0] != pair[1]}
    if wrong or lost:
        msg = f"{wrong or lost[:3]}"
        raise RefutedError(msg)
    return len(found)


def _logged(one: dict[str, Any], told: Counter[tuple[str, str]]) -> str:
    again = one["what"] == "registered" and not told[one["tenant"], "registered"]
    return "verified" if again else str(one["what"])


@cache
def _server() -> Path:
    """One server for each process that proves, ended with it."""
    programs = postgres.programs()
    assert programs is not None
    stack = ExitStack()
    folder = stack.enter_context(postgres.server(programs))
    # Also in a process of a pool, which runs no atexit.
    Finalize(None, stack.close, exitpriority=1)
    return folder
