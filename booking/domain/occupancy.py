"""When a room is free. Start reading here: this is the promise that a room is never given twice, in words.

A room claims one or more spaces. A space's time is held by rows; a wish for a room conflicts with every row that holds one of its
spaces for a part of the wished time. Stretches are half-open: one that ends at 12.00 and one that starts at 12.00 don't meet.
Three sources hold time: bookings, blocks, and foreign calendars. This module explains a refusal to a person; whether two
writers met is decided by the database (`occupancy_no_overlap`), which sees all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from booking.errors import Conflict
from calendars.period import Period

Source = Literal["booking", "block", "foreign"]


@dataclass(frozen=True, slots=True)
class Hold:
    """A space held for a period, by a source; `holder` is the id of the booking (else of the row)."""

    space_id: int
    period: Period
    source: str
    holder: int


def conflicts(
    wish: Period, space_ids: Iterable[int], holds: Iterable[Hold], moving: int | None = None
) -> list[Conflict]:
    """The held times that `wish` meets, sorted by start. What holds several of the spaces for the same time is one.

    `moving` is the booking that is about to give up its own time: it is not in its own way.
    """
    spaces = frozenset(space_ids)
    met = {
        (hold.period.start, hold.period.end, hold.source)
        for hold in holds
        if hold.space_id in spaces
        and hold.period.overlaps(wish)
        and not (hold.source == "booking" and hold.holder == moving)
    }
    return [Conflict(source, start, end) for start, end, source in sorted(met)]
