"""A day of several rooms laid out on one line of time, in columns of a quarter of an hour. Pure; knows no rows and no request.

The line is one of instants: on a day when the clocks are changed it is an hour shorter or longer, and its hours say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.web.week import Day, Kind, Stretch
from calendars.period import Period

COLUMN = timedelta(minutes=15)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell, `columns` wide; `period` and `offer` as in a stretch of the day, None where the room is closed."""

    kind: Kind
    columns: int
    period: Period | None = None
    offer: Period | None = None


def axis(days: Iterable[Day]) -> Period | None:
    """From the first to the last hour in which anything is open or held in any of the rooms; None: nowhere anything is."""
    edges = [
        edge
        for day in days
        for stretch in day.stretches
        for edge in (stretch.period.start, stretch.period.end)
    ]
    if not edges:
        return None
    return Period(_floor(min(edges), _HOUR), _ceiling(max(edges), _HOUR))


def hours(line: Period) -> list[datetime]:
    """The instants at which the hours of the line begin; each is four columns wide."""
    return [line.start + n * _HOUR for n in range((line.end - line.start) // _HOUR)]


def cells(day: Day, line: Period) -> list[Cell]:
    """One room's day as cells that fill the line."""
    return list(_cells(day.stretches, line))


def _cells(stretches: Sequence[Stretch], line: Period) -> Iterator[Cell]:
    reached = line.start
    for stretch in stretches:
        first = max(reached, _floor(stretch.period.start, COLUMN))
        last = _ceiling(stretch.period.end, COLUMN)
        if first > reached:
            yield Cell("closed", _columns(reached, first))
        if first < last:
            yield Cell(stretch.kind, _columns(first, last), stretch.period, stretch.offer)
        reached = max(first, last)
    if reached < line.end:
        yield Cell("closed", _columns(reached, line.end))


def _columns(start: datetime, end: datetime) -> int:
    return (end - start) // COLUMN


def _floor(instant: datetime, step: timedelta) -> datetime:
    past = timedelta(
        minutes=instant.minute, seconds=instant.second, microseconds=instant.microsecond
    )
    return instant - past % step


def _ceiling(instant: datetime, step: timedelta) -> datetime:
    floor = _floor(instant, step)
    return floor if floor == instant else floor + step
