"""A policy's values as a JSON parser gives them: types in words, texts, and the items of a list with their paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deputize.iam.policy import Path


def type_of(value: object) -> str:
    """The type of what stands in the wrong place; the value itself may be another tenant's external ID."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case Mapping():
            return "an object"
    return "a list" if isinstance(value, list | tuple) else f"of the type {type(value).__name__}"


def is_number(value: object) -> bool:
    """Whether a JSON value is a number, true or false, which IAM reads as a text."""
    return isinstance(value, bool | int | float)


def text_of(value: object) -> str:
    """A text, number, true or false as the text that IAM compares."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else repr(value)


def items_at(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    """What stands at `path`, item by item with its path where it is a list."""
    if isinstance(value, list | tuple):
        yield from (((*path, at), one) for at, one in enumerate(value))
    elif value is not None:
        yield path, value
