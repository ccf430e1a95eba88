"""Bookings: asked for, read, changed. Each change goes through the service that pages use; the rules are the same.

Needs, contact and accepted rules are shown by one route only, and each look is written down; answers to changes leave them out,
so that they are not kept with an Idempotency-Key either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Response, url_for

from booking.domain.access import Actor
from booking.domain.bookings import Action
from booking.domain.deciding import may_decide
from booking.domain.requests import BookingEdit, BookingRequest
from booking.errors import Forbidden
from booking.models import Booking
from booking.queries import bookings as queries
from booking.queries.feeds import installation
from booking.services.audit import record_look
from booking.services.bookings import (
    cancel_booking,
    edit_booking,
    move_booking,
    request_booking,
)
from booking.services.decisions import decide_booking, require_own_decision, undo_decision
from booking.web import edge
from booking.web.api import answers, asked, caller, once, paging, series, series_changes
from booking.web.api.answers import Answer
from booking.web.api.asked import Strict
from booking.web.api.operations import Takes, operation
from booking.web.api.schemas import (
    ApprovalBody,
    BookingBody,
    BookingEditBody,
    BookingsQuery,
    DecisionBody,
    MoveBody,
    NoBody,
    ScopeQuery,
)
from booking.web.vain import refusals_counted
from calendars.period import Period

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from sqlalchemy.orm import Session

    Act = Callable[[Session, Booking, int, Mapping[str, Any], datetime], Booking]

_DECISION = Takes("write", body=DecisionBody, body_may_be_missing=True, version=True, key=True)
_CANCELLING = Takes(
    "write", query=ScopeQuery, body=DecisionBody, body_may_be_missing=True, version=True, key=True
)
_APPROVAL = Takes("write", body=ApprovalBody, body_may_be_missing=True, version=True, key=True)
_UNDOING = Takes("write", body=NoBody, body_may_be_missing=True, version=True, key=True)


@operation("GET", "/bookings", Takes(query=BookingsQuery), {200: "Bookings"})
def bookings() -> Response:
    """Bookings you may see, by start."""
    actor = caller.reader()
    wanted = asked.query(BookingsQuery)
    narrowed = queries.BookingFilter(
        state=wanted.get("state"),
        room_id=wanted.get("room_id"),
        unit_id=wanted.get("unit_id"),
        organisation_id=wanted.get("organisation_id"),
        ends_after=wanted.get("ends_after"),
        starts_before=wanted.get("starts_before"),
    )
    limit, after = wanted["limit"], paging.time_of(wanted.get("cursor"))
    with edge.read() as session:
        found = queries.bookings(session, actor, narrowed, limit + 1, after)
        shown, has_more = paging.first_page(found, limit)
        house = installation(session)
        items = [answers.booking(row, house) for row in shown]
    cursor = paging.time_cursor(shown[-1].starts_at, shown[-1].id) if has_more else None
    return answers.json_answer(paging.page(items, cursor))


@operation("POST", "/bookings", Takes("write", body=BookingBody, key=True), {201: "BookingMade"})
def ask() -> Response:
    """Ask for a room, once or, with `rrule`, on many dates.

    The booking is `requested` and holds the room until it is decided. It must keep all of the room's rules: each one broken
    is named in `errors` (422); a room that is taken is 409, with the times in `conflicts`. Where the unit has rules of use
    (`terms` of the room) their version must be sent as accepted; without it the refusal `terms_not_accepted` tells it.

    Of a series all dates are had or none; which can't be had is told in `dates`. With `skip_taken` those are left out and told in
    `skipped`; without any date left it is refused all the same.
    """
    actor, now = caller.writer(), edge.now()
    body = asked.body(BookingBody)
    values = body.values
    request = BookingRequest(
        room_id=values["room_id"],
        organisation_id=values["organisation_id"],
        title=values["title"],
        activity=values["activity"],
        period=Period(values["starts_at"], values["ends_at"]),
        people=values["people"],
        needs=values["needs"],
        needed_features=frozenset(values["needed_features"]),
        terms_version=values.get("terms_version"),
        is_public=values["public"],
    )

    if "rrule" in values:
        return series.ask(request, body, actor, now)

    def act(session: Session) -> Answer:
        booking = request_booking(session, request, actor, now)
        return _answer(session, booking, 201, url_for("api.booking", booking_id=booking.id))

    with refusals_counted(request):
        return once.do(act, body.raw, actor=actor, now=now)


@operation(
    "GET", "/bookings/<row:booking_id>", Takes(version=True), {200: "BookingInFull", 304: None}
)
def booking(booking_id: int) -> Response:
    """One booking.

    `needs`, `needed_features`, `terms_version` and `contact` are there for its organisation, its unit's approvers and the
    coordinator; each look is written down.
    """
    actor = caller.reader()
    with edge.read() as session:
        row = queries.booking_in_sight(session, booking_id, actor)
        etag = str(row.version)
        if answers.is_known(etag):
            return answers.not_modified(etag)
        facts = answers.booking(row, installation(session))
    if actor.sees_contact_of(row.room.unit_id, row.organisation_id):
        # If it can't be written down, they are not shown.
        edge.note(lambda rows: record_look(rows, row, actor=actor, now=edge.now()))
        facts |= answers.contact(row)
    return Answer(200, facts, etag).response()


@operation(
    "PATCH",
    "/bookings/<row:booking_id>",
    Takes("write", query=ScopeQuery, body=BookingEditBody, version=True),
    {200: "BookingOrSeries"},
)
def edit(booking_id: int) -> Response:
    """Change title, activity, people, needs, publicity or contact, or accept rules of use that have changed.

    More people than an approved booking had: its unit decides anew, unless its own staff make the change. With `scope` it is done
    to the dates of a series, and the time by the clock and the room can change too: all of them, or none if one can't move;
    `dates` tells which. Who isn't of its organisation gives the `reason` then: without it it is 422 `reason_required`. The answer
    is the series, one of its own where earlier dates stay different.
    """
    actor, scope, body = caller.writer(), series_changes.scope(), asked.body(BookingEditBody)
    if scope != "one":
        return series_changes.change(booking_id, scope, body, _edit_of)

    def act(
        session: Session, row: Booking, version: int, values: Mapping[str, Any], now: datetime
    ) -> Booking:
        series_changes.refuse_what_is_of_series(values)
        return edit_booking(session, row.id, version, _edit_of(values), actor=actor, now=now)

    return _change(booking_id, body, _require_change, act, actor)


def _edit_of(values: Mapping[str, Any]) -> BookingEdit:
    return BookingEdit(
        title=values.get("title"),
        activity=values.get("activity"),
        people=values.get("people"),
        # null takes the needs away, which the service knows as an empty text.
        needs=(values["needs"] or "") if "needs" in values else None,
        needed_features=(
            frozenset(values["needed_features"]) if "needed_features" in values else None
        ),
        is_public=values.get("public"),
        terms_version=values.get("terms_version"),
        contact_name=values.get("contact", {}).get("name"),
        contact_email=values.get("contact", {}).get("email"),
    )


@operation("POST", "/bookings/<row:booking_id>/approve", _APPROVAL, {200: "Booking"})
def approve(booking_id: int) -> Response:
    """Say yes, on a condition where one is given. The room's rules are checked again: it may have been closed meanwhile.

    Where another calendar claims the time it is 409 `room_taken`, unless `over_foreign` says why to approve all the same. The
    requester is told after three minutes; until then the decision can be undone.
    """
    return _decide(booking_id, "approve", ApprovalBody)


@operation("POST", "/bookings/<row:booking_id>/reject", _DECISION, {200: "Booking"})
def reject(booking_id: int) -> Response:
    """Say no, with the reason that the requester will read after three minutes; until then the decision can be undone."""
    return _decide(booking_id, "reject", DecisionBody)


def _decide(booking_id: int, action: Action, body: type[Strict]) -> Response:
    actor = caller.writer()

    def act(
        session: Session, row: Booking, version: int, values: Mapping[str, Any], now: datetime
    ) -> Booking:
        said = (values.get(name) or None for name in ("reason", "condition", "over_foreign"))
        return decide_booking(session, row.id, action, version, *said, actor=actor, now=now)

    return _change(booking_id, asked.body(body), _require_decision, act, actor)


@operation("POST", "/bookings/<row:booking_id>/undo", _UNDOING, {200: "Booking"})
def undo(booking_id: int) -> Response:
    """Take your own decision back before the requester was told; the booking is `requested` again.

    Three minutes after the decision, or once its mail is being sent, it is 409 `too_late_to_undo`.
    """
    actor = caller.writer()

    def act(
        session: Session, row: Booking, version: int, _values: Mapping[str, Any], now: datetime
    ) -> Booking:
        return undo_decision(session, row.id, version, actor=actor, now=now)

    return _change(
        booking_id,
        asked.body(NoBody),
        lambda who, row: require_own_decision(row, who),
        act,
        actor,
    )


@operation("POST", "/bookings/<row:booking_id>/cancel", _CANCELLING, {200: "BookingOrSeries"})
def cancel(booking_id: int) -> Response:
    """Call it off before its start; the time is given back, and its people are told.

    Who isn't of its organisation gives the reason: without it it is 422 `reason_required`. With `scope` the dates of its series
    are called off, and the answer is the series.
    """
    actor, scope, body = caller.writer(), series_changes.scope(), asked.body(DecisionBody)
    if scope != "one":
        return series_changes.cancel(booking_id, scope, body)

    def act(
        session: Session, row: Booking, version: int, values: Mapping[str, Any], now: datetime
    ) -> Booking:
        return cancel_booking(
            session, row.id, version, values["reason"] or None, actor=actor, now=now
        )

    return _change(booking_id, body, _require_change, act, actor)


@operation(
    "POST",
    "/bookings/<row:booking_id>/move",
    Takes("write", body=MoveBody, version=True, key=True),
    {200: "Booking"},
)
def move(booking_id: int) -> Response:
    """Move it to another time or room; the old time is given back in the same instant.

    An approved booking moved by its organisation is `requested` again, where its unit decides. Rules of use of another unit must
    be accepted anew. Who isn't of its organisation gives the reason: without it it is 422 `reason_required`.
    """
    actor = caller.writer()

    def act(
        session: Session, row: Booking, version: int, values: Mapping[str, Any], now: datetime
    ) -> Booking:
        period, reason = Period(values["starts_at"], values["ends_at"]), values["reason"] or None
        room_id = values.get("room_id", row.room_id)
        terms = values.get("terms_version")
        return move_booking(
            session, row.id, version, room_id, period, reason, terms, actor=actor, now=now
        )

    return _change(booking_id, asked.body(MoveBody), _require_change, act, actor)


def _change(
    booking_id: int,
    body: asked.Asked,
    require: Callable[[Actor, Booking], None],
    act: Act,
    actor: Actor,
) -> Response:
    """Do `act` on a booking. Refusals come in this order: 404, 403, 428, 412, the body's, the service's."""
    now = edge.now()

    def work(session: Session) -> Answer:
        row = queries.booking_in_sight(session, booking_id, actor)
        require(actor, row)
        version = answers.require_seen(row.version)
        return _answer(session, act(session, row, version, body.values, now), 200)

    return once.do(work, body.raw, actor=actor, now=now)


def _answer(session: Session, booking: Booking, status: int, location: str | None = None) -> Answer:
    return Answer(
        status, answers.booking(booking, installation(session)), str(booking.version), location
    )


def _require_change(actor: Actor, booking: Booking) -> None:
    if not actor.changes(booking.room.unit_id, booking.organisation_id):
        raise Forbidden("not_your_booking")


def _require_decision(actor: Actor, booking: Booking) -> None:
    if not may_decide(booking, booking.room.unit_id, actor):
        raise Forbidden("not_your_decision")
