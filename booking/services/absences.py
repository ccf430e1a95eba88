"""Who stands in for an approver while they are away. Knows rows; what a stand-in may do is said in `booking.queries.people`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.errors import Forbidden, NotFound, Refusal
from booking.models import Absence, Person, StaffRole
from booking.services.audit import record
from booking.services.upkeep import require_valid

# Days. Assumed: who is away for longer hands their role over.
LONGEST_ABSENCE = 366


def add_absence(
    session: Session,
    person_id: int,
    unit_id: int,
    stand_in_id: int,
    first_day: date,
    last_day: date,
    *,
    actor: Actor,
    now: datetime,
) -> Absence:
    """Let somebody of the county stand in for an approver of a unit, both days included; by the approver or an admin.

    Raises Forbidden, InvalidValues.
    """
    if not (actor.is_admin or actor.person_id == person_id):
        raise Forbidden("not_your_absence")
    # Locked, so that two absences over the same days can't both be the first.
    away = session.get(
        Person, person_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if away is None or not _approves_for(session, person_id, unit_id):
        raise Forbidden("not_your_unit")
    faults = list(_faults_of_days(first_day, last_day, local(now).date()))
    if not faults and _overlaps(session, person_id, unit_id, first_day, last_day):
        faults.append(Refusal("absence_overlaps", "first_day"))
    if stand_in_id == person_id or not _works_for_county(session, stand_in_id):
        # A stand-in sees contacts and needs: only who works for the county already.
        faults.append(Refusal("bad_stand_in", "stand_in_id"))
    require_valid(faults)
    days = {"first_day": first_day, "last_day": last_day}
    who = {"unit_id": unit_id, "stand_in_id": stand_in_id}
    absence = Absence(person_id=person_id, **who, **days)
    session.add(absence)
    session.flush()
    after = {**who, **{name: day.isoformat() for name, day in days.items()}}
    record(session, "add_absence", ("person", person_id), after=after, actor=actor, now=now)
    return absence


def _approves_for(session: Session, person_id: int, unit_id: int) -> bool:
    own = (StaffRole.person_id == person_id, StaffRole.unit_id == unit_id)
    query = select(StaffRole.id).where(*own, StaffRole.role == "approver")
    return session.scalars(query.limit(1)).one_or_none() is not None


def _works_for_county(session: Session, person_id: int) -> bool:
    query = (
        select(Person.id)
        .join(StaffRole, StaffRole.person_id == Person.id)
        .where(Person.id == person_id, Person.is_active)
    )
    return session.scalars(query.limit(1)).one_or_none() is not None


def _faults_of_days(first_day: date, last_day: date, today: date) -> Iterator[Refusal]:
    if last_day < first_day:
        yield Refusal("end_before_start", "last_day")
    elif last_day < today:
        yield Refusal("in_the_past", "last_day")
    elif (last_day - first_day).days >= LONGEST_ABSENCE:
        yield Refusal("absence_too_long", "last_day", {"limit": LONGEST_ABSENCE})


def _overlaps(
    session: Session, person_id: int, unit_id: int, first_day: date, last_day: date
) -> bool:
    query = select(Absence.id).where(
        Absence.person_id == person_id,
        Absence.unit_id == unit_id,
        Absence.first_day <= last_day,
        Absence.last_day >= first_day,
    )
    return session.scalars(query.limit(1)).one_or_none() is not None


def end_absence(session: Session, absence_id: int, *, actor: Actor, now: datetime) -> None:
    """Take an absence back; the stand-in's rights end at once. Raises NotFound (also for another's)."""
    row = session.get(Absence, absence_id)
    if row is None or not (actor.is_admin or actor.person_id == row.person_id):
        raise NotFound("absence")
    before = {"unit_id": row.unit_id, "stand_in_id": row.stand_in_id}
    session.delete(row)
    record(session, "end_absence", ("person", row.person_id), before=before, actor=actor, now=now)
