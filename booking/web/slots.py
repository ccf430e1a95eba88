"""A slot carried in a link: room, day and times as query values, and the links that carry it. Knows addresses; no rows."""

from __future__ import annotations

from datetime import datetime

from flask import url_for

from booking.domain.local_time import local
from calendars.period import Period


def slot_values(period: Period) -> dict[str, str]:
    """The query values that `SlotForm` reads back as `period`; the doubled hour is named, so that it is not asked again."""
    start, end = local(period.start), local(period.end)
    values = {
        "day": f"{start.day}.{start.month}.{start.year}",
        "starts": _clock(start),
        "ends": _clock(end),
    }
    for name, wall in (("starts_fold", start), ("ends_fold", end)):
        if wall.utcoffset() != wall.replace(fold=1 - wall.fold).utcoffset():
            values[name] = str(wall.fold)
    return values


def ask_href(slot: Period, room_id: int) -> str:
    """The address of the booking form for this time in this room."""
    return url_for("asking.ask", _external=False, **{"room": str(room_id), **slot_values(slot)})


def _clock(wall: datetime) -> str:
    return f"{wall.hour}.{wall.minute:02}"
