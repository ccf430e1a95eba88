"""Days of a room at a glance: free, partly free, full, closed. Pure; knows a room's rules and its days laid out, no page.

Days are local.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from booking.domain.free_time import Held, openings
from booking.domain.rooms import RoomRules
from booking.domain.texts import LocalText
from booking.web import week as weeks

# `past`: open, but nothing of it can be asked for, since it is too late or too early. `elsewhere`: booked in another service.
Look = Literal["free", "partly", "full", "past", "elsewhere", "closed"]


@dataclass(frozen=True, slots=True)
class DayLook:
    """A day of a room: how it looks, how many minutes can be asked for, and why its hours are other than usual."""

    day: date
    look: Look
    free_minutes: int
    because: LocalText | None


def looks(
    rules: RoomRules, held: Iterable[Held], first: date, now: datetime, count: int
) -> list[DayLook]:
    """The days from `first`, of a room with what holds it."""
    return [_look(rules, day) for day in weeks.days(rules, held, first, now, count)]


def _look(rules: RoomRules, day: weeks.Day) -> DayLook:
    opened = openings(rules, day.day, day.day)
    inside = [
        stretch
        for stretch in day.stretches
        if any(opening.overlaps(stretch.period) for opening in opened)
    ]
    kinds = {stretch.kind for stretch in inside}
    free = sum(stretch.period.minutes for stretch in inside if stretch.kind == "free")
    return DayLook(day.day, _kind(kinds), free, rules.hours.because(day.day))


def _kind(kinds: set[weeks.Kind]) -> Look:
    if not kinds:
        return "closed"
    if "elsewhere" in kinds:
        return "elsewhere"
    if "free" in kinds:
        return "partly" if kinds & {"taken", "blocked"} else "free"
    # Of a day that is nearly over, what is left can't be had either.
    return "past" if "past" in kinds else "full"
