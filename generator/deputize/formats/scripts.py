"""cli/deploy.sh and cli/remove.sh: the stack of the bundle with nothing but bash and the aws CLI.

Values reach the aws CLI in JSON files only: on its command line a text that begins with `file://` names a file, one
that begins with `-` is an option, and commas and equals signs part lists.
https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html
"""

from __future__ import annotations

from deputize.formats.languages import SHELL, json_text
from deputize.formats.templates import render
from deputize.iam.partitions import PARTITIONS
from deputize.model.format import COMMON_SCRIPT, DEPLOY_SCRIPT, REMOVE_SCRIPT, ROLE_INPUT, STACK_INPUT, TAGS_INPUT
from deputize.model.role import TEMPLATE_VERSION, TENANT_TAG, VENDOR_TAG, VERSION_TAG, Role

_SECONDS = 60


def render_scripts(role: Role) -> dict[str, str]:
    """The scripts and the JSON files that they hand to the aws CLI, as {path: text}; slot marks stand in both."""
    slots = role.slots
    home = PARTITIONS[slots.partition]
    values = {
        "slots": slots,
        "vendor": role.vendor.slug,
        "vendor_name": role.vendor.name.get("en"),
        "vendor_account": role.account.id,
        "agreed_account": slots.account_id or "",
        "home_region": home.home_region,
        "foreign_regions": tuple(
            prefix for other in PARTITIONS.values() if other is not home for prefix in other.region_prefixes
        ),
        "minutes": role.iam.max_session // _SECONDS,
        "version": TEMPLATE_VERSION,
    }
    tags = {TENANT_TAG: slots.tenant, VENDOR_TAG: role.vendor.slug, VERSION_TAG: str(TEMPLATE_VERSION)}
    inputs: dict[str, object] = {
        STACK_INPUT: {"StackName": slots.stack_name},
        TAGS_INPUT: [{"Key": key, "Value": value} for key, value in tags.items()],
        ROLE_INPUT: {"RoleName": slots.role_name},
    }
    return {
        **{path: render(f"{path}.j2", SHELL, **values) for path in (COMMON_SCRIPT, DEPLOY_SCRIPT, REMOVE_SCRIPT)},
        **{path: f"{json_text(document)}\n" for path, document in inputs.items()},
    }
