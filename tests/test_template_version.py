"""Whoever changes what is emitted raises TEMPLATE_VERSION: a digest over templates and golden trees stands guard."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from deputize.model.role import TEMPLATE_VERSION
from golden import NAMES, case_of

STORED = Path(__file__).with_name("template_digest.txt")


def _digest(project_root: Path) -> str:
    """Over path and content of every template and every golden file but the manifest, whose version may change."""
    files = {
        path.relative_to(project_root): sha256(path.read_bytes()).hexdigest()
        for path in (project_root / "templates").rglob("*.j2")
    }
    for case in map(case_of, NAMES):
        files |= {Path("tests/cases", case.name, "expected", path): sha for path, sha in case.digests().items()}
    total = sha256()
    for path in sorted(path for path in files if path.name != "manifest.json"):
        total.update(f"{path.as_posix()} {files[path]}\n".encode())
    return total.hexdigest()


def test_the_template_version_is_raised_with_what_is_emitted(project_root: Path, update_golden: bool) -> None:
    """Under one TEMPLATE_VERSION the templates and the files they make stay as they are."""
    found = f"{TEMPLATE_VERSION} {_digest(project_root)}\n"
    if update_golden:
        STORED.write_text(found, encoding="ascii")
    assert STORED.read_text(encoding="ascii") == found, (
        "emitted files changed: raise TEMPLATE_VERSION in generator/deputize/model/role.py, once per release; then run "
        "`pytest --update-golden tests/test_cases.py tests/test_template_version.py`, in one process, and read the diff"
    )
