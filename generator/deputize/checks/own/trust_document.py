"""A trust policy as parsed JSON, of any origin: an element that the policy grammar does not hold is an error."""

from __future__ import annotations

from deputize.checks.own.subject import Expected
from deputize.checks.own.trust import GRAMMAR, check_trust
from deputize.iam.grammar import policy_from_json
from deputize.iam.policy import NotUnderstoodError
from deputize.model.values import Finding


def check_trust_document(document: object, expected: Expected, where: str) -> tuple[Finding, ...]:
    """What is wrong with the trust policy in `document`, parsed JSON of any kind; nothing is raised for it."""
    try:
        policy = policy_from_json(document)
    except NotUnderstoodError as error:
        return (_refused(where, str(error)),)
    # The reader drops what means nothing, as an Id or an operator without keys; no policy of ours has such a thing.
    if _unlisted(document) != _unlisted(policy.to_json()):
        return (_refused(where, "the policy has elements that mean nothing"),)
    return check_trust(policy, expected, where)


def _unlisted(value: object) -> object:
    """`value` with each list of one item replaced by the item, and the two ways to write anyone made one."""
    if isinstance(value, dict):
        return "*" if value == {"AWS": "*"} else {key: _unlisted(item) for key, item in value.items()}
    if isinstance(value, list):
        return _unlisted(value[0]) if len(value) == 1 else [_unlisted(item) for item in value]
    return value


def _refused(where: str, what: str) -> Finding:
    return Finding(GRAMMAR.id, GRAMMAR.severity, where, what, GRAMMAR.mend)
