"""The Jinja environment: one per output language, in which printing a value prints a whole literal of that language."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deputize.formats.languages import HTML, SHELL, VERBATIM, Language


class Literal(str):
    """Text that is already a whole literal of the language it stands in: printed as it is."""

    __slots__ = ()


def templates_dir() -> Path:
    """The folder of templates: inside the package when installed, two levels above it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    packaged = package / "templates"
    return packaged if packaged.is_dir() else package.parent.parent / "templates"


@cache
def environment(language: Language) -> Environment:
    """The environment of one language; it knows no filter but the few named here, so no value can slip out bare."""
    made = Environment(
        loader=FileSystemLoader(templates_dir()),
        autoescape=False,  # noqa: S701  `finalize` escapes every value, for the language at hand
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalize(language),
    )
    shown = HTML if language is HTML else VERBATIM  # how a command stands in a page, and in Markdown
    made.filters = {"length": len, "shell": lambda value: Literal(shown.escape(SHELL.literal(value)))}
    made.filters["verbatim"] = lambda value: Literal(VERBATIM.literal(value))
    made.globals = {}
    return made


def _finalize(language: Language) -> Callable[[object], str]:
    return lambda value: value if isinstance(value, Literal) else language.literal(value)


def render(template: str, language: Language, /, **values: object) -> str:
    """The text that the template at `template` (relative to the templates' folder) makes of `values`."""
    return environment(language).get_template(template).render(values)
