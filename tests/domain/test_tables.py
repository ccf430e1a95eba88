"""Tables as CSV: whatever is written is read back, nothing runs in a spreadsheet, and what is hostile is refused in its code."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.columns import (
    CLOSURE_COLUMNS,
    REQUIRED,
    ROOM_COLUMNS,
    TABLES,
    BadCell,
    Column,
)
from booking.domain.rooms import ACTIVITIES, EQUIPMENT, LAYOUTS
from booking.domain.tables import (
    MAX_ROWS,
    SEPARATORS,
    SHOWN_FAULTS,
    BadTable,
    Fault,
    as_meant,
    made_safe,
    read_table,
    write_table,
)
from booking.errors import InvalidInput

MB = 1_000_000
RUN = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets take for the beginning of a formula
# All of Unicode that can be written as UTF-8, but NUL, which no text has.
cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
# The same with what is dangerous more often.
hostile = st.text(st.sampled_from("=+-@\t\r\n,;'\"aä\u0085\u2028 "), max_size=12)


def read(content: bytes, *required: str) -> list[dict[str, str]]:
    table = read_table(content, ["id", "name", "note"], required, MB)
    return [dict(row.cells) for row in table]


def faults(content: bytes, *required: str) -> list[Fault]:
    with pytest.raises(BadTable) as caught:
        read(content, *required)
    return list(caught.value.faults)


@given(
    st.lists(st.tuples(cells | hostile, cells | hostile), min_size=1, max_size=5),
    st.sampled_from(list(SEPARATORS)),
    st.booleans(),
)
def test_what_is_written_is_read_back(
    rows: list[tuple[str, str]], separator: str, has_bom: bool
) -> None:
    rows = [(f"{n}{first}", second) for n, (first, second) in enumerate(rows)]
    text = "".join(write_table(["id", "name"], rows, separator))
    content = text.encode("utf-8-sig" if has_bom else "utf-8")
    found = read_table(content, ["id", "name"], ["id"], MB)
    assert [tuple(row.cells.values()) for row in found] == rows
    assert (found.encoding, found.separator) == ("utf-8", separator)


@given(cells | hostile)
def test_a_cell_made_safe_means_what_it_meant(cell: str) -> None:
    assert as_meant(made_safe(cell)) == cell


@given(st.lists(st.tuples(hostile, hostile, hostile), max_size=4), st.sampled_from([",", ";"]))
def test_no_cell_is_a_formula_whichever_separator_it_is_opened_with(
    rows: list[tuple[str, str, str]], separator: str
) -> None:
    text = "".join(write_table(["id", "name", "note"], rows, separator))
    for opened_with in SEPARATORS:
        for row in csv.reader(StringIO(text, newline=""), delimiter=opened_with):
            # A cell torn apart may begin with our own line end; what follows is what counts.
            begins = [cell if opened_with == separator else cell.lstrip("\t\r\n") for cell in row]
            assert [cell for cell in begins if cell.startswith(RUN)] == []


def test_a_formula_bears_an_apostrophe_and_its_value_none() -> None:
    [_header, line] = write_table(["id", "name"], [["=1+1", "+358 13 000"]])
    assert line == "'=1+1,'+358 13 000\r\n"
    assert read(b"id,name\r\n'=1+1,'+358 13 000\r\n") == [{"id": "=1+1", "name": "+358 13 000"}]


@pytest.mark.parametrize(
    ("content", "encoding", "separator"),
    [
        ("id,name\n1,ä\n".encode(), "utf-8", ","),
        ("id;name\n1;ä\n".encode("utf-8-sig"), "utf-8", ";"),
        ("id\tname\r\n1\tä\r\n".encode("windows-1252"), "windows-1252", "\t"),
        ('"id";"name"\r"1";"ä"\r'.encode("windows-1252"), "windows-1252", ";"),
    ],
)
def test_files_of_spreadsheet_programs_are_understood_and_it_is_said_how(
    content: bytes, encoding: str, separator: str
) -> None:
    table = read_table(content, ["id", "name"], ["id"], MB)
    assert [dict(row.cells) for row in table] == [{"id": "1", "name": "ä"}]
    assert (table.encoding, table.separator) == (encoding, separator)


def test_quotes_and_line_ends_in_cells_are_kept_and_rows_counted_as_a_spreadsheet_does() -> None:
    content = b'id,name\r\n1,"a ""b"",\r\nc"\r\n\r\n , \r\n2,d,\r\n'
    table = read_table(content, ["id", "name"], ["id"], MB)
    assert [(row.number, dict(row.cells)) for row in table] == [
        (2, {"id": "1", "name": 'a "b",\r\nc'}),
        (4, {"id": " ", "name": " "}),
        (5, {"id": "2", "name": "d"}),
    ]


@pytest.mark.parametrize(
    ("content", "row", "code"),
    [
        (b"", 0, "table_empty"),
        (b" \r\n\t", 0, "table_empty"),
        (b"PK\x03\x04abc", 0, "table_is_workbook"),
        (b"\xd0\xcf\x11\xe0abc", 0, "table_is_workbook"),
        ("id,name\n1,a\n".encode("utf-16"), 0, "table_encoding"),
        (b"id,name\n1,a\0b\n", 0, "table_nul"),
        (b"id,name\n1,\xc3\xa4 and \xe4\n", 0, "table_encoding"),
        (b"id,name\n1,\x81\n", 0, "table_encoding"),
        (b"id,name;note\n1,a;b\n", 1, "table_separators"),
        (b"id,name\n", 0, "table_without_rows"),
        (b"id,name\n,\n", 0, "table_without_rows"),
        (b'id,name\n1,a\n2,"b\n3,c\n', 3, "table_quotes"),
        (b'id,name\n1,"a"b\n', 2, "table_quotes"),
        (b"id,name\n1\n", 2, "table_cells"),
        (b"id,name\n1,2,3\n", 2, "table_cells"),
        (b"id,name\n1," + b"x" * 900_000, 2, "table_quotes"),
        (b"x" * (MB + 1), 0, "table_too_large"),
        (b"id," * 300_000, 1, "table_too_many_columns"),
        (b"id,name\n" + b"1," * 400_000, 2, "table_cells"),
        (b"id,name\n" + b"1,2\n" * 200_000, MAX_ROWS + 2, "table_too_many_rows"),
        (b'id,name\n1,"' + b'""' * 400_000, 2, "table_quotes"),
    ],
)
def test_what_is_hostile_or_broken_is_refused_where_it_is(
    content: bytes, row: int, code: str
) -> None:
    [fault] = faults(content)
    assert (fault.row, fault.code) == (row, code)


def test_unknown_double_and_missing_columns_are_all_named() -> None:
    found = faults(b"id,nmae,id,zzz,,\n1,2,3,4,,\n", "note")
    assert [(fault.column, fault.code, dict(fault.params)) for fault in found] == [
        ("nmae", "table_unknown_column_near", {"near": "name"}),
        ("id", "table_double_column", {}),
        ("zzz", "table_unknown_column", {}),
        ("note", "table_missing_column", {}),
    ]


def test_only_the_first_hundred_faults_are_told_and_the_rest_counted() -> None:
    with pytest.raises(BadTable) as caught:
        read(b"id,name\n" + b"1\n" * 150)
    assert (len(caught.value.faults), caught.value.more) == (SHOWN_FAULTS, 50)
    assert caught.value.faults[0].row == 2


def test_columns_have_names_of_their_own_and_the_required_ones_exist() -> None:
    for kind, columns in TABLES.items():
        names = [column.name for column in columns]
        assert len(set(names)) == len(names)
        assert set(REQUIRED[kind]) <= set(names)
        assert len({column.path for column in columns}) == len(names)


def column(name: str) -> Column:
    return next(one for one in (*ROOM_COLUMNS, *CLOSURE_COLUMNS) if one.name == name)


@pytest.mark.parametrize(
    ("name", "cell", "written"),
    [
        ("name_fi", "  Sali \t A ", "Sali A"),
        ("description_fi", "a  b\r\n\r\n c ", "a b\n\nc"),
        ("published", "YES", "yes"),
        ("capacity", " 040 ", "40"),
        ("layouts", "classroom: 24 | THEATRE:40", "theatre:40|classroom:24"),
        ("layouts", " ", ""),
        ("equipment", "camera|display|camera|", "display|camera"),
        ("available_until", "7.6.2027", "2027-06-07"),
        ("available_until", "2027-6-7", "2027-06-07"),
        ("latest_end", "17.30", "17:30"),
        ("latest_end", "17:30:00", "17:30"),
        ("latest_end", "24.00", "24:00"),
        ("outside_use", "Unknown", "unknown"),
        ("step_free", "", "unknown"),
        ("accessible_toilet_side", "both", "both"),
    ],
)
def test_a_cell_is_understood_and_written_in_one_way(name: str, cell: str, written: str) -> None:
    one = column(name)
    value = one.read(cell)
    assert one.write(value) == written
    assert one.read(written) == value


@pytest.mark.parametrize(
    ("name", "cell", "code", "params"),
    [
        ("published", "kyllä", "table_choice", {"options": ("yes", "no")}),
        ("activities", "event|disco", "table_choices", {"options": ACTIVITIES}),
        ("equipment", "gong", "table_choices", {"options": EQUIPMENT}),
        ("capacity", "4,5", "table_number", {}),
        ("capacity", "-1", "table_number", {}),
        ("capacity", "٣", "table_number", {}),
        ("capacity", "9" * 100_000, "table_number", {}),
        ("available_until", "7.6.", "table_day", {}),
        ("available_until", "7/6/2027", "table_day", {}),
        ("available_until", "31.2.2027", "bad_date", {}),
        ("latest_end", "25:00", "bad_time", {}),
        ("layouts", "theatre", "table_layouts", {"options": LAYOUTS}),
        ("layouts", "theatre:1|theatre:2", "table_layouts", {"options": LAYOUTS}),
        ("layouts", "bed:1", "table_layouts", {"options": LAYOUTS}),
    ],
)
def test_a_cell_that_cant_be_meant_is_refused(
    name: str, cell: str, code: str, params: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        column(name).read(cell)
    assert (caught.value.code, caught.value.params) == (code, params)
    assert isinstance(caught.value, BadCell) == code.startswith("table_")
