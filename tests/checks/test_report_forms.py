"""SARIF, JUnit and GitHub's commands: what readers of these forms make of a report, hostile text included."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from deputize.checks.catalogue import catalogue
from deputize.checks.details import Details, Located, Suppressed
from deputize.checks.report.github import as_github
from deputize.checks.report.junit import as_junit
from deputize.checks.report.sarif import as_sarif
from deputize.model.values import EngineReport, Finding, LintReport, Severity

HOSTILE = "a\x1b[31m\nb\r\x07\x00\u202e%,:]]>&\"'<x>\udcff\ufffe::error::x"
KNOWN = Finding("external-id-missing", Severity.ERROR, "a b/c.yaml", "is wrong", "mend it", line=7, column=3)
REPORT = LintReport(
    (
        KNOWN,
        Finding("W1", Severity.WARNING, "/srv/d.json", "is odd", engine="cfn-lint", line=1),
        Finding("file-not-judged", Severity.NOTE, "out/a: role", "is worth knowing"),
        Finding(HOSTILE, Severity.ERROR, HOSTILE, HOSTILE, HOSTILE, line=2, column=1),
    ),
    (EngineReport("deputize"), EngineReport("cfn-lint", "1.58.0"), EngineReport("terraform", skipped="is not there")),
)
HIDDEN = Suppressed(Located(Finding("E3001", Severity.ERROR, "z.yaml", "x", engine="cfn-lint")), "file", HOSTILE)
DETAILS = Details({("a b/c.yaml", 7): "  key: x"}, (), (HIDDEN,), ("a b/c.yaml", "clean.yaml"), 2)

TEXT = {"type": "string", "minLength": 1}
MESSAGE = {"type": "object", "properties": {"text": TEXT}, "required": ["text"], "additionalProperties": False}
NUMBER = {"type": "integer", "minimum": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}


def closed(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """The schema of an object with these properties and no others."""
    properties = {**required, **optional}
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}


# What the standard's own schema says of the objects that we write, closed: nothing else is in them.
# https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html, sections 3.13 ff.
ARTIFACT = closed({"uri": {"type": "string", "format": "uri-reference"}}, uriBaseId=TEXT)
REGION = closed({"startLine": NUMBER}, startColumn=NUMBER, snippet=MESSAGE)
RULE = closed(
    {"id": TEXT, "shortDescription": MESSAGE},
    fullDescription=MESSAGE,
    help=MESSAGE,
    helpUri={"type": "string", "format": "uri"},
    defaultConfiguration=closed({"level": LEVEL}),
)
RESULT = closed(
    {
        "ruleId": TEXT,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": {
            "type": "array",
            "minItems": 1,
            "items": closed({"physicalLocation": closed({"artifactLocation": ARTIFACT}, region=REGION)}),
        },
        "partialFingerprints": {"type": "object", "additionalProperties": TEXT},
    },
    suppressions={
        "type": "array",
        "items": closed({"kind": {"enum": ["inSource", "external"]}}, justification=TEXT),
    },
)
DRIVER = closed(
    {"name": TEXT, "rules": {"type": "array", "uniqueItems": True, "items": RULE}}, informationUri=TEXT, version=TEXT
)
RUN = closed(
    {
        "tool": closed({"driver": DRIVER}, extensions={"type": "array", "items": closed({"name": TEXT}, version=TEXT)}),
        "results": {"type": "array", "items": RESULT},
    },
    properties={"type": "object"},
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    originalUriBaseIds={"type": "object", "additionalProperties": closed({}, uri=TEXT, description=MESSAGE)},
)
SARIF = closed({"version": {"const": "2.1.0"}, "runs": {"type": "array", "items": RUN}}, **{"$schema": TEXT})


def sarif(report: LintReport = REPORT, details: Details = DETAILS) -> dict[str, Any]:
    """The log, as a reader gets it; valid."""
    found: dict[str, Any] = json.loads(json.dumps(as_sarif(report, details, catalogue(), "0.1.0")))
    jsonschema.Draft202012Validator(SARIF, format_checker=jsonschema.FormatChecker()).validate(found)
    return found


def test_sarif_has_each_finding_with_rule_place_and_line() -> None:
    """Rule by its number, level, region and snippet; our own rules come with help, another's by name."""
    (run,) = sarif()["runs"]
    rules = run["tool"]["driver"]["rules"]
    results = {one["ruleId"]: one for one in run["results"]}
    assert len(run["results"]) == len(REPORT.findings) + 1
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    known = results["external-id-missing"]
    assert known["level"] == "error"
    assert known["message"]["text"] == "is wrong; mend it"
    assert known["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b/c.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7, "startColumn": 3, "snippet": {"text": "  key: x"}},
    }
    rule = next(one for one in rules if one["id"] == "external-id-missing")
    assert rule["help"]["text"].startswith(rule["fullDescription"]["text"])
    assert rule["helpUri"].startswith("https://docs.aws.amazon.com/")
    assert next(one for one in rules if one["id"] == "W1") == {
        "id": "W1",
        "shortDescription": {"text": "W1 of cfn-lint"},
    }
    assert run["tool"]["extensions"] == [{"name": "cfn-lint", "version": "1.58.0"}]


def test_sarif_places() -> None:
    """An absolute path is a file's URI, a part of a bundle is its file, and no name escapes its text."""
    (run,) = sarif()["runs"]
    uris = {one["ruleId"]: one["locations"][0]["physicalLocation"]["artifactLocation"] for one in run["results"]}
    assert uris["W1"] == {"uri": "file:///srv/d.json"}
    assert uris["file-not-judged"]["uri"] == "out/a"
    hostile = next(uri["uri"] for rule, uri in uris.items() if rule.startswith("a\x1b"))
    assert re.fullmatch(r"[A-Za-z0-9%/!$&'()*+,;=@~._-]+", hostile)
    assert unquote(hostile, errors="surrogateescape").startswith("a\x1b[31m\nb")


def test_sarif_tells_what_is_suppressed() -> None:
    """A finding that does not count is there, and says why not; the others have no such mark."""
    (run,) = sarif()["runs"]
    marked = {one["ruleId"]: one["suppressions"] for one in run["results"] if "suppressions" in one}
    assert list(marked) == ["E3001"]
    assert marked["E3001"][0]["kind"] == "inSource"
    assert "\n" not in marked["E3001"][0]["justification"]


def test_fingerprints_stay_when_lines_move() -> None:
    """Another line number changes no fingerprint; another message, file or text of the line does."""

    def fingerprint(finding: Finding, excerpt: str = "  key: x") -> str:
        details = Details({(finding.where, finding.line or 0): excerpt})
        (run,) = sarif(LintReport((finding,), ()), details)["runs"]
        return str(run["results"][0]["partialFingerprints"]["deputize/v1"])

    def moved(**changes: Any) -> Finding:
        fields = {name: getattr(KNOWN, name) for name in Finding.__slots__}
        return Finding(**{**fields, **changes})

    first = fingerprint(KNOWN)
    assert fingerprint(moved(line=70, column=9), "      key: x") == first
    others = [fingerprint(moved(message="else")), fingerprint(moved(where="b.yaml")), fingerprint(KNOWN, "key: y")]
    assert len({first, *others}) == 4
    (run,) = sarif(LintReport((KNOWN, moved(line=8)), ()), Details())["runs"]
    assert len({one["partialFingerprints"]["deputize/v1"] for one in run["results"]}) == 2


@pytest.mark.parametrize(("fail_on", "failed"), [("error", 2), ("warning", 3), ("note", 4)])
def test_junit_is_xml_with_a_case_for_each_finding(fail_on: str, failed: int) -> None:
    """Files are suites; what is as bad as --fail-on fails, the rest is told, and a clean file has a case too."""
    root = ET.fromstring(as_junit(REPORT, DETAILS, Severity(fail_on)))
    assert root.tag == "testsuites"
    assert root.attrib["failures"] == str(failed) == str(len(root.findall(".//failure")))
    assert root.attrib["tests"] == str(len(root.findall(".//testcase"))) == "5"
    suites = {suite.attrib["name"]: suite for suite in root}
    assert suites["clean.yaml"].attrib["failures"] == "0"
    case = suites["a b/c.yaml"][0]
    assert case.attrib["name"] == "external-id-missing (line 7)"
    assert case[0].text == "a b/c.yaml:7:3: error is wrong; mend it"
    assert len(root.findall(".//system-out")) == 4 - failed


def test_github_commands_cannot_be_ended_or_begun_by_a_finding() -> None:
    """One line for each finding and one for the sum; the runner gets back the text, but for what does not print."""
    text = as_github(REPORT, DETAILS)
    lines = text.splitlines()
    assert len(lines) == len(text.split("\n")) - 1 == 5
    assert "::error file=a b/c.yaml,line=7,col=3,title=external-id-missing::is wrong; mend it" in lines
    assert "::notice file=out/a,title=file-not-judged::is worth knowing" in lines
    hostile = next(line for line in lines if line.startswith("::error file=a\\x1b"))
    head, _, message = hostile.removeprefix("::").partition("::")
    properties = dict(one.split("=", 1) for one in head.removeprefix("error ").split(","))
    assert set(properties) == {"file", "line", "col", "title"}
    assert properties["title"].startswith(r"a\x1b[31m%0Ab%0D\x07\x00\u202e%25%2C%3A]]>")
    assert message.startswith(r"a\x1b[31m%0Ab%0D\x07\x00\u202e%25,:]]>")
    assert lines[-1].startswith("2 errors, 1 warning, 1 note; 1 suppressed")
