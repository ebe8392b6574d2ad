"""Why the right external ID was refused: whose fault it is as far as STS lets anyone know, and what is ruled out.

STS answers AccessDenied alike for a role that is not there and for one that does not trust the caller; in some cases
its message ends with the kind of policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from deputize.aws.probes import ALLOW, NO_ANSWER, REFUSE, Round
from deputize.iam.arn import RoleArn

_ACTION = re.compile(r"to perform: ([A-Za-z0-9:]+)", re.ASCII)

# A phrase of STS's message -> whose fault it is, and which.
_PHRASES: tuple[tuple[str, str], ...] = (
    (
        "because no identity-based policy allows",
        "vendor's side: no identity policy of {caller} allows sts:AssumeRole on this role",
    ),
    (
        "with an explicit deny in an identity-based policy",
        "vendor's side: an identity policy of {caller} denies sts:AssumeRole on this role",
    ),
    (
        "because no permissions boundary allows",
        "vendor's side: the permissions boundary of {caller} does not allow sts:AssumeRole on this role",
    ),
    (
        "with an explicit deny in a permissions boundary",
        "vendor's side: the permissions boundary of {caller} denies sts:AssumeRole on this role",
    ),
    (
        "because no session policy allows",
        "vendor's side: the session policy of {caller} does not allow sts:AssumeRole on this role",
    ),
    (
        "with an explicit deny in a session policy",
        "vendor's side: the session policy of {caller} denies sts:AssumeRole on this role",
    ),
    (
        "because no service control policy allows",
        "vendor's side: a service control policy of {caller}'s organization does not allow it",
    ),
    (
        "explicit deny in a service control policy",
        "vendor's side: a service control policy of {caller}'s organization denies it",
    ),
    (
        "resource control policy",
        "customer's side: a resource control policy of the organization of account {account} denies it",
    ),
    ("VPC endpoint policy", "vendor's side: the policy of the VPC endpoint that STS is reached through forbids it"),
    (
        "because no resource-based policy allows",
        (
            "customer's side: the role is not there under this ARN (name or path), or its trust policy does not let"
            " {caller} in with this external ID"
        ),
    ),
    (
        "explicit deny in a resource-based policy",
        "customer's side: a Deny in the role's trust policy meets {caller}; so the role is there",
    ),
)
_ACTIONS = {
    "sts:TagSession": "vendor's side: {caller} carries session tags on, and the role's trust policy does not allow"
    " sts:TagSession; so the role is there",
    "sts:SetSourceIdentity": "vendor's side: {caller} carries a source identity on, and the role's trust policy does"
    " not allow sts:SetSourceIdentity; so the role is there",
}


_OURS = tuple(phrase for phrase, text in _PHRASES if text.startswith("vendor's side"))


def is_callers_own(message: str) -> bool:
    """Whether STS says that the caller's own policies refuse, or what its session carries: nothing about the role."""
    named = _ACTION.search(message)
    return (named is not None and named[1] in _ACTIONS) or any(phrase in message for phrase in _OURS)


def diagnose(rounds: Sequence[Round], role: RoleArn, caller: str) -> tuple[str, ...]:
    """Sentences on why the right ID did not get in at the last round: whose it is, what is ruled out, what is left."""
    results = rounds[-1].results
    first = results[0]
    if first.got == NO_ANSWER:
        return (f"no answer is no refusal: {first.error}",)
    if first.got == ALLOW:
        return ("the right ID got in and was then refused in one round: the role is being changed",)
    if rounds[-1].spelt_otherwise:
        return (_SPELT_OTHERWISE, _ruled_out(role))
    names = {"caller": caller, "account": role.account_id}
    named = _ACTION.search(first.error)
    if named is not None and named[1] in _ACTIONS:
        return (_ACTIONS[named[1]].format(**names), _ruled_out(role))
    said = next((text for phrase, text in _PHRASES if phrase in first.error), None)
    if said is not None:
        return (said.format(**names), _ruled_out(role))
    return (*_unsaid(rounds[-1], caller), _ruled_out(role))


def _unsaid(last: Round, caller: str) -> tuple[str, ...]:
    """What is left where STS says nothing of why."""
    in_anyway = [one.name for one in last.results if one.got == ALLOW]
    if in_anyway:
        what = "customer's side: the role is there and lets the caller in, but its condition does not take this ID"
        return (f"{what} (it let in: {', '.join(in_anyway)})",)
    return _OPEN, _left(caller)


_SPELT_OTHERWISE = (
    "customer's side: the role asks for this external ID in another case (it let in: other-case), and external IDs are"
    " compared exactly; have it corrected in the role to the ID as you issued it"
)
_OPEN = (
    "STS does not say whose it is; on the customer's side: no role under this ARN (name, path, deleted), a trust policy"
    " without this principal or with another external ID or condition, a principal that went stale because it was"
    " deleted and made again, or a resource control policy"
)


def _left(caller: str) -> str:
    chained = ", session tags or a source identity that this session carries on" if ":assumed-role/" in caller else ""
    return (
        f"on the vendor's side: an identity policy, permissions boundary or service control policy of {caller},"
        f" or the policy of a VPC endpoint{chained}"
    )


def _ruled_out(role: RoleArn) -> str:
    return (
        "ruled out: the caller's credentials and its region (STS answered), another partition, throttling,"
        f" a role of the vendor's own account (it is in {role.account_id})"
    )


def refused(rounds: Sequence[Round]) -> bool:
    """Whether the right ID was refused, or not answered, at the start or end of the last round."""
    results = rounds[-1].results
    return REFUSE in (results[0].got, results[-1].got) or NO_ANSWER in (results[0].got, results[-1].got)
