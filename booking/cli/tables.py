"""`yhteistila import` and `yhteistila export`: tables as CSV, from the terminal. Knows files; no row and no rule."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from booking.cli.opening import TERMINAL, opened
from booking.config import Settings
from booking.db import reading, rehearsed, transaction
from booking.domain.columns import TABLES
from booking.domain.tables import BOM, BadTable, Table, write_table
from booking.i18n import use_locale
from booking.services.imports import (
    EVERY_BOOKING,
    Imported,
    Report,
    import_table,
    read_import,
)
from booking.services.tables import exported
from booking.web.table_texts import ENCODINGS, columns_in_words, text_of_fault

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# A thousand rooms with all their texts are some 3 MB.
_MAX_BYTES = 10_000_000
_LONGEST_CELL = 60  # characters of a cell that are worth showing
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


def bring_in(
    settings: Settings, kind: str, file: IO[bytes], is_trial: bool, accepts_broken: bool
) -> None:
    """Import a file and say what became of each row; ends with exit code 1, and nothing done, if any of them is wrong."""
    now = datetime.now(UTC)
    accepted = EVERY_BOOKING if accepts_broken else ()
    with use_locale("en"):
        try:
            table = read_import(kind, file.read(_MAX_BYTES + 1), _MAX_BYTES)
            with opened(settings) as database, _bar(kind) as report:

                def work(session: Session) -> Imported:
                    return import_table(
                        session, kind, table, accepted, report, actor=TERMINAL, now=now
                    )

                imported = rehearsed(database, work) if is_trial else transaction(database, work)
        except BadTable as error:
            raise _refused(error) from error
    _tell(table, imported, is_trial)


def take_out(settings: Settings, kind: str, file: IO[bytes], for_excel: bool) -> None:
    """Write all rooms, closures or organisations into a file."""
    columns = [column.name for column in TABLES[kind]]
    with opened(settings) as database, reading(database) as session:
        rows = list(exported(session, kind, actor=TERMINAL))
    if for_excel:
        file.write(BOM.encode())
    for line in write_table(columns, rows, ";" if for_excel else ","):
        file.write(line.encode())
    if file is not sys.stdout.buffer:
        click.echo(f"{len(rows)} {kind}.", err=True)


def columns_told() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The columns of each table with what may stand in them, in English."""
    with use_locale("en"):
        for kind in TABLES:
            yield kind, list(columns_in_words(kind))


def _tell(table: Table, imported: Imported, is_trial: bool) -> None:
    encoding, separator = ENCODINGS[table.encoding], _SEPARATORS[table.separator]
    click.echo(f"Read as {encoding} with {separator}: {len(table)} rows.")
    for row in imported.rows:
        if row.act == "unchanged":
            continue
        click.echo(f"row {row.number}  {row.act}  {row.external_id}  {row.name}")
        if row.act == "changed":
            for change in row.changes:
                click.echo(f"    {change.column}: {_cell(change.before)} → {_cell(change.after)}")
    counts = ", ".join(f"{imported.count(act)} {act}" for act in ("added", "changed", "unchanged"))
    click.echo(f"{counts}.")
    if is_trial:
        click.echo("This was a dry run: nothing was saved.")


def _refused(error: BadTable) -> click.ClickException:
    lines = [f"{_place(fault.row, fault.column)}{text_of_fault(fault)}" for fault in error.faults]
    if error.more:
        lines.append(f"and {error.more} more.")
    if any(fault.code == "table_breaks_bookings" for fault in error.faults):
        lines.append("With --accept-broken the bookings may break.")
    return click.ClickException("\n".join([*lines, "Nothing was imported."]))


def _place(row: int, column: str) -> str:
    places = [f"row {row}"] if row else []
    if column:
        places.append(f"column {_cell(column)}")
    return f"{', '.join(places)}: " if places else ""


def _cell(text: str) -> str:
    """A cell for the terminal: on one line, not too long, without signs that a terminal would obey."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return plain if len(plain) <= _LONGEST_CELL else f"{plain[:_LONGEST_CELL]}…"


@contextmanager
def _bar(kind: str) -> Iterator[Report]:
    """Give what shows progress: a bar on a terminal, nothing elsewhere."""
    columns = (
        TextColumn(f"Importing {kind}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=Console(), transient=True, disable=not sys.stdout.isatty()
    ) as progress:
        task = progress.add_task(kind, total=None)

        def report(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield report
