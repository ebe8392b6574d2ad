"""Answers of the embedded AWS, made odd on their way: no traceback, nothing proved that is not, and no secret told.

Each run takes one command, one of its calls, and one oddity, in that call alone or in all of its action from there on.
The role that `verify` and `register` are given lets everybody in, so that `safe` would be wrong whatever else is said;
for a role that is right, `safe` may stand where the oddity is in what nobody reads, and `vulnerable` would be wrong.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from typer.testing import Result

from deputize.errors import EXIT_CODES, DeputizeError
from prove.commands import Stage, stage
from prove.odd_answers import odd
from prove.proof import Figures, RefutedError, proof
from prove.relay import Answer, Call, Change

RUNS = 10


@proof(seed=20261201, seconds=1500, chunks=200, share=1)
def odd_endpoints(chance: Random) -> Figures:
    """Whatever an endpoint answers, every command ends with an exit code of the table and takes nothing for proved."""
    made, figures = stage(), Counter[str]()
    for _ in range(RUNS):
        name = chance.choice(sorted(made.commands))
        action, at = chance.choice(_calls(name))
        figures += _run(made, name, action, at, chance)
    return dict(figures)


@cache
def _calls(name: str) -> tuple[tuple[str, int], ...]:
    """(action, its number among the calls of that action) of every call of a command that nothing befalls."""
    made = stage()
    made.relay.start()
    done = made.run(name)
    _check(done, name, "nothing")
    counted: Counter[str] = Counter()
    found = []
    for action in made.relay.actions:
        found.append((action, counted[action]))
        counted[action] += 1
    return tuple(found)


def _run(made: Stage, name: str, action: str, at: int, chance: Random) -> Counter[str]:
    """Run one command with one call's answer made odd."""
    lasting, seed = chance.random() < 0.5, chance.random()
    kinds: list[str] = []
    made.relay.start(_change(action, at, seed, kinds, lasting=lasting))
    done = made.run(name)
    what = f"{kinds} in {action} {at}{' and later' if lasting else ''}"
    _check(done, name, what)
    return Counter({"runs": 1, f"{name}: exit {done.exit_code}": 1, **dict.fromkeys(set(kinds), 1)})


def _change(action: str, at: int, seed: float, kinds: list[str], *, lasting: bool) -> Change:
    counted: Counter[str] = Counter()

    def change(call: Call, forward: Callable[[], Answer]) -> Answer:
        counted[call.action] += 1
        answer = forward()
        number = counted[call.action] - 1
        if call.action != action or number < at or (number > at and not lasting):
            return answer
        kind, changed = odd(Random(seed), answer)
        kinds.append(kind)
        return changed

    return change


def _check(done: Result, name: str, what: str) -> None:
    """Refute what must not be, whatever was answered."""
    told = f"{name}, {what}: exit {done.exit_code}: {done.output[-600:]!r} {done.exception!r}"
    if not isinstance(done.exception, SystemExit | None) or done.exit_code not in EXIT_CODES:
        raise RefutedError(told)
    if done.exit_code == DeputizeError.exit_code or "Traceback" in done.output:
        raise RefutedError(told)
    if any(secret in done.output for secret in ("AKIA", "ASIA", stage().vendor.secret_access_key)):
        raise RefutedError(told.replace(stage().vendor.secret_access_key, "[secret]"))
    result = {}
    if name not in {"verify text", "assume"}:
        try:
            result = json.loads(done.stdout)
        except ValueError:
            raise RefutedError(told) from None
    if _is_wrong(name, result):
        raise RefutedError(told)


def _is_wrong(name: str, result: dict[str, Any]) -> bool:
    """Whether something is taken for proved, or a good role that the registry holds was suspended."""
    wrong = {"verify": "safe", "verify text": "safe", "register": "safe", "verify good": "vulnerable"}.get(name)
    found = [result, *(one.get("verdict") or {} for one in result.get("checks", ()))]
    if wrong is not None and any(wrong in (one.get("verdict"), one.get("safety")) for one in found):
        return True
    if name in {"tenants verify", "rotate"} and '"state": "suspended"' in json.dumps(result):
        return True
    return name == "register" and any(one.get("stored") for one in result.get("checks", ()))
