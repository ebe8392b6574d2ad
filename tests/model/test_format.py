"""The one list of formats: a path of a bundle is spelt there and nowhere else in the package."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deputize.model.format import (
    ACCESS,
    FORMATS,
    MANIFEST,
    PAGE,
    README,
    SIGNATURE,
    access_policy,
    access_policy_number,
)

IN_FOLDERS = tuple(path for form in FORMATS for path in (form.main, *form.others))
PATHS = (MANIFEST, SIGNATURE, PAGE, README, ACCESS, *IN_FOLDERS)
NAMES = frozenset(path.rpartition("/")[2] for path in PATHS)
FOLDERS = "|".join(sorted({re.escape(path.partition("/")[0]) for path in IN_FOLDERS}))
# Not a folder of ours within another address, as in https://HOST/cloudformation/home.
SPELT = re.compile(rf"(?<![\w./-])(?:{FOLDERS})/|{'|'.join(map(re.escape, PATHS))}", re.ASCII)

# The list itself; the command line, whose help says such names to people and loads no room.
ELSEWHERE = ("model/format.py", "cli/")


def _texts(tree: ast.Module) -> Iterator[ast.Constant]:
    """Every text in the code but docstrings; those between the braces of an f-string too."""
    docs = {id(found) for node in ast.walk(tree) if (found := _docstring(node)) is not None}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node


def _docstring(node: ast.AST) -> ast.expr | None:
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    return node.body[0].value if node.body and isinstance(node.body[0], ast.Expr) else None


def _spelt(source: str) -> list[tuple[int, str]]:
    """Line and text of each literal in `source` that spells a path of a bundle, or the name of a file in it."""
    found = ((node.lineno, str(node.value)) for node in _texts(ast.parse(source)))
    return [(line, text) for line, text in found if text in NAMES or SPELT.search(text)]


def test_no_path_is_spelt_elsewhere(project_root: Path) -> None:
    """No literal of the package outside the list is a path of a bundle's file, or holds one."""
    package = project_root / "generator" / "deputize"
    found = {}
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package).as_posix()
        if not inside.startswith(ELSEWHERE) and (spelt := _spelt(path.read_text(encoding="utf-8"))):
            found[inside] = spelt
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "PATH = 'cloudformation/role.yaml'",
        "PARTS = ('cloudformation', 'role.yaml')",
        "def path(number):\n    return f'json/access-policy-{number}.json'",
        "FOLDER = 'terraform/'",
        "PATTERN = r'terraform/(?:x|y)'",
        "def mend(problem):\n    '''README.md'''\n    return f'{problem}: give access.json'",
        "COMMAND = 'aws iam x --policy-document file://json/trust-policy.json'",
    ],
)
def test_a_path_that_is_spelt_is_found(source: str) -> None:
    """The search finds a path whole, in parts, in a pattern, in an f-string and in a sentence."""
    assert len(_spelt(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "'''README.md, cloudformation/role.yaml'''",
        "SERVICE = 'cloudformation'",
        "LINK = 'https://HOST/cloudformation/home?region='",
        "SCHEMA = 'deputize/access/1'",
        "QUOTA = 'limit-trust-policy'",
    ],
)
def test_what_is_no_path_is_left_alone(source: str) -> None:
    """Docstrings, names of services, addresses, schemas and rules are no paths."""
    assert _spelt(source) == []


def test_every_path_is_one_file() -> None:
    """No two files of a bundle have one path, and no two formats one name."""
    assert len(set(PATHS)) == len(PATHS)
    assert len({form.name for form in FORMATS}) == len(FORMATS)


@pytest.mark.parametrize(
    ("number", "path"),
    [(1, "json/access-policy.json"), (2, "json/access-policy-2.json"), (10, "json/access-policy-10.json")],
)
def test_access_policies_are_numbered(number: int, path: str) -> None:
    """The first access policy has no number in its path, and each path tells its number."""
    assert access_policy(number) == path
    assert access_policy_number(path) == number


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("json/access-policy-1.json", 1),
        ("json/access-policy-0.json", None),
        ("json/access-policy-02.json", None),
        ("json/access-policy-\u0662.json", None),
        ("json/access-policy-2.json\n", None),
        ("json/access-policy-9999999999.json", None),
        ("access-policy.json", None),
        ("json/trust-policy.json", None),
    ],
)
def test_only_access_policies_have_a_number(path: str, number: int | None) -> None:
    """A path that is almost an access policy's is none; the first one's may have its number."""
    assert access_policy_number(path) == number
