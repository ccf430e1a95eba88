"""Tables as CSV: bytes to rows and rows to text, safe to open in a spreadsheet. Knows separators, quotes and formulas; no room.

What is read is sniffed strictly: the encoding and the separator are told to the reader, and whatever is in doubt is refused.
`csv` of the standard library splits cells; its limit on the length of one (131 072) stands.

Formulas. A cell that starts with = + - @, a tab or a line end is run by spreadsheets (CWE-1236). It is written with an apostrophe
before it, and read back without. Whoever opens the file with another separator than ours splits cells in places of their own,
so what follows a separator or a line end *within* a cell is treated in the same way, quotation marks in between or not.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from difflib import get_close_matches
from typing import Any

from booking.errors import InvalidInput

MAX_ROWS = 5_000
SHOWN_FAULTS = 100
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
BOM = "\ufeff"

_MAX_COLUMNS = 400
_LONGEST_NAME = 60  # characters of a column's name that are worth showing
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # xlsx and ods are zips; xls is older
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# Letters beyond ASCII as UTF-8 writes them. Bytes that hold some and are no UTF-8 are broken, not Windows-1252.
_UTF8_LETTER = re.compile(rb"[\xc3-\xc5][\x80-\xbf]|\xe2\x80[\x80-\xbf]")

_BEGINNING = r"(?:^|(?<=[,;\t\r\n]))"
_RUNS = r"""["']*[=+\-@\t\r\n]"""
_UNSAFE = re.compile(rf"{_BEGINNING}(?={_RUNS})")
_MADE_SAFE = re.compile(rf"{_BEGINNING}'(?={_RUNS})")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a table. `row` as spreadsheets count (the header is 1; 0: the whole file), `column` its name or ""."""

    row: int
    column: str
    code: str
    params: Mapping[str, Any] = dataclass_field(default_factory=dict)


class BadTable(InvalidInput):
    """A table can't be used; `faults` by row, never empty, at most SHOWN_FAULTS, and `more` that are not among them."""

    def __init__(self, faults: Sequence[Fault], more: int = 0) -> None:
        super().__init__("bad_table")
        ordered = sorted(faults, key=lambda fault: fault.row)
        self.faults = tuple(ordered[:SHOWN_FAULTS])
        self.more = more + len(ordered) - len(self.faults)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; `number` as spreadsheets count, `cells` by column. Cells of text, "" where empty."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """What was read, and how it was understood: `encoding` utf-8 or windows-1252, `separator` a key of SEPARATORS."""

    encoding: str
    separator: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def __iter__(self) -> Iterator[Row]:
        for number, cells in self.rows:
            yield Row(number, dict(zip(self.columns, cells, strict=True)))

    def __len__(self) -> int:
        return len(self.rows)


def read_table(
    content: bytes, known: Collection[str], required: Collection[str], max_bytes: int
) -> Table:
    """The rows of a CSV file; blank ones are left out, apostrophes before formulas taken away. Raises BadTable.

    `known` are the names a column may have, `required` those that must be there.
    """
    text, encoding = _decoded(content, max_bytes)
    separator = _separator(text)
    records = _records(text, separator)
    columns = _columns(next(records, (1, []))[1], known, required)
    rows: list[tuple[int, tuple[str, ...]]] = []
    faults: list[Fault] = []
    for number, cells in records:
        if not any(cells):
            continue
        if len(rows) == MAX_ROWS:
            raise BadTable([Fault(number, "", "table_too_many_rows", {"limit": MAX_ROWS})])
        width = len(columns)
        if len(cells) < width or any(cells[width:]):
            faults.append(Fault(number, "", "table_cells", {"cells": len(cells), "columns": width}))
        rows.append((number, tuple(as_meant(cell) for cell in cells[:width])))
    if faults:
        raise BadTable(faults)
    if not rows:
        raise BadTable([Fault(0, "", "table_without_rows")])
    return Table(encoding, separator, columns, tuple(rows))


def write_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], separator: str = ","
) -> Iterator[str]:
    """The lines of a table as CSV (RFC 4180), one row a piece; cells that spreadsheets would run are made safe."""
    lines = _Lines()
    writer = csv.writer(lines, delimiter=separator, lineterminator="\r\n")
    for row in (columns, *rows):
        writer.writerow([made_safe(cell) for cell in row])
        yield lines.pop()


def made_safe(cell: str) -> str:
    """The cell as it may stand in a spreadsheet: an apostrophe before whatever would be run as a formula."""
    return _UNSAFE.sub("'", cell)


def as_meant(cell: str) -> str:
    """The value that `made_safe` has written as `cell`."""
    return _MADE_SAFE.sub("", cell)


class _Lines(list[str]):
    """A file for `csv.writer`: each line it writes is one more piece."""

    write = list.append


def _decoded(content: bytes, max_bytes: int) -> tuple[str, str]:
    if len(content) > max_bytes:
        raise BadTable([Fault(0, "", "table_too_large", {"limit_mb": max_bytes // 1_000_000})])
    if not content.strip():
        raise BadTable([Fault(0, "", "table_empty")])
    if content.startswith(_WORKBOOKS):
        raise BadTable([Fault(0, "", "table_is_workbook")])
    if content.startswith(_UTF16):
        raise BadTable([Fault(0, "", "table_encoding")])
    if b"\0" in content:
        raise BadTable([Fault(0, "", "table_nul")])
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        pass
    if _UTF8_LETTER.search(content):
        raise BadTable([Fault(0, "", "table_encoding")])
    try:
        return content.decode("windows-1252"), "windows-1252"
    except UnicodeDecodeError:
        raise BadTable([Fault(0, "", "table_encoding")]) from None


def _separator(text: str) -> str:
    """The separator of the first line: no column's name holds any. A line without one has a single column."""
    header = _LINE.match(text)
    found = {sign for sign in SEPARATORS if header and sign in header[0]}
    if len(found) > 1:
        raise BadTable([Fault(1, "", "table_separators")])
    return found.pop() if found else ","


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    # Lines end with CR or LF and nothing else: str.splitlines would cut texts at U+0085 and U+2028.
    lines = (match[0] for match in _LINE.finditer(text))
    number = 0
    try:
        for cells in csv.reader(lines, delimiter=separator, strict=True):
            number += 1
            yield number, cells
    except csv.Error:
        raise BadTable([Fault(number + 1, "", "table_quotes")]) from None


def _columns(
    header: Sequence[str], known: Collection[str], required: Collection[str]
) -> tuple[str, ...]:
    if len(header) > _MAX_COLUMNS:
        params = {"columns": len(header), "limit": _MAX_COLUMNS}
        raise BadTable([Fault(1, "", "table_too_many_columns", params)])
    names = [name.strip() for name in header]
    while names and not names[-1]:
        names.pop()  # spreadsheets save columns that were emptied
    faults = []
    for at, name in enumerate(names):
        shown = name[:_LONGEST_NAME]
        if name not in known:
            near = get_close_matches(shown, known, 1)
            code = "table_unknown_column_near" if near else "table_unknown_column"
            faults.append(Fault(1, shown, code, {"near": near[0]} if near else {}))
        elif name in names[:at]:
            faults.append(Fault(1, shown, "table_double_column"))
    faults += [Fault(1, name, "table_missing_column") for name in required if name not in names]
    if faults:
        raise BadTable(faults)
    return tuple(names)
