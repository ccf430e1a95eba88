"""The dates of a series: when each is by the clock on the wall, whether it may be had, what a change would do to it. Pure.

A series keeps the wall time of Europe/Helsinki: after a clock change the same meeting is at the same hour, at another instant.
Each date is weighed by the one policy, as if it were asked for alone, with one difference: those accepted before it in the same
series count as held, for overlaps, buffers and quotas.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from booking.domain.bookings import Near, Standing, Wish, quota_span, refusals_at_asking
from booking.domain.local_time import instant, local
from booking.domain.rooms import RoomRules
from booking.errors import Conflict, InvalidInput, Refusal
from calendars.period import Period

FREE = "free"
TAKEN = "room_taken"
_DAY = timedelta(days=1)
# Nothing keeps a longer distance than this; `room_values` allows less.
_MARGIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Times:
    """From when to when by the clock on the wall; an end at or before the start is on the next day.

    `fold`: which showing of a doubled hour is meant (0 before the clocks go back, 1 after); None: ask.
    """

    starts: time
    ends: time
    fold: int | None = None


def period_on(day: date, times: Times) -> Period:
    """When a date of the series is. Raises InvalidInput: `missing_hour`, `doubled_hour`, `bad_date`, `end_before_start`."""
    start = instant(day, times.starts, times.fold)
    end = instant(day if times.ends > times.starts else day + _DAY, times.ends, times.fold)
    if end <= start:
        # 3.30 (the second) to 3.45 (the first): the doubled hour read both ways.
        raise InvalidInput("end_before_start", field="ends_at")
    return Period(start, end)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What holds a part of a room: `booking_id` for a booking, with the buffers of the room it was made for, in minutes."""

    period: Period
    source: str
    booking_id: int | None = None
    before_minutes: int = 0
    after_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Wished:
    """One date of a series as it is wished: the day it stands for, the room, the time; or why it has none.

    `wish`: what it is for and for how many, where that is not what the rest of the series is for.
    """

    day: date
    rules: RoomRules
    period: Period | None
    fault: Refusal | None = None
    wish: Wish | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """A wished date and what stands against it; nothing: it may be had."""

    wished: Wished
    refusals: tuple[Refusal, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether this date may be asked for."""
        return not (self.refusals or self.conflicts)

    @property
    def code(self) -> str:
        """FREE, TAKEN, or the code of the first rule that says no."""
        if self.refusals:
            return self.refusals[0].code
        return TAKEN if self.conflicts else FREE


def wished_on(days: Iterable[date], rules: RoomRules, times: Times) -> list[Wished]:
    """The dates of a series in one room, each by itself: one that falls into a missing or doubled hour says so."""
    found = []
    for day in days:
        try:
            found.append(Wished(day, rules, period_on(day, times)))
        except InvalidInput as error:
            fault = Refusal(
                error.code, "starts_at", {"day": day, "time": times.starts} | error.params
            )
            found.append(Wished(day, rules, None, fault))
    return found


@dataclass
class Around:
    """What the rows say around a series, and what has been accepted of it so far; asked day by day, so kept by day.

    `used_minutes`: what the organisation holds, by (unit, quota period, first instant of the span).
    """

    used_minutes: dict[tuple[int, str, datetime], int] = field(
        default_factory=lambda: defaultdict(int)
    )
    _by_day: dict[tuple[int, date], list[Stretch]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def hold(self, room_id: int, stretch: Stretch) -> None:
        """Count a stretch as held in a room."""
        for day in _utc_days(stretch.period):
            self._by_day[room_id, day].append(stretch)

    def near(self, room_id: int, period: Period) -> set[Stretch]:
        """The stretches that may touch a period or its buffers."""
        wider = Period(period.start - _MARGIN, period.end + _MARGIN)
        return {
            stretch
            for day in _utc_days(wider)
            for stretch in self._by_day.get((room_id, day), ())
            if stretch.period.overlaps(wider)
        }

    def standing(self, rules: RoomRules, period: Period, near: Iterable[Stretch]) -> Standing:
        """The same as the policy wants it."""
        used: dict[str, int] = {
            quota.per: self.used_minutes[_span_key(rules, quota.per, period)]
            for quota in rules.quotas
        }
        beside = [
            Near(one.period, one.before_minutes, one.after_minutes)
            for one in near
            if one.source == "booking"
        ]
        return Standing(beside, used)

    def accept(self, rules: RoomRules, period: Period) -> None:
        """Count a date of the series itself as held, in its room and in all that share its floor."""
        before, after = rules.buffer_before_minutes, rules.buffer_after_minutes
        stretch = Stretch(period, "booking", None, before, after)
        for room_id in {rules.id, *rules.neighbours}:
            self.hold(room_id, stretch)
        for quota in rules.quotas:
            self.use(rules, quota.per, period)

    def use(self, rules: RoomRules, per: str, period: Period) -> None:
        """Count a period against a quota of the room's unit; it counts where it starts."""
        self.used_minutes[_span_key(rules, per, period)] += period.minutes


def _span_key(rules: RoomRules, per: str, period: Period) -> tuple[int, str, datetime]:
    return rules.unit_id, per, quota_span(per, period.start).start


def _utc_days(period: Period) -> list[date]:
    first, last = period.start.date(), period.end.date()
    return [first + n * _DAY for n in range((last - first).days + 1)]


def weighed(
    dates: Sequence[Wished],
    wish: Wish,
    around: Around,
    now: datetime,
    moving: Collection[int] = frozenset(),
) -> list[Weighed]:
    """What stands against each date, in the order given; `wish` says what for, unless a date has a wish of its own.

    `moving`: bookings about to give up their time, which are in nobody's way.
    """
    found = []
    for one in dates:
        against = _against(one, wish, around, now, moving)
        if against.is_free and one.period is not None:
            around.accept(one.rules, one.period)
        found.append(against)
    return found


def _against(
    one: Wished, wish: Wish, around: Around, now: datetime, moving: Collection[int] = frozenset()
) -> Weighed:
    if one.period is None:
        assert one.fault is not None  # without a time there is a reason
        return Weighed(one, (one.fault,))
    period = one.period
    near = {
        stretch
        for stretch in around.near(one.rules.id, period)
        if stretch.booking_id is None or stretch.booking_id not in moving
    }
    standing = around.standing(one.rules, period, near)
    what_for = replace(one.wish or wish, period=period)
    refusals = refusals_at_asking(one.rules, what_for, now, standing)
    met = {
        (stretch.period.start, stretch.period.end, stretch.source)
        for stretch in near
        if stretch.period.overlaps(period)
    }
    conflicts = tuple(Conflict(source, start, end) for start, end, source in sorted(met))
    return Weighed(one, tuple(refusals), conflicts)


@dataclass(frozen=True, slots=True)
class Kept:
    """A date of a series that has a booking: the day it stands for, and where and when it is now."""

    booking_id: int
    day: date
    room_id: int
    period: Period

    def is_as_planned(self, times: Times, room_id: int) -> bool:
        """Whether it is where and when the series says, so that it was never moved by itself."""
        try:
            return self.room_id == room_id and self.period == period_on(self.day, times)
        except InvalidInput:
            return False


@dataclass(frozen=True, slots=True)
class Pair:
    """What becomes of one date: `kept` moves to `day`; without a day it is cancelled; without `kept` the day is new."""

    kept: Kept | None
    day: date | None

    @property
    def at(self) -> date:
        """The day by which it is known: the new one, else the old."""
        if self.day is not None:
            return self.day
        assert self.kept is not None  # a pair has one of the two
        return self.kept.day


def paired(kept: Sequence[Kept], days: Sequence[date]) -> list[Pair]:
    """Which of the dates there are becomes which of the new days: the same day first, then by turns within a week, then a month.

    So a series moved from Tuesdays to Wednesdays moves each date by a day, one moved from the 15th to the 25th moves within the
    month, and one that is thinned out loses the dates between. Sorted by day.
    """
    by_day = {one.day: one for one in kept}
    pairs = [Pair(by_day[day], day) for day in days if day in by_day]
    taken = {pair.day for pair in pairs}
    left = [one for one in sorted(kept, key=lambda kept: kept.day) if one.day not in taken]
    open_days = sorted(set(days) - by_day.keys())
    for span in (_week, _month) if _is_sparse(days) else (_week,):
        waiting: dict[tuple[int, int], list[Kept]] = defaultdict(list)
        for one in left:
            waiting[span(one.day)].append(one)
        found = [Pair(waiting[span(day)].pop(0), day) for day in open_days if waiting[span(day)]]
        pairs += found
        left = [one for rest in waiting.values() for one in rest]
        open_days = sorted(set(open_days) - {pair.day for pair in found if pair.day})
    pairs += [Pair(None, day) for day in open_days] + [Pair(one, None) for one in left]
    return sorted(pairs, key=lambda pair: pair.at)


def _is_sparse(days: Sequence[date]) -> bool:
    """Whether no month has two of the days: what is left over in a month can mean only that one."""
    return len({_month(day) for day in days}) == len(set(days))


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _week(day: date) -> tuple[int, int]:
    calendar = day.isocalendar()
    return calendar.year, calendar.week


def nearest_other_time(
    rules: RoomRules, period: Period, wish: Wish, around: Around, now: datetime
) -> Period | None:
    """The time of the same length on the same local day that begins nearest to the wished one and may be had; None: none may."""
    day, length = local(period.start).date(), period.end - period.start
    step = timedelta(minutes=rules.step_minutes)
    starts, start = [], instant(day, time(0), 0)
    while local(start).date() == day:
        starts.append(start)
        start += step
    for start in sorted(starts, key=lambda start: abs(start - period.start)):
        other = Period(start, start + length)
        # Most are outside the opening hours, which is the cheapest to ask.
        is_open = rules.hours.cover(other)
        if is_open and _against(Wished(day, rules, other), wish, around, now).is_free:
            return other
    return None
