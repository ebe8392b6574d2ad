"""index.html: the page on which a customer reads, compares, decides and deploys; one self-contained file.

Its words are in templates/page/<locale>.yaml, its facts in the model. Style and script are fixed texts: their digests
stand in the page's own Content-Security-Policy, which lets nothing else run, load or be sent.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache

from deputize.formats.cloudformation import PARAMETERS
from deputize.formats.languages import HTML, json_text
from deputize.formats.page_facts import page_facts
from deputize.formats.page_picture import picture
from deputize.formats.page_text import draw, drawn, say, told, word
from deputize.formats.phrases import policy_description
from deputize.formats.quick_create import quick_create_link
from deputize.formats.templates import Literal, render, templates_dir
from deputize.formats.terraform import VARIABLES
from deputize.iam.partitions import PARTITIONS
from deputize.model.deployer import deployer_policy
from deputize.model.format import (
    DEPLOY_SCRIPT,
    DEPLOYER_POLICY,
    PAGE,
    REMOVE_SCRIPT,
    ROLE_FILE,
    SIGNATURE,
    TEMPLATE,
    TRUST_POLICY,
    access_policy,
)
from deputize.model.profiles import load_profile
from deputize.model.role import TEMPLATE_VERSION, TENANT_TAG, VENDOR_TAG, VERSION_TAG, Role
from deputize.model.role_session import USE_NAME, VERIFY_PREFIX
from deputize.model.spec import LOCALES
from deputize.model.text import english

# What `ssh-keygen -Y sign` signed the manifest for, where the vendor signs.
NAMESPACE = "deputize-bundle"
# How the sessions begin with which a vendor's `deputize verify` tries a role.

_AWS_PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html"
# The name under which IAM's console puts the policy of its own Revoke sessions.
_CUT_POLICY = "AWSRevokeOlderSessions"
_SECONDS = 60
# What may stand around these marks in a style sheet, and after a colon, without a meaning.
_SPACING = re.compile(r"\s*([{;,])\s*|\s*(})|(?<=:)[^\S\n]+", re.ASCII)
_POLICY = (
    "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; img-src 'none'; "
    "connect-src 'none'; font-src 'none'; object-src 'none'; frame-src 'none'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


# Files and scripts of the bundle that the page names; deploy and remove are given to bash.
_FILES = {
    "template": TEMPLATE,
    "trust_file": TRUST_POLICY,
    "role_file": ROLE_FILE,
    "deployer_file": DEPLOYER_POLICY,
    "deploy_script": DEPLOY_SCRIPT,
    "remove_script": REMOVE_SCRIPT,
    "signature": SIGNATURE,
}
_WORDS = {"say": say, "told": told, "word": word, "draw": draw, "drawn": drawn, "english": english, "locales": LOCALES}


def render_page(role: Role) -> dict[str, str]:
    """The page as {path: text}; slot marks stand where the tenant's texts go."""
    made = role.resolved()
    style, script = _static("page.css"), _static("page.js")
    profile = role.vendor.access.profile
    text = render(
        f"page/{PAGE}.j2",
        HTML,
        **_WORDS,
        **_FILES,
        **_console(role),
        policy=Literal(_POLICY.format(script=digest(script), style=digest(style))),
        style=Literal(style),
        script=Literal(script),
        role=role,
        slots=role.slots,
        vendor=role.vendor.name,
        made=made,
        facts=page_facts(role),
        picture=picture(role),
        profile=None if profile is None else load_profile(profile).title,
        own=len(role.vendor.access.statements) + len(role.vendor.access.managed_policies),
        trust=next(statement for statement in made.trust.statements if "sts:AssumeRole" in statement.actions),
        documents=tuple((policy.name, access_policy(number)) for number, policy in enumerate(made.policies, 1)),
        policy_description=policy_description(role),
        # Between tags a quotation mark is a letter like any other.
        deployer=Literal(HTML.escape(json_text(deployer_policy(role).to_json())).replace("&quot;", '"')),
        choices=_choices(role),
        namespace=NAMESPACE,
        probe_session=VERIFY_PREFIX,
        use_session=USE_NAME,
        cut_policy=_CUT_POLICY,
        aws_page=_AWS_PAGE,
        minutes=made.max_session // _SECONDS,
        version=TEMPLATE_VERSION,
    )
    return {PAGE: text}


def _console(role: Role) -> dict[str, object]:
    """What depends on the region that the page opens with: the vendor's choice, else the partition's own."""
    partition = PARTITIONS[role.slots.partition]
    hosting = role.vendor.hosted(role.slots.partition)
    region = partition.home_region if hosting is None else hosting.region
    link = quick_create_link(role, region)
    return {
        "partition": partition,
        "region": region,
        "regions": tuple(sorted({region, *partition.regions})),
        "here": Literal(f"<span data-region>{HTML.literal(region)}</span>"),
        "template_url": None if hosting is None else hosting.template_url,
        "launch": None if link is None else Literal(HTML.escape(link)),
        "stack_tags": (
            (TENANT_TAG, role.slots.tenant),
            (VENDOR_TAG, role.vendor.slug),
            (VERSION_TAG, str(TEMPLATE_VERSION)),
        ),
    }


def digest(text: str) -> str:
    """The SHA-256 of an inline element's text in base64, as a Content-Security-Policy names it."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that the customer may choose: its phrase, its default, and what each way calls it; None: not there."""

    key: str
    default: str | None
    parameter: str | None
    option: str
    variable: str
    json: str


def _choices(role: Role) -> tuple[Choice, ...]:
    name, path = (VARIABLES[choice].removeprefix("var.") for choice in ("role_name", "path"))
    return (
        Choice("choice_name", role.slots.role_name, PARAMETERS["role_name"], "--role-name", name, "RoleName"),
        Choice("choice_path", role.path, PARAMETERS["path"], "--path", path, "Path"),
        Choice(
            "choice_boundary",
            role.boundary,
            "PermissionsBoundary",
            "--permissions-boundary",
            "permissions_boundary",
            "PermissionsBoundary",
        ),
        Choice("choice_tags", None, None, "--tag KEY=VALUE", "tags", "Tags"),
    )


@cache
def _static(name: str) -> str:
    """The style or the script, without comments, indentation and a style's spacing: every page carries it."""
    lines = map(str.strip, (templates_dir() / "page" / name).read_text(encoding="utf-8").splitlines())
    text = "\n".join(line for line in lines if line and not line.startswith("//"))
    return _SPACING.sub(r"\1\2", text) if name.endswith(".css") else text
