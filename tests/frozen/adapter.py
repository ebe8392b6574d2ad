"""The code of today, asked: the ONE module here that follows the code as it moves.

Four functions answer, and `rule_ids` tells which rules there are. What they take and give are the plain values of
`questions`: where the code gives other types, they are turned into those here and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path

from typer.testing import CliRunner

from deputize.aws.reads import ReadsFound
from deputize.bundle import seal
from deputize.checks.access_verdict import access_verdict
from deputize.checks.catalogue import catalogue
from deputize.checks.judge import judge
from deputize.checks.verdict import safety_of, trust_verdict
from deputize.cli.app import app
from deputize.disk import read_folder
from deputize.errors import DeputizeError
from deputize.formats.hosted import hosted_template
from deputize.iam.arn import RoleArn
from deputize.jobs.lint.bundle import LintOptions, lint_files
from deputize.jobs.lint.file import Judging, lint_content
from deputize.jobs.tenants.checks import register
from deputize.jobs.verify.access import judge_access
from deputize.jobs.verify.expectations import RoleExpectations
from deputize.jobs.verify.offline import verify_offline
from deputize.jobs.verify.run import VerifyRequest
from deputize.model.expectations import Expectation, Expectations, literals
from deputize.model.values import AccessState, Finding, ProbeResult, Safety, Verdict
from deputize.model.vendor_file import parse_vendor
from deputize.model.world import Document, FoundRole, Place, World
from deputize.read.world import raw_role
from deputize.registry import Grant, GrantRequest, add, open_registry
from frozen.bundles import edited, render_arguments, written
from frozen.questions import (
    NOWHERE,
    BundleQuestion,
    FileQuestion,
    Found,
    Judged,
    Linted,
    RoleQuestion,
    Verified,
)


def rule_ids() -> frozenset[str]:
    """Every rule of our own engine, those of reading among them."""
    return frozenset(catalogue()) - {"suppression-unused"}


def lint_file(question: FileQuestion) -> Linted:
    """What the lint of files of any origin says, with our own engine."""
    asked = question.expected
    given = Expectation(asked.vendors, external_ids=literals(asked.ids), allowed_secrets=asked.secrets)
    judging = Judging(("own",), question.parameters, Expectations(given, all_roles=asked.all_roles))
    report = lint_content(question.content, question.where, judging, named=True)
    found = frozenset(_found(one.finding, one.role) for one in report.found)
    return Linted(found, tuple(sorted({(one.name, one.judged) for one in report.roles})))


def _found(finding: Finding, subject: str) -> Found:
    place = NOWHERE if finding.line is None else (finding.line, finding.column or 0)
    return Found(finding.rule, str(finding.severity), subject, finding.where, place)


def judge_bundle(question: BundleQuestion) -> Judged:
    """What the lint of bundles says, with our own engine, and `verify --offline`.

    Of a bundle's finding the place is the subject: the part of the bundle, as `role: policy NAME`, or a file.
    """
    files = _render(question)
    report = lint_files(files, LintOptions(engines=("own",)))
    found = frozenset(Found(one.rule, str(one.severity), one.where, "", NOWHERE) for one in report.findings)
    with written(files) as folder:
        return Judged(Linted(found), _verified(folder, (), None))


def _render(question: BundleQuestion) -> dict[str, bytes]:
    """The bundle as the command line writes it, then edited."""
    return edited(question, _rendered(question.vendor, tuple(question.options.items())), seal)


def _hosted_now(vendor: str) -> str:
    """The vendor's file with the digest of the hosted template that it makes now, as `publish` would print it."""
    if "template_url" not in vendor:
        return vendor
    made = hashlib.sha256(hosted_template(parse_vendor(vendor), "aws")).hexdigest()
    return re.sub(r"[0-9a-f]{64}", made, vendor)


@lru_cache(maxsize=2)
def _rendered(vendor: str, options: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        done = CliRunner().invoke(app, render_arguments(_hosted_now(vendor), options, Path(folder)))
        assert done.exit_code == 0, done.output
        return dict(read_folder(Path(folder) / "out" / dict(options)["tenant"][0]))


def verify_role(question: RoleQuestion) -> Verified:
    """What the policies of a role come to: who can assume it, whether it only reads, whether it would be stored.

    By its trust alone, as `verify --offline` judges a file, or `verify` a live role where the vendor's roles are known.
    The access is that of `verify`, had every read that was asked for been answered and no write been tried.
    """
    if question.vendor_roles:
        by_trust = _with_roles(question)
    else:
        with written({"trust.json": question.trust.encode()}) as folder:
            by_trust = _verified(folder / "trust.json", question.ids, question.vendor)
    role = raw_role(RoleArn("aws", "444455556666", "/", "reader"), None, question.policies, question.managed)
    expected = Expectations(Expectation(allowed_secrets=question.secrets), all_roles=True)
    (judgement,) = judge(World((role,)), expected)
    proof = access_verdict(judgement)
    access = str(judge_access(ReadsFound(), proof, write=None, asked=True, proved=not proof.unproved))
    return Verified(
        by_trust.safety, access, by_trust.kinds, stored(by_trust.safety, access), hands_out=bool(proof.secrets)
    )


def _verified(source: Path, ids: tuple[str, ...], vendor: str | None) -> Verified:
    try:
        verdict = verify_offline(source, ids, vendor)
    except DeputizeError as error:
        return Verified(type(error).__name__, "")
    kinds = tuple(sorted({one.kind for one in verdict.access_paths}))
    safety, access = str(verdict.safety), str(verdict.access)
    return Verified(safety, access, kinds, stored(safety, access))


def _with_roles(question: RoleQuestion) -> Verified:
    place = Place("trust.json", 1, 1)
    role = FoundRole("role", place, Document(json.loads(question.trust), {(): place}), partition="aws")
    expected = RoleExpectations(question.vendor, question.vendor_roles).for_judge(question.vendor, question.ids)
    (judgement,) = judge(World((role,)), expected)
    verdict = trust_verdict(judgement)
    return Verified(str(safety_of(verdict)), "", tuple(sorted({one.kind for one in verdict.found})))


@cache
def stored(safety: str, access: str) -> bool:
    """Whether `register` stores a role with such a verdict: asked of the registry itself."""
    if safety not in set(map(str, Safety)):
        return False
    with (
        tempfile.TemporaryDirectory() as folder,
        open_registry(f"{folder}/registry.db", who="frozen", create=True) as registry,
    ):
        add(registry, GrantRequest("a-company", external_ids=("Acme-7d4c0b9e-2f7a-4f0e",)))
        checker = _Checker(Safety(safety), AccessState(access))
        (done,) = register(registry, "a-company", ["arn:aws:iam::444455556666:role/reader"], checker)
        return done.stored


class _Checker:
    """Says the same of every role."""

    endpoint = "aws"

    def __init__(self, safety: Safety, access: AccessState) -> None:
        self._said = safety, access

    def request(self, grant: Grant, role_arn: str, accepted_ids: tuple[str, ...], other_id: str) -> VerifyRequest:
        return VerifyRequest(role_arn, accepted_ids, other_id)

    def check_many(self, asks: Iterable[VerifyRequest]) -> Iterator[tuple[VerifyRequest, Verdict | DeputizeError]]:
        caller, at = "arn:aws:iam::111122223333:role/collector", "2026-01-01T00:00:00Z"
        probes = (ProbeResult("other", "refuse", "refuse"),)
        for one in asks:
            role = (one.role_arn, "AROAEXAMPLE", one.external_ids[0])
            yield one, Verdict(*role, *self._said, "probes+policy", "aws", at, caller, probes)
