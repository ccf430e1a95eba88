"""Who is away, who stands in, and who could. Reads only; scope is part of each query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.domain.access import Actor
from booking.domain.texts import LocalText
from booking.models import Absence, Person, StaffRole, Unit


@dataclass(frozen=True, slots=True)
class Post:
    """An approver at one unit: what somebody may be absent from."""

    person_id: int
    person: str
    unit_id: int
    unit: LocalText


def absences_to_come(
    session: Session, actor: Actor, today: date
) -> list[tuple[Absence, LocalText]]:
    """The actor's absences that are not over, with the unit's name; an administrator sees all. By first day."""
    query = (
        select(Absence, Unit.name)
        .join(Unit, Unit.id == Absence.unit_id)
        .where(Absence.last_day >= today)
        .options(joinedload(Absence.person), joinedload(Absence.stand_in))
        .order_by(Absence.first_day, Absence.id)
    )
    if not actor.is_admin:
        query = query.where(Absence.person_id == actor.person_id)
    return [(absence, name) for absence, name in session.execute(query)]


def posts(session: Session, actor: Actor) -> list[Post]:
    """Where the actor approves in their own right, not as a stand-in; an administrator sees all. By unit and person."""
    query = (
        select(Person.id, Person.name, Unit.id, Unit.name)
        .join(StaffRole, StaffRole.person_id == Person.id)
        .join(Unit, Unit.id == StaffRole.unit_id)
        .where(StaffRole.role == "approver", Person.is_active)
    )
    if not actor.is_admin:
        query = query.where(Person.id == actor.person_id)
    found = {Post(*row) for row in session.execute(query)}
    return sorted(found, key=lambda one: (one.unit.fi, one.person, one.person_id))


def staff_by_name(session: Session) -> list[tuple[int, str]]:
    """Everybody who works for the county in some role, as (id, name with title)."""
    query = (
        select(Person.id, Person.name, Person.title)
        .where(
            Person.is_active,
            select(StaffRole.id).where(StaffRole.person_id == Person.id).exists(),
        )
        .order_by(Person.name, Person.id)
    )
    return [
        (row.id, f"{row.name}, {row.title}" if row.title else row.name)
        for row in session.execute(query)
    ]
