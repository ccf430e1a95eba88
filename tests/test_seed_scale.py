"""The large county for measuring keeps the rules, in small and on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.local_time import instant, local
from booking.domain.requests import BookingRequest
from booking.models import Booking, Municipality, Occupancy, Room
from booking.queries.catalogue import catalogue
from booking.queries.feeds import feed_texts
from booking.queries.holidays import holidays_of_year
from booking.queries.next_free import next_free_times
from booking.seed.scale import seed_scale
from booking.seed.scale_rooms import ASKER
from booking.seed.scale_slots import buffer_minutes, shares, slots
from booking.services.bookings import request_booking
from calendars.period import Period
from tests.support.seeds import actor, held_otherwise, overlaps, refused, silent

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # a Tuesday, 10.00 in Joensuu


def test_a_large_county_keeps_the_rules_in_small(database: Database) -> None:
    told: list[tuple[int, int, str]] = []
    feed_room = seed_scale(database, 20, 400, NOW, lambda *seen: told.append(seen), feed_events=120)
    assert told[-1][:2] == (400, 400)
    with reading(database) as session:
        counts = Counter(session.scalars(select(Booking.room_id)))
        assert (counts.total(), counts.pop(feed_room)) == (400, 120)
        assert set(counts.values()) <= {14, 15}
        assert len(feed_texts(session, [feed_room], "public", NOW + timedelta(hours=23))) == 120
        assert overlaps(session) == []
        assert held_otherwise(session) == []
        # How far ahead one may ask is another matter: these have been asked for all at once.
        assert {code for _, code in refused(session)} <= {"too_late", "beyond_horizon"}
        assert len(session.scalars(select(Municipality.id)).all()) == 13
        rooms = catalogue(session).rooms.values()
        assert len({room.municipality for room in rooms}) == 2
        assert len(catalogue(session).regions) == 4
        # One room in twenty keeps a distance, and bookings in it did.
        assert [room.buffer_after_minutes for room in rooms if room.buffer_after_minutes] == [15]
        assert len({room.time_key for room in rooms}) == 6
        assert any(room.is_hybrid_ready for room in rooms)


def test_rooms_of_a_large_county_can_be_nearly_full(database: Database) -> None:
    first = seed_scale(database, 40, 8000, NOW, silent, feed_events=10, fullness=0.9)
    days = Period(NOW + timedelta(days=1), NOW + timedelta(days=22))
    with reading(database) as session:
        assert overlaps(session) == []
        assert {code for _, code in refused(session)} <= {"too_late", "beyond_horizon"}
        rooms = [room for room in catalogue(session).rooms.values() if room.id != first]
        free = next_free_times(session, rooms, 60, days.start, NOW)
        held = [
            (one.ends_at - one.starts_at) / timedelta(hours=12 * 40 * 14)
            for one in session.scalars(
                select(Booking).where(Booking.starts_at >= days.start, Booking.ends_at <= days.end)
            )
        ]
    assert 0.85 < sum(held) < 0.95
    assert len(free) == 39


def test_life_goes_on_in_a_large_county(database: Database) -> None:
    for _ in range(2):
        seed_scale(database, 2, 10, NOW, silent)
    with reading(database) as session:
        asker = actor(session, ASKER[0].partition("@")[0])
        known = session.scalars(select(Booking.id)).all()
        room = session.scalars(select(Room.id).order_by(Room.id.desc())).first()
    start = instant(date(2026, 12, 1), time(8))
    periods = [
        Period(start + timedelta(hours=n), start + timedelta(hours=n + 1)) for n in range(12)
    ]

    def ask(session: Session) -> Booking:
        busy = session.scalars(
            select(Occupancy).where(
                Occupancy.ends_at > start, Occupancy.starts_at < periods[-1].end
            )
        ).all()
        free = next(
            one
            for one in periods
            if not any(held.starts_at < one.end and held.ends_at > one.start for held in busy)
        )
        request = BookingRequest(room or 0, min(asker.organisations), "Kokous", "meeting", free, 4)
        return request_booking(session, request, asker, NOW)

    assert transaction(database, ask).id == max(known) + 1 == 21


def test_slots_of_a_share_never_meet() -> None:
    for share in shares(25, 90_000, 1000, date(2027, 3, 28)):
        found = list(slots(share, Random(share.room)))
        gap = timedelta(minutes=buffer_minutes(share.room))
        assert len(found) == share.bookings
        assert all(end + gap <= start for (_, end), (start, _) in pairwise(found))
        assert all(end - start >= timedelta(minutes=30) for start, end in found)
        assert not any(local(start).date() in holidays_of_year(start.year) for start, _ in found)


def test_a_county_too_full_for_its_rooms_is_refused() -> None:
    with pytest.raises(ValueError, match="don't fit"):
        shares(2, 20_000, 1000, date(2027, 3, 1))
    with pytest.raises(ValueError, match="don't fit"):
        shares(2, 2000, 10, date(2027, 3, 1), 0.9)
    with pytest.raises(ValueError, match="two rooms"):
        shares(1, 10, 5, date(2027, 3, 1))
