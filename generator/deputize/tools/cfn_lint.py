"""cfn-lint's raw matches on a template, from a helper process with limits of memory and processor time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version as version_of
from typing import Any, Final

from deputize.iam.partitions import PARTITIONS
from deputize.model.engines import EngineMatch, EngineResult
from deputize.tools.frames import MOST_MEMORY, MOST_SECONDS
from deputize.tools.limited import EndedError, Helper, NotStartedError

ENGINE = "cfn-lint"
DEFAULT_REGION = PARTITIONS["aws"].home_region
_HELPER: Final = Helper("deputize.tools.cfn_lint_helper")
_ENDED: Final = (
    f"cfn-lint did not finish it within {MOST_SECONDS} seconds of processor time and {MOST_MEMORY >> 20} MiB of memory"
)


def run_cfn_lint(texts: Sequence[str], region: str = DEFAULT_REGION) -> tuple[EngineResult, ...]:
    """cfn-lint's matches on each template, in no order; one result for all where it did not come to any.

    The templates of one file are asked about together: its limits are for them all. Nothing is raised: what cfn-lint
    cannot judge, and what its limits did not let it finish, is said in the result.
    """
    try:
        if not _HELPER.ready()["limited"]:
            what = "cfn-lint was not run: this system does not enforce a limit of memory"
            return (EngineResult(unfinished=what),)
        answers = _HELPER.ask({"texts": list(texts), "region": region})
    except NotStartedError as error:
        return (EngineResult(failure=f"cfn-lint could not be started: {error}"),)
    except EndedError:
        return (EngineResult(unfinished=_ENDED, mend="make the template simpler"),)
    return tuple(map(_result, answers))


def _result(answer: Mapping[str, Any]) -> EngineResult:
    if "failure" in answer:
        return EngineResult(failure=f"cfn-lint could not judge it: {answer['failure']}")
    return EngineResult(tuple(EngineMatch(*one) for one in answer["matches"]))


def region_for(partition: str) -> tuple[str, str]:
    """The region to judge a partition's templates for, and why it is another partition's; usually empty."""
    region = PARTITIONS[partition].home_region
    try:
        known = region in _HELPER.ready()["regions"]
    except NotStartedError:
        known = True  # what does not start judges no region
    if known:
        return region, ""
    return DEFAULT_REGION, f"cfn-lint {version()} does not know {region}: judged for {DEFAULT_REGION}"


@cache
def version() -> str:
    """cfn-lint's version; does not import it."""
    return version_of("cfn-lint")
