"""A series asked for by a program: many dates in one act. Knows how its body says when; the rules are the service's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from flask import Response

from booking.calendar_items import booking_uid
from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.domain.recurrence import Recurrence, days_of, read_rrule
from booking.domain.requests import BookingRequest, SeriesRequest
from booking.domain.series import Times
from booking.errors import InvalidInput
from booking.models import Booking, SkippedOccurrence
from booking.queries.feeds import installation
from booking.services.series import Booked, request_series
from booking.web.api import once
from booking.web.api.answers import Answer
from booking.web.api.asked import Asked
from booking.web.api.problems import BadValues, Fault
from booking.web.vain import refusals_counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session


def ask(request: BookingRequest, body: Asked, actor: Actor, now: datetime) -> Response:
    """Ask for the dates of a series; `request` is what its first one would be."""
    wanted = _wanted(request, body.values)

    def act(session: Session) -> Answer:
        return Answer(201, made(request_series(session, wanted, actor, now), installation(session)))

    with refusals_counted(request):
        return once.do(act, body.raw, actor=actor, now=now)


def _wanted(request: BookingRequest, values: Mapping[str, Any]) -> SeriesRequest:
    starts, ends = local(request.period.start), local(request.period.end)
    fold = fold_of(values.get("fold"), starts, ends)
    return SeriesRequest(
        request,
        _recurrence(values["rrule"], starts.date(), starts.time().replace(fold=fold or 0)),
        Times(starts.time(), ends.time(), fold),
        skips=values["skip_taken"],
    )


def fold_of(given: int | None, starts: datetime, ends: datetime) -> int | None:
    """Which showing of a doubled hour is meant: as it is said, or as these wall times are themselves; None: neither tells.

    Raises BadValues where they contradict each other: a series uses one of the two.
    """
    meant = set() if given is None else {given}
    for at in (starts, ends):
        if at.utcoffset() != at.replace(fold=1 - at.fold).utcoffset():
            meant.add(at.fold)
    if len(meant) > 1:
        raise BadValues({"ends_at" if given is None else "fold": [Fault("other_hour")]})
    return next(iter(meant), None)


def _recurrence(rrule: str, first: date, starts: time) -> Recurrence:
    """What the rule means; whatever is wrong with it is said of the rule, the one field it came in."""
    try:
        recurrence = read_rrule(rrule, first, starts)
        days_of(recurrence)
    except InvalidInput as error:
        raise InvalidInput(error.code, **{**error.params, "field": "rrule"}) from error
    return recurrence


def made(booked: Booked, house: str) -> dict[str, Any]:
    """A new series, as its caller is told of it."""
    states = {booking.state for booking in booked.bookings}
    return {
        "series_id": booked.series.id,
        "state": "requested" if "requested" in states else "approved",
        "occurrences": occurrences(booked.bookings, house),
        "skipped": skipped(booked.skipped),
    }


def occurrences(bookings: Iterable[Booking], house: str) -> list[dict[str, Any]]:
    """The dates of a series that have a booking."""
    return [
        {
            "id": row.id,
            "version": row.version,
            "uid": booking_uid(row, house),
            "starts_at": row.starts_at.isoformat(),
            "ends_at": row.ends_at.isoformat(),
            "day": (row.series_day or local(row.starts_at).date()).isoformat(),
        }
        for row in bookings
    ]


def skipped(rows: Iterable[SkippedOccurrence]) -> list[dict[str, str]]:
    """The days of a series that have none, and why."""
    return [{"day": row.day.isoformat(), "code": row.code} for row in rows]
