"""When rooms are next free, and which dates of a season they have. Held time from the rows, rules from the catalogue.

The next free time is looked for in windows of a week, two, four …: most rooms are found in the first, and each window is one
question for all rooms still without a time (PERFORMANCE, "Shapes").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.domain.bookings import Near, buffer_refusals, refusals_of_time
from booking.domain.free_time import kept_clear, next_free
from booking.domain.rooms import RoomRules, has_all
from booking.queries.availability import Wanted, in_scope
from booking.queries.catalogue import catalogue
from booking.queries.gaps import held_beside_gaps
from booking.queries.held import bookings_near_slots, busy_slots, foreign_near, held_in_rooms
from calendars.period import Period, merged

_WEEK = timedelta(days=7)
LONGEST_SEASON = 53  # weeks


def next_free_times(
    session: Session, rooms: Sequence[RoomRules], minutes: int, start: datetime, now: datetime
) -> dict[int, Period]:
    """For each room the first stretch of `minutes` from `start` on that may be asked for; a room without one is left out."""
    return next_free_of_lengths(session, [(room, minutes) for room in rooms], start, now)


def next_free_of_lengths(
    session: Session, wanted: Sequence[tuple[RoomRules, int]], start: datetime, now: datetime
) -> dict[int, Period]:
    """The same where each room is wanted for minutes of its own."""
    lengths = {room.id: minutes for room, minutes in wanted}
    pending = [room for room, _minutes in wanted if room.is_lent]
    found: dict[int, Period] = {}
    if not pending:
        return found
    known = catalogue(session)
    shortest, longest = min(lengths.values()), timedelta(minutes=max(lengths.values()))
    window = Period(start, start + _WEEK)
    while pending:
        # A stretch may begin within the window and end behind it.
        looked_at = Period(window.start, window.end + longest)
        clear = _held_beside_gaps(session, pending, looked_at, shortest)
        free = {
            room.id: next_free(room, clear[room.id], lengths[room.id], window, now)
            for room in pending
        }
        # Buffers only make gaps smaller. They cost a join, so they are read where there is a gap at all.
        near = [room for room in pending if room.id in known.buffered and free[room.id]]
        if near:
            held = held_in_rooms(session, near, looked_at, known.longest_buffer)
            for room in near:
                kept = kept_clear(room, held[room.id])
                free[room.id] = next_free(room, kept, lengths[room.id], window, now)
        found |= {room: period for room, period in free.items() if period is not None}
        pending = [
            room
            for room in pending
            if room.id not in found and window.end < now + timedelta(days=room.horizon_days)
        ]
        window = Period(window.end, window.end + 2 * (window.end - window.start))
    return found


def _held_beside_gaps(
    session: Session, rooms: Sequence[RoomRules], window: Period, minutes: int
) -> dict[int, list[Period]]:
    """What holds each room, sorted, merged, buffers left out. Gaps shorter than `minutes` may count as held."""
    spaces = {space for room in rooms for space in room.space_ids}
    ours = held_beside_gaps(session, spaces, window, minutes)
    foreign = foreign_near(session, spaces, window)
    found = {}
    for room in rooms:
        periods = [period for space in room.space_ids for period in ours.get(space, ())]
        periods += [period for space in room.space_ids for period in foreign.get(space, ())]
        # Of one space, and nothing foreign: they are sorted and apart already.
        found[room.id] = merged(periods) if len(room.space_ids) > 1 or foreign else periods
    return found


@dataclass(frozen=True)
class SeasonFound:
    """A room and the dates of a weekly wish (`dates` in all). Masks: bit n stands for the date with the index n."""

    room: RoomRules
    dates: int
    held: int  # a mask: the dates at which somebody has the room
    too_near: int  # a mask: those too near to a booking that keeps its distance
    refused: Mapping[int, str]  # those that the room's rules refuse: index → code

    @property
    def free(self) -> int:
        """How many of the dates may be asked for."""
        mask = self.held | self.too_near
        return self.dates - mask.bit_count() - sum(not mask >> index & 1 for index in self.refused)

    @property
    def taken(self) -> dict[int, str]:
        """The index of each date that can't be had → the first reason, a code. The rules come first, as in the policy."""
        found: dict[int, str] = {}
        for index in range(self.dates):
            if index in self.refused:
                found[index] = self.refused[index]
            elif self.held >> index & 1:
                found[index] = "room_taken"
            elif self.too_near >> index & 1:
                found[index] = "buffer"
        return found


def season_found(
    session: Session, wanted: Wanted, slots: Sequence[Period | None], now: datetime
) -> tuple[list[SeasonFound], list[SeasonFound]]:
    """The rooms that fit a weekly wish, most free dates first: those with all wanted features, and those of which one is
    unknown. A slot that is None (the clocks skip it) is free nowhere: `missing_hour`.
    """
    season = _Season(session, slots, now)
    sure: list[SeasonFound] = []
    unsure: list[SeasonFound] = []
    for room in in_scope(season.known, wanted):
        fit = has_all(room, wanted.features)
        can_be_lent = room.is_lent and wanted.wish.activity in room.activities
        if fit != "no" and can_be_lent and wanted.wish.people <= room.capacity:
            (sure if fit == "yes" else unsure).append(season.found(room))
    for rooms in (sure, unsure):
        # Sorting is stable: rooms that fit alike stay in the catalogue's order.
        rooms.sort(key=lambda one: (-one.free, one.room.capacity))
    return sure, unsure


def dates_of_room(
    session: Session, room: RoomRules, slots: Sequence[Period | None], now: datetime
) -> SeasonFound:
    """The dates of a weekly wish in one room."""
    return _Season(session, slots, now).found(room)


class _Season:
    """What holds, and what rules say to, each slot. Held time is read once; rooms whose rules of time are the same are asked
    once.
    """

    def __init__(self, session: Session, slots: Sequence[Period | None], now: datetime) -> None:
        self.known = catalogue(session)
        self._now = now
        self._dates = len(slots)
        self._missing = {n: "missing_hour" for n, slot in enumerate(slots) if slot is None}
        # The number of a slot among those that there are → its index among all dates.
        self._numbered = [(n, slot) for n, slot in enumerate(slots) if slot is not None]
        periods = [slot for _n, slot in self._numbered]
        self._masks = busy_slots(session, periods) if periods else {}
        self._by_rules: dict[object, dict[int, str]] = {}
        self._near = self._bookings_near(session, periods)

    def found(self, room: RoomRules) -> SeasonFound:
        """What the season's dates are like in this room."""
        mask = 0
        for space in room.space_ids:
            mask |= self._masks.get(space, 0)
        refused = self._by_rules.get(room.time_key)
        if refused is None:
            refused = self._by_rules[room.time_key] = self._missing | {
                n: refusals[0].code
                for n, slot in self._numbered
                if (refusals := refusals_of_time(room, slot, self._now))
            }
        return SeasonFound(room, self._dates, self._spread(mask), self._too_near(room), refused)

    def _spread(self, mask: int) -> int:
        """A mask of slots as one of dates."""
        if not self._missing:
            return mask
        return sum(1 << n for at, (n, _slot) in enumerate(self._numbered) if mask >> at & 1)

    def _bookings_near(
        self, session: Session, slots: Sequence[Period]
    ) -> dict[int, list[tuple[int, Near]]]:
        buffered = self.known.buffered
        spaces = {space for room in buffered for space in self.known.rooms[room].space_ids}
        found: dict[int, list[tuple[int, Near]]] = defaultdict(list)
        if spaces and slots:
            margin = timedelta(minutes=self.known.longest_buffer)
            for at, space, near in bookings_near_slots(session, slots, spaces, margin):
                found[space].append((at, near))
        return found

    def _too_near(self, room: RoomRules) -> int:
        mask = 0
        if room.id in self.known.buffered:
            for space in room.space_ids:
                for at, near in self._near.get(space, ()):
                    index, slot = self._numbered[at]
                    if buffer_refusals(room, slot, [near]):
                        mask |= 1 << index
        return mask
