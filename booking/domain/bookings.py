"""States of a booking, what leads from one to another, and the one policy every wish is held to. Pure.

The policy speaks in codes (`REFUSALS`); each is a rule a unit can set or the county has decided. Order matters: a person reads
the first refusal first. Source of the order: DESIGN 2.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from booking.domain.local_time import HELSINKI
from booking.domain.rooms import RoomRules
from booking.errors import Refusal, WrongState
from calendars.period import Period

State = Literal["requested", "approved", "rejected", "cancelled", "lapsed"]
STATES: tuple[State, ...] = ("requested", "approved", "rejected", "cancelled", "lapsed")

HOLDING = frozenset({"requested", "approved"})  # states that hold the room's time
CHANGEABLE = HOLDING  # states in which time, room or text may still be changed

Action = Literal["approve", "reject", "cancel", "lapse", "ask_again"]
TRANSITIONS: dict[tuple[str, str], State] = {
    ("requested", "approve"): "approved",
    ("requested", "reject"): "rejected",
    ("requested", "cancel"): "cancelled",
    ("requested", "lapse"): "lapsed",
    ("approved", "cancel"): "cancelled",
    # Its asker moved it, or brings more people: the unit decides anew. The new time is held meanwhile.
    ("approved", "ask_again"): "requested",
}

# Every code of the policy. 422 in the API; `room_taken` is not among them, it is a conflict (409).
REFUSALS = (
    "not_published",
    "activity_not_allowed",
    "closed",
    "too_late",
    "beyond_horizon",
    "wrong_step",
    "too_short",
    "too_long",
    "too_many_people",
)


def next_state(state: str, action: Action) -> State:
    """The state after `action`; raises WrongState when the table has no such step."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise WrongState(state, action) from None


@dataclass(frozen=True, slots=True)
class Wish:
    """What the policy looks at: how many people want to do what, and when."""

    period: Period
    activity: str
    people: int


def refusals_at_asking(rules: RoomRules, wish: Wish, now: datetime) -> list[Refusal]:
    """Every rule that says no to asking for, or moving to, this time; empty when the room's rules allow it."""
    return [
        *_use(rules, wish),
        *_hours(rules, wish.period),
        *_window(rules, wish.period, now),
        *_slot(rules, wish.period),
        *_people(rules, wish),
    ]


def refusals_at_deciding(rules: RoomRules, wish: Wish) -> list[Refusal]:
    """The rules checked again before a yes: a room may have been closed, or its capacity lowered, since it was asked for.

    Notice, horizon and slot rules count at asking and moving only: the asker was in time then.
    """
    return [*_use(rules, wish), *_hours(rules, wish.period), *_people(rules, wish)]


def _use(rules: RoomRules, wish: Wish) -> list[Refusal]:
    found = []
    if not (rules.published and rules.unit_is_open):
        found.append(Refusal("not_published", "room_id"))
    if wish.activity not in rules.activities:
        found.append(
            Refusal("activity_not_allowed", "activity", {"allowed": sorted(rules.activities)})
        )
    return found


def _hours(rules: RoomRules, period: Period) -> list[Refusal]:
    if rules.hours.cover(period):
        return []
    day = period.start.astimezone(HELSINKI).date()
    params = {
        "day": day,
        "open": rules.hours.on(day),
        "because": rules.hours.closed_because.get(day),
    }
    return [Refusal("closed", "starts_at", params)]


def _window(rules: RoomRules, period: Period, now: datetime) -> list[Refusal]:
    if period.start < now + timedelta(minutes=rules.notice_minutes):
        return [Refusal("too_late", "starts_at", {"notice_minutes": rules.notice_minutes})]
    if period.end > now + timedelta(days=rules.horizon_days):
        return [Refusal("beyond_horizon", "starts_at", {"horizon_days": rules.horizon_days})]
    return []


def _slot(rules: RoomRules, period: Period) -> list[Refusal]:
    found = []
    local = period.start.astimezone(HELSINKI)
    length = (period.end - period.start).total_seconds() / 60
    minute = local.hour * 60 + local.minute + (local.second + local.microsecond / 1e6) / 60
    if minute % rules.step_minutes or length % rules.step_minutes:
        found.append(Refusal("wrong_step", "starts_at", {"step_minutes": rules.step_minutes}))
    if length < rules.min_minutes:
        found.append(Refusal("too_short", "ends_at", {"min_minutes": rules.min_minutes}))
    if length > rules.max_minutes:
        found.append(Refusal("too_long", "ends_at", {"max_minutes": rules.max_minutes}))
    return found


def _people(rules: RoomRules, wish: Wish) -> list[Refusal]:
    if wish.people <= rules.capacity:
        return []
    return [Refusal("too_many_people", "people", {"capacity": rules.capacity})]
