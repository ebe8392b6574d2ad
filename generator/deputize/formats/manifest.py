"""manifest.json without its digests (bundle.seal adds them): whom the bundle is for and what it was made from."""

from __future__ import annotations

from deputize.formats.languages import json_text
from deputize.model.format import MANIFEST
from deputize.model.role import TEMPLATE_VERSION, Role
from deputize.model.vendor_file import vendor_to_json


def render_manifest(role: Role) -> dict[str, str]:
    """The draft as {path: text}. `made_from` is the vendor in vendor.yaml's form."""
    slots = role.slots
    draft = {
        "schema": "deputize/manifest/1",
        "template_version": TEMPLATE_VERSION,
        "revision": role.revision,
        "tenant": {
            "slug": slots.tenant,
            "name": slots.name,
            "account_id": slots.account_id,
            "partition": slots.partition,
            "locale": slots.locale,
        },
        "external_ids": list(slots.external_ids),
        "vendor": {"slug": role.vendor.slug, "name": role.vendor.name.get(slots.locale), "account_id": role.account.id},
        "stack_name": slots.stack_name,
        "role_name": slots.role_name,
        "made_from": vendor_to_json(role.vendor),
    }
    return {MANIFEST: f"{json_text(draft)}\n"}
