"""Organisations: in whose name an actor may ask, and which an actor may know of. By name."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.models import Organisation


def bookable_organisations(session: Session, actor: Actor) -> list[Organisation]:
    """In whose name the actor may ask for a room: their own organisations; for staff who ask on behalf, all."""
    asks_on_behalf = actor.is_admin or actor.is_coordinator or bool(actor.approver_units)
    return list(session.scalars(_organisations(actor, sees_all=asks_on_behalf)))


def organisations_in_sight(session: Session, actor: Actor) -> list[Organisation]:
    """Which organisations the actor may know of: their own; for staff, all."""
    return list(session.scalars(_organisations(actor, sees_all=actor.is_staff)))


def _organisations(actor: Actor, sees_all: bool) -> Select[Organisation]:
    query = select(Organisation).order_by(Organisation.name, Organisation.id)
    return query if sees_all else query.where(Organisation.id.in_(actor.organisations))
