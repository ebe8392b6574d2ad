"""Judge one file of any origin: what it is, which roles are in it, and every finding with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from deputize.checks.cfn import unless_judged
from deputize.checks.details import Located, RoleLine, Suppressed, WaivedLine
from deputize.checks.excerpt import line_at, lines_of
from deputize.checks.file_findings import FileFindings, file_findings
from deputize.checks.findings import delivery_findings
from deputize.checks.inline import suppress_inline
from deputize.checks.rules.files import NOT_JUDGED, NOT_UNDERSTOOD
from deputize.jobs.lint.bundle import CFN_LINT, ENGINES, NOT_ASKED, OWN
from deputize.jobs.lint.own_accounts import OwnAccounts
from deputize.model.expectations import Expectations
from deputize.model.values import EngineReport, Finding, Severity
from deputize.model.world import FoundRole
from deputize.read.any import read_any
from deputize.read.found import FoundFile
from deputize.read.other_tools import other_tool
from deputize.read.recognise import OTHER, TEMPLATE, TERRAFORM, claims

NO_TEMPLATE = "there was no template"
TOO_MUCH = "a template came to more than deputize works out"

# Every key by which a template, a policy or an answer of `aws iam` is known, in small letters; and what makes a role.
_KEYS = (b"statement", b"resources", b"policydocument", b"policyversion", b"awstemplateformatversion")
_ROLES = (b"aws_iam_role", b"assume_role_policy", b"sts:assumerole")
# What may spell a key otherwise: an escape of JSON or YAML, UTF-16.
_ODD = (b"\\", b"\0")


@dataclass(frozen=True, slots=True)
class Judging:
    """How files are judged. parameters: of templates, by name.

    expected: who may assume a role, and which are judged. own: which accounts are the caller's. inline: whether what a
    file says about its own findings counts. beside: roles of other files, which may lead into this one's.
    """

    engines: tuple[str, ...] = ENGINES
    parameters: Mapping[str, str] = field(default_factory=dict)
    expected: Expectations = field(default_factory=Expectations)
    inline: bool = False
    own: OwnAccounts = field(default_factory=OwnAccounts)
    beside: tuple[FoundRole, ...] = ()


@dataclass(frozen=True, slots=True)
class FileReport:
    """What one file, or bundle, came to.

    unjudged: nothing in it was judged, and what was found says why. skipped: a file in a folder is no template or
    policy. left: a walk did not follow it. is_option: what is told is about an option, not a file. parameters: their
    names in a template. waived: who is trusted and not judged as a third party. role_names: that it gives its roles.
    """

    where: str
    found: tuple[Located, ...] = ()
    roles: tuple[RoleLine, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    engines: tuple[EngineReport, ...] = ()
    unjudged: bool = False
    skipped: bool = False
    left: bool = False
    is_option: bool = False
    parameters: frozenset[str] = frozenset()
    waived: tuple[WaivedLine, ...] = ()
    role_names: frozenset[str] = frozenset()


def lint_content(content: bytes, where: str, judging: Judging, *, named: bool) -> FileReport:
    """Judge a file's content. named: whether somebody gave this very file, so that it must be understood."""
    skipped = FileReport(where, skipped=True)
    if not named and not _may_be_meant(content):
        return skipped
    file = read_any(content, where, judging.parameters)
    text = content.decode(errors="replace").removeprefix("\ufeff")
    if not named and _is_nobodys(file) and not (_is_unread(file) and claims(_any_text(content), where)):
        return skipped
    is_asked = OWN in judging.engines and file.kind != TERRAFORM
    whose = other_tool(file, text, where) if is_asked else ""
    if whose:
        told = (_of_other_tool(whose, where, named=named),)
        return FileReport(where, told, engines=(EngineReport("deputize"),), unjudged=True)
    if file.kind == OTHER and named:  # whoever gives a file by its name wants it judged
        file = replace(file, refused=(*file.refused, *file.unjudged), unjudged=())
    if judging.expected.is_walked is named:
        judging = replace(judging, expected=replace(judging.expected, is_walked=not named))
    return judged_file(file, text, where, judging)


def _of_other_tool(whose: str, where: str, *, named: bool) -> Located:
    """What is said of a text for another tool: somebody who names it wants it judged; in a folder it is only told."""
    mend = "give what the tool makes of it"
    if named:
        return Located(NOT_UNDERSTOOD.finding(f"is not judged: it is {whose}", where, mend=mend))
    what = f"is not judged: it is {whose}"
    return Located(NOT_JUDGED.finding(what, where, mend=mend, severity=Severity.WARNING))


def judged_file(file: FoundFile, text: str, where: str, judging: Judging) -> FileReport:
    """Judge what was read. text: of the file, for the lines that findings point to."""
    own = _judged(file, text, where, judging) if OWN in judging.engines else FileFindings((), ())
    found = [*_unread(file, where), *own.found]
    engines = [EngineReport("deputize", skipped="" if OWN in judging.engines else NOT_ASKED)]
    of_cfn_lint = _of_cfn_lint(file, text, where, judging, engines)
    if of_cfn_lint:
        found += ((one, "") for one in unless_judged(of_cfn_lint, own.findings))
    lines = lines_of(text) if found else []
    located = tuple(
        Located(finding, role, line_at(lines, finding.line) if finding.where == where else "")
        for finding, role in dict.fromkeys(found)
    )
    hidden: tuple[Suppressed, ...] = ()
    if judging.inline:
        located, hidden = suppress_inline(located, text, where)
    roles = tuple(RoleLine(where, one.name, one.judged, one.why) for one in own.roles)
    waived = judging.own.lines(own.waived)
    return FileReport(
        where,
        located,
        roles,
        hidden,
        tuple(engines),
        unjudged=file.kind in (OTHER, TERRAFORM) or all(one.skipped for one in engines),
        parameters=_parameters(file),
        waived=waived,
        role_names=frozenset(one.known_name for one in file.roles if file.kind == TEMPLATE and one.known_name),
    )


def _parameters(file: FoundFile) -> frozenset[str]:
    root = file.tree.value if file.kind == TEMPLATE and file.tree is not None else None
    section = root.get("Parameters") if isinstance(root, Mapping) else None
    return frozenset(section.value) if section is not None and isinstance(section.value, Mapping) else frozenset()


def _may_be_meant(content: bytes) -> bool:
    """Whether it is worth parsing: no file without these keys is a template or policy, however it is written."""
    small = content.lower()
    return any(key in small for key in (*_KEYS, *_ROLES)) or any(odd in content for odd in _ODD)


def _is_nobodys(file: FoundFile) -> bool:
    """Whether a file is none of those that are judged, and nothing in it ought to be."""
    return file.kind == OTHER and not file.unjudged


def _is_unread(file: FoundFile) -> bool:
    """Whether nothing is known of what the file holds: YAML reads much that is no YAML as one long text."""
    return bool(file.refused) or (file.tree is not None and isinstance(file.tree.value, str))


def _any_text(content: bytes) -> str:
    """A text in which keys can be looked for, whatever the encoding."""
    return content.replace(b"\0", b"").decode(errors="replace").removeprefix("\ufffd\ufffd")


def _unread(file: FoundFile, where: str) -> Iterator[tuple[Finding, str]]:
    for one in file.refused:
        yield NOT_UNDERSTOOD.finding(one.what, one.place, mend=one.mend), ""
    if file.kind == OTHER and not file.refused and not file.unjudged:
        what = file.notes[0].what if file.notes else "is no template and no policy that deputize knows by its keys"
        mend = "leave it out, or give the template or policy in it"
        yield NOT_UNDERSTOOD.finding(what, where, mend=mend), ""
        return
    for one in file.unjudged:
        yield NOT_JUDGED.finding(one.what, one.place, mend=one.mend), ""
    for one in file.notes:
        yield NOT_JUDGED.finding(one.what, one.place, mend=one.mend, severity=Severity.NOTE), ""


def _judged(file: FoundFile, text: str, where: str, judging: Judging) -> FileFindings:
    expected = judging.own.expected_of(where, judging.expected, judging.parameters)
    own = file_findings(file, where, expected, beside=judging.beside)
    if judging.expected.roles:
        return own
    delivery = ((finding, "") for finding in delivery_findings(file, len(text.encode()), where))
    return FileFindings((*own.found, *delivery), own.roles, own.waived)


def _of_cfn_lint(
    file: FoundFile, text: str, where: str, judging: Judging, engines: list[EngineReport]
) -> tuple[Finding, ...]:
    if CFN_LINT not in judging.engines:
        engines.append(EngineReport(CFN_LINT, skipped=NOT_ASKED))
        return ()
    if file.kind != TEMPLATE:
        engines.append(EngineReport(CFN_LINT, skipped=NO_TEMPLATE))
        return ()
    if file.is_spent:
        engines.append(EngineReport(CFN_LINT, skipped=TOO_MUCH))
        return ()
    from deputize.jobs.lint.cfn_lint import lint_template, region_for, version

    partition = next((role.partition for role in file.roles if role.partition is not None), "aws")
    engines.append(EngineReport(CFN_LINT, version()))
    return lint_template(text, where, region_for(partition)[0], file.embedded)
