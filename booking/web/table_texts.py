"""What tables are called and what is wrong with one, in words: kinds, columns, cells, faults. Knows codes; no file, no page.

The texts of what rules refuse stand in `booking.web.texts`; these are of files, rows and cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from booking.domain.columns import LANGUAGES, TABLES, Column, Kind
from booking.domain.tables import Fault
from booking.errors import Broken
from booking.i18n import lazy_gettext as _
from booking.i18n import period_in_words
from booking.web.texts import TEXTS, text_of
from calendars.period import Period

KINDS = {
    "rooms": _("Rooms"),
    "closures": _("Closures and other exceptional hours"),
    "organisations": _("Associations"),
}
ENCODINGS = {"utf-8": "UTF-8", "windows-1252": "Windows-1252"}
SEPARATORS = {
    ",": _("columns separated by commas"),
    ";": _("columns separated by semicolons"),
    "\t": _("columns separated by tabs"),
}
CELLS = {
    "line": _("text on one line"),
    "lines": _("text, on one line or several"),
    "number": _("a whole number"),
    "day": _("a day: 2027-06-07 or 7.6.2027"),
    "time": _("a time: 17:30 or 17.30; 24:00 is midnight"),
    "choice": _("one of: %(options)s"),
    "codes": _("any of: %(options)s; several separated by |"),
    "layouts": _("arrangement:people, several separated by |; arrangements: %(options)s"),
}
# What a column's name doesn't tell.
NOTES = {
    "external_id": _(
        "any id by which the row is found again; what has none is called room-7 or closure-7"
    ),
    "unit": _("the external id of the site, or its name in Finnish"),
    "event_refused": _("why the room is not lent for events"),
    "meeting_refused": _("why the room is not lent for meetings"),
    "group_refused": _("why the room is not lent for groups"),
    "available_until": _("the last day on which the room can be had"),
    "latest_end": _("when the room must be empty in the evening"),
    "elsewhere_url": _("the address at which the room is booked, if not here"),
    "checked_on": _("the day on which all that the row says of accessibility was checked"),
    "checked_by": _("the office or role that has checked it, not a person's name"),
    "last_day": _("empty: the first day alone"),
    "opens": _("empty: closed all day"),
    "y_tunnus": _("the business ID; by it an association is found again"),
    "register_number": _(
        "the number in the register of associations; without a business ID it is found by this"
    ),
    "municipality": _(
        "its name or key; with the name of the association it finds those without numbers"
    ),
    "contact_email": _("an address that stays when people change"),
    "responsible_name": _("who answers for an unregistered association; needed there"),
    "closes": _("empty: closed all day"),
}
FAULTS = {
    # The file.
    "table_empty": _(
        "The file is empty. Choose a file with a header row and at least one row below it."
    ),
    "table_too_large": _("The file is larger than %(limit_mb)s MB. Divide it into several files."),
    "table_is_workbook": _(
        "This is a workbook, not a CSV file. Save it in the spreadsheet program as “CSV UTF-8” and choose that file."
    ),
    "table_encoding": _(
        "The letters of the file cannot be read for certain. Save it in the spreadsheet program as “CSV UTF-8”."
    ),
    "table_nul": _(
        "The file holds signs that are not text. Save it in the spreadsheet program as “CSV UTF-8”."
    ),
    "table_separators": _(
        "The header row mixes commas, semicolons or tabs. Separate all columns by the same sign."
    ),
    "table_quotes": _(
        "The row cannot be read: a quotation mark is missing or in the wrong place, or a cell is far too long. Correct the row."
    ),
    "table_too_many_columns": _(
        "The header row has %(columns)s columns; at most %(limit)s are read. Remove what is not needed."
    ),
    "table_too_many_rows": _(
        "The file has more than %(limit)s rows. Divide it into several files."
    ),
    "table_too_many_rows_for_a_page": _(
        "The file has more than %(limit)s rows, which is too many for this page. Divide it into several files, or ask who "
        "maintains the service to import it with the command “yhteistila import”."
    ),
    "table_without_rows": _("There are no rows below the header row. Add some."),
    "table_unknown_column": _(
        "There is no column of this name. Correct the name or remove the column."
    ),
    "table_unknown_column_near": _(
        "There is no column of this name. Did you mean %(near)s? Correct the name or remove the column."
    ),
    "table_double_column": _("The column is there twice. Remove one of the two."),
    "table_missing_column": _("This column is missing from the header row. Add it."),
    "table_cells": _(
        "The row has %(cells)s cells, the header row %(columns)s. Text that holds the separator needs quotation marks around it."
    ),
    # Which room or closure.
    "table_id_needed": _("Write an id by which the row is found again, for example SALI-1."),
    "table_id_too_long": _("The id is too long. Shorten it to at most %(limit)s characters."),
    "table_double_id": _("Row %(other)s is about the same. Remove one of the two rows."),
    "table_own_id": _(
        "Such an id names what has no id of its own, and none has this number. Write its own id, or another to add a new one."
    ),
    "table_unit_needed": _("Write the external id of the site, or its name in Finnish."),
    "table_no_unit": _(
        "There is no site “%(unit)s”. Write its external id, or its name in Finnish exactly as it is here."
    ),
    "table_two_units": _(
        "There are several sites called “%(unit)s”. Write the external id of the one you mean."
    ),
    "table_not_your_unit": _(
        "“%(unit)s” is not one of your sites. Remove the row, or ask the site's approver or an administrator to import it."
    ),
    "table_other_unit": _(
        "What has this id belongs to another site, and cannot be moved. Correct the site, or write another id to add a new one."
    ),
    # Cells.
    "table_choice": _("Write one of these: %(options)s."),
    "table_choices": _("Write some of these, separated by |: %(options)s."),
    "table_number": _("Write a whole number in digits, without a unit or a decimal mark."),
    "table_day": _("Write the day with its year, like 2027-06-07 or 7.6.2027."),
    "table_layouts": _(
        "Write each arrangement once with its people, like theatre:40|classroom:24. Arrangements: %(options)s."
    ),
    "table_checked_on_needed": _(
        "The row says something new about accessibility. Write the day on which it was checked."
    ),
    "table_checked_by_needed": _(
        "The row says something new about accessibility. Write which office or role has checked it."
    ),
    "table_day_to_come": _("The day is still to come. Write the day on which it was checked."),
    # Associations.
    "table_no_municipality": _(
        "There is no municipality “%(municipality)s” here. Write its name as it is spelled here, or leave the cell empty."
    ),
    "table_several_alike": _(
        "%(count)s associations here could be meant. Write the business ID of the one you mean, or join them first."
    ),
    "table_other_y_tunnus": _(
        "“%(name)s” has this register number, but another business ID. Correct one of the two."
    ),
    "table_breaks_bookings": _(
        "The change would break bookings to come: %(bookings)s. Move or cancel them first, or accept that they break."
    ),
}


def text_of_fault(fault: Fault) -> str:
    """What is wrong, and what to do, in the reader's language; the row and the column are said beside it."""
    if fault.code in FAULTS:
        params = {name: _in_words(name, value) for name, value in fault.params.items()}
        return str(FAULTS[fault.code]) % params
    return text_of(fault.code if fault.code in TEXTS else "invalid", **fault.params)


def booking_in_words(broken: Broken) -> str:
    """A booking to come that would break: when, what and whose."""
    when = period_in_words(Period(broken.starts_at, broken.ends_at))
    return f"{when}, {broken.title}, {broken.organisation}"


def cell_in_words(kind: Kind) -> str:
    """What may stand in the cells of a column."""
    return str(CELLS[kind.name]) % {"options": ", ".join(kind.options)}


def columns_in_words(kind: str) -> Iterator[tuple[str, str]]:
    """The columns of a table with what may stand in each; the three languages of a text are told together."""
    for column in TABLES[kind]:
        stem, name = column.name, column.name
        if _is_translated(column):
            stem, _sep, lang = column.name.rpartition("_")
            name = ", ".join(f"{stem}_{one}" for one in LANGUAGES)
            if lang != LANGUAGES[0]:
                continue
        note = NOTES.get(stem)
        told = cell_in_words(column.kind)
        yield name, told if note is None else f"{told} – {note}"


def _is_translated(column: Column) -> bool:
    return column.path[-1] in LANGUAGES


def _in_words(name: str, value: Any) -> str:
    if name == "bookings":
        bookings: Iterable[Broken] = value
        return "; ".join(booking_in_words(one) for one in bookings)
    if name == "options":
        return ", ".join(value)
    return str(value)
