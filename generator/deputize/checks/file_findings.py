"""What is wrong in one file of any origin: every role in it judged, and every policy that belongs to none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from deputize.checks.findings import RoleReport, policy_findings, reports_of, role_findings
from deputize.checks.judge import judge, judge_policies
from deputize.checks.judgement import Judgement
from deputize.checks.rules.all import RULES, RuleSet
from deputize.checks.trust.own import Waiver
from deputize.model.expectations import Expectations
from deputize.model.values import Finding
from deputize.model.world import FoundRole
from deputize.read.found import FoundFile
from deputize.read.world import world_of


@dataclass(frozen=True, slots=True)
class FileFindings:
    """What is wrong in one file, each finding with the name of its role, and which roles were judged in it.

    waived: who is trusted and not judged as a third party, each with the name of the role.
    """

    found: tuple[tuple[Finding, str], ...]
    roles: tuple[RoleReport, ...]
    waived: tuple[tuple[Waiver, str], ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings alone, each once."""
        return tuple(dict.fromkeys(finding for finding, _ in self.found))


def file_findings(
    file: FoundFile,
    where: str,
    expectations: Expectations,
    rules: RuleSet = RULES,
    *,
    beside: tuple[FoundRole, ...] = (),
) -> FileFindings:
    """What is wrong in the file `where`: role by role, all its branches at once, then what belongs to none.

    How it is delivered is judged by `delivery_findings`; what could not be read of it stands in the file.
    beside: roles of other files, of which nothing is told but where they lead to.
    """
    world = world_of(file)
    by_name: dict[str, list[Judgement]] = {}
    elsewhere = {one.place for one in beside}
    for one in judge(replace(world, roles=(*world.roles, *beside)), expectations):
        if one.role.place not in elsewhere:
            by_name.setdefault(one.role.name, []).append(one)
    assumed = any(one.scope.judged for branches in by_name.values() for one in branches)
    policies = judge_policies(world, expectations, assumed=assumed)

    def found() -> Iterator[tuple[Finding, str]]:
        for name, branches in by_name.items():
            yield from ((finding, name) for finding in role_findings(branches, where, rules))
        for policy in policies:
            yield from ((finding, "") for finding in policy_findings(policy, where, rules))

    reports = (report for branches in by_name.values() for report in reports_of(branches))
    waived = ((one, name) for name, branches in by_name.items() for judged in branches for one in judged.waived)
    return FileFindings(tuple(dict.fromkeys(found())), tuple(reports), tuple(dict.fromkeys(waived)))
