"""index.html: the page on which a customer reads, compares, decides and deploys; one self-contained file."""

from __future__ import annotations

from deputize.model.role import Role

PATH = "index.html"


def render_page(role: Role) -> dict[str, str]:
    """The page as {path: text}; slot marks stand where the tenant's texts go."""
    del role
    return {}
