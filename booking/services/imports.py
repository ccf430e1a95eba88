"""Imports of tables: all of one or nothing, the same table twice changes nothing. Knows rows; no file and no page.

A trial is the same work, rolled back by whoever opened the transaction (`booking.db.rehearsed`). Each row is held to the checks
of a person's own change. All rooms of the units in the table are locked once, and the catalogue is read again once, at the end:
after each row it would be read as often as there are rows. All that is wrong is told at once; a booking to come that would break
is a fault of the row that breaks it.

Nobody else writes meanwhile (on SQLite), so what rows need is read before the first of them, and the audit is written after the
last: a row that says nothing new asks the database nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.columns import REQUIRED, TABLES
from booking.domain.local_time import local
from booking.domain.tables import BadTable, Fault, Table, read_table
from booking.errors import BreaksBookings, Broken
from booking.models import AuditEntry, Installation
from booking.queries.catalogue import Catalogue, catalogue
from booking.services.import_organisations import import_organisations
from booking.services.import_rows import Import, begun
from booking.services.tables import require_table_keeper
from booking.services.upkeep import upkeep
from booking.services.wanted import Done, Touched

Report = Callable[[int, int], None]
# For who accepts whatever breaks, unseen.
EVERY_BOOKING = range(2**31)


@dataclass(frozen=True)
class Imported:
    """What an import did, or in a trial would do, row by row."""

    rows: tuple[Done, ...]

    def count(self, act: str) -> int:
        """How many rows were added, changed, or are unchanged."""
        return sum(row.act == act for row in self.rows)


class ImportRefused(BadTable):
    """Rows of a table can't be taken; nothing was. `broken` are bookings they would break, `imported` the rows without fault."""

    def __init__(
        self, faults: Sequence[Fault], broken: Sequence[Broken], imported: Imported
    ) -> None:
        super().__init__(faults)
        self.broken = tuple(broken)
        self.imported = imported


def read_import(kind: str, content: bytes, max_bytes: int) -> Table:
    """The table in a file, its header held to the columns of `kind` (rooms, closures, organisations). Raises BadTable."""
    return read_table(content, [column.name for column in TABLES[kind]], REQUIRED[kind], max_bytes)


def import_table(
    session: Session,
    kind: str,
    table: Table,
    accepted: Collection[int] = (),
    report: Report = lambda done, total: None,
    *,
    actor: Actor,
    now: datetime,
) -> Imported:
    """Bring rooms, closures or organisations to what the table says; what it doesn't name stays as it is.

    `accepted` are ids of bookings to come that may break. Raises Forbidden, and ImportRefused with all that is wrong: then the
    transaction must not be committed.
    """
    require_table_keeper(actor, kind)
    if kind == "organisations":
        return _organisations(session, table, report, actor=actor, now=now)
    work = begun(session, kind, table)
    imported = _of_units(session, work, accepted, report, actor=actor, now=now)
    report(len(table), len(table))
    return imported


def _of_units(
    session: Session,
    work: Import,
    accepted: Collection[int],
    report: Report,
    *,
    actor: Actor,
    now: datetime,
) -> Imported:
    done: list[Done] = []
    touched: list[Touched] = []
    faults: list[Fault] = []
    broken: Sequence[Broken] = ()
    try:
        with upkeep(session, work.rooms, (), now):
            # Whoever keeps the catalogue locks a unit after its spaces, and this row last.
            work.lock()
            # Two imports at once would both add what neither finds.
            session.execute(select(Installation.id).with_for_update())
            work.find()
            with _audit_at_the_end(session):
                for at, row in enumerate(work.table):
                    report(at, len(work.table))
                    try:
                        became, wrote = work.take(row, actor=actor, now=now)
                    except BadTable as error:
                        faults += error.faults
                    else:
                        done.append(became)
                        touched += [] if wrote is None else [wrote]
    except BreaksBookings as error:
        broken = [one for one in error.bookings if one.booking_id not in accepted]
    faults += _blamed(session, work, broken, touched)
    if faults:
        raise ImportRefused(faults, broken, Imported(tuple(done)))
    return Imported(tuple(done))


def _organisations(
    session: Session, table: Table, report: Report, *, actor: Actor, now: datetime
) -> Imported:
    with _audit_at_the_end(session):
        done, faults = import_organisations(session, table, report, actor=actor, now=now)
    if faults:
        raise ImportRefused(faults, (), Imported(tuple(done)))
    report(len(table), len(table))
    return Imported(tuple(done))


@contextmanager
def _audit_at_the_end(session: Session) -> Iterator[None]:
    """Keep entries of the audit back until the end: then thousands are one statement, not one each."""
    columns = [column.key for column in AuditEntry.__table__.columns if not column.primary_key]
    kept: list[dict[str, Any]] = []

    def keep_back(_session: Session, _context: Any, _instances: Any) -> None:
        for entry in [one for one in session.new if isinstance(one, AuditEntry)]:
            session.expunge(entry)
            kept.append({name: getattr(entry, name) for name in columns})

    event.listen(session, "before_flush", keep_back)
    try:
        yield
        session.flush()
    finally:
        event.remove(session, "before_flush", keep_back)
    if kept:
        session.execute(insert(AuditEntry), kept)


def _blamed(
    session: Session, work: Import, broken: Sequence[Broken], touched: Sequence[Touched]
) -> list[Fault]:
    """Bookings to come that would break, as faults of the rows that break them; 0 where no row can be told."""
    if not broken:
        return []
    known = catalogue(session)
    by_row: dict[int, list[Broken]] = defaultdict(list)
    for one in broken:
        breaks = _breaks_room if work.kind.name == "rooms" else _breaks_day
        row = next((wrote.row for wrote in touched if breaks(wrote, one, known)), 0)
        by_row[row].append(one)
    return [
        Fault(row, "", "table_breaks_bookings", {"bookings": tuple(bookings)})
        for row, bookings in by_row.items()
    ]


def _breaks_room(wrote: Touched, broken: Broken, known: Catalogue) -> bool:
    return wrote.id == broken.room_id


def _breaks_day(wrote: Touched, broken: Broken, known: Catalogue) -> bool:
    first, last = local(broken.starts_at).date(), local(broken.ends_at).date()
    is_its_unit = wrote.unit_id == known.room(broken.room_id).unit_id
    return is_its_unit and any(start <= last and first <= end for start, end in wrote.spans)
