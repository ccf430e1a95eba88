"""Spreads many bookings over the rooms and days of a large county. Pure: knows numbers and days; no rows.

Every room is open 8–20 on weekdays. A day's bookings each lie in a cell of their own, so none meets another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from random import Random

from booking.domain.local_time import instant

OPENS, CLOSES = 8 * 60, 20 * 60  # minutes of the local day
STEP = 15
_SHORTEST = 30
_LENGTHS = (60, 60, 90, 120, 120, 180)
_BACK = timedelta(days=182)
_AHEAD = timedelta(days=365)
# A day inside the feed's window of 30, so that the day may turn before somebody measures.
_FEED_BACK = timedelta(days=29)


@dataclass(frozen=True, slots=True)
class Share:
    """What one room gets: so many bookings on these days (the instants at which it opens). `room` counts from 0."""

    room: int
    bookings: int
    openings: Sequence[datetime]


def shares(rooms: int, bookings: int, feed_events: int, today: date) -> list[Share]:
    """The share of each room: the first gets `feed_events`, all within a feed's window, the others the rest in equal parts.

    ValueError for fewer than two rooms, or when a room would get more than its days can hold.
    """
    if rooms < 2:
        raise ValueError("a county to be measured needs at least two rooms")
    days = _openings(today - _BACK, today + _AHEAD)
    found = [Share(0, feed_events, _openings(today - _FEED_BACK, today + _AHEAD))]
    others = rooms - 1
    for number in range(others):
        part = (bookings - feed_events) * (number + 1) // others
        part -= (bookings - feed_events) * number // others
        found.append(Share(number + 1, part, days))
    for share in found:
        if share.bookings > len(share.openings) * (CLOSES - OPENS) // _SHORTEST:
            raise ValueError(f"{share.bookings} bookings don't fit into one room's days")
    return found


def slots(share: Share, random: Random) -> Iterator[tuple[datetime, datetime]]:
    """The (start, end) of each booking of a share, UTC, by start; whole steps, none overlapping."""
    days = len(share.openings)
    counts = (share.bookings * n // days for n in range(days + 1))
    for opening, (before, after) in zip(share.openings, pairwise(counts), strict=True):
        many = after - before
        if not many:
            continue
        cell = (CLOSES - OPENS) // many // STEP * STEP
        for number in range(many):
            length = min(random.choice(_LENGTHS), cell)
            late = random.randrange(0, cell - length + 1, STEP)
            start = opening + timedelta(minutes=number * cell + late)
            yield start, start + timedelta(minutes=length)


def _openings(first: date, last: date) -> list[datetime]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [instant(day, time(OPENS // 60)) for day in days if day.weekday() < 5]
