"""Writes many rows at once. Knows how each database takes them fastest; no table in particular.

Refused: SQLAlchemy's own inserts, which bind every value of each row; a million rows of a booking's width took them minutes on
PostgreSQL. Here rows go to the driver as they are made: COPY on PostgreSQL, executemany on SQLite. Constraints and triggers hold
as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.db import microseconds
from booking.models import Base


def load(
    session: Session, model: type[Base], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Insert `rows` (numbers, texts, truths, aware datetimes), in the order of `columns`. The model's defaults don't count."""
    table, names = model.__tablename__, ", ".join(columns)
    cursor: Any = session.connection().connection.cursor()
    try:
        if _is_sqlite(session):
            marks = ", ".join("?" * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", _plain(rows))
        else:
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
    finally:
        cursor.close()


def next_id(session: Session, model: type[Base]) -> int:
    """The id behind the last one. Only for who writes alone: nobody is kept from taking it first."""
    last: int | None = session.scalars(select(func.max(model.id))).one()
    return (last or 0) + 1


def settle_ids(session: Session, model: type[Base]) -> None:
    """Let PostgreSQL count on behind ids that were given by hand; SQLite looks at the rows themselves."""
    if not _is_sqlite(session):
        sequence = func.pg_get_serial_sequence(model.__tablename__, "id")
        session.execute(select(func.setval(sequence, next_id(session, model), False)))


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _plain(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Rows as SQLite keeps them: instants in microseconds, as `booking.db.UtcDateTime` would make them."""
    for row in rows:
        yield tuple(microseconds(value) if type(value) is datetime else value for value in row)
