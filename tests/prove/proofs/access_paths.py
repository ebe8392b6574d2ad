"""`find_access_paths` against enumeration: where it finds nothing, `iam.evaluate` lets nobody in who is not meant.

2,000 trust policies that let a meant caller in and are called clean, 240 other requests of each. The two share the
policy grammar and the operators alone: who a principal stands for, and who is meant, is written anew here.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import product
from random import Random
from typing import Any

from deputize.iam.evaluate import evaluate
from deputize.iam.grammar import read_policy
from deputize.iam.policy import Policy, Principal, Statement
from deputize.iam.trust.access_paths import Trusted, find_access_paths
from prove.proof import Figures, RefutedError, proof

CLEAN = 10
REQUESTS = 240
VENDOR, OTHER, STRANGER = "111122223333", "444455556666", "999999999999"
ROLE = f"arn:aws:iam::{VENDOR}:role/p/ab"
IDS = ("Acme-7d4c0b9e", "Beta-7d4c0b9e")
Json = dict[str, Any]
Caller = dict[str, str]
Request = tuple[str, str, str | None, bool]
"""(Caller, action, external ID, whether through the endpoint that some policies ask for)."""

_SENT = (*IDS, None, *(change for one in IDS for change in (one.swapcase(), one[:-1], f"{one}0", f"0{one}")), "ab", "*")
_PATTERNS = (*IDS, *IDS, "Acme-*", "*", "Acme-7d4c0b9?", IDS[0].lower(), "ab", "")
_WHO = (
    *(f"arn:aws:iam::{VENDOR}:{name}" for name in ("root", "role/p/ab", "role/ab", "user/ab", "role/*")),
    f"arn:aws:iam::{OTHER}:root", f"arn:aws:iam::{OTHER}:role/p/ab", "arn:aws:iam::*:role/p/a?", "*", VENDOR,
    f"arn:aws:sts::{VENDOR}:assumed-role/ab/s",
)  # fmt: skip
_ACTIONS = ("sts:AssumeRole",) * 6 + (
    "sts:*",
    "sts:TagSession",
    "sts:Assume*",
    "STS:assumerole",
    "sts:SetSourceIdentity",
)
_FORMS = ("StringEquals", "StringEquals", "StringLike", "StringEqualsIgnoreCase", "StringNotEquals", "StringNotLike")
_CALLS = ("sts:AssumeRole", "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")


@proof(seed=20261201, seconds=600, chunks=200, share=1)
def access_paths(chance: Random) -> Figures:
    """A trust policy in which no way in is found lets nobody in but who is meant, and each way that is found is one."""
    figures: Counter[str] = Counter()
    while figures["policies called clean"] < CLEAN:
        figures += _judged(chance)
    return dict(figures)


def _judged(chance: Random) -> Counter[str]:
    roles = chance.choice(((), (ROLE,)))
    accepted = IDS[: chance.randint(1, 2)]
    text = json.dumps(_policy(chance, roles, accepted))
    policy = read_policy(text, "trust")
    ways = find_access_paths(policy, Trusted("aws", VENDOR, roles), accepted)
    if ways:
        sure = [one for one in ways if one.kind != "unknown" and one.principal in _callers()]
        for one in sure:
            wrong = (one.principal, one.action, one.external_id, False)
            if not any(_lets_in(policy, (*wrong[:3], through)) for through in (True, False)):
                msg = f"{wrong} is refused, and told as a way in: {text}"
                raise RefutedError(msg)
        return Counter({"policies with ways in": 1, "ways in that were tried": len(sure)})
    meant, others = _requests(roles, accepted)
    if not any(_lets_in(policy, one) for one in meant):
        return Counter({"clean policies that let nobody in": 1})
    tried = chance.sample(others, REQUESTS)
    allowed = [one for one in tried if _lets_in(policy, one)]
    if allowed:
        msg = f"{allowed[0]} gets in, with {roles} and {accepted} meant: {text}"
        raise RefutedError(msg)
    return Counter({"policies called clean": 1, "requests": len(tried)})


@cache
def _requests(roles: tuple[str, ...], accepted: tuple[str, ...]) -> tuple[list[Request], list[Request]]:
    """Every request that can be made: those that are meant, and all others."""
    every = [
        (who, action, sent, through)
        for who, caller in _callers().items()
        for action, sent, through in product(_actions_of(caller), _SENT, (True, False))
    ]
    meant = [one for one in every if _is_meant(one, roles, accepted)]
    return meant, [one for one in every if one not in meant]


def _actions_of(caller: Caller) -> tuple[str, ...]:
    return (caller["call"],) if "call" in caller else _CALLS[1:]


def _is_meant(request: Request, roles: tuple[str, ...], accepted: tuple[str, ...]) -> bool:
    who, action, sent, _ = request
    caller = _callers()[who]
    known = caller.get("arn") in roles if roles else caller.get("account") == VENDOR and "call" not in caller
    return known and action == "sts:AssumeRole" and sent in accepted


@cache
def _callers() -> dict[str, Caller]:
    """Who calls, by the text that names them: `arn` is aws:PrincipalArn, `call` the one action of a provider."""
    found: dict[str, Caller] = {}
    for account in (VENDOR, OTHER, STRANGER):
        for path in ("user/ab", "user/p/ba", "role/ab", "role/p/ab", "role/zz"):
            arn = f"arn:aws:iam::{account}:{path}"
            name = {"name": path.rpartition("/")[2]} if path.startswith("user/") else {}
            found[arn] = {"account": account, "arn": arn, **name}
        session = f"arn:aws:sts::{account}:assumed-role/ab/s"
        found[session] = {"account": account, "arn": f"arn:aws:iam::{account}:role/ab", "session": session}
    found["ec2.amazonaws.com"] = {"service": "ec2.amazonaws.com"}
    found["accounts.google.com"] = {"provider": "accounts.google.com", "call": "sts:AssumeRoleWithWebIdentity"}
    saml = f"arn:aws:iam::{VENDOR}:saml-provider/p"
    found[saml] = {"provider": saml, "call": "sts:AssumeRoleWithSAML", "account": VENDOR}
    return found


def _lets_in(policy: Policy, request: Request) -> bool:
    """What `iam.evaluate` says of the statements that are about this caller."""
    who, action, sent, through = request
    caller = _callers()[who]
    about = [one for one in policy.statements if _is_about(one, caller)]
    if not about:
        return False
    bare = tuple(replace(one, principals=(), not_principal=False, resources=("*",)) for one in about)
    keys = {
        "sts:ExternalId": sent,
        "aws:PrincipalArn": caller.get("arn"),
        "aws:PrincipalAccount": caller.get("account") if "call" not in caller else None,
        "aws:username": caller.get("name"),
        "aws:SourceVpce": "vpce-1" if through else None,
    }
    context = {key: value for key, value in keys.items() if value is not None}
    return evaluate(replace(policy, statements=bare), action, "*", context) == "allow"


def _is_about(statement: Statement, caller: Caller) -> bool:
    return any(_names(one, caller) for one in statement.principals) is not statement.not_principal


def _names(principal: Principal, caller: Caller) -> bool:
    if principal.text == "*":
        return True
    if principal.kind != "AWS":
        return principal.text in (caller.get("service"), caller.get("provider"))
    if "call" in caller or "service" in caller:
        return False
    whole = (caller["account"], f"arn:aws:iam::{caller['account']}:root")
    return principal.text in (*whole, caller["arn"], caller.get("session"))


def _policy(chance: Random, roles: tuple[str, ...], accepted: tuple[str, ...]) -> Json:
    """One that asks for what is meant in one of many ways; in half of all something is done to it."""
    statements = [_good(chance, roles, accepted)]
    if chance.random() < 0.3:
        statements.append(_good(chance, roles, accepted))
    if chance.random() < 0.4:
        statements.append(_deny(chance, accepted))
    for _ in range(chance.choice((0, 0, 1, 2))):
        chance.choice((_add, _drop, _ask, _rename))(chance, statements)
    chance.shuffle(statements)
    return {"Version": "2012-10-17", "Statement": statements}


def _good(chance: Random, roles: tuple[str, ...], accepted: tuple[str, ...]) -> Json:
    form = chance.choice(("StringEquals", "StringEquals", "StringLike", "ForAnyValue:StringEquals"))
    key = chance.choice(("sts:ExternalId", "sts:ExternalId", "STS:externalid"))
    ids = list(accepted) if chance.random() < 0.7 else [chance.choice(accepted)]
    asked: Json = {form: {key: ids[0] if len(ids) == 1 else ids}}
    root = chance.choice((f"arn:aws:iam::{VENDOR}:root", VENDOR))
    who: Any = {"AWS": root}
    if roles and chance.random() < 0.5:
        who = {"AWS": list(roles)}
    elif roles:
        who = chance.choice(({"AWS": root}, {"AWS": "*"}, "*"))
        asked.setdefault(chance.choice(("ArnEquals", "ArnLike", "StringEquals")), {})["aws:PrincipalArn"] = list(roles)
    elif chance.random() < 0.3:
        who = chance.choice(({"AWS": "*"}, "*"))
        asked.setdefault("StringEquals", {})["aws:PrincipalAccount"] = VENDOR
    if chance.random() < 0.2:
        asked.setdefault("StringEquals", {})["aws:SourceVpce"] = "vpce-1"
    return {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole", "Condition": asked}


def _deny(chance: Random, accepted: tuple[str, ...]) -> Json:
    asked: Json = chance.choice(
        (
            {"StringNotEquals": {"sts:ExternalId": list(accepted)}},
            {"Null": {"sts:ExternalId": "true"}},
            {"StringEquals": {"aws:username": "ab"}},
            {"StringNotEqualsIfExists": {"aws:PrincipalAccount": VENDOR}},
            {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:*"}},
        )
    )
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": chance.choice(("sts:*", "sts:AssumeRole")),
        "Condition": asked,
    }


def _clause(chance: Random) -> tuple[str, str, Any]:
    form = chance.choice(("", "", "", "ForAllValues:", "ForAnyValue:")) + chance.choice(_FORMS)
    return chance.choice(
        (
            (form + chance.choice(("", "IfExists")), "sts:ExternalId", chance.sample(_PATTERNS, chance.randint(1, 2))),
            (chance.choice(("ArnEquals", "ArnNotLike", "StringLike")), "aws:PrincipalArn", chance.choice(_WHO[:9])),
            (form, "aws:username", chance.choice(("ab", "a*"))),
            (form, "aws:PrincipalAccount", chance.choice((VENDOR, OTHER, "1*"))),
            ("Null", "sts:ExternalId", chance.choice(("true", "false"))),
        )
    )


def _add(chance: Random, statements: list[Json]) -> None:
    """A statement that nobody thought of."""
    who = chance.choice(
        ("*", {"Service": "ec2.amazonaws.com"}, {"Federated": "accounts.google.com"}, *({"AWS": one} for one in _WHO))
    )
    conditions: Json = {}
    for form, key, value in (_clause(chance) for _ in range(chance.randint(0, 2))):
        conditions.setdefault(form, {})[key] = value
    effect = chance.choice(("Allow", "Deny"))
    element = "NotPrincipal" if effect == "Deny" and chance.random() < 0.3 else "Principal"
    one: Json = {"Effect": effect, element: who, "Action": chance.choice(_ACTIONS)}
    statements.append({**one, "Condition": conditions} if conditions else one)


def _drop(chance: Random, statements: list[Json]) -> None:
    """A condition less."""
    asked = chance.choice(statements).get("Condition", {})
    if asked:
        del asked[chance.choice(sorted(asked))]


def _ask(chance: Random, statements: list[Json]) -> None:
    """A condition more, or another in its place."""
    form, key, value = _clause(chance)
    chance.choice(statements).setdefault("Condition", {}).setdefault(form, {})[key] = value


def _rename(chance: Random, statements: list[Json]) -> None:
    """Somebody or something else."""
    one = chance.choice(statements)
    if chance.random() < 0.5:
        one["Action"] = chance.choice(_ACTIONS)
    elif "Principal" in one:
        one["Principal"] = {"AWS": chance.choice(_WHO)}
