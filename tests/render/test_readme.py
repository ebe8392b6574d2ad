"""README.md of a bundle: complete in both languages, true to the other files, and inert whatever the names are."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import jmespath  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from deputize.iam.partitions import PARTITIONS
from deputize.model.display import display_problem
from deputize.model.profiles import AccessStatement, AllowedSecret, ManagedChoice
from deputize.model.role import build
from deputize.model.slots import shape_of, slots_of
from deputize.model.spec import LOCALES, AccessSpec, RoleSpec, SessionSpec, Tenant, Vendor, VendorAccount
from deputize.model.text import Localized, english
from deputize.render import blueprint_of, render_texts
from deputize.render.blueprint import Blueprint

ID, NEXT_ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11", "b1f0e7aa-7d7e-4d0c-9a57-1c5a3e6f9d22"
ACCOUNTS = tuple(
    VendorAccount(partition, "111122223333", (f"arn:{partition}:iam::111122223333:role/collector",))
    for partition in PARTITIONS
)
VENDOR = Vendor("cost-watch", Localized((("en", "Cost Watch"), ("ja", "コストウォッチ"))), ACCOUNTS)
TENANT = Tenant("a-company", (ID,), "A Company", "999988887777")
SECRET = AllowedSecret("ec2:DescribeVpnConnections", english("Lists idle VPN connections."))
QUEUES = AccessStatement(
    "Queues", ("sqs:ListQueues",), ("arn:aws:sqs:*:*:a`|<b>x",), english("Reads <i>queues</i> | `all`.")
)
VENDORS = {
    "plain": VENDOR,
    "whole account": replace(VENDOR, accounts=(VendorAccount("aws", "111122223333"),)),
    "pinned": replace(VENDOR, accounts=(replace(ACCOUNTS[0], pin=True),)),
    "inline": replace(VENDOR, access=AccessSpec(delivery="inline")),
    "session": replace(VENDOR, session=SessionSpec(source_identity=True, tag_keys=("operator",))),
    "audit": replace(VENDOR, access=AccessSpec(profile="security-audit")),
    "inventory": replace(VENDOR, access=AccessSpec(profile="inventory")),
    "path": replace(VENDOR, role=RoleSpec(path="/vendors/", permissions_boundary="arn:aws:iam::aws:policy/X")),
    "own": replace(
        VENDOR,
        access=AccessSpec(
            statements=(QUEUES, AccessStatement("Vpn", (SECRET.action,), ("*",), english("Counts."))),
            managed_policies=(ManagedChoice("IAMReadOnlyAccess", english("Reads users.")),),
            allow_secrets=(SECRET,),
        ),
    ),
}
TENANTS = {
    "known account": TENANT,
    "unknown account": replace(TENANT, account_id=None),
    "two IDs": replace(TENANT, external_ids=(ID, NEXT_ID)),
}
HOSTILE = (
    "<script>alert(1)</script>",
    "](http://evil.example/)",
    "[x](http://evil.example/)",
    "![x](http://evil.example/x.png)",
    "<http://evil.example/>",
    "http://evil.example/ www.evil.example",
    "a | b | c",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "```",
    "~~~",
    "`code`",
    "**bold** _em_ ~~gone~~",
    "&lt;b&gt; &amp; &#60;",
    "\\",
    "---",
    "===",
    "$(reboot) `reboot` ${HOME} %{x} {{ x }} {% x %}",
    "'; reboot; '",
    "株式会社エー\u3000🏢",
)
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@cache
def readme(vendor: str, tenant: str, locale: str) -> str:
    """The page of one case."""
    slots = slots_of(VENDORS[vendor], replace(TENANTS[tenant], locale=locale))
    return render_texts(build(VENDORS[vendor], slots))["README.md"]


cases = pytest.mark.parametrize(
    ("vendor", "tenant", "locale"),
    [(vendor, tenant, locale) for vendor in VENDORS for tenant in TENANTS for locale in ("en", "ja")],
)


@cases
def test_filling_the_shape_equals_rendering_the_tenant(vendor: str, tenant: str, locale: str) -> None:
    """The law: a template never looks inside a value."""
    slots = slots_of(VENDORS[vendor], replace(TENANTS[tenant], locale=locale))
    filled = blueprint_of(build(VENDORS[vendor], shape_of(slots))).fill(slots.values())
    assert filled["README.md"].decode() == readme(vendor, tenant, locale)


@cases
def test_page_is_well_formed(vendor: str, tenant: str, locale: str) -> None:
    """Sections 1 to 12 are there, tables hold, fences close, and nothing is printed by accident."""
    text = readme(vendor, tenant, locale)
    tokens = _MARKDOWN.parse(text)
    headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    numbers = [found[1] for heading in headings if (found := re.match(r"(\d+)\. ", heading))]
    assert numbers == [str(number) for number in range(1, 13)]
    # Sections 1 and 6 always have one table each; a row that broke its table would end it.
    assert len(re.findall(r"^\|(?:---\|)+$", text, re.MULTILINE)) == sum(t.type == "table_open" for t in tokens) >= 2
    assert text.count("```") % 2 == 0
    assert not re.search(r"\n{3,}|[ \t]$|[\ue000-\ue003]|\{\{|\{%", text, re.MULTILINE)
    assert text.endswith("\n")


def test_locales_have_the_same_commands_and_sections() -> None:
    """The Japanese page differs from the English one in words only."""
    for vendor in VENDORS:
        pages = [_MARKDOWN.parse(readme(vendor, "two IDs", locale)) for locale in ("en", "ja")]
        commands = [_commands(tokens) for tokens in pages]
        kinds = [[token.tag for token in tokens if token.type in {"heading_open", "table_open"}] for tokens in pages]
        assert commands[0] == commands[1]
        assert kinds[0] == kinds[1]


def test_japanese_page_has_no_english_sentence() -> None:
    """Every paragraph, heading and list item of the Japanese page is in Japanese."""
    for vendor in VENDORS:
        for block in _inline(_MARKDOWN.parse(readme(vendor, "known account", "ja"))):
            text = "".join(child.content for child in block.children or () if child.type == "text")
            if len(re.findall(r"[A-Za-z]{2,}", text)) > 6:
                assert re.search(r"[ぁ-んァ-ン]", text) or text.startswith("arn:") or text in _english_facts(), text


@cases
def test_every_file_that_is_named_is_in_the_bundle(vendor: str, tenant: str, locale: str) -> None:
    """Commands and sentences name no file that does not exist, and every JSON file for IAM is named."""
    slots = slots_of(VENDORS[vendor], replace(TENANTS[tenant], locale=locale))
    files = render_texts(build(VENDORS[vendor], slots))
    text = files["README.md"]
    named = set(re.findall(r"(?:json|cloudformation)/[a-z0-9-]+\.(?:json|yaml)", text))
    assert named <= files.keys()
    assert {path for path in files if path.startswith("json/")} - {"json/managed-policy-arns.json"} <= named


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("locale", ["en", "ja"])
def test_each_partition_has_its_own_arns_region_and_console(partition: str, locale: str) -> None:
    """Nothing of the partition `aws` is left in another one's page."""
    slots = slots_of(VENDOR, replace(TENANT, partition=partition, locale=locale))
    text = render_texts(build(VENDOR, slots))["README.md"].replace("\\", "")
    assert f"AWS_REGION={PARTITIONS[partition].home_region} " in text
    assert f"https://{PARTITIONS[partition].console}/" in text
    assert set(re.findall(r"arn:([a-z-]+):", text)) == {partition}


@cases
def test_external_id_never_stands_in_a_command(vendor: str, tenant: str, locale: str) -> None:
    """It is shown once, to be compared, and reaches AWS inside files only."""
    text = readme(vendor, tenant, locale)
    fences = _fences(_MARKDOWN.parse(text))
    for external_id in TENANTS[tenant].external_ids:
        assert text.count(external_id) == 1
        assert not any(external_id in content for info, content in fences if info != "text")


@cases
def test_shell_blocks_are_valid_shell(vendor: str, tenant: str, locale: str) -> None:
    """bash parses every block, each JMESPath query compiles, and nothing is there that zsh reads otherwise."""
    for info, content in _fences(_MARKDOWN.parse(readme(vendor, tenant, locale))):
        if info == "sh":
            done = subprocess.run(["bash", "-n"], input=content, text=True, capture_output=True, check=False)
            assert (done.returncode, done.stderr) == (0, "")
            # Typed into zsh, a comment is a command, and `$account:p` is a modifier.
            assert not re.search(r"^\s*#|\$\w+:", content, re.MULTILINE)
            for query in re.findall(r"--query ('[^']*'|\S+)", content):
                jmespath.compile(shlex.split(query)[0])


def test_commands_hold_whatever_a_role_is_called() -> None:
    """A role name of all the characters that IAM allows is one argument, and its query finds it."""
    vendor = replace(VENDOR, role=RoleSpec(name="-_+=,.@{tenant}", path="/a/"))
    text = render_texts(build(vendor, slots_of(vendor, TENANT)))["README.md"]
    commands = "\n".join(content for info, content in _fences(_MARKDOWN.parse(text)) if info == "sh")
    assert "--role-name=-_+=,.@a-company" in shlex.split(commands)
    query = re.search(r"--query ('Events.*?')", text)
    assert query is not None
    own = {"CloudTrailEvent": '{"arn":"arn:aws:iam::1:role/a/-_+=,.@a-company"}'}
    found = jmespath.search(shlex.split(query[1])[0], {"Events": [own, {"CloudTrailEvent": "{}"}]})
    assert found == [own["CloudTrailEvent"]]


def test_secrets_are_shown_with_their_reasons() -> None:
    """Each allowed secret stands in section 3 with its reason; without any, section 2 says that there is none."""
    for vendor in ("audit", "own"):
        role = build(VENDORS[vendor], slots_of(VENDORS[vendor], TENANT))
        rows = _rows(_MARKDOWN.parse(readme(vendor, "known account", "en")))
        for secret in role.access.allowed_secrets:
            assert any(row[0] == secret.action and row[-1] == secret.reason.get("en") for row in rows if len(row) == 3)
        assert "Fetch credentials" not in readme(vendor, "known account", "en")
    assert "Fetch credentials" in readme("plain", "known account", "en")


def test_every_statement_has_its_reason_and_its_services() -> None:
    """Section 1 has one row for each statement, with actions counted by service."""
    rows = {row[0]: row for row in _rows(_MARKDOWN.parse(readme("own", "known account", "en"))) if len(row) == 4}
    role = build(VENDORS["own"], slots_of(VENDORS["own"], TENANT))
    for policy in role.iam.policies:
        for statement in policy.document.statements:
            assert rows[str(statement.sid)][3] == role.access.reason(str(statement.sid)).get("en")
    assert rows["Queues"][1:3] == ["sqs 1", "arn:aws:sqs:*:*:a`|<b>x"]
    assert rows["Compute"][2] == "all"
    assert rows["IAMReadOnlyAccess"][1].startswith("v")


def test_managed_policies_are_dated_and_may_change() -> None:
    """A bundle with an AWS managed policy says which version was judged, and that AWS may change it."""
    text = readme("audit", "known account", "en")
    assert re.search(r"SecurityAudit \| v\d+, \d{4}\\-\d\d\\-\d\d", text)
    assert "AWS may change these policies" in text
    assert "AWS may change these policies" not in readme("plain", "known account", "en")


@cache
def hostile_blueprint(locale: str) -> Blueprint:
    """The blueprint that names of tenants are tried with."""
    return blueprint_of(build(VENDOR, shape_of(slots_of(VENDOR, replace(TENANT, locale=locale)))))


def inert(text: str, name: str) -> None:
    """Assert that `name` is in the page as text only, and that it brought no token of its own."""
    tokens = _MARKDOWN.parse(text)
    plain = hostile_blueprint("en") if "## 4. Deploy" in text else hostile_blueprint("ja")
    expected = _MARKDOWN.parse(plain.fill({**slots_of(VENDOR, TENANT).values(), "name": "x"})["README.md"].decode())
    assert [token.type for token in tokens] == [token.type for token in expected]
    blocks, expected_blocks = _inline(tokens), _inline(expected)
    for block, other in zip(blocks, expected_blocks, strict=True):
        kinds = {child.type for child in block.children or ()}
        assert not kinds & {"html_inline", "link_open", "image"}
        assert kinds - {"text", "text_special"} == {c.type for c in other.children or ()} - {"text", "text_special"}
    heading = "".join(child.content for child in blocks[0].children or ())
    assert name in heading
    assert f"({name})" in text or f"（{name}）" in text


@pytest.mark.parametrize("locale", ["en", "ja"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tenant_names_are_text(name: str, locale: str) -> None:
    """No link, HTML, heading, table cell or code comes out of a tenant's name."""
    values = {**slots_of(VENDOR, TENANT).values(), "name": name}
    inert(hostile_blueprint(locale).fill(values)["README.md"].decode(), name)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_vendor_names_are_text(name: str) -> None:
    """Likewise of a vendor's name."""
    vendor = replace(VENDOR, name=english(name))
    tokens = _MARKDOWN.parse(render_texts(build(vendor, slots_of(vendor, TENANT)))["README.md"])
    expected = _MARKDOWN.parse(readme("plain", "known account", "en"))
    assert [token.type for token in tokens] == [token.type for token in expected]
    kinds = {child.type for block in _inline(tokens) for child in block.children or ()}
    assert not kinds & {"html_inline", "link_open", "image"}


def _accepted(text: str) -> bool:
    return display_problem(text) is None


_any_text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
_punctuation = st.text("<>[]()!`*_#|\\&;:/~-=+.'\"$%{}ax1 ", min_size=1, max_size=40)


@given(_any_text.filter(_accepted) | _punctuation.filter(_accepted))
def test_any_name_is_text(name: str) -> None:
    """Every name that the model accepts is inert."""
    inert(hostile_blueprint("en").fill({**slots_of(VENDOR, TENANT).values(), "name": name})["README.md"].decode(), name)


def _fences(tokens: list[Token]) -> list[tuple[str, str]]:
    return [(token.info, token.content) for token in tokens if token.type == "fence"]


def _commands(tokens: list[Token]) -> list[str]:
    return [text for info, text in _fences(tokens) if info != "text"]


def _inline(tokens: list[Token]) -> list[Token]:
    return [token for token in tokens if token.type == "inline"]


def _rows(tokens: list[Token]) -> list[list[str]]:
    rows: list[list[str]] = []
    for at, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        if token.type in {"td_open", "th_open"}:
            rows[-1].append("".join(child.content for child in tokens[at + 1].children or ()))
    return rows


@cache
def _english_facts() -> frozenset[str]:
    """Cells that hold what is not ours to translate: reviewed fields of AWS's replies, a vendor's English-only text."""
    pages = (readme(vendor, "known account", "en") for vendor in VENDORS)
    return frozenset(cell for page in pages for row in _rows(_MARKDOWN.parse(page)) for cell in row)


def test_templates_exist_for_every_locale(project_root: Path) -> None:
    """A locale without a README template would fail at a customer's first bundle."""
    found = {path.name.split(".")[1] for path in (project_root / "templates/readme").iterdir()}
    assert found == set(LOCALES)
