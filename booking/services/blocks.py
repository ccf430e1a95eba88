"""A unit keeps a room's time for itself, and gives it back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.occupancy import conflicts
from booking.domain.rooms import RoomRules
from booking.errors import Forbidden, InvalidInput, NotFound, RoomTaken
from booking.models import Block, Room
from booking.queries.availability import holds
from booking.services.audit import record
from booking.services.occupancy import locked_rules, rewrite_blocks
from calendars.period import Period

# A year of weeks: a block for longer is a rule of the room.
MOST_AT_ONCE = 53


def block_room(
    session: Session, room_id: int, period: Period, reason: str, *, actor: Actor, now: datetime
) -> Block:
    """Keep a room's time. Blocks may lie over blocks; over a held booking they are refused, and the bookings' times listed.

    Raises NotFound, Forbidden, InvalidInput(`in_the_past`), RoomTaken.
    """
    rules = _own_room(session, room_id, actor)
    if period.end <= now:
        raise InvalidInput("in_the_past", field="ends_at")
    _require_no_bookings(session, rules, [period])
    return _block(session, rules, period, reason, None, actor=actor, now=now)


def block_weekly(
    session: Session,
    room_id: int,
    periods: Sequence[Period],
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> list[Block]:
    """Keep a room's time several times in one act; the blocks share their `series`. All or none.

    `periods`: at most MOST_AT_ONCE. Raises as `block_room` does; RoomTaken lists all bookings in the way.
    """
    rules = _own_room(session, room_id, actor)
    if not periods or min(period.end for period in periods) <= now:
        raise InvalidInput("in_the_past", field="ends_at")
    if len(periods) > MOST_AT_ONCE:
        raise InvalidInput("too_many_dates", field="until", limit=MOST_AT_ONCE)
    _require_no_bookings(session, rules, periods)
    series = str(uuid.uuid4())
    return [
        _block(session, rules, period, reason, series, actor=actor, now=now) for period in periods
    ]


def _own_room(session: Session, room_id: int, actor: Actor) -> RoomRules:
    rules = locked_rules(session, room_id)
    if not actor.decides_for(rules.unit_id):
        raise Forbidden("not_your_unit")
    return rules


def _require_no_bookings(session: Session, rules: RoomRules, periods: Sequence[Period]) -> None:
    span = Period(min(period.start for period in periods), max(period.end for period in periods))
    held = [hold for hold in holds(session, rules.space_ids, span) if hold.source == "booking"]
    met = {met for period in periods for met in conflicts(period, rules.space_ids, held)}
    if met:
        raise RoomTaken(sorted(met, key=lambda one: (one.starts_at, one.ends_at)))


def _block(
    session: Session,
    rules: RoomRules,
    period: Period,
    reason: str,
    series: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> Block:
    block = Block(
        room=session.get_one(Room, rules.id),
        starts_at=period.start,
        ends_at=period.end,
        reason=reason,
        created_by_id=actor.person_id,
        created_at=now,
        series=series,
    )
    session.add(block)
    rewrite_blocks(session, rules.space_ids, period)
    after = {
        "room_id": rules.id,
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
    _lift(session, rules, block, actor=actor, now=now)
    return block


def lift_series(session: Session, block_id: int, *, actor: Actor, now: datetime) -> Block:
    """Give back what is still to come of the blocks made in one act with this one; without such, this one alone.

    Raises NotFound (also for another unit's staff).
    """
    block = lift_block(session, block_id, actor=actor, now=now)
    if block.series is not None:
        rules = locked_rules(session, block.room_id)
        others = select(Block).where(Block.series == block.series, Block.ends_at > now)
        for other in session.scalars(others.order_by(Block.starts_at)).all():
            _lift(session, rules, other, actor=actor, now=now)
    return block


def _lift(session: Session, rules: RoomRules, block: Block, *, actor: Actor, now: datetime) -> None:
    if block.lifted_at is not None:
        return
    block.lifted_at = now
    rewrite_blocks(session, rules.space_ids, Period(block.starts_at, block.ends_at))
    thing = ("block", block.id)
    record(session, "lift_block", thing, after={"lifted": True}, actor=actor, now=now)
