"""Text for people in several languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Localized:
    """One text by locale (`en`, `ja`), in the order it was written; at least one."""

    texts: tuple[tuple[str, str], ...]

    def get(self, locale: str) -> str:
        """The text in that locale, else the English one, else the first."""
        texts = dict(self.texts)
        return texts.get(locale) or texts.get("en") or next(iter(texts.values()), "")

    def to_json(self) -> object:
        """A plain string where there is only English, else the mapping by locale."""
        return self.texts[0][1] if len(self.texts) == 1 and self.texts[0][0] == "en" else dict(self.texts)


def english(text: str) -> Localized:
    """A text that is given in English only."""
    return Localized((("en", text),))
