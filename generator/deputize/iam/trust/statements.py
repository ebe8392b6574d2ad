"""What one statement of a trust policy is about: whom, which calls, and which external IDs its conditions take.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#ck_externalid
"""

from __future__ import annotations

from deputize.iam.operators import Test, parse_operator
from deputize.iam.policy import Condition, Principal, Statement
from deputize.iam.trust.callers import CALLER_KEYS, EXTERNAL_ID, SERVICE_KEYS
from deputize.iam.trust.intent import ASSUME_ROLE
from deputize.iam.wildcards import matches

_MARKING = frozenset(("sts:setcontext", "sts:setsourceidentity", "sts:tagsession"))
_EXACT_FORMS = ("same", "any case", "wildcards")


def may_allow(statement: Statement) -> bool:
    """Whether it may let somebody in: what does not say Deny may say Allow."""
    return statement.effect != "Deny"


def allows_call(statement: Statement, action: str) -> bool:
    """Whether one who meets its conditions may call `action` of STS."""
    is_named = any(matches(one.lower(), action.lower()) for one in statement.actions)
    return may_allow(statement) and is_named is not statement.not_action


def allows_assume_role(statement: Statement) -> bool:
    """Whether one who meets its conditions may call sts:AssumeRole."""
    return allows_call(statement, ASSUME_ROLE)


def only_marks_sessions(statement: Statement) -> bool:
    """Whether nobody assumes the role by it: it allows nothing but what goes with a session that another lets begin.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
    """
    actions = {one.lower() for one in statement.actions}
    return bool(actions) and actions <= _MARKING and not statement.not_action and not statement.faults


def is_provider(principal: Principal) -> bool:
    """Whether a principal is an AWS service or an identity provider."""
    return principal.kind in ("Service", "Federated")


def names_anybody(statement: Statement) -> bool:
    """Whether it is about AWS identities that it does not name."""
    return statement.not_principal or any(one.kind in ("AWS", "*") and "*" in one.text for one in statement.principals)


def names_any_provider(statement: Statement) -> bool:
    """Whether it is about AWS services or identity providers that it does not name."""
    return any(is_provider(one) and ("*" in one.text or "?" in one.text) for one in statement.principals)


def service_conditions(statement: Statement) -> tuple[Condition, ...]:
    """Its conditions that a request of an AWS service may be there to meet.

    That is on a key that only services bring, and with `Null` or `IfExists` on one that tells who else it is.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    return tuple(one for one in statement.conditions if _may_need_service(one))


def _may_need_service(condition: Condition) -> bool:
    key, test = condition.key.lower(), operator_of(condition)
    if key in SERVICE_KEYS or key == "aws:principalisawsservice":
        return True
    return key in CALLER_KEYS and test is not None and (test.base is None or test.if_exists)


def id_conditions(statement: Statement) -> tuple[Condition, ...]:
    """Its conditions on the external ID; AWS ignores the case of keys."""
    return tuple(one for one in statement.conditions if is_about_id(one))


def is_about_id(condition: Condition) -> bool:
    """Whether a condition is about the external ID."""
    return condition.key.lower() == EXTERNAL_ID


def operator_of(condition: Condition) -> Test | None:
    """The condition's operator as AWS reads it; None when there is none by that name."""
    return parse_operator(condition.operator)


def compares_whole(condition: Condition) -> bool:
    """Whether each value is compared with all of what was sent: no number, date or other type, and not negated."""
    test = operator_of(condition)
    base = test.base if test is not None else None
    return base is not None and base.form in _EXACT_FORMS and not base.negated


def is_pattern(condition: Condition, value: str) -> bool:
    """Whether a value of the condition stands for more texts than itself."""
    return "Like" in condition.operator and ("*" in value or "?" in value)


def proves_value(condition: Condition) -> bool:
    """Whether nobody meets the condition without sending one of its very values."""
    test = operator_of(condition)
    if test is None or test.base is None or test.if_exists or test.sets:
        return False
    return test.base.form == "same" and not test.base.negated


def proves_id(statement: Statement) -> bool:
    """Whether nobody meets the statement without sending one of the external IDs that it names."""
    return any(proves_value(one) for one in id_conditions(statement))
