"""Whether IAM takes an access policy at all, and reads it as it looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from deputize.checks.access.statements import policy_of
from deputize.checks.placed import HitThere
from deputize.checks.rule import Rule
from deputize.checks.rules import access_sample as sample
from deputize.iam.policy import VERSION
from deputize.model.display import printable, shown
from deputize.model.values import Severity
from deputize.model.world import Document

_GRAMMAR = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"
_VERSION = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"

_OLD = "2008-10-17"
_TAKEN = frozenset(("number", "value", "version", "no-condition"))  # what IAM takes, or another rule is about


def _grammar(document: Document) -> Iterator[HitThere]:
    for fault in policy_of(document).all_faults:
        if fault.kind not in _TAKEN:
            place = document.key(fault.path) if fault.of_key else document.place(fault.path)
            yield HitThere(printable(fault.sentence, 200), place=place)


def _version(document: Document) -> Iterator[HitThere]:
    if not isinstance(document.value, Mapping):
        return
    found = document.value.get("Version")
    if found is None:
        yield HitThere(f"has no Version, so IAM reads it as {_OLD}", place=document.place(()))
    elif found != VERSION:
        old = " has no policy variables" if found == _OLD else " is no version that AWS has"
        yield HitThere(f"Version {shown(str(found))}{old}", place=document.place(("Version",)))


def _case(*statements: Mapping[str, object], version: str = VERSION) -> Callable[[], Document]:
    return lambda: sample.document(*statements, version=version)


def _unversioned() -> Document:
    found = sample.document(sample.allow("ec2:DescribeTags"))
    return replace(found, value={"Statement": []})


GRAMMAR_RULES: tuple[Rule[Document], ...] = (
    Rule(
        id="policy-grammar",
        severity=Severity.ERROR,
        title="An access policy is one that IAM takes",
        why="IAM refuses it, or leaves out what it does not know.",
        mend="write it as the grammar has it",
        reference=_GRAMMAR,
        good=_case(sample.allow("ec2:DescribeTags", Condition={"Bool": {"aws:SecureTransport": "true"}})),
        bad=_case(sample.allow("ec2:DescribeTags", condition={})),
        check=_grammar,
    ),
    Rule(
        id="policy-version",
        severity=Severity.WARNING,
        title=f"An access policy has Version {VERSION}",
        why="Under an older one a policy variable such as ${aws:username} is plain text.",
        mend=f"write Version {VERSION}",
        reference=_VERSION,
        good=_case(sample.allow("ec2:DescribeTags")),
        bad=_unversioned,
        check=_version,
    ),
)
