"""Bundles for both sides: how one is rendered by the command line, edited, and laid into a folder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path

from frozen.questions import BundleQuestion

_SUMS = b',\n  "files":'


def render_arguments(vendor: str, options: Iterable[tuple[str, tuple[str, ...]]], folder: Path) -> list[str]:
    """The command line that writes a bundle to `out` in `folder`; lays the vendor's file there where there is one."""
    arguments = ["render", f"--out={folder / 'out'}", "--no-cache"]
    if vendor:
        path = folder / "vendor.yaml"
        path.write_text(vendor, encoding="utf-8")
        arguments.append(f"--vendor={path}")
    return [*arguments, *(f"--{name}={value}" for name, values in options for value in values)]


def edited(
    question: BundleQuestion, files: Mapping[str, bytes], seal: Callable[[dict[str, bytes]], Mapping[str, bytes]]
) -> dict[str, bytes]:
    """The bundle with its edits."""
    made = dict(files)
    if question.resealed:
        made["manifest.json"] = made["manifest.json"].partition(_SUMS)[0] + b"\n}\n"
    for path, old, new in question.edits:
        assert not old or old.encode() in made[path], (question.id, path)
        made[path] = made[path].replace(old.encode(), new.encode()) if old else new.encode()
    return dict(seal(made)) if question.resealed else made


@contextmanager
def written(files: Mapping[str, bytes]) -> Generator[Path, None, None]:
    """A folder with these files."""
    with tempfile.TemporaryDirectory() as name:
        for path, content in files.items():
            (Path(name) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(name) / path).write_bytes(content)
        yield Path(name)
