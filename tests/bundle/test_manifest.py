from __future__ import annotations

import json
from typing import Any

import pytest

from deputize.bundle import MANIFEST, read_manifest, seal
from deputize.errors import InputError
from deputize.model.values import Files

SUM = "0" * 64


def problems(data: object) -> list[str]:
    """What read_manifest says about a manifest with this content."""
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    with pytest.raises(InputError) as caught:
        read_manifest({MANIFEST: text})
    return [str(problem) for problem in caught.value.problems]


def test_a_sealed_manifest_reads_back(sealed: Files) -> None:
    """Every field of the manifest comes back as the value that was sealed."""
    manifest = read_manifest(sealed)
    assert (manifest.tenant, manifest.tenant_name, manifest.account_id) == ("a-company", "会社 A", None)
    assert (manifest.vendor, manifest.vendor_name, manifest.vendor_account) == ("acme", 'Acme "Cloud"', "111122223333")
    assert (manifest.partition, manifest.locale, manifest.template_version) == ("aws", "en", 1)
    assert manifest.revision == "0123456789ab"
    assert manifest.external_ids == ("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",)
    assert (manifest.stack_name, manifest.role_name) == ("acme-a-company", "acme-a-company")
    assert manifest.made_from == {"profile": "cost-optimization", "nested": {"files": [1, None]}}
    assert set(manifest.files) == set(sealed) - {MANIFEST}


def test_a_bundle_from_before_revisions_is_read(head: dict[str, Any], unsealed: dict[str, bytes]) -> None:
    """Customers have bundles whose manifest has none: they stay good."""
    del head["revision"]
    text = f"{json.dumps(head, indent=2)}\n".encode()
    assert read_manifest(seal({**unsealed, MANIFEST: text})).revision == ""


def test_a_missing_manifest_is_said(sealed: Files) -> None:
    """Files without a manifest are no bundle."""
    with pytest.raises(InputError, match=r"manifest\.json: is missing"):
        read_manifest({path: data for path, data in sealed.items() if path != MANIFEST})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "manifest.json: is not JSON in UTF-8"),
        (b"{", "manifest.json: is not JSON in UTF-8"),
        (b'{"schema": NaN}', "manifest.json: is not JSON in UTF-8"),
        (b"\xff{}", "manifest.json: is not JSON in UTF-8"),
        (b'{"a": %s}' % (b"9" * 5000), "manifest.json: is not JSON in UTF-8"),
        (b"[" * 100_000, "manifest.json: is not JSON in UTF-8"),
        (b"[]", "manifest.json: the whole is not an object"),
        (b'{"schema": 1, "schema": 2}', "manifest.json: names the key 'schema' twice"),
        (b'{"a": {"\\u001b[31m": 1, "\\u001b[31m": 2}}', "manifest.json: names the key '\\x1b[31m' twice"),
        (
            b'{"schema": "deputize/manifest/2"}',
            "manifest.json: schema is not 'deputize/manifest/1'; use the deputize that made it, or render it again",
        ),
    ],
)
def test_text_that_is_no_manifest(text: bytes, message: str) -> None:
    """What is no JSON object of our schema gets one plain sentence that quotes nothing raw."""
    assert problems(text) == [message]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("template_version", True, "template_version is not a positive whole number"),
        ("template_version", 0, "template_version is not a positive whole number"),
        ("revision", "0123456789AB", "revision is not 12 lower-case hex digits"),
        ("revision", None, "revision is not 12 lower-case hex digits"),
        ("tenant", [], "tenant is not an object"),
        ("tenant.slug", "", "tenant.slug is not a text of 1 to 512 characters"),
        ("tenant.name", "a\u202eb", "tenant.name holds a character that cannot be seen"),
        ("tenant.name", "a\nb", "tenant.name holds a character that cannot be seen"),
        ("tenant.name", "a\u2028b", "tenant.name holds a character that cannot be seen"),
        ("tenant.name", "\ud800", "tenant.name holds a character that cannot be seen"),
        ("tenant.account_id", "12345678901", "tenant.account_id is no account ID or null"),
        ("tenant.account_id", 123456789012, "tenant.account_id is no account ID or null"),
        ("tenant.partition", "aws-moon", "tenant.partition is none of aws, aws-us-gov, aws-cn, aws-eusc"),
        ("vendor.account_id", None, "vendor.account_id is not a legal account ID"),
        ("external_ids", [], "external_ids is not a list of 1 to 2 external IDs"),
        ("external_ids", ["aa", "bb", "cc"], "external_ids is not a list of 1 to 2 external IDs"),
        ("external_ids", ["12345\n"], "external_ids holds what is no legal external ID"),
        ("external_ids", [12345], "external_ids holds what is no legal external ID"),
        ("stack_name", "1", "stack_name is not a legal stack name"),
        ("role_name", "a/b", "role_name is not a legal role name"),
        ("made_from", None, "made_from is not an object"),
        ("files", [], "files is not an object"),
        ("files", {"../x": SUM}, "files names '../x', which holds '.' or '..' as a part"),
        (
            "files",
            {"/etc/passwd": SUM},
            "files names '/etc/passwd', which is not a relative path of letters, digits, '.', '_' and '-'",
        ),
        ("files", {"manifest.json": SUM}, "files names manifest.json, which cannot hold its own sum"),
        ("files", {"manifest.json.sig": SUM}, "files names manifest.json.sig, which is made after it"),
        ("files", {"a/B": SUM, "A/b": SUM}, "files names a/B and A/b, which differ only in case"),
        ("files", {"a/b/c": SUM, "A": SUM}, "files names a/b/c, which lies in the file A"),
        ("files", {"a": "F" * 64}, "files gives a no SHA-256 of 64 lower-case hex digits"),
        ("files", {"a": SUM + "\n"}, "files gives a no SHA-256 of 64 lower-case hex digits"),
        ("\x1b]0;", 1, "'\\x1b]0;' is not a key of deputize/manifest/1"),
    ],
)
def test_a_wrong_value_is_named(head: dict[str, Any], path: str, value: object, message: str) -> None:
    """Each wrong value gives exactly its own problem, printable whatever the value was."""
    *outer, last = path.split(".")
    place = head[outer[0]] if outer else head
    place[last] = value
    head.setdefault("files", {})
    assert problems(head) == [f"manifest.json: {message}"]


def test_all_problems_come_at_once(head: dict[str, Any]) -> None:
    """Every missing key is listed in one go."""
    del head["tenant"]["slug"], head["vendor"], head["role_name"]
    assert problems(head) == [
        "manifest.json: tenant.slug is missing",
        "manifest.json: vendor is missing",
        "manifest.json: role_name is missing",
        "manifest.json: files is missing",
    ]
