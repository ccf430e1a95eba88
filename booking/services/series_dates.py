"""Single dates of a series, and its end: cancelling what is to come, having a skipped day after all. Nothing past is touched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.local_time import day_period
from booking.domain.requests import BookingEdit, Instead, SeriesChange
from booking.domain.series import Around, Weighed, weighed, wished_on
from booking.errors import InvalidInput, NotFound, SeriesRefused, Stale
from booking.models import Booking, Series, SkippedOccurrence
from booking.queries.catalogue import catalogue
from booking.queries.series import around_dates, dates_of, skipped_of, version_of
from booking.queries.series_offers import Offer, offers
from booking.services.audit import record
from booking.services.changes import audited, is_staff_of, period_of, require_reason
from booking.services.series import book_dates, instead_of, refusal_of
from booking.services.series_changes import locked_series
from booking.services.series_planning import dates_to_change, weigh_dates, wish_of
from booking.services.series_rows import call_off, close_days, pattern_of, template_of
from booking.services.series_shape import end_rule, times_of
from booking.services.series_telling import tell_of_change
from booking.services.standing import require_may_book
from booking.services.waiting import offer_all_freed
from calendars.period import Period

_DAY = timedelta(days=1)


def cancel_series(
    session: Session,
    series_id: int,
    version: int,
    since: date,
    reason: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> Series:
    """Cancel all dates to come from the day `since` on; nothing more is added to the series. One mail tells of it.

    `version`: what was seen of it, see `version_of`. A date that was moved to another unit is cancelled by those who may there.
    Raises NotFound, Forbidden, Stale, InvalidInput(`series_over`: none is to come; `reason_required` of staff).
    """
    series = locked_series(session, series_id, SeriesChange(since), actor)
    if version_of(session, series) != version:
        raise Stale(version_of(session, series))
    bookings = dates_to_change(session, series, since, actor, now)
    if not bookings:
        raise InvalidInput("series_over", field="since")
    if is_staff_of(bookings[0], bookings[0].room.unit_id, actor):
        require_reason(reason)
    # What is past stays as it was, the days left out too.
    since = bookings[0].series_day or since
    before = {one.id: audited(one) for one in bookings}
    known = catalogue(session)
    freed = [(known.room(one.room_id), period_of(one)) for one in bookings]
    call_off(session, bookings, reason, actor=actor, now=now)
    end_rule(series, since)
    later = {row.day for row in skipped_of(session, series.id) if row.day >= since}
    close_days(session, (series,), later, had=False)
    series.version += 1
    thing = ("series", series.id)
    after = {"cancelled_from": since.isoformat()}
    record(session, "cancel_series", thing, after=after, reason=reason, actor=actor, now=now)
    session.flush()
    tell_of_change(session, series, bookings, before, actor=actor, now=now)
    offer_all_freed(session, freed, now)
    return series


@dataclass(frozen=True, slots=True)
class Considered:
    """A day left out as it is now: what stands against the series' time on it, and what could be had instead."""

    against: Weighed
    offer: Offer | None


def considered(session: Session, series: Series, day: date, now: datetime) -> Considered:
    """Whether a day of the series could be had now, at its own time or another; changes nothing."""
    pattern = pattern_of(series, dates_of(session, series.id))
    rules = catalogue(session).room(series.room_id)
    [wished] = wished_on([day], rules, times_of(series))
    wish = wish_of(pattern, rules, BookingEdit())
    around = Around()
    if wished.period is not None:
        # Another time of that day may end on the next one.
        span = Period(day_period(day).start, day_period(day + _DAY).end)
        around = around_dates(session, [rules], span, series.organisation_id)
    [against] = weighed([wished], wish, around, now)
    if against.is_free:
        return Considered(against, None)
    needed = frozenset(pattern.needed_features)
    found = offers(session, [against], wish, needed, around, now)
    return Considered(against, found.get(day))


def add_date(
    session: Session,
    series_id: int,
    day: date,
    instead: Instead | None,
    *,
    actor: Actor,
    now: datetime,
) -> Booking:
    """Have a skipped day after all, at the series' time or another; it is asked for like any request.

    Raises NotFound (the series; a day that was not skipped), Forbidden, Stale (the series has just moved to another room),
    SeriesRefused, InvalidInput(`bad_choice`: another day).
    """
    room_id = instead.room_id if instead else None
    series = locked_series(session, series_id, SeriesChange(day, room_id=room_id), actor)
    require_may_book(session, series.organisation)
    row = session.scalars(
        select(SkippedOccurrence).where(
            SkippedOccurrence.series_id == series.id, SkippedOccurrence.day == day
        )
    ).one_or_none()
    if row is None:
        raise NotFound("skipped")
    pattern = pattern_of(series, dates_of(session, series.id))
    rules = catalogue(session).room(room_id or series.room_id)
    [wished] = wished_on([day], rules, times_of(series))
    if instead is not None:
        wished = instead_of(day, rules, instead)
    wish = wish_of(pattern, rules, BookingEdit())
    [against] = weigh_dates(session, series, [wished], wish, (), now)
    if not against.is_free:
        raise SeriesRefused([refusal_of(against)])
    template = replace(template_of(pattern), terms_version=wish.terms_version)
    [booking] = book_dates(session, series, template, [against], actor=actor, now=now)
    booking.is_apart = instead is not None
    close_days(session, (series,), {day})
    series.version += 1
    thing = ("series", series.id)
    after = {"added": day.isoformat()}
    record(session, "add_date", thing, after=after, actor=actor, now=now)
    session.flush()
    tell_of_change(session, series, [booking], {}, actor=actor, now=now)
    return booking
