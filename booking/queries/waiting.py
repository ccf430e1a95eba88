"""The waiting list as those who wait see it: their entries, one of them, and who is before them. Changes nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, contains_eager

from booking.domain.access import Actor
from booking.domain.rooms import RoomRules
from booking.errors import NotFound
from booking.models import Room, WaitingEntry
from calendars.period import Period

LIVING = ("waiting", "offered")  # states of those who still wait


def period_waited_for(entry: WaitingEntry) -> Period:
    """The time somebody waits for."""
    return Period(entry.starts_at, entry.ends_at)


def _entries(actor: Actor) -> Select[WaitingEntry]:
    return (
        select(WaitingEntry)
        .join(WaitingEntry.room)
        .join(Room.unit)
        .join(WaitingEntry.organisation)
        .options(contains_eager(WaitingEntry.room).contains_eager(Room.unit))
        .options(contains_eager(WaitingEntry.organisation))
        .where(WaitingEntry.organisation_id.in_(actor.organisations))
    )


def waiting_entry(session: Session, entry_id: int, actor: Actor) -> WaitingEntry:
    """An entry of the actor's organisations; raises NotFound for another's too."""
    found = session.scalars(_entries(actor).where(WaitingEntry.id == entry_id)).one_or_none()
    if found is None:
        raise NotFound("waiting")
    return found


def own_waiting(session: Session, actor: Actor, now: datetime) -> list[WaitingEntry]:
    """What the actor's organisations still wait for, by start."""
    living = WaitingEntry.state.in_(LIVING), WaitingEntry.starts_at > now
    query = _entries(actor).where(*living).order_by(WaitingEntry.starts_at, WaitingEntry.id)
    return list(session.scalars(query))


def before_in_line(session: Session, rules: RoomRules, entry: WaitingEntry) -> int:
    """How many wait longer for time that this entry waits for too, in the same room or one that shares a space with it."""
    query = select(func.count()).where(
        WaitingEntry.room_id.in_(rules.neighbours),
        WaitingEntry.state.in_(LIVING),
        WaitingEntry.starts_at < entry.ends_at,
        WaitingEntry.ends_at > entry.starts_at,
        (WaitingEntry.created_at < entry.created_at)
        | ((WaitingEntry.created_at == entry.created_at) & (WaitingEntry.id < entry.id)),
    )
    return session.scalars(query).one()
