from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path


def test_a_class_name_stands_once_in_the_package(project_root: Path) -> None:
    """Two classes of one name are two things that a reader takes for one, private ones among them."""
    package = project_root / "generator" / "deputize"
    homes = defaultdict(list)
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(str(path.relative_to(package)))
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}
