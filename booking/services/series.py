"""Asking for many dates at once. Each date becomes a booking of its own; the series keeps the rule, for editing.

One transaction under the locks of all rooms concerned: all dates that were promised are had, or none. A date that can't be had is
refused with all others that can't, or kept as skipped with its reason, if that was wished.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session, joinedload

from booking.domain.access import Actor
from booking.domain.bookings import Wish
from booking.domain.local_time import day_period, local
from booking.domain.recurrence import days_of, rrule_of
from booking.domain.requests import BookingRequest, Instead, SeriesRequest
from booking.domain.rooms import RoomRules
from booking.domain.series import TAKEN, Around, Weighed, Wished, weighed, wished_on
from booking.domain.texts import LocalText
from booking.errors import DateRefused, Forbidden, InvalidInput, NotFound, SeriesRefused
from booking.models import (
    Booking,
    Organisation,
    Room,
    Series,
    SkippedOccurrence,
    WaitingEntry,
)
from booking.queries.catalogue import Catalogue, catalogue
from booking.queries.series import around_dates
from booking.queries.series_offers import Offer, offers
from booking.services.audit import record
from booking.services.bookings import contact_of, new_booking
from booking.services.changes import audited, period_of
from booking.services.decisions import approve_by_itself
from booking.services.edits import needs_no_decision
from booking.services.occupancy import hold_for_bookings, locked_rooms
from booking.services.series_mails import DeciderKind, tell_asker_of_series
from booking.services.series_telling import tell_units_of_series
from booking.services.standing import (
    keep_from_erasing,
    lock_for_quota,
    require_locked_for_quota,
    require_may_book,
)
from booking.services.waiting import living_waits, note_taken
from calendars.period import Period

# Dates that the series of one association wait for; more is no plan but a hoard.
MOST_AWAITED = 53
_LONGEST = timedelta(days=1)


@dataclass(frozen=True)
class Booked:
    """A new series: its bookings by day, and the days that were left out."""

    series: Series
    bookings: Sequence[Booking]
    skipped: Sequence[SkippedOccurrence]


@dataclass(frozen=True)
class PlannedSeries:
    """A series thought through: every date by day, with what stands against it, and what could be had instead of those."""

    dates: Sequence[Weighed]
    offers: Mapping[date, Offer]


def planned_series(session: Session, request: SeriesRequest, now: datetime) -> PlannedSeries:
    """Every date of the series and what stands against it, as things are now; changes nothing.

    Raises NotFound (a room), InvalidInput (what `days_of` raises; `bad_date` for another time on a day that is none of them,
    `bad_choice` for another room whose own rules of use have not been accepted).
    """
    dates, around = _weigh(session, request, _wished(catalogue(session), request), now)
    refused = [one for one in dates if not one.is_free]
    template = request.template
    found = offers(session, refused, template.wish, template.needed_features, around, now)
    return PlannedSeries(dates, found)


def _wished(known: Catalogue, request: SeriesRequest) -> list[Wished]:
    days = days_of(request.recurrence)
    if not request.instead.keys() <= set(days):
        raise InvalidInput("bad_date", field="instead")
    dates = wished_on(days, known.room(request.template.room_id), request.times)
    return [_instead(known, request, one) for one in dates]


def _instead(known: Catalogue, request: SeriesRequest, one: Wished) -> Wished:
    other = request.instead.get(one.day)
    if other is None:
        return one
    rules = known.room(other.room_id)
    if rules.terms_version is not None and rules.unit_id != one.rules.unit_id:
        # What was accepted are the rules of use of the series' own unit.
        raise InvalidInput("bad_choice", field="instead")
    return instead_of(one.day, rules, other)


def instead_of(day: date, rules: RoomRules, other: Instead) -> Wished:
    """A date of a series at another time or in another room. Raises InvalidInput(`bad_choice`) unless it is on that day."""
    period = other.period
    if local(period.start).date() != day or period.end - period.start > _LONGEST:
        raise InvalidInput("bad_choice", field="instead")
    return Wished(day, rules, period)


def _weigh(
    session: Session, request: SeriesRequest, dates: Sequence[Wished], now: datetime
) -> tuple[list[Weighed], Around]:
    periods = [one.period for one in dates if one.period is not None]
    around = Around()
    if periods:
        # Whole days: another time of the first or the last one is weighed with it too.
        first, last = min(one.start for one in periods), max(one.end for one in periods)
        # …and may end on the next one.
        end = day_period(local(last).date()).end + _LONGEST
        span = Period(day_period(local(first).date()).start, end)
        rooms = list({one.rules.id: one.rules for one in dates}.values())
        around = around_dates(session, rooms, span, request.template.organisation_id)
    return weighed(dates, request.template.wish, around, now), around


def request_series(session: Session, request: SeriesRequest, actor: Actor, now: datetime) -> Booked:
    """Ask for the dates of a series; each is `requested` and holds its time until it is decided.

    Raises NotFound, Forbidden, InvalidInput, and SeriesRefused: with all dates that can't be had, unless those may be left out
    and any other can.
    """
    rooms = _locked(session, request, actor)
    organisation = _organisation(session, request, rooms, actor)
    require_locked_for_quota(session, rooms, organisation.id)
    dates, _around = _weigh(session, request, _wished(catalogue(session), request), now)
    refused = [one for one in dates if not one.is_free]
    if refused and not (len(refused) < len(dates) and _may_leave_out(request, refused)):
        raise SeriesRefused([refusal_of(one) for one in refused])
    series = _new_series(session, request, organisation, actor, now)
    free = [one for one in dates if one.is_free]
    bookings = book_dates(session, series, request.template, free, actor=actor, now=now)
    skipped = [skip(session, series, one) for one in refused]
    if request.waits:
        _wait(session, series, request.template.wish, refused, actor, now)
    for booking in bookings:
        booking.is_apart = booking.series_day in request.instead
    booked = Booked(series, bookings, skipped)
    _record(session, booked, actor=actor, now=now)
    _tell(session, booked, actor=actor, now=now)
    return booked


def _may_leave_out(request: SeriesRequest, refused: Iterable[Weighed]) -> bool:
    seen = request.left_out
    return request.skips and (seen is None or all(one.wished.day in seen for one in refused))


def _tell(session: Session, booked: Booked, *, actor: Actor, now: datetime) -> None:
    told = booked.bookings
    if all(booking.state == "approved" for booking in told):
        tell_asker_of_series(session, "decided", booked.series, told, booked.skipped, now=now)
        return
    tell_asker_of_series(session, "asked", booked.series, told, booked.skipped, now=now)
    waiting: list[tuple[DeciderKind, Booking]] = [
        ("to_decide", booking) for booking in told if booking.state == "requested"
    ]
    tell_units_of_series(session, booked.series, waiting, actor=actor, now=now)


def _locked(session: Session, request: SeriesRequest, actor: Actor) -> Sequence[RoomRules]:
    wanted = sorted({request.template.room_id, *(one.room_id for one in request.instead.values())})
    for room_id in wanted:
        lock_for_quota(session, request.template.organisation_id, room_id, actor)
    keep_from_erasing(session, actor)
    return locked_rooms(session, lambda known: [known.room(room_id) for room_id in wanted])


def _organisation(
    session: Session, request: SeriesRequest, rooms: Iterable[RoomRules], actor: Actor
) -> Organisation:
    organisation = session.get(Organisation, request.template.organisation_id)
    for rules in rooms:
        if not rules.published and not actor.decides_for(rules.unit_id):
            raise NotFound("room")
        if organisation is None or not actor.asks_for(rules.unit_id, organisation.id):
            raise Forbidden("organisation_not_yours")
    assert organisation is not None  # there is a room
    require_may_book(session, organisation)
    return organisation


def _new_series(
    session: Session,
    request: SeriesRequest,
    organisation: Organisation,
    actor: Actor,
    now: datetime,
) -> Series:
    times = request.times
    series = Series(
        uuid=str(uuid.uuid4()),
        room=session.get_one(Room, request.template.room_id, options=[joinedload(Room.unit)]),
        organisation=organisation,
        asker_id=actor.person_id,
        rrule=rrule_of(request.recurrence),
        first_day=request.recurrence.first,
        start_minute=times.starts.hour * 60 + times.starts.minute,
        end_minute=times.ends.hour * 60 + times.ends.minute,
        fold=times.fold,
        version=1,
        created_at=now,
    )
    session.add(series)
    session.flush()
    return series


def book_dates(
    session: Session,
    series: Series,
    template: BookingRequest,
    dates: Sequence[Weighed],
    *,
    actor: Actor,
    now: datetime,
) -> list[Booking]:
    """Make a booking of each free date and hold its time. Call with the spaces locked."""
    by_id = {
        room_id: session.get_one(Room, room_id, options=[joinedload(Room.unit)])
        for room_id in {date.wished.rules.id for date in dates}
    }
    contact = contact_of(session, template, series.organisation, actor)
    made = []
    for one in dates:
        rules, period = one.wished.rules, one.wished.period
        assert period is not None  # it is free
        request = replace(template, room_id=rules.id, period=period)
        booking = new_booking(request, by_id[rules.id], series.organisation, contact, actor, now)
        if rules.terms_version is None:
            booking.terms_version = None  # there was nothing to accept
        booking.series, booking.series_day = series, one.wished.day
        made.append(booking)
    session.add_all(made)
    session.flush()
    held = [
        (one.wished.rules, period_of(booking)) for booking, one in zip(made, dates, strict=True)
    ]
    wanted = zip(made, held, strict=True)
    hold_for_bookings(session, [(one.id, rules.space_ids, at) for one, (rules, at) in wanted])
    note_taken(session, series.organisation_id, held)
    for booking in made:
        thing = ("booking", booking.id)
        record(session, "request_booking", thing, after=audited(booking), actor=actor, now=now)
        if needs_no_decision(booking):
            approve_by_itself(session, booking, tells=False, now=now)
    return made


def skip(session: Session, series: Series, one: Weighed) -> SkippedOccurrence:
    """Keep a day of the series that can't be had, with its reason."""
    row = SkippedOccurrence(
        series_id=series.id, day=one.wished.day, code=one.code, params=params_of(one)
    )
    session.add(row)
    return row


def params_of(one: Weighed) -> dict[str, Any]:
    """Of a refusal's parameters what its text needs later on: why the day is closed, a holiday's name."""
    because = one.refusals[0].params.get("because") if one.refusals else None
    return asdict(because) if isinstance(because, LocalText) else {}


def refusal_of(one: Weighed) -> DateRefused:
    """What stands against a date, as it is told."""
    period = one.wished.period
    return DateRefused(
        one.wished.day,
        period.start if period else None,
        period.end if period else None,
        one.refusals,
        one.conflicts,
    )


def _wait(
    session: Session,
    series: Series,
    wish: Wish,
    refused: Sequence[Weighed],
    actor: Actor,
    now: datetime,
) -> None:
    """Stand in line for the days that somebody else has; what is offered then joins the series."""
    if series.organisation_id not in actor.organisations:
        # An offer goes to who can ask for it: one of the association's people.
        raise InvalidInput("bad_choice", field="waits")
    own = living_waits(session, series.organisation_id, now)
    known = {(one.room_id, one.starts_at, one.ends_at) for one in own}
    slots = [
        (one.wished.rules.id, one.wished.period.start, one.wished.period.end)
        for one in refused
        if one.code == TAKEN and one.wished.period is not None
    ]
    new = [slot for slot in slots if slot not in known]
    if new and len(new) + sum(one.series_id is not None for one in own) > MOST_AWAITED:
        raise InvalidInput("too_many_waiting", field="waits", limit=MOST_AWAITED)
    for room_id, starts_at, ends_at in new:
        session.add(
            WaitingEntry(
                room_id=room_id,
                organisation_id=series.organisation_id,
                asker_id=series.asker_id,
                series_id=series.id,
                starts_at=starts_at,
                ends_at=ends_at,
                activity=wish.activity,
                people=wish.people,
                state="waiting",
                created_at=now,
            )
        )


def _record(session: Session, booked: Booked, *, actor: Actor, now: datetime) -> None:
    series = booked.series
    after = {
        "room_id": series.room_id,
        "organisation_id": series.organisation_id,
        "rrule": series.rrule,
        "dates": [str(booking.series_day) for booking in booked.bookings],
        "skipped": {str(one.day): one.code for one in booked.skipped},
    }
    thing = ("series", series.id)
    record(session, "request_series", thing, after=after, actor=actor, now=now)
