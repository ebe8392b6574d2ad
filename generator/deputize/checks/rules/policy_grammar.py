"""Whether IAM takes a policy at all, and reads it as it looks: trust policies and access policies have one grammar."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deputize.checks.rule import Example, Hit, Rule
from deputize.checks.rules.examples import TRUST
from deputize.checks.trust.attribution import JudgedTrust
from deputize.checks.trust.reasons import Reason
from deputize.iam.policy import OLD_VERSION, VERSION, FaultKind
from deputize.model.display import printable, shown
from deputize.model.values import Severity
from deputize.model.world import Document

_GRAMMAR = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"
_OPERATORS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"
_VERSION = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"

_WITH_VARIABLE = TRUST.replace(
    '"StringEquals": {', '"StringNotEquals": {"aws:PrincipalTag/team": "${aws:PrincipalTag/squad}"}, "StringEquals": {'
)
_TAKEN: frozenset[FaultKind] = frozenset(("number", "value", "no-condition"))  # what IAM takes
_ELEMENTS: frozenset[FaultKind] = frozenset(("element", "misplaced"))


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """What IAM's grammar does not have of one policy: elements, operators, its version, and the rest."""

    elements: tuple[Hit, ...] = ()
    operators: tuple[Hit, ...] = ()
    version: tuple[Hit, ...] = ()
    rest: tuple[Hit, ...] = ()


def form_of_trust(trust: JudgedTrust, *, third_party: bool) -> PolicyForm:
    """The form of a trust policy, with who may assume the role through each fault."""
    hits = trust.hits
    return PolicyForm(
        (*hits.get(Reason.ELEMENT, ()), *hits.get(Reason.RESOURCE, ())),
        hits.get(Reason.OPERATOR, ()),
        (*hits.get(Reason.VERSION, ()), *_trust_version(trust.case.document, third_party=third_party)),
        (*hits.get(Reason.NOT_UNDERSTOOD, ()), *hits.get(Reason.REFUSED, ())),
    )


def form_of_access(document: Document) -> PolicyForm:
    """The form of an access policy."""
    found: dict[str, list[Hit]] = {"elements": [], "operators": [], "rest": []}
    for fault in document.access_policy.all_faults:
        if fault.kind not in _TAKEN and fault.kind != "version":
            place = document.key(fault.path) if fault.of_key else document.place(fault.path)
            name = "elements" if fault.kind in _ELEMENTS else "operators" if fault.kind == "operator" else "rest"
            found[name].append(Hit(printable(fault.sentence, 200), place))
    kinds = {name: tuple(hits) for name, hits in found.items()}
    return PolicyForm(version=tuple(_access_version(document)), **kinds)


def _trust_version(document: Document, *, third_party: bool) -> Iterator[Hit]:
    """A policy in the language of 2008, which is also what a policy without Version is in.

    That changes nothing in a policy without variables, so it is a note there.
    """
    fields = document.value
    severity = None if third_party and "${" in json.dumps(fields) else Severity.NOTE
    if isinstance(fields, Mapping) and "Version" not in fields:
        yield Hit("has no Version, which means that of 2008", document.place(()), severity)
    elif isinstance(fields, Mapping) and fields["Version"] == OLD_VERSION:
        yield Hit("has the Version of 2008", document.place(("Version",)), severity)


def _access_version(document: Document) -> Iterator[Hit]:
    if not isinstance(document.value, Mapping):
        return
    found = document.value.get("Version")
    if found is None:
        yield Hit(f"has no Version, so IAM reads it as {OLD_VERSION}", document.place(()), Severity.WARNING)
    elif found != VERSION:
        old = " has no policy variables" if found == OLD_VERSION else " is no version that AWS has"
        yield Hit(f"Version {shown(str(found))}{old}", document.place(("Version",)), Severity.WARNING)


GRAMMAR_RULES: tuple[Rule[PolicyForm], ...] = (
    Rule(
        id="policy-element",
        severity=Severity.ERROR,
        title="Each element of a policy is one that IAM has there, in its spelling",
        why="IAM refuses the policy; what reads it more leniently drops the element, which may be the condition.",
        mend="write the element as IAM does, or remove it",
        reference=_GRAMMAR,
        check=lambda form: iter(form.elements),
        suppressible=None,
        elsewhere=Severity.ERROR,
        leaves_open=True,
        example=Example(TRUST, "Condition", "condition"),
    ),
    Rule(
        id="policy-operator",
        severity=Severity.ERROR,
        title="Each condition operator is one that IAM has",
        why="IAM refuses the policy; what reads it more leniently sees no condition at all.",
        mend="write the operator as IAM does",
        reference=_OPERATORS,
        check=lambda form: iter(form.operators),
        suppressible=None,
        elsewhere=Severity.ERROR,
        leaves_open=True,
        example=Example(TRUST, "StringEquals", "StringEqual"),
    ),
    Rule(
        id="policy-grammar",
        severity=Severity.ERROR,
        title="A policy is in IAM's grammar",
        why="IAM refuses the policy, and what is not understood may let anybody assume the role.",
        mend="write it as IAM's grammar has it",
        reference=_GRAMMAR,
        check=lambda form: iter(form.rest),
        suppressible=None,
        elsewhere=Severity.ERROR,
        leaves_open=True,
        example=Example(TRUST, '"Allow"', '"allow"'),
    ),
    Rule(
        id="policy-version",
        severity=Severity.ERROR,
        title=f"A policy has Version {VERSION} (a warning in access policies, a note in a trust without variables)",
        why="Under an older one a policy variable such as ${aws:username} is plain text.",
        mend=f'write "Version": "{VERSION}"',
        reference=_VERSION,
        check=lambda form: iter(form.version),
        suppressible=Severity.WARNING,
        elsewhere=Severity.ERROR,
        example=Example(_WITH_VARIABLE, VERSION, OLD_VERSION),
    ),
)
