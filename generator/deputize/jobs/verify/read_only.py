"""The read-only proof of a role's raw access policies, as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deputize.iam.allowed import Allowed, IdentityPolicy, Unproved, allowed_by, attached_policy
from deputize.iam.exposure import Grade
from deputize.iam.grammar import read_policy
from deputize.iam.read_only import ReadOnlyProof, reads_only
from deputize.model.display import printable

_OF_AWS = ":iam::aws:policy/"
_TOLD = 5  # actions named in a sentence; the others are counted


@dataclass(frozen=True, slots=True)
class Proof:
    """What the access policies allow beyond reading, one sentence each.

    not_read: actions that are not proved to read. secrets: actions that hand out credentials or secrets. unproved:
    parts about which nothing is proved. Deny statements are weighed where nothing escapes them; a condition on an Allow
    takes nothing away, and the boundary is not weighed, since its text is not read.
    """

    not_read: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    unproved: tuple[str, ...] = ()


def prove_read_only(
    documents: Mapping[str, Any], aws_managed: Sequence[str], allowed_secrets: Sequence[str] = ()
) -> Proof:
    """The read-only proof of raw policies (by name), and of AWS managed policies (ARNs) by their snapshots."""
    own = (
        IdentityPolicy(where, read_policy(document, "access"), of_aws=_OF_AWS in where)
        for where, document in documents.items()
    )
    allowed = allowed_by((*own, *(attached_policy(arn) for arn in aws_managed)))
    proof = reads_only(allowed)
    secrets = {action.lower() for action in allowed_secrets}
    return Proof(
        tuple(_sentences(allowed, "allows", _not_read(proof))),
        tuple(_sentences(allowed, "hands out", _secrets(proof, secrets))),
        tuple(f"{_where(allowed.policies[one.policy])}: {_doubt(one)}" for one in proof.unproved),
    )


def _not_read(proof: ReadOnlyProof) -> Iterator[tuple[int, str]]:
    for beyond in proof.beyond:
        yield from ((beyond.permission.policy, one.action) for one in beyond.actions)


def _secrets(proof: ReadOnlyProof, allowed: set[str]) -> Iterator[tuple[int, str]]:
    for exposed in proof.exposed:
        for one in exposed.of_grade(Grade.SECRET):
            if one.action.lower() not in allowed:
                yield exposed.permission.policy, one.action


def _sentences(allowed: Allowed, verb: str, found: Iterator[tuple[int, str]]) -> Iterator[str]:
    by_policy: dict[int, set[str]] = {}
    for policy, action in found:
        by_policy.setdefault(policy, set()).add(action)
    for policy, actions in sorted(by_policy.items()):
        yield f"{_where(allowed.policies[policy])} {verb} {_some(sorted(actions))}"


def _where(policy: IdentityPolicy) -> str:
    snapshot = policy.snapshot
    if snapshot is not None:
        return f"AWS managed policy {snapshot.name} ({snapshot.version}, {snapshot.date})"
    return f"AWS managed policy {printable(policy.name, 200)}" if policy.policy is None else policy.name


def _doubt(unproved: Unproved) -> str:
    return " ".join(one for one in (printable(unproved.text, 120), printable(unproved.message, 200)) if one)


def _some(actions: list[str]) -> str:
    more = f" and {len(actions) - _TOLD} more" if len(actions) > _TOLD else ""
    return f"{', '.join(actions[:_TOLD])}{more}"
