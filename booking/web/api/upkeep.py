"""Staff of a unit keep what is said of its rooms true. Knows HTTP and names of fields; the rules are the services'."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Response

from booking.domain.access import Actor
from booking.domain.rooms import RoomRules
from booking.errors import Forbidden
from booking.queries.catalogue import Catalogue, catalogue
from booking.queries.rooms import room_in_full
from booking.services.rooms import edit_room, set_features
from booking.web import edge
from booking.web.api import answers, asked, caller
from booking.web.api.operations import Takes, operation
from booking.web.api.rooms import room_in_sight, shown_room
from booking.web.api.schemas_of_rooms import (
    FeaturesBody,
    RoomEditBody,
    columns_of,
    facts_of,
    named_as_sent,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    Act = Callable[[Session, int, datetime], object]


def kept_room(known: Catalogue, room_id: int, actor: Actor) -> RoomRules:
    """A room that the actor keeps; raises NotFound, or Forbidden where it may be seen only."""
    rules = room_in_sight(known, room_id, actor)
    if not actor.decides_for(rules.unit_id):
        raise Forbidden("not_your_unit")
    return rules


@operation(
    "PATCH",
    "/rooms/<row:room_id>",
    Takes("write", body=RoomEditBody, version=True, may_break=True),
    {200: "RoomInFull"},
)
def change_room(room_id: int) -> Response:
    """Change what is said of a room, and what it allows. For staff of its unit.

    If-Match takes the ETag of the room as you saw it, or its `version` in quotation marks. A change that would leave bookings
    to come against the rules is refused (409 `breaks_bookings`) and lists them; with their ids in `accepted` it is made.
    """
    actor, body = caller.writer(), asked.body(RoomEditBody)

    def act(session: Session, version: int, now: datetime) -> None:
        changes, accepted = columns_of(body.values), body.values["accepted"]
        with named_as_sent():
            edit_room(session, room_id, version, changes, accepted, actor=actor, now=now)

    return _change(room_id, act, actor)


@operation(
    "PUT",
    "/rooms/<row:room_id>/features",
    Takes("write", body=FeaturesBody, version=True),
    {200: "RoomInFull"},
)
def put_features(room_id: int) -> Response:
    """Write down what was found out about a room's accessibility, as checked today. For staff of its unit.

    Each feature named is written anew, with all that is to be said of it; the others stay as they are. If-Match as for a
    change of the room.
    """
    actor, body = caller.writer(), asked.body(FeaturesBody)

    def act(session: Session, version: int, now: datetime) -> None:
        facts, checked_by = facts_of(body.values), body.values["checked_by"]
        with named_as_sent("features", but=["checked_by"]):
            set_features(session, room_id, version, facts, checked_by, actor=actor, now=now)

    return _change(room_id, act, actor)


def _change(room_id: int, act: Act, actor: Actor) -> Response:
    """Do `act` on a room and show it as it is then. Refusals in this order: 404, 403, 428, 412, the body's, the service's."""
    now = edge.now()

    def work(session: Session) -> Response:
        kept_room(catalogue(session), room_id, actor)
        act(session, answers.require_seen_row(room_in_full(session, room_id).version), now)
        known = catalogue(session)
        return shown_room(session, known, known.room(room_id), actor, now)

    return edge.write(work)
