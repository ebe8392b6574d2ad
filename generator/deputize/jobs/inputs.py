"""What a run is given: the vendor from its file or its bare account, rows of a CSV or JSON-lines list."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from deputize.disk import read_text, stream_lines
from deputize.errors import InputError, Problem
from deputize.iam import limits
from deputize.model.display import shown
from deputize.model.spec import Vendor, VendorAccount
from deputize.model.tenant_rows import TENANTS, Columns, Row, column_problems
from deputize.model.text import english
from deputize.model.vendor_file import parse_vendor

# The vendor's file where none is named.
VENDOR_FILE = Path("vendor.yaml")
# The vendor of `--vendor-account`, which has a number and no name.
BARE_VENDOR = "vendor"


def load_vendor(path: str | os.PathLike[str]) -> Vendor:
    """The vendor that a vendor.yaml describes.

    path: its file, at most 1 MiB of UTF-8. Raises InputError with every problem and its line.
    """
    return parse_vendor(read_text(Path(path)), os.fspath(path))


def vendor_of_account(account_id: str, partition: str) -> Vendor:
    """A vendor of whom only the account is known: the customer trusts that whole account. Raises InputError."""
    if not limits.ACCOUNT_ID.admits(account_id):
        raise InputError(Problem("--vendor-account", f"{shown(account_id)} is no AWS account ID", "give its 12 digits"))
    return Vendor(BARE_VENDOR, english(f"Vendor {account_id}"), (VendorAccount(partition, account_id),))


def read_rows(source: BinaryIO, name: str, columns: Columns = TENANTS) -> Iterator[Row | Problem]:
    """Rows of a CSV with a header, or of JSON lines: decided by the first character, `{` or anything else.

    A line that is no row is given as its Problem, so that all can be listed. Raises InputError when the columns are
    wrong or the file cannot be read.
    """
    lines = stream_lines(source, name=name)
    first = next(lines, "")
    rest = chain((first,), lines)
    of_json = first.lstrip().startswith("{")
    yield from _json_rows(rest, name, columns) if of_json else _csv_rows(rest, name, columns)


def _csv_rows(lines: Iterator[str], name: str, columns: Columns) -> Iterator[Row | Problem]:
    reader = csv.reader(lines, strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
        problems = tuple(column_problems(header, f"{name}:1", columns))
        if problems:
            raise InputError(*problems)
        for cells in reader:
            if not cells:
                continue
            where = f"{name}:{reader.line_num}"
            if len(cells) != len(header):
                yield Problem(
                    where, f"has {len(cells)} fields, the header has {len(header)}", "quote fields with commas"
                )
                continue
            fields = dict(zip(header, cells, strict=True))
            yield Row(reader.line_num, fields, (fields.pop("external_id", ""),))
    except csv.Error as error:
        raise InputError(Problem(f"{name}:{reader.line_num}", f"is not CSV: {error}")) from error


def _json_rows(lines: Iterator[str], name: str, columns: Columns) -> Iterator[Row | Problem]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _json_row(line, number, f"{name}:{number}", columns)


def _json_row(line: str, number: int, where: str, columns: Columns) -> Row | Problem:
    try:
        found = json.loads(line, object_pairs_hook=_once)
    except _TwiceError as error:
        return Problem(where, f"has the key {shown(str(error))} twice", "remove one")
    except (ValueError, RecursionError):
        return Problem(where, "is not JSON", "one object a line, in double quotes")
    if not isinstance(found, dict):
        return Problem(where, "is no JSON object", "one object a line")
    unknown = next((key for key in found if key not in columns.known), None)
    if unknown is not None:
        return Problem(where, f"field {shown(unknown)} is unknown", f"known are {', '.join(columns.known)}")
    ids = found.pop("external_id", "")
    ids = ids if isinstance(ids, list) else [ids]
    wrong = next((key for key, value in found.items() if value is not None and not isinstance(value, str)), None)
    if wrong is not None or not all(isinstance(one, str) for one in ids):
        return Problem(f"{where}: {wrong or 'external_id'}", "is no text", "put it in double quotes")
    return Row(number, {key: value for key, value in found.items() if value is not None}, tuple(ids))


class _TwiceError(ValueError):
    """A JSON object names a key twice, which parsers otherwise drop silently."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(key)
        found[key] = value
    return found
