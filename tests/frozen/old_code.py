"""The old code, asked: the names and ways of commit 6ad3aad, found by name because they are no longer there.

It has the functions of `adapter`, and is used by `freeze` alone.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

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


def module(name: str) -> Any:
    """A module of the old code."""
    return import_module(f"deputize.{name}")


def lint_file(question: FileQuestion) -> Linted:
    """What the lint of files of any origin says, with our own engine."""
    asked = question.expected
    expectations = module("lint.third_party").Expectations(
        asked.vendors, asked.ids, all_roles=asked.all_roles, allowed_secrets=asked.secrets
    )
    judging = module("jobs.lint_file").Judging(("own",), question.parameters, expectations)
    report = module("jobs.lint_file").lint_content(question.content, question.where, judging, named=True)
    found = frozenset(_found(one.finding, one.role) for one in report.found)
    return Linted(found, tuple(sorted({(one.name, one.judged) for one in report.roles})))


def _found(finding: Any, subject: str) -> Found:
    place = NOWHERE if finding.line is None else (finding.line, finding.column or 0)
    return Found(finding.rule, str(finding.severity), subject, finding.where, place)


def render(question: BundleQuestion) -> dict[str, bytes]:
    """The bundle as the command line writes it, then edited."""
    from typer.testing import CliRunner

    with tempfile.TemporaryDirectory() as folder:
        done = CliRunner().invoke(
            module("cli.app").app, render_arguments(question.vendor, tuple(question.options.items()), Path(folder))
        )
        assert done.exit_code == 0, done.output
        files = dict(module("disk").read_folder(Path(folder) / "out" / question.options["tenant"][0]))
    return edited(question, files, module("bundle").seal)


def judge_bundle(question: BundleQuestion) -> Judged:
    """What the lint of bundles says, and verify --offline."""
    files = render(question)
    report = module("jobs.lint").lint_files(files, module("jobs.lint").LintOptions(engines=("own",)))
    found = frozenset(Found(one.rule, str(one.severity), one.where, "", NOWHERE) for one in report.findings)
    with written(files) as folder:
        return Judged(Linted(found), _verified(folder, (), None))


def verify_role(question: RoleQuestion) -> Verified:
    """What the policies of a role come to: who can assume it, whether it only reads, whether it would be stored."""
    if question.vendor_roles:
        by_trust = _with_roles(question)
    else:
        with written({"trust.json": question.trust.encode()}) as folder:
            by_trust = _verified(folder / "trust.json", question.ids, question.vendor)
    proof = module("jobs.judge_policy").prove_read_only(question.policies, question.managed, question.secrets)
    found = module("aws.reads").ReadsFound()
    proved = not proof.unproved
    access = module("jobs.verify_access").judge_access(found, proof, write=None, asked=True, proved=proved)
    return Verified(
        by_trust.safety,
        str(access),
        by_trust.kinds,
        stored(by_trust.safety, str(access)),
        bool(proof.secrets),
    )


def _verified(source: Path, ids: tuple[str, ...], vendor: str | None) -> Verified:
    try:
        verdict = module("jobs.verify_offline").verify_offline(source, ids, vendor)
    except module("errors").DeputizeError as error:
        return Verified(type(error).__name__, "")
    kinds = tuple(sorted({one.kind for one in verdict.ways_in}))
    safety, access = str(verdict.safety), str(verdict.access)
    return Verified(safety, access, kinds, stored(safety, access))


def _with_roles(question: RoleQuestion) -> Verified:
    """As `verify` of a live role reads its trust policy where the vendor's roles are known."""
    asked = module("jobs.verify_inputs").Asked(question.vendor, question.vendor_roles)
    trusted = asked.trusted("aws", question.vendor)
    ways = module("jobs.judge_policy").find_entrances(json.loads(question.trust), trusted, question.ids)
    safety = str(module("jobs.verify_offline")._safety(ways))
    return Verified(safety, "", tuple(sorted({one.kind for one in ways.found})))


@cache
def stored(safety: str, access: str) -> bool:
    """Whether `register` stores a role with such a verdict: asked of the registry itself."""
    values, registry, checks = module("model.values"), module("registry"), module("jobs.tenant_checks")
    if safety not in set(map(str, values.Safety)):
        return False
    arn = "arn:aws:iam::444455556666:role/reader"

    class Checker:
        endpoint = "aws"

        def ask(self, _grant: object, role_arn: str, ids: tuple[str, ...], other: str) -> Any:
            return module("jobs.verify").Ask(role_arn, ids, other)

        def check_many(self, asks: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
            for one in asks:
                state = (values.Safety(safety), values.AccessState(access))
                rest = ("probes+policy", "aws", "2026-01-01T00:00:00Z", "arn:aws:iam::111122223333:role/collector")
                probes = (values.ProbeResult("other", "refuse", "refuse"),)
                yield one, values.Verdict(arn, "AROAEXAMPLE", one.external_ids[0], *state, *rest, probes)

    with (
        tempfile.TemporaryDirectory() as folder,
        registry.open_registry(f"{folder}/registry.db", who="frozen", create=True) as opened,
    ):
        registry.add(opened, registry.Asked("a-company", external_ids=("Acme-7d4c0b9e-2f7a-4f0e",)))
        (done,) = checks.register(opened, "a-company", [arn], Checker())
        return bool(done.stored)


def kind_of(content: bytes, where: str, parameters: Mapping[str, str]) -> str:
    """What kind of file it is; `other` where the lint of files has nothing to judge."""
    return str(module("read.any").read_any(content, where, parameters).kind)
