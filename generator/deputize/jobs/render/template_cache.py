"""cfn-lint's verdict on a shape's exemplar, remembered between runs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from deputize.checks.cfn import UNFINISHED
from deputize.checks.rules_version import rules_version
from deputize.disk import VerdictCache
from deputize.iam.actions import data_version
from deputize.jobs.lint.cfn_lint import lint_template, region_for
from deputize.jobs.lint.cfn_lint import version as cfn_lint_version
from deputize.jobs.render.shapes import Shape
from deputize.model.format import TEMPLATE
from deputize.model.values import EngineReport, Finding, Severity


def judge_template(shape: Shape, cache: VerdictCache | None) -> tuple[tuple[Finding, ...], EngineReport]:
    """cfn-lint's findings on the exemplar's template, from `cache` where its key is there."""
    template = shape.exemplar_files()[TEMPLATE]
    engine = EngineReport("cfn-lint", cfn_lint_version())
    key = hashlib.sha256(f"{rules_version()}\n{engine.version}\n{data_version()}\n".encode() + template).hexdigest()
    known = cache.get(key) if cache is not None else None
    if known is not None:
        return tuple(_finding(row) for row in json.loads(known)), engine
    region, _ = region_for(shape.exemplar.slots.partition)
    findings = lint_template(template.decode(), TEMPLATE, region)
    if cache is not None and UNFINISHED not in {one.rule for one in findings}:  # another time it may be done
        cache.put(key, json.dumps([asdict(one) for one in findings]).encode())
    return findings, engine


def _finding(row: dict[str, object]) -> Finding:
    return Finding(**{**row, "severity": Severity(str(row["severity"])), "actions": tuple(row.get("actions", ()))})  # type: ignore[arg-type]
