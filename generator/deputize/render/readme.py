"""README.md of a bundle: what it is, what it grants, how to deploy, check, watch and remove it, in the tenant's locale.

Here `access.json` is turned around for a reader: statements by service, exposures by grade. The words are in
templates/readme/, one file per locale.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deputize.iam.exposure import Grade
from deputize.iam.partitions import PARTITIONS
from deputize.model.role import TEMPLATE_VERSION, TENANT_TAG, VENDOR_TAG, VERSION_TAG, Role
from deputize.render.languages import MARKDOWN
from deputize.render.phrases import policy_description, who_may_enter
from deputize.render.templates import render

PATH = "README.md"

_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Part:
    """One statement: actions counted by service, and the resources it is bound to (none named: all)."""

    sid: str
    services: tuple[tuple[str, int], ...]
    resources: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Exposed:
    """One read that tells more than metadata. reason: why the vendor has it nevertheless, for secrets."""

    action: str
    grade: str
    what: str
    reason: str = ""


def render_readme(role: Role, facts: Mapping[str, object]) -> dict[str, str]:
    """The page as {path: text}; `facts` are those of access.json."""
    made = role.resolved()
    partition = PARTITIONS[role.slots.partition]
    locale = role.slots.locale
    exposed = tuple(_exposed(facts))
    text = render(
        f"readme/README.{locale}.md.j2",
        MARKDOWN,
        role=role,
        slots=role.slots,
        made=made,
        vendor=role.vendor.name.get(locale),
        who=who_may_enter(role, locale),
        parts=tuple(_parts(facts)),
        managed=tuple((row, sum(_counts(row).values()), len(_counts(row))) for row in _rows(facts, "managed_policies")),
        secrets=tuple(one for one in exposed if one.grade == Grade.SECRET),
        data=tuple(one for one in exposed if one.grade == Grade.DATA),
        config=tuple(one for one in exposed if one.grade == Grade.CONFIG),
        documents=tuple((policy.name, _file(number)) for number, policy in enumerate(made.policies, 1)),
        policy_description=policy_description(role),
        stack_tags=(
            f"{TENANT_TAG}={role.slots.tenant}",
            f"{VENDOR_TAG}={role.vendor.slug}",
            f"{VERSION_TAG}={TEMPLATE_VERSION}",
        ),
        minutes=made.max_session // _SECONDS,
        region=partition.home_region,
        console=partition.console,
        version=TEMPLATE_VERSION,
    )
    return {PATH: text}


def _file(number: int) -> str:
    return f"json/access-policy{f'-{number}' if number > 1 else ''}.json"


def _parts(facts: Mapping[str, object]) -> Iterator[Part]:
    for policy in _rows(facts, "policies"):
        for statement in _rows(policy, "statements"):
            services = Counter(str(row["action"]).partition(":")[0] for row in _rows(statement, "actions"))
            resources = tuple(_texts(statement, "resources"))
            yield Part(
                sid=str(statement["sid"]),
                services=tuple(sorted(services.items())),
                resources=() if resources == ("*",) else resources,
                reason=str(statement["reason"]),
            )


def _exposed(facts: Mapping[str, object]) -> Iterator[Exposed]:
    """Every read that may expose data, each once, and every allowed secret with the reason it is allowed for."""
    allowed = {str(row["action"]).lower(): row for row in _rows(facts, "allowed_secrets")}
    found = {action.lower(): (action, row) for action, row in _exposing(facts)}
    for key in sorted(found.keys() | allowed.keys()):
        action, row = found.get(key) or (str(allowed[key]["action"]), {"grade": Grade.SECRET, "what": ""})
        reason = str(allowed[key]["reason"]) if key in allowed else ""
        yield Exposed(action, str(row["grade"]), str(row["what"]), reason)


def _exposing(facts: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for policy in _rows(facts, "policies"):
        for statement in _rows(policy, "statements"):
            for row in _rows(statement, "actions"):
                exposes = row.get("exposes")
                if isinstance(exposes, Mapping):
                    yield str(row["action"]), exposes
    for policy in _rows(facts, "managed_policies"):
        for row in _rows(policy, "exposes"):
            yield str(row["action"]), row


def _counts(managed: Mapping[str, object]) -> Mapping[str, int]:
    counts = managed["actions_by_service"]
    if not isinstance(counts, Mapping):
        msg = "actions_by_service is no mapping"
        raise TypeError(msg)
    return counts


def _rows(owner: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    rows = owner[key]
    if not isinstance(rows, list):
        msg = f"{key} is no list"
        raise TypeError(msg)
    return rows


def _texts(owner: Mapping[str, object], key: str) -> list[str]:
    return [str(text) for text in _rows(owner, key)]
