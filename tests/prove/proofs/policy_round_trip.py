"""The policy grammar writes what it reads."""

from __future__ import annotations

import json
from random import Random

from deputize.iam.grammar import read_policy
from deputize.iam.operators import OPERATORS
from deputize.iam.policy import Condition, Policy, Principal, Statement
from prove.proof import Figures, RefutedError, proof

CASES = 500
SEVERAL = ("", "ForAllValues:", "ForAnyValue:")
SINGLE = ("Version", "Id", "Sid", "Effect")
TESTS = [f"{several}{one}{so}" for several in SEVERAL for one in sorted(OPERATORS) for so in ("", "IfExists")]
WORD = "abzAZ09"
PATTERN = f"{WORD}*?-_./"
# What JSON escapes, what starts a policy variable, and what is no ASCII.
ANYTHING = f"{PATTERN}:+=,@ ${{}}\"'\\\n\t\u0000\u007fé日🐙\ud7ff\ue000\u2028"


@proof(seed=20261130, seconds=300, chunks=200, share=4)
def policy_round_trip(chance: Random) -> Figures:
    """A policy in IAM's grammar is the same when it is written and read, also with a list around each single value."""
    figures = {"policies": 0, "statements": 0, "conditions": 0}
    for _ in range(CASES):
        policy = _policy(chance)
        document = policy.to_json()
        for text in (policy.compact(), json.dumps(document), json.dumps(_lists(document))):
            read = read_policy(text)
            if read != policy or list(read.all_faults):
                msg = f"{text} reads as another policy: {[fault.placed for fault in read.all_faults]}"
                raise RefutedError(msg)
        figures["policies"] += 1
        figures["statements"] += len(policy.statements)
        figures["conditions"] += sum(len(one.conditions) for one in policy.statements)
    return figures


def _policy(chance: Random) -> Policy:
    statements = tuple(_statement(chance, number) for number in range(chance.randint(1, 4)))
    return Policy(statements, identifier=chance.choice((None, None, _text(chance, ANYTHING))))


def _statement(chance: Random, number: int) -> Statement:
    trust = chance.random() < 0.5
    negated = chance.random() < 0.2
    return Statement(
        sid=chance.choice((None, f"{_text(chance, WORD)}x{number}")),
        effect="Allow" if chance.random() < 0.7 else "Deny",
        actions=tuple(f"{_text(chance, WORD)}:{_text(chance, PATTERN)}" for _ in range(_few(chance))),
        resources=() if trust else tuple(_resource(chance) for _ in range(_few(chance))),
        principals=_principals(chance) if trust else (),
        conditions=_conditions(chance),
        not_principal=trust and negated,
        not_action=chance.random() < 0.2,
        not_resource=not trust and negated,
    )


def _resource(chance: Random) -> str:
    return chance.choice(("*", f"arn:aws:s3:::{_text(chance, ANYTHING)}", f"arn:*:iam::1234?:{_text(chance, PATTERN)}"))


def _principals(chance: Random) -> tuple[Principal, ...]:
    if chance.random() < 0.1:
        return (Principal("*", "*"),)
    texts = {
        "AWS": lambda: chance.choice(("*", "111122223333", f"arn:aws:iam::111122223333:role/{_text(chance, WORD)}")),
        "Service": lambda: f"{_text(chance, WORD)}.amazonaws.com",
        "Federated": lambda: f"accounts.{_text(chance, WORD)}.com",
    }
    kinds = chance.sample(list(texts), chance.choice((1, 1, 2, 3)))
    return tuple(Principal(kind, texts[kind]()) for kind in kinds for _ in range(_few(chance)))


def _conditions(chance: Random) -> tuple[Condition, ...]:
    operators = chance.sample(TESTS, chance.choice((0, 0, 1, 1, 2, 3)))
    return tuple(
        Condition(operator, key, tuple(_text(chance, ANYTHING) for _ in range(_few(chance))))
        for operator in operators
        for key in {f"aws:{_text(chance, WORD)}": None for _ in range(_few(chance))}
    )


def _few(chance: Random) -> int:
    return chance.choice((1, 1, 1, 2, 5))


def _text(chance: Random, letters: str) -> str:
    return "".join(chance.choices(letters, k=chance.choice((1, 2, 5, 12, 40))))


def _lists(value: object) -> object:
    """The same document with a list around each value that may stand in one."""
    if not isinstance(value, dict):
        return value
    return {key: one if key in SINGLE else _list(one) for key, one in value.items()}


def _list(value: object) -> object:
    if isinstance(value, list):
        return [_lists(one) for one in value]
    return [value] if isinstance(value, str) and value != "*" else _lists(value)
