"""An association not known yet asks for a room: it is named and the request made in one act, or neither is. Knows no page.

Staff verify the association together with its request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.bookings import buffer_refusals, refusals_of_room
from booking.domain.requests import BookingRequest
from booking.errors import InvalidValues, NotFound, Refusal
from booking.models import Booking
from booking.queries.catalogue import catalogue
from booking.queries.county import unregistered_may_book
from booking.services.bookings import request_booking
from booking.services.changes import require_allowed
from booking.services.occupancy import require_free
from booking.services.organisations import add_own_organisation
from booking.services.standing import standing


def ask_as_newcomer(
    session: Session,
    values: Mapping[str, Any],
    request: BookingRequest,
    *,
    actor: Actor,
    now: datetime,
) -> Booking:
    """Name the actor's own association (`values` as `add_own_organisation` takes them) and ask for a room in its name.

    The organisation that `request` names is not looked at. Raises InvalidValues (`organisation_known`,
    `unregistered_may_not_book`, …), and what `request_booking` raises; then the association is not named either.
    """
    if values.get("kind") == "unregistered" and not unregistered_may_book(session):
        raise InvalidValues([Refusal("unregistered_may_not_book", "kind")])
    named = add_own_organisation(session, values, actor=actor, now=now)
    owner = replace(actor, organisations={**actor.organisations, named.id: "owner"})
    return request_booking(session, replace(request, organisation_id=named.id), owner, now)


def require_possible(session: Session, request: BookingRequest, now: datetime) -> None:
    """Raise what would refuse the request whoever asks: the room's rules, and what holds its time. Locks and promises nothing.

    For who has steps before them yet: better told at the first one. Raises NotFound, PolicyRefusal, RoomTaken.
    """
    rules = catalogue(session).room(request.room_id)
    if not rules.published:
        raise NotFound("room")
    around = standing(session, rules, request.period)
    refusals = refusals_of_room(rules, request.wish, now)
    require_allowed([*refusals, *buffer_refusals(rules, request.period, around.near)])
    require_free(session, rules, request.period)
