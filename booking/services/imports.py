"""Imports of rooms and closures: a whole table or nothing, the same table twice changes nothing. Knows rows; no file and no page.

A trial is the same work, rolled back by whoever opened the transaction (`rehearsed`). Each row is held to the checks of a
person's own change. All rooms of the units in the table are locked once, and the catalogue is read again once, at the end: after
each row it would be read as often as there are rows. All that is wrong is told at once; a booking to come that would break is a
fault of the row that breaks it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.access import Actor
from booking.domain.columns import REQUIRED, TABLES
from booking.domain.local_time import local
from booking.domain.tables import BadTable, Fault, Table, read_table
from booking.errors import BreaksBookings, Broken
from booking.models import Installation
from booking.queries.catalogue import Catalogue, catalogue
from booking.services.import_rows import Import, begun
from booking.services.tables import require_table_keeper
from booking.services.upkeep import upkeep
from booking.services.wanted import Done, Touched

R = TypeVar("R")
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


class _Rehearsed(Exception):
    """Ends a trial's transaction, so that nothing of it stays."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


def rehearsed(database: Database, work: Callable[[Session], R]) -> R:
    """What `work` returns, done in a transaction of its own and then rolled back. Raises what `work` raises."""

    def and_undo(session: Session) -> R:
        raise _Rehearsed(work(session))

    try:
        return transaction(database, and_undo)
    except _Rehearsed as end:
        result: R = end.result
        return result


def read_import(kind: str, content: bytes, max_bytes: int) -> Table:
    """The table in a file, its header held to the columns of `kind` (rooms, closures). Raises BadTable."""
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
    """Bring rooms or closures to what the table says; what it doesn't name stays as it is.

    `accepted` are ids of bookings to come that may break. Raises Forbidden, and ImportRefused with all that is wrong: then the
    transaction must not be committed.
    """
    require_table_keeper(actor)
    work = begun(session, kind, table)
    done: list[Done] = []
    touched: list[Touched] = []
    faults: list[Fault] = []
    broken: Sequence[Broken] = ()
    try:
        with upkeep(session, work.rooms, (), now):
            # Two imports at once would both add what neither finds. Whoever keeps the catalogue locks this row after the spaces.
            session.execute(select(Installation.id).with_for_update())
            work.find()
            for at, row in enumerate(table):
                report(at, len(table))
                try:
                    became, wrote = work.take(row, actor=actor, now=now)
                except BadTable as error:
                    faults += error.faults
                else:
                    done.append(became)
                    if wrote is not None:
                        touched.append(wrote)
    except BreaksBookings as error:
        broken = [one for one in error.bookings if one.booking_id not in accepted]
    faults += _blamed(session, work, broken, touched)
    if faults:
        raise ImportRefused(faults, broken, Imported(tuple(done)))
    report(len(table), len(table))
    return Imported(tuple(done))


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
