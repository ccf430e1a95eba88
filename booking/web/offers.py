"""What of a room's free time is worth a link: only what the room's own rules would take. Pure; knows rules, no page.

Wall times are those of Europe/Helsinki; periods are UTC, half-open.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from booking.domain.free_time import on_step
from booking.domain.rooms import RoomRules
from calendars.period import Period

_HOUR = timedelta(hours=1)


def offered(free: Period, rules: RoomRules, before: datetime | None = None) -> Period | None:
    """What to offer of free time: the first hour that the room's steps and lengths allow, or as near an hour as they do.

    It begins before `before` and ends within `free`; None when nothing fits.
    """
    step = timedelta(minutes=rules.step_minutes)
    start = on_step(free.start, rules.step_minutes)
    shortest = -(-timedelta(minutes=rules.min_minutes) // step) * step
    longest = min(timedelta(minutes=rules.max_minutes), free.end - start) // step * step
    if shortest > longest or (before is not None and start >= before):
        return None
    return Period(start, start + max(shortest, min(_HOUR // step * step, longest)))
