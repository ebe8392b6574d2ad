"""How large a bundle and its page are, and how soon the page, opened from disk in Debian's chromium, is ready."""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from deputize.model.values import Files

PAGE = "index.html"
LOADS = 9
BROWSER = "chromium"
# The first is needed where everything runs as root; the others keep the browser off the network.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Milliseconds from the start of the navigation until the document is parsed and the script that stands in it has run.
READY = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


def figures(scratch: Path, files: Files) -> dict[str, float]:
    """`page_kb` and `bundle_kb`, all files, in units of 1,024 bytes; `page_ready_ms` where there is a browser."""
    found = {"page_kb": len(files[PAGE]) / 1024, "bundle_kb": sum(map(len, files.values())) / 1024}
    browser = shutil.which(BROWSER)
    if browser is None:
        print(f"page_ready_ms is not measured: {BROWSER} is not on the PATH")
        return found
    page = scratch / PAGE
    page.write_bytes(files[PAGE])
    return {**found, "page_ready_ms": ready_ms(page, browser)}


def ready_ms(file: Path, browser: str) -> float:
    """The median over several loads, each in a fresh profile; one load first that does not count."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=browser, args=ARGUMENTS) as running,
    ):
        times = []
        for _ in range(LOADS + 1):
            with running.new_context() as context:
                times.append(loaded(context.new_page(), file))
    return statistics.median(times[1:])


def loaded(page: Page, file: Path) -> float:
    """Milliseconds of one load."""
    page.goto(file.as_uri(), wait_until="load")
    return float(page.evaluate(READY))
