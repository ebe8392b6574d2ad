"""What a request must bring besides its external ID: the further conditions that a caller has to meet.

For each condition key that the caller does not settle there is one value of every kind that the policy tells apart, and
none at all where a request may lack the key. An Allow is met key by key, so only what Deny statements compare is tried
in combination. No clock is asked: a date is a value like any other.
Which actions a request needs besides: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Literal

from deputize.iam.conditions import is_met
from deputize.iam.policy import Condition, Policy, Statement
from deputize.iam.trust.callers import CALLER_KEYS, EXTERNAL_ID, parse_caller
from deputize.iam.trust.evaluate import evaluate_trust
from deputize.iam.trust.examples import EVERY_REQUEST, Examples, examples_of
from deputize.iam.trust.intent import ASSUME_ROLE, SET_SOURCE_IDENTITY, TAG_SESSION
from deputize.iam.trust.statements import allows_assume_role

_MOST = 2_000  # requests that are tried for one statement

Request = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class CallerNeeds:
    """Whether a caller gets in, and with what.

    outcome: `open` with its external ID alone, `conditional` with more, `shut` whatever it sends, or `unclear`.
    keys: in lower case, the condition keys on which it depends.
    """

    outcome: Literal["open", "conditional", "unclear", "shut"]
    keys: tuple[str, ...] = ()


def needs_of(policy: Policy, principal: str, external_id: str | None) -> CallerNeeds:
    """What `principal`, the ARN of one caller, needs to assume a role with this trust policy and external ID."""
    tried = _Tries(policy, principal, external_id)
    for request in tried.requests():
        if tried.allows(request):
            keys = tuple(tried.needed(tried.shortest(request)))
            return CallerNeeds("conditional" if keys else "open", keys)
    return CallerNeeds("shut" if tried.is_complete else "unclear")


class _Tries:
    """Requests of one caller, tried one by one. is_complete: they stand for all requests, and each had an answer."""

    def __init__(self, policy: Policy, principal: str, external_id: str | None) -> None:
        self.policy, self.principal, self.external_id = policy, principal, external_id
        caller = parse_caller(principal)
        sent = () if external_id is None else (external_id,)
        settled = {} if caller is None else {k: v for k, v in caller.keys(sent, ASSUME_ROLE).items() if v is not None}
        self._settled = settled.keys() | CALLER_KEYS | {EXTERNAL_ID}
        self._by_key: dict[str, list[Condition]] = {}
        for statement in policy.clear_statements:
            for one in statement.conditions:
                if one.key.lower() not in self._settled:
                    self._by_key.setdefault(one.key.lower(), []).append(one)
        self._examples: dict[str, Examples] = {key: examples_of(key, many) for key, many in self._by_key.items()}
        self.is_complete = policy.opaque_fault is None and all(one.are_all for one in self._examples.values())

    def requests(self) -> Iterator[Request]:
        """Those that meet an Allow, what only a Deny compares in every combination."""
        for statement in self.policy.clear_statements:
            if not allows_assume_role(statement):
                continue
            values = [self._meeting(statement, key) for key in self._examples]
            combinations = product(*values)
            yield from (dict(zip(self._examples, one, strict=True)) for one in islice(combinations, _MOST))
            self.is_complete = self.is_complete and next(combinations, None) is None
        if any(one.is_opaque for one in self.policy.statements):
            self.is_complete = False

    def _meeting(self, statement: Statement, key: str) -> Sequence[tuple[str, ...]]:
        own = [one for one in statement.conditions if one.key.lower() == key]
        return [
            value
            for value in self._examples[key].values
            if all(is_met(one.operator, one.values, value, lambda text: (text,)) is not False for one in own)
        ]

    def allows(self, request: Request) -> bool:
        """Whether the request is allowed for sure, with the actions that it needs besides sts:AssumeRole."""
        outcome = self._outcome(request, ASSUME_ROLE)
        if outcome != "allow":
            self.is_complete = self.is_complete and outcome != "unknown"
            return False
        return all(self._outcome(request, one) in ("allow", "unknown") for one in _also_needed(request))

    def _outcome(self, request: Request, action: str) -> str:
        return evaluate_trust(
            self.policy, principal=self.principal, external_id=self.external_id, action=action, context=request
        ).outcome

    def shortest(self, request: Request) -> Request:
        """The request without each key that it can do without."""
        for key in request:
            shorter = {**request, key: ()}
            if key not in EVERY_REQUEST and self.allows(shorter):
                request = shorter
        return request

    def needed(self, request: Request) -> Iterator[str]:
        """The keys of which another value, or none, would keep it out, once it sends them or every request has them."""
        for key, value in request.items():
            others = (one for one in self._examples[key].values if one != value)
            if (value or key in EVERY_REQUEST) and any(not self.allows({**request, key: one}) for one in others):
                yield key


def _also_needed(request: Request) -> Iterator[str]:
    tags = (key for key, value in request.items() if value and key.startswith(("aws:requesttag/", "aws:tagkeys")))
    if any(tags):
        yield TAG_SESSION
    if request.get("sts:sourceidentity"):
        yield SET_SOURCE_IDENTITY
