"""What a room allows: activities, capacity, opening hours, slot rules, accessibility. Pure; knows no rows and no clock.

A `RoomRules` is all the policy needs to know of a room. Wall times are those of Europe/Helsinki.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal

from booking.domain.local_time import HELSINKI
from booking.domain.texts import LocalText
from calendars.period import Period, merged

Activity = Literal["event", "meeting", "group"]
ACTIVITIES: tuple[Activity, ...] = ("event", "meeting", "group")

FeatureValue = Literal["yes", "no", "unknown"]
# The county's list of what accessibility of a room is; source: the county's own document and RT cards' terms, see the glossary.
FEATURES = (
    "step_free",
    "induction_loop",
    "accessible_toilet",
    "lift",
    "accessible_parking",
    "turning_space",
    "door_width",
    "threshold",
    "pa_system",
    "lighting",
    "quiet",
    "allergy",
    "drop_off",
    "assistance_dog",
    "wayfinding",
    "floor_plan",
)

MINUTES_OF_DAY = 24 * 60
# Whoever asks for decades must not have each of their days worked out.
_LONGEST = timedelta(days=366)
Stretch = tuple[int, int]  # minutes of the local day: open from, open to (1440 is the day's end)


@dataclass(frozen=True, eq=False)
class OpeningHours:
    """Weekly hours (weekday 0 = Monday → stretches) with the hours of single days instead (no stretches: closed).

    Compared by identity: a search asks one object, shared by all rooms of a unit, the same question many times.
    """

    weekly: Mapping[int, tuple[Stretch, ...]]
    exceptions: Mapping[date, tuple[Stretch, ...]] = dataclass_field(default_factory=dict)
    closed_because: Mapping[date, LocalText] = dataclass_field(default_factory=dict)

    def on(self, day: date) -> tuple[Stretch, ...]:
        """The stretches open on `day`, in minutes of the local day, sorted."""
        if day in self.exceptions:
            return self.exceptions[day]
        return self.weekly.get(day.weekday(), ())

    def periods(self, first: date, last: date) -> list[Period]:
        """The open time from `first` to `last`, both included: sorted, merged over midnight (24 h opening is one stretch)."""
        return list(_open_periods(self, first, last))

    def cover(self, period: Period) -> bool:
        """Whether `period` lies within one unbroken open stretch; nothing longer than a year does."""
        if period.end - period.start > _LONGEST:
            return False
        first, last = _local_days(period)
        return any(stretch.contains(period) for stretch in _open_periods(self, first, last))


@lru_cache(maxsize=2048)
def _open_periods(hours: OpeningHours, first: date, last: date) -> tuple[Period, ...]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    stretches = (
        (_wall(day, opens), _wall(day, closes)) for day in days for opens, closes in hours.on(day)
    )
    # A stretch that lies wholly in the missing hour of spring is empty on that day.
    return tuple(merged(Period(start, end) for start, end in stretches if start < end))


@lru_cache(maxsize=4096)
def _wall(day: date, minute: int) -> datetime:
    # Opening hours are set by people looking at a clock on the wall: in a doubled hour its first showing counts.
    if minute == MINUTES_OF_DAY:
        day, minute = day + timedelta(days=1), 0
    return datetime.combine(day, time(minute // 60, minute % 60), HELSINKI).astimezone(UTC)


def _local_days(period: Period) -> tuple[date, date]:
    # A day to each side: an open stretch may begin the evening before.
    return (
        period.start.astimezone(HELSINKI).date() - timedelta(days=1),
        period.end.astimezone(HELSINKI).date() + timedelta(days=1),
    )


@dataclass(frozen=True)
class RoomRules:
    """A room as its rules and the search see it. `space_ids` sorted; `neighbours`: rooms that share a space, itself included."""

    id: int
    unit_id: int
    municipality: str
    name: LocalText
    unit_name: LocalText
    unit_is_open: bool
    address: str
    published: bool
    capacity: int
    activities: frozenset[str]
    hours: OpeningHours
    step_minutes: int
    min_minutes: int
    max_minutes: int
    notice_minutes: int
    horizon_days: int
    space_ids: tuple[int, ...]
    neighbours: tuple[int, ...] = ()
    features: Mapping[str, FeatureValue] = dataclass_field(default_factory=dict)

    def feature(self, code: str) -> FeatureValue:
        """What is known of one feature; what nobody has written down is unknown."""
        return self.features.get(code, "unknown")


def has_all(rules: RoomRules, wanted: Iterable[str]) -> FeatureValue:
    """Whether the room has every wanted feature: `no` if one is known missing, `unknown` if one is not known, else `yes`."""
    values = {rules.feature(code) for code in wanted}
    if "no" in values:
        return "no"
    return "unknown" if "unknown" in values else "yes"
