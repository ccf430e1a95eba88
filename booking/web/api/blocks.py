"""A unit keeps a room's time for itself, once or every week, and gives it back. For its staff only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Response

from booking.domain.access import Actor
from booking.domain.free_time import weekly_slots
from booking.domain.local_time import local
from booking.queries import bookings as queries
from booking.queries.catalogue import catalogue
from booking.services.blocks import block_room, block_weekly, lift_block, lift_series
from booking.web import edge
from booking.web.api import answers, asked, caller, once, paging
from booking.web.api.operations import Takes, operation
from booking.web.api.schemas import BlockBody, LiftQuery, PageQuery
from booking.web.api.upkeep import kept_room
from calendars.period import Period

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_WEEK = timedelta(days=7)


@operation(
    "GET", "/rooms/<row:room_id>/blocks", Takes(query=PageQuery, for_few=True), {200: "Blocks"}
)
def blocks(room_id: int) -> Response:
    """What the unit keeps of a room's time and is not over, by start."""
    actor = caller.reader()
    with edge.read() as session:
        kept_room(catalogue(session), room_id, actor)
        wanted = asked.query(PageQuery)
        found = queries.blocks(session, room_id, edge.now())
        after = paging.row_of(wanted.get("cursor"))
        rest = paging.behind(found, [row.id for row in found], after)
        shown, has_more = paging.first_page(rest, wanted["limit"])
        items = [answers.block(row) for row in shown]
    cursor = paging.row_cursor(shown[-1].id) if has_more else None
    return answers.json_answer(paging.page(items, cursor))


@operation(
    "POST",
    "/rooms/<row:room_id>/blocks",
    Takes("write", body=BlockBody, key=True),
    {201: "BlockMade"},
)
def keep_for_unit(room_id: int) -> Response:
    """Keep a room's time for the unit. Over bookings it is refused (409), and their times are listed.

    With `weekly_until` all dates are kept, or none; dates whose clocks skip the time are told in `skipped`.
    """
    actor, now = caller.writer(), edge.now()
    body = asked.body(BlockBody)

    def act(session: Session) -> answers.Answer:
        kept_room(catalogue(session), room_id, actor)
        values = body.values
        if "weekly_until" in values:
            return _weekly(session, room_id, values, actor, now)
        period = Period(values["starts_at"], values["ends_at"])
        block = block_room(session, room_id, period, values["reason"], actor=actor, now=now)
        return answers.Answer(201, answers.block(block))

    return once.do(act, body.raw, actor=actor, now=now)


def _weekly(
    session: Session, room_id: int, values: Mapping[str, Any], actor: Actor, now: datetime
) -> answers.Answer:
    first = Period(values["starts_at"], values["ends_at"])
    starts, ends = local(first.start), local(first.end)
    weeks = (values["weekly_until"] - starts.date()) // _WEEK + 1
    slots = [first, *weekly_slots(starts.date(), starts.time(), ends.time(), weeks)[1:]]
    periods = [slot for slot in slots if slot is not None]
    made = block_weekly(session, room_id, periods, values["reason"], actor=actor, now=now)
    skipped = [starts.date() + n * _WEEK for n, slot in enumerate(slots) if slot is None]
    series = {
        "series": made[0].series,
        "blocks": [answers.block(block) for block in made],
        "skipped": [day.isoformat() for day in skipped],
    }
    return answers.Answer(201, series)


@operation("DELETE", "/blocks/<row:block_id>", Takes("write", query=LiftQuery), {204: None})
def lift(block_id: int) -> Response:
    """Give the time of a block back, with `series` also that of the others made with it. Twice is the same as once."""
    actor, now = caller.writer(), edge.now()

    def act(session: Session) -> None:
        give_back = lift_series if asked.query(LiftQuery)["series"] else lift_block
        give_back(session, block_id, actor=actor, now=now)

    edge.write(act)
    return Response(status=204)
