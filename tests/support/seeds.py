"""Questions to a seeded database: does it keep the rules of the trade? Knows rows; nothing of how they were made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.bookings import HOLDING, Wish, refusals_of_room
from booking.models import Booking, Occupancy, Person, room_space
from booking.queries.catalogue import catalogue
from booking.queries.people import actor_of
from calendars.period import Period


def silent(done: int, total: int, what: str) -> None:
    """Progress nobody looks at."""


def actor(session: Session, first_name: str) -> Actor:
    person = session.scalars(
        select(Person).where(Person.email == f"{first_name}@demo.example")
    ).one()
    return actor_of(session, person)


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
    """Titles of bookings that their room's rules would not have let anybody ask for, with the code."""
    rules = catalogue(session)
    return [
        (one.title, refusal.code)
        for one in session.scalars(select(Booking))
        for refusal in refusals_of_room(
            rules.room(one.room_id),
            Wish(Period(one.starts_at, one.ends_at), one.activity, one.people),
            one.created_at,
        )
    ]
