from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from deputize.disk import VerdictCache, user_cache_dir


def entries(folder: Path) -> list[Path]:
    """The files of a cache."""
    return sorted(folder.iterdir())


def test_kept_and_found_again(tmp_path: Path) -> None:
    """What was put is got, byte for byte, by another cache of the same folder; other keys are misses."""
    folder = tmp_path / "cache" / "deputize"
    VerdictCache(folder).put("shape 1", b"\x00\nverdict\n")
    assert VerdictCache(folder).get("shape 1") == b"\x00\nverdict\n"
    assert VerdictCache(folder).get("shape 2") is None
    VerdictCache(folder).put("shape 1", b"")
    assert VerdictCache(folder).get("shape 1") == b""


def test_only_its_user_can_read_it(tmp_path: Path) -> None:
    """The folder has mode 0700 and each entry 0600, whatever the umask."""
    mask = os.umask(0)
    try:
        VerdictCache(tmp_path / "c").put("k", b"v")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "c").stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in entries(tmp_path / "c")] == [0o600]


def test_a_damaged_entry_is_a_miss_and_can_be_replaced(tmp_path: Path) -> None:
    """Any single changed byte, a cut or nothing at all is a miss, and the next put repairs it."""
    cache = VerdictCache(tmp_path / "c")
    cache.put("k", b"verdict")
    path = entries(tmp_path / "c")[0]
    whole = path.read_bytes()
    damaged = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole))]
    for data in [*damaged, whole[:-1], whole + b"x", b"", b"\n", bytes(9 << 20)]:
        path.write_bytes(data)
        assert cache.get("k") is None
    cache.put("k", b"verdict")
    assert cache.get("k") == b"verdict"


def test_an_entry_under_another_name_is_a_miss(tmp_path: Path) -> None:
    """The sum covers the key: one shape's verdict cannot stand in for another's."""
    cache = VerdictCache(tmp_path / "c")
    cache.put("good", b"no findings")
    good = entries(tmp_path / "c")[0]
    cache.put("bad", b"findings")
    bad = next(path for path in entries(tmp_path / "c") if path != good)
    bad.write_bytes(good.read_bytes())
    assert cache.get("bad") is None
    assert cache.get("good") == b"no findings"


@pytest.mark.parametrize("kind", ["file", "file above", "open to others", "link"])
def test_a_folder_that_cannot_be_trusted_is_not_used(tmp_path: Path, kind: str) -> None:
    """A cache that cannot be used is silent: every get is a miss."""
    folder = tmp_path / "c"
    match kind:
        case "file":
            folder.touch()
        case "file above":
            folder.touch()
            folder = folder / "deputize"
        case "open to others":
            VerdictCache(folder).put("k", b"v")
            folder.chmod(0o777)
        case "link":
            VerdictCache(tmp_path / "real").put("k", b"v")
            folder.symlink_to("real")
    cache = VerdictCache(folder)
    assert cache.get("k") is None
    cache.put("k", b"v")
    assert cache.get("k") is None


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/deputize"),
        ({"XDG_CACHE_HOME": "", "HOME": "/h"}, "/h/.cache/deputize"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/deputize"),
        ({"HOME": "/h"}, "/h/.cache/deputize"),
        ({}, "/nonexistent/.cache/deputize"),
    ],
)
def test_where_the_cache_is(environ: dict[str, str], expected: str) -> None:
    """The XDG rule, with a place that cannot exist for users without a home."""
    assert user_cache_dir(environ) == Path(expected)
