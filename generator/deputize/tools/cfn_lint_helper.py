"""cfn-lint in the helper process: its rules are built once, and nothing but our own settings steers them.

Source: https://github.com/aws-cloudformation/cfn-lint (`cfnlint.core.get_rules`, `cfnlint.api.lint`).
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Final

from deputize.tools.frames import MOST_MEMORY, serve_forks

# I3042 asks for ${AWS::Partition}: a bundle is for one partition by design, and a rule of ours compares it.
_NOT_ASKED: Final = ["I3042"]
_SPARE: Final = MOST_MEMORY // 16  # bytes that must be left for an answer to count


def serve(descriptor: int) -> None:
    """Answer for those who connect on the socket `descriptor`, until nobody is left."""
    from cfnlint.helpers import REGIONS

    _rules()
    judge("Resources: {}", "us-east-1")  # what is loaded by the first template is loaded before the first fork
    serve_forks(
        descriptor, {"regions": list(REGIONS)}, lambda question: judge_all(question["texts"], question["region"])
    )


def judge_all(texts: list[str], region: str) -> list[dict[str, object]] | None:
    """`judge`'s answer on each template; None when memory ran out for any."""
    found = []
    for text in texts:
        if (one := judge(text, region)) is None:
            return None
        found.append(one)
    return found


def judge(text: str, region: str) -> dict[str, object] | None:
    """cfn-lint's matches on a template as (rule, message, line, column), or its failure; None when memory ran out.

    A .cfnlintrc in the home or working folder, and cfn-lint's section in the template's Metadata, change nothing.
    """
    from cfnlint.api import lint

    try:
        matches = lint(text, rules=_rules(), config=_settings(region))
        found = [(str(one.rule.id), str(one.message), one.linenumber, one.columnnumber) for one in matches]
    except MemoryError:
        return None
    except Exception as error:  # noqa: BLE001 - another's code on outside text: whatever it raises is no verdict
        return {"failure": f"{type(error).__name__}: {error}"}
    # cfn-lint takes a MemoryError for the template's fault: what it says near the limit is no answer.
    return None if _used() > MOST_MEMORY - _SPARE else {"matches": found}


def _used() -> int:
    """The most bytes of address space that this process had; 0 where the system does not tell."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - no file of the user's
            return next((int(line.split()[1]) << 10 for line in status if line.startswith("VmPeak:")), 0)
    except (OSError, ValueError):
        return 0


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
