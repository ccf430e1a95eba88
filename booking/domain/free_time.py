"""When a room is next free for as long as somebody wants. Pure; knows rules and held time, no rows and no clock.

Wall times are those of Europe/Helsinki; periods are UTC, half-open.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from booking.domain.bookings import refusals_of_time
from booking.domain.local_time import HELSINKI, day_period, instant, local
from booking.domain.rooms import MINUTES_OF_DAY, OpeningHours, RoomRules
from booking.errors import InvalidInput
from calendars.period import Period, merged

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Held:
    """Time held in one of a room's spaces, with the buffers of the room it was booked for (minutes; 0 for what is no booking)."""

    period: Period
    source: str = "booking"  # of booking.domain.occupancy.Source
    before_minutes: int = 0
    after_minutes: int = 0

    @property
    def is_booking(self) -> bool:
        """Whether buffers count around it."""
        return self.source == "booking"


def kept_clear(rules: RoomRules, held: Iterable[Held]) -> list[Period]:
    """The stretches that a booking of this room may not touch: held time and, around bookings, the buffers. Sorted, merged."""
    return merged(_kept_clear(rules, one) for one in held)


def _kept_clear(rules: RoomRules, held: Held) -> Period:
    if not held.is_booking:
        return held.period
    ahead = max(held.before_minutes, rules.buffer_after_minutes)
    behind = max(held.after_minutes, rules.buffer_before_minutes)
    if not (ahead or behind):
        return held.period
    return Period(
        held.period.start - timedelta(minutes=ahead), held.period.end + timedelta(minutes=behind)
    )


def next_free(
    rules: RoomRules, clear: Sequence[Period], minutes: int, window: Period, now: datetime
) -> Period | None:
    """The first stretch of `minutes` that begins within `window` and that the room's rules and held time allow; else None.

    `clear`: what must stay clear, sorted and merged, known until `minutes` behind the window's end. A stretch begins on the
    room's step, may begin where held time ends and end where the next begins, and lies within one unbroken opening.
    """
    length = timedelta(minutes=minutes)
    if not _has_a_length_for(rules, minutes):
        return None
    earliest = max(window.start, now + timedelta(minutes=rules.notice_minutes))
    latest = min(window.end, now + timedelta(days=rules.horizon_days) - length)
    if latest < earliest:
        return None
    first, last = local(earliest).date() - _DAY, local(latest + length).date() + _DAY
    for opening in openings(rules, first, last):
        for start, end in _gaps(opening, clear):
            if max(start, earliest) + length > end:
                continue
            found = _first_within(rules, max(start, earliest), end, length, now)
            if found is not None:
                return found if found.start < window.end else None
        if opening.start > latest:
            break
    return None


def free_until(rules: RoomRules, clear: Sequence[Period], at: datetime) -> datetime | None:
    """Until when the room is open and nobody has it, from `at` on; None when that isn't so at `at`.

    `clear`: what must stay clear, sorted and merged, known until the end of the next local day. Looks no further.
    """
    day = local(at).date()
    ends = [
        opening.end
        for opening in openings(rules, day - _DAY, day + _DAY)
        if opening.start <= at < opening.end
    ]
    if not ends:
        return None
    until = min([*ends, *(max(held.start, at) for held in clear if held.end > at)])
    return until if until > at else None


def openings(rules: RoomRules, first: date, last: date) -> list[Period]:
    """When the room may be lent from `first` to `last`, both included; sorted. A booking lies within one of them.

    That is the open time; where the room must be empty in the evening, each day by itself; and none after its last day.
    """
    if rules.available_until is not None:
        last = min(last, rules.available_until)
    return _openings(rules.hours, rules.latest_end_minute, first, last) if first <= last else []


@lru_cache(maxsize=2048)
def _openings(
    hours: OpeningHours, latest_end_minute: int | None, first: date, last: date
) -> list[Period]:
    opened = hours.periods(first, last)
    if latest_end_minute is None:
        return opened
    days = (first + n * _DAY for n in range((last - first).days + 1))
    lent = [Period(day_period(day).start, _evening(day, latest_end_minute)) for day in days]
    return [
        Period(max(opening.start, day.start), min(opening.end, day.end))
        for day in lent
        for opening in opened
        if opening.overlaps(day)
    ]


def _evening(day: date, minute: int) -> datetime:
    if minute == MINUTES_OF_DAY:
        return day_period(day).end
    wall = datetime.combine(day, time(minute // 60, minute % 60), HELSINKI)
    # In a doubled or missing hour the later reading: the policy says no to what is too late.
    return max(wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def fitting_length(rules: RoomRules, minutes: int) -> int | None:
    """The shortest length from `minutes` on for which the room is lent: whole steps, not below its shortest; None: too long."""
    length = -(-max(minutes, rules.min_minutes) // rules.step_minutes) * rules.step_minutes
    return length if length <= rules.max_minutes else None


def _has_a_length_for(rules: RoomRules, minutes: int) -> bool:
    return rules.min_minutes <= minutes <= rules.max_minutes and minutes % rules.step_minutes == 0


def _gaps(opening: Period, clear: Sequence[Period]) -> Iterable[tuple[datetime, datetime]]:
    """What is left of an opening: from where held time that began before it ends, to where the next begins."""
    start = opening.start
    at = bisect_right(clear, start, key=lambda period: period.start)
    if at and clear[at - 1].end > start:
        start = clear[at - 1].end
    while start < opening.end:
        held = clear[at] if at < len(clear) else None
        end = opening.end if held is None else min(held.start, opening.end)
        if start < end:
            yield start, end
        if held is None:
            return
        start = held.end
        at += 1


def _first_within(
    rules: RoomRules, start: datetime, end: datetime, length: timedelta, now: datetime
) -> Period | None:
    step = timedelta(minutes=rules.step_minutes)
    while (start := on_step(start, rules.step_minutes)) + length <= end:
        found = Period(start, start + length)
        # Rounded to the step, it may be too late in the evening of a day whose clocks are changed: asked again.
        if not refusals_of_time(rules, found, now):
            return found
        start += step
    return None


def weekly_slots(day: date, starts: time, ends: time, weeks: int) -> list[Period | None]:
    """The same wall time on `day` and on the same weekday of the weeks after it, `weeks` in all; ends at 0.00: at midnight.

    None for a date whose clocks skip the start or the end. In a doubled hour its first showing counts.
    """
    return [_slot(day + n * _WEEK, starts, ends) for n in range(weeks)]


def _slot(day: date, starts: time, ends: time) -> Period | None:
    try:
        start = instant(day, starts, 0)
        end = instant(day if ends > starts else day + _DAY, ends, 0)
    except InvalidInput:
        return None
    return Period(start, end) if start < end else None


def on_step(instant: datetime, minutes: int) -> datetime:
    """The first instant from `instant` on at which the clock on the wall shows a multiple of `minutes` since midnight."""
    found = instant
    while past := _past_step(found, minutes):
        # Never further than to the next whole hour, where the clocks may be changed.
        found = min(found + timedelta(minutes=minutes) - past, _whole_hour(found) + _HOUR)
    return found


def before_step(instant: datetime, minutes: int) -> datetime:
    """The last such instant up to `instant`."""
    found = instant
    while past := _past_step(found, minutes):
        # From a whole hour to the one before, else at most to the beginning of this one.
        hour = _whole_hour(found)
        found = max(found - past, hour if hour < found else hour - _HOUR)
    return found


def _whole_hour(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)


def _past_step(instant: datetime, minutes: int) -> timedelta:
    wall = local(instant)
    since_midnight = timedelta(
        hours=wall.hour, minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond
    )
    return since_midnight % timedelta(minutes=minutes)
