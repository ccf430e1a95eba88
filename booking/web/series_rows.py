"""Bookings in a list, the dates of one series as one row. Knows rows; no page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from booking.models import Booking


@dataclass(frozen=True, slots=True)
class Row:
    """A booking, or the dates of a series by start; `first` is the booking, or the next of the dates."""

    first: Booking
    dates: Sequence[Booking]

    @property
    def is_series(self) -> bool:
        """Whether it stands for more than one booking."""
        return len(self.dates) > 1


def by_series(bookings: Iterable[Booking]) -> list[Row]:
    """The bookings in their order; a series stands where its first date does, and has all the others with it."""
    found: dict[object, list[Booking]] = {}
    for booking in bookings:
        alone = booking.series_id is None
        found.setdefault(("booking", booking.id) if alone else booking.series_id, []).append(
            booking
        )
    return [Row(dates[0], dates) for dates in found.values()]
