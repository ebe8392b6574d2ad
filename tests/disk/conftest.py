"""Small sealed bundles in any number of versions."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from deputize.bundle import seal
from deputize.model.values import Files

Make = Callable[..., Files]


def bundle(version: int = 1, tenant: str = "a-company") -> Files:
    """A bundle whose every file tells its version."""
    head = {
        "schema": "deputize/manifest/1",
        "template_version": version,
        "tenant": {"slug": tenant, "name": tenant, "account_id": None, "partition": "aws", "locale": "en"},
        "external_ids": ["7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"],
        "vendor": {"slug": "acme", "name": "Acme", "account_id": "111122223333"},
        "stack_name": "acme",
        "role_name": "acme",
        "made_from": {},
    }
    text = f"version {version}\n".encode()
    return seal(
        {
            "manifest.json": (json.dumps(head, indent=2) + "\n").encode(),
            "README.md": text,
            "cloudformation/role.yaml": text * 100,
            "json/role.json": b"",
            "terraform/main.tf": text,
        }
    )


@pytest.fixture
def make() -> Make:
    """The function that makes a bundle of a version for a tenant."""
    return bundle
