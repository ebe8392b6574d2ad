"""Requests to assume a role, one of every kind that the trust policies of two sides tell apart."""

from __future__ import annotations

from itertools import product

from deputize.iam.limits import EXTERNAL_ID as EXTERNAL_ID_LIMIT
from deputize.iam.policy import Policy
from deputize.iam.trust.access_paths import callers_told_apart
from deputize.iam.trust.callers import Caller, parse_caller
from deputize.iam.trust.intent import ACTIONS, Trusted, listed_ids
from deputize.iam.trust.reach import external_ids, fitting, is_not_enumerable, mixes_callers

# Somebody's, who need not be named: documentation's own account.
_ANY_ACCOUNT = "111122223333"

Try = tuple[Caller, str | None, str]
"""A caller, the external ID that is sent, and an action of STS."""


def tries_of(both: Policy) -> tuple[tuple[Try, ...], bool]:
    """A request of every kind that the policies tell apart, and whether these are all kinds."""
    listed = tuple(dict.fromkeys(listed_ids(both)))
    examples = external_ids(both, ())
    ids = (None, *filter(EXTERNAL_ID_LIMIT.admits, dict.fromkeys((*listed, *(examples or ())))))
    callers, is_whole = _callers(both)
    is_whole = is_whole and examples is not None and not is_not_enumerable(both) and not mixes_callers(both)
    tries = product(callers, ids, ACTIONS)
    return tuple(one for one in tries if one[0].can_call(one[2]) and (one[0].is_aws or one[1] is None)), is_whole


def _callers(both: Policy) -> tuple[tuple[Caller, ...], bool]:
    """One of every kind, each with all that a policy can ask about it, in every partition that a principal names."""
    named = [parse_caller(who.text) for one in both.clear_statements for who in one.principals]
    partitions = dict.fromkeys(one.partition for one in named if one is not None and one.partition is not None)
    found: dict[Caller, None] = {}
    for partition in partitions or ("aws",):
        callers = callers_told_apart(both, Trusted(partition, _ANY_ACCOUNT))
        exact = [fitting(both, one) for one in callers or ()]
        if callers is None or None in exact:
            return tuple(found), False
        found |= dict.fromkeys(one for many in exact for one in many or ())
    roles = {(one.account, one.name): one.arn for one in named if one is not None and one.kind == "role"}
    arns = {one.arn for one in named if one is not None}
    # A role's name is unique in its account: a session of that name is one of the role that is named.
    real = (one for one in found if one.kind != "session" or one.arn in arns or (one.account, one.name) not in roles)
    return tuple(real), True
