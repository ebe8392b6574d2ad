"""The shape of a profile's file as pydantic models, which are also its JSON Schema, profiles/schema.json."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deputize.errors import Problem

Line = Annotated[str, Field(min_length=1)]

_MEND = {
    "managed_policies": "write `managed_policies: []` if it attaches none",
    "allow_secrets": "write `allow_secrets: []` if it reads none",
}
_WHAT = {
    "missing": "is missing",
    "extra_forbidden": "is unknown",
    "string_type": "must be a text",
    "string_too_short": "is empty",
    "tuple_type": "must be a list",
    "too_short": "is empty",
    "model_type": "must be a mapping",
}
_SEE = "profiles/schema.json says what may stand in a profile"


class _ProfilePart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProfileText(_ProfilePart):
    """A text in each language that customers read."""

    en: Line
    ja: Line


class ProfileManagedPolicy(_ProfilePart):
    """An AWS managed policy that the profile attaches."""

    name: Line = Field(description="Path and name, as SecurityAudit or job-function/ViewOnlyAccess.")
    reason: ProfileText


class ProfileStatement(_ProfilePart):
    """One statement of the access policy."""

    sid: Line = Field(description="Statement ID: letters and digits.")
    actions: tuple[Line, ...] = Field(min_length=1, description="IAM actions, sorted, all of them reads.")
    resources: tuple[Line, ...] = Field(("*",), min_length=1, description="Resource ARNs.")
    reason: ProfileText


class ProfileSecret(_ProfilePart):
    """A read that hands out a secret, allowed all the same."""

    action: Line
    reason: ProfileText


class ProfileShape(_ProfilePart):
    """One access profile: what a kind of vendor reads, and why."""

    title: ProfileText
    summary: ProfileText
    managed_policies: tuple[ProfileManagedPolicy, ...]
    statements: tuple[ProfileStatement, ...]
    allow_secrets: tuple[ProfileSecret, ...]


def profile_schema() -> dict[str, Any]:
    """The JSON Schema of a profile's file."""
    made = ProfileShape.model_json_schema()
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "profiles/NAME.yaml: what a vendor reads",
    }
    return {**head, **{key: value for key, value in made.items() if key not in head}}


def profile_problems(error: ValidationError, where: str) -> tuple[Problem, ...]:
    """What pydantic found, by key: `profiles/x.yaml: statements.0.reason.ja: is missing; ...`."""
    problems = []
    for item in error.errors(include_url=False):
        key = ".".join(map(str, item["loc"]))
        what = _WHAT.get(item["type"], item["msg"])
        mend = _MEND.get(key, _SEE) if item["type"] == "missing" else _SEE
        problems.append(Problem(f"{where}: {key}" if key else where, what, mend))
    return tuple(problems)
