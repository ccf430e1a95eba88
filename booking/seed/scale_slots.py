"""Spreads many bookings over the rooms and days of a large county. Pure: knows numbers and days; no rows.

Every room is open 8–20 on weekdays that are no holidays, at least. A day's bookings each lie in a cell of their own, so none
meets another, and where a room has a buffer the cell's end stays clear.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from math import ceil
from random import Random

from booking.domain.local_time import instant
from booking.queries.holidays import holidays_of_year

OPENS, CLOSES = 8 * 60, 20 * 60  # minutes of the local day
STEP = 15
BUFFER = 15
_BUFFERED = 20  # one room of so many
_SHORTEST = 30
_CELL = 90  # of a room that is to be nearly full
_CELLS = (CLOSES - OPENS) // _CELL
_LENGTHS = (60, 60, 90, 120, 120, 180)
_BACK = timedelta(days=182)
_AHEAD = timedelta(days=365)
# A day inside the feed's window of 30, so that the day may turn before somebody measures.
_FEED_BACK = timedelta(days=29)


@dataclass(frozen=True, slots=True)
class Share:
    """What one room gets: so many bookings on these days (the instants at which it opens). `room` counts from 0.

    `fullness`: the part of its time that is held, day after day until the bookings are used up; None: spread over all days.
    """

    room: int
    bookings: int
    openings: Sequence[datetime]
    fullness: float | None = None

    @property
    def fits(self) -> bool:
        """Whether the days can hold the bookings."""
        if self.fullness is not None:
            return ceil(self.bookings / self.fullness) <= len(self.openings) * _CELLS
        a_day = (CLOSES - OPENS) // (_SHORTEST + buffer_minutes(self.room))
        return self.bookings <= len(self.openings) * a_day


def buffer_minutes(room: int) -> int:
    """How long a room stays empty after a booking."""
    return BUFFER if room % _BUFFERED == _BUFFERED - 1 else 0


def shares(
    rooms: int, bookings: int, feed_events: int, today: date, fullness: float | None = None
) -> list[Share]:
    """The share of each room: the first gets `feed_events`, all within a feed's window, the others the rest in equal parts.

    `fullness` (above 0, at most 1): the others are as full as that from `today` on, as long as their bookings last.
    ValueError for fewer than two rooms, or when a room would get more than its days can hold.
    """
    if rooms < 2:
        raise ValueError("a county to be measured needs at least two rooms")
    if fullness is not None and not 0 < fullness <= 1:
        raise ValueError("fullness is a part of the whole: above 0, at most 1")
    days = _openings(today - _BACK if fullness is None else today, today + _AHEAD)
    found = [Share(0, feed_events, _openings(today - _FEED_BACK, today + _AHEAD))]
    others = rooms - 1
    for number in range(others):
        part = (bookings - feed_events) * (number + 1) // others
        part -= (bookings - feed_events) * number // others
        found.append(Share(number + 1, part, days, fullness))
    for share in found:
        if not share.fits:
            raise ValueError(f"{share.bookings} bookings don't fit into one room's days")
    return found


def slots(share: Share, random: Random) -> Iterator[tuple[datetime, datetime]]:
    """The (start, end) of each booking of a share, UTC, by start; whole steps, none overlapping, buffers kept."""
    return _spread(share, random) if share.fullness is None else _packed(share, random)


def _spread(share: Share, random: Random) -> Iterator[tuple[datetime, datetime]]:
    days = len(share.openings)
    counts = (share.bookings * n // days for n in range(days + 1))
    for opening, (before, after) in zip(share.openings, pairwise(counts), strict=True):
        many = after - before
        if not many:
            continue
        cell = (CLOSES - OPENS) // many // STEP * STEP
        usable = cell - buffer_minutes(share.room)
        for number in range(many):
            length = min(random.choice(_LENGTHS), usable)
            late = random.randrange(0, usable - length + 1, STEP)
            start = opening + timedelta(minutes=number * cell + late)
            yield start, start + timedelta(minutes=length)


def _packed(share: Share, random: Random) -> Iterator[tuple[datetime, datetime]]:
    """Whole cells, wall to wall; which ones stay free is left to chance."""
    length = timedelta(minutes=_CELL - buffer_minutes(share.room))
    cells = ceil(share.bookings / (share.fullness or 1))
    for cell in sorted(random.sample(range(cells), share.bookings)):
        day, number = divmod(cell, _CELLS)
        start = share.openings[day] + timedelta(minutes=number * _CELL)
        yield start, start + length


def _openings(first: date, last: date) -> list[datetime]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [
        instant(day, time(OPENS // 60))
        for day in days
        if day.weekday() < 5 and day not in holidays_of_year(day.year)
    ]
