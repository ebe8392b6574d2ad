from __future__ import annotations

import os
from pathlib import Path

import pytest

from deputize.disk.walking import read_file, walk
from deputize.errors import InputError


def tree(folder: Path, *paths: str) -> None:
    """Make files of these paths, each with its own path in it."""
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path, encoding="utf-8")


def seen(folder: Path, *exclude: str) -> list[str]:
    """The paths below the folder that a walk finds."""
    return [one.inside for one in walk(str(folder), exclude) if not one.is_left]


def left(folder: Path, *exclude: str) -> list[str]:
    """The paths below the folder that a walk leaves out of itself."""
    return [one.inside for one in walk(str(folder), exclude) if one.is_left]


def test_files_come_in_order_and_hidden_folders_do_not(tmp_path: Path) -> None:
    """Every regular file by the parts of its path; .git, links and pipes are left out, each of which is told."""
    tree(tmp_path, "b/z.yaml", "b/a/x.yaml", "a.json", ".git/config", ".hidden.yaml", "b/.venv/y.yaml")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "a.json")
    (tmp_path / "folder").symlink_to(tmp_path / "b")
    os.mkfifo(tmp_path / "pipe.yaml")
    assert seen(tmp_path) == [".hidden.yaml", "a.json", "b/a/x.yaml", "b/z.yaml"]
    assert left(tmp_path) == [".git", "b/.venv", "folder", "link.yaml", "pipe.yaml"]
    assert left(tmp_path, ".git", "b") == ["folder", "link.yaml", "pipe.yaml"]


def test_exclude(tmp_path: Path) -> None:
    """A glob is for a whole path or for a name at any depth; a folder goes with all that is in it."""
    tree(tmp_path, "a.yaml", "b/a.yaml", "b/c/d.yaml", "node_modules/x/y.json")
    assert seen(tmp_path, "node_modules", "b/c") == ["a.yaml", "b/a.yaml"]
    assert seen(tmp_path, "b/*") == ["a.yaml", "node_modules/x/y.json"]
    assert seen(tmp_path, "*.yaml") == ["node_modules/x/y.json"]


def test_a_bundle_is_one_thing_and_another_manifest_makes_none(tmp_path: Path) -> None:
    """A folder is a bundle by what its manifest says: browsers and web applications have a manifest.json too."""
    tree(tmp_path, "app/manifest.json", "app/x.yaml", "lost/cloudformation/role.yaml", "lost/manifest.json")
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours/manifest.json").write_text('{"schema": "deputize/manifest/1"}', encoding="utf-8")
    found = {one.inside: one.is_bundle for one in walk(str(tmp_path), ())}
    assert found == {"app/manifest.json": False, "app/x.yaml": False, "lost": True, "ours": True}


def test_read_file(tmp_path: Path) -> None:
    """The whole content, None above the cap, and no link that came after the walk."""
    tree(tmp_path, "x")
    (tmp_path / "link").symlink_to(tmp_path / "x")
    assert read_file(str(tmp_path / "x"), 1, follow=False) == b"x"
    assert read_file(str(tmp_path / "x"), 0, follow=False) is None
    assert read_file(str(tmp_path / "link"), 1, follow=True) == b"x"
    with pytest.raises(InputError, match="is a symbolic link"):
        read_file(str(tmp_path / "link"), 1, follow=False)
    with pytest.raises(InputError, match="does not exist"):
        list(walk(str(tmp_path / "nowhere"), ()))
