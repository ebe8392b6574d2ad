"""No verdict reads a rule: severities decide what lint fails on, and nothing else."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deputize.checks.rules.all import RULES
from deputize.checks.rules.bundle import BUNDLE_RULES
from deputize.errors import DeputizeError
from deputize.jobs.api import render
from deputize.jobs.lint.file import Judging, lint_content
from deputize.jobs.tenants.checks import register
from deputize.jobs.verify.offline import verify_offline
from deputize.jobs.verify.run import VerifyRequest
from deputize.model.expectations import Expectation, Expectations, literals
from deputize.model.grant_request import GrantRequest
from deputize.model.spec import Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.values import ProbeResult, Safety, Severity, Verdict
from deputize.registry import Grant, add, events, grants, open_registry

VENDOR, CUSTOMER = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{VENDOR}:root"
ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
NEEDS_ID = {"StringEquals": {"sts:ExternalId": ID}}


def _statement(**changes: Any) -> dict[str, Any]:
    made = {
        "Effect": "Allow",
        "Principal": {"AWS": ROOT},
        "Action": "sts:AssumeRole",
        "Condition": NEEDS_ID,
        **changes,
    }
    return {key: value for key, value in made.items() if value is not None}


ZOO: dict[str, tuple[dict[str, Any], ...]] = {
    "safe": (_statement(),),
    "listed": (_statement(Principal={"AWS": [ROOT]}),),
    "pattern": (
        _statement(Condition={**NEEDS_ID, "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{VENDOR}:role/x-*"}}),
    ),
    "unclear": (_statement(Condition={**NEEDS_ID, "Bool": {"aws:MultiFactorAuthPresent": "true"}}),),
    "no-id": (_statement(Condition=None),),
    "anyone": (_statement(Principal="*"),),
    "own-root": (_statement(Principal={"AWS": f"arn:aws:iam::{CUSTOMER}:root"}, Condition=None),),
    "own-root-beside": (
        _statement(),
        _statement(Principal={"AWS": f"arn:aws:iam::{CUSTOMER}:root"}, Condition=None),
    ),
    "stranger": (_statement(Principal={"AWS": "arn:aws:iam::777788889999:root"}),),
    "second-id": (_statement(Condition={"StringEquals": {"sts:ExternalId": [ID, "another-tenants-id"]}}),),
    "other-id": (_statement(Condition={"StringEquals": {"sts:ExternalId": "another-tenants-id"}}),),
    "like": (_statement(Condition={"StringLike": {"sts:ExternalId": "*"}}),),
    "if-exists": (_statement(Condition={"StringEqualsIfExists": {"sts:ExternalId": ID}}),),
    "negated": (_statement(Condition={"StringNotEquals": {"sts:ExternalId": ID}}),),
    "misspelt-key": (_statement(Condition={"StringEquals": {"aws:ExternalId": ID}}),),
    "misspelt-operator": (_statement(Condition={"StringEqual": {"sts:ExternalId": ID}}),),
    "beside": (_statement(), _statement(Condition=None)),
    "actions": (_statement(Action="sts:*"),),
    "not-action": (_statement(Action=None, NotAction="iam:*"),),
    "not-principal": (_statement(Principal=None, NotPrincipal={"AWS": ROOT}),),
    "web-identity": (_statement(Action="sts:AssumeRoleWithWebIdentity"),),
    "service": (_statement(), _statement(Principal={"Service": "ec2.amazonaws.com"}, Condition=None)),
    "denied": (_statement(), _statement(Effect="Deny", Condition=None)),
    "resource": (_statement(Resource="*"),),
    "nothing": (),
}


@contextmanager
def _only_notes() -> Iterator[None]:
    """Every rule a note for a while. The lists of rules are many, and hold the same objects."""
    rules = [*RULES, *BUNDLE_RULES]
    severities = [(rule.severity, rule.elsewhere) for rule in rules]
    for rule in rules:
        object.__setattr__(rule, "severity", Severity.NOTE)
        object.__setattr__(rule, "elsewhere", None if rule.elsewhere is None else Severity.NOTE)
    try:
        yield
    finally:
        for rule, (severity, elsewhere) in zip(rules, severities, strict=True):
            object.__setattr__(rule, "severity", severity)
            object.__setattr__(rule, "elsewhere", elsewhere)


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What `aws iam get-role` prints of every role, and a bundle with one changed file, by name."""
    folder = tmp_path_factory.mktemp("zoo")
    found = {}
    for name, statements in ZOO.items():
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        role = {"Arn": _arn(name), "RoleId": f"AROA{name.upper()}", "AssumeRolePolicyDocument": policy}
        found[name] = folder / f"{name}.json"
        found[name].write_text(json.dumps({"Role": role}), encoding="utf-8")
    vendor = Vendor("example", english("Example"), (VendorAccount("aws", VENDOR),))
    for name, edit in (("bundle", ""), ("edited-bundle", "\n")):
        made = render(vendor, Tenant("a-company", (ID,), account_id=CUSTOMER)).write(folder / name)
        template = made / "cloudformation" / "role.yaml"
        template.write_text(template.read_text(encoding="utf-8") + edit, encoding="utf-8")
        found[name] = made
    return found


def _arn(name: str) -> str:
    return f"arn:aws:iam::{CUSTOMER}:role/{name}"


def _verdict(name: str, zoo: dict[str, Path]) -> Verdict:
    return replace(verify_offline(zoo[name], (ID,), VENDOR, _arn(name)), at="2026-11-30T00:00:00Z")


class _Checker:
    """What STS would have said is taken to be what the policy says, with the ID of the zoo for the tenant's own."""

    def __init__(self, zoo: dict[str, Path]) -> None:
        self.zoo = zoo
        self.endpoint = "aws"

    def request(self, grant: Grant, role_arn: str, accepted_ids: tuple[str, ...], other_id: str) -> VerifyRequest:
        return VerifyRequest(role_arn, accepted_ids, other_id)

    def check_many(self, requests: Iterable[VerifyRequest]) -> Iterator[tuple[VerifyRequest, Verdict | DeputizeError]]:
        for request in requests:
            found = _verdict(request.role_arn.rpartition("/")[2], self.zoo)
            tried = (ProbeResult("other", "refuse", "refuse"),)
            found = replace(found, external_id=request.external_ids[0], evidence="probes+policy", endpoint="aws")
            yield request, replace(found, probes=tried, caller=f"arn:aws:iam::{VENDOR}:role/collector")


def _stored(zoo: dict[str, Path], path: Path) -> tuple[list[tuple[Any, ...]], list[tuple[str, str]]]:
    """Everything about each grant that `register` leaves in a new registry, without the time it is."""
    with open_registry(str(path), who="tester", create=True) as registry:
        for name in zoo:
            add(registry, GrantRequest(name, CUSTOMER))
            register(registry, name, [_arn(name)], _Checker(zoo))
        kept = [
            (one.tenant, one.state, one.role_arn, one.role_id, one.access, one.evidence, one.endpoint, one.verified_at)
            for one in grants(registry)
        ]
        return kept, [(one.what, one.detail) for name in zoo for one in events(registry, name)]


def test_no_verdict_reads_a_severity(zoo: dict[str, Path]) -> None:
    """Every rule made a note changes no verdict of any role, and there are verdicts of every kind that a file gets."""
    before = {name: _verdict(name, zoo) for name in zoo}
    with _only_notes():
        assert {name: _verdict(name, zoo) for name in zoo} == before
    assert {one.safety for one in before.values()} == set(Safety) - {Safety.UNPROVED}  # whose policy was not read
    assert before["safe"].safety is before["bundle"].safety is before["pattern"].safety is Safety.SAFE
    assert before["own-root"].safety is before["own-root-beside"].safety is Safety.VULNERABLE


def test_register_stores_the_same_whatever_the_severities_are(zoo: dict[str, Path], tmp_path: Path) -> None:
    """Every rule made a note changes nothing that `register` stores or logs: safe roles, and no others."""
    before = _stored(zoo, tmp_path / "before.db")
    kept = {one[0] for one in before[0] if one[2] is not None}
    assert kept == {name for name in zoo if _verdict(name, zoo).safety is Safety.SAFE}
    with _only_notes():
        assert _stored(zoo, tmp_path / "after.db") == before


def test_with_notes_only_lint_fails_for_nothing(zoo: dict[str, Path]) -> None:
    """The same change of the rules does reach lint: what was an error is a note, so the two tests above see it."""
    expected = Expectations(Expectation((VENDOR,), external_ids=literals((ID,))), all_roles=True)
    content, judging = zoo["no-id"].read_bytes(), Judging(engines=("own",), expected=expected)

    def severities() -> set[Severity]:
        return {one.finding.severity for one in lint_content(content, "role.json", judging, named=True).found}

    assert Severity.ERROR in severities()
    with _only_notes():
        assert severities() == {Severity.NOTE}


def test_verdicts_are_made_without_rules(project_root: Path) -> None:
    """What makes verdicts, and stores them, imports no findings, no rules and no severities."""
    package = project_root / "generator" / "deputize"
    files = [
        package / "checks/verdict.py",
        *(package / "jobs/verify").glob("*.py"),
        *(package / "registry").glob("*.py"),
    ]
    assert len(files) > 20
    forbidden = (
        "deputize.checks.findings",
        "deputize.checks.rule",
        "deputize.checks.rules",
        "deputize.checks.catalogue",
        "deputize.checks.made",
    )

    def is_forbidden(module: str) -> bool:
        return any(module == one or module.startswith(f"{one}.") for one in forbidden)

    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = {one.name for one in node.names}
                assert not any(map(is_forbidden, (node.module or "", *(f"{node.module}.{one}" for one in names)))), file
                assert "Severity" not in names, file
            elif isinstance(node, ast.Import):
                assert not any(is_forbidden(one.name) for one in node.names), file
