"""index.html of a bundle: complete in both languages, shut to the outside, true to the model, inert whatever names are.

How it behaves in a browser is in tests/e2e/test_page.py.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import jmespath  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deputize.bundle import seal
from deputize.formats import page as page_module
from deputize.formats import page_text, render_texts
from deputize.formats.blueprint import Blueprint, cut
from deputize.formats.hosted import hosted_template
from deputize.formats.languages import HTML
from deputize.formats.page import render_page
from deputize.formats.page_missing import missing_texts
from deputize.formats.page_picture import middle_cut
from deputize.iam.exposure import Grade, exposure_of
from deputize.iam.partitions import PARTITIONS
from deputize.model.display import display_problem
from deputize.model.facts import access_facts
from deputize.model.hosting import template_url
from deputize.model.profiles import AccessStatement, AllowedSecret, ManagedChoice, load_profile, profile_names
from deputize.model.role import Role, build
from deputize.model.slots import shape_of, slots_of
from deputize.model.spec import LOCALES, AccessSpec, Hosting, RoleSpec, SessionSpec, Tenant, Vendor, VendorAccount
from deputize.model.text import Localized, english
from deputize.model.values import Severity
from deputize.tools import NAMESPACE

ID, NEXT_ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11", "b1f0e7aa-7d7e-4d0c-9a57-1c5a3e6f9d22"
ACCOUNTS = tuple(
    VendorAccount(partition, "111122223333", (f"arn:{partition}:iam::111122223333:role/collector",))
    for partition in PARTITIONS
)
VENDOR = Vendor("cost-watch", Localized((("en", "Cost Watch"), ("ja", "コストウォッチ"))), ACCOUNTS)
TENANT = Tenant("a-company", (ID,), "A Company", "999988887777")
SECRET = AllowedSecret("ec2:DescribeVpnConnections", english("Lists idle VPN connections."))
QUEUES = AccessStatement("Queues", ("sqs:ListQueues",), ("arn:aws:sqs:*:*:a`|<b>x",), english("Reads <i>queues</i>."))
MANY = tuple(f"arn:aws:iam::111122223333:role/service/nightly/{name}" for name in ("a", "b" * 60, "c", "d"))


def _hosted(vendor: Vendor) -> Vendor:
    digest = hashlib.sha256(hosted_template(vendor, "aws")).hexdigest()
    return replace(
        vendor, hosting=(Hosting("aws", template_url("aws", "a-bucket", "us-east-1", "", digest), "eu-west-1"),)
    )


VENDORS = {
    "plain": VENDOR,
    "hosted": _hosted(VENDOR),
    "whole account": replace(VENDOR, accounts=(VendorAccount("aws", "111122223333"),)),
    "many roles": replace(VENDOR, accounts=(VendorAccount("aws", "111122223333", MANY),)),
    "pinned": replace(VENDOR, accounts=(replace(ACCOUNTS[0], pin=True),)),
    "inline": replace(VENDOR, access=AccessSpec(delivery="inline")),
    "session": replace(VENDOR, session=SessionSpec(source_identity=True, tag_keys=("operator",))),
    "audit": replace(VENDOR, access=AccessSpec(profile="security-audit")),
    "path": replace(VENDOR, role=RoleSpec(path="/vendors/", permissions_boundary="arn:aws:iam::aws:policy/X")),
    "own": replace(
        VENDOR,
        name=Localized((("ja", "コストウォッチ"),)),
        access=AccessSpec(
            profile=None,
            statements=(
                QUEUES,
                AccessStatement("Vpn", (SECRET.action,), ("*",), english("Counts.")),
                AccessStatement(
                    "Reviewed", ("access-analyzer:ValidatePolicy", "s3:ListBucket"), ("*",), english("Looks.")
                ),
            ),
            managed_policies=(ManagedChoice("IAMReadOnlyAccess", english("Reads users.")),),
            allow_secrets=(SECRET,),
        ),
    ),
    "nothing": replace(VENDOR, access=AccessSpec(None, statements=(replace(QUEUES, resources=("*",)),))),
}
TENANTS = {
    "known account": TENANT,
    "unknown account": replace(TENANT, account_id=None),
    "two IDs": replace(TENANT, external_ids=(ID, NEXT_ID), locale="ja"),
}
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</title></style><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "<!-- --> --> <!",
    "<svg><desc><template></select></textarea>",
    "javascript:alert(1) http://evil.example/",
    "&lt;b&gt; &amp; &#60; &quot;",
    "{tenant} {vendor} **strong** `code` [x](#why)",
    "]]> <![CDATA[ x",
    "$(reboot) `reboot` '; reboot; ' \\",
    "{{ x }} {% x %} {# x #}",
    "株式会社エー\u3000🏢" * 14,
    "<" * 200,
)
VOID = {"meta", "br", "rect", "path"}
ALLOWED = {"docs.aws.amazon.com", "www.w3.org", *(partition.console for partition in PARTITIONS.values())}


@dataclass
class Page(HTMLParser):
    """What html.parser makes of the page: tags, attributes and texts in order, and what stands in code elements."""

    html: str
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    spoken: list[tuple[str, str, str]] = field(default_factory=list)
    code: dict[str, str] = field(default_factory=dict)
    comments: int = 0

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(self.html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it, and that it is open."""
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append((tag, {name: value or "" for name, value in attrs}))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Shapes of the picture close themselves."""
        assert tag in VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Every element is closed by its own tag."""
        assert self._open.pop()[0] == tag
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        """Text, with the language that its elements say it is in, and with the code that it belongs to."""
        self.texts.append(data)
        own = [attrs for _, attrs in self._open[1:] if "lang" in attrs]
        if self._open and self._open[-1][0] == "title" and len(self._open) == 3:
            return  # of the whole page, in the root's own language
        self.spoken.append((own[-1]["lang"], own[-1].get("class", ""), data) if own else ("", "", data))
        for tag, attrs in self._open:
            if tag == "code" and "id" in attrs:
                self.code[attrs["id"]] = self.code.get(attrs["id"], "") + data

    def handle_comment(self, data: str) -> None:
        """Count it: the page has none."""
        self.comments += 1

    def values(self, name: str) -> list[str]:
        """Every value of the attribute of that name."""
        return [value for _, found, value in self.attributes if found == name]


def role_of(vendor: str, tenant: str, locale: str | None = None) -> Role:
    """The role of one case."""
    asked = TENANTS[tenant]
    return build(VENDORS[vendor], slots_of(VENDORS[vendor], replace(asked, locale=locale or asked.locale)))


@cache
def html_of(vendor: str, tenant: str = "known account", locale: str | None = None) -> str:
    """The page of one case."""
    return render_page(role_of(vendor, tenant, locale))["index.html"]


@cache
def page_of(vendor: str, tenant: str = "known account", locale: str | None = None) -> Page:
    """The page of one case, parsed."""
    return Page(html_of(vendor, tenant, locale))


cases = pytest.mark.parametrize(
    ("vendor", "tenant"),
    [(vendor, "known account") for vendor in VENDORS]
    + [(vendor, tenant) for vendor in ("hosted", "own") for tenant in TENANTS if tenant != "known account"],
)


def test_both_languages_have_the_same_phrases_and_markup() -> None:
    """The same keys in the same order, and in each phrase the same placeholders, code and links."""
    english_, japanese = (page_text.phrases(locale) for locale in ("en", "ja"))
    assert list(english_) == list(japanese)
    for key, phrase in english_.items():
        for pattern in (r"\{[a-z_]+\}", r"`[^`]+`", r"\]\((#[a-z-]+)\)"):
            found = [sorted(re.findall(pattern, text)) for text in (phrase, japanese[key])]
            assert found[0] == found[1], key
        assert phrase.count("**") % 2 == japanese[key].count("**") % 2 == 0, key


def test_japanese_phrases_are_japanese_and_english_ones_are_not() -> None:
    """Only names that are the same everywhere stand in both."""
    for key, phrase in page_text.phrases("ja").items():
        same = re.sub(r"[{}`]", "", phrase) == re.sub(r"[{}`]", "", page_text.phrases("en")[key])
        assert same or re.search(r"[ぁ-んァ-ヶ一-龠]", phrase), key
        assert not re.search(r"[ぁ-んァ-ヶ一-龠]", page_text.phrases("en")[key]), key
    assert {key for key, phrase in page_text.phrases("ja").items() if phrase == page_text.phrases("en")[key]} == {
        "tab_cli",
        "tab_terraform",
        "tab_json",
        "cli",
        "remove_deputize",
        "remove_json",
    }


def test_every_phrase_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A phrase that no page shows is dead, and would never be seen to be wrong."""
    used: set[str] = set()

    class Seen(dict[str, str]):
        def __getitem__(self, key: str) -> str:
            used.add(key)
            return super().__getitem__(key)

        def get(self, key: str, default: object = None) -> str:
            return self[key]

    seen = {locale: Seen(page_text.phrases(locale)) for locale in LOCALES}
    monkeypatch.setattr(page_text, "phrases", seen.__getitem__)
    for vendor in VENDORS:
        for tenant in TENANTS:
            render_page(role_of(vendor, tenant))
    assert used == set(seen["en"])


@cases
def test_page_is_well_formed(vendor: str, tenant: str) -> None:
    """Elements close, IDs are unique, references hit, headings go down by one, and nothing is printed by accident."""
    page = page_of(vendor, tenant)
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    references = [one for name in ("aria-labelledby", "aria-controls", "for") for one in page.values(name)]
    assert {one for text in references for one in text.split()} <= set(ids)
    assert {href[1:] for href in page.values("href") if href.startswith("#")} <= set(ids)
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert not re.search(r"[\ue000-\ue003]|\{\{|\{%|\bNone\b(?! of)|Literal|Localized", page.html)
    assert page.comments == 0


@cases
def test_policy_names_the_very_style_and_script(vendor: str, tenant: str) -> None:
    """The first element is the policy, its digests are those of the two inline texts, and it allows nothing else."""
    page = page_of(vendor, tenant)
    assert page.tags[:3] == ["html", "head", "meta"]
    policy = dict(part.strip().partition(" ")[::2] for part in page.values("content")[0].split(";"))
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page.html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert policy.pop(f"{tag}-src") == f"'sha256-{digest}'"
    assert policy.pop("require-trusted-types-for") == "'script'"
    assert set(policy.values()) == {"'none'"}
    assert {"default-src", "img-src", "connect-src", "base-uri", "form-action", "trusted-types"} <= policy.keys()


@cases
def test_nothing_is_inline_or_loaded(vendor: str, tenant: str) -> None:
    """No handler, no style attribute, no address but AWS's console and its page on external IDs, each opened safely."""
    page = page_of(vendor, tenant)
    names = {name for _, name, _ in page.attributes}
    assert not any(name.startswith("on") for name in names)
    assert not names & {"style", "src", "srcset", "action", "formaction", "srcdoc", "xlink:href", "background", "data"}
    assert not set(page.tags) & {"img", "link", "iframe", "form", "object", "embed", "base", "foreignobject", "image"}
    links = [href for href in page.values("href") if not href.startswith("#")]
    assert all(re.match(r"https://([a-z0-9-]+\.)?(" + "|".join(ALLOWED) + ")/", href) for href in links)
    assert page.values("rel") == ["noopener noreferrer"] * len(links)
    assert page.values("target") == ["_blank"] * len(links)
    assert ("meta", "content", "no-referrer") in page.attributes


def test_script_and_style_are_fixed_and_write_no_markup(project_root: Path) -> None:
    """They hold nothing of a role, and the script never parses markup, evaluates, stores or asks for anything."""
    script = (project_root / "templates/page/page.js").read_text()
    style = (project_root / "templates/page/page.css").read_text()
    for tag, text in (("script", script), ("style", style)):
        (inlined,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html_of("own"), re.DOTALL)
        whole = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
        assert "".join(inlined.split()) == "".join(whole.split())
        assert "`\n" not in text  # no text of several lines, whose indentation would matter
    unwanted = (
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|fetch|XMLHttp|Storage|cookie|\.style\b"
    )
    assert not re.search(unwanted, script)
    assert not re.search(r"url\(|@import|gradient|expression", style)


@cases
def test_every_text_says_its_language(vendor: str, tenant: str) -> None:
    """Japanese stands in Japanese elements only, and the two languages have as many."""
    page = page_of(vendor, tenant)
    for lang, kind, text in page.spoken:
        if re.search(r"[ぁ-んァ-ヶ]", text):
            assert lang == "ja", text
        if lang == "ja" and kind == "note":
            assert text == "（英語のみ）"
    assert len(re.findall(r"<i(?! lang=ja)", page.html)) == page.html.count("<i lang=ja")


@pytest.mark.parametrize("locale", LOCALES)
def test_page_opens_in_the_tenants_locale(locale: str) -> None:
    """The root's language and the title are its own; both titles are there to switch between."""
    page = page_of("plain", locale=locale)
    assert ("html", "lang", locale) == page.attributes[0]
    titles = {one: page.values(f"data-title-{one}")[0] for one in LOCALES}
    assert re.search(r"<title>(.*?)</title>", page.html)[1] == titles[locale]  # type: ignore[index]
    assert titles == {
        "en": "Read access for Cost Watch, on behalf of A Company",
        "ja": "コストウォッチ に読み取りを許可する IAM ロール（A Company 様用）",
    }


def test_text_in_one_language_only_is_shown_in_both_and_said_to_be_so() -> None:
    """A vendor's reason without Japanese is there once, in English, with a note for those who read Japanese."""
    html = html_of("own")
    assert "<i lang=en class=both>Counts.</i><i lang=ja class=note>（英語のみ）</i>" in html
    assert "<i lang=ja class=both>コストウォッチ</i><i lang=en class=note> (Japanese only)</i>" in html
    assert "<bdi lang=ja class=both>コストウォッチ</bdi>" in html
    assert "（英語のみ）" not in html_of("plain")


def test_missing_texts_are_named() -> None:
    """One note for each text of the vendor that the tenant's locale lacks, with its place; none when all are there."""
    found = missing_texts(role_of("own", "known account", "ja"))
    assert [one.where for one in found] == [
        "vendor: access.managed_policies: IAMReadOnlyAccess",
        "vendor: access.statements: Queues",
        "vendor: access.statements: Vpn",
        "vendor: access.statements: Reviewed",
        "vendor: access.allow_secrets: ec2:DescribeVpnConnections",
    ]
    assert {(one.rule, one.severity) for one in found} == {("text-missing", Severity.NOTE)}
    assert found[0].message == "has no Japanese text, so the page shows the English one in its place and says so"
    (name,) = missing_texts(role_of("own", "known account", "en"))
    assert (name.where, name.mend) == ("vendor: name", "add the English one: {ja: ..., en: ...}")
    assert missing_texts(role_of("audit", "known account", "ja")) == ()


def test_a_phrase_that_a_language_lacks_falls_back_to_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is shown, marked as English and noted, rather than left out."""
    phrases: Mapping[str, dict[str, str]] = {locale: dict(page_text.phrases(locale)) for locale in LOCALES}
    del phrases["ja"]["stop"], phrases["ja"]["picture_gate"]
    monkeypatch.setattr(page_text, "phrases", phrases.__getitem__)
    html = render_page(role_of("plain", "known account"))["index.html"]
    assert "<i lang=en class=both><strong>Not you? Stop.</strong>" in html
    assert "the page that is yours.</i><i lang=ja class=note>（英語のみ）</i>" in html
    with pytest.raises(KeyError):
        page_text.say("no such phrase")


@pytest.mark.parametrize("name", profile_names())
def test_every_action_group_of_shipped_profiles_has_text_in_both(name: str) -> None:
    """Nothing that deputize ships falls back: title, summary, each reason, and each exposure in both languages."""
    profile = load_profile(name)
    reasons = [one.reason for one in profile.managed] + [one.reason for one in profile.statements]
    texts = [profile.title, profile.summary, *reasons, *(secret.reason for secret in profile.allow_secrets)]
    assert all(set(dict(text.texts)) == set(LOCALES) and all(dict(text.texts).values()) for text in texts)
    vendor = replace(VENDOR, access=AccessSpec(profile=name))
    html = render_page(build(vendor, slots_of(vendor, TENANT)))["index.html"]
    assert "class=note" not in html
    for text in texts[2:]:
        for locale in LOCALES:
            assert HTML.escape(text.get(locale)) in html


@cases
def test_facts_are_those_of_the_model(vendor: str, tenant: str) -> None:
    """Every action, reason, resource, exposure, number and name of the role is there."""
    role, page = role_of(vendor, tenant), page_of(vendor, tenant)
    shown = set(page.texts)
    for policy in role.resolved().policies:
        assert policy.name in shown
        for statement in policy.document.statements:
            assert {str(statement.sid), *(set(statement.resources) - {"*"})} <= shown
            assert {action.partition(":")[2] for action in statement.actions} <= set("\n".join(shown).split("\n"))
            for action in statement.actions:
                exposed = exposure_of(action)
                assert exposed is None or {exposed.reason, exposed.told("ja")} <= shown
    assert {*role.account.roles, *role.access.managed_arns, role.account.id} <= shown
    for secret in role.access.allowed_secrets:
        assert {secret.action, secret.reason.get("en"), secret.reason.get("ja")} <= shown
    for choice in role.access.managed:
        assert choice.name in shown
    assert page.code["v-external-id"] == ID
    assert f"{role.iam.max_session // 60} min" in page.html


def test_what_it_cannot_do_depends_on_what_it_can() -> None:
    """A page never says that no secret is read beside an action that reads one."""
    for vendor in VENDORS:
        role, html = role_of(vendor, "known account"), html_of(vendor)
        told = str(access_facts(role, "en"))
        assert ("Fetch credentials" in html) == (repr(Grade.SECRET) not in told)
        assert ("what you and your users store" in html) == (repr(Grade.DATA) not in told)
        assert ("AWS may change its policies" in html) == bool(role.access.managed)


@cases
def test_commands_are_valid_shell(vendor: str, tenant: str) -> None:
    """bash parses each, JMESPath queries compile, files they name are in the bundle, and no external ID is in any."""
    code = page_of(vendor, tenant).code
    files = render_texts(role_of(vendor, tenant))
    commands = {name: text for name, text in code.items() if name.startswith("x-")}
    commands.pop("x-deployer")
    done = subprocess.run(
        ["bash", "-n"], input="\n".join(commands.values()), text=True, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    for name, text in commands.items():
        assert text == text.strip(), name
        assert not re.search(r"^\s*#|\$\w+:|\n{3,}", text, re.MULTILINE), name
        assert ID not in text
        for query in re.findall(r"--query ('[^']*'|\S+)", text):
            jmespath.compile(shlex.split(query)[0])
        assert set(re.findall(r"(?:json|cloudformation)/[a-z0-9-]+\.(?:json|yaml)", text)) <= files.keys(), name
    assert code["x-deployer"] + "\n" == files["json/deployer-policy.json"]


def test_commands_hold_whatever_a_role_is_called() -> None:
    """A role name of all the characters that IAM allows is one argument wherever it stands."""
    vendor = replace(VENDOR, role=RoleSpec(name="-_+=,.@{tenant}", path="/a/"))
    code = Page(render_page(build(vendor, slots_of(vendor, TENANT)))["index.html"]).code
    named = [word for name in ("x-check", "x-used", "x-cut", "x-undo") for word in shlex.split(code[name])]
    assert set(filter(lambda word: word.startswith("--role-name"), named)) == {"--role-name=-_+=,.@a-company"}
    assert code["v-role"] == "-_+=,.@a-company"


def test_sums_command_finds_what_was_changed(tmp_path: Path) -> None:
    """The command without deputize accepts a bundle, and not one with a changed or missing file."""
    files = {path: text.encode() for path, text in render_texts(role_of("plain", "known account")).items()}
    for path, data in seal(files).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    command = ["bash", "-c", f"set -o pipefail; {page_of('plain').code['x-sums']}"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert told.count(": OK\n") == len(files) - 1
    (tmp_path / "json/role.json").write_bytes(files["json/role.json"] + b" ")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen")
def test_signature_command_knows_the_vendors_key(tmp_path: Path) -> None:
    """The two lines, run in the bundle, accept the vendor's signature, and refuse it over another manifest."""
    bundle = tmp_path / "a-company"
    bundle.mkdir()
    (bundle / "manifest.json").write_text("{}\n")
    keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", "key"]
    subprocess.run(keygen, cwd=tmp_path, check=True)
    sign = ["ssh-keygen", "-q", "-Y", "sign", "-n", "deputize-bundle", "-f", "key", "a-company/manifest.json"]
    subprocess.run(sign, cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "allowed_signers").write_text(f"vendor@example.com {(tmp_path / 'key.pub').read_text()}")
    command = ["bash", "-c", page_of("plain").code["x-signature"]]
    done = subprocess.run(command, cwd=bundle, capture_output=True, text=True, check=True)
    assert 'Good "deputize-bundle" signature for vendor@example.com' in done.stdout
    (bundle / "manifest.json").write_text("{ }\n")
    assert subprocess.run(command, cwd=bundle, capture_output=True, check=False).returncode != 0


def test_character_set_stands_where_browsers_look_for_it() -> None:
    """Within the first 1,024 bytes, however long the names are: https://html.spec.whatwg.org/#charset."""
    name = "日" * 200
    vendor = replace(VENDOR, name=Localized((("en", name), ("ja", name))))
    page = render_page(build(vendor, slots_of(vendor, replace(TENANT, name=name))))["index.html"]
    assert 0 < page.encode().index(b"charset") < 1000


@pytest.mark.parametrize("partition", PARTITIONS)
def test_each_partition_has_its_own_arns_regions_and_console(partition: str) -> None:
    """Nothing of the partition `aws` is left in another one's page."""
    vendor = replace(VENDOR, accounts=ACCOUNTS)
    page = Page(render_page(build(vendor, slots_of(vendor, replace(TENANT, partition=partition))))["index.html"])
    known = PARTITIONS[partition]
    assert set(re.findall(r"arn:([a-z-]+):", page.html)) == {partition}
    assert any(href.startswith(f"https://{known.console_host(known.home_region)}/") for href in page.values("href"))
    assert tuple(page.values("data-regions")[0].split()) == known.regions


def test_launch_link_is_the_bundles_own() -> None:
    """The link of the page is that of the text file, with the vendor's region chosen; without hosting there is none."""
    role = role_of("hosted", "known account")
    page = page_of("hosted")
    assert render_texts(role)["cloudformation/quick-create.txt"].strip() in page.values("href")
    assert "<option>eu-west-1</option>" in page.html
    assert "launch" not in page_of("plain").values("id")
    assert "hosts no template for one click" in page_of("plain").html


def test_an_ordinary_page_is_small() -> None:
    """At most 100 KB for an ordinary tenant of either ordinary profile, hosted or not."""
    for vendor in ("plain", "hosted", "inline", "session"):
        assert len(html_of(vendor, "two IDs").encode()) <= 100 * 1024
    inventory = replace(VENDOR, access=AccessSpec(profile="inventory"))
    assert len(render_page(build(inventory, slots_of(inventory, TENANT)))["index.html"].encode()) <= 100 * 1024


@cache
def hostile_blueprint(locale: str) -> Blueprint:
    """The blueprint that names of tenants are tried with."""
    slots = slots_of(VENDORS["hosted"], replace(TENANT, locale=locale))
    return cut(render_page(build(VENDORS["hosted"], shape_of(slots))))


def inert(html: str, name: str, benign: Page) -> None:
    """Assert that `html` is the benign page with `name` where it had another text, and no element or attribute more."""
    page = Page(html)
    assert page.tags == benign.tags
    assert [pair[:2] for pair in page.attributes] == [pair[:2] for pair in benign.attributes]
    assert page.comments == 0
    assert any(name == text for text in page.texts)
    (policy,) = re.findall(r'Security-Policy" content="(.*?)"', html)
    assert policy in benign.html


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tenant_names_are_text(name: str, locale: str) -> None:
    """No element, attribute, comment or script comes out of a tenant's name."""
    values = slots_of(VENDORS["hosted"], TENANT).values()
    benign = Page(hostile_blueprint(locale).fill(values)["index.html"].decode())
    inert(hostile_blueprint(locale).fill({**values, "name": name})["index.html"].decode(), name, benign)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_and_reasons_of_a_vendor_are_text(name: str) -> None:
    """Likewise of a vendor's name and reasons, in either language."""

    def page(text: str) -> str:
        both = Localized((("en", text), ("ja", f"ア{text}")))
        own = replace(
            VENDOR, name=both, access=replace(VENDORS["own"].access, statements=(replace(QUEUES, reason=both),))
        )
        return render_page(build(own, slots_of(own, TENANT)))["index.html"]

    inert(page(name), name, Page(page("Benign")))


_any_text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
_punctuation = st.text("<>[]()!`*_#|\\&;:/~-=+.'\"$%{}ax1 ", min_size=1, max_size=40)


def _accepted(text: str) -> bool:
    return display_problem(text) is None


@settings(max_examples=30)
@given(_any_text.filter(_accepted) | _punctuation.filter(_accepted))
def test_any_name_is_text(name: str) -> None:
    """Every name that the model accepts is inert."""
    values = slots_of(VENDORS["hosted"], TENANT).values()
    benign = Page(hostile_blueprint("en").fill(values)["index.html"].decode())
    inert(hostile_blueprint("en").fill({**values, "name": name})["index.html"].decode(), name, benign)


@cases
def test_filling_the_shape_equals_rendering_the_tenant(vendor: str, tenant: str) -> None:
    """The law: a template never looks inside a value."""
    role = role_of(vendor, tenant)
    filled = cut(render_page(build(VENDORS[vendor], shape_of(role.slots)))).fill(role.slots.values())
    assert filled["index.html"].decode() == html_of(vendor, tenant)


def test_names_of_the_vendors_are_cut_in_the_middle() -> None:
    """Wide characters take two columns, and what fits is left alone."""
    assert middle_cut("collector", 9) == "collector"
    assert middle_cut("service/nightly/collector", 11) == "servi…ector"
    assert middle_cut("株式会社エーカンパニー", 9) == "株式…ニー"
    for columns in range(3, 30):
        assert len(middle_cut("a" * 40, columns)) == columns


@pytest.mark.parametrize("phrase", ["**open", "`open", "[open", "[a](#b) ["])
def test_open_markup_of_a_phrase_is_refused(phrase: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A phrase that forgot its second mark is found when it is rendered, not by a reader."""
    monkeypatch.setattr(page_text, "phrases", lambda _: {"x": phrase})
    with pytest.raises(ValueError, match="leaves its markup open"):
        page_text.say("x")


def test_names_are_those_that_other_rooms_use() -> None:
    """render may import none of them, so this is what keeps the page in step."""
    assert page_module.NAMESPACE == NAMESPACE
