"""What is odd about one statement, whoever it is for: the usual ways to lose the external ID, each at its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from deputize.checks.access.statements import named
from deputize.checks.trust.case import RoleTrust
from deputize.checks.trust.reasons import UNREADABLE, About, Fault, Reason
from deputize.iam.policy import Condition, FaultKind, GrammarFault, Statement, path_of
from deputize.iam.trust.callers import EXTERNAL_ID, FEDERATED_ACTIONS
from deputize.iam.trust.intent import ASSUME_ROLE, SET_SOURCE_IDENTITY, TAG_SESSION
from deputize.iam.trust.principals import is_deleted, stands_for
from deputize.iam.trust.statements import is_about_id, is_provider, operator_of, proves_id, proves_value
from deputize.model.display import printable, shown

_REASONS: Mapping[FaultKind, Reason] = {
    "operator": Reason.OPERATOR,
    "element": Reason.ELEMENT,
    "misplaced": Reason.RESOURCE,
    "version": Reason.VERSION,
    **dict.fromkeys(("type", "no-statement", "action"), Reason.NOT_UNDERSTOOD),
    **dict.fromkeys(("sid", "sid-type"), Reason.REFUSED),
}
_MEANT = frozenset(one.lower() for one in (ASSUME_ROLE, TAG_SESSION, SET_SOURCE_IDENTITY))
_ALIKE = 0.8


def form_faults(case: RoleTrust) -> Iterator[Fault]:
    """What is wrong with the policy and its statements as IAM's grammar has them, whoever is trusted."""
    yield from _of_grammar(case.policy.faults)
    for statement in case.statements:
        yield from statement_faults(statement)


def statement_faults(statement: Statement) -> Iterator[Fault]:
    """The form's faults in one statement: elements that are none, and operators that are none."""
    return _of_grammar(statement.faults)


def _of_grammar(faults: tuple[GrammarFault, ...]) -> Iterator[Fault]:
    """The faults that matter in a trust policy; what an unknown element leaves unsaid is not said again."""
    # What is not understood is told once, and not at all beside an element that is none: that leaves much unsaid.
    is_told = any(one.of_key and one.is_opaque for one in faults)
    for one in faults:
        reason = _REASONS.get(one.kind)
        if reason in UNREADABLE and is_told:
            continue
        is_told = is_told or reason in UNREADABLE
        if reason is not None:
            about: About = "nothing" if reason is Reason.REFUSED else "form"
            yield Fault(reason, printable(one.sentence, 200), one.path, about, key=one.of_key or about == "form")


def access_faults(case: RoleTrust, statement: Statement) -> Iterator[Fault]:
    """What is odd about who may assume the role by an Allow, with which ID, to do what; the order is that of weight."""
    yield from _who(case, statement)
    yield from _actions(case, statement)
    yield from _ids(case, statement)


def _who(case: RoleTrust, statement: Statement) -> Iterator[Fault]:
    if statement.not_principal:
        what = "NotPrincipal with Allow lets everybody assume the role but those it names"
        yield Fault(Reason.NOT_PRINCIPAL, what, (*statement.path, "NotPrincipal"), "who", key=True)
        return
    for one in statement.principals:
        if "*" in one.text or "?" in one.text:
            what = f"trusts {shown(named(one.text, case.document.unknowns))}: it stands for more than anybody agreed to"
            # A condition may still say who may assume the role; not with a pattern, which IAM does not take.
            sure = one.text != "*" or is_provider(one)
            yield Fault(Reason.ANYONE, what, one.path, "who", sure=sure)
        elif is_deleted(one.kind, one.text):
            what = f"trusts {shown(one.text)}, the unique ID of a principal that was deleted: it lets nobody in"
            yield Fault(Reason.DELETED_PRINCIPAL, what, one.path, "who")
        elif one.kind == "AWS" and stands_for("AWS", one.text) is None and case.unknown(one.text) is None:
            what = f"trusts {shown(one.text, 120)}, which is {_malformed(one.text)}"
            yield Fault(Reason.MALFORMED_PRINCIPAL, what, one.path, "who")


def _malformed(text: str) -> str:
    account = text.split(":")[4] if text.startswith("arn:") and text.count(":") > 4 else text  # noqa: PLR2004
    if account.isdigit() and len(account) != 12:  # noqa: PLR2004
        return f"no principal: an account number has 12 digits, not {len(account)}"
    return "no AWS principal that deputize knows"


def _actions(case: RoleTrust, statement: Statement) -> Iterator[Fault]:
    if statement.not_action:
        what = "NotAction allows every way to assume the role but those it names"
        yield Fault(Reason.ACTIONS, what, (*statement.path, "NotAction"), "action", key=True)
        return
    federated = any(one.kind == "Federated" for one in statement.principals)
    for one in statement.actions:
        name = one.lower()
        if name in FEDERATED_ACTIONS:
            if not federated:
                what = f"allows {one} to an AWS principal: it is for identity providers, and has no external ID"
                yield Fault(Reason.WEB_IDENTITY, what, path_of(one), "action")
        elif name not in _MEANT:
            said = shown(named(one, case.document.unknowns))
            what = f"allows {said}: to assume the role needs sts:AssumeRole and nothing wider"
            yield Fault(Reason.ACTIONS, what, path_of(one), "action")


def _ids(case: RoleTrust, statement: Statement) -> Iterator[Fault]:
    proved = proves_id(statement)
    for condition in statement.conditions:
        if is_about_id(condition) and not proves_value(condition):
            yield from _loose(case, condition, proved=proved)
        elif not is_about_id(condition) and is_like_the_key(condition.key):
            what = f"{shown(condition.key)} is no condition key; sts:ExternalId is"
            yield Fault(Reason.KEY_MISSPELT, what, path_of(condition.key), "id", key=True)


def _loose(case: RoleTrust, condition: Condition, *, proved: bool) -> Iterator[Fault]:
    at = path_of(condition.operator)
    chosen = next((one for one in map(case.unknown, condition.values) if one is not None), None)
    test = operator_of(condition)
    if test is None:
        return
    if chosen is not None and not test.if_exists and _takes_wildcards(condition):
        what = f"{condition.operator} takes wildcards, and {case.label(chosen)} may hold one"
        yield Fault(Reason.ID_OPERATOR, what, at, "id", sure=not proved, key=True)
        return
    yield Fault(Reason.ID_OPERATOR, f"{condition.operator} {_looseness(condition)}", at, "id", sure=False, key=True)


def _looseness(condition: Condition) -> str:
    test = operator_of(condition)
    if test is None or test.base is None:
        return "asks only whether an external ID is sent, not which"
    if test.base.negated:
        return "accepts every other external ID, and none at all"
    if test.if_exists or test.sets == "ForAllValues":
        return "is true when no external ID is sent"
    if test.base.form == "any case":
        return "ignores the external ID's case"
    return "takes wildcards" if _takes_wildcards(condition) else "does not compare the external ID as a text"


def _takes_wildcards(condition: Condition) -> bool:
    test = operator_of(condition)
    return test is not None and test.base is not None and test.base.form in ("wildcards", "ARN")


def is_like_the_key(key: str) -> bool:
    """Whether a key is one that somebody wrote for sts:ExternalId."""
    prefix, _, name = key.lower().rpartition(":")
    name = name.replace("-", "").replace("_", "").split("/")[0]
    wanted = EXTERNAL_ID.rpartition(":")[2]
    return prefix in ("", "sts", "aws", "iam") and SequenceMatcher(None, name, wanted).ratio() >= _ALIKE
