"""cfn-lint in process: its rules are built once, and nothing but our own settings steers them. It gives raw matches.

Source: https://github.com/aws-cloudformation/cfn-lint (`cfnlint.core.get_rules`, `cfnlint.api.lint`). A rule keeps
state while it runs, so one template is judged at a time.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version as version_of
from threading import Lock, current_thread, main_thread
from typing import Any, NoReturn

from deputize.iam.partitions import PARTITIONS
from deputize.model.engines import EngineMatch, EngineResult

ENGINE = "cfn-lint"
DEFAULT_REGION = PARTITIONS["aws"].home_region
# I3042 asks for ${AWS::Partition}: a bundle is for one partition by design, and a rule of ours compares it.
_NOT_ASKED = ["I3042"]
_LOCK = Lock()
_MOST_SECONDS = 20  # of this process's own time; the largest template that AWS takes needs a third of it


class _TooLongError(BaseException):
    """cfn-lint's time is up; none of its own handlers of errors may take this for one."""


def run_cfn_lint(text: str, region: str = DEFAULT_REGION) -> EngineResult:
    """cfn-lint's matches on a template, in no order.

    A .cfnlintrc in the home or working folder, and cfn-lint's section in the template's Metadata, change nothing. What
    cfn-lint cannot judge is said in the result; nothing is raised.
    """
    from cfnlint.api import lint

    rules = _rules()
    with _LOCK:
        try:
            with _bounded():
                matches = lint(text, rules=rules, config=_settings(region))
        except _TooLongError:
            what = f"cfn-lint was not done with it after {_MOST_SECONDS} seconds"
            return EngineResult(failure=what, mend="make the template simpler")
        except Exception as error:  # noqa: BLE001 - another's code on outside text: whatever it raises is no verdict
            return EngineResult(failure=f"cfn-lint could not judge it: {type(error).__name__}: {error}")
    return EngineResult(tuple(_match(one) for one in matches))


def region_for(partition: str) -> tuple[str, str]:
    """The region to judge a partition's templates for, and why it is another partition's; usually empty."""
    from cfnlint.helpers import REGIONS

    region = PARTITIONS[partition].home_region
    if region in REGIONS:
        return region, ""
    return DEFAULT_REGION, f"cfn-lint {version()} does not know {region}: judged for {DEFAULT_REGION}"


@cache
def version() -> str:
    """cfn-lint's version; does not import it."""
    return version_of("cfn-lint")


def _match(match: Any) -> EngineMatch:
    return EngineMatch(str(match.rule.id), str(match.message), match.linenumber, match.columnnumber)


@contextmanager
def _bounded() -> Iterator[None]:
    """Ends what takes too long: an AllowedPattern that never ends, conditions that double with each level.

    Only a process's main thread can be interrupted; in any other cfn-lint takes what it takes.
    """
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, _MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before or signal.SIG_DFL)


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise _TooLongError


@cache
def _rules() -> Any:
    from cfnlint.core import get_rules

    return get_rules([], list(_NOT_ASKED), ["E", "W", "I"])


def _settings(region: str) -> Any:
    from cfnlint.config import ManualArgs

    # mandatory_checks: a resource's Metadata can ignore none of them. config_file: an empty file, so that no other is
    # looked for; cfn-lint takes the key although its TypedDict does not list it.
    settings: dict[str, object] = {"regions": [region], "mandatory_checks": ["E", "W", "I"], "config_file": os.devnull}
    return ManualArgs(**settings)
