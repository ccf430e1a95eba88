"""Questions to a seeded database: does it keep the rules of the trade? Knows rows; nothing of how they were made."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Engine, select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.bookings import (
    HOLDING,
    Near,
    Standing,
    Wish,
    refusals_at_asking,
)
from booking.domain.local_time import local
from booking.domain.rooms import RoomRules
from booking.models import Base, Booking, Occupancy, Person, room_space
from booking.queries.catalogue import catalogue
from booking.queries.people import actor_of
from calendars.period import Period

# Random by their nature; all else is to be the same every time (but SQLite gives ids of released time again).
_NEVER_THE_SAME = {
    *("uuid", "uid", "text", "message_id", "password_hash", "catalogue_version", "series"),
    "calendar",
}


def silent(done: int, total: int, what: str) -> None:
    """Progress nobody looks at."""


def actor(session: Session, first_name: str) -> Actor:
    person = session.scalars(
        select(Person).where(Person.email == f"{first_name}@demo.example")
    ).one()
    return actor_of(session, person, local(datetime.now(UTC)).date())


def overlaps(session: Session) -> list[tuple[int, datetime]]:
    """Spaces held twice, with the time from which they are."""
    found = []
    last: dict[int, datetime] = {}
    for row in session.scalars(select(Occupancy).order_by(Occupancy.starts_at)):
        if row.space_id in last and row.starts_at < last[row.space_id]:
            found.append((row.space_id, row.starts_at))
        last[row.space_id] = row.ends_at
    return found


def held_otherwise(session: Session) -> list[int]:
    """Ids of bookings that don't hold exactly their room's spaces for exactly their time (or hold any when they should not)."""
    spaces: dict[int, set[int]] = {}
    for room_id, space_id in session.execute(select(room_space)):
        spaces.setdefault(room_id, set()).add(space_id)
    holds: dict[int | None, set[tuple[Any, ...]]] = {}
    for row in session.scalars(select(Occupancy)):
        holds.setdefault(row.booking_id, set()).add((row.space_id, row.starts_at, row.ends_at))
    return [
        one.id
        for one in session.scalars(select(Booking))
        if holds.get(one.id, set())
        != {
            (space, one.starts_at, one.ends_at)
            for space in spaces[one.room_id]
            if one.state in HOLDING
        }
    ]


def refused(session: Session) -> list[tuple[str, str]]:
    """Titles of bookings that the rules would not have let anybody ask for, with the code: the room's, of use, and buffers."""
    rules = catalogue(session)
    held: dict[int, list[Booking]] = {}
    for one in session.scalars(select(Booking).where(Booking.state.in_(HOLDING))):
        held.setdefault(one.room_id, []).append(one)
    found = []
    for one in session.scalars(select(Booking)):
        room = rules.room(one.room_id)
        near = (
            [
                _near(other, rules.room(other.room_id))
                for room_id in room.neighbours
                for other in held.get(room_id, ())
                if other is not one
            ]
            if one.state in HOLDING and one.room_id in rules.buffered
            else []
        )
        wish = Wish(Period(one.starts_at, one.ends_at), one.activity, one.people, one.terms_version)
        refusals = refusals_at_asking(room, wish, one.created_at, Standing(near))
        found += [(one.title, refusal.code) for refusal in refusals]
    return found


def _near(booking: Booking, room: RoomRules) -> Near:
    period = Period(booking.starts_at, booking.ends_at)
    return Near(period, room.buffer_before_minutes, room.buffer_after_minutes)


def written(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table, but for what is random, as sorted texts."""
    found = {}
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            left_out = _NEVER_THE_SAME | ({"id"} if table is Occupancy.__table__ else set())
            kept = [column for column in table.columns if column.name not in left_out]
            rows = connection.execute(select(*kept)).mappings()
            found[table.name] = sorted(json.dumps(dict(row), default=str) for row in rows)
    return found


def unused_columns(engine: Engine, model: type[Base]) -> list[str]:
    """Columns of a table in which no row says more than the column's own default, or than nothing; as "table.column"."""
    table = Base.metadata.tables[model.__tablename__]
    with engine.connect() as connection:
        rows = connection.execute(select(table)).mappings().all()
    return [
        f"{table.name}.{column.name}"
        for column in table.columns
        if not any(_says_something(column, row[column.name]) for row in rows)
    ]


def _says_something(column: Column[Any], value: Any) -> bool:
    default = getattr(column.default, "arg", None)
    unsaid: tuple[Any, ...] = ([], {}) if callable(default) else (default,)
    return value is not None and value not in unsaid
