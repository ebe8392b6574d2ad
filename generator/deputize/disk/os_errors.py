"""An operating system's refusal as an error that says where, what and how to mend."""

from __future__ import annotations

import errno
from typing import Final

from deputize.bundle import shown
from deputize.errors import DeputizeError, InputError, Problem, ServiceError

_KNOWN: Final[dict[int, tuple[str, str]]] = {
    errno.ENOENT: ("does not exist", "check the path"),
    errno.EISDIR: ("is a folder, not a file", "name a file"),
    errno.ENOTDIR: ("is not a folder, or lies in something that is none", "name another folder"),
    errno.EEXIST: ("is there already and is not a folder", "name another folder"),
    errno.EACCES: ("may not be read or written by this user", "change its permissions or name another path"),
    errno.EPERM: ("may not be changed by this user", "change its permissions or name another path"),
    errno.EROFS: ("is on a read-only file system", "name another path"),
    errno.ELOOP: ("is a symbolic link", "name what it points to"),
    errno.ENAMETOOLONG: ("has a name that is too long", "use a shorter one"),
}
# Nothing is wrong with the path: the machine has no more to give.
_EXHAUSTED: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM})


def trouble(path: str, error: OSError) -> DeputizeError:
    """InputError for a path that cannot be used, ServiceError when the machine ran out of something."""
    number = error.errno or 0
    what, mend = _KNOWN.get(number, ((error.strerror or "cannot be used").lower(), ""))
    kind = ServiceError if number in _EXHAUSTED else InputError
    return kind(Problem(shown(path), what, mend))
