"""Changing what is still to come of a series: other days, times, room, texts; fewer dates or more. The past is never touched.

A change is planned, shown date by date, and done only if it would still do what was shown (`PlanChanged`). Later dates that
become different from the earlier ones become a series of their own, which remembers where it comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.bookings import HOLDING
from booking.domain.requests import BookingEdit, BookingRequest, SeriesChange
from booking.domain.series_plan import Plan
from booking.errors import Forbidden, NotFound, PlanChanged, Stale
from booking.models import Booking, Series
from booking.queries.catalogue import catalogue
from booking.queries.series import dates_of, series_in_sight, version_of
from booking.services.changes import audited, is_staff_of, require_reason
from booking.services.series_locks import lock_series
from booking.services.series_planning import Planned, dates_to_change, plan_change, wish_of
from booking.services.series_rows import (
    add_dates,
    call_off,
    close_days,
    edit_dates,
    finish_dates,
    forget_skipped,
    move_dates,
    pattern_of,
    template_of,
)
from booking.services.series_shape import target_of
from booking.services.series_telling import tell_of_change
from booking.services.standing import lock_for_quota, require_locked_for_quota
from booking.services.waiting import offer_all_freed


def planned_change(
    session: Session, series_id: int, change: SeriesChange, *, actor: Actor, now: datetime
) -> Planned:
    """What a change would do to each date to come, as things are now; changes nothing.

    Raises NotFound, Forbidden, InvalidInput (what `days_of` raises; `series_over`: no date is to come).
    """
    series = series_in_sight(session, series_id, actor)
    _require_may_change(session, series, change, actor)
    bookings = dates_to_change(session, series, change.since, actor, now)
    return plan_change(session, series, change, bookings, actor=actor, now=now)


def change_series(
    session: Session,
    series_id: int,
    version: int,
    change: SeriesChange,
    digest: str,
    *,
    actor: Actor,
    now: datetime,
) -> Series:
    """Do what `planned_change` showed; the series that the changed dates are in now.

    `version`: what was seen of it, see `version_of`. `digest`: that of the plan that was shown. Raises NotFound, Forbidden,
    Stale, InvalidInput (`reason_required` of staff), PlanChanged (with the plan as it would be now), SeriesRefused (dates that
    can't take the new texts and numbers); nothing was done then.
    """
    series = locked_series(session, series_id, change, actor)
    if version_of(session, series) != version:
        raise Stale(version_of(session, series))
    bookings = dates_to_change(session, series, change.since, actor, now)
    if bookings and is_staff_of(bookings[0], bookings[0].room.unit_id, actor):
        require_reason(change.reason)
    plan = plan_change(session, series, change, bookings, actor=actor, now=now).plan
    if plan.digest != digest:
        raise PlanChanged(plan)
    left = [step.kept for step in plan.of("moves", "goes") if step.kept]
    target = _do(session, series, change, (bookings, plan), actor=actor, now=now)
    known = catalogue(session)
    offer_all_freed(session, [(known.room(one.room_id), one.period) for one in left], now)
    return target


def _do(
    session: Session,
    series: Series,
    change: SeriesChange,
    found: tuple[Sequence[Booking], Plan],
    *,
    actor: Actor,
    now: datetime,
) -> Series:
    """Do what was planned for these dates, and tell of it once; the series that they are in now."""
    bookings, plan = found
    before = {one.id: audited(one) for one in bookings}
    by_id = {one.id: one for one in bookings}
    template, target = _template(session, series, change, bookings), series
    # If no date can be had as it was wished, the rule stays what it was.
    if plan.of("refused") and plan.changes_nothing:
        change = replace(change, recurrence=None)
    else:
        target = target_of(session, series, change, bookings, actor=actor, now=now)
    going = [by_id[step.kept.booking_id] for step in plan.of("goes") if step.kept]
    call_off(session, going, change.reason, actor=actor, now=now)
    move_dates(session, plan, by_id, change, actor=actor, now=now)
    quiet = edit_dates(session, target, bookings, change, actor=actor, now=now)
    if change.recurrence is not None:
        forget_skipped(session, target, change)
    close_days(session, (series, target), {step.day for step in plan.of("moves", "comes")})
    come = add_dates(session, target, template, plan, actor=actor, now=now)
    changed = finish_dates(session, bookings, before, quiet, change.reason, actor=actor, now=now)
    series.version += 1
    if target is not series:
        target.version += 1
    session.flush()
    told = sorted([*changed, *come], key=lambda one: one.starts_at)
    tell_of_change(session, target, told, before, change.reason, actor=actor, now=now)
    return target


def _template(
    session: Session, series: Series, change: SeriesChange, bookings: Sequence[Booking]
) -> BookingRequest:
    """What the new dates say: the same as the others, edited; of rules of use only what was accepted for their room."""
    edit, pattern = change.edit or BookingEdit(), pattern_of(series, bookings)
    rules = catalogue(session).room(change.room_id or series.room_id)
    accepted = wish_of(pattern, rules, edit).terms_version
    return replace(template_of(pattern, edit), terms_version=accepted)


def locked_series(session: Session, series_id: int, change: SeriesChange, actor: Actor) -> Series:
    """The series, with the spaces of all rooms concerned and then its row and those of its bookings locked."""
    series = series_in_sight(session, series_id, actor)
    _require_may_change(session, series, change, actor)
    more = {change.room_id or series.room_id}
    for room_id in sorted({series.room_id, *more, *_rooms_held(session, series_id)}):
        lock_for_quota(session, series.organisation_id, room_id, actor)
    lock_series(session, series, more)
    known = catalogue(session)
    concerned = [known.room(room_id) for room_id in {series.room_id, *more}]
    require_locked_for_quota(session, concerned, series.organisation_id)
    return series


def _rooms_held(session: Session, series_id: int) -> set[int]:
    return {one.room_id for one in dates_of(session, series_id) if one.state in HOLDING}


def _require_may_change(
    session: Session, series: Series, change: SeriesChange, actor: Actor
) -> None:
    if not actor.changes(series.room.unit_id, series.organisation_id):
        raise Forbidden("not_your_booking")
    if change.room_id is None:
        return  # who has a room keeps the right to give it back, whatever it is now
    rules = catalogue(session).room(change.room_id)
    if not rules.published and not actor.decides_for(rules.unit_id):
        raise NotFound("room")
    if not actor.asks_for(rules.unit_id, series.organisation_id):
        raise Forbidden("not_your_booking")
