"""A room's week laid out: what is free, taken, blocked or too late, as days of stretches and as a table's rows. Pure.

Knows the room's rules and what holds its spaces; no rows, no request. Times of stretches are UTC, half-open; days are local.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import lcm
from typing import Literal

from booking.domain.free_time import Held, before_step, kept_clear, on_step, openings
from booking.domain.local_time import HELSINKI, local
from booking.domain.rooms import RoomRules
from booking.web.offers import offered
from calendars.period import Period

Kind = Literal["free", "taken", "blocked", "past", "elsewhere", "closed"]
_HOUR = 60
_ROW = 30


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a day that is the same throughout. `past`: it is open, but can't be asked for.

    That is so when it is too late or too early to ask, or when it must stay clear around a booking. `elsewhere`: it is open,
    and booked in another service.

    `offer` is what a link offers of it; None where nothing can be asked for.
    """

    kind: Kind
    period: Period
    offer: Period | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """A local day with its stretches, sorted, closed time left out; empty: closed all day."""

    day: date
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the table: `rows` high; `period` is None where the room is closed."""

    kind: Kind
    rows: int
    period: Period | None
    day: date
    offer: Period | None = None

    @property
    def is_on_the_hour(self) -> bool:
        """Whether it offers a whole hour of the clock, as its row's heading says."""
        return (
            self.offer is not None and self.offer.minutes == _HOUR and self.offer.start.minute == 0
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: the minute of the day it starts at, how many rows its hour label spans (0: none), new cells."""

    minute: int
    label_rows: int
    cells: tuple[Cell, ...]


def bounds(first: date, count: int = 7) -> Period:
    """The local days from `first`, as one stretch."""
    return Period(_midnight(first), _midnight(first + timedelta(days=count)))


def days(
    rules: RoomRules, held: Iterable[Held], first: date, now: datetime, count: int = 7
) -> list[Day]:
    """The days from `first`. What is held says when and by what kind of thing, and stays clear by its buffers; never whose."""
    held = list(held)
    taken = [(one.period, "blocked" if one.source == "block" else "taken") for one in held]
    clear = kept_clear(rules, held)
    askable = _askable(rules, now)
    return [_day(rules, (taken, clear), first + timedelta(days=n), askable) for n in range(count)]


def _askable(rules: RoomRules, now: datetime) -> tuple[datetime, datetime]:
    """From when to when the room may be asked for, on its steps, and a step from the notice: a page is read for a while.

    Also on half hours, so that the moment the page was opened doesn't change the rows of the table.
    """
    grid = lcm(rules.step_minutes, _ROW)
    return (
        askable_from(rules, now),
        before_step(now + timedelta(days=rules.horizon_days), grid),
    )


def askable_from(rules: RoomRules, now: datetime) -> datetime:
    """From when on the room may be asked for."""
    notice = timedelta(minutes=rules.notice_minutes + rules.step_minutes)
    return on_step(now + notice, lcm(rules.step_minutes, _ROW))


def _day(
    rules: RoomRules,
    held: tuple[Sequence[tuple[Period, str]], Sequence[Period]],
    day: date,
    askable: tuple[datetime, datetime],
) -> Day:
    whole = Period(_midnight(day), _midnight(day + timedelta(days=1)))
    opened = _within(openings(rules, day, day), whole)
    taken = [(part, kind) for period, kind in held[0] for part in _within([period], whole)]
    clear = _within(held[1], whole)
    parts = [*opened, *clear, *(period for period, _kind in taken)]
    edges = {edge for period in parts for edge in (period.start, period.end)}
    edges |= {edge for edge in askable if whole.start < edge < whole.end}
    pieces = [Period(start, end) for start, end in pairwise(sorted(edges))]
    kinds = [(_kind(piece, opened, (taken, clear), askable), piece) for piece in pieces]
    if rules.elsewhere_url is not None:
        kinds = [("elsewhere" if kind in ("free", "past") else kind, it) for kind, it in kinds]
    return Day(day, tuple(_offering(stretch, rules) for stretch in _joined(kinds)))


def _offering(stretch: Stretch, rules: RoomRules) -> Stretch:
    return (
        replace(stretch, offer=offered(stretch.period, rules))
        if stretch.kind == "free"
        else stretch
    )


def _kind(
    piece: Period,
    opened: Iterable[Period],
    held: tuple[Iterable[tuple[Period, str]], Iterable[Period]],
    askable: tuple[datetime, datetime],
) -> Kind:
    taken, clear = held
    kinds = {kind for period, kind in taken if period.overlaps(piece)}
    if "blocked" in kinds:
        return "blocked"
    if kinds:
        return "taken"
    if not any(period.overlaps(piece) for period in opened):
        return "closed"
    # Kept clear around a booking.
    if any(period.overlaps(piece) for period in clear):
        return "past"
    # What starts within the notice, or ends beyond the horizon, is open but can't be asked for here.
    return "free" if askable[0] <= piece.start and piece.end <= askable[1] else "past"


def _joined(kinds: Iterable[tuple[Kind, Period]]) -> Iterable[Stretch]:
    found: list[Stretch] = []
    for kind, piece in kinds:
        if kind == "closed":
            continue
        if found and found[-1].kind == kind and found[-1].period.end == piece.start:
            found[-1] = Stretch(kind, Period(found[-1].period.start, piece.end))
        else:
            found.append(Stretch(kind, piece))
    return found


def _within(periods: Iterable[Period], whole: Period) -> list[Period]:
    return [
        Period(max(period.start, whole.start), min(period.end, whole.end))
        for period in periods
        if period.overlaps(whole)
    ]


def table(week: Sequence[Day], rules: RoomRules) -> list[Row]:
    """The week as rows of 30 minutes (15 where something starts or ends between), free time cut at whole hours."""
    columns = [list(_boxes(day, rules)) for day in week]
    edges = [minute for column in columns for box in column for minute in box[1:3]]
    if not edges:
        return []
    step = _ROW if all(minute % _ROW == 0 for minute in edges) else _ROW // 2
    top, bottom = min(edges) // _HOUR * _HOUR, -(-max(edges) // _HOUR) * _HOUR
    starting: dict[int, list[Cell]] = {}
    for day, column in zip(week, columns, strict=True):
        for minute, cell in _cells(day.day, column, (top, bottom, step)):
            starting.setdefault(minute, []).append(cell)
    per_hour = _HOUR // step
    return [
        Row(minute, per_hour if minute % _HOUR == 0 else 0, tuple(starting.get(minute, ())))
        for minute in range(top, bottom, step)
    ]


Box = tuple[Stretch, int, int]  # a stretch between two minutes of its local day


def _boxes(day: Day, rules: RoomRules) -> Iterable[Box]:
    for stretch in day.stretches:
        start, end = stretch.period.start, stretch.period.end
        while start < end:
            cut = min(end, _next_hour(start)) if stretch.kind == "free" else end
            top = _minute(start, day.day)
            bottom = _minute(cut, day.day)
            # An hour that the clocks repeat has no height of its own: it is in the list of the day, not in the table.
            if top < bottom:
                offer = offered(Period(start, end), rules, cut) if stretch.offer else None
                yield Stretch(stretch.kind, Period(start, cut), offer), top, bottom
            start = cut


def _cells(
    day: date, boxes: Iterable[Box], grid: tuple[int, int, int]
) -> Iterable[tuple[int, Cell]]:
    reached, bottom, step = grid
    for stretch, start, end in boxes:
        first, last = start // step * step, -(-end // step) * step
        if first > reached:
            yield reached, Cell("closed", (first - reached) // step, None, day)
        first = max(first, reached)
        if first < last:
            yield first, _cell(stretch, (last - first) // step, day)
            reached = last
    if reached < bottom:
        yield reached, Cell("closed", (bottom - reached) // step, None, day)


def _cell(stretch: Stretch, rows: int, day: date) -> Cell:
    return Cell(stretch.kind, rows, stretch.period, day, stretch.offer)


def _next_hour(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _minute(instant: datetime, day: date) -> int:
    wall = local(instant)
    return (wall.date() - day).days * 24 * _HOUR + wall.hour * _HOUR + wall.minute


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), HELSINKI).astimezone(UTC)
