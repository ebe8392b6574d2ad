"""The generated questions: one by its number, the same each time; nothing of deputize is used."""

from __future__ import annotations

import json
from typing import Any

from frozen.dice import Dice
from frozen.made_access import SECRETS, access, managed
from frozen.made_template import template
from frozen.made_trust import COLLECTOR, ID, OTHER, OWN, SECOND, VENDOR, trust
from frozen.questions import Expected, FileQuestion, RoleQuestion

FILES, ROLES = 10_000, 1_000
SEED = "frozen-1"
_NOBODY_SAYS = Expected()
_EXPECTED = (
    Expected(vendors=(VENDOR,), ids=(ID,)),
    Expected(vendors=(VENDOR,), ids=(ID,), all_roles=True),
    Expected(vendors=(VENDOR,)),
    Expected(vendors=(VENDOR, OTHER), ids=(ID, SECOND)),
    Expected(ids=(ID,)),
    Expected(ids=("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",)),
    Expected(vendors=(VENDOR,), ids=(ID,), secrets=SECRETS),
    Expected(secrets=SECRETS[:1]),
    Expected(all_roles=True),
)


def made_file(number: int) -> FileQuestion:
    """A file to be linted: a policy alone, an answer of `aws iam`, or a template."""
    dice = Dice(f"{SEED} file {number}")
    expected = _NOBODY_SAYS if dice.chance(40) else dice.pick(_EXPECTED)
    parameters: dict[str, str] = {}
    match dice.below(20):
        case 0 | 1 | 2 | 3:
            where, text = "trust.json", _json(dice, trust(dice))
        case 4 | 5 | 6:
            where, text = "access.json", _json(dice, access(dice))
        case 7 | 8:
            where, text = "role.json", _json(dice, {"Role": _answer(dice)})
        case 9 | 10:
            where, text = "details.json", _json(dice, {"RoleDetailList": [_detail(dice)]})
        case _:
            where = "made.template"
            policies: list[object] = [access(dice) for _ in range(dice.pick((0, 1, 1, 2)))]
            text, parameters = template(dice, trust(dice), policies, managed(dice))
    return FileQuestion(f"made/{number}", where, text.encode(), expected, parameters)


def made_role(number: int) -> RoleQuestion:
    """A role with a vendor and an ID expected, for the verdicts."""
    dice = Dice(f"{SEED} role {number}")
    policies = {f"inline policy Access{at}": access(dice) for at in range(dice.pick((1, 1, 2)))}
    return RoleQuestion(
        f"role/{number}",
        json.dumps(trust(dice)),
        (ID, SECOND) if dice.chance(10) else (ID,),
        VENDOR,
        (COLLECTOR,) if dice.chance(20) else (),
        policies,
        tuple(managed(dice)),
        SECRETS if dice.chance(30) else (),
    )


def _json(dice: Dice, value: object) -> str:
    return json.dumps(value, indent=dice.pick((None, 1, 2, 4))) + "\n"


def _answer(dice: Dice) -> dict[str, Any]:
    name = dice.pick(("reader", "Reader", "vendor-reader"))
    return {
        "Path": "/",
        "RoleName": name,
        "Arn": f"arn:aws:iam::{OWN}:role/{name}",
        "AssumeRolePolicyDocument": trust(dice),
        "MaxSessionDuration": dice.pick((3600, 3600, 43200)),
    }


def _detail(dice: Dice) -> dict[str, Any]:
    inline = [{"PolicyName": f"p{at}", "PolicyDocument": access(dice)} for at in range(dice.pick((0, 1, 1, 2)))]
    attached = [{"PolicyName": one.rpartition("/")[2], "PolicyArn": one} for one in managed(dice)]
    return {**_answer(dice), "RolePolicyList": inline, "AttachedManagedPolicies": attached}
