"""The rules about bundles by their examples: a rendered bundle, and one edit that this rule alone finds."""

from __future__ import annotations

import json
import re
from functools import cache
from hashlib import sha256

import pytest

from deputize.checks.catalogue import area_of
from deputize.checks.opened import Opened, rendered, role_for
from deputize.checks.rule import BundleExample, Rule
from deputize.checks.rules import bundle
from deputize.checks.rules.bundle import BUNDLE_RULES
from deputize.checks.rules_version import rules_version
from deputize.jobs.lint.bundle import lint_bundle
from deputize.model.format import MANIFEST
from deputize.model.spec import Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.values import Files, Severity

ROLE = "arn:aws:iam::111122223333:role/reader"
VENDOR = Vendor("example", english("Example"), (VendorAccount("aws", "111122223333", (ROLE,)),))
TENANT = Tenant("a-company", ("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",))
each_rule = pytest.mark.parametrize("rule", BUNDLE_RULES, ids=lambda rule: str(rule.id))


@cache
def whole() -> Files:
    """A bundle that nothing is wrong with."""
    return rendered(role_for(VENDOR, TENANT))


def example_of(rule: Rule[Opened]) -> BundleExample:
    """The rule's example, which is one about a bundle."""
    assert isinstance(rule.example, BundleExample)
    return rule.example


def edited(example: BundleExample) -> Files:
    """The bundle after the edit."""
    files = before(example)
    text = files[example.path].decode()
    assert not example.old or example.old in text
    changed = {**files, example.path: (text.replace(example.old, example.new) if example.old else example.new).encode()}
    if not example.sealed or not example.has_manifest:
        return changed
    manifest = json.loads(changed[MANIFEST])
    manifest["files"] = {path: sha256(data).hexdigest() for path, data in changed.items() if path != MANIFEST}
    return {**changed, MANIFEST: json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n"}


def before(example: BundleExample) -> Files:
    """The bundle before the edit."""
    return {path: data for path, data in whole().items() if example.has_manifest or path != MANIFEST}


def found(files: Files) -> set[str]:
    """The rules that find an error in a bundle."""
    return {one.rule for one in lint_bundle(files) if one.severity is Severity.ERROR}


def test_nothing_is_found_in_the_bundle() -> None:
    """The bundle that the examples edit is right."""
    assert found(whole()) == set()


@each_rule
def test_rule_alone_finds_its_edit(rule: Rule[Opened]) -> None:
    """The edit gives findings of this rule and of no other; each says what is wrong, and how to mend it."""
    example = example_of(rule)
    assert found(edited(example)) - found(before(example)) == {rule.id}
    for one in lint_bundle(edited(example)):
        if one.rule == rule.id:
            assert one.message
            assert one.mend == rule.mend


@each_rule
def test_without_a_rule_its_own_edit_passes_and_no_other(rule: Rule[Opened], monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule taken away is missed by its own example, so it has no twin, and by no other's."""
    kept = tuple(one for one in BUNDLE_RULES if one is not rule)
    monkeypatch.setattr("deputize.checks.bundles.BUNDLE_RULES", kept)
    examples = {one.id: example_of(one) for one in BUNDLE_RULES}
    assert [name for name, one in examples.items() if found(edited(one)) <= found(before(one))] == [rule.id]


def test_rules_say_why_and_where_it_is_written() -> None:
    """Each has an ID of its area, a title, a reason, a mend and a reference."""
    assert len({rule.id for rule in BUNDLE_RULES}) == len(BUNDLE_RULES)
    for rule in BUNDLE_RULES:
        assert area_of(rule.id) == "bundle"
        assert rule.title
        assert rule.mend
        assert rule.why.endswith(".")
        assert rule.reference.startswith("https://")


def test_rules_version_is_a_digest() -> None:
    """The version of the rules is the same in one installation and long enough never to be another's."""
    assert re.fullmatch(r"[0-9a-f]{64}", rules_version())
    assert rules_version() == rules_version()
    assert bundle.BUNDLE_RULES is BUNDLE_RULES
