"""The rule of a series when its later dates become different: rewritten, ended, or handed over to a series of its own."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.local_time import day_period
from booking.domain.recurrence import Recurrence, days_of, rrule_of
from booking.domain.requests import SeriesChange
from booking.domain.series import Times
from booking.models import Booking, Series, SkippedOccurrence, WaitingEntry
from booking.queries.series import dates_of
from booking.services.audit import record
from booking.services.series_words import recurrence_of

_DAY = timedelta(days=1)


def times_of(series: Series) -> Times:
    """From when to when a series is by the clock on the wall."""
    starts, ends = divmod(series.start_minute, 60), divmod(series.end_minute, 60)
    return Times(time(*starts), time(*ends), series.fold)


def target_of(
    session: Session,
    series: Series,
    change: SeriesChange,
    bookings: Sequence[Booking],
    *,
    actor: Actor,
    now: datetime,
) -> Series:
    """The series that the dates to come are in from here on: this one, or a new one if earlier dates keep the old rule."""
    is_other = (
        change.times is not None or change.room_id is not None or change.recurrence is not None
    )
    if not is_other:
        return series
    first = _day_of(bookings[0])
    changed = {one.id for one in bookings}
    # What was called off later on is no reason to split: it has no time that the rule would have to tell.
    earlier = [
        _day_of(one)
        for one in dates_of(session, series.id)
        if one.id not in changed and (_day_of(one) < first or one.starts_at <= now)
    ]
    only_longer = (
        change.times is None
        and change.room_id is None
        and change.since <= series.first_day
        and change.recurrence is not None
        and change.recurrence.pattern == recurrence_of(series).pattern
    )
    target = series
    if earlier and not only_longer:
        since = min(first, max(change.since, max(earlier) + _DAY))
        target = _split(session, series, first, since, actor=actor, now=now)
    _rewrite_rule(target, series, change)
    thing = ("series", target.id)
    after = {"rrule": target.rrule, "room_id": target.room_id, "since": change.since.isoformat()}
    record(session, "change_series", thing, after=after, actor=actor, now=now)
    return target


def _split(
    session: Session, series: Series, first: date, since: date, *, actor: Actor, now: datetime
) -> Series:
    """Hand the dates from `since` on over to a series of its own, whose rule counts from `first`, the first of them."""
    target = Series(
        uuid=str(uuid.uuid4()),
        room=series.room,
        organisation=series.organisation,
        asker_id=series.asker_id,
        rrule=series.rrule,
        first_day=first,
        start_minute=series.start_minute,
        end_minute=series.end_minute,
        fold=series.fold,
        version=1,
        created_at=now,
        split_from_id=series.id,
    )
    session.add(target)
    session.flush()
    for booking in dates_of(session, series.id):
        if _day_of(booking) >= since and booking.starts_at > now:
            booking.series = target
            # What was seen of the series counts its dates' versions, and must not be seen again with fewer dates.
            series.version += booking.version
    _hand_over_skipped(session, series, target, since)
    end_rule(series, since)
    for row, other in ((series, target), (target, series)):
        name = "split_into" if row is series else "split_from"
        thing = ("series", row.id)
        record(session, "split_series", thing, after={name: other.id}, actor=actor, now=now)
    return target


def _day_of(booking: Booking) -> date:
    assert booking.series_day is not None  # it is of a series
    return booking.series_day


def _hand_over_skipped(session: Session, series: Series, target: Series, since: date) -> None:
    """The days left out from `since` on, and the waiting for them, belong to the new series."""
    days = (SkippedOccurrence.series_id == series.id, SkippedOccurrence.day >= since)
    session.execute(update(SkippedOccurrence).where(*days).values(series_id=target.id))
    waits = (WaitingEntry.series_id == series.id, WaitingEntry.starts_at >= day_period(since).start)
    session.execute(update(WaitingEntry).where(*waits).values(series_id=target.id))


def end_rule(series: Series, since: date) -> None:
    """Let the rule end before `since`; own dates have no rule."""
    if series.rrule is None or since <= series.first_day:
        return
    rule = recurrence_of(series)
    series.rrule = rrule_of(Recurrence(rule.pattern, rule.first, since - timedelta(days=1)))


def _rewrite_rule(target: Series, series: Series, change: SeriesChange) -> None:
    if change.recurrence is not None:
        target.rrule = rrule_of(change.recurrence)
        target.first_day = change.recurrence.first
    elif target is not series and series.rrule is not None:
        rule = recurrence_of(target)
        if rule.count is not None:
            # Counted from the first date of the old series: said by its last day instead.
            last = days_of(Recurrence(rule.pattern, series.first_day, count=rule.count))[-1]
            target.rrule = rrule_of(Recurrence(rule.pattern, target.first_day, last))
    if change.times is not None:
        target.start_minute = change.times.starts.hour * 60 + change.times.starts.minute
        target.end_minute = change.times.ends.hour * 60 + change.times.ends.minute
        target.fold = change.times.fold
    if change.room_id is not None:
        target.room_id = change.room_id
