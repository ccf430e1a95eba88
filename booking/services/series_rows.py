"""What a change of a series does to its rows: dates called off, moved, edited, added, and the days left out that it closes.

Called by the services that change series, with the spaces of all rooms concerned, the series and its bookings locked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from booking.domain.access import Actor
from booking.domain.bookings import HOLDING
from booking.domain.local_time import local
from booking.domain.recurrence import days_of
from booking.domain.requests import BookingEdit, BookingRequest, SeriesChange
from booking.domain.series import TAKEN, Kept, Weighed
from booking.domain.series_plan import Plan
from booking.errors import DateRefused, PolicyRefusal, SeriesRefused
from booking.models import Booking, Room, Series, SkippedOccurrence, WaitingEntry
from booking.queries.catalogue import catalogue
from booking.queries.series import skipped_of
from booking.queries.waiting import LIVING
from booking.services.bookings import let_go
from booking.services.changes import audited, finish_change, is_staff_of, period_of
from booking.services.decisions import approve_by_itself
from booking.services.edits import ask_again, change_texts, needs_no_decision
from booking.services.occupancy import hold_for_bookings, release_booking
from booking.services.series import book_dates, params_of, skip
from booking.services.series_shape import times_of
from booking.services.standing import require_may_book
from booking.services.waiting import note_taken

Before = Mapping[int, dict[str, Any]]  # what the audit holds of each booking, before the change


def call_off(
    session: Session,
    bookings: Iterable[Booking],
    reason: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Cancel dates; their times are free at once. The telling is the caller's."""
    for booking in bookings:
        by_staff = is_staff_of(booking, booking.room.unit_id, actor)
        let_go(session, booking, reason, by_staff, tells=False, actor=actor, now=now)


def move_dates(
    session: Session,
    plan: Plan,
    by_id: Mapping[int, Booking],
    change: SeriesChange,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Give each date that moves its new time. All are released first: one may move to where another one was."""
    known, accepted = catalogue(session), change.edit.terms_version if change.edit else None
    moves = [
        (by_id[step.kept.booking_id], step.day, step.weighed.wished)
        for step in plan.of("moves")
        if step.kept is not None and step.weighed is not None
    ]
    for booking, _day, _wished in moves:
        release_booking(session, booking.id)
    for booking, day, wished in moves:
        assert wished.period is not None  # it may be had
        if wished.rules.terms_version is None:
            booking.terms_version = None
        elif accepted is not None or wished.rules.unit_id != booking.room.unit_id:
            booking.terms_version = accepted
        booking.room = session.get_one(Room, wished.rules.id, options=[joinedload(Room.unit)])
        booking.starts_at, booking.ends_at = wished.period.start, wished.period.end
        booking.series_day, booking.is_apart = day, False
        ask_again(booking, wished.rules, actor, now)
    session.flush()
    hold_for_bookings(
        session, [(one.id, wished.rules.space_ids, period_of(one)) for one, _day, wished in moves]
    )
    for organisation_id in {one.organisation_id for one, _day, _wished in moves}:
        taken = [(known.room(one.room_id), period_of(one)) for one, _day, _wished in moves]
        note_taken(session, organisation_id, taken)


def edit_dates(
    session: Session,
    target: Series,
    bookings: Iterable[Booking],
    change: SeriesChange,
    *,
    actor: Actor,
    now: datetime,
) -> dict[int, dict[str, str]]:
    """Write the new texts and numbers into the dates that are still to be; what the audit says of the quiet parts, by booking.

    `target`: the series they are in now. Raises SeriesRefused with all dates that can't take them.
    """
    if change.edit is None:
        return {}
    known = catalogue(session)
    unit_id = known.room(target.room_id).unit_id
    refused: list[DateRefused] = []
    quiet = {}
    for booking in bookings:
        if booking.state not in HOLDING:
            continue
        rules, edit = known.room(booking.room_id), change.edit
        if rules.unit_id != unit_id:
            # It is at another unit: the rules of use that were accepted are not that one's.
            edit = replace(edit, terms_version=None)
        try:
            quiet[booking.id] = change_texts(session, booking, rules, edit, actor=actor, now=now)
        except PolicyRefusal as error:
            day = booking.series_day or local(booking.starts_at).date()
            at = booking.starts_at, booking.ends_at
            refused.append(DateRefused(day, *at, error.refusals, ()))
    if refused:
        raise SeriesRefused(refused)
    return quiet


def forget_skipped(session: Session, target: Series, change: SeriesChange) -> None:
    """Days that were left out, and that the new rule does not have, are left out no longer, nor waited for."""
    assert change.recurrence is not None  # the days change
    days = set(days_of(change.recurrence))
    gone = {row.day for row in skipped_of(session, target.id) if row.day >= change.since} - days
    close_days(session, (target,), gone, had=False)


def close_days(
    session: Session, series: Iterable[Series], days: Collection[date], had: bool = True
) -> None:
    """Forget days that were left out: the series has a date there now, or wants none. They are waited for no more."""
    if not days:
        return
    ids = {one.id for one in series}
    session.execute(
        delete(SkippedOccurrence).where(
            SkippedOccurrence.series_id.in_(ids), SkippedOccurrence.day.in_(days)
        )
    )
    for entry in _waits_for(session, ids, days):
        entry.state, entry.offered_until = "taken" if had else "cancelled", None
    session.flush()


def _waits_for(session: Session, ids: set[int], days: Collection[date]) -> list[WaitingEntry]:
    living = select(WaitingEntry).where(
        WaitingEntry.series_id.in_(ids), WaitingEntry.state.in_(LIVING)
    )
    return [one for one in session.scalars(living) if local(one.starts_at).date() in days]


def _leave_out(session: Session, target: Series, dates: Iterable[Weighed]) -> None:
    """Keep days that can't be had, with their reason as it is now; who waits for one waits for its time as it is wished now."""
    known = {row.day: row for row in skipped_of(session, target.id)}
    for one in dates:
        day, period = one.wished.day, one.wished.period
        if day not in known:
            skip(session, target, one)
            continue
        known[day].code, known[day].params = one.code, params_of(one)
        for entry in _waits_for(session, {target.id}, {day}):
            entry.offered_until = None
            if one.code == TAKEN and period is not None:
                entry.state, entry.room_id = "waiting", one.wished.rules.id
                entry.starts_at, entry.ends_at = period.start, period.end
            else:
                entry.state = "cancelled"


def add_dates(
    session: Session,
    target: Series,
    template: BookingRequest,
    plan: Plan,
    *,
    actor: Actor,
    now: datetime,
) -> list[Booking]:
    """Ask for the new dates that can be had, and keep the others as left out. Raises Forbidden (an association at rest)."""
    left_out = [step.weighed for step in plan.of("skipped") if step.weighed is not None]
    _leave_out(session, target, left_out)
    come = [step.weighed for step in plan.of("comes") if step.weighed is not None]
    if not come:
        return []
    require_may_book(session, target.organisation)
    return book_dates(session, target, template, come, actor=actor, now=now)


def pattern_of(series: Series, bookings: Sequence[Booking]) -> Booking:
    """Of the dates of a series, at least one, that which further ones are like: the last that was not moved by itself."""
    times = times_of(series)

    def is_typical(one: Booking) -> tuple[bool, bool]:
        day = one.series_day or local(one.starts_at).date()
        kept = Kept(one.id, day, one.room_id, period_of(one))
        return kept.is_as_planned(times, series.room_id), one.state in HOLDING

    return max(reversed(bookings), key=is_typical)


def template_of(booking: Booking, edit: BookingEdit | None = None) -> BookingRequest:
    """What a further date of the series says: the same as this one, with what is edited."""
    template = BookingRequest(
        room_id=booking.room_id,
        organisation_id=booking.organisation_id,
        title=booking.title,
        activity=booking.activity,
        period=period_of(booking),
        people=booking.people,
        needs=booking.needs,
        needed_features=frozenset(booking.needed_features),
        is_public=booking.is_public,
        contact_name=booking.contact_name,
        contact_email=booking.contact_email,
        terms_version=booking.terms_version,
    )
    edited = {} if edit is None else vars(edit)
    return replace(template, **{name: new for name, new in edited.items() if new is not None})


def finish_dates(
    session: Session,
    bookings: Iterable[Booking],
    before: Before,
    quiet: Mapping[int, dict[str, str]],
    reason: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> list[Booking]:
    """Version, sequence, audit and feed text of each date that is different now; those already cancelled have theirs."""
    changed = []
    for booking in bookings:
        was, extra = before[booking.id], quiet.get(booking.id)
        if booking.state not in HOLDING:
            changed.append(booking)
        elif audited(booking) != was or extra:
            moved = any(was[name] != audited(booking)[name] for name in _MOVED)
            action = "move_booking" if moved else "edit_booking"
            finish_change(session, booking, action, was, reason, extra=extra, actor=actor, now=now)
            if moved and booking.state == "requested" and needs_no_decision(booking):
                approve_by_itself(session, booking, tells=False, now=now)
            changed.append(booking)
    return changed


_MOVED = ("starts_at", "ends_at", "room_id")
