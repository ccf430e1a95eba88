"""A unit keeps a room's time for itself, and gives it back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.occupancy import conflicts
from booking.errors import Forbidden, InvalidInput, NotFound, RoomTaken
from booking.models import Block, Room
from booking.queries.availability import holds
from booking.services.audit import record
from booking.services.occupancy import locked_rules, rewrite_blocks
from calendars.period import Period


def block_room(
    session: Session, room_id: int, period: Period, reason: str, *, actor: Actor, now: datetime
) -> Block:
    """Keep a room's time. Blocks may lie over blocks; over a held booking they are refused, and the bookings' times listed.

    Raises NotFound, Forbidden, InvalidInput(`in_the_past`), RoomTaken.
    """
    rules = locked_rules(session, room_id)
    if not actor.decides_for(rules.unit_id):
        raise Forbidden("not_your_unit")
    if period.end <= now:
        raise InvalidInput("in_the_past", field="ends_at")
    held = [hold for hold in holds(session, rules.space_ids, period) if hold.source == "booking"]
    met = conflicts(period, rules.space_ids, held)
    if met:
        raise RoomTaken(met)
    block = Block(
        room=session.get_one(Room, room_id),
        starts_at=period.start,
        ends_at=period.end,
        reason=reason,
        created_by_id=actor.person_id,
        created_at=now,
    )
    session.add(block)
    rewrite_blocks(session, rules.space_ids, period)
    after = {
        "room_id": room_id,
        "starts_at": period.start.isoformat(),
        "ends_at": period.end.isoformat(),
    }
    record(
        session, "block_room", ("block", block.id), after=after, reason=reason, actor=actor, now=now
    )
    return block


def lift_block(session: Session, block_id: int, *, actor: Actor, now: datetime) -> Block:
    """Give a block's time back; lifting it twice is the same as once. Raises NotFound (also for another unit's staff)."""
    room_id = session.scalars(select(Block.room_id).where(Block.id == block_id)).one_or_none()
    rules = None if room_id is None else locked_rules(session, room_id)
    if rules is None or not actor.decides_for(rules.unit_id):
        raise NotFound("block")
    block = session.get_one(Block, block_id, populate_existing=True)
    if block.lifted_at is None:
        block.lifted_at = now
        rewrite_blocks(session, rules.space_ids, Period(block.starts_at, block.ends_at))
        record(
            session, "lift_block", ("block", block_id), after={"lifted": True}, actor=actor, now=now
        )
    return block
