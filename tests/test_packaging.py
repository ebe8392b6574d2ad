"""What is shipped: the wheel and sdist hold all they need and nothing else, and the lock file is complete."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import deputize

VERSION = deputize.__version__


def _run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _files(folder: Path) -> set[str]:
    """Every file that a person put below `folder`, relative to it."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _pyproject(project_root: Path) -> dict[str, Any]:
    return tomllib.loads((project_root / "pyproject.toml").read_text(encoding="utf-8"))


def _locked(project_root: Path, name: str) -> list[Requirement]:
    text = (project_root / "requirements" / name).read_text(encoding="utf-8")
    return [Requirement(line.rstrip(" \\")) for line in text.splitlines() if not line.startswith((" ", "#"))]


@pytest.fixture(scope="module")
def dist(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel built from it, both made without the network."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(project_root), cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    """The wheel."""
    return dist / f"deputize-{VERSION}-py3-none-any.whl"


@pytest.fixture(scope="module")
def wheel_names(wheel: Path) -> set[str]:
    """The names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_holds_every_template(project_root: Path, wheel_names: set[str]) -> None:
    """Every file of templates/ is shipped inside the package."""
    templates = _files(project_root / "templates")
    assert templates
    assert {f"deputize/templates/{name}" for name in templates} == {
        name for name in wheel_names if name.startswith("deputize/templates/")
    }


def test_wheel_holds_every_file_of_the_package(project_root: Path, wheel_names: set[str]) -> None:
    """Modules, data files and the typing marker are all shipped, in their places."""
    package = {f"deputize/{name}" for name in _files(project_root / "generator" / "deputize")}
    assert {"deputize/py.typed", "deputize/errors.py"} <= package
    assert any(name.endswith((".yaml", ".json")) for name in package)
    assert package - wheel_names == set()


def test_wheel_holds_nothing_else(wheel_names: set[str]) -> None:
    """One package and its metadata: no tests, no output, no second top-level name."""
    assert {name.split("/")[0] for name in wheel_names} == {"deputize", f"deputize-{VERSION}.dist-info"}


def test_wheel_metadata(wheel: Path) -> None:
    """Name, licence, Python version, the command and the extra are declared; development tools are not."""
    info = f"deputize-{VERSION}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        metadata = Parser().parsestr(archive.read(f"{info}/METADATA").decode())
        scripts = archive.read(f"{info}/entry_points.txt").decode()
        assert f"{info}/licenses/LICENSE" in archive.namelist()
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata.get_all("Provides-Extra") == ["local", "postgres"]
    assert "deputize = deputize.__main__:main" in scripts
    assert "pytest" not in " ".join(metadata.get_all("Requires-Dist") or [])


def test_readme_is_the_description(project_root: Path) -> None:
    """The package index shows the README; hatchling builds without one when nobody declares it."""
    declared = _pyproject(project_root)["project"].get("readme")
    assert declared == ("README.md" if (project_root / "README.md").is_file() else None)


def test_installed_wheel_finds_its_templates(wheel: Path, tmp_path: Path) -> None:
    """Installed somewhere fresh, the package is the installed one and reads its own templates."""
    target = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run(*pip, "--no-index", "--no-deps", "--target", str(target), str(wheel), cwd=tmp_path)
    script = (
        f"import sys; sys.path.insert(0, {str(target)!r})\n"
        "from deputize.formats.templates import templates_dir\n"
        "folder = templates_dir()\n"
        "print(folder)\n"
        "print(sum(path.is_file() for path in folder.rglob('*')))\n"
    )
    folder, count = _run(sys.executable, "-I", "-c", script, cwd=tmp_path).splitlines()
    assert Path(folder).resolve() == (target / "deputize" / "templates").resolve()
    assert int(count) > 0


def test_installed_wheel_makes_a_registry(wheel: Path, tmp_path: Path) -> None:
    """Installed somewhere fresh, the package finds its migrations."""
    target = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run(*pip, "--no-index", "--no-deps", "--target", str(target), str(wheel), cwd=tmp_path)
    script = (
        f"import sys; sys.path.insert(0, {str(target)!r})\n"
        "from deputize.registry import GrantRequest, add, open_registry\n"
        f"registry = open_registry({str(tmp_path / 'registry.db')!r}, who='tester', create=True)\n"
        "print(add(registry, GrantRequest('a')).tenant, sys.modules['deputize'].__file__)\n"
    )
    tenant, place = _run(sys.executable, "-I", "-c", script, cwd=tmp_path).split()
    assert (tenant, Path(place).is_relative_to(target)) == ("a", True)


def test_sdist_holds_sources_templates_and_tests(project_root: Path, dist: Path) -> None:
    """The sdist can build the wheel and run the tests, and carries no output."""
    top = f"deputize-{VERSION}/"
    with tarfile.open(dist / f"deputize-{VERSION}.tar.gz") as archive:
        names = {name.removeprefix(top) for name in archive.getnames()}
    for folder in ("generator", "templates", "tests"):
        assert {f"{folder}/{name}" for name in _files(project_root / folder)} - names == set()
    assert {"pyproject.toml", "LICENSE", "RULES.md", "action.yml", ".pre-commit-hooks.yaml"} <= names
    assert not {name for name in names if name.startswith(("out", "."))} - {".gitignore", ".pre-commit-hooks.yaml"}


@pytest.mark.parametrize("name", ["dev.lock", "awscli.lock"])
def test_lock_pins_everything_and_names_no_index(project_root: Path, name: str) -> None:
    """Each line of a lock is one exact version with hashes; no package index is named."""
    text = (project_root / "requirements" / name).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert blocks
    for block in blocks:
        first, *hashes = block.splitlines()
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*==[A-Za-z0-9.+!]+( ; .+)? \\", first), first
        assert hashes, first
        assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in hashes), first
    assert "://" not in text
    assert "index" not in text


def test_lock_satisfies_pyproject(project_root: Path) -> None:
    """Every dependency that pyproject.toml names is locked at a version that it allows."""
    table = _pyproject(project_root)
    project = table["project"]
    wanted = [
        *project["dependencies"],
        *project["optional-dependencies"]["local"],
        *project["optional-dependencies"]["postgres"],
        *table["dependency-groups"]["dev"],
        *table["build-system"]["requires"],
    ]
    environment = {key: str(value) for key, value in default_environment().items()}
    locked = {
        canonicalize_name(item.name): next(iter(item.specifier)).version
        for item in _locked(project_root, "dev.lock")
        if item.marker is None or item.marker.evaluate(environment)
    }
    for requirement in map(Requirement, wanted):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, requirement
        assert requirement.specifier.contains(version), requirement


def test_contributing_explains_every_dependency(project_root: Path) -> None:
    """CONTRIBUTING.md has a row for each dependency, and for no other package."""
    table = _pyproject(project_root)
    wanted = [
        *table["project"]["dependencies"],
        *table["project"]["optional-dependencies"]["local"],
        *table["project"]["optional-dependencies"]["postgres"],
        *table["dependency-groups"]["dev"],
        "awscli",
    ]
    text = (project_root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| `([\w.-]+)` \|", text)
    assert sorted(map(canonicalize_name, rows)) == sorted(canonicalize_name(Requirement(item).name) for item in wanted)
