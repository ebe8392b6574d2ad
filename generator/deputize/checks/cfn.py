"""cfn-lint in process: its rules are built once, and nothing but our own settings steers them.

Source: https://github.com/aws-cloudformation/cfn-lint (`cfnlint.core.get_rules`, `cfnlint.api.lint`). A rule keeps
state while it runs, so one template is judged at a time.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version as version_of
from threading import Lock, current_thread, main_thread
from typing import Any, NoReturn

from deputize.iam.actions import expand
from deputize.iam.partitions import PARTITIONS
from deputize.model.values import Finding, Severity

ENGINE = "cfn-lint"
_DEFAULT_REGION = PARTITIONS["aws"].home_region
_UNKNOWN_ACTION = "W3037"
_MENDS = {_UNKNOWN_ACTION: "correct the action's name, or remove it"}
_SEVERITIES = {"E": Severity.ERROR, "W": Severity.WARNING, "I": Severity.NOTE}
# I3042 asks for ${AWS::Partition}: a bundle is for one partition by design, and a rule of ours compares it.
_NOT_ASKED = ["I3042"]
# E3530 knows the principals of three partitions; those of the fourth are judged in the form that they have in `aws`.
_UNKNOWN_PARTITION = "aws-eusc"
_LOCK = Lock()
_MOST_SECONDS = 20  # of this process's own time; the largest template that AWS takes needs a third of it


class _TooLongError(BaseException):
    """cfn-lint's time is up; none of its own handlers of errors may take this for one."""


def lint_template(text: str, where: str, region: str = _DEFAULT_REGION) -> tuple[Finding, ...]:
    """cfn-lint's findings on a template; `where` is its file.

    A .cfnlintrc in the home or working folder, and cfn-lint's section in the template's Metadata, change nothing. What
    cfn-lint cannot judge is an error: nothing passes unjudged.
    """
    from cfnlint.api import lint

    judged, notes = _known_arns(text, where, region)
    rules = _rules()
    with _LOCK:
        try:
            with _bounded():
                matches = lint(judged, rules=rules, config=_settings(region))
        except _TooLongError:
            what = f"cfn-lint was not done with it after {_MOST_SECONDS} seconds"
            return (Finding("cfn-lint-failed", Severity.ERROR, where, what, "make the template simpler", ENGINE),)
        except Exception as error:  # noqa: BLE001 - another's code on outside text: whatever it raises is no verdict
            what = f"cfn-lint could not judge it: {type(error).__name__}: {error}"
            return (Finding("cfn-lint-failed", Severity.ERROR, where, what, engine=ENGINE),)
    return (*notes, *sorted((_finding(match, where, text) for match in matches), key=_place))


def region_for(partition: str) -> tuple[str, str]:
    """The region to judge a partition's templates for, and why it is another partition's; usually empty."""
    from cfnlint.helpers import REGIONS

    region = PARTITIONS[partition].home_region
    if region in REGIONS:
        return region, ""
    return _DEFAULT_REGION, f"cfn-lint {version()} does not know {region}: judged for {_DEFAULT_REGION}"


@cache
def version() -> str:
    """cfn-lint's version; does not import it."""
    return version_of("cfn-lint")


def _known_arns(text: str, where: str, region: str) -> tuple[str, tuple[Finding, ...]]:
    """The template to judge, and a note where it is not quite the one that was given."""
    if not PARTITIONS[_UNKNOWN_PARTITION].has_region(region):
        return text, ()
    what = f"cfn-lint {version()} does not know principals of {_UNKNOWN_PARTITION}: judged as if they were of aws"
    note = Finding("cfn-lint-partition", Severity.NOTE, where, what, engine=ENGINE)
    return text.replace(f"arn:{_UNKNOWN_PARTITION}:", "arn:aws:"), (note,)


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


def _finding(match: Any, where: str, text: str) -> Finding:
    rule, message = str(match.rule.id), str(match.message)
    severity = _SEVERITIES.get(rule[:1], Severity.ERROR)
    if rule == _UNKNOWN_ACTION:
        # The message goes on with every action that the service has.
        action = message.partition(" is not one of ")[0]
        message = f"{action} is unknown"
        severity = Severity.NOTE if _is_newer(action.strip("'"), text) else Severity.ERROR
    return Finding(
        rule=rule,
        severity=severity,
        where=where,
        message=message,
        mend=_MENDS.get(rule, ""),
        engine=ENGINE,
        line=match.linenumber,
        column=match.columnnumber,
    )


def _is_newer(name: str, text: str) -> bool:
    """Whether every action of that name in the template is one that AWS has, only newer than cfn-lint's data.

    cfn-lint names the action without its service, in small letters. Our own rules judge what it does not know.
    """
    found = re.findall(rf"([a-z0-9-]+:{re.escape(name)})(?![A-Za-z0-9*?])", text, re.ASCII | re.IGNORECASE)
    return bool(found) and all(expand(action) for action in found)


def _place(finding: Finding) -> tuple[int, int, str, str]:
    return finding.line or 0, finding.column or 0, finding.rule, finding.message
