"""A series that is there: read, and changed or called off from one of its dates on. Knows how bodies say it; the rules are the
services'.

A program is not shown a plan first, so it gets all or nothing: if a date can't move, nothing is changed and all such are told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from flask import Response

from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.domain.requests import BookingEdit, SeriesChange
from booking.domain.series import Times
from booking.errors import Forbidden, InvalidInput, PlanChanged, SeriesRefused, Stale
from booking.models import Booking, Series, SkippedOccurrence
from booking.queries.bookings import booking_in_sight
from booking.queries.feeds import installation
from booking.queries.series import dates_in_sight, series_in_sight, skipped_of, version_of
from booking.services.series import refusal_of
from booking.services.series_changes import change_series, planned_change
from booking.services.series_dates import cancel_series
from booking.services.series_planning import dates_to_change
from booking.services.series_shape import times_of
from booking.web import edge
from booking.web.api import answers, asked, caller, once
from booking.web.api.answers import Answer
from booking.web.api.asked import Asked
from booking.web.api.operations import Takes, operation
from booking.web.api.problems import BadValues, Fault
from booking.web.api.schemas import OF_SERIES_ONLY, ScopeQuery
from booking.web.api.series import fold_of, occurrences, skipped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    Act = Callable[[Session, Booking, Series, date, Mapping[str, Any], datetime], Series]

_DAY = timedelta(days=1)


@operation("GET", "/series/<row:series_id>", Takes(version=True), {200: "Series", 304: None})
def series(series_id: int) -> Response:
    """One series with its dates, each a booking of its own, and the days that it lacks.

    A date that was moved to a room of another unit is shown to those who may know of it there.

    Change or call off its dates by `PATCH /bookings/{booking_id}` and `POST /bookings/{booking_id}/cancel` with `scope`.
    """
    actor = caller.reader()
    with edge.read() as session:
        row = series_in_sight(session, series_id, actor)
        found = _answer(session, row, actor)
    if found.etag is not None and answers.is_known(found.etag):
        return answers.not_modified(found.etag)
    return found.response()


def scope() -> str:
    """How much of a series the call is about: `one`, `following` or `all`."""
    wanted: str = asked.query(ScopeQuery)["scope"]
    return wanted


def refuse_what_is_of_series(values: Mapping[str, Any]) -> None:
    """Raise BadValues for what only the dates of a series can be given by an edit; a single booking is moved."""
    given = [name for name in OF_SERIES_ONLY if name in values]
    if given:
        raise BadValues({name: [Fault("only_of_series")] for name in given})


def change(booking_id: int, scope: str, body: Asked, edit: Callable[..., BookingEdit]) -> Response:
    """Change a date and all that come after it, or all dates to come; `edit` reads the texts of the body."""
    actor = caller.writer()

    def act(
        session: Session,
        row: Booking,
        series: Series,
        since: date,
        values: Mapping[str, Any],
        now: datetime,
    ) -> Series:
        texts = {name: value for name, value in values.items() if name not in OF_SERIES_ONLY}
        room_id = values.get("room_id", series.room_id)
        wanted = SeriesChange(
            since=since,
            times=_times(row, series, values),
            room_id=None if room_id == series.room_id else room_id,
            edit=edit(texts) if texts else None,
            reason=values.get("reason") or None,
        )
        return _change_all(session, series, wanted, actor, now)

    return _do(booking_id, scope, body, actor, act)


def _change_all(
    session: Session, series: Series, wanted: SeriesChange, actor: Actor, now: datetime
) -> Series:
    """Change every date, or none: SeriesRefused names all that can't move."""
    version = version_of(session, series)
    plan = planned_change(session, series.id, wanted, actor=actor, now=now).plan
    while True:
        refused = [step.weighed for step in plan.of("refused") if step.weighed is not None]
        if refused:
            raise SeriesRefused([refusal_of(one) for one in refused])
        try:
            return change_series(
                session, series.id, version, wanted, plan.digest, actor=actor, now=now
            )
        except PlanChanged as changed:
            # Somebody was faster between the look and the locks. Now we have these, so it is the last time.
            plan = changed.plan


def cancel(booking_id: int, scope: str, body: Asked) -> Response:
    """Call off a date and all that come after it, or all dates to come."""
    actor = caller.writer()

    def act(
        session: Session,
        _row: Booking,
        series: Series,
        since: date,
        values: Mapping[str, Any],
        now: datetime,
    ) -> Series:
        reason, version = values["reason"] or None, version_of(session, series)
        return cancel_series(session, series.id, version, since, reason, actor=actor, now=now)

    return _do(booking_id, scope, body, actor, act)


def _do(booking_id: int, scope: str, body: Asked, actor: Actor, act: Act) -> Response:
    """Do `act` on the series of a booking. Refusals come in this order: 404, 403, 428, 412, the body's, the service's."""
    now = edge.now()

    def work(session: Session) -> Answer:
        row = booking_in_sight(session, booking_id, actor)
        if not actor.changes(row.room.unit_id, row.organisation_id):
            raise Forbidden("not_your_booking")
        answers.require_seen(row.version)
        values = body.values
        if row.series_id is None or row.series_day is None:
            raise BadValues({"scope": [Fault("not_of_series")]})
        series = series_in_sight(session, row.series_id, actor)
        since = _since(session, row, series, scope, actor, now)
        try:
            return _answer(session, act(session, row, series, since, values, now), actor)
        except Stale:
            # What the caller has seen, and can see again, is this date; any of the others may have changed meanwhile.
            session.refresh(row)
            raise Stale(row.version) from None

    # Under one key another scope is another act.
    raw = body.raw + scope.encode()
    return once.do(work, raw, actor=actor, now=now)


def _since(
    session: Session, row: Booking, series: Series, scope: str, actor: Actor, now: datetime
) -> date:
    """The day of the series from which on its dates are meant. A date that was moved stands for its old day still."""
    assert row.series_day is not None  # `_do` has looked
    since = row.series_day if scope == "following" else date.min
    to_change = dates_to_change(session, series, since, actor, now)
    days = [one.series_day for one in to_change if one.series_day is not None]
    if not days:
        raise InvalidInput("series_over", field="scope")
    return min(days) if scope == "all" else since


def _times(row: Booking, series: Series, values: Mapping[str, Any]) -> Times | None:
    """From when to when the dates are to be, by the clock; None: as they are."""
    if not {"starts_at", "ends_at"} & values.keys():
        return None
    starts = local(values.get("starts_at", row.starts_at))
    ends = local(values.get("ends_at", row.ends_at))
    if "starts_at" in values and starts.date() != row.series_day:
        raise BadValues({"starts_at": [Fault("other_day")]})
    fold = fold_of(None, starts, ends)
    if ends <= starts:
        # One of the two came alone; else the body's own check has seen it.
        raise BadValues({"ends_at": [Fault("end_before_start")]})
    if ends.replace(tzinfo=None) - starts.replace(tzinfo=None) > _DAY:
        raise BadValues({"ends_at": [Fault("weekly_within_a_day")]})
    times = Times(starts.time(), ends.time(), series.fold if fold is None else fold)
    return None if times == times_of(series) else times


def _answer(session: Session, row: Series, actor: Actor) -> Answer:
    bookings, left_out = dates_in_sight(session, row.id, actor), skipped_of(session, row.id)
    version = version_of(session, row)
    facts = _facts(row, version, bookings, left_out, installation(session))
    # Dates that went to a series of their own took their versions with them: the sum alone could be the same.
    return Answer(200, facts, answers.version_etag(version, f"{len(bookings)}.{len(left_out)}"))


def _facts(
    row: Series,
    version: int,
    bookings: Sequence[Booking],
    left_out: Sequence[SkippedOccurrence],
    house: str,
) -> dict[str, Any]:
    times = times_of(row)
    return {
        "id": row.id,
        "version": version,
        "rrule": row.rrule,
        "first_day": row.first_day.isoformat(),
        "starts": f"{times.starts:%H:%M}",
        "ends": f"{times.ends:%H:%M}",
        "room_id": row.room_id,
        "organisation_id": row.organisation_id,
        "split_from": row.split_from_id,
        "occurrences": [
            {**said, "room_id": one.room_id, "state": one.state}
            for said, one in zip(occurrences(bookings, house), bookings, strict=True)
        ],
        "skipped": skipped(left_out),
    }
