"""The README's generated parts are current, and what it shows works; `--update-golden` rewrites them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
import zipfile
from http.server import HTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from deputize.errors import EXIT_CODES
from deputize.lint import rules_table
from deputize.model.vendor_shape import VendorShape


def part(text: str, name: str) -> str:
    """What stands between the markers of that name."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    assert found is not None, f"README.md has no markers for {name}"
    return found[1]


def current(project_root: Path, name: str, wanted: str, *, update: bool) -> None:
    """Assert that the part is as wanted, or make it so."""
    readme = project_root / "README.md"
    text = readme.read_text(encoding="utf-8")
    if update:
        old = part(text, name)
        readme.write_text(text.replace(f"<!-- {name} -->\n{old}", f"<!-- {name} -->\n{wanted}"), encoding="utf-8")
    else:
        assert part(text, name) == wanted


def test_exit_codes_are_those_of_the_code(project_root: Path, *, update_golden: bool) -> None:
    """The table of exit codes is made from errors.py."""
    rows = "".join(f"| {code} | {meaning} |\n" for code, meaning in sorted(EXIT_CODES.items()))
    current(project_root, "exit-codes", f"| code | meaning |\n| --- | --- |\n{rows}", update=update_golden)


def test_rules_are_those_of_the_code(project_root: Path, *, update_golden: bool) -> None:
    """The table of rules is made from the rules."""
    current(project_root, "rules", rules_table().rstrip("\n") + "\n", update=update_golden)


def test_demo_is_what_it_prints(project_root: Path, tmp_path: Path, *, update_golden: bool) -> None:
    """The lines shown are those that the demo prints, but for the port."""
    done = subprocess.run(
        [sys.executable, "-m", "deputize", "demo", "--out", "out/demo"],
        check=True,
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:4566", done.stdout).splitlines()
    short = [
        re.sub(r"(AccessDenied): User: \S+ is not authorized", r"\1: User: … is not authorized", one) for one in lines
    ]
    wanted = "".join(f"    {one}\n" for one in short)
    current(project_root, "demo", f"\n{wanted}\n", update=update_golden)


def test_web_handler_serves_a_bundle(project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler of the README, as it stands there, serves a zip that holds the tenant's bundle; 12 lines at most."""
    code = part((project_root / "README.md").read_text(encoding="utf-8"), "handler")
    code = code.removeprefix("```python\n").rstrip().removesuffix("```")
    assert len([line for line in code.splitlines() if line.strip()]) <= 12
    document = {"vendor": {"name": "Example Corp"}, "accounts": {"aws": {"id": "111122223333"}}}
    VendorShape.model_validate(document)
    (tmp_path / "vendor.yaml").write_text(json.dumps(document), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    names["Handler"].log_message = lambda *_: None
    with HTTPServer(("127.0.0.1", 0), names["Handler"]) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/a-company"
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
            data = answer.read()
        thread.join()
    names_in_zip = zipfile.ZipFile(BytesIO(data)).namelist()
    assert "a-company/cloudformation/role.yaml" in names_in_zip
    assert "a-company/manifest.json" in names_in_zip
