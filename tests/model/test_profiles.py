"""The access profiles that are shipped: the promises their data must keep."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml

import deputize.model.profiles
from deputize.errors import InputError
from deputize.iam import actions, levels, limits
from deputize.iam.exposure import Grade, exposure_of
from deputize.iam.managed import managed_policy
from deputize.iam.policy import Policy, Statement
from deputize.model.access import build_access
from deputize.model.profile_shape import profile_schema
from deputize.model.profiles import Profile, load_profile, parse_profile, profile_names
from deputize.model.spec import AccessSpec
from deputize.model.text import Localized

EACH = pytest.mark.parametrize("name", profile_names())
FILES = Path(deputize.model.profiles.__file__).with_name("profiles")


def _own(profile: Profile) -> set[str]:
    patterns = [action for statement in profile.statements for action in statement.actions]
    return {action for pattern in patterns for action in actions.expand(pattern)}


def _managed(profile: Profile) -> set[str]:
    policies = [managed_policy(choice.name) for choice in profile.managed]
    return {
        action for policy in policies if policy for pattern in policy.patterns for action in actions.expand(pattern)
    }


def _secrets(found: set[str]) -> set[str]:
    exposures = [exposure_of(action) for action in found]
    return {exposure.action for exposure in exposures if exposure and exposure.grade is Grade.SECRET}


def _texts(profile: Profile) -> Iterator[Localized]:
    yield profile.title
    yield profile.summary
    yield from _reasons(profile)


def _reasons(profile: Profile) -> Iterator[Localized]:
    yield from (choice.reason for choice in profile.managed)
    yield from (statement.reason for statement in profile.statements)
    yield from (secret.reason for secret in profile.allow_secrets)


def test_a_profile_is_a_file_of_its_name() -> None:
    """Whoever adds a file adds a profile, and the default is one; another name is refused."""
    assert profile_names() == tuple(sorted(path.stem for path in FILES.glob("*.yaml")))
    assert AccessSpec().profile in profile_names()
    with pytest.raises(KeyError):
        load_profile("read-only")
    with pytest.raises(KeyError):
        load_profile("../profiles/inventory")


@EACH
def test_every_action_is_known_and_proved_to_read(name: str) -> None:
    """Every action is written as AWS writes it, exists, and reads, those of managed policies too."""
    profile = load_profile(name)
    written = [action for statement in profile.statements for action in statement.actions]
    assert [actions.canonical(action) for action in written] == written
    assert len(written) == len(set(written))
    assert not {one for one in _own(profile) | _managed(profile) if not levels.judge_action(one).reads}


@EACH
def test_secrets_are_exactly_those_allowed_with_a_reason(name: str) -> None:
    """No secret is handed out unsaid, and no exception stands that is not needed."""
    profile = load_profile(name)
    allowed = [secret.action for secret in profile.allow_secrets]
    assert allowed == sorted(allowed)
    assert _secrets(_own(profile) | _managed(profile)) == set(allowed)


@EACH
def test_own_statements_read_neither_secrets_nor_data(name: str) -> None:
    """What deputize itself asks for never reads what customers store."""
    exposures = [exposure_of(action) for action in _own(load_profile(name))]
    assert not [one for one in exposures if one and one.grade is not Grade.CONFIG]


@EACH
def test_every_text_is_in_english_and_japanese(name: str) -> None:
    """Title, summary and every reason stand in both languages, on one line, and are not the same text."""
    for text in _texts(load_profile(name)):
        _in_both_languages(text)


@EACH
def test_every_action_group_has_text_in_both_languages(name: str) -> None:
    """What a role built of the profile reads, statement by statement, has a reason in both, its own reads too."""
    access = build_access(AccessSpec(profile=name), "aws", "444455556666")
    sids = [str(part.sid) for policy in access.policies for part in policy.document.statements]
    assert {"ReadThisRole", "ReadItsPolicies"} < set(sids)
    for sid in sids:
        _in_both_languages(access.reason(sid))


def _in_both_languages(text: Localized) -> None:
    assert [locale for locale, _ in text.texts] == ["en", "ja"]
    english, japanese = text.get("en"), text.get("ja")
    assert english.isascii()
    assert re.search(r"[\u3040-\u30ff]", japanese)
    # Latin words stand apart from Japanese ones, as everywhere in what customers read.
    assert not re.search(r"[A-Za-z0-9][\u3041-\u30ff\u4e00-\u9fff]|[\u3041-\u30ff\u4e00-\u9fff][A-Za-z0-9]", japanese)
    for one in (english, japanese):
        assert one.isprintable()
        assert one == one.strip()


@EACH
def test_reasons_are_whole_sentences(name: str) -> None:
    """A reason is a sentence that can stand in a table: it ends with a full stop in its own script."""
    for reason in _reasons(load_profile(name)):
        assert reason.get("en").endswith(".")
        assert reason.get("ja").endswith("。")


@EACH
def test_statements_are_sorted_and_fit_one_managed_policy(name: str) -> None:
    """Sids are alphanumeric and unique, actions sorted, and the whole fits one policy with room for the role's own."""
    profile = load_profile(name)
    sids = [statement.sid for statement in profile.statements]
    assert all(re.fullmatch(r"[A-Za-z0-9]+", sid, re.ASCII) for sid in sids)
    assert len(sids) == len(set(sids))
    assert all(list(statement.actions) == sorted(statement.actions) for statement in profile.statements)
    document = Policy(
        tuple(
            Statement(statement.sid, "Allow", statement.actions, statement.resources)
            for statement in profile.statements
        )
    )
    assert len(document.compact()) <= limits.MANAGED_POLICY.high - 500


def test_the_default_profile_names_each_action() -> None:
    """Cost optimisation attaches no managed policy, uses no wildcard and never reads an object."""
    default = AccessSpec().profile
    assert default is not None
    profile = load_profile(default)
    assert profile.managed == ()
    assert profile.allow_secrets == ()
    assert not [action for statement in profile.statements for action in statement.actions if "*" in action]
    services = {action.partition(":")[0] for action in _own(profile)}
    assert {"ec2", "rds", "elasticloadbalancing", "lambda", "s3", "cloudwatch", "ce", "compute-optimizer"} <= services
    assert {"savingsplans", "cur", "tag"} <= services
    assert "s3:GetObject" not in _own(profile)


def test_the_inventory_only_lists() -> None:
    """Every action of the inventory has AWS's access level List."""
    profile = load_profile("inventory")
    assert profile.managed == ()
    assert {levels.judge_action(action).level for action in _own(profile)} == {"List"}
    assert all(levels.judge_action(action).reads for action in _own(profile))
    assert len({action.partition(":")[0] for action in _own(profile)}) >= 40


@EACH
def test_statements_add_only_what_the_managed_policies_lack(name: str) -> None:
    """No action stands in a statement that an attached policy holds already."""
    profile = load_profile(name)
    assert _own(profile) & _managed(profile) == set()


GOOD = """\
title: {en: Title, ja: タイトル}
summary: {en: Summary., ja: 概要。}
managed_policies: [{name: SecurityAudit, reason: {en: R., ja: 理由。}}]
statements:
  - sid: One
    actions: [ec2:DescribeTags]
    reason: {en: R., ja: 理由。}
allow_secrets: []
"""
SEE = "profiles/schema.json says what may stand in a profile"
BROKEN = {
    "no managed policies": (
        ("managed_policies: [{name: SecurityAudit, reason: {en: R., ja: 理由。}}]\n", ""),
        ["managed_policies: is missing; write `managed_policies: []` if it attaches none"],
    ),
    "no secrets": (
        ("allow_secrets: []\n", ""),
        ["allow_secrets: is missing; write `allow_secrets: []` if it reads none"],
    ),
    "one language": (("en: Title, ja: タイトル", "en: Title"), [f"title.ja: is missing; {SEE}"]),
    "a third language": (("en: Summary.,", "en: S., fr: S.,"), [f"summary.fr: is unknown; {SEE}"]),
    "a text for both": (("{en: Title, ja: タイトル}", "Title"), [f"title: must be a mapping; {SEE}"]),
    "an empty text": (("en: Title", 'en: ""'), [f"title.en: is empty; {SEE}"]),
    "no list": (("[ec2:DescribeTags]", "ec2:DescribeTags"), [f"statements.0.actions: must be a list; {SEE}"]),
    "no action": (("[ec2:DescribeTags]", "[]"), [f"statements.0.actions: is empty; {SEE}"]),
    "a number": (("sid: One", "sid: 1"), [f"statements.0.sid: must be a text; {SEE}"]),
    "two faults": (
        ("  - sid: One\n", "  - id: One\n"),
        [f"statements.0.sid: is missing; {SEE}", f"statements.0.id: is unknown; {SEE}"],
    ),
    "nothing at all": ((GOOD, ""), ["must be a mapping; " + SEE]),
    "no YAML": (("statements:\n", "statements: [\n"), ["is no YAML: "]),
}


@pytest.mark.parametrize(("change", "problems"), BROKEN.values(), ids=BROKEN)
def test_a_fault_of_a_profile_is_told_by_file_and_key(change: tuple[str, str], problems: list[str]) -> None:
    """Each key at fault is named with the file and the way to mend it, all at once."""
    assert parse_profile("good", GOOD).statements[0].resources == ("*",)
    assert change[0] in GOOD
    with pytest.raises(InputError) as caught:
        parse_profile("broken", GOOD.replace(*change))
    found = [str(problem) for problem in caught.value.problems]
    assert len(found) == len(problems)
    assert all(one.startswith(f"profiles/broken.yaml: {told}") for one, told in zip(found, problems, strict=True))


def test_profiles_fit_the_schema_beside_them(*, update_golden: bool) -> None:
    """profiles/schema.json is the shape that is checked (`--update-golden` writes it), and every profile fits it."""
    path = FILES / "schema.json"
    if update_golden:
        path.write_text(json.dumps(profile_schema(), indent=2) + "\n", encoding="utf-8")
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert schema == profile_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for name in profile_names():
        jsonschema.validate(yaml.safe_load((FILES / f"{name}.yaml").read_text(encoding="utf-8")), schema)


def test_texts_fall_back_to_english_then_to_the_first() -> None:
    """A locale that a text lacks gets English, and without English the first text."""
    assert Localized((("en", "a"), ("ja", "b"))).get("ja") == "b"
    assert Localized((("ja", "b"), ("en", "a"))).get("fr") == "a"
    assert Localized((("ja", "b"),)).get("fr") == "b"
