"""cfn-lint asked about one template: the tool gives its matches, checks make findings of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from deputize.checks.cfn import as_cfn_lint_knows, cfn_lint_findings, unread_finding
from deputize.model.engines import EngineMatch, EngineResult
from deputize.model.values import Finding
from deputize.read.layout import Layout, laid_out
from deputize.read.source import Node
from deputize.tools.cfn_lint import DEFAULT_REGION, region_for, run_cfn_lint, version

__all__ = ["lint_template", "region_for", "version"]


def lint_template(
    text: str, where: str, region: str = DEFAULT_REGION, embedded: Sequence[Node] = ()
) -> tuple[Finding, ...]:
    """cfn-lint's findings on a template; `where` is its file. embedded: the templates of its stack sets, judged too."""
    layouts = tuple(map(laid_out, embedded))
    known = [one for one in layouts if one.is_known]
    open_ones = (unread_finding(where, one.place(1, 1).line) for one in layouts if not one.is_known)
    asked = [as_cfn_lint_knows(one, region) for one in (text, *(layout.text for layout in known))]
    first, *others = run_cfn_lint(asked, region)
    found = cfn_lint_findings(first, text, where, region, version())
    return (*found, *_of_embedded(known, others, where, region), *open_ones)


def _of_embedded(layouts: list[Layout], results: list[EngineResult], where: str, region: str) -> Iterator[Finding]:
    for layout, result in zip(layouts, results, strict=False):
        placed = replace(result, matches=tuple(_placed(one, layout) for one in result.matches))
        yield from cfn_lint_findings(placed, layout.text, where, region, version())


def _placed(match: EngineMatch, layout: Layout) -> EngineMatch:
    place = layout.place(match.line, match.column)
    return replace(match, line=place.line, column=place.column)
