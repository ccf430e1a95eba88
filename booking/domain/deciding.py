"""What happens by itself to a request that nobody decides, and when; who may decide; which season a booking counts in. Pure.

Assumed: the hours of a unit's settings are counted by the clock, over nights and weekends too, from when it was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, Protocol

from booking.domain.access import Actor
from booking.domain.local_time import day_period
from calendars.period import Period

StepName = Literal["remind", "pass_to_stand_in", "pass_to_coordinator", "lapse"]
# How far a request has gone; kept as a number on its row, so that a step done twice is done once.
ASKED, REMINDED, WITH_STAND_IN, WITH_COORDINATOR = range(4)
# What brings a request so far; lapsing ends it.
REACHED: dict[StepName, int] = {
    "remind": REMINDED,
    "pass_to_stand_in": WITH_STAND_IN,
    "pass_to_coordinator": WITH_COORDINATOR,
}
# A decision's mail waits so long, and can be taken back with it: a slip of the hand on a phone harms nobody.
UNDO_WITHIN = timedelta(minutes=3)
# Assumed: of the time between asking and the date, who decides last is told when so much has passed.
_LATEST = 0.75
# Assumed: associations plan in two seasons, from January and from August.
_AUTUMN = 8

# How many hours after asking each step comes, for a unit that has not said otherwise; lapsing and approving by itself are off.
DECIDING_AT_FIRST: dict[str, Any] = {
    "remind_after_hours": 48,
    "stand_in_after_hours": 96,
    "coordinator_after_hours": 168,
    "lapse_after_hours": None,
    "approves_by_itself": False,
    "remind_days_before": 3,
    "late_cancel_hours": 24,
}


class Undecided(Protocol):
    """What counts of a request."""

    @property
    def escalation(self) -> int: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def asked_at(self) -> datetime | None: ...
    @property
    def starts_at(self) -> datetime: ...


class Deadlines(Protocol):
    """What counts of its unit: hours after asking."""

    @property
    def remind_after_hours(self) -> int: ...
    @property
    def stand_in_after_hours(self) -> int: ...
    @property
    def coordinator_after_hours(self) -> int: ...
    @property
    def lapse_after_hours(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to an undecided request, and when (UTC)."""

    name: StepName
    at: datetime


def may_decide(request: Undecided, unit_id: int, actor: Actor) -> bool:
    """Whether the actor decides on this request: the unit's approvers; the coordinator once it has been passed on."""
    passed_on = request.escalation >= WITH_COORDINATOR and actor.is_coordinator
    return actor.decides_for(unit_id) or passed_on


def asked_at(request: Undecided) -> datetime:
    """Since when a request waits: an approved booking changed by its people is a new request."""
    return request.asked_at or request.created_at


def next_step(request: Undecided, unit: Deadlines) -> Step | None:
    """What happens next if nobody decides; None when nothing does before it begins."""
    return next(iter(_ahead(request, unit)), None)


def due_step(request: Undecided, unit: Deadlines, now: datetime) -> StepName | None:
    """The step that is due: of several the last, since who is told of it needs no earlier one."""
    if request.starts_at <= now:
        return None
    due = [step for step in _ahead(request, unit) if step.at <= now]
    return due[-1].name if due else None


def _ahead(request: Undecided, unit: Deadlines) -> list[Step]:
    since = asked_at(request)
    hours: list[tuple[StepName, int | None]] = [
        ("remind", unit.remind_after_hours),
        ("pass_to_stand_in", unit.stand_in_after_hours),
        ("pass_to_coordinator", unit.coordinator_after_hours),
        ("lapse", unit.lapse_after_hours),
    ]
    # Asked at short notice, the steps come closer together: the coordinator has the last quarter of the time that is left.
    room = (request.starts_at - since) * _LATEST
    longest = timedelta(hours=unit.coordinator_after_hours)
    scale = min(1.0, room / longest) if longest else 1.0
    return [
        Step(name, since + timedelta(hours=after) * (1.0 if name == "lapse" else scale))
        for name, after in hours
        if after is not None
        and request.escalation < REACHED.get(name, WITH_COORDINATOR + 1)
        and (name != "lapse" or since + timedelta(hours=after) < request.starts_at)
    ]


def season_span(day: date) -> Period:
    """The half of the year that `day` lies in as associations plan it: January to July, or August to December."""
    first, last = (1, _AUTUMN) if day.month < _AUTUMN else (_AUTUMN, 13)
    start = day_period(date(day.year, first, 1)).start
    until = date(day.year, last, 1) if last <= 12 else date(day.year + 1, 1, 1)
    return Period(start, day_period(until).start)
