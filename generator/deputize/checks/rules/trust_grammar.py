"""What is odd about one statement, whoever it lets in: the usual ways to lose the external ID, each at its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from typing import Literal

from deputize.checks.access.statements import named
from deputize.checks.trust.case import Asked, Stated, TrustCase
from deputize.iam.operators import OPERATORS
from deputize.iam.trust.callers import EXTERNAL_ID, FEDERATED_ACTIONS
from deputize.iam.trust.document import read_trust
from deputize.iam.trust.intent import ASSUME_ROLE, SET_SOURCE_IDENTITY, TAG_SESSION
from deputize.iam.trust.principals import stands_for
from deputize.model.display import shown
from deputize.read.found import Path

About = Literal["form", "who", "id", "action"]

_IN_POLICY = ("Version", "Id", "Statement")
_IN_STATEMENT = ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition")
_RESOURCES = ("resource", "notresource")
_MEANT = frozenset(one.lower() for one in (ASSUME_ROLE, TAG_SESSION, SET_SOURCE_IDENTITY))
_ALIKE = 0.8


@dataclass(frozen=True, slots=True)
class Fault:
    """Something odd: the rule that says so, and where.

    about: the part of the statement it spoils; with "form" it may mean anything. sure: it is a finding by itself, not
    only when it lets somebody in. key: it is the key that is odd.
    """

    rule: str
    what: str
    path: Path
    about: About
    sure: bool = True
    key: bool = False


def form_faults(case: TrustCase) -> Iterator[Fault]:
    """What is wrong with the policy and its statements as IAM's grammar has them, whoever is trusted."""
    value = case.document.value
    if isinstance(value, Mapping):
        yield from _elements(value, (), _IN_POLICY, "a policy")
    read = read_trust(value if isinstance(value, Mapping) else "")
    known = {fault.path[:-1] for fault in _elements_of(case)}
    if read.trouble is not None and not (isinstance(value, Mapping) and value.keys() - set(_IN_POLICY)):
        yield _form("trust-not-understood", f"the policy is not understood: {read.trouble}", ())
    for stated, found in zip(case.statements, read.statements, strict=False):
        yield from statement_faults(stated)
        if found.trouble is not None and stated.path not in known:
            yield _form("trust-not-understood", f"the statement is not understood: {found.trouble}", stated.path)


def statement_faults(stated: Stated) -> Iterator[Fault]:
    """The form's faults in one statement: elements that are none, and operators that are none."""
    if isinstance(stated.raw, Mapping):
        yield from _elements(stated.raw, stated.path, _IN_STATEMENT, "a statement of a trust policy")
    for asked in stated.asked:
        if asked.test is None:
            near = _operator_like(asked.operator)
            what = f"{shown(asked.operator)} is no condition operator{near}"
            yield _form("trust-operator-misspelt", what, asked.path[:-1])


def entry_faults(case: TrustCase, stated: Stated) -> Iterator[Fault]:
    """What is odd about whom an Allow lets in, with which ID, to do what; the order is that of weight."""
    yield from _who(case, stated)
    yield from _actions(case, stated)
    yield from _ids(case, stated)


def _elements_of(case: TrustCase) -> Iterator[Fault]:
    for stated in case.statements:
        if isinstance(stated.raw, Mapping):
            yield from _elements(stated.raw, stated.path, _IN_STATEMENT, "")


def _elements(fields: Mapping[object, object], path: Path, known: tuple[str, ...], owner: str) -> Iterator[Fault]:
    for key in fields:
        if key in known:
            continue
        at, text = (*path, str(key)), str(key)
        if text.lower() in _RESOURCES and path:
            yield _form("trust-resource", f"has {text}: a trust policy is about its own role", at)
            continue
        near = get_close_matches(text.lower(), [one.lower() for one in known], 1)
        meant = next((one for one in known if near and one.lower() == near[0]), None)
        hint = f"; {meant} is" if meant else ""
        yield _form("trust-element", f"{shown(text)} is no element of {owner}{hint}", at)


def _who(case: TrustCase, stated: Stated) -> Iterator[Fault]:
    if stated.excepts:
        what = "NotPrincipal with Allow lets in everybody but those it names"
        yield Fault("trust-not-principal", what, (*stated.path, "NotPrincipal"), "who", key=True)
        return
    for one in stated.principals:
        if "*" in one.text or "?" in one.text:
            what = f"trusts {shown(named(one.text, case.document.unknowns))}: it stands for more than anybody agreed to"
            # A condition may still hold who enters; not with a pattern, which IAM does not take.
            sure = one.text != "*" or one.is_provider
            yield Fault("trust-anyone", what, one.path, "who", sure=sure)
        elif one.kind == "AWS" and stands_for("AWS", one.text) is None and case.unknown(one.text) is None:
            what = f"trusts {shown(one.text, 120)}, which is {_malformed(one.text)}"
            yield Fault("trust-principal-malformed", what, one.path, "who")


def _malformed(text: str) -> str:
    if text.startswith(("AROA", "AIDA")):
        return "the unique ID that AWS shows for a principal that was deleted"
    account = text.split(":")[4] if text.startswith("arn:") and text.count(":") > 4 else text  # noqa: PLR2004
    if account.isdigit() and len(account) != 12:  # noqa: PLR2004
        return f"no principal: an account number has 12 digits, not {len(account)}"
    return "no AWS principal that deputize knows"


def _actions(case: TrustCase, stated: Stated) -> Iterator[Fault]:
    if stated.other_actions:
        what = "NotAction allows every way to enter but those it names"
        yield Fault("trust-actions", what, (*stated.path, "NotAction"), "action", key=True)
        return
    federated = any(one.kind == "Federated" for one in stated.principals)
    for one in stated.actions:
        name = one.text.lower()
        if name in FEDERATED_ACTIONS:
            if not federated:
                what = f"allows {one.text} to an AWS principal: it is for identity providers, and has no external ID"
                yield Fault("trust-web-identity", what, one.path, "action")
        elif name not in _MEANT:
            said = shown(named(one.text, case.document.unknowns))
            what = f"allows {said}: entry needs sts:AssumeRole and nothing wider"
            yield Fault("trust-actions", what, one.path, "action")


def _ids(case: TrustCase, stated: Stated) -> Iterator[Fault]:
    proved = any(one.is_proof for one in stated.ids)
    for asked in stated.asked:
        if asked.asks_id and not asked.is_proof:
            yield from _loose(case, asked, proved=proved)
        elif not asked.asks_id and _is_like_the_key(asked.key):
            what = f"{shown(asked.key)} is no condition key; sts:ExternalId is"
            yield Fault("trust-key-misspelt", what, asked.path, "id", key=True)


def _loose(case: TrustCase, asked: Asked, *, proved: bool) -> Iterator[Fault]:
    at = asked.path[:-1]
    chosen = next((one for one in map(case.unknown, (one.text for one in asked.values)) if one is not None), None)
    if asked.test is None:
        return
    if chosen is not None and not asked.test.if_exists and _takes_wildcards(asked):
        what = f"{asked.operator} takes wildcards, and {case.label(chosen)} may hold one"
        yield Fault("trust-id-operator", what, at, "id", sure=not proved, key=True)
        return
    yield Fault("trust-id-operator", f"{asked.operator} {_looseness(asked)}", at, "id", sure=False, key=True)


def _looseness(asked: Asked) -> str:
    test = asked.test
    if test is None or test.base is None:
        return "asks only whether an external ID is sent, not which"
    if test.base.negated:
        return "lets in every other external ID, and none at all"
    if test.if_exists or test.sets == "ForAllValues":
        return "is true when no external ID is sent"
    if test.base.form == "any case":
        return "ignores the external ID's case"
    return "takes wildcards" if _takes_wildcards(asked) else "does not compare the external ID as a text"


def _takes_wildcards(asked: Asked) -> bool:
    return asked.test is not None and asked.test.base is not None and asked.test.base.form in ("wildcards", "ARN")


def _is_like_the_key(key: str) -> bool:
    """Whether a key is one that somebody wrote for sts:ExternalId."""
    prefix, _, name = key.lower().rpartition(":")
    name = name.replace("-", "").replace("_", "").split("/")[0]
    wanted = EXTERNAL_ID.rpartition(":")[2]
    return prefix in ("", "sts", "aws", "iam") and SequenceMatcher(None, name, wanted).ratio() >= _ALIKE


def _operator_like(text: str) -> str:
    prefix, colon, rest = text.rpartition(":")
    near = get_close_matches(rest.lower(), [one.lower() for one in (*OPERATORS, "Null")], 1)
    meant = next((one for one in (*OPERATORS, "Null") if near and one.lower() == near[0]), None)
    return "" if meant is None else f"; {prefix}{colon}{meant} is"


def _form(rule: str, what: str, path: Path) -> Fault:
    return Fault(rule, what, path, "form", key=True)
