"""The columns of imported and exported tables: their names, how a cell is read, how a value is written. Pure; knows no row.

What a table says of a thing is flat: values by `path`. A room's ("name", "fi") is the Finnish part of its name,
("features", "lift", "measure_cm") a fact of its accessibility; a path of one step is a column of the row.
Every kind of cell reads back what it writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from booking.domain.accessibility import COUNTED, MEASURED, SIDED, SIDES
from booking.domain.local_time import parse_day, parse_time
from booking.domain.organisations import FIELDS
from booking.domain.organisations import KINDS as ORGANISATION_KINDS
from booking.domain.room_values import THREE_VALUES
from booking.domain.rooms import ACTIVITIES, EQUIPMENT, FEATURES, LAYOUTS, MINUTES_OF_DAY
from booking.domain.texts import many_lines, one_line
from booking.errors import InvalidInput

Path = tuple[str, ...]
Flat = Mapping[Path, Any]

LANGUAGES = ("fi", "sv", "en")
CHECKED_ON: Path = ("checked", "on")
CHECKED_BY: Path = ("checked", "by")

# The year must be there: without it the same file would mean another day next year.
_DAY = re.compile(r"[0-9]{1,2}\. ?[0-9]{1,2}\. ?[0-9]{4}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
_SECONDS = re.compile(r"([0-9]{1,2}[.:][0-9]{2})[.:]00")  # spreadsheets save a time with them
_MIDNIGHT = re.compile(r"24(?:[.:]00){0,2}")
_NUMBER = re.compile(r"[0-9]{1,7}")
_LAYOUT = re.compile(r"([a-z_]+) ?: ?([0-9]{1,7})")


class BadCell(InvalidInput):
    """A cell that can't be understood; the texts of its codes stand with those of tables."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How cells of a column are read and written; `name` and `options` say what may stand in them.

    `read` is given no blank cell and raises InvalidInput; `write` is given no None.
    """

    name: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]
    options: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name in the header. `empty` is what an empty cell means.

    `keeps`: an empty cell leaves the value as it is, since there always is one.
    """

    name: str
    path: Path
    kind: Kind
    keeps: bool = False
    empty: Any = None

    def read(self, cell: str) -> Any:
        """The value of a cell; raises InvalidInput."""
        return self.kind.read(cell.strip()) if cell.strip() else self.empty

    def write(self, value: Any) -> str:
        """The cell of a value; "" for None, and for nothing in it."""
        return "" if value is None else self.kind.write(value)


def _choice(options: Sequence[str]) -> Kind:
    def read(cell: str) -> str:
        if cell.casefold() not in options:
            raise BadCell("table_choice", options=options)
        return cell.casefold()

    return Kind("choice", read, str, options)


def _codes(options: Sequence[str]) -> Kind:
    def read(cell: str) -> list[str]:
        found = {part.strip().casefold() for part in cell.split("|")} - {""}
        if not found <= set(options):
            raise BadCell("table_choices", options=options)
        return [code for code in options if code in found]

    def write(codes: Sequence[str]) -> str:
        # In our order; what was a code once comes last.
        return "|".join([*(one for one in options if one in codes), *sorted({*codes} - {*options})])

    return Kind("codes", read, write, options)


def _read_yes(cell: str) -> bool:
    return bool(_YES_OR_NO.read(cell) == "yes")


def _read_number(cell: str) -> int:
    if _NUMBER.fullmatch(cell) is None:
        raise BadCell("table_number")
    return int(cell)


def _read_day(cell: str) -> date:
    if _DAY.fullmatch(cell) is None:
        raise BadCell("table_day")
    return parse_day(cell, date.min)


def _read_minute(cell: str) -> int:
    if _MIDNIGHT.fullmatch(cell):
        return MINUTES_OF_DAY
    time = parse_time(_SECONDS.sub(r"\1", cell))
    return time.hour * 60 + time.minute


def _write_minute(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def _read_layouts(cell: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in cell.split("|"))):
        match = _LAYOUT.fullmatch(part.casefold())
        if match is None or match[1] not in LAYOUTS or match[1] in found:
            raise BadCell("table_layouts", options=LAYOUTS)
        found[match[1]] = int(match[2])
    return {code: found[code] for code in LAYOUTS if code in found}


def _write_layouts(layouts: Mapping[str, int]) -> str:
    known = [code for code in LAYOUTS if code in layouts]
    others = sorted({*layouts} - {*LAYOUTS})
    return "|".join(f"{code}:{layouts[code]}" for code in (*known, *others))


LINE = Kind("line", one_line, str)
LINES = Kind("lines", many_lines, str)
NUMBER = Kind("number", _read_number, str)
DAY = Kind("day", _read_day, date.isoformat)
MINUTE = Kind("time", _read_minute, _write_minute)
LAYOUT_PEOPLE = Kind("layouts", _read_layouts, _write_layouts, LAYOUTS)
_YES_OR_NO = _choice(("yes", "no"))
YES_NO = Kind("choice", _read_yes, lambda is_so: "yes" if is_so else "no", _YES_OR_NO.options)
THREE = _choice(THREE_VALUES)


def _text(name: str, kind: Kind, *path: str) -> list[Column]:
    """A text in three languages is three columns."""
    return [Column(f"{name}_{lang}", (*(path or (name,)), lang), kind) for lang in LANGUAGES]


def _feature(code: str) -> list[Column]:
    def path(part: str) -> Path:
        return ("features", code, part)

    found = [Column(code, path("value"), THREE, empty="unknown")]
    if code in MEASURED:
        found.append(Column(f"{code}_cm", path("measure_cm"), NUMBER))
    if code in COUNTED:
        found.append(Column(f"{code}_count", path("count"), NUMBER))
    if code in SIDED:
        found.append(Column(f"{code}_side", path("side"), _choice(SIDES)))
    return found + _text(f"{code}_note", LINES, *path("note"))


def _kept(name: str, kind: Kind) -> Column:
    return Column(name, (name,), kind, keeps=True)


def _plain(name: str, kind: Kind) -> Column:
    return Column(name, (name,), kind)


EXTERNAL_ID = _plain("external_id", LINE)
UNIT = _plain("unit", LINE)

ROOM_COLUMNS: tuple[Column, ...] = (
    EXTERNAL_ID,
    UNIT,
    *_text("name", LINE),
    *_text("description", LINES),
    _kept("published", YES_NO),
    _kept("capacity", NUMBER),
    Column("layouts", ("layouts",), LAYOUT_PEOPLE, empty={}),
    Column("equipment", ("equipment",), _codes(EQUIPMENT), empty=[]),
    Column("activities", ("activities",), _codes(ACTIVITIES), empty=[]),
    *(
        column
        for code in ACTIVITIES
        for column in _text(f"{code}_refused", LINES, "activity_reasons", code)
    ),
    *(
        _kept(name, NUMBER)
        for name in (
            "step_minutes",
            "min_minutes",
            "max_minutes",
            "notice_minutes",
            "horizon_days",
            "buffer_before_minutes",
            "buffer_after_minutes",
        )
    ),
    _plain("available_until", DAY),
    Column("latest_end", ("latest_end_minute",), MINUTE),
    _plain("elsewhere_url", LINE),
    _plain("owner", LINE),
    _kept("outside_use", THREE),
    _kept("noise_allowed", THREE),
    _kept("food_allowed", THREE),
    _plain("fire_max_people", NUMBER),
    _plain("emergency_number", LINE),
    *(
        column
        for name in ("keys", "alarm", "arrival", "floor_plan_text")
        for column in _text(name, LINES)
    ),
    _plain("contact_name", LINE),
    _plain("contact_email", LINE),
    _plain("contact_phone", LINE),
    *(column for code in FEATURES for column in _feature(code)),
    Column("checked_on", CHECKED_ON, DAY),
    Column("checked_by", CHECKED_BY, LINE),
)

CLOSURE_COLUMNS: tuple[Column, ...] = (
    EXTERNAL_ID,
    UNIT,
    _plain("first_day", DAY),
    _plain("last_day", DAY),
    Column("opens", ("opens_minute",), MINUTE),
    Column("closes", ("closes_minute",), MINUTE),
    *_text("reason", LINE),
)

# Of organisations; they are found again by their numbers, else by name and municipality.
ORGANISATION_COLUMNS: tuple[Column, ...] = (
    _kept("name", LINE),
    _kept("kind", _choice(ORGANISATION_KINDS)),
    _plain("y_tunnus", LINE),
    _plain("register_number", LINE),
    _plain("field", _choice(FIELDS)),
    _plain("municipality", LINE),
    _plain("contact_email", LINE),
    _plain("responsible_name", LINE),
)

# What a table may be of, its columns, and those that must be there.
TABLES: Mapping[str, tuple[Column, ...]] = {
    "rooms": ROOM_COLUMNS,
    "closures": CLOSURE_COLUMNS,
    "organisations": ORGANISATION_COLUMNS,
}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "rooms": ("external_id", "unit"),
    "closures": ("external_id", "unit", "first_day", "last_day"),
    "organisations": ("name",),
}


def column_of(kind: str, field: str) -> str:
    """The column that a fault of `field` speaks of, as the services name fields; "" where none does."""
    for column in TABLES[kind]:
        if field in (column.name, column.path[0]):
            return column.name
    return ""


def text_parts(flat: Flat, path: Path) -> dict[str, str] | None:
    """A text in three languages from its parts; None where there is none. Finnish may be missing: that is a fault elsewhere."""
    parts: dict[str, str] = {lang: flat.get((*path, lang)) or "" for lang in LANGUAGES}
    if not any(parts.values()):
        return None
    return {lang: text for lang, text in parts.items() if text or lang == "fi"}
