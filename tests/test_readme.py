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
import yaml

from deputize.checks.catalogue import catalogue, document, summary
from deputize.checks.suppress import read_config
from deputize.errors import EXIT_CODES
from deputize.iam.exposure import Grade, exposures
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
    """RULES.md is made from the rules: each has one line, of six columns."""
    made = document()
    rows = [line for line in made.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == list(catalogue())
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {7}
    path = project_root / "RULES.md"
    if update_golden:
        path.write_text(made, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == made


def test_areas_of_the_rules_are_those_of_the_code(project_root: Path, *, update_golden: bool) -> None:
    """The short table of the rules is made from their areas."""
    current(project_root, "rules", f"| rules | what they ask |\n| --- | --- |\n{summary()}", update=update_golden)


def test_lint_is_set_up_as_shown(project_root: Path) -> None:
    """The configuration, the hook and the action of the README are ones that lint, the hook and the action take."""
    readme = (project_root / "README.md").read_text(encoding="utf-8")
    config, hook, action = (yaml_in(part(readme, name)) for name in ("config", "hook", "action"))
    read = read_config(config, "README.md")
    assert all(one.rule in catalogue() for one in read.ignored)
    assert {exposures()[one.lower()].grade for one, _ in read.allowed_secrets} == {Grade.SECRET}
    (known,) = yaml.safe_load((project_root / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (used,) = yaml.safe_load(hook)["repos"][0]["hooks"]
    assert (used["id"], used["args"][-1]) == (known["id"], known["args"][-1])
    inputs = yaml.safe_load((project_root / "action.yml").read_text(encoding="utf-8"))["inputs"]
    assert yaml.safe_load(action)["steps"][-1]["with"].keys() <= inputs.keys()


def yaml_in(text: str) -> str:
    """What is in a block of YAML."""
    return text.removeprefix("```yaml\n").rstrip().removesuffix("```")


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
