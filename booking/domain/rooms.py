"""What a room allows: activities, capacity, opening hours, slot rules, accessibility. Pure; knows no rows and no clock.

A `RoomRules` is all the policy needs to know of a room. Wall times are those of Europe/Helsinki.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
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

# What a room is equipped with, and how its furniture may stand. Assumed: the county's own lists are not in its document.
EQUIPMENT = (
    "display",
    "camera",
    "microphone",
    "speakers",
    "network",
    "computer",
    "whiteboard",
    "flipchart",
    "stage",
    "piano",
    "kitchen",
)
LAYOUTS = ("theatre", "classroom", "boardroom", "u_shape", "groups", "empty")
# A hybrid event needs those far away to see and hear the room, and the room to see and hear them.
HYBRID_NEEDS = frozenset({"display", "camera", "microphone", "speakers", "network"})

QuotaPer = Literal["week", "month", "year"]
QUOTA_PERIODS: tuple[QuotaPer, ...] = ("week", "month", "year")

MINUTES_OF_DAY = 24 * 60
# Whoever asks for decades must not have each of their days worked out.
_LONGEST = timedelta(days=366)
Stretch = tuple[int, int]  # minutes of the local day: open from, open to (1440 is the day's end)


@dataclass(frozen=True, slots=True)
class Season:
    """Other weekly hours from `first` to `last`, both included; a weekday that is not named is closed."""

    first: date
    last: date
    weekly: Mapping[int, tuple[Stretch, ...]]


@dataclass(frozen=True, eq=False)
class OpeningHours:
    """Weekly hours (weekday 0 = Monday → stretches) with the hours of single days instead (no stretches: closed).

    A day's own hours come before a holiday, a holiday before a season, a season before the usual week. Of two seasons the
    one that began later counts, of two that began alike the shorter. `holidays`: days closed because of their name, for a
    unit that keeps them.
    Compared by identity: a search asks one object, shared by all rooms of a unit, the same question many times.
    """

    weekly: Mapping[int, tuple[Stretch, ...]]
    exceptions: Mapping[date, tuple[Stretch, ...]] = dataclass_field(default_factory=dict)
    closed_because: Mapping[date, LocalText] = dataclass_field(default_factory=dict)
    seasons: tuple[Season, ...] = ()
    holidays: Mapping[date, LocalText] = dataclass_field(default_factory=dict)

    def on(self, day: date) -> tuple[Stretch, ...]:
        """The stretches open on `day`, in minutes of the local day, sorted."""
        if day in self.exceptions:
            return self.exceptions[day]
        if self.holidays.get(day) is not None:
            return ()
        return self.week_of(day).get(day.weekday(), ())

    def week_of(self, day: date) -> Mapping[int, tuple[Stretch, ...]]:
        """The weekly hours in force on `day`."""
        seasons = [season for season in self.seasons if season.first <= day <= season.last]
        latest = max(
            seasons, key=lambda season: (season.first, -season.last.toordinal()), default=None
        )
        return self.weekly if latest is None else latest.weekly

    def because(self, day: date) -> LocalText | None:
        """Why the day has hours of its own: the reason given, or the holiday's name."""
        if day in self.exceptions:
            return self.closed_because.get(day)
        return self.holidays.get(day)

    def periods(self, first: date, last: date) -> list[Period]:
        """The open time from `first` to `last`, both included: sorted, merged over midnight (24 h opening is one stretch)."""
        return list(_open_periods(self, first, last))

    def cover(self, period: Period) -> bool:
        """Whether `period` lies within one unbroken open stretch; nothing longer than a year does."""
        return period.end - period.start <= _LONGEST and _cover(self, period)


# A search over a season asks for the same slots again, of rooms that differ in other rules only.
@lru_cache(maxsize=4096)
def _cover(hours: OpeningHours, period: Period) -> bool:
    plain = _on_a_plain_day(period)
    if plain is not None:
        day, start, end = plain
        if any(opens <= start and end <= closes for opens, closes in hours.on(day)):
            return True
    # Over midnight, stretches that touch, a night when the clocks are changed: looked at as instants.
    first, last = _local_days(period)
    return any(stretch.contains(period) for stretch in _open_periods(hours, first, last))


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


@lru_cache(maxsize=4096)
def _on_a_plain_day(period: Period) -> tuple[date, int, int] | None:
    """The local day of a period and the minutes it begins and ends at; None unless it is one day, of 24 hours."""
    start, end = (edge.astimezone(HELSINKI) for edge in (period.start, period.end))
    day = start.date()
    if day != end.date() or _wall(day, MINUTES_OF_DAY) - _wall(day, 0) != timedelta(days=1):
        return None
    if start.second or start.microsecond or end.second or end.microsecond:
        return None
    return day, start.hour * 60 + start.minute, end.hour * 60 + end.minute


def _local_days(period: Period) -> tuple[date, date]:
    # A day to each side: an open stretch may begin the evening before.
    return (
        period.start.astimezone(HELSINKI).date() - timedelta(days=1),
        period.end.astimezone(HELSINKI).date() + timedelta(days=1),
    )


@dataclass(frozen=True, slots=True)
class Quota:
    """How many minutes one organisation may hold in a unit's rooms within a local week, month or year."""

    per: QuotaPer
    limit_minutes: int


@dataclass(frozen=True)
class RoomRules:
    """A room as its rules and the search see it. `space_ids` sorted; `neighbours`: rooms that share a space, itself included.

    `available_until`: the last local day it can be had. `latest_end_minute`: when it must be empty, in minutes of the local
    day. `elsewhere_url`: it is booked there. `activity_reasons`: why an activity isn't allowed. `photo`: the first picture.
    """

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
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    available_until: date | None = None
    latest_end_minute: int | None = None
    elsewhere_url: str | None = None
    outside_use: FeatureValue = "unknown"
    terms_version: int | None = None  # of the unit's rules of use in force; None: it has none
    quotas: tuple[Quota, ...] = ()
    equipment: frozenset[str] = frozenset()
    activity_reasons: Mapping[str, LocalText] = dataclass_field(default_factory=dict)
    photo: Photo | None = None

    def feature(self, code: str) -> FeatureValue:
        """What is known of one feature; what nobody has written down is unknown."""
        return self.features.get(code, "unknown")

    @property
    def is_lent(self) -> bool:
        """Whether anything can be booked here at all."""
        return (
            self.published
            and self.unit_is_open
            and self.elsewhere_url is None
            and self.outside_use != "no"
        )

    @property
    def is_hybrid_ready(self) -> bool:
        """Whether those far away can take part; derived from the equipment."""
        return self.equipment >= HYBRID_NEEDS

    @cached_property
    def time_key(self) -> tuple[object, ...]:
        """Rooms with the same key refuse the same times (`booking.domain.bookings.refusals_of_time`)."""
        return (
            self.hours,
            self.step_minutes,
            self.min_minutes,
            self.max_minutes,
            self.notice_minutes,
            self.horizon_days,
            self.available_until,
            self.latest_end_minute,
        )


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture by the name of its bytes: its sizes are addressed by digest and width in pixels."""

    digest: str
    alt: LocalText
    width: int
    height: int


def has_all(rules: RoomRules, wanted: Iterable[str]) -> FeatureValue:
    """Whether the room has every wanted feature: `no` if one is known missing, `unknown` if one is not known, else `yes`."""
    values = {rules.feature(code) for code in wanted}
    if "no" in values:
        return "no"
    return "unknown" if "unknown" in values else "yes"
