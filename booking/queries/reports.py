"""Reports within an actor's sight: those still to be answered, those that were, one of them. Changes nothing."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, false, select, true
from sqlalchemy.orm import Session, contains_eager

from booking.domain.access import Actor
from booking.errors import NotFound
from booking.models import Report, Room


def answers_reports(actor: Actor) -> bool:
    """Whether the actor answers reports of any kind: those of their units; the coordinator and the administrator all."""
    return actor.sees_all_bookings or bool(actor.approver_units)


def _in_sight(actor: Actor) -> ColumnElement[bool]:
    """What is told of these pages has no room: it is the coordinator's and the administrator's."""
    if actor.sees_all_bookings:
        return true()
    units = actor.approver_units
    return Room.unit_id.in_(units) if units else false()


def _reports(actor: Actor) -> Select[Report]:
    return (
        select(Report)
        .outerjoin(Report.room)
        .outerjoin(Room.unit)
        .options(contains_eager(Report.room).contains_eager(Room.unit))
        .where(_in_sight(actor))
    )


def open_reports(session: Session, actor: Actor, limit: int = 200) -> list[Report]:
    """Reports that the actor is to answer, the one due first coming first."""
    query = _reports(actor).where(Report.state == "open").order_by(Report.due_on, Report.id)
    return list(session.scalars(query.limit(limit)))


def answered_reports(session: Session, actor: Actor, limit: int, offset: int = 0) -> list[Report]:
    """Reports in sight that have been answered, the latest answer first."""
    query = _reports(actor).where(Report.state == "answered")
    ordered = query.order_by(Report.answered_at.desc(), Report.id.desc())
    return list(session.scalars(ordered.limit(limit).offset(offset)))


def report_in_sight(session: Session, report_id: int, actor: Actor) -> Report:
    """One report; raises NotFound also when the actor may not know of it."""
    found = session.scalars(_reports(actor).where(Report.id == report_id)).one_or_none()
    if found is None:
        raise NotFound("report")
    return found
