"""States of a booking, what leads from one to another, and the one policy every wish is held to. Pure.

The policy speaks in codes (`REFUSALS`); each is a rule a unit can set or the county has decided. Order matters: a person reads
the first refusal first. Source of the order: DESIGN 2.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from booking.domain.local_time import day_period, local
from booking.domain.rooms import MINUTES_OF_DAY, RoomRules
from booking.errors import Refusal, WrongState
from calendars.period import Period

State = Literal["requested", "approved", "rejected", "cancelled", "lapsed"]
STATES: tuple[State, ...] = ("requested", "approved", "rejected", "cancelled", "lapsed")

HOLDING = frozenset({"requested", "approved"})  # states that hold the room's time
CHANGEABLE = HOLDING  # states in which time, room or text may still be changed

Action = Literal["approve", "reject", "cancel", "lapse", "ask_again", "undo"]
TRANSITIONS: dict[tuple[str, str], State] = {
    ("requested", "approve"): "approved",
    ("requested", "reject"): "rejected",
    ("requested", "cancel"): "cancelled",
    ("requested", "lapse"): "lapsed",
    ("approved", "cancel"): "cancelled",
    # Its asker moved it, or brings more people: the unit decides anew. The new time is held meanwhile.
    ("approved", "ask_again"): "requested",
    # Who decided takes it back within minutes, before anybody was told.
    ("approved", "undo"): "requested",
    ("rejected", "undo"): "requested",
}

# Every code of the policy. 422 in the API; `room_taken` is not among them, it is a conflict (409).
REFUSALS = (
    "not_published",
    "activity_not_allowed",
    "closed",
    "not_available_then",
    "too_late",
    "beyond_horizon",
    "wrong_step",
    "too_short",
    "too_long",
    "too_many_people",
    "terms_not_accepted",
    "quota_exceeded",
    "buffer",
)


# Refusals that no other time would lift.
WHATEVER_THE_TIME = frozenset(
    {"not_published", "activity_not_allowed", "too_short", "too_long", "too_many_people"}
)


def next_state(state: str, action: Action) -> State:
    """The state after `action`; raises WrongState when the table has no such step."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise WrongState(state, action) from None


@dataclass(frozen=True, slots=True)
class Wish:
    """What the policy looks at: how many people want to do what, and when; which version of the rules of use they accept."""

    period: Period
    activity: str
    people: int
    terms_version: int | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """A booking that holds one of the room's spaces, with the buffers of the room it was made for, in minutes."""

    period: Period
    before_minutes: int
    after_minutes: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rows say around a wish: bookings near it, and the minutes its organisation holds already, by quota period."""

    near: Sequence[Near] = ()
    used_minutes: Mapping[str, int] = field(default_factory=dict)


def refusals_of_room(rules: RoomRules, wish: Wish, now: datetime) -> list[Refusal]:
    """Every rule that says no whoever asks, as far as the room's own rules tell; what a search goes by."""
    return [
        *_use(rules, wish),
        *refusals_of_time(rules, wish.period, now),
        *_people(rules, wish),
    ]


def refusals_of_time(rules: RoomRules, period: Period, now: datetime) -> list[Refusal]:
    """Every rule that says no to the time alone. The same for all rooms of one `RoomRules.time_key`."""
    return [
        *_until(rules, period),
        *_hours(rules, period),
        *_evening(rules, period),
        *_window(rules, period, now),
        *_slot(rules, period),
    ]


def refusals_at_asking(
    rules: RoomRules, wish: Wish, now: datetime, standing: Standing
) -> list[Refusal]:
    """Every rule that says no to asking for, or moving to, this time; empty when all of them allow it."""
    return [
        *refusals_of_room(rules, wish, now),
        *_terms(rules, wish),
        *_quotas(rules, wish, standing),
        *buffer_refusals(rules, wish.period, standing.near),
    ]


def refusals_at_deciding(rules: RoomRules, wish: Wish, standing: Standing) -> list[Refusal]:
    """The rules checked again before a yes: a room may have been closed, or its capacity lowered, since it was asked for.

    Notice, horizon, slot rules and quotas count at asking and moving only: the asker was in time then.
    """
    return [
        *_use(rules, wish),
        *_until(rules, wish.period),
        *_hours(rules, wish.period),
        *_evening(rules, wish.period),
        *_people(rules, wish),
        *_terms(rules, wish),
        *buffer_refusals(rules, wish.period, standing.near),
    ]


def quota_span(per: str, instant: datetime) -> Period:
    """The local week (from Monday), month or year that `instant` lies in."""
    day = local(instant).date()
    if per == "week":
        first = day - timedelta(days=day.weekday())
        last = first + timedelta(days=7)
    elif per == "month":
        first = day.replace(day=1)
        last = (first + timedelta(days=31)).replace(day=1)
    else:
        first, last = day.replace(month=1, day=1), day.replace(year=day.year + 1, month=1, day=1)
    return Period(day_period(first).start, day_period(last).start)


def buffer_refusals(rules: RoomRules, period: Period, near: Iterable[Near]) -> list[Refusal]:
    """The gap to a booking before must be as long as the longer of its buffer after and ours before; likewise behind.

    Only bookings keep their distance: a block, or what another calendar says, may touch a buffer.
    """
    for other in near:
        if other.period.end <= period.start:
            gap = period.start - other.period.end
            needed = max(other.after_minutes, rules.buffer_before_minutes)
        elif period.end <= other.period.start:
            gap = other.period.start - period.end
            needed = max(rules.buffer_after_minutes, other.before_minutes)
        else:
            continue  # it overlaps: that is a conflict, and told as one
        if gap < timedelta(minutes=needed):
            params = {
                "buffer_minutes": needed,
                "taken_from": other.period.start,
                "taken_until": other.period.end,
            }
            return [Refusal("buffer", "starts_at", params)]
    return []


def _use(rules: RoomRules, wish: Wish) -> list[Refusal]:
    found = []
    if not rules.is_lent:
        found.append(Refusal("not_published", "room_id", {"elsewhere": rules.elsewhere_url}))
    if wish.activity not in rules.activities:
        params = {
            "allowed": sorted(rules.activities),
            "because": rules.activity_reasons.get(wish.activity),
        }
        found.append(Refusal("activity_not_allowed", "activity", params))
    return found


def _until(rules: RoomRules, period: Period) -> list[Refusal]:
    until = rules.available_until
    if until is None or period.end <= day_period(until).end:
        return []
    return [Refusal("not_available_then", "starts_at", {"until": until})]


def _hours(rules: RoomRules, period: Period) -> list[Refusal]:
    if rules.hours.cover(period):
        return []
    day = local(period.start).date()
    params = {"day": day, "open": rules.hours.on(day), "because": rules.hours.because(day)}
    return [Refusal("closed", "starts_at", params)]


def _evening(rules: RoomRules, period: Period) -> list[Refusal]:
    latest = rules.latest_end_minute
    if latest is None:
        return []
    start, end = local(period.start), local(period.end)
    minute = end.hour * 60 + end.minute
    if start.date() == end.date() and minute <= latest:
        return []
    # The midnight that ends the day is minute 1440 of that day.
    if minute == 0 and latest == MINUTES_OF_DAY and end.date() - start.date() == timedelta(days=1):
        return []
    return [Refusal("not_available_then", "ends_at", {"latest_minute": latest})]


def _window(rules: RoomRules, period: Period, now: datetime) -> list[Refusal]:
    if period.start < now + timedelta(minutes=rules.notice_minutes):
        return [Refusal("too_late", "starts_at", {"notice_minutes": rules.notice_minutes})]
    if period.end > now + timedelta(days=rules.horizon_days):
        return [Refusal("beyond_horizon", "starts_at", {"horizon_days": rules.horizon_days})]
    return []


def _slot(rules: RoomRules, period: Period) -> list[Refusal]:
    found = []
    wall = local(period.start)
    length = (period.end - period.start).total_seconds() / 60
    minute = wall.hour * 60 + wall.minute + (wall.second + wall.microsecond / 1e6) / 60
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


def _terms(rules: RoomRules, wish: Wish) -> list[Refusal]:
    if rules.terms_version is None or wish.terms_version == rules.terms_version:
        return []
    return [Refusal("terms_not_accepted", "terms_version", {"terms_version": rules.terms_version})]


def _quotas(rules: RoomRules, wish: Wish, standing: Standing) -> list[Refusal]:
    length = int((wish.period.end - wish.period.start).total_seconds() // 60)
    for quota in rules.quotas:
        used = standing.used_minutes.get(quota.per, 0)
        if used + length > quota.limit_minutes:
            params = {
                "per": quota.per,
                "limit_minutes": quota.limit_minutes,
                "used_minutes": used,
            }
            return [Refusal("quota_exceeded", "starts_at", params)]
    return []
