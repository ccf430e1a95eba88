"""A stretch of time. Knows instants only; must not know days, wall time or whose time it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_ZERO = timedelta(0)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Half-open `[start, end)`, aware, UTC, never empty: one's end may be the next one's start.

    Sorts by start, then by end. ValueError for a naive or local time, and when end ≤ start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        _require_utc(self.start)
        _require_utc(self.end)
        if self.end <= self.start:
            raise ValueError(f"a period needs an end after its start: {self.start} – {self.end}")

    def overlaps(self, other: Period) -> bool:
        """Whether the two share an instant; touching is not sharing."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: Period) -> bool:
        """Whether all of `other` lies within this one; equal periods contain each other."""
        return self.start <= other.start and other.end <= self.end

    @property
    def minutes(self) -> int:
        """The length in whole minutes, the rest cut off."""
        return (self.end - self.start) // _MINUTE


def merged(periods: Iterable[Period]) -> list[Period]:
    """The same time in the fewest periods: sorted, none overlapping or touching another."""
    result: list[Period] = []
    for period in sorted(periods):
        if result and period.start <= result[-1].end:
            if period.end > result[-1].end:
                result[-1] = Period(result[-1].start, period.end)
        else:
            result.append(period)
    return result


def _require_utc(moment: datetime) -> None:
    # Most come from our own column type with this very object; the rest are looked at closely.
    # A zone that only happens to be at offset 0 would give wrong lengths over its change of clocks.
    if moment.tzinfo is UTC:
        return
    if moment.tzinfo is None or moment.tzinfo.utcoffset(None) != _ZERO:
        raise ValueError(f"a period needs aware UTC times, not {moment!r}")
