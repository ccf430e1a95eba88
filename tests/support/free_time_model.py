"""A model of the next free time that only knows how to try: every minute, and every rule at each. Slow, and easy to believe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from booking.domain.bookings import Near, buffer_refusals, refusals_of_time
from booking.domain.free_time import Held
from booking.domain.local_time import local
from booking.domain.rooms import OpeningHours, RoomRules
from booking.domain.texts import LocalText
from calendars.period import Period

MINUTE = timedelta(minutes=1)
WEEKDAYS = OpeningHours(dict.fromkeys(range(5), ((480, 1200),)))
ALWAYS = OpeningHours(dict.fromkeys(range(7), ((0, 1440),)))


def rules(hours: OpeningHours = WEEKDAYS, **changes: Any) -> RoomRules:
    """The rules of a room: weekdays 8–20, quarters of an hour, a day's notice."""
    made = RoomRules(
        id=1,
        unit_id=1,
        municipality="joensuu",
        name=LocalText("Sali"),
        unit_name=LocalText("Talo"),
        unit_is_open=True,
        address="",
        published=True,
        capacity=10,
        activities=frozenset({"meeting"}),
        hours=hours,
        step_minutes=15,
        min_minutes=30,
        max_minutes=720,
        notice_minutes=1440,
        horizon_days=400,
        space_ids=(1,),
    )
    return replace(made, **changes)


def model(
    room: RoomRules, held: Sequence[Held], minutes: int, window: Period, now: datetime
) -> Period | None:
    """Every minute of the window is tried, and every rule asked."""
    for start in _minutes(window):
        period = Period(start, start + timedelta(minutes=minutes))
        is_on_step = local(start).minute % min(room.step_minutes, 60) == 0
        if is_on_step and why_not(room, held, period, now) is None:
            return period
    return None


def _minutes(window: Period) -> Iterator[datetime]:
    start = window.start
    while start < window.end:
        yield start
        start += MINUTE


def why_not(room: RoomRules, held: Sequence[Held], period: Period, now: datetime) -> str | None:
    """The first reason against one period, a code; None when the room may be asked for."""
    near = [
        Near(one.period, one.before_minutes, one.after_minutes) for one in held if one.is_booking
    ]
    if refusals := refusals_of_time(room, period, now):
        return refusals[0].code
    if any(one.period.overlaps(period) for one in held):
        return "room_taken"
    return "buffer" if buffer_refusals(room, period, near) else None
