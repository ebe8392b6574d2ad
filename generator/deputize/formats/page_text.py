"""The words of the page in every language, and the mini-markup in which they are written.

templates/page/<locale>.yaml holds them under the same keys. A phrase may have `code`, **strong**, [text](#section) and
{placeholder}; it is cut up before any value is put in, so a value never becomes markup.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import yaml

from deputize.formats.languages import HTML
from deputize.formats.templates import Literal, templates_dir
from deputize.model.spec import LOCALES
from deputize.model.text import Localized

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MARKUP = re.compile(r"(\*\*|`|\[|\]\(#[a-z-]+\)|\{[a-z_]+\})", re.ASCII)
_PAIRS = {"`": ("<code>", "</code>"), "**": ("<strong>", "</strong>")}

# What a phrase may be given: text of the model, escaped here; a whole number; or a literal of HTML.
Value = str | int | Localized


@dataclass(frozen=True, slots=True)
class Hole:
    """Where a value goes; bare: within code, where nothing may surround it."""

    name: str
    bare: bool


@cache
def phrases(locale: str) -> Mapping[str, str]:
    """Every phrase of that locale by its key."""
    text = (templates_dir() / "page" / f"{locale}.yaml").read_text(encoding="utf-8")
    found: dict[str, str] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - both loaders are safe ones
    return MappingProxyType(found)


def say(key: str, **values: Value) -> Literal:
    """A phrase in every language, one element each; the page shows that of its own `lang`.

    Where a language has no such phrase, the other's is shown in it too, marked and said to be so. Raises KeyError for a
    phrase that no language has.
    """
    found = {locale: phrases(locale)[key] for locale in LOCALES if key in phrases(locale)}
    if not found:
        raise KeyError(key)
    return _each({locale: _filled(phrase, locale, values) for locale, phrase in found.items()})


def told(text: Localized) -> Literal:
    """A vendor's or reviewer's text in every language that has it; where one has not, the page says so there."""
    return _each({locale: HTML.escape(one) for locale, one in text.texts if one})


def word(locale: str, key: str, **values: Value) -> Literal:
    """A phrase in one language without its markup, for a title or a picture."""
    out = []
    for part in _MARKUP.split(phrases(locale).get(key) or phrases("en")[key]):
        if part.startswith("{"):
            value = values[part[1:-1]]
            out.append(_literal(value.get(locale) if isinstance(value, Localized) else value))
        elif not _MARKUP.fullmatch(part):
            out.append(HTML.escape(part))
    return Literal("".join(out))


def draw(key: str, **values: Value) -> Literal:
    """A phrase in every language for a line of a picture, without its markup."""
    found = {locale: word(locale, key, **values) for locale in LOCALES}
    if len(set(found.values())) == 1:
        return found["en"]
    return Literal("".join(_one("tspan", locale, text) for locale, text in found.items()))


def drawn(text: Localized) -> Literal:
    """A vendor's text for a line of a picture; one that only some languages have is shown in all, as what it is."""
    found = {locale: HTML.escape(one) for locale, one in text.texts if one}
    kind = "" if len(found) == len(LOCALES) else "both"
    return Literal("".join(_one("tspan", locale, one, kind) for locale, one in found.items()))


def _each(found: Mapping[str, str]) -> Literal:
    """`found` by locale, an element each. What only some have carries the class by which the page shows it in all."""
    texts = set(found.values())
    if len(found) == len(LOCALES) and len(texts) == 1:
        return Literal(texts.pop())
    missing = [locale for locale in LOCALES if locale not in found]
    first = "en" if "en" in found else next(iter(found))
    out = [_one("i", locale, text, "both" if missing else "") for locale, text in found.items()]
    out += [_one("i", locale, HTML.escape(phrases(locale)[f"only_{first}"]), "note") for locale in missing]
    return Literal("".join(out))


def _one(tag: str, locale: str, html: str, kind: str = "") -> str:
    """A text in its element. Plain English needs no `lang`, since it is shown only where the root's own is English."""
    lang = "" if (locale, kind) == ("en", "") else f" lang={locale}"
    return f"<{tag}{lang}{f' class={kind}' if kind else ''}>{html}</{tag}>"


def _filled(phrase: str, locale: str, values: Mapping[str, Value]) -> str:
    return "".join(
        _value(values[piece.name], locale, bare=piece.bare) if isinstance(piece, Hole) else piece
        for piece in _pieces(phrase)
    )


@cache
def _pieces(phrase: str) -> tuple[str | Hole, ...]:
    """The phrase as HTML with holes. Raises ValueError when its markup is left open."""
    out: list[str | Hole] = []
    standing: list[str] = []  # the closing tags of what is open
    links: list[int] = []  # where a link's tag goes once its target is known
    for part in _MARKUP.split(phrase):
        if part in _PAIRS:
            out.append(_toggled(standing, *_PAIRS[part]))
        elif part == "[":
            links.append(len(out))
            out.append("")
        elif part.startswith("](#"):
            out[links.pop()] = f"<a href={part[2:-1]}>"
            out.append("</a>")
        elif part.startswith("{"):
            out.append(Hole(part[1:-1], bare="</code>" in standing))
        else:
            out.append(HTML.escape(part))
    if standing or links:
        msg = f"the phrase {phrase!r} leaves its markup open"
        raise ValueError(msg)
    return tuple(out)


def _toggled(standing: list[str], opening: str, closing: str) -> str:
    if standing and standing[-1] == closing:
        standing.pop()
        return closing
    standing.append(closing)
    return opening


def _value(value: Value, locale: str, *, bare: bool) -> str:
    """A value within a phrase: names in an element that keeps their writing direction to themselves."""
    if isinstance(value, Localized):
        return _bdi(HTML.escape(value.get(locale)), _other(value, locale))
    text = _literal(value)
    return text if bare or isinstance(value, int | Literal) else _bdi(text)


def _bdi(html: str, lang: str = "") -> str:
    return f"<bdi{f' lang={lang} class=both' if lang else ''}>{html}</bdi>"


def _other(text: Localized, locale: str) -> str:
    """The locale of the text that stands in for a missing one; empty when it is not missing."""
    texts = {locale: one for locale, one in text.texts if one}
    return "" if locale in texts else "en" if "en" in texts else next(iter(texts), "")


def _literal(value: str | int) -> str:
    return value if isinstance(value, Literal) else HTML.literal(value)
