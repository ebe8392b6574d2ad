"""cfn-lint's raw matches as findings: how grave each is here, and what a person has to know of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from deputize.iam.actions import expand
from deputize.iam.partitions import PARTITIONS
from deputize.model.engines import EngineMatch, EngineResult
from deputize.model.values import Finding, Severity

ENGINE = "cfn-lint"
UNFINISHED = "cfn-lint-unfinished"
_UNKNOWN_ACTION, _PRINCIPAL = "W3037", "E3530"
# What cfn-lint tells and our rules judge, by the beginning of their IDs.
_OURS = {_UNKNOWN_ACTION: ("action-unknown", "action-dead-wildcard"), _PRINCIPAL: ("trust-principal-", "trust-anyone")}
_SAID_BY_US = tuple(one for each in _OURS.values() for one in each)
_MENDS = {_UNKNOWN_ACTION: "correct the action's name, or remove it"}
_SEVERITIES = {"E": Severity.ERROR, "W": Severity.WARNING, "I": Severity.NOTE}
# E3530 knows the principals of three partitions; those of the fourth are judged in the form that they have in `aws`.
_UNKNOWN_PARTITION = "aws-eusc"


def as_cfn_lint_knows(text: str, region: str) -> str:
    """The template that cfn-lint is to judge for `region`: principals of a partition that it knows."""
    unknown = PARTITIONS[_UNKNOWN_PARTITION].has_region(region)
    return text.replace(f"arn:{_UNKNOWN_PARTITION}:", "arn:aws:") if unknown else text


def cfn_lint_findings(result: EngineResult, text: str, where: str, region: str, version: str) -> tuple[Finding, ...]:
    """cfn-lint's findings on the template `text`, which is the file `where`.

    What cfn-lint could not judge is an error: nothing passes unjudged. What a limit of ours ended is a warning: our own
    engine's answer stands. version: cfn-lint's own.
    """
    if result.unfinished:
        return (Finding(UNFINISHED, Severity.WARNING, where, result.unfinished, result.mend, ENGINE),)
    if result.failure:
        return (Finding("cfn-lint-failed", Severity.ERROR, where, result.failure, result.mend, ENGINE),)
    notes: tuple[Finding, ...] = ()
    if PARTITIONS[_UNKNOWN_PARTITION].has_region(region):
        what = f"cfn-lint {version} does not know principals of {_UNKNOWN_PARTITION}: judged as if they were of aws"
        notes = (Finding("cfn-lint-partition", Severity.NOTE, where, what, engine=ENGINE),)
    found = sorted((_finding(match, where, text) for match in result.matches), key=_place)
    return (*notes, *_folded(found))


def unread_finding(where: str, line: int) -> Finding:
    """That a stack set's template at `line` was not judged: its text is not known whole before it is deployed."""
    what = (
        "cfn-lint was not asked about this stack set's template: its text depends on what is known when it is deployed"
    )
    mend = "give what decides it with --parameter NAME=VALUE, or lint that template as a file of its own"
    return Finding("cfn-lint-embedded", Severity.NOTE, where, what, mend, engine=ENGINE, line=line)


def unless_judged(found: Iterable[Finding], own: Iterable[Finding]) -> Iterator[Finding]:
    """cfn-lint's findings but for those about what a rule of ours has judged at the same line."""
    judged = {(one.line, said) for one in own for said in _SAID_BY_US if one.rule.startswith(said)}
    for one in found:
        ours = _OURS.get(one.rule, ())
        if not any((one.line, said) in judged for said in ours):
            yield one


def _folded(found: Iterable[Finding]) -> Iterator[Finding]:
    """One finding of a rule for each place; of a principal for each line: cfn-lint tells each form that it is not."""
    seen = set()
    for one in found:
        key = (one.rule, one.line, *(() if one.rule == _PRINCIPAL else (one.column, one.message)))
        if key not in seen:
            seen.add(key)
            yield one


def _finding(match: EngineMatch, where: str, text: str) -> Finding:
    rule, message = match.rule, match.message
    severity = _SEVERITIES.get(rule[:1], Severity.ERROR)
    if rule == _UNKNOWN_ACTION:
        # The message goes on with every action that the service has.
        action = message.partition(" is not one of ")[0]
        message = f"{action} is unknown"
        severity = Severity.NOTE if _is_newer(action.strip("'"), text) else severity
    mend = _MENDS.get(rule, "")
    return Finding(rule, severity, where, message, mend, ENGINE, line=match.line, column=match.column)


def _is_newer(name: str, text: str) -> bool:
    """Whether every action of that name in the template is one that AWS has, only newer than cfn-lint's data.

    cfn-lint names the action without its service, in small letters. Our own rules judge what it does not know.
    """
    found = re.findall(rf"([a-z0-9-]+:{re.escape(name)})(?![A-Za-z0-9*?])", text, re.ASCII | re.IGNORECASE)
    return bool(found) and all(expand(action) for action in found)


def _place(finding: Finding) -> tuple[int, int, str, str]:
    return finding.line or 0, finding.column or 0, finding.rule, finding.message
