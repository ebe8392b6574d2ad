"""Role -> Files: languages escape, the blueprint renders once per shape and fills per tenant, one module per format.

    Role -> {path: text with marks} -> Blueprint -> fill(texts of a tenant) -> Files

Formats and paths are those of `model.format`. A new format is one row there, one module and one entry in WRITERS here,
one reader in `read`, one folder in templates/ and one golden folder in tests/cases/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
from deputize.model.format import CLOUDFORMATION, JSON, TERRAFORM
from deputize.model.role import Role

__all__ = ["WRITERS", "Blueprint", "blueprint_of", "render_texts"]


def _cloudformation(role: Role) -> dict[str, str]:
    return {**render_cloudformation(role), **render_quick_create(role), **render_scripts(role)}


# Name of a format -> what writes its files, as {path: text}, with marks where the role has them.
WRITERS: Mapping[str, Callable[[Role], Mapping[str, str]]] = {
    CLOUDFORMATION.name: _cloudformation,
    TERRAFORM.name: render_terraform,
    JSON.name: render_json,
}


def render_texts(role: Role) -> dict[str, str]:
    """Every file of a bundle as {path: text}, the manifest's draft first, with marks where `role` has them."""
    return {
        **render_manifest(role),
        **render_page(role),
        **render_readme(role, role_facts(role)),
        **render_access(access_facts(role, role.slots.locale)),
        **{path: text for write in WRITERS.values() for path, text in write(role).items()},
    }


def blueprint_of(role: Role) -> Blueprint:
    """The blueprint of the shape that `role` was built for."""
    return cut(render_texts(role))
