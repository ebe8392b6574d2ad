"""The quick-create link: CloudFormation's console opened with the hosted template and this tenant's parameters."""

from __future__ import annotations

from deputize.model.role import Role

PATH = "cloudformation/quick-create.txt"


def quick_create_link(role: Role, region: str) -> str | None:
    """The whole link, its values percent-encoded, with slot marks; None where the vendor hosts no template."""
    del role, region
    return None


def render_quick_create(role: Role) -> dict[str, str]:
    """The link as {path: text}, on one line; no file where the vendor hosts no template."""
    link = quick_create_link(role, "")
    return {} if link is None else {PATH: f"{link}\n"}
