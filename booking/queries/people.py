"""Persons and what they may do, read from roles and memberships. No passwords are checked here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from booking.db import UtcDateTime
from booking.domain.access import Actor
from booking.models import (
    Absence,
    ApiToken,
    Booking,
    Membership,
    Organisation,
    Person,
    SignIn,
    StaffRole,
    Unit,
)

_LONGEST_NAME = 120  # signs of a contact's name
_ROLES = select(StaffRole.role, StaffRole.municipality_id, StaffRole.unit_id).where(
    StaffRole.person_id == bindparam("person")
)
_MEMBERSHIPS = select(Membership.organisation_id, Membership.role).where(
    Membership.person_id == bindparam("person")
)
# An absence gives its stand-in nothing that the one who is away doesn't have.
_STANDS_IN = (
    select(Absence.unit_id)
    .join(
        StaffRole,
        (StaffRole.person_id == Absence.person_id) & (StaffRole.unit_id == Absence.unit_id),
    )
    .where(
        Absence.stand_in_id == bindparam("person"),
        StaffRole.role == "approver",
        Absence.first_day <= bindparam("today"),
        Absence.last_day >= bindparam("today"),
    )
)
# Asked by each request of a known person, so they are put together once.
_SIGN_IN = (
    select(SignIn)
    .join(SignIn.person)
    .options(contains_eager(SignIn.person))
    .where(
        SignIn.token_hash == bindparam("token"),
        SignIn.expires_at > bindparam("now", type_=UtcDateTime),
        Person.is_active,
    )
)
_TOKEN = (
    select(ApiToken)
    .join(ApiToken.person)
    .options(contains_eager(ApiToken.person))
    .where(
        ApiToken.token_hash == bindparam("token"), ApiToken.revoked_at.is_(None), Person.is_active
    )
)


def actor_of(session: Session, person: Person, today: date, may_write: bool = True) -> Actor:
    """The person as an actor on this local day: roles resolved to the units they reach, those of whom they stand in for too."""
    roles = session.execute(_ROLES, {"person": person.id}).all()
    memberships = session.execute(_MEMBERSHIPS, {"person": person.id}).all()
    stood_in_for = session.scalars(_STANDS_IN, {"person": person.id, "today": today})
    return Actor(
        person_id=person.id,
        name=person.name,
        title=person.title,
        email=person.email,
        locale=person.locale,
        is_admin=any(row.role == "admin" for row in roles),
        is_coordinator=any(row.role == "coordinator" for row in roles),
        approver_units=frozenset(
            (*(row.unit_id for row in roles if row.role == "approver"), *stood_in_for)
        ),
        viewer_units=_viewed_units(
            session, [(row.municipality_id, row.unit_id) for row in roles if row.role == "viewer"]
        ),
        organisations={row.organisation_id: row.role for row in memberships},
        may_write=may_write,
    )


def _viewed_units(session: Session, scopes: list[tuple[int | None, int | None]]) -> frozenset[int]:
    if not scopes:
        return frozenset()
    query = select(Unit.id)
    if (None, None) not in scopes:
        municipalities = [municipality for municipality, _ in scopes if municipality is not None]
        units = [unit for _, unit in scopes if unit is not None]
        query = query.where(Unit.municipality_id.in_(municipalities) | Unit.id.in_(units))
    return frozenset(session.scalars(query))


def sign_in_of(session: Session, token_hash: str, now: datetime) -> SignIn | None:
    """The living sign-in with this token's hash, of an active person; else None."""
    return session.scalars(_SIGN_IN, {"token": token_hash, "now": now}).one_or_none()


def api_token_of(session: Session, token_hash: str) -> ApiToken | None:
    """The unrevoked API token with this hash, of an active person; else None."""
    return session.scalars(_TOKEN, {"token": token_hash}).one_or_none()


def deciders_of(session: Session, unit_id: int, today: date) -> list[Person]:
    """Who decides for a unit on this local day: its approvers who are there, and the stand-ins of those who are not.

    When all approvers are away without a stand-in, the approvers themselves: somebody must learn of it.
    """
    approvers = session.scalars(
        select(Person)
        .join(StaffRole, StaffRole.person_id == Person.id)
        .where(StaffRole.role == "approver", StaffRole.unit_id == unit_id, Person.is_active)
        .order_by(Person.id)
    ).all()
    away = {
        row.person_id: row.stand_in
        for row in session.scalars(
            select(Absence)
            .where(
                Absence.unit_id == unit_id, Absence.first_day <= today, Absence.last_day >= today
            )
            .options(joinedload(Absence.stand_in))
        )
    }
    there = {person.id: person for person in approvers if person.id not in away}
    for person in approvers:
        stand_in = away.get(person.id)
        if stand_in is not None and stand_in.is_active:
            there[stand_in.id] = stand_in
    return list(there.values()) or list(approvers)


def stand_ins(session: Session, unit_id: int, today: date) -> list[Person]:
    """Who stands in at this unit today, and all who decide there, those away too: silence has many reasons."""
    those_standing_in = session.scalars(
        select(Person)
        .join(Absence, Absence.stand_in_id == Person.id)
        # An absence of somebody who decides no more gives nobody anything.
        .join(
            StaffRole,
            (StaffRole.person_id == Absence.person_id) & (StaffRole.unit_id == Absence.unit_id),
        )
        .where(
            StaffRole.role == "approver",
            Absence.unit_id == unit_id,
            Absence.first_day <= today,
            Absence.last_day >= today,
            Person.is_active,
        )
    ).all()
    approvers = session.scalars(
        select(Person)
        .join(StaffRole, StaffRole.person_id == Person.id)
        .where(StaffRole.role == "approver", StaffRole.unit_id == unit_id, Person.is_active)
    ).all()
    return list({person.id: person for person in (*those_standing_in, *approvers)}.values())


def reached(session: Session, organisation: Organisation) -> tuple[str, str] | None:
    """Name and address that reach an organisation: its shared mailbox, else who has owned it for longest; None: nobody."""
    if organisation.contact_email is not None:
        return organisation.name[:_LONGEST_NAME], organisation.contact_email
    row = session.execute(
        select(Person.name, Person.email)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.organisation_id == organisation.id,
            Membership.role == "owner",
            Person.is_active,
        )
        .order_by(Membership.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else (row.name, row.email)


@dataclass(frozen=True, slots=True)
class MailReader:
    """Whose wishes for mails count (None: nobody's), and in which language they are read."""

    person_id: int | None
    locale: str


def mail_reader(session: Session, booking: Booking) -> MailReader:
    """Who reads the mails of a booking: who asked; of what staff asked on behalf, the contact, in Finnish if that is no person.

    Whoever of the staff asked may be the contact, where nobody else can be reached: their wishes are for mails of their own.
    """
    if not booking.is_on_behalf:
        return MailReader(booking.asker_id, booking.asker.locale)
    address = booking.contact_email.strip().lower()
    person = session.scalars(
        select(Person).where(Person.email == address, Person.is_active)
    ).one_or_none()
    if person is None:
        return MailReader(None, "fi")
    return MailReader(None if person.id == booking.asker_id else person.id, person.locale)


def coordinators(session: Session) -> list[Person]:
    """The county's coordinators of associations."""
    return _in_role(session, "coordinator")


def administrators(session: Session) -> list[Person]:
    """Those who keep the whole service."""
    return _in_role(session, "admin")


def _in_role(session: Session, role: str) -> list[Person]:
    return list(
        session.scalars(
            select(Person)
            .join(StaffRole, StaffRole.person_id == Person.id)
            .where(StaffRole.role == role, Person.is_active)
            .order_by(Person.id)
        ).unique()
    )
