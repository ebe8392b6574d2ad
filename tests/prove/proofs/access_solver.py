"""Containment of access against the solver z3: patterns as regular expressions, and nothing of ours but the grammar.

2,000 pairs without conditions and variables. https://github.com/Z3Prover/z3
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from random import Random
from typing import Any

import z3

from deputize.iam.contain.sides import Side
from deputize.iam.contain.widenings import widenings
from deputize.iam.policy import Statement
from prove.proof import Figures, RefutedError, proof
from prove.random_access import Case
from prove.random_pairs import Pair, random_pair

PAIRS = 20
_MILLISECONDS = 5_000
_SERVICE, _NAME = z3.String("service"), z3.String("name")
_PARTS = tuple(z3.String(f"part{at}") for at in range(6))
_HAS_ARN = z3.Bool("has an ARN")
_ANY = z3.AllChar(z3.ReSort(z3.StringSort()))


@proof(seed=20261203, seconds=600, chunks=100, share=1)
def access_solver(chance: Random) -> Figures:
    """What is told to be no wider, or to be wider, is so to z3."""
    figures: Counter[str] = Counter()
    while figures["pairs"] < PAIRS:
        pair = _plain(random_pair(chance))
        if pair is None:
            continue
        old, new = pair.read()
        found, answer = widenings(old, new), _solved(old, new)
        kinds = {one.kind for one in found}
        if answer == z3.unknown or "untold" in kinds:
            figures += Counter({"pairs": 1, f"not compared: z3 says {answer}, untold {'untold' in kinds}": 1})
            continue
        if (answer == z3.sat) is not bool(found):
            msg = f"z3 says {answer}, we {sorted(kinds)}, of {pair}"
            raise RefutedError(msg)
        figures += Counter({"pairs": 1, "wider" if found else "no wider": 1})
    return dict(figures)


def _plain(pair: Pair) -> Pair | None:
    """The pair without conditions; None where it has variables, or an action pattern that is none."""
    if any("${" in text for case in (pair.old, pair.new) for text in (*case.policies, case.boundary or "")):
        return None

    def bare(case: Case) -> Case:
        boundary = None if case.boundary is None else _bare(case.boundary)
        return replace(case, policies=tuple(map(_bare, case.policies)), boundary=boundary)

    return Pair(bare(pair.old), bare(pair.new))


def _bare(text: str) -> str:
    document = json.loads(text)
    statements = [{name: one[name] for name in one if name != "Condition"} for one in document["Statement"]]
    return json.dumps({**document, "Statement": statements})


def _solved(old: Side, new: Side) -> Any:
    solver = z3.Solver()
    solver.set("timeout", _MILLISECONDS)
    no_colon = z3.Star(z3.Intersect(_ANY, z3.Complement(z3.Re(":"))))
    solver.add(*(z3.InRe(one, no_colon) for one in (_SERVICE, _NAME, *_PARTS[:-1])), _PARTS[0] == "arn")
    solver.add(_allowed(new), z3.Not(_allowed(old)))
    return solver.check()


def _allowed(side: Side) -> Any:
    layers = [[one.policy for one in side.policies], [] if side.boundary is None else [side.boundary.policy]]
    statements = [[each for one in many if one is not None for each in one.statements] for many in layers]
    every = [one for many in statements for one in many]
    passes = [_some(many, "Allow") for many in (statements if side.boundary is not None else statements[:1])]
    return z3.And(*passes, z3.Not(_some(every, "Deny")))


def _some(statements: Iterable[Statement], effect: str) -> Any:
    return z3.Or(*(_applies(one) for one in statements if one.effect == effect))


def _applies(one: Statement) -> Any:
    named = z3.Or(*(_named(str(text).lower()) for text in one.actions))
    on = z3.Or(*(_is_on(str(text)) for text in one.resources))
    return z3.And(z3.Not(named) if one.not_action else named, z3.Not(on) if one.not_resource else on)


def _named(pattern: str) -> Any:
    service, _, name = ("*:*" if pattern == "*" else pattern).partition(":")
    return z3.And(z3.InRe(_SERVICE, _regex(service)), z3.InRe(_NAME, _regex(name)))


def _is_on(pattern: str) -> Any:
    if pattern == "*":
        return z3.BoolVal(val=True)
    parts = (pattern + ":*" * (5 - pattern.count(":"))).split(":", 5)
    return z3.And(_HAS_ARN, *(z3.InRe(part, _regex(text)) for part, text in zip(_PARTS, parts, strict=True)))


@lru_cache(maxsize=1024)
def _regex(pattern: str) -> Any:
    steps = [z3.Star(_ANY) if one == "*" else _ANY if one == "?" else z3.Re(z3.StringVal(one)) for one in pattern]
    return z3.Concat(*steps) if len(steps) > 1 else steps[0] if steps else z3.Re(z3.StringVal(""))
