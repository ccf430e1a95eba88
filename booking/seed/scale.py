"""Fills a database with a county many times the size: a thousand rooms, a million bookings. To be measured, not looked at.

Rows are written directly, not through the services, and without audit and mails; rules hold all the same: within opening hours,
on the room's step, none overlapping. Some rooms are committed at a time: a million rows in one transaction make SQLite's log as
large as its file. May be added to a demo; nobody else should write meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import insert, literal, select, text, update
from sqlalchemy.orm import Session, contains_eager

from booking.calendar_items import booking_uid
from booking.db import Database, transaction
from booking.domain.local_time import local
from booking.models import Booking, CalendarText, Occupancy, Room, room_space
from booking.queries.feeds import installation
from booking.seed.bulk import load, next_id, settle_ids
from booking.seed.scale_rooms import APPROVER, ASKER, Ground, add_ground
from booking.seed.scale_slots import Share, shares, slots
from booking.services.feeds import render_public

Progress = Callable[[int, int, str], None]

_BATCH = 50_000  # bookings a transaction
_ASKED_BEFORE = timedelta(days=20)
_DECIDED_BEFORE = timedelta(days=18)
_TITLES = ("Viikkoryhmä", "Kerho", "Vertaisryhmä", "Kokous", "Harjoitukset", "Kurssi", "Jumppa")
_BOOKING = (
    *("id", "uuid", "room_id", "organisation_id", "asker_id", "title", "is_public", "activity"),
    *("people", "contact_name", "contact_email", "starts_at", "ends_at", "state", "version"),
    *("sequence", "was_approved", "created_at", "changed_at", "decided_at", "decided_by_id"),
    "decided_by_name",
)
_OCCUPANCY = ["space_id", "starts_at", "ends_at", "source", "booking_id"]


def seed_scale(
    database: Database,
    rooms: int,
    bookings: int,
    now: datetime,
    progress: Progress,
    *,
    feed_events: int = 1000,
    fullness: float | None = None,
) -> int:
    """Write `rooms` and `bookings`, approved, from six months before `now` to twelve after; give the id of the first room.

    That room has `feed_events` bookings (at most half of all), each with its VEVENT text and in the feed's window; the others
    have no texts. With a `fullness` (0.9) the others are as full as that from today on, as long as their bookings last: eight
    cells a day, so 300 rooms at 0.9 are full for 46 weekdays with 100 000 bookings. `progress` is told (bookings written,
    bookings, what). ValueError for fewer than two rooms, or when a room would get more bookings than its days can hold.
    """
    parts = shares(rooms, bookings, min(feed_events, bookings // 2), local(now).date(), fullness)
    progress(0, bookings, "rooms")
    ground = transaction(
        database, lambda session: add_ground(session, rooms, now, fullness is not None)
    )
    done = 0
    for batch in _batches(parts):
        transaction(database, partial(_write, ground=ground, batch=batch, now=now))
        done += sum(share.bookings for share in batch)
        progress(done, bookings, "bookings")
    progress(done, bookings, "feed texts and statistics")
    transaction(database, lambda session: _finish(session, ground.room_ids[0], now))
    return ground.room_ids[0]


def _batches(parts: list[Share]) -> Iterator[list[Share]]:
    batch: list[Share] = []
    for share in parts:
        batch.append(share)
        if sum(one.bookings for one in batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _write(session: Session, *, ground: Ground, batch: list[Share], now: datetime) -> None:
    """Write the bookings of some rooms, and the time they hold."""
    first = next_id(session, Booking)
    load(session, Booking, _BOOKING, _bookings(ground, batch, first, now))
    held = (
        select(
            room_space.c.space_id,
            Booking.starts_at,
            Booking.ends_at,
            literal("booking"),
            Booking.id,
        )
        .join(room_space, room_space.c.room_id == Booking.room_id)
        .where(Booking.id >= first)
        .order_by(Booking.id)
    )
    session.execute(insert(Occupancy).from_select(_OCCUPANCY, held, include_defaults=False))
    settle_ids(session, Booking)


def _bookings(
    ground: Ground, batch: list[Share], first: int, now: datetime
) -> Iterator[tuple[Any, ...]]:
    """The rows of a batch, in the order of `_BOOKING`, with ids from `first`."""
    (asker_email, asker_name), (_, approver_name) = ASKER, APPROVER
    random = Random(first)
    number = first
    for share in batch:
        room_id = ground.room_ids[share.room]
        for start, end in slots(share, random):
            asked, decided = min(start - _ASKED_BEFORE, now), min(start - _DECIDED_BEFORE, now)
            yield (
                number,
                # Version 4 in its form, but rising: the unique index grows at its end, as it does with ids.
                f"{number:08x}-0000-4000-8000-{room_id:012x}",
                room_id,
                random.choice(ground.organisation_ids),
                ground.asker_id,
                random.choice(_TITLES),
                number % 4 == 0,
                "meeting",  # every room takes it
                random.randint(2, 8),
                asker_name,
                asker_email,
                start,
                end,
                "approved",
                2,
                1,
                True,
                asked,
                decided,
                decided,
                ground.approver_id,
                approver_name,
            )
            number += 1


def _finish(session: Session, room_id: int, now: datetime) -> None:
    """Keep the texts of one room's feed, and let the database know what it holds now."""
    house = installation(session)
    rows = session.scalars(
        select(Booking)
        .join(Booking.room)
        .join(Room.unit)
        .options(contains_eager(Booking.room).contains_eager(Room.unit))
        .where(Booking.room_id == room_id)
        .order_by(Booking.starts_at)
    )
    session.add_all(_text(booking, house) for booking in rows)
    session.execute(
        update(Room)
        .where(Room.id == room_id)
        .values(feed_version=Room.feed_version + 1, feed_changed_at=now)
    )
    session.execute(text("ANALYZE"))


def _text(booking: Booking, house: str) -> CalendarText:
    row = CalendarText(uid=booking_uid(booking, house), audience="public")
    render_public(row, booking)
    return row
