from __future__ import annotations

import json

from deputize.checks.details import Details, Located, RoleLine, Suppressed, inert
from deputize.checks.report.text import as_json, as_text
from deputize.model.values import EngineReport, Finding, LintReport, Severity

ENGINES = (
    EngineReport("deputize"),
    EngineReport("cfn-lint", "1.58.0"),
    EngineReport("terraform", skipped="terraform is not on the PATH"),
)
REPORT = LintReport(
    (
        Finding("z-rule", Severity.NOTE, "b.yaml", "is worth knowing"),
        Finding("W1", Severity.WARNING, "a.yaml", "is odd", engine="cfn-lint", line=12, column=3),
        Finding("a-rule", Severity.ERROR, "a.yaml", "is wrong", "mend it", line=2, column=1),
        Finding("b-rule", Severity.ERROR, "a.yaml", "is wrong, too", line=12, column=9),
    ),
    ENGINES,
)


def test_text_is_one_line_a_finding_then_engines_and_sum() -> None:
    """Findings stand by place, the worst first in one line; then what ran and what not; then the sum."""
    assert as_text(REPORT, colour=False) == (
        "a.yaml:2:1: error a-rule is wrong; mend it\n"
        "a.yaml:12:9: error b-rule is wrong, too\n"
        "a.yaml:12:3: warning W1 is odd\n"
        "b.yaml: note z-rule is worth knowing\n"
        "engines: ran deputize, cfn-lint 1.58.0; skipped terraform (terraform is not on the PATH)\n"
        "2 errors, 1 warning, 1 note\n"
    )


def test_text_shows_lines_roles_and_counts() -> None:
    """Under a finding stands its line with the spot marked; roles, what was suppressed and what was judged follow."""
    hidden = Suppressed(Located(REPORT.findings[0]), "config", "is known")
    details = Details(
        excerpts={("a.yaml", 12): "  key: [value]"},
        roles=(RoleLine("a.yaml", "Vendor", judged=True, why="trusts account 111122223333"),),
        suppressed=(hidden,),
        files=("a.yaml", "b.yaml"),
        unjudged=1,
        skipped=3,
        left=2,
    )
    text = as_text(LintReport((REPORT.findings[3],), ()), details, colour=False)
    assert text == (
        "a.yaml:12:9: error b-rule is wrong, too\n"
        "    |   key: [value]\n"
        "    |         ^\n"
        "a.yaml: role Vendor: judged: trusts account 111122223333\n"
        "1 error, 0 warnings, 0 notes; 1 suppressed; 2 judged, 1 not judged, 3 skipped (no template or policy), "
        "2 not followed (hidden folders, links)\n"
    )
    data = as_json(REPORT, details)
    assert data["files"] == {"judged": 2, "not_judged": 1, "skipped": 3, "not_followed": 2}
    assert data["roles"] == [
        {"where": "a.yaml", "name": "Vendor", "judged": True, "why": "trusts account 111122223333"}
    ]
    assert isinstance(data["suppressed"], list)
    (one,) = data["suppressed"]
    assert (one["finding"]["rule"], one["by"], one["reason"]) == ("z-rule", "config", "is known")


def test_colour_changes_nothing_but_the_severity() -> None:
    """With colour the severity stands in an escape sequence, which is closed again; all else is the same."""
    text = as_text(REPORT, colour=True)
    assert "a.yaml:2:1: \033[31merror\033[0m a-rule" in text
    assert text.count("\033[0m") == 4
    plain = text
    for code in ("\033[31m", "\033[33m", "\033[36m", "\033[0m"):
        plain = plain.replace(code, "")
    assert plain == as_text(REPORT, colour=False)


def test_nothing_found_is_said() -> None:
    """An empty report still says that nothing was found."""
    assert as_text(LintReport((), ()), colour=True) == "0 errors, 0 warnings, 0 notes\n"


def test_outside_text_cannot_act_on_a_terminal() -> None:
    """Control characters, line breaks, bidi and zero-width marks in any field are escapes in the text."""
    hostile = "a\x1b[31m\nb\r\x07\x9b\u202e\u200b\u2028\U000e0001c"
    finding = Finding(hostile, Severity.ERROR, hostile, hostile, hostile)
    text = as_text(LintReport((finding,), (EngineReport(hostile, hostile, hostile),)), colour=False)
    assert len(text.splitlines()) == 3
    assert all(character.isprintable() or character == "\n" for character in text)
    assert inert(hostile) == r"a\x1b[31m\x0ab\x0d\x07\x9b\u202e\u200b\u2028\U000e0001c"
    assert inert("Zürich 日本 'x'") == "Zürich 日本 'x'"


def test_json_has_every_field_and_survives_json() -> None:
    """The JSON form names its schema, every field of every finding, each engine, and the sum."""
    data = as_json(REPORT)
    assert json.loads(json.dumps(data)) == data
    assert list(data) == ["schema", "findings", "suppressed", "roles", "waived", "engines", "files", "summary"]
    assert data["schema"] == "deputize/lint/1"
    assert data["summary"] == {"errors": 2, "warnings": 1, "notes": 1}
    assert data["engines"] == [
        {"name": "deputize", "version": "", "ran": True, "why": ""},
        {"name": "cfn-lint", "version": "1.58.0", "ran": True, "why": ""},
        {"name": "terraform", "version": "", "ran": False, "why": "terraform is not on the PATH"},
    ]
    findings = data["findings"]
    assert isinstance(findings, list)
    assert findings[0] == {
        "rule": "a-rule",
        "severity": "error",
        "where": "a.yaml",
        "line": 2,
        "column": 1,
        "message": "is wrong",
        "mend": "mend it",
        "engine": "deputize",
    }
