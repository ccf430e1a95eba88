"""Who races for whole series: one thing somebody does in one transaction, and what they are told. Knows services; no race."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, Protocol

from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.recurrence import Recurrence, Weekly
from booking.domain.requests import SeriesChange, SeriesRequest
from booking.domain.series import Times, period_on
from booking.errors import BookingError, PlanChanged, RoomTaken, SeriesRefused
from booking.services.bookings import cancel_booking, request_booking
from booking.services.series import request_series
from booking.services.series_changes import change_series, planned_change
from booking.services.series_dates import cancel_series
from booking.services.series_decisions import decide_series
from tests.support.world import NOW, World, booking_request

DATES = 26
FIRST = date(2027, 3, 9)  # a Tuesday
TUESDAYS = [FIRST + timedelta(weeks=n) for n in range(DATES)]
NOON, AFTERNOON, EVENING = (Times(time(hour), time(hour + 2)) for hour in (12, 14, 17))
LATE = Times(time(18), time(20))  # overlaps the evening


@dataclass(frozen=True)
class Told:
    """What a racer was told: done (with the id of what it made or changed), or the code and the days that were refused."""

    said: str
    id: int = 0
    days: tuple[date, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether it got what it wanted."""
        return self.said == "done"


@dataclass(frozen=True)
class Ask:
    """Anna asks for a series on these weekdays."""

    room_id: int
    times: Times = EVENING
    weekdays: tuple[int, ...] = (1,)
    skips: bool = False

    def act(self, session: Session, world: World) -> int:
        """Do it."""
        request = SeriesRequest(
            booking_request(world, room_id=self.room_id),
            Recurrence(Weekly(self.weekdays), FIRST, count=DATES),
            self.times,
            skips=self.skips,
        )
        return request_series(session, request, world.anna, NOW).series.id


@dataclass(frozen=True)
class Single:
    """Anna asks for a room once."""

    room_id: int
    day: date
    times: Times = EVENING

    def act(self, session: Session, world: World) -> int:
        """Do it."""
        request = booking_request(
            world, room_id=self.room_id, period=period_on(self.day, self.times)
        )
        return request_booking(session, request, world.anna, NOW).id


@dataclass(frozen=True)
class MoveAll:
    """Anna moves all dates of a series, as she saw it, or none."""

    series_id: int
    version: int
    times: Times

    def act(self, session: Session, world: World) -> int:
        """Do it."""
        change = SeriesChange(FIRST, times=self.times)
        plan = planned_change(session, self.series_id, change, actor=world.anna, now=NOW).plan
        _all_or_none(plan)
        try:
            done = change_series(
                session,
                self.series_id,
                self.version,
                change,
                plan.digest,
                actor=world.anna,
                now=NOW,
            )
        except PlanChanged as changed:
            _all_or_none(changed.plan)
            raise
        return done.id


def _all_or_none(plan: Any) -> None:
    refused = [step.day for step in plan.of("refused")]
    if refused:
        raise _Refused(refused)


class _Refused(Exception):
    def __init__(self, days: Sequence[date]) -> None:
        super().__init__()
        self.days = tuple(days)


@dataclass(frozen=True)
class CancelAll:
    """Anna calls a series off, as she saw it."""

    series_id: int
    version: int

    def act(self, session: Session, world: World) -> int:
        """Do it."""
        actor = world.anna
        return cancel_series(
            session, self.series_id, self.version, FIRST, None, actor=actor, now=NOW
        ).id


@dataclass(frozen=True)
class CancelOne:
    """Anna calls one booking off, as it was asked for."""

    booking_id: int

    def act(self, session: Session, world: World) -> int:
        """Do it."""
        return cancel_booking(session, self.booking_id, 1, None, actor=world.anna, now=NOW).id


@dataclass(frozen=True)
class DecideAll:
    """Veli decides on all dates of a series, as he saw it."""

    series_id: int
    version: int
    action: Any
    bookings: tuple[int, ...]

    def act(self, session: Session, world: World) -> int:
        """Do it."""
        actions = dict.fromkeys(self.bookings, self.action)
        return decide_series(
            session, self.series_id, self.version, actions, "Kilpa", actor=world.veli, now=NOW
        ).id


class Act(Protocol):
    """One thing somebody does in one transaction."""

    def act(self, session: Session, world: World) -> int:
        """Do it; the id of what was made or changed."""


def told(database: Database, world: World, act: Act) -> Told:
    """Do an act; what whoever did it is told."""
    try:
        return Told("done", transaction(database, lambda session: act.act(session, world)))
    except SeriesRefused as error:
        return Told("refused", days=tuple(one.day for one in error.dates))
    except _Refused as error:
        return Told("refused", days=error.days)
    except RoomTaken:
        return Told("taken")
    except BookingError as error:
        return Told(error.code)
