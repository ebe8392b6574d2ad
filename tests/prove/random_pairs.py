"""Random pairs of what a role had and has: alike, wider, narrower or strangers; and requests aimed at their edges."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from math import ceil
from random import Random
from typing import Any

from deputize.iam.actions import expand
from deputize.iam.allowed import IdentityPolicy
from deputize.iam.conditions import is_met
from deputize.iam.contain.documented import ALWAYS
from deputize.iam.contain.names import may_come
from deputize.iam.contain.sides import Request, Side
from deputize.iam.operators import is_number, moment
from deputize.iam.policy import Condition, Statement
from prove.random_access import Case, random_case, random_statement

Json = dict[str, Any]
Context = dict[str, tuple[str, ...]]
Sample = tuple[str, str, Context]

ACTIONS, RESOURCES, REQUESTS = 17, 12, 2000
"""At most so many actions and resources of a pair, and at least so many requests."""

# Some of the keys are ones that AWS has: in every request, in some service's, or in any.
_KEYS = (
    ("aws:Bool1", "aws:SecureTransport"), ("aws:Date1", "aws:CurrentTime"), ("aws:Arn1", "aws:PrincipalArn"),
    ("aws:String2", "s3:prefix"), ("aws:Numeric2", "s3:max-keys"), ("aws:k2", "aws:PrincipalTag/team"),
)  # fmt: skip
_FOREIGN = (("s3:::a", "s3:::\u00e9"), ('"ab"', '"\u00e4b"'), ("table/t", "table/\u00df"))


@dataclass(frozen=True, slots=True)
class Pair:
    """What a role had, and what it has."""

    old: Case
    new: Case

    def read(self) -> tuple[Side, Side]:
        """Both as sides."""
        return _side(self.old), _side(self.new)


def _side(case: Case) -> Side:
    policies, boundary = case.read()
    named = tuple(IdentityPolicy(f"policy {at}", one) for at, one in enumerate(policies))
    return Side(named, None if boundary is None else IdentityPolicy("boundary", boundary))


def random_pair(rng: Random) -> Pair:
    """A tenth are strangers, a fifth say the same; of the others one has one to three changes, mostly the new one."""
    base = random_case(rng)
    if rng.random() < 0.1:
        return _told(rng, base, random_case(rng))
    changes = _ALIKE if rng.random() < 0.2 else _WIDER
    old, new = (tuple(map(json.loads, base.policies)) for _ in range(2))
    for change in (*(rng.choice(changes) for _ in range(rng.randint(1, 3))), rng.choice(_ALIKE)):
        change(rng, rng.choice(new)["Statement"])
    other = Case(tuple(map(json.dumps, new)), base.boundary if rng.random() < 0.8 else None)
    first = Case(tuple(map(json.dumps, old)), base.boundary)
    return _told(rng, first, other) if rng.random() < 0.7 else _told(rng, other, first)


def _told(rng: Random, old: Case, new: Case) -> Pair:
    odd = _FOREIGN if rng.random() < 0.15 else ()

    def written(text: str) -> str:
        for before, after in (*_KEYS, *odd):
            text = text.replace(before, after)
        return text

    def case(one: Case) -> Case:
        return Case(tuple(map(written, one.policies)), None if one.boundary is None else written(one.boundary))

    return Pair(case(old), case(new))


def _reorder(rng: Random, statements: list[Json]) -> None:
    rng.shuffle(statements)
    for one in statements:
        for name, value in one.items():
            one[name] = rng.sample(value, len(value)) if isinstance(value, list) else value


def _split(rng: Random, statements: list[Json]) -> None:
    one = statements.pop(rng.randrange(len(statements)))
    name = "Action" if "Action" in one else "Resource"
    parts = one[name] if isinstance(one.get(name), list) else [one.get(name)]
    statements += [{**one, name: part} if name in one else one for part in parts]


def _respell(rng: Random, statements: list[Json]) -> None:
    one = rng.choice(statements)
    for name in {"Action", "NotAction"} & one.keys():
        one[name] = [text.swapcase() for text in ([one[name]] if isinstance(one[name], str) else one[name])]
    if "Condition" in one:
        one["Condition"] = {
            operator: {key.swapcase(): value for key, value in keys.items()}
            for operator, keys in one["Condition"].items()
        }


def _name(rng: Random, statements: list[Json]) -> None:
    rng.choice(statements)["Sid"] = f"S{rng.randrange(100)}"


def _allow(rng: Random, statements: list[Json]) -> None:
    statements.append(random_statement(rng, "Allow"))


def _no_deny(_rng: Random, statements: list[Json]) -> None:
    denies = [one for one in statements if one["Effect"] == "Deny"]
    if denies:
        statements.remove(denies[0])


def _no_condition(rng: Random, statements: list[Json]) -> None:
    one = rng.choice(statements)
    if one["Effect"] == "Allow":
        one.pop("Condition", None)


def _more_actions(rng: Random, statements: list[Json]) -> None:
    one, other = rng.choice(statements), random_statement(rng, "Allow")
    if "Action" in one and "Action" in other and one["Effect"] == "Allow":
        one["Action"] = [*([one["Action"]] if isinstance(one["Action"], str) else one["Action"]), *other["Action"]]


def _other_resource(rng: Random, statements: list[Json]) -> None:
    one, other = rng.choice(statements), random_statement(rng, "Allow")
    if "Resource" in one and "Resource" in other:
        one["Resource"] = other["Resource"]


def _other_value(rng: Random, statements: list[Json]) -> None:
    one, other = rng.choice(statements), random_statement(rng, "Allow")
    if "Condition" in other:
        one["Condition"] = other["Condition"]


Change = Callable[[Random, list[Json]], None]
_ALIKE: tuple[Change, ...] = (_reorder, _split, _respell, _name)
_WIDER: tuple[Change, ...] = (_allow, _allow, _no_deny, _no_condition, _more_actions, _other_resource, _other_value)


def statements_of(side: Side) -> tuple[Statement, ...]:
    """Of its policies and its boundary."""
    every = (*side.policies, *(() if side.boundary is None else (side.boundary,)))
    return tuple(one for source in every if source.policy is not None for one in source.policy.statements)


def samples(rng: Random, old: Side, new: Side) -> Iterator[Sample]:
    """Requests at the edges of what either side says."""
    every = (*statements_of(old), *statements_of(new))
    allows = tuple(one for one in statements_of(new) if one.effect == "Allow")
    actions, resources = _actions(rng, every), _resources(rng, every)
    many = ceil(REQUESTS / (len(actions) * len(resources)))
    contexts = [_context(rng, rng.choice(allows or every), every) for _ in range(many)]
    yield from product(actions, resources, contexts)


def _actions(rng: Random, every: tuple[Statement, ...]) -> list[str]:
    found: dict[str, None] = {}
    for pattern in dict.fromkeys(pattern for one in every for pattern in one.actions):
        known = expand(pattern)
        found |= dict.fromkeys(rng.sample(known, min(3, len(known))))
        found[may_come("*:*" if pattern == "*" else pattern)] = None
    found["sqs:SendMessage"] = None
    return rng.sample(tuple(found), min(ACTIONS, len(found)))


def _resources(rng: Random, every: tuple[Statement, ...]) -> list[str]:
    found = {"*": None, "arn:aws:s3:::zz": None}
    for pattern in dict.fromkeys(pattern for one in every for pattern in one.resources):
        for _ in range(3):
            text = _filled(rng, pattern)
            found |= dict.fromkeys((text, f"{text}x", text[:-1] if text.count(":") == text[:-1].count(":") else text))
    return rng.sample(tuple(found), min(RESOURCES, len(found)))


_FILLS = ("", "a", "b", "b/b", "x/y", "eu-west-1", "444455556666", "ec2", "\u00e9", "role/path/zz")


def _filled(rng: Random, pattern: str) -> str:
    whole = ("arn:aws" if pattern == "*" else pattern) + ":*" * (5 - pattern.count(":") - (pattern == "*"))
    whole += ":*" * (5 - whole.count(":"))
    return "".join(rng.choice(_FILLS) if one == "*" else "b" if one == "?" else one for one in whole)


def _context(rng: Random, wanted: Statement, every: tuple[Statement, ...]) -> Context:
    """A value for each key, or none; those of one statement are met where they can be."""
    conditions = [condition for one in every for condition in one.conditions]
    found: Context = {}
    for key in sorted({one.key.lower() for one in conditions}):
        own = [one for one in conditions if one.key.lower() == key]
        here = list(dict.fromkeys(_candidates(key, own)))
        rng.shuffle(here)
        asked = [one for one in wanted.conditions if one.key.lower() == key]
        meets = (values for values in here if all(_met(one, values) for one in asked))
        values = next(meets, here[0]) if rng.random() < 0.7 else here[0]
        if values:
            found[key] = values
    return found


def _met(condition: Condition, values: tuple[str, ...]) -> bool:
    return is_met(condition.operator, condition.values, values, lambda text: (text,)) is True


def _candidates(key: str, conditions: list[Condition]) -> Iterator[tuple[str, ...]]:
    if key not in ALWAYS:
        yield ()
    compared = [value for one in conditions if one.operator != "Null" for value in one.values]
    bases = " ".join(one.operator for one in conditions)
    if "Bool" in bases or key == "aws:securetransport":
        yield from (("true",), ("false",))
        return
    for value in compared:
        for edge in _edges(value):
            yield (edge,)
            if "For" in bases:
                yield (edge, "other")
    if any(one in bases for one in ("String", "Arn")) or not compared:
        yield from (("a",), ("zz",))
        yield from () if key in ALWAYS else (("",),)


def _edges(value: str) -> Iterator[str]:
    if is_number(value):
        yield from (value, *(f"{float(value) + by:.1f}" for by in (-1, -0.5, 0.5, 1)))
    elif (time := moment(value)) is not None:
        yield from ((time + timedelta(seconds=by)).isoformat().replace("+00:00", "Z") for by in (-1, 0, 1))
    elif "/" in value and value[0].isdigit():
        yield from ("192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0", "203.0.113.7", "203.0.113.8")
        yield from ("2001:db8::", "2001:db9::", "0.0.0.0", "::")
    else:
        for fill in ("", "a", "zz/\u00e9"):
            yield value.replace("*", fill).replace("?", "b")
        yield from (f"{value}x", value.swapcase())


def as_sample(request: Request) -> Sample:
    """A request that was given as an example."""
    return request.action, request.resource, {key: (value,) for key, value in request.context}
