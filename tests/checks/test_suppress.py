from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from deputize.checks.details import Details, Located, Suppressed, fingerprints
from deputize.checks.inline import suppress_inline
from deputize.checks.suppress import Baseline, Config, Ignored, as_baseline, read_baseline, read_config, suppress
from deputize.errors import InputError
from deputize.model.schemas import load_schema
from deputize.model.values import Finding, LintReport, Severity

ONE = Located(Finding("action-redundant", Severity.WARNING, "a/b.yaml", "is odd", line=3), "Vendor", "  - x")
TWO = Located(Finding("external-id-missing", Severity.ERROR, "a/c.yaml", "is open", line=9), "Other", "  Effect: Allow")
FILES = ("a/b.yaml", "a/c.yaml")
CONFIG = """\
ignore:
  - rule: action-redundant
    path: "a/*.yaml"
    role: Vendor
    reason: Reviewed in May.
allow_secrets:
  - {action: "ssm:GetParameter", reason: Reads one setting.}
"""


def left(config: Config = Config(), baseline: Baseline = Baseline()) -> tuple[list[str], list[Suppressed]]:  # noqa: B008
    """(The rules of what counts, what does not)."""
    counting, hidden = suppress((ONE, TWO), fingerprints((ONE, TWO)), config, baseline, FILES)
    return [one.finding.rule for one in counting], list(hidden)


def test_config_says_what_it_says() -> None:
    """Entries with their line, and allowed secrets with the reason."""
    config = read_config(CONFIG, "lint.yaml")
    reason = "Reviewed in May."
    assert config.ignored == (Ignored("lint.yaml", 2, "action-redundant", reason, "a/*.yaml", "Vendor"),)
    assert config.allowed_secrets == (("ssm:GetParameter", "Reads one setting."),)
    assert left(config) == (["external-id-missing"], [Suppressed(ONE, "config", reason)])
    assert read_config("", "lint.yaml") == Config()


@pytest.mark.parametrize(
    "entry",
    [
        Ignored("c", 1, "action-redundant", "r", path="b.yaml"),
        Ignored("c", 1, "action-redundant", "r", role="Other"),
        Ignored("c", 1, "action-*", "r"),
        Ignored("c", 1, "Action-redundant", "r"),
    ],
    ids=["path", "role", "glob", "case"],
)
def test_another_path_role_or_rule_hides_nothing(entry: Ignored) -> None:
    """An entry that fits no finding hides none, and is itself a warning at its line."""
    counting, hidden = suppress((ONE, TWO), fingerprints((ONE, TWO)), Config((entry,)), Baseline(), FILES)
    assert hidden == ()
    (unused,) = counting[2:]
    found = unused.finding
    assert (found.rule, found.severity, found.where, found.line) == ("suppression-unused", Severity.WARNING, "c", 1)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("ignore: x", ["c:1: ignore must be a list"]),
        ("- x", ["c: must be a mapping; begin with `ignore:`"]),
        ("ignore: [x]", ["c:1: must be a mapping with rule and reason"]),
        (
            "ignore:\n  - {rule: x}\n  - {reason: y, rules: z}\nengines: own",
            [
                "c:2: reason is missing",
                "c:3: 'rules' is unknown; known are rule, path, role, reason",
                "c:3: rule is missing",
                "c:4: 'engines' is unknown; known are ignore, allow_secrets, own_accounts",
            ],
        ),
        ("ignore: [{rule: x, reason: ''}]", ["c:1: reason is empty"]),
        ("allow_secrets: [{action: [x], reason: y}]", ["c:1: action must be a text"]),
    ],
)
def test_a_wrong_config_is_refused_with_every_line(text: str, problems: list[str]) -> None:
    """A misspelt key or a missing reason is never passed over."""
    with pytest.raises(InputError) as caught:
        read_config(text, "c")
    assert [str(one) for one in caught.value.problems] == problems


def test_baseline_hides_what_was_there_and_nothing_else() -> None:
    """What a run found is hidden from the next; a new finding counts, one that is gone is a warning."""
    report = LintReport((ONE.finding, TWO.finding), ())
    details = Details({("a/b.yaml", 3): ONE.excerpt, ("a/c.yaml", 9): TWO.excerpt})
    written = as_baseline(report, details)
    jsonschema.Draft202012Validator(load_schema("baseline")).validate(written)
    baseline = read_baseline(json.dumps(written), "known.json")
    rules, hidden = left(baseline=baseline)
    assert rules == []
    assert [one.by for one in hidden] == ["baseline", "baseline"]
    again = as_baseline(LintReport((), ()), replace(details, suppressed=tuple(hidden)))
    assert again == written
    worse = replace(TWO, finding=replace(TWO.finding, message="is wide open"))
    counting, _ = suppress((ONE, worse), fingerprints((ONE, worse)), Config(), baseline, FILES)
    assert [one.finding.rule for one in counting] == ["external-id-missing", "suppression-unused"]
    counting, _ = suppress((), {}, Config(), baseline, ("a/b.yaml",))
    assert [one.finding.message for one in counting] == [
        "'action-redundant' in 'a/b.yaml' is not found any more"
    ]  # the other file was not judged


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": "deputize/baseline/1", "findings": [{"rule": "x"}]}', "[" * 10000]
)
def test_a_wrong_baseline_is_refused(text: str) -> None:
    """Whatever it is, it is an InputError."""
    with pytest.raises(InputError):
        read_baseline(text, "known.json")


YAML = """\
Metadata: {deputize: {ignore: [{rule: W1, reason: All of it.}]}}
Resources:
  Vendor:
    Metadata:
      deputize:
        ignore: [{rule: exposure-data, reason: Wanted.}]
    Type: AWS::IAM::Role
  # deputize: ignore role-tags for a reason
  Other: # deputize: ignore action-redundant it reads well
    Type: AWS::IAM::Role
"""


def found(rule: str, line: int, severity: Severity = Severity.ERROR) -> Located:
    """A finding of that rule at a line."""
    return Located(Finding(rule, severity, "t.yaml", "x", line=line, column=3))


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (found("W1", 10), "All of it."),
        (found("exposure-data", 7), "Wanted."),
        (found("exposure-data", 9), None),
        (found("role-tags", 9), "for a reason"),
        (found("role-tags", 10), None),
        (found("action-redundant", 9), "it reads well"),
        (found("action-redundant", 3), None),
    ],
)
def test_a_file_speaks_for_its_own_lines(one: Located, reason: str | None) -> None:
    """A comment is for its line or the next, Metadata for its resource or the template."""
    _, hidden = suppress_inline((one,), YAML, "t.yaml")
    assert [each.reason for each in hidden] == ([] if reason is None else [reason])
    assert all(each.by == "file" for each in hidden)


def test_json_has_metadata_too() -> None:
    """In a minified file columns tell resources apart."""
    text = '{"Resources":{"A":{"Metadata":{"deputize":{"ignore":[{"rule":"W1","reason":"r"}]}}},"B":{}}}'
    for column, hides in ((text.index('"A"') + 1, True), (text.index('"B"') + 1, False)):
        one = Located(Finding("W1", Severity.WARNING, "t.json", "x", line=1, column=column))
        assert bool(suppress_inline((one,), text, "t.json")[1]) is hides


@pytest.mark.parametrize(
    "rule",
    [
        "external-id-missing",
        "trust-anyone",
        "action-not-read",
        "action-escalation",
        "action-unknown",
        "action-unknown-service",
        "action-dead-wildcard",
        "policy-grammar",
        "managed-unknown",
        "file-not-judged",
        "file-not-understood",
    ],
)
def test_no_file_speaks_for_trust_writes_or_what_is_not_understood(rule: str) -> None:
    """Such a finding counts, and the attempt is a warning."""
    text = f"x: y # deputize: ignore {rule} because I say so\n"
    counting, hidden = suppress_inline((found(rule, 1),), text, "t.yaml")
    assert hidden == ()
    assert [one.finding.rule for one in counting] == [rule, "suppression-unused"]


def test_a_file_must_give_a_reason() -> None:
    """Without one it does not count, and that is a warning."""
    counting, hidden = suppress_inline((found("W1", 1),), "x: y # deputize: ignore W1\n", "t.yaml")
    assert hidden == ()
    assert [one.finding.rule for one in counting] == ["W1", "suppression-unused"]
    assert "gives no reason" in counting[1].finding.message
