"""Texts that a file does not hold, as one private-use character each, until a stand-in takes their place.

So a text with unknown parts is a plain `str`: it joins, compares and parses as any other, and JSON in it stays JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from string import ascii_lowercase
from typing import NamedTuple

from deputize.iam.partitions import PARTITIONS
from deputize.model.world import Origin, Place, Unknown
from deputize.read.source import refusal

_FIRST, _LAST = 0xF0000, 0xFFFFD
_MARK = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")
_FOREIGN_MARK = re.compile(f"[{chr(_FIRST)}-\U0010ffff]|" + r"\\U00(0[fF]|10)|\\u[dD][bB][89a-fA-F]")
_LITERAL_MARK = re.compile(f"[{chr(_FIRST)}-\U0010ffff]")
_BELOW = range(0xE000, 0xF900)  # private use, too
_WORD, _ENDING = "unknown", 4
_WORD_AND_MORE = re.compile(f"{_WORD}(?=([a-z]{{{_ENDING}}}))", re.ASCII)
_LOW_ACCOUNT = re.compile(r"(?=(0{5}[0-9]{7}))", re.ASCII)  # those that stand-ins are taken from
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_BEFORE_ACCOUNT = re.compile(r"arn:[^:]*:[^:]*:[^:]*:", re.ASCII)

ACCOUNT_ID = "AWS::AccountId"
# Names of one partition, region or account: no delimiter that a template would split at is in them.
_UNDIVIDED = frozenset({ACCOUNT_ID, "AWS::Partition", "AWS::Region", "AWS::URLSuffix"})


def any_text(text: str) -> bool:
    """Admit every text."""
    del text
    return True


class Symbol(NamedTuple):
    """One unknown. many: it is a list of texts. admits: whether its text may be one, beside `allowed`.

    A tuple, for each mention of an unknown makes one. principal: the ARN of whom it names where it is a principal.
    The others are as in :class:`deputize.read.found.Unknown`.
    """

    name: str
    origin: Origin
    place: Place
    default: str | None = None
    admits_empty: bool = False
    no_echo: bool = False
    allowed: tuple[str, ...] = ()
    many: bool = False
    parameters: tuple[str, ...] = ()
    admits: Callable[[str], bool] = any_text
    principal: str = ""


class Symbols:
    """The unknowns of one file with the character that stands for each. chosen: texts that the caller gave for some."""

    def __init__(self, text: str, chosen: Iterable[str] = ()) -> None:
        self.text = text
        self._all_text = "\n".join((text, *chosen))  # no stand-in is a part of it
        self._lines: tuple[str, ...] | None = None
        self._marks: dict[tuple[object, ...], str] = {}
        self._symbols: list[Symbol] = []
        self._digits: dict[str, str] = {}
        self._account = 0
        self._letters: dict[str, int] = {}
        self._prefix = free_word(self._all_text)
        self._taken: frozenset[str] | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """The file's lines, as YAML counts them."""
        if self._lines is None:
            self._lines = tuple(_BREAK.split(self.text))
        return self._lines

    def mark(self, key: tuple[object, ...], symbol: Symbol) -> str:
        """The character for the unknown that `key` names; `symbol` describes it when it is new."""
        found = self._marks.get(key)
        if found is None:
            if len(self._symbols) > _LAST - _FIRST:
                raise refusal(symbol.place, "has more unknown values than deputize keeps apart")
            found = self._marks[key] = chr(_FIRST + len(self._symbols))
            self._symbols.append(symbol)
        return found

    def symbol(self, mark: str) -> Symbol:
        """The unknown behind a mark."""
        return self._symbols[ord(mark) - _FIRST]

    def parameters(self, text: str) -> tuple[str, ...]:
        """The parameters on which the unknowns in `text` depend, each once."""
        found = (self.symbol(one) for one in _MARK.findall(text))
        names = ((one.name,) if one.origin is Origin.PARAMETER else one.parameters for one in found)
        return tuple(dict.fromkeys(name for many in names for name in many))

    def digits(self, mark: str) -> str:
        """Twelve digits for an unknown account, that are nowhere in the file."""
        if mark not in self._digits:
            if self._taken is None:
                self._taken = frozenset(_LOW_ACCOUNT.findall(self._all_text))
            self._account += 1
            while f"{self._account:012d}" in self._taken:
                self._account += 1
            self._digits[mark] = f"{self._account:012d}"
        return self._digits[mark]

    def letters(self, mark: str) -> str:
        """A text for any other unknown, that is nowhere in the file."""
        return f"{self._prefix}{self._letters.setdefault(mark, len(self._letters) + 1):04d}"

    def named(self, text: str) -> str:
        """`text` for a person: each unknown as `${Name}`."""
        return _MARK.sub(lambda found: f"${{{self.symbol(found[0]).name}}}", text)

    def divisible(self, text: str) -> bool:
        """Whether an unknown in `text` could hold a delimiter itself."""
        return any(self.symbol(one).name not in _UNDIVIDED for one in _MARK.findall(text))


def foreign_mark(text: str) -> int | None:
    """Where a file's text has what would be taken for a mark: as it is, or escaped as YAML or JSON do."""
    if text.isascii() and "\\u" not in text and "\\U" not in text:
        return None
    found = _FOREIGN_MARK.search(text)
    return found.start() if found is not None else None


def without_marks(text: str) -> str:
    """`text` with another character for each that would be taken for a mark: one for each, and nowhere else in it.

    As many as there are private-use characters below them; those of escapes stay.
    """
    if text.isascii():
        return text
    small = text.lower()
    free = (chr(code) for code in _BELOW if chr(code) not in text and f"{code:04x}" not in small)
    return text.translate(
        {ord(one): other for one, other in zip(sorted({*_LITERAL_MARK.findall(text)}), free, strict=False)}
    )


def is_known(text: str) -> bool:
    """Whether a text has no unknown in it."""
    return text.isascii() or _MARK.search(text) is None


def sole_mark(text: str) -> str | None:
    """The mark, when a text is one unknown and nothing else."""
    return text if len(text) == 1 and not is_known(text) else None


def free_word(text: str) -> str:
    """A word that is nowhere in `text`."""
    if _WORD not in text:
        return _WORD
    taken = frozenset(_WORD_AND_MORE.findall(text))
    # There are more endings than fit into a file.
    endings = ("".join(letters) for letters in product(ascii_lowercase, repeat=_ENDING))
    return _WORD + next(one for one in endings if one not in taken)


class StandIns:
    """Puts stand-ins into one role's texts, and remembers which. others: what a mark's unknown is known not to be."""

    def __init__(self, symbols: Symbols, partition: str, others: Mapping[str, frozenset[str]]) -> None:
        self.symbols = symbols
        self.partition = partition
        self.others = others
        self._used: dict[tuple[str, str], Unknown] = {}

    def apart(self) -> StandIns:
        """The same with nothing used yet, for one document."""
        return StandIns(self.symbols, self.partition, self.others)

    @property
    def used(self) -> tuple[Unknown, ...]:
        """The unknowns whose stand-ins were put somewhere, in the order they were met."""
        return tuple(self._used.values())

    def text(self, text: str, whole: str = "text") -> str:
        """`text` without unknowns. whole: what a text that is nothing but an unknown stands for.

        `account`, `principal` (an ARN of a whole account) or `provider` (an ARN of an identity provider).
        """
        if is_known(text):
            return text
        if sole_mark(text) is not None:
            return self._whole(text, whole)
        done = ""
        start = 0
        for found in _MARK.finditer(text):
            done += text[start : found.start()]
            done += self._part(found[0], done)
            start = found.end()
        return done + text[start:]

    def _part(self, mark: str, before: str) -> str:
        if before == "arn:":
            return self.partition
        return self._stand_in(mark, "account" if _BEFORE_ACCOUNT.fullmatch(before) else "text")

    def _whole(self, mark: str, kind: str) -> str:
        symbol = self.symbols.symbol(mark)
        if kind == "principal" and symbol.principal:
            return self.text(symbol.principal)
        name = symbol.name
        return self._stand_in(mark, "text" if name in _UNDIVIDED else kind)

    def _stand_in(self, mark: str, kind: str) -> str:
        symbol = self.symbols.symbol(mark)
        fixed = {"AWS::Partition": self.partition, "AWS::URLSuffix": _suffix(self.partition)}.get(symbol.name)
        if fixed is not None and symbol.origin is Origin.PSEUDO:
            return fixed
        if kind == "account" or (symbol.name == ACCOUNT_ID and symbol.origin is Origin.PSEUDO):
            text = self.symbols.digits(mark)
        elif kind == "principal":
            text = f"arn:{self.partition}:iam::{self.symbols.digits(mark)}:root"
        elif kind == "provider":
            text = f"arn:{self.partition}:iam::{self.symbols.digits(mark)}:oidc-provider/{self.symbols.letters(mark)}"
        else:
            text = self.symbols.letters(mark)
        if (mark, text) not in self._used:
            self._used[mark, text] = self._unknown(mark, text)
        return text

    def _unknown(self, mark: str, stand_in: str) -> Unknown:
        symbol = self.symbols.symbol(mark)
        excluded = self.others.get(mark, frozenset())
        return Unknown(
            symbol.name,
            symbol.origin,
            stand_in,
            symbol.place,
            default=None if symbol.default in excluded else symbol.default,
            admits_empty=symbol.admits_empty and "" not in excluded,
            no_echo=symbol.no_echo,
            allowed=tuple(one for one in symbol.allowed if one not in excluded),
            parameters=symbol.parameters,
        )


def _suffix(partition: str) -> str:
    return PARTITIONS[partition].dns_suffix
