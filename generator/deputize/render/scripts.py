"""cli/deploy.sh and cli/remove.sh: the stack with nothing but bash and the aws CLI."""

from __future__ import annotations

from deputize.model.role import Role


def render_scripts(role: Role) -> dict[str, str]:
    """The scripts and the JSON files that they hand to the aws CLI, as {path: text}."""
    del role
    return {}
