"""README.md of a bundle: what it is, what it grants, how to deploy, check, watch and remove it, in the tenant's locale.

The facts are turned around for a reader here: statements by service, exposures by grade. The words are in
templates/readme/, one file per locale.
"""

from __future__ import annotations

from dataclasses import dataclass

from deputize.formats.languages import MARKDOWN
from deputize.formats.page import NAMESPACE
from deputize.formats.phrases import policy_description, who_may_enter
from deputize.formats.quick_create import quick_create_link
from deputize.formats.templates import render
from deputize.iam.exposure import Grade
from deputize.iam.partitions import PARTITIONS
from deputize.model.facts import Exposed, Facts, Services, reviewed_reason
from deputize.model.facts import StatementFacts as Allowed
from deputize.model.format import README, SIGNATURE, access_policy
from deputize.model.profiles import load_profile
from deputize.model.role import TEMPLATE_VERSION, TENANT_TAG, VENDOR_TAG, VERSION_TAG, Role
from deputize.model.role_session import USE_NAME, VERIFY_PREFIX
from deputize.model.text import Localized

_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ReadmePart:
    """One statement: actions counted by service, and the resources it is bound to (none named: all)."""

    sid: str
    services: Services
    resources: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """One read that tells more than metadata. reason: why the vendor has it nevertheless, for secrets."""

    action: str
    grade: Grade
    what: str
    reason: str


def render_readme(role: Role, facts: Facts) -> dict[str, str]:
    """The page as {path: text}; `facts` are the role's, as access.json has them.

    Raises InputError when the vendor's hosted template is another one than this vendor makes.
    """
    made = role.resolved()
    locale = role.slots.locale
    profile = role.vendor.access.profile
    text = render(
        f"readme/README.{locale}.md.j2",
        MARKDOWN,
        role=role,
        slots=role.slots,
        made=made,
        vendor=role.vendor.name.get(locale),
        who=who_may_enter(role, locale),
        principals=tuple(
            principal.text
            for principal in next(one for one in made.trust.statements if "sts:AssumeRole" in one.actions).principals
        ),
        profile=None if profile is None else load_profile(profile).title.get(locale),
        documents=tuple((policy.name, access_policy(number)) for number, policy in enumerate(made.policies, 1)),
        policy_description=policy_description(role),
        stack_tags=(
            f"{TENANT_TAG}={role.slots.tenant}",
            f"{VENDOR_TAG}={role.vendor.slug}",
            f"{VERSION_TAG}={TEMPLATE_VERSION}",
        ),
        signature=SIGNATURE,
        namespace=NAMESPACE,
        probe_session=VERIFY_PREFIX,
        use_session=USE_NAME,
        minutes=made.max_session // _SECONDS,
        version=TEMPLATE_VERSION,
        **_allowed(facts, locale),
        **_console(role),
    )
    return {README: text}


def _allowed(facts: Facts, locale: str) -> dict[str, object]:
    """What sections 1 to 3 show."""
    exposed = tuple(_exposed(one, locale) for one in facts.exposed)
    return {
        "parts": tuple(_part(part, locale) for part in facts.parts),
        "managed": tuple((policy, _in(policy.reason, locale)) for policy in facts.managed),
        "reviewed": _reviewed(facts, locale),
        "secrets": tuple(one for one in exposed if one.grade is Grade.SECRET),
        "data": tuple(one for one in exposed if one.grade is Grade.DATA),
        "config": tuple(one for one in exposed if one.grade is Grade.CONFIG),
    }


def _console(role: Role) -> dict[str, object]:
    """Which region's console opens, and with which link; link, template_url: None where no template is hosted."""
    partition = PARTITIONS[role.slots.partition]
    hosting = role.vendor.hosted(role.slots.partition)
    region = partition.home_region if hosting is None else hosting.region
    return {
        "region": region,
        "console": partition.console_host(region),
        "link": quick_create_link(role, region),
        "template_url": None if hosting is None else hosting.template_url,
    }


def _part(part: Allowed, locale: str) -> ReadmePart:
    resources = () if part.resources == ("*",) else part.resources
    return ReadmePart(part.sid, part.services, resources, _in(part.reason, locale))


def _exposed(one: Exposed, locale: str) -> Told:
    return Told(one.action, one.grade, _in(one.what, locale), _in(one.reason, locale))


def _reviewed(facts: Facts, locale: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Why actions of another access level than List or Read still only read, and which these are."""
    found: dict[str, set[str]] = {}
    for judged in (one for part in facts.parts for one in part.judged if one.reason):
        found.setdefault(reviewed_reason(judged, locale), set()).add(judged.action)
    return tuple((reason, tuple(sorted(found[reason]))) for reason in sorted(found))


def _in(text: Localized | None, locale: str) -> str:
    return "" if text is None else text.get(locale)
