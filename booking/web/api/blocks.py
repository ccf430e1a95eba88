"""A unit keeps a room's time for itself, and gives it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response

from booking.errors import Forbidden
from booking.queries.catalogue import catalogue
from booking.services.blocks import block_room, lift_block
from booking.web import edge
from booking.web.api import answers, asked, caller, once
from booking.web.api.operations import Takes, operation
from booking.web.api.schemas import BlockBody
from calendars.period import Period

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@operation(
    "POST", "/rooms/<row:room_id>/blocks", Takes("write", body=BlockBody, key=True), {201: "Block"}
)
def keep_for_unit(room_id: int) -> Response:
    """Keep a room's time for the unit. Over bookings it is refused (409), and their times are listed."""
    actor, now = caller.writer(), edge.now()
    body = asked.body(BlockBody)

    def act(session: Session) -> answers.Answer:
        if not actor.decides_for(catalogue(session).room(room_id).unit_id):
            raise Forbidden("not_your_unit")
        period, reason = (
            Period(body.values["starts_at"], body.values["ends_at"]),
            body.values["reason"],
        )
        block = block_room(session, room_id, period, reason, actor=actor, now=now)
        return answers.Answer(201, answers.block(block))

    return once.do(act, body.raw, actor=actor, now=now)


@operation("DELETE", "/blocks/<row:block_id>", Takes("write"), {204: None})
def lift(block_id: int) -> Response:
    """Give the time of a block back. Doing it twice is the same as once."""
    actor, now = caller.writer(), edge.now()
    edge.write(lambda session: lift_block(session, block_id, actor=actor, now=now))
    return Response(status=204)
