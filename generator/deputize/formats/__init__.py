"""Role -> Files: languages escape, the blueprint renders once per shape and fills per tenant, one module per format.

    Role -> {path: text with marks} -> Blueprint -> fill(texts of a tenant) -> Files

A new format is one module here, one folder in templates/ and one golden folder in tests/cases/.
"""

from __future__ import annotations

from deputize.formats.access import render_access
from deputize.formats.blueprint import Blueprint, cut
from deputize.formats.cloudformation import render_cloudformation
from deputize.formats.json_files import render_json
from deputize.formats.manifest import render_manifest
from deputize.formats.page import render_page
from deputize.formats.quick_create import render_quick_create
from deputize.formats.readme import render_readme
from deputize.formats.scripts import render_scripts
from deputize.formats.terraform import render_terraform
from deputize.model.facts import access_facts, role_facts
from deputize.model.role import Role

__all__ = ["Blueprint", "blueprint_of", "render_texts"]


def render_texts(role: Role) -> dict[str, str]:
    """Every file of a bundle as {path: text}, the manifest's draft first, with marks where `role` has them."""
    return {
        **render_manifest(role),
        **render_page(role),
        **render_readme(role, role_facts(role)),
        **render_access(access_facts(role, role.slots.locale)),
        **render_cloudformation(role),
        **render_quick_create(role),
        **render_scripts(role),
        **render_terraform(role),
        **render_json(role),
    }


def blueprint_of(role: Role) -> Blueprint:
    """The blueprint of the shape that `role` was built for."""
    return cut(render_texts(role))
