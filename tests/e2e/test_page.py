"""index.html in Debian's chromium: two languages, tabs, copying, the link, no script, print, hostile names.

Every test but those of attacks ends by asking that the page was quiet: no message, no dialog, no violation of its own
Content-Security-Policy, and no request but the one for itself.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python  # type: ignore[import-untyped]
import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect
from typer.testing import CliRunner

from deputize.cli.app import app
from deputize.formats.hosted import hosted_template
from deputize.formats.page import render_page
from deputize.formats.quick_create import render_quick_create
from deputize.iam.partitions import PARTITIONS
from deputize.model.hosting import template_url
from deputize.model.profiles import AccessStatement, AllowedSecret
from deputize.model.role import build
from deputize.model.slots import slots_of
from deputize.model.spec import LOCALES, AccessSpec, Hosting, RoleSpec, Tenant, Vendor, VendorAccount
from deputize.model.text import Localized, english

ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
PHONE, DESKTOP, NARROW = ({"width": width, "height": 800} for width in (375, 1280, 320))
WAYS = ("console", "cli", "terraform", "json")
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

VENDOR = Vendor(
    "cost-watch",
    Localized((("en", "Cost Watch"), ("ja", "コストウォッチ"))),
    (VendorAccount("aws", "111122223333", ("arn:aws:iam::111122223333:role/collector",)),),
)
TENANT = Tenant("a-company", (ID,), "A Company", "999988887777")
SECRET = AllowedSecret("ssm:GetParameter", english("<b>Only</b> what you write for us."))
LONG_NAME = ("Ein sehr langer Name 株式会社エー🏢 mit שלום " * 8)[:200].strip()
MANY = tuple(f"arn:aws:iam::111122223333:role/service/nightly/{'very-long-name-' * 3}{one}" for one in range(10))
HOSTILE = (
    "</script><script>alert(1)</script>",
    "</title></style></svg><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)\" ' onfocus='alert(1)' autofocus x='",
    "<!-- ]]> <![CDATA[ &lt;b&gt; &amp; {tenant} **x** `y` [z](#why) $(reboot)",
    "<svg onload=alert(1)><iframe srcdoc='<script>alert(1)</script>'>",
    "مرحبا שלום 株式会社エー🏢🐙🏽 javascript:alert(1)",
)

# What is read in the page: whatever can be seen, with its language. A phrase (i, tspan) that names none is English.
SEEN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !parent.checkVisibility() || parent.closest("title, desc")) continue;
    const said = parent.closest("[lang], i, tspan");
    found.push([said.getAttribute("lang") || "en", Boolean(said.closest(".both")), walker.currentNode.data.trim()]);
  }
  return found;
}"""
OPEN = """() => {
  for (const one of document.querySelectorAll("details")) one.open = true;
  for (const one of document.querySelectorAll(".panel")) one.hidden = false;
}"""
WIDER = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const box = one.getBoundingClientRect();
  const edge = one.matches(".picture > text") ? one.closest(".picture").getBoundingClientRect().right - 2 : innerWidth;
  const cut = one.closest(".wide, .away, .skip, .picture svg");
  return box.width && !cut && (box.right > edge + 0.5 || box.left < -0.5);
}).map((one) => one.outerHTML.slice(0, 120))"""
TOUCH = """() => {
  for (const one of document.querySelectorAll("summary, button[data-lang], .tabs button, .copy")) one.click();
  const region = document.getElementById("region");
  region.value = "ap-northeast-1";
  region.dispatchEvent(new Event("change"));
}"""
UNSEEN = """() => [...document.querySelectorAll(".panel, details > :not(summary)")]
  .filter((one) => !one.checkVisibility()).map((one) => one.outerHTML.slice(0, 120))"""
LISTEN = """addEventListener("securitypolicyviolation", (event) => {
  (window.violations ||= []).push(event.effectiveDirective);
})"""


def _hosted(vendor: Vendor) -> Vendor:
    digest = hashlib.sha256(hosted_template(vendor, "aws")).hexdigest()
    address = template_url("aws", "a-bucket", "us-east-1", "", digest)
    return replace(vendor, hosting=(Hosting("aws", address, "eu-west-1"),))


CASES = {
    "hosted": (_hosted(VENDOR), TENANT),
    "japanese": (VENDOR, replace(TENANT, locale="ja", account_id=None)),
    "audit": (replace(VENDOR, access=AccessSpec(profile="security-audit")), TENANT),
    "longest": (
        _hosted(
            replace(
                VENDOR,
                name=english(LONG_NAME),
                role=RoleSpec(name="r" * 64),
                accounts=(VendorAccount("aws", "111122223333", MANY),),
                access=AccessSpec(
                    statements=(
                        AccessStatement(
                            "Settings", (SECRET.action,), ("arn:aws:ssm:*:*:parameter/x/*",), english(HOSTILE[0])
                        ),
                    ),
                    allow_secrets=(SECRET,),
                ),
            )
        ),
        replace(TENANT, name=LONG_NAME, external_ids=("a" * 1224, "B-" * 612)),
    ),
}


@cache
def bundle(case: str) -> dict[str, str]:
    """The page of one case, and the file that holds its link."""
    vendor, tenant = CASES[case]
    role = build(vendor, slots_of(vendor, tenant))
    return render_page(role) | render_quick_create(role)


@dataclass
class Opened:
    """A page with all that it said and asked for since it was opened."""

    page: Page
    address: str
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def dismiss(self, dialog: Dialog) -> None:
        """Note what a dialog says, and close it."""
        self.told.append(dialog.message)
        dialog.dismiss()

    def violations(self) -> list[str]:
        """The directives of its policy that something ran against."""
        found: list[str] = self.page.evaluate("window.violations || []")
        return found

    def quiet(self) -> None:
        """Assert that it said nothing, asked for nothing but itself, and kept to its policy."""
        assert self.told == []
        assert self.asked == [self.address]
        assert self.violations() == []


def opened(context: BrowserContext, address: str) -> Opened:
    """The page at `address`, listened to from the beginning."""
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.add_init_script(LISTEN)
    found = Opened(page, address)
    page.on("console", lambda message: found.told.append(message.text))
    page.on("pageerror", lambda error: found.told.append(str(error)))
    page.on("dialog", found.dismiss)
    page.on("request", lambda request: found.asked.append(request.url))
    page.goto(address)
    return found


@pytest.fixture
def look(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens the page of a case, or given text, from disk, in a context of its own."""
    contexts = []

    def open_page(case: str, html: str | None = None, script: str = "", **options: Any) -> Opened:
        file = tmp_path / "index.html"
        file.write_text(bundle(case)["index.html"] if html is None else html, encoding="utf-8")
        context = browser.new_context(**{"viewport": DESKTOP, **options})
        contexts.append(context)
        if script:
            context.add_init_script(script)
        return opened(context, file.as_uri())

    yield open_page
    for context in contexts:
        context.close()


@contextmanager
def served(text: str) -> Iterator[tuple[str, list[str]]]:
    """A server on loopback that has `text` as /index.html and nothing else; every path that was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200 if self.path == "/index.html" else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(text.encode() if self.path == "/index.html" else b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/index.html", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("case", ["hosted", "longest"])
def test_page_asks_for_nothing_and_says_nothing_from_disk(case: str, look: Callable[..., Opened]) -> None:
    """Everything on it is used, and the browser neither asks for, nor reports, anything."""
    found = look(case)
    found.page.evaluate(TOUCH)
    found.quiet()


def test_page_asks_for_nothing_from_a_server(browser: Browser) -> None:
    """Nor over HTTP, where a browser looks for an icon of its own accord."""
    with served(bundle("hosted")["index.html"]) as (address, asked), browser.new_context() as context:
        found = opened(context, address)
        found.page.evaluate(TOUCH)
        found.page.wait_for_timeout(200)
        found.quiet()
        assert asked == ["/index.html"]


@pytest.mark.parametrize("case", ["hosted", "japanese", "longest"])
def test_everything_that_is_seen_is_in_one_language(case: str, look: Callable[..., Opened]) -> None:
    """It opens in its own; the switch changes root, title and every text, and says which is on."""
    found = look(case)
    page = found.page
    page.evaluate(OPEN)
    own = CASES[case][1].locale
    other = next(locale for locale in LOCALES if locale != own)
    titles: set[str] = set()
    for lang in (own, other, own):
        if titles:
            page.click(f"button[data-lang={lang}]")
        titles.add(page.title())
        assert page.get_attribute("html", "lang") == lang
        assert [page.get_attribute(f"button[data-lang={one}]", "aria-pressed") for one in LOCALES] == [
            str(one == lang).lower() for one in LOCALES
        ]
        assert page.title() == page.get_attribute("#said", f"data-title-{lang}")
        seen = page.evaluate(SEEN)
        assert len(seen) > 200
        for said, both, text in seen:
            assert said == lang or both, text
            if lang == "en" and not both:
                assert text in LONG_NAME or not re.search(r"[ぁ-んァ-ヶ]", text), text
        shown = {text for _, _, text in seen}
        assert ("Not you? Stop." in shown) == (lang == "en")
        assert ("コピー" in shown) == (lang == "ja")
    assert len(titles) == len(LOCALES)
    found.quiet()


def test_locale_of_the_command_line_opens_that_language(browser: Browser, tmp_path: Path) -> None:
    """`deputize render --locale ja` writes the page that opens in Japanese."""
    asked = ["render", "--vendor-account=111122223333", "--tenant=a", f"--external-id={ID}", "--locale=ja"]
    done = CliRunner().invoke(app, [*asked, f"--out={tmp_path / 'out'}"])
    assert done.exit_code == 0, done.output
    with browser.new_context() as context:
        found = opened(context, (tmp_path / "out/a/index.html").as_uri())
        assert found.page.get_attribute("html", "lang") == "ja"
        assert found.page.locator("h1").inner_text().endswith("への読み取りの許可")
        found.quiet()


def test_tabs_by_mouse_and_keyboard(look: Callable[..., Opened]) -> None:
    """The pattern of the ARIA practices: one tab stop, arrows wrap, Home and End; a link into a panel opens it."""
    found = look("hosted")
    page = found.page

    def state(chosen: str) -> None:
        for way in WAYS:
            tab = page.locator(f"#tab-{way}")
            assert tab.get_attribute("aria-selected") == str(way == chosen).lower()
            assert tab.get_attribute("tabindex") == ("0" if way == chosen else "-1")
            assert page.locator(f"#{way}").is_visible() == (way == chosen)
        panel = page.get_by_role("tabpanel")
        assert panel.count() == 1
        assert panel.get_attribute("aria-labelledby") == f"tab-{chosen}"

    assert page.get_by_role("tablist", name="Ways to deploy").get_by_role("tab").count() == len(WAYS)
    state("console")
    page.click("#tab-terraform")
    state("terraform")
    for key, chosen in (
        ("ArrowRight", "json"),
        ("ArrowRight", "console"),
        ("ArrowLeft", "json"),
        ("Home", "console"),
        ("End", "json"),
    ):
        page.keyboard.press(key)
        state(chosen)
        assert page.evaluate("document.activeElement.id") == f"tab-{chosen}"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "json"
    page.evaluate("location.hash = '#v-stack'")
    expect(page.locator("#console")).to_be_visible()
    state("console")
    found.quiet()


def test_contents_lead_to_every_section(look: Callable[..., Opened]) -> None:
    """The list that the script makes has each section after it, under its own heading."""
    page = look("hosted").page
    sections = page.locator("#contents ~ section").all()
    links = page.locator("#contents a").all()
    assert len(sections) == len(links) > 10
    for section, link in zip(sections, links, strict=True):
        assert link.get_attribute("href") == f"#{section.get_attribute('id')}"
        assert link.inner_text() == section.locator("h2").inner_text()


TAKEN = """Object.assign(window, { taken: navigator.clipboard.readText.bind(navigator.clipboard) });
Object.defineProperty(Navigator.prototype, "clipboard", { get: () => undefined });"""


@pytest.mark.parametrize("script", ["", TAKEN], ids=["clipboard", "no clipboard"])
def test_every_button_copies_exactly_what_is_shown(script: str, look: Callable[..., Opened]) -> None:
    """Each value and command by its own button, to the last character, and the page says so in its language."""
    found = look("longest", script=script, permissions=["clipboard-read", "clipboard-write"])
    page = found.page
    page.evaluate(OPEN)
    codes = page.locator("code[id]").all()
    assert len(codes) == page.locator(".copy").count() > 20
    for code in codes:
        shown = code.inner_text()
        name = code.get_attribute("id")
        page.evaluate("(id) => document.getElementById(id).click()", f"copy-{name}")
        assert page.evaluate("(window.taken || (() => navigator.clipboard.readText()))()") == shown, name
        expect(page.locator("#said")).to_have_text("Copied")
        page.evaluate("document.getElementById('said').textContent = ''")
    page.click("button[data-lang=ja]")
    page.click("#copy-v-role")
    expect(page.locator("#said")).to_have_text("コピーしました")
    assert page.get_by_role("button", name="コピー 外部 ID", exact=True).count() == 1
    found.quiet()


def test_text_is_selected_where_nothing_may_be_copied(look: Callable[..., Opened]) -> None:
    """Where the browser refuses both ways, the text is selected, and the page says what is left to do."""
    found = look("hosted", script=f"{TAKEN}; Document.prototype.execCommand = () => false;")
    found.page.click("#copy-v-external-id")
    assert found.page.evaluate("String(getSelection())") == ID
    expect(found.page.locator("#said")).to_have_text("Selected: copy it with your keyboard")
    found.quiet()


def test_region_changes_host_and_query_of_the_link_only(look: Callable[..., Opened]) -> None:
    """The link is the bundle's own until another region is chosen; its template and parameters never change."""
    found = look("hosted")
    page = found.page
    link = bundle("hosted")["cloudformation/quick-create.txt"].strip()
    assert page.get_attribute("#launch", "href") == link
    assert page.input_value("#region") == "eu-west-1"
    assert page.locator("#region option").all_inner_texts() == sorted(PARTITIONS["aws"].regions)
    for region in ("ap-northeast-1", "us-east-1", "eu-west-1"):
        page.select_option("#region", region)
        for name in ("launch", "create-stack"):
            was, now = urlsplit(link), urlsplit(str(page.get_attribute(f"#{name}", "href")))
            assert now.hostname == f"{region}.console.aws.amazon.com"
            assert (now.scheme, now.path, now.query) == (was.scheme, was.path, f"region={region}")
            if name == "launch":
                assert now.fragment == was.fragment
        assert page.inner_text("#x-account").startswith(f"export AWS_REGION={region} AWS_DEFAULT_REGION={region}\n")
        assert "eu-west-1" in page.inner_text("#deploy") or region != "eu-west-1"
    assert page.get_attribute("#launch", "href") == link
    found.quiet()


def test_without_scripts_everything_can_be_read(browser: Browser, tmp_path: Path) -> None:
    """All ways are there, with the plain link; what needs the script is not."""
    (tmp_path / "index.html").write_text(bundle("hosted")["index.html"], encoding="utf-8")
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto((tmp_path / "index.html").as_uri())
        for way in WAYS:
            assert page.locator(f"#{way}").is_visible()
        link = bundle("hosted")["cloudformation/quick-create.txt"].strip()
        assert page.get_attribute("#launch", "href") == link
        assert page.locator("#launch").is_visible()
        assert page.locator("button:visible, select:visible, nav:visible, [role=tablist]:visible").count() == 0
        assert page.locator("h1").inner_text() == "Read access for Cost Watch"


# What somebody might add to a page, or get it to add: each is refused by the directive beside it.
ADDED = """<script>document.title = "broken"</script><style>body { color: red }</style>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><p style="color: red" onclick="document.title = 'broken'">x</p>
<iframe src="data:text/html,x"></iframe><a href="javascript:document.title='broken'" id="j">x</a></body>"""
INJECT = """() => {
  const add = (tag, name, text) => document.body.append(Object.assign(document.createElement(tag), { [name]: text }));
  const refused = [];
  for (const inject of [
    () => { document.body.innerHTML += "<b>x</b>"; },
    () => add("script", "text", "document.title = 'broken'"),
    () => { setTimeout("document.title = 'broken'"); },
    () => add("style", "textContent", "body { color: red }"),
    () => add("img", "src", "data:image/gif;base64,R0lGODlhAQABAAAAACw="),
    () => document.querySelector("h1").setAttribute("style", "color: red"),
    () => { fetch("data:,x").catch(() => {}); },
  ]) {
    try { inject(); } catch (error) { refused.push(error.name); }
  }
  return refused;
}"""


def test_policy_refuses_what_was_added_to_the_file(look: Callable[..., Opened]) -> None:
    """A script, a style, an image, a handler, a frame and a script's address that stand in the file do nothing."""
    found = look("hosted", html=bundle("hosted")["index.html"].replace("</body>", ADDED))
    found.page.evaluate("document.querySelector('[onclick]').click(); document.getElementById('j').click()")
    found.page.wait_for_timeout(100)
    assert set(found.violations()) == {
        "script-src-elem",
        "style-src-elem",
        "img-src",
        "style-src-attr",
        "script-src-attr",
        "frame-src",
    }
    assert found.page.title() != "broken"
    assert found.page.evaluate("getComputedStyle(document.body).color") != "rgb(255, 0, 0)"


def test_policy_refuses_what_a_script_would_add(look: Callable[..., Opened]) -> None:
    """Even from within, nothing is parsed as markup or as code, styled, loaded or sent."""
    found = look("hosted")
    assert found.page.evaluate(INJECT) == ["TypeError", "TypeError", "TypeError"]
    found.page.wait_for_timeout(100)
    assert {"require-trusted-types-for", "style-src-elem", "img-src", "style-src-attr", "connect-src"} <= set(
        found.violations()
    )
    assert found.page.title() != "broken"
    assert found.page.locator("img").count() == 1
    assert found.page.evaluate("getComputedStyle(document.body).color") != "rgb(255, 0, 0)"


@pytest.mark.parametrize(
    ("case", "lang", "scheme", "size"),
    [
        ("hosted", "en", "light", PHONE),
        ("hosted", "ja", "dark", DESKTOP),
        ("longest", "ja", "light", PHONE),
        ("longest", "en", "dark", DESKTOP),
    ],
)
def test_page_is_accessible(case: str, lang: str, scheme: str, size: object, look: Callable[..., Opened]) -> None:
    """axe-core finds nothing, with every part open and every way shown."""
    found = look(case, color_scheme=scheme, viewport=size, bypass_csp=True)
    page = found.page
    page.click(f"button[data-lang={lang}]")
    page.click("#copy-v-role")
    page.evaluate(OPEN)
    page.evaluate(AXE)
    report = json.loads(page.evaluate("axe.run().then((found) => JSON.stringify(found.violations))"))
    assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in report] == []


@pytest.mark.parametrize("case", ["longest", "audit"])
def test_nothing_is_wider_than_the_narrowest_phone(case: str, look: Callable[..., Opened]) -> None:
    """The longest ID, names, roles and commands wrap at 320 pixels, and the picture keeps within its edges."""
    found = look(case, viewport=NARROW)
    page = found.page
    page.evaluate(OPEN)
    for lang in LOCALES:
        page.click(f"button[data-lang={lang}]")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        assert page.evaluate(WIDER) == []
    found.quiet()


def test_hostile_names_are_only_text(look: Callable[..., Opened]) -> None:
    """Names and reasons that are markup, handlers or commands appear to the letter; not one element more is there."""
    counts = set()
    for number, name in enumerate(("Benign", *HOSTILE)):
        both = Localized((("en", name), ("ja", name)))
        own = AccessSpec(statements=(AccessStatement("Own", ("sqs:ListQueues",), ("*",), both),))
        vendor = _hosted(replace(VENDOR, name=both, access=own))
        tenant = replace(TENANT, name=name, locale=LOCALES[number % 2])
        found = look("", html=render_page(build(vendor, slots_of(vendor, tenant)))["index.html"])
        page = found.page
        counts.add(page.evaluate("document.querySelectorAll('*').length"))
        assert len(counts) == 1, name
        assert page.locator("#for-you dd bdi").all_text_contents() == [name, name]
        assert name in page.title()
        assert name in page.locator("#reads").inner_text()
        assert name in str(page.locator(".picture").text_content())
        assert page.locator("[onerror], [onload], [onfocus], [onmouseover], img, iframe").count() == 0
        page.evaluate(TOUCH)
        found.quiet()


def test_paper_shows_everything_and_no_button(look: Callable[..., Opened]) -> None:
    """In print every way and every detail is there, in the language chosen, and nothing that wants to be clicked."""
    found = look("longest")
    page = found.page
    page.click("button[data-lang=ja]")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(UNSEEN) == []
    assert page.locator("button:visible, select:visible, nav:visible, .skip:visible").count() == 0
    assert {said for said, both, _ in page.evaluate(SEEN) if not both} == {"ja"}
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    found.quiet()
