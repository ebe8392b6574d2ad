"""What a role's raw policies come to: the ways in that should not be there, and whether all they allow is reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deputize.iam.arn import parse_policy_arn
from deputize.iam.exposure import Grade, exposure_of
from deputize.iam.grammar import policy_from_json
from deputize.iam.levels import judge
from deputize.iam.managed import managed_policy
from deputize.iam.policy import NotUnderstoodError, Policy
from deputize.model.display import printable

_OF_AWS = ":iam::aws:policy/"
_TOLD = 5  # actions named in a sentence; the others are counted


@dataclass(frozen=True, slots=True)
class Proof:
    """What the access policies allow beyond reading, one sentence each.

    not_read: actions that are not proved to read. secrets: reads that hand out credentials or secrets. unproved: parts
    about which nothing is proved. Resources, conditions, Deny statements and the boundary are not weighed: an action
    counts as if it were allowed on everything.
    """

    not_read: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    unproved: tuple[str, ...] = ()


def prove_read_only(
    documents: Mapping[str, Any], aws_managed: Sequence[str], allowed_secrets: Sequence[str] = ()
) -> Proof:
    """The read-only proof of raw policies (by name), and of AWS managed policies (ARNs) by their snapshots."""
    patterns: dict[str, tuple[str, ...]] = {}
    unproved: list[str] = []
    for where, document in documents.items():
        try:
            patterns[where] = _allowed(policy_from_json(document))
        except NotUnderstoodError as error:
            unproved.append(f"{where}: {printable(str(error), 200)}")
    for arn in aws_managed:
        parsed = parse_policy_arn(arn)
        snapshot = managed_policy(parsed[2].removeprefix("/")) if parsed is not None else None
        if snapshot is None:
            unproved.append(
                f"AWS managed policy {printable(arn, 200)}: its text could not be read, and no snapshot of it is here"
            )
        elif not snapshot.understood:
            unproved.append(
                f"AWS managed policy {snapshot.name} ({snapshot.version}, {snapshot.date}): has elements that are not "
                "understood, such as NotAction"
            )
        else:
            patterns[f"AWS managed policy {snapshot.name} ({snapshot.version}, {snapshot.date})"] = snapshot.patterns
    unproved += [
        f"{where}: {printable(one)} is no action that AWS has"
        for where, found in patterns.items()
        # AWS's own policies name actions of services that are gone.
        if "AWS managed" not in where and _OF_AWS not in where
        for one in found
        if not judge(one)
    ]
    allowed = {action.lower() for action in allowed_secrets}
    return Proof(
        tuple(f"{where} allows {_some(wide)}" for where, found in patterns.items() if (wide := _not_read(found))),
        tuple(
            f"{where} hands out {_some(out)}" for where, found in patterns.items() if (out := _secrets(found, allowed))
        ),
        tuple(unproved),
    )


def _allowed(policy: Policy) -> tuple[str, ...]:
    return tuple(action for one in policy.statements if one.effect == "Allow" for action in one.actions)


def _not_read(patterns: Sequence[str]) -> list[str]:
    return sorted({judged.action for pattern in patterns for judged in judge(pattern) if not judged.reads})


def _secrets(patterns: Sequence[str], allowed: set[str]) -> list[str]:
    reads = {judged.action for pattern in patterns for judged in judge(pattern) if judged.reads}
    return sorted(
        action
        for action in reads
        if (found := exposure_of(action)) is not None and found.grade is Grade.SECRET and action.lower() not in allowed
    )


def _some(actions: list[str]) -> str:
    more = f" and {len(actions) - _TOLD} more" if len(actions) > _TOLD else ""
    return f"{', '.join(actions[:_TOLD])}{more}"
