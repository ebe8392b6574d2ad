"""The shapes of one run of render, each judged once by all engines."""

from __future__ import annotations

from collections.abc import Callable

from deputize.disk import VerdictCache
from deputize.jobs.publish.hosting import unhosted
from deputize.jobs.render.shapes import Shape, refuse_errors
from deputize.jobs.render.template_cache import judge_template
from deputize.model.values import Finding


class JudgedShapes:
    """The shapes of a run, each judged by all engines when it is first met; its errors stop the run."""

    def __init__(self, cache: VerdictCache | None, say: Callable[[Finding], None]) -> None:
        self._cache = cache
        self._say = say
        self._judged: set[int] = set()
        self._kept: list[Shape] = []

    def say_unhosted(self) -> None:
        """Say once in which partitions no template is hosted."""
        for note in unhosted(shape.exemplar for shape in self._kept):
            self._say(note)

    def judge(self, shape: Shape) -> None:
        """Judge a shape that was not met before. Raises LintError for its errors."""
        if id(shape) in self._judged:
            return
        self._judged.add(id(shape))
        self._kept.append(shape)  # keeps the identity taken
        # Our own word first: cfn-lint would only repeat it, at length.
        refuse_errors(shape.findings)
        findings = (*shape.findings, *judge_template(shape, self._cache)[0])
        refuse_errors(findings)
        for finding in findings:
            self._say(finding)
