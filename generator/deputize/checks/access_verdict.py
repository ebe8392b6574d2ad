"""The verdict on what a role may do, made from its judgement: beyond reading, secrets, and what is not proved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deputize.checks.judgement import Judgement
from deputize.checks.rule import some
from deputize.iam.allowed import Allowed, IdentityPolicy, Unproved
from deputize.iam.exposure import Grade
from deputize.iam.read_only import ReadOnlyProof, reads_only
from deputize.model.display import printable
from deputize.model.values import AccessState

_TOLD = 5  # actions named in a sentence; the others are counted


@dataclass(frozen=True, slots=True)
class AccessVerdict:
    """What the access policies allow beyond reading, one sentence each.

    not_read: actions that are not proved to read. secrets: actions that hand out credentials or secrets. unproved:
    parts about which nothing is proved. Deny statements are weighed where nothing escapes them; a condition on an Allow
    takes nothing away, and the boundary is not weighed, since its text is not read.
    """

    not_read: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    unproved: tuple[str, ...] = ()

    @property
    def state(self) -> AccessState:
        """The state of a role whose policies are all that was looked at."""
        if self.not_read:
            return AccessState.TOO_WIDE
        return AccessState.UNKNOWN if self.unproved else AccessState.OK

    @property
    def notes(self) -> Iterator[str]:
        """What has to be said about it."""
        yield from (f"not proved to read: {one}" for one in self.not_read)
        yield from (f"secrets: {one}" for one in self.secrets)
        yield from (f"nothing is proved about {one}" for one in self.unproved)


def access_verdict(judgement: Judgement) -> AccessVerdict:
    """What the judgement of a role says of its access policies."""
    access = judgement.access
    allowed, proof = access.allowed, reads_only(access.allowed)
    return AccessVerdict(
        tuple(_sentences(allowed, "allows", _not_read(proof))),
        tuple(_sentences(allowed, "hands out", _secrets(proof, access.allowed_secrets))),
        (
            *(f"{_where(allowed.policies[one.policy])}: {_doubt(one)}" for one in proof.unproved),
            *(f"{one.place.file}: {one.what}" for one in judgement.unread),
        ),
    )


def _not_read(proof: ReadOnlyProof) -> Iterator[tuple[int, str]]:
    for beyond in proof.beyond:
        yield from ((beyond.permission.policy, one.action) for one in beyond.actions)


def _secrets(proof: ReadOnlyProof, allowed: frozenset[str]) -> Iterator[tuple[int, str]]:
    for exposed in proof.exposed:
        for one in exposed.of_grade(Grade.SECRET):
            if one.action.lower() not in allowed:
                yield exposed.permission.policy, one.action


def _sentences(allowed: Allowed, verb: str, found: Iterator[tuple[int, str]]) -> Iterator[str]:
    by_policy: dict[int, set[str]] = {}
    for policy, action in found:
        by_policy.setdefault(policy, set()).add(action)
    for policy, actions in sorted(by_policy.items()):
        yield f"{_where(allowed.policies[policy])} {verb} {some(sorted(actions), _TOLD)}"


def _where(policy: IdentityPolicy) -> str:
    snapshot = policy.snapshot
    if snapshot is not None:
        return f"AWS managed policy {snapshot.name} ({snapshot.version}, {snapshot.date})"
    return f"AWS managed policy {printable(policy.name, 200)}" if policy.policy is None else policy.name


def _doubt(unproved: Unproved) -> str:
    return " ".join(one for one in (printable(unproved.text, 120), printable(unproved.message, 200)) if one)
