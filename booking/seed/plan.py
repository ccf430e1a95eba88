"""Plans three months of bookings around a day: who asks when for what, who decides when, what is given back. Writes nothing.

Single bookings and blocks are planned first, the groups' weekly ones around them, each free of the others and within the room's
hours, so that the services accept every act when it is played. The same `now` and seed give the same plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from booking.domain.free_time import Held, kept_clear, weekly_slots
from booking.domain.local_time import instant, local
from booking.domain.rooms import RoomRules
from booking.seed.facts import WEEKDAYS, facts, minutes
from calendars.period import Period

_WEEKS_BACK = timedelta(days=28)
_WEEKLY_BLOCKS_BACK = timedelta(days=14)
_WEEKS = 13
# Groups ask for a stretch of weeks at once, well before it begins; the last stretch takes what is left over.
_STRETCH_WEEKS = 4
_GROUPS_ASK_DAYS = (36, 50)
_SINGLES_ASK_DAYS = (20, 45)
# A decision takes up to three days and a weekend: who is to have one now has asked at least this long ago.
_DECIDED_BY_NOW_DAYS = (8, 20)
_LOOKS_AHEAD_DAYS = 28
_GIVEN_BACK_SHARE = 0.04
_WHY_GIVEN_BACK = (
    "Ohjaaja on estynyt, kerta jää väliin.",
    "Osallistujia olisi tulossa liian vähän.",
    "Ryhmä lähtee samaan aikaan retkelle.",
)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing done to a booking: "ask", "approve", "reject" or "cancel"."""

    at: datetime
    action: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedBooking:
    """A booking to be played: `told` are its facts, `acts` in the order of their times, the first one asks."""

    told: Mapping[str, Any]
    period: Period
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class PlannedBlock:
    """A block to be played, before all bookings; of several periods: a weekly one. Lifted ones are given back in the end."""

    room: str
    periods: tuple[Period, ...]
    reason: str
    is_lifted: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen; nothing in it meets anything else."""

    blocks: list[PlannedBlock]
    bookings: list[PlannedBooking]


def plan(rooms: Mapping[str, RoomRules], now: datetime, seed: int) -> Plan:
    """The demo's plan for the rooms (by key), as seen at `now`."""
    return _Planner(rooms, now, Random(seed)).plan()


class _Planner:
    def __init__(self, rooms: Mapping[str, RoomRules], now: datetime, random: Random) -> None:
        self._rooms = rooms
        self._now = now
        self._today = local(now).date()
        self._random = random
        self._taken: dict[int, list[Held]] = {}

    def plan(self) -> Plan:
        blocks = [self._block(told) for told in facts("blocks")]
        singles = [booking for told in facts("single") for booking in self._single(told)]
        groups = [booking for told in facts("series") for booking in self._series(told)]
        return Plan(blocks, singles + groups)

    def _block(self, told: dict[str, Any]) -> PlannedBlock:
        rules = self._rooms[told["room"]]
        periods = tuple(self._weekly_block(told) if "weekday" in told else self._one_block(told))
        for period in periods:
            self._take(rules, period, "block")
        return PlannedBlock(told["room"], periods, told["reason"], told.get("lifted", False))

    def _one_block(self, told: dict[str, Any]) -> Iterator[Period]:
        opens, closes = minutes(told["time"])
        first = self._today + timedelta(days=told["day"])
        last = self._today + timedelta(days=told.get("until", told["day"]))
        yield Period(_wall(first, opens), _wall(last, closes))

    def _weekly_block(self, told: dict[str, Any]) -> Iterator[Period]:
        day = self._today - _WEEKLY_BLOCKS_BACK
        day += timedelta(days=WEEKDAYS.index(told["weekday"]) - day.weekday())
        starts, ends = (time(*divmod(minute, 60)) for minute in minutes(told["time"]))
        yield from (slot for slot in weekly_slots(day, starts, ends, told["weeks"]) if slot)

    def _single(self, told: dict[str, Any]) -> Iterator[PlannedBooking]:
        """A booking on the first suitable day from the one wished for; none while the site has its summer break."""
        rules = self._rooms[told["room"]]
        for later in range(_LOOKS_AHEAD_DAYS):
            day = self._today + timedelta(days=told["day"] + later)
            period = _on(day, told["time"])
            wanted = (told["weekday"],) if "weekday" in told else WEEKDAYS[:5]
            suits = WEEKDAYS[day.weekday()] in wanted and not _is_pause(day)
            if suits and self._is_free(rules, period):
                self._take(rules, period)
                yield PlannedBooking(told, period, tuple(self._single_acts(told, period)))
                return

    def _single_acts(self, told: dict[str, Any], period: Period) -> Iterator[Act]:
        state = told.get("state", "approved")
        if state == "requested":
            yield Act(self._asked(told["asked_days_ago"]), "ask")
            return
        latest = self._today - timedelta(days=self._random.randint(*_DECIDED_BY_NOW_DAYS))
        usual = local(period.start).date() - timedelta(
            days=self._random.randint(*_SINGLES_ASK_DAYS)
        )
        asked = self._at_home(min(usual, latest))
        decided = self._at_work(asked)
        yield Act(asked, "ask")
        if state == "rejected":
            yield Act(decided, "reject", told["reason"])
            return
        yield Act(decided, "approve")
        if state == "cancelled":
            latest_cancel = min(period.start - timedelta(days=1), self._now - timedelta(hours=1))
            day = local(decided + (latest_cancel - decided) * 3 / 4).date()
            day = max(day, local(decided).date() + timedelta(days=1))
            yield Act(min(self._at_home(day), latest_cancel), "cancel", told["reason"])

    def _series(self, told: dict[str, Any]) -> Iterator[PlannedBooking]:
        """The dates of a group, a board or a club; closed and taken dates are left out."""
        rules = self._rooms[told["room"]]
        first = self._today - _WEEKS_BACK
        first -= timedelta(days=first.weekday())
        every, turn = told.get("every", 1), told.get("turn", 0)
        for stretch, weeks in enumerate(_stretches()):
            monday = first + timedelta(weeks=stretch * _STRETCH_WEEKS)
            asked = self._at_home(monday - timedelta(days=self._random.randint(*_GROUPS_ASK_DAYS)))
            decided = self._at_work(asked)
            for week in weeks:
                day = first + timedelta(weeks=week, days=WEEKDAYS.index(told["weekday"]))
                period = _on(day, told["time"])
                if week % every != turn or _is_pause(day) or not self._is_free(rules, period):
                    continue
                self._take(rules, period)
                # One after the other, as somebody clicks through a list.
                asked += timedelta(seconds=self._random.randint(20, 50))
                decided += timedelta(seconds=self._random.randint(5, 15))
                acts = (
                    Act(asked, "ask"),
                    Act(decided, "approve"),
                    *self._given_back(period, decided),
                )
                yield PlannedBooking(told, period, acts)

    def _given_back(self, period: Period, decided: datetime) -> Iterator[Act]:
        is_given_back = self._random.random() < _GIVEN_BACK_SHARE
        day = local(period.start).date() - timedelta(days=self._random.randint(1, 5))
        at = self._at_home(day)
        reason = self._random.choice(_WHY_GIVEN_BACK)
        if is_given_back and decided < at < self._now:
            yield Act(at, "cancel", reason)

    def _asked(self, days_ago: int) -> datetime:
        """When a request was made that nobody has decided yet; not later than two hours ago."""
        asked = self._at_home(self._today - timedelta(days=days_ago))
        return min(asked, self._now - timedelta(hours=2, minutes=self._random.randint(0, 50)))

    def _at_home(self, day: date) -> datetime:
        """Some time of the day at which volunteers see to their association's business."""
        return _wall(day, self._random.randint(9 * 60, 21 * 60)) + timedelta(
            seconds=self._random.randint(0, 59)
        )

    def _at_work(self, asked: datetime) -> datetime:
        """Some office hour of one of the next three days; of Monday, if that is at a weekend."""
        day = local(asked).date() + timedelta(days=self._random.randint(1, 3))
        day += timedelta(days=(0, 0, 0, 0, 0, 2, 1)[day.weekday()])
        return _wall(day, self._random.randint(8 * 60, 15 * 60 + 30))

    def _is_free(self, rules: RoomRules, period: Period) -> bool:
        taken = (held for space in rules.space_ids for held in self._taken.get(space, ()))
        return rules.hours.cover(period) and not any(
            clear.overlaps(period) for clear in kept_clear(rules, taken)
        )

    def _take(self, rules: RoomRules, period: Period, source: str = "booking") -> None:
        held = Held(period, source, rules.buffer_before_minutes, rules.buffer_after_minutes)
        for space in rules.space_ids:
            self._taken.setdefault(space, []).append(held)


def _stretches() -> list[range]:
    full = _WEEKS // _STRETCH_WEEKS
    starts = [n * _STRETCH_WEEKS for n in range(full)]
    return [range(start, end) for start, end in zip(starts, [*starts[1:], _WEEKS], strict=True)]


def _is_pause(day: date) -> bool:
    """Associations rest over Christmas."""
    return (day.month, day.day) >= (12, 19) or (day.month, day.day) <= (1, 6)


def _on(day: date, times: str) -> Period:
    opens, closes = minutes(times)
    return Period(_wall(day, opens), _wall(day, closes))


def _wall(day: date, minute: int) -> datetime:
    return instant(day, time(minute // 60, minute % 60))
