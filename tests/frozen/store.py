"""The frozen file: questions and old answers as compressed JSON, each text and each kind of finding held once."""

from __future__ import annotations

import base64
import json
import lzma
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from frozen.questions import (
    Answer,
    BundleQuestion,
    Expected,
    FileQuestion,
    Found,
    Judged,
    Linted,
    Question,
    RoleQuestion,
    Verified,
)

PATH = Path(__file__).with_name("answers.json.xz")


@dataclass
class Table:
    """Values by number; each is held once."""

    values: list[Any] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)

    def number(self, value: Any) -> int:
        """The number of a value, which is JSON."""
        key = json.dumps(value)
        if key not in self._numbers:
            self._numbers[key] = len(self.values)
            self.values.append(value)
        return self._numbers[key]


@dataclass(frozen=True, slots=True)
class Frozen:
    """Everything that was asked once, with the old answers.

    asked: questions that are held here. made, roles, malformed: (digest of the question, answer), of questions that are
    made again: by number, by number, by ID. unsaid: (rule, case, why) of samples that no text can say.
    """

    commit: str
    asked: tuple[tuple[Question, Answer], ...]
    made: tuple[tuple[str, Answer], ...]
    roles: tuple[tuple[str, Answer], ...]
    malformed: dict[str, tuple[str, Answer]]
    unsaid: tuple[tuple[str, str, str], ...]


def dump(frozen: Frozen, path: Path = PATH) -> int:
    """Write the file, the same bytes for the same answers; gives its size."""
    texts, rows = Table(), Table()
    value = {
        "commit": frozen.commit,
        "asked": [[_question(one, texts), _answer(answer, rows)] for one, answer in frozen.asked],
        "made": [[digest, _answer(answer, rows)] for digest, answer in frozen.made],
        "roles": [[digest, _answer(answer, rows)] for digest, answer in frozen.roles],
        "malformed": {key: [digest, _answer(answer, rows)] for key, (digest, answer) in frozen.malformed.items()},
        "unsaid": frozen.unsaid,
        "texts": texts.values,
        "rows": rows.values,
    }
    packed = lzma.compress(json.dumps(value, separators=(",", ":")).encode(), preset=9 | lzma.PRESET_EXTREME)
    path.write_bytes(packed)
    return len(packed)


def load(path: Path = PATH) -> Frozen:
    """Read the file."""
    value = json.loads(lzma.decompress(path.read_bytes()))
    texts, rows = value["texts"], value["rows"]

    def pairs(found: Iterable[Any]) -> tuple[tuple[str, Answer], ...]:
        return tuple((digest, _read_answer(answer, rows)) for digest, answer in found)

    return Frozen(
        value["commit"],
        tuple((_read_question(one, texts), _read_answer(answer, rows)) for one, answer in value["asked"]),
        pairs(value["made"]),
        pairs(value["roles"]),
        dict(zip(value["malformed"], pairs(value["malformed"].values()), strict=True)),
        tuple((rule, case, why) for rule, case, why in value["unsaid"]),
    )


def _question(one: Question, texts: Table) -> dict[str, Any]:
    match one:
        case FileQuestion():
            asked = one.expected
            return {
                "file": one.id,
                "where": one.where,
                "text": texts.number(_text(one.content)),
                "expected": [asked.vendors, asked.ids, asked.secrets, asked.all_roles],
                "parameters": dict(one.parameters),
                "must_find": one.must_find,
            }
        case BundleQuestion():
            return {
                "bundle": one.id,
                "vendor": texts.number(one.vendor),
                "options": dict(one.options),
                "edits": one.edits,
                "resealed": one.resealed,
            }
        case RoleQuestion():
            return {
                "role": one.id,
                "trust": texts.number(one.trust),
                "who": [one.ids, one.vendor, one.vendor_roles],
                "access": [dict(one.policies), one.managed, one.secrets],
            }


def _read_question(value: dict[str, Any], texts: list[Any]) -> Question:
    if "file" in value:
        vendors, ids, secrets, all_roles = value["expected"]
        expected = Expected(tuple(vendors), tuple(ids), tuple(secrets), all_roles)
        content = _content(texts[value["text"]])
        return FileQuestion(value["file"], value["where"], content, expected, value["parameters"], value["must_find"])
    if "bundle" in value:
        options = {name: tuple(values) for name, values in value["options"].items()}
        edits = tuple((path, old, new) for path, old, new in value["edits"])
        return BundleQuestion(value["bundle"], texts[value["vendor"]], options, edits, value["resealed"])
    (ids, vendor, roles), (policies, managed, secrets) = value["who"], value["access"]
    trust = texts[value["trust"]]
    return RoleQuestion(
        value["role"], trust, tuple(ids), vendor, tuple(roles), policies, tuple(managed), tuple(secrets)
    )


def _text(content: bytes) -> Any:
    """A text where the bytes are UTF-8, else [base64]."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return [base64.b64encode(content).decode()]


def _content(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else base64.b64decode(value[0])


def _answer(answer: Answer, rows: Table) -> list[Any]:
    match answer:
        case Linted():
            found = [[rows.number(list(one[:4])), *one.place] for one in sorted(answer.found)]
            return [found, rows.number(answer.roles)]
        case Verified():
            row = [answer.safety, answer.access, answer.kinds, answer.stored, answer.hands_out]
            return [rows.number(row)]
        case Judged():
            return [*_answer(answer.linted, rows), *_answer(answer.verified, rows)]


def _read_answer(value: list[Any], rows: list[Any]) -> Answer:
    if len(value) == 1:
        safety, access, kinds, stored, hands_out = rows[value[0]]
        return Verified(safety, access, tuple(kinds), stored, hands_out)
    found = frozenset(Found._make((*rows[row], (line, column))) for row, line, column in value[0])
    linted = Linted(found, tuple((name, judged) for name, judged in rows[value[1]]))
    if len(value) == 2:
        return linted
    verified = _read_answer(value[2:], rows)
    assert isinstance(verified, Verified)
    return Judged(linted, verified)
