"""What a change of a series would do to each of its dates, and whose dates those are; changes nothing. Knows rows and rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.bookings import HOLDING, Wish
from booking.domain.local_time import local
from booking.domain.recurrence import days_of
from booking.domain.requests import BookingEdit, SeriesChange
from booking.domain.rooms import RoomRules
from booking.domain.series import Around, Kept, Weighed, Wished, weighed
from booking.domain.series_plan import Plan, Target, Weigh, planned
from booking.errors import InvalidInput
from booking.models import Booking, Series, SkippedOccurrence, Unit
from booking.queries.catalogue import catalogue
from booking.queries.series import around_dates, dates_of, skipped_of
from booking.services.changes import is_staff_of, period_of
from booking.services.edits import approves_by_itself, asks_anew, needs_no_decision
from booking.services.series_rows import pattern_of
from booking.services.series_shape import times_of
from calendars.period import Period


@dataclass(frozen=True)
class Planned:
    """A change thought through: what it does to each date, and whether approved dates will have to be decided anew."""

    series: Series
    plan: Plan
    asks_again: bool


def plan_change(
    session: Session,
    series: Series,
    change: SeriesChange,
    bookings: Sequence[Booking],
    *,
    actor: Actor,
    now: datetime,
) -> Planned:
    """The change as things are now. `bookings`: the dates that the actor may change. Raises InvalidInput(`series_over`, …)."""
    if not bookings:
        raise InvalidInput("series_over", field="since")
    old = times_of(series)
    rules = catalogue(session).room(change.room_id or series.room_id)
    by_id = {one.id: one for one in bookings}
    is_elsewhere = change.times is not None or change.room_id is not None

    def is_planned(one: Kept) -> bool:
        # What was refused its new time before is tried again, but only by a change that is about time or place.
        is_tried = is_elsewhere and not by_id[one.booking_id].is_apart
        return is_tried or one.is_as_planned(old, series.room_id)

    off = [
        one
        for one in dates_of(session, series.id)
        if one.id not in by_id and one.series_day is not None and one.series_day >= change.since
    ]
    today = local(now).date()
    days = _days(change, bookings, skipped_of(session, series.id) if is_elsewhere else (), today)
    plan = planned(
        ([_kept(one) for one in bookings], [_kept(one) for one in off]),
        [day for day in days if day >= change.since],
        (rules, change.times or old),
        today,
        is_planned,
        _weigher(session, series, change, bookings, actor=actor, now=now),
    )
    return Planned(series, plan, _asks_again(session, plan, change, bookings, rules, actor))


def _weigher(
    session: Session,
    series: Series,
    change: SeriesChange,
    bookings: Sequence[Booking],
    *,
    actor: Actor,
    now: datetime,
) -> Weigh:
    """How the plan weighs dates: each with what its own booking says, new ones with what the others say."""
    rules = catalogue(session).room(change.room_id or series.room_id)
    by_id, pattern = {one.id: one for one in bookings}, pattern_of(series, bookings)
    by_staff = is_staff_of(pattern, pattern.room.unit_id, actor)

    def wish(booking: Booking) -> Wish:
        return wish_of(booking, rules, change.edit or BookingEdit(), by_staff)

    def weigh(targets: Sequence[Target], moving: Collection[int]) -> list[Weighed]:
        dates = [
            replace(wished, wish=wish(by_id[kept.booking_id] if kept else pattern))
            for wished, kept in targets
        ]
        return weigh_dates(session, series, dates, wish(pattern), moving, now)

    return weigh


def _kept(booking: Booking) -> Kept:
    day = booking.series_day or local(booking.starts_at).date()
    return Kept(booking.id, day, booking.room_id, period_of(booking))


def wish_of(booking: Booking, rules: RoomRules, edit: BookingEdit, by_staff: bool = False) -> Wish:
    """What the policy looks at of a date that is to be in this room, edited.

    Rules of use accepted before count as long as the unit stays the same; staff can accept none for an association, nor must
    those keep them from moving it.
    """
    accepted = edit.terms_version
    if by_staff:
        accepted = rules.terms_version
    elif accepted is None and rules.unit_id == booking.room.unit_id:
        accepted = booking.terms_version
    people = booking.people if edit.people is None else edit.people
    return Wish(period_of(booking), edit.activity or booking.activity, people, accepted)


def _asks_again(
    session: Session,
    plan: Plan,
    change: SeriesChange,
    bookings: Sequence[Booking],
    rules: RoomRules,
    actor: Actor,
) -> bool:
    moved = {step.kept.booking_id for step in plan.of("moves") if step.kept}
    there = session.get_one(Unit, rules.unit_id)
    more = change.edit.people if change.edit is not None else None

    def does(one: Booking) -> bool:
        if one.id in moved:
            knows = approves_by_itself(there, one.organisation)
            return asks_anew(one, rules.unit_id, actor) and not knows
        grows = more is not None and more > one.people
        here = one.room.unit_id
        return grows and asks_anew(one, here, actor) and not needs_no_decision(one)

    return any(does(one) for one in bookings)


def weigh_dates(
    session: Session,
    series: Series,
    dates: Sequence[Wished],
    wish: Wish,
    moving: Collection[int],
    now: datetime,
) -> list[Weighed]:
    """What stands against dates of a series, as things are now; the bookings `moving` are in nobody's way."""
    periods = [one.period for one in dates if one.period is not None]
    around = Around()
    if periods:
        span = Period(min(one.start for one in periods), max(one.end for one in periods))
        rooms = list({one.rules.id: one.rules for one in dates}.values())
        around = around_dates(session, rooms, span, series.organisation_id, moving)
    return weighed(dates, wish, around, now, moving)


def _days(
    change: SeriesChange,
    bookings: Sequence[Booking],
    skipped: Sequence[SkippedOccurrence],
    today: date,
) -> list[date]:
    """The days that the changed series is to have; those that were left out are tried again at another time or place."""
    if change.recurrence is not None:
        return days_of(change.recurrence)
    again = {row.day for row in skipped if row.day > today}
    return sorted({_kept(one).day for one in bookings} | again)


def dates_to_change(
    session: Session, series: Series, since: date, actor: Actor, now: datetime
) -> list[Booking]:
    """The dates to come from the day `since` on that are the actor's to change: one moved to another unit is that unit's."""
    return [
        one
        for one in dates_of(session, series.id)
        if one.state in HOLDING
        and one.starts_at > now
        and one.series_day is not None
        and one.series_day >= since
        and actor.changes(one.room.unit_id, one.organisation_id)
    ]
