"""A sealed bundle with one file in each kind of folder."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deputize.bundle import seal
from deputize.model.values import Files

HEAD: dict[str, Any] = {
    "schema": "deputize/manifest/1",
    "template_version": 1,
    "revision": "0123456789ab",
    "tenant": {"slug": "a-company", "name": "会社 A", "account_id": None, "partition": "aws", "locale": "en"},
    "external_ids": ["7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"],
    "vendor": {"slug": "acme", "name": 'Acme "Cloud"', "account_id": "111122223333"},
    "stack_name": "acme-a-company",
    "role_name": "acme-a-company",
    "made_from": {"profile": "cost-optimization", "nested": {"files": [1, None]}},
}


@pytest.fixture
def head() -> dict[str, Any]:
    """A manifest's content without its sums, to be changed at will."""
    return json.loads(json.dumps(HEAD))  # type: ignore[no-any-return]


@pytest.fixture
def unsealed() -> dict[str, bytes]:
    """The files as render hands them over."""
    return {
        "README.md": b"# Acme\n",
        "manifest.json": (json.dumps(HEAD, indent=2, ensure_ascii=False) + "\n").encode(),
        "cloudformation/role.yaml": "Description: 会社\n".encode(),
        "terraform/main.tf": b"",
        "json/role.json": b"{}\n",
    }


@pytest.fixture
def sealed(unsealed: dict[str, bytes]) -> Files:
    """The same with the sums in the manifest."""
    return seal(unsealed)
