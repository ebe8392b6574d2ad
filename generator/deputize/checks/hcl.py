"""Terraform files parsed with python-hcl2: what can be said of them where terraform itself is not at hand.

It finds what is no HCL at all; whether arguments exist and values fit, only terraform can say.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.metadata import version as version_of

from deputize.model.values import Files, Finding, Severity
from deputize.read.hcl_text import heredoc_line

ENGINE = "python-hcl2"
_SUFFIXES = (".tf", ".tftest.hcl")


def parse_hcl(files: Files) -> tuple[Finding, ...]:
    """One finding for each Terraform file among `files` that is no HCL."""
    return tuple(finding for path, data in files.items() if path.endswith(_SUFFIXES) for finding in _faults(path, data))


@cache
def version() -> str:
    """python-hcl2's version; does not import it."""
    return version_of("python-hcl2")


def _faults(path: str, data: bytes) -> Iterator[Finding]:
    import hcl2
    from lark.exceptions import LarkError

    try:
        text = data.decode("utf-8")
        if (line := heredoc_line(text)) is not None:
            yield _finding(path, "has something behind the end of a heredoc", line, 1)
        hcl2.loads(text)
    except UnicodeDecodeError:
        yield _finding(path, "is not UTF-8", None, None)
    except (LarkError, RecursionError, ValueError) as error:
        # The parser's own message quotes grammar symbols by the dozen; the place is what helps.
        line, column = getattr(error, "line", None), getattr(error, "column", None)
        yield _finding(path, "is not valid HCL here" if line else "is not valid HCL", line, column)


def _finding(path: str, what: str, line: int | None, column: int | None) -> Finding:
    known = [number if isinstance(number, int) and number > 0 else None for number in (line, column)]
    return Finding("hcl-syntax", Severity.ERROR, path, what, "render the bundle again", ENGINE, known[0], known[1])
