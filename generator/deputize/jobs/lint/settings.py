"""What the caller of lint gives in files: values of template parameters, the configuration, the baseline."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from deputize.checks.suppress import Baseline, Config, read_baseline, read_config
from deputize.disk import read_text
from deputize.errors import InputError, Problem, UsageError
from deputize.jobs.lint.totals import Silenced
from deputize.model.display import shown

_FORMS = "give {name: value}, or [{ParameterKey: name, ParameterValue: value}] as the AWS CLI does"


def parameters_of(given: Sequence[str], file: Path | None) -> Mapping[str, str]:
    """The values of template parameters by name. given: `NAME=VALUE` each, which win over those in the file.

    file: JSON, in a form that CloudFormation's tools take: a list of ParameterKey and ParameterValue or of NAME=VALUE,
    or a mapping, alone or under `Parameters`. Raises InputError, UsageError.
    """
    found = dict(_of_file(file)) if file is not None else {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise UsageError(Problem("--parameter", f"{shown(one)} has no name or no value", "give NAME=VALUE"))
        found[name] = value
    return found


def silenced_by(config: Path | None, baseline: Path | None) -> Silenced:
    """What --config and --baseline say. Raises InputError with every problem of the file."""
    return Silenced(
        read_config(read_text(config), str(config)) if config is not None else Config(),
        read_baseline(read_text(baseline), str(baseline)) if baseline is not None else Baseline(),
    )


def _of_file(file: Path) -> Iterator[tuple[str, str]]:
    where = shown(str(file), 200)
    try:
        found = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise InputError(Problem(where, "is not JSON", _FORMS)) from error
    if isinstance(found, dict) and isinstance(found.get("Parameters"), dict | list):
        found = found["Parameters"]
    rows = found.items() if isinstance(found, dict) else map(_pair, found) if isinstance(found, list) else [None]
    for row in rows:
        if row is None or not isinstance(row[0], str) or not isinstance(row[1], str | int | float | bool):
            raise InputError(Problem(where, "holds something that is no value of a parameter", _FORMS))
        value = row[1]
        yield row[0], str(value).lower() if isinstance(value, bool) else str(value)


def _pair(item: object) -> tuple[object, object] | None:
    if isinstance(item, str):
        name, equals, value = item.partition("=")
        return (name, value) if equals else None
    if isinstance(item, dict):
        return item.get("ParameterKey"), item.get("ParameterValue")
    return None
