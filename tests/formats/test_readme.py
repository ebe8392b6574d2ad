"""README.md of a bundle: complete in both languages, true to the other files, and inert whatever the names are."""

from __future__ import annotations

import hashlib
import html
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import jmespath  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from deputize.bundle import seal
from deputize.formats import blueprint_of, render_texts
from deputize.formats.blueprint import Blueprint
from deputize.formats.hosted import hosted_template
from deputize.iam.partitions import PARTITIONS
from deputize.model.display import display_problem
from deputize.model.hosting import template_url
from deputize.model.profiles import AccessStatement, AllowedSecret, ManagedChoice
from deputize.model.role import build
from deputize.model.slots import shape_of, slots_of
from deputize.model.spec import LOCALES, AccessSpec, Hosting, RoleSpec, SessionSpec, Tenant, Vendor, VendorAccount
from deputize.model.text import Localized, english

ID, NEXT_ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11", "b1f0e7aa-7d7e-4d0c-9a57-1c5a3e6f9d22"
ACCOUNTS = tuple(
    VendorAccount(partition, "111122223333", (f"arn:{partition}:iam::111122223333:role/collector",))
    for partition in PARTITIONS
)
VENDOR = Vendor("cost-watch", Localized((("en", "Cost Watch"), ("ja", "コストウォッチ"))), ACCOUNTS)
TENANT = Tenant("a-company", (ID,), "A Company", "999988887777")
SECRET = AllowedSecret("ec2:DescribeVpnConnections", english("Lists idle VPN connections."))
REVIEWED = AccessStatement("Reviewed", ("access-analyzer:ValidatePolicy",), ("*",), english("Checks."))
QUEUES = AccessStatement(
    "Queues", ("sqs:ListQueues",), ("arn:aws:sqs:*:*:a`|<b>x",), english("Reads <i>queues</i> | `all`.")
)
TEMPLATE_SHA256 = hashlib.sha256(hosted_template(VENDOR, "aws")).hexdigest()
TEMPLATE_URL = template_url("aws", "a-bucket", "us-east-1", "", TEMPLATE_SHA256)
VENDORS = {
    "plain": VENDOR,
    "hosted": replace(VENDOR, hosting=(Hosting("aws", TEMPLATE_URL, "eu-west-1"),)),
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
            statements=(QUEUES, REVIEWED, AccessStatement("Vpn", (SECRET.action,), ("*",), english("Counts."))),
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
    """Sections 1 to 13 are there, tables hold, fences close, and nothing is printed by accident."""
    text = readme(vendor, tenant, locale)
    tokens = _MARKDOWN.parse(text)
    headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    numbers = [found[1] for heading in headings if (found := re.match(r"(\d+)\. ", heading))]
    assert numbers == [str(number) for number in range(1, 14)]
    # Sections 1 and 6 always have one table each; a row that broke its table would end it.
    assert len(re.findall(r"^\|(?:---\|)+$", text, re.MULTILINE)) == sum(t.type == "table_open" for t in tokens) >= 2
    assert text.count("```") % 2 == 0
    assert not re.search(r"\n{3,}|[ \t]$|[\ue000-\ue003]|\{\{|\{%", text, re.MULTILINE)
    assert text.endswith("\n")
    # Beside Japanese letters, asterisks are only read as emphasis where no punctuation comes between.
    assert not any("**" in child.content for block in _inline(tokens) for child in block.children or ())
    assert all(0 < int(number) <= 13 for number in re.findall(r"(?:section|第) (\d+)", text))


def test_locales_have_the_same_commands_and_sections() -> None:
    """The Japanese page differs from the English one in words only."""
    for vendor in VENDORS:
        pages = [_MARKDOWN.parse(readme(vendor, "two IDs", locale)) for locale in ("en", "ja")]
        commands = [_commands(tokens) for tokens in pages]
        structure = {"heading_open", "table_open", "bullet_list_open", "ordered_list_open", "list_item_open", "fence"}
        kinds = [[token.tag for token in tokens if token.type in structure] for tokens in pages]
        assert commands[0] == commands[1]
        assert kinds[0] == kinds[1]
        assert [len(_links(tokens)) for tokens in pages] == [2 + (vendor == "hosted")] * 2
        inline = [sorted(_code(tokens)) for tokens in pages]
        assert inline[0] == inline[1]


def test_japanese_page_has_no_english_sentence() -> None:
    """Every paragraph, heading and list item of the Japanese page is in Japanese."""
    for vendor in VENDORS:
        for block in _inline(_MARKDOWN.parse(readme(vendor, "known account", "ja"))):
            text = "".join(child.content for child in block.children or () if child.type == "text")
            if len(re.findall(r"[A-Za-z]{2,}", text)) > 6:
                assert (
                    re.search(r"[ぁ-んァ-ン]", text) or text.startswith(("arn:", "https:")) or text in _english_facts()
                ), text


@cases
def test_every_file_that_is_named_is_in_the_bundle(vendor: str, tenant: str, locale: str) -> None:
    """Commands and sentences name no file that does not exist, and every JSON file for IAM is named."""
    slots = slots_of(VENDORS[vendor], replace(TENANTS[tenant], locale=locale))
    files = render_texts(build(VENDORS[vendor], slots))
    text = files["README.md"]
    named = set(re.findall(r"(?<![.\w])(?:json|cloudformation|cli|terraform)/[A-Za-z0-9-]+\.\w+", text))
    assert named <= files.keys()
    assert {"cli/deploy.sh", "cli/remove.sh", "terraform/README.md"} <= named
    assert ("cloudformation/quick-create.txt" in named) == ("cloudformation/quick-create.txt" in files)
    assert "`index.html`" in text
    assert "index.html" in files
    assert {path for path in files if path.startswith("json/")} - {"json/managed-policy-arns.json"} <= named


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("locale", ["en", "ja"])
def test_each_partition_has_its_own_arns_region_and_console(partition: str, locale: str) -> None:
    """Nothing of the partition `aws` is left in another one's page."""
    slots = slots_of(VENDOR, replace(TENANT, partition=partition, locale=locale))
    text = render_texts(build(VENDOR, slots))["README.md"]
    home = PARTITIONS[partition].home_region
    console = f"https://{PARTITIONS[partition].console_host(home)}/cloudformation/home?region={home}#/stacks/create"
    assert console in _links(_MARKDOWN.parse(text))
    text = text.replace("\\", "")
    assert f"AWS_REGION={home} " in text
    assert set(re.findall(r"arn:([a-z-]+):", text)) == {partition}


@cases
def test_external_id_never_stands_in_a_command(vendor: str, tenant: str, locale: str) -> None:
    """It is shown once, to be compared, and reaches AWS inside files only."""
    text = readme(vendor, tenant, locale)
    fences = _fences(_MARKDOWN.parse(text))
    for external_id in TENANTS[tenant].external_ids:
        assert text.count(external_id) == 1 + (vendor == "hosted")  # the link has it too
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


def test_shellcheck_has_nothing_to_say(tmp_path: Path) -> None:
    """Each kind of page as one script, its blocks in order."""
    program = Path(sys.executable).parent / "shellcheck"
    pages = {vendor: readme(vendor, "two IDs", "en") for vendor in ("hosted", "inline", "own")}
    for vendor, text in pages.items():
        blocks = [content for info, content in _fences(_MARKDOWN.parse(text)) if info == "sh"]
        (tmp_path / vendor).write_text("".join(blocks), encoding="utf-8")
    # Not wanted: braces around each variable, a status for each command within another; backquotes are JMESPath's.
    done = subprocess.run(
        [program, "--norc", "--shell=bash", "--enable=all", "--exclude=SC2016,SC2250,SC2312", *pages],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("vendor", ["plain", "hosted", "inline", "own"])
@pytest.mark.parametrize("locale", ["en", "ja"])
def test_commands_are_those_of_the_page(vendor: str, locale: str) -> None:
    """Every line that index.html offers to copy stands here, but for the files that it shows whole."""
    slots = slots_of(VENDORS[vendor], replace(TENANT, locale=locale))
    files = render_texts(build(VENDORS[vendor], slots))
    shown = re.findall(r'<code id="?(x-[a-z-]+)[^>]*>(.*?)</code>', files["index.html"], re.DOTALL)
    commands = {name: html.unescape(re.sub(r"<[^>]+>", "", code)) for name, code in shown}
    assert {"x-inspect", "x-sums", "x-signature", "x-script", "x-remove-script"} <= commands.keys()
    for name in commands.keys() - {"x-module", "x-deployer"}:
        missing = [line for line in commands[name].splitlines() if line not in files["README.md"]]
        assert not missing, name


def test_sums_command_finds_what_was_changed(tmp_path: Path) -> None:
    """It looks at every file that the manifest lists, and fails when one is not as it was."""
    texts = render_texts(build(VENDORS["hosted"], slots_of(VENDORS["hosted"], TENANT)))
    sealed = seal({path: text.encode() for path, text in texts.items()})
    for path, content in sealed.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    blocks = [content for _, content in _fences(_MARKDOWN.parse(texts["README.md"])) if "sha256sum -c" in content]
    command = ["bash", "-c", f"set -o pipefail; {blocks[0]}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert sorted(done.stdout.splitlines()) == sorted(f"{path}: OK" for path in sealed if path != "manifest.json")
    (tmp_path / "cli/deploy.sh").write_text("id\n", encoding="utf-8")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


def test_link_is_the_files_and_names_the_digest_to_compare() -> None:
    """The link is that of quick-create.txt, whatever an ID is; the template is fetched from its address."""
    tenant = replace(TENANT, external_ids=("file://-a,b=c+d@e", "x/y:z"))
    files = render_texts(build(VENDORS["hosted"], slots_of(VENDORS["hosted"], tenant)))
    tokens = _MARKDOWN.parse(files["README.md"])
    assert files["cloudformation/quick-create.txt"].rstrip("\n") in _links(tokens)
    assert f"curl -fsS '{TEMPLATE_URL}' | sha256sum\n" in _commands(tokens)
    assert "AWS_REGION=eu-west-1 " in files["README.md"]
    assert "hosts no template" in readme("plain", "known account", "en")
    assert "curl" not in readme("plain", "known account", "en")


def test_reviewed_actions_are_named_with_their_reason() -> None:
    """An action that AWS labels otherwise than List or Read is not passed over in silence."""
    for locale, reason in (("en", "stores nothing"), ("ja", "何も保存しない")):
        text = readme("own", "known account", locale)
        assert re.search(rf"`access-analyzer:ValidatePolicy`.*{reason}", text)
        assert "ValidatePolicy" not in readme("plain", "known account", locale)


def test_purpose_is_the_profiles() -> None:
    """Where a vendor takes a shipped profile, its title says what for."""
    assert "Purpose: **Cost optimisation**" in readme("plain", "known account", "en")
    assert "目的は**コスト最適化**です" in readme("plain", "known account", "ja")
    vendor = replace(VENDOR, access=AccessSpec(profile=None, statements=(QUEUES,)))
    for locale, word in (("en", "Purpose"), ("ja", "目的は**")):
        slots = slots_of(vendor, replace(TENANT, locale=locale))
        assert word not in render_texts(build(vendor, slots))["README.md"]


def test_page_is_short() -> None:
    """A customer reads it all, and the bundle stays small."""
    assert len(readme("plain", "known account", "en").encode()) < 17_000
    assert len(readme("hosted", "known account", "en").encode()) < 18_500


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
    plain = hostile_blueprint("en") if "## 5. Deploy" in text else hostile_blueprint("ja")
    expected = _MARKDOWN.parse(plain.fill({**slots_of(VENDOR, TENANT).values(), "name": "x"})["README.md"].decode())
    assert [token.type for token in tokens] == [token.type for token in expected]
    blocks, expected_blocks = _inline(tokens), _inline(expected)
    for block, other in zip(blocks, expected_blocks, strict=True):
        kinds = {child.type for child in block.children or ()}
        assert not kinds & {"html_inline", "image"}
        assert kinds - {"text", "text_special"} == {c.type for c in other.children or ()} - {"text", "text_special"}
    assert _links(tokens) == _links(expected)
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
    assert not kinds & {"html_inline", "image"}
    assert _links(tokens) == _links(expected)


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


def _links(tokens: list[Token]) -> list[str]:
    links = (child for block in _inline(tokens) for child in block.children or () if child.type == "link_open")
    return [str(link.attrs["href"]) for link in links]


def _code(tokens: list[Token]) -> list[str]:
    found = (child for block in _inline(tokens) for child in block.children or () if child.type == "code_inline")
    return [code.content for code in found]


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
