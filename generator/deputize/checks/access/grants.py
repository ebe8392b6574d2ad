"""What a role of any origin may do, pattern by pattern: what each comes to once what is denied is taken away.

A Deny counts where it denies on every resource and under no condition; any other leaves a request that it does not
meet. An Allow under a condition, or on some resource, counts as an Allow.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from deputize.checks.access.statements import is_wide, named, place_of, scope_of, statements_of, unknown_in
from deputize.checks.own.access_parts import Verdict, verdict
from deputize.iam.actions import expand
from deputize.iam.arn import parse_policy_arn
from deputize.iam.exposure import Exposure
from deputize.iam.levels import Judged
from deputize.iam.managed import ManagedPolicy, managed_policy
from deputize.iam.policy import Statement, path_of
from deputize.model.display import shown
from deputize.model.world import Document, FoundPolicy, FoundRole, Place, Text, Unknown

ANYWHERE = Place("", 1, 1)
_NOWHERE = Document(None, {(): ANYWHERE})


@dataclass(frozen=True, slots=True)
class Granted:
    """One pattern of an Allow, or one attached AWS managed policy as a whole.

    label: it, for a person. pattern: empty for what is no single pattern. not_read, exposed: of the actions that it
    stands for and that are not denied, those exposed in order of name. suffix: on what, or as of which snapshot.
    wide: not for named resources only. known: some action matches. others: it is a NotAction. unknown: what in it the
    file does not hold.
    """

    label: str
    place: Place
    pattern: str = ""
    not_read: tuple[Judged, ...] = ()
    exposed: tuple[Exposure, ...] = ()
    suffix: str = ""
    wide: bool = True
    known: bool = True
    others: bool = False
    unknown: Unknown | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """An attached managed policy that no text of the file makes. policy: its snapshot, None where there is none."""

    arn: str
    place: Place
    policy: ManagedPolicy | None = None
    unknown: Unknown | None = None


@dataclass(frozen=True, slots=True)
class Denied:
    """What is denied on every resource and under no condition.

    actions: that are denied. kept: of each Deny with NotAction, what it leaves.
    """

    actions: frozenset[str]
    kept: tuple[frozenset[str], ...]

    def __contains__(self, action: str) -> bool:
        return action in self.actions or any(action not in one for one in self.kept)

    def without(self, found: Granted) -> Granted:
        """What is left of it."""
        if not self.actions and not self.kept:
            return found
        return replace(
            found,
            not_read=tuple(one for one in found.not_read if one.action not in self),
            exposed=tuple(one for one in found.exposed if one.action not in self),
        )


@dataclass(frozen=True, slots=True)
class Access:
    """All that a role, or a policy alone, may do.

    denied: what is not in `granted` any more. closed: all but named actions are denied, also those yet to come.
    """

    documents: tuple[Document, ...]
    attached: tuple[Attached, ...]
    granted: tuple[Granted, ...]
    closed: bool
    denied: Denied
    allowed_secrets: frozenset[str] = frozenset()
    claimed_secrets: frozenset[str] = frozenset()
    claimant: str = ""


def access_of_role(role: FoundRole, allowed_secrets: Iterable[str] = ()) -> Access:
    """What `role` may do. allowed_secrets: reads of secrets that the caller allows, as full action names."""
    attached = tuple(_attached(one, role.unknowns) for one in role.managed)
    return _access(role.policies, attached, allowed_secrets)


def access_of_policy(policy: FoundPolicy, allowed_secrets: Iterable[str] = ()) -> Access:
    """What an access policy that stands alone lets whoever has it do."""
    return _access((policy,), (), allowed_secrets)


def _access(policies: Sequence[FoundPolicy], attached: tuple[Attached, ...], allowed: Iterable[str]) -> Access:
    documents = tuple(policy.document for policy in policies)
    statements = [(one, document) for document in documents for one in statements_of(document)]
    snapshots = [(one.place, one.policy.name) for one in attached if one.policy is not None]
    denied = _denied([*statements, *((one, _NOWHERE) for _, name in snapshots for one in snapshot_statements(name))])
    granted = (
        *(found for one, document in statements if one.effect == "Allow" for found in _allowed(one, document)),
        *(replace(_snapshot(name), place=place) for place, name in snapshots),
    )
    return Access(
        documents,
        attached,
        tuple(denied.without(one) for one in granted),
        closed=bool(denied.kept),
        denied=denied,
        allowed_secrets=frozenset(action.lower() for action in allowed),
    )


def _attached(text: Text, unknowns: Sequence[Unknown]) -> Attached:
    unknown = unknown_in(text.value, unknowns)
    if unknown is not None:
        return Attached(named(text.value, unknowns), text.place, unknown=unknown)
    parsed = parse_policy_arn(text.value)
    known = parsed is not None and parsed[1] == "aws"
    return Attached(text.value, text.place, managed_policy(parsed[2].removeprefix("/")) if parsed and known else None)


def _denied(statements: Sequence[tuple[Statement, Document]]) -> Denied:
    denies = [
        (one, one.actions)
        for one, document in statements
        if one.effect == "Deny" and denies_all(one, document.unknowns)
    ]
    return Denied(
        frozenset().union(*(_expanded(patterns) for one, patterns in denies if not one.not_action)),
        tuple(_expanded(patterns) for one, patterns in denies if one.not_action),
    )


def denies_all(statement: Statement, unknowns: Sequence[Unknown]) -> bool:
    """Whether it denies what it names always and everywhere."""
    everything = not statement.not_resource and any(one.strip("*") == "" for one in statement.resources)
    named_here = statement.actions and not any(unknown_in(one, unknowns) for one in statement.actions)
    return everything and not statement.conditions and bool(named_here)


@lru_cache(maxsize=256)
def _expanded(patterns: tuple[str, ...]) -> frozenset[str]:
    return frozenset(action for pattern in patterns for action in expand(pattern))


def _allowed(statement: Statement, document: Document) -> Iterator[Granted]:
    unknowns = document.unknowns
    suffix, wide = scope_of(statement, unknowns), is_wide(statement)
    if statement.not_action:
        patterns = statement.actions
        label = f"NotAction {shown(named(', '.join(patterns), unknowns), 120)}"
        found = _all_but(patterns)
        yield Granted(
            label, place_of(statement, document), "", found.not_read, found.exposed, suffix, wide, others=True
        )
        return
    for action in statement.actions:
        unknown = unknown_in(action, unknowns)
        found = verdict(action) if unknown is None else _NOTHING
        label = shown(named(action, unknowns), 120)
        yield Granted(
            label,
            document.place(path_of(action)),
            action,
            found.not_read,
            found.exposed,
            suffix,
            wide,
            found.known,
            unknown=unknown,
        )


_NOTHING = Verdict(known=True, not_read=(), exposed=())


@lru_cache(maxsize=64)
def _all_but(patterns: tuple[str, ...]) -> Verdict:
    everything, but = verdict("*"), _expanded(patterns)
    return Verdict(
        known=True,
        not_read=tuple(one for one in everything.not_read if one.action not in but),
        exposed=tuple(one for one in everything.exposed if one.action not in but),
    )


@cache
def snapshot_statements(name: str) -> tuple[Statement, ...]:
    """The statements of an AWS managed policy with a snapshot, all of them nowhere."""
    policy = managed_policy(name)
    return () if policy is None else statements_of(replace(_NOWHERE, value=dict(policy.document)))


@cache
def _snapshot(name: str) -> Granted:
    """All that an AWS managed policy allows, as one."""
    policy = managed_policy(name)
    allows = [one for one in snapshot_statements(name) if one.effect == "Allow"]
    granted = [found for one in allows for found in _allowed(one, _NOWHERE)]
    return Granted(
        f"the AWS managed policy {name}",
        ANYWHERE,
        not_read=tuple({one.action: one for found in granted for one in found.not_read}.values()),
        exposed=tuple(sorted({one for found in granted for one in found.exposed}, key=lambda one: one.action)),
        suffix="" if policy is None else f" (as of snapshot {policy.version}, {policy.date})",
        others=any(one.not_action for one in allows),
    )
