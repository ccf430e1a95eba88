"""Makes a person nobody: what tells who they are goes, what they did stays counted. Knows rows; no page.

Gone are account, secrets, sign-ins, roles and memberships, mails, links, contacts and needs. What stays, and why, is in `STAYS`;
`tests/services/test_erasure.py` plants a mark in every personal column and looks through the whole database afterwards.
The county's decisions stay whole: who decided is a part of them (hallintolaki 44 §), and goes with the rule `old_bookings`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.bookings import HOLDING
from booking.domain.retention import ERASED_EMAIL, ERASED_NAME, ERASED_TEXT
from booking.errors import Forbidden, InvalidValues, NotFound, Refusal
from booking.models import (
    Absence,
    ApiToken,
    AuditEntry,
    Booking,
    IdempotencyKey,
    Invitation,
    MailedLink,
    MailSetting,
    Membership,
    Organisation,
    OutboxMessage,
    Person,
    Report,
    Room,
    SignIn,
    StaffRole,
    Unit,
    WaitingEntry,
)
from booking.services.audit import record
from booking.services.limits import forget_keys
from booking.services.people import person_by_email

# Personal columns that an erasure leaves as they are.
STAYS: Mapping[str, str] = {
    "booking.title": "names the association's occasion; goes with the rule old_bookings",
    "booking.decided_by_name": "who decided is a part of the county's decision; goes with old_bookings",
    "calendar_text.summary": "the title, as calendars were given it",
    "calendar_text.text": "the same",
    "unit.contact_phone": "the site's number, not a person's",
    "invitation.token_hash": "a hash of something drawn by lot; the invitation has ended",
}
EMPTY_MAIL: Mapping[str, Any] = {
    "recipient_name": "",
    "recipient": "",
    "subject": "",
    "body": "",
    "html": None,
    "calendar": None,
    "last_error": None,  # mail servers quote addresses
    "person_id": None,
}
_OWN = (ApiToken, IdempotencyKey, MailSetting, Membership, SignIn, StaffRole)
# What the audit may say of an account beside its roles.
_TELLING = frozenset({"email", "name", "title", "device"})
_SERVICE = Actor(person_id=None, name="Yhteistila")
_CHANGED = {"contact_email": "changed"}


@dataclass(frozen=True, slots=True)
class _Gone:
    """Who is erased, as rows know them; `organisations`: those they belonged to."""

    id: int
    email: str
    name: str
    organisations: tuple[int, ...]


def obstacles(session: Session, person: Person, now: datetime) -> list[Refusal]:
    """What must be done before a person can be erased; empty when nothing is in the way."""
    found = []
    # The others of an association keep their bookings to come, once those have somebody else to be reached.
    is_contact = or_(
        func.lower(Booking.contact_email) == person.email,
        and_(Booking.asker_id == person.id, Booking.contact_name == person.name),
    )
    coming = session.scalars(select(func.count()).where(is_contact, ~_is_over(now))).one()
    if coming:
        found.append(Refusal("erase_coming_bookings", "bookings", {"count": coming}))
    shared = [
        organisation
        for organisation in _organisations_of(session, person.id)
        if _others(session, organisation.id, person.id)
    ]
    owned = [one.name for one in shared if _is_last_owner(session, one.id, person.id)]
    if owned:
        names = {"organisations": ", ".join(owned)}
        found.append(Refusal("erase_last_owner", "organisations", names))
    answered_for = [one.name for one in shared if one.responsible_name == person.name]
    if answered_for:
        names = {"organisations": ", ".join(answered_for)}
        found.append(Refusal("erase_responsible", "organisations", names))
    if _is_last_admin(session, person.id):
        found.append(Refusal("erase_last_admin", "roles"))
    return found


def erase_person(session: Session, person_id: int, *, actor: Actor, now: datetime) -> None:
    """Erase a person, by themselves or an administrator; one who is erased already stays so.

    Raises NotFound (also for another's), Forbidden, InvalidValues (codes `erase_…`: what to do first).
    """
    if not (actor.is_admin or actor.person_id == person_id):
        raise NotFound("person")
    if not actor.may_write:
        raise Forbidden("forbidden")
    # Organisations first, as everybody locks: nobody else may stop being an owner meanwhile. The person's row waits for
    # whoever is just asking for a room in their name; who asks afterwards finds no sign-in.
    organisations = _organisations_of(session, person_id, locked=True)
    person = session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None:
        raise NotFound("person")
    if person.erased_at is not None:
        return
    faults = obstacles(session, person, now)
    if faults:
        raise InvalidValues(faults)
    gone = _Gone(person.id, person.email, person.name, tuple(one.id for one in organisations))
    _forget_person(session, person, now)
    _forget_access(session, gone, now)
    _forget_in_organisations(session, gone)
    _forget_in_catalogue(session, gone, now)
    after = {
        "bookings": _forget_in_bookings(session, gone, now),
        "mails": _forget_mails(session, gone),
    }
    _forget_reports(session, gone)
    _forget_in_audit(session, gone)
    itself = Actor(person_id=gone.id, name=ERASED_NAME)
    by = itself if actor.person_id == gone.id else actor
    record(session, "erase_person", ("person", gone.id), after=after, actor=by, now=now)
    session.flush()


def erase_by_email(session: Session, email: str, *, actor: Actor, now: datetime) -> None:
    """Erase the person of an address, on request. Raises NotFound, Forbidden, InvalidValues."""
    person = person_by_email(session, email)
    if person is None:
        raise NotFound("person")
    erase_person(session, person.id, actor=actor, now=now)


def _forget_person(session: Session, person: Person, now: datetime) -> None:
    # No host of ours or anybody's: nothing is ever sent there, and no two are alike.
    person.email, person.name = f"erased-{uuid.uuid4()}@invalid", ERASED_NAME
    person.title = person.password_hash = None
    person.totp_secret = person.totp_confirmed_at = person.totp_last_step = None
    person.is_active, person.erased_at = False, now
    session.flush()


def _forget_access(session: Session, gone: _Gone, now: datetime) -> None:
    for model in _OWN:
        _delete(session, model, model.person_id == gone.id)
    _delete(session, Absence, or_(Absence.person_id == gone.id, Absence.stand_in_id == gone.id))
    _delete(
        session, MailedLink, or_(MailedLink.person_id == gone.id, MailedLink.email == gone.email)
    )
    theirs = Invitation.email == gone.email
    pending = theirs & Invitation.accepted_at.is_(None) & Invitation.revoked_at.is_(None)
    _update(session, Invitation, pending, revoked_at=now)
    _update(session, Invitation, theirs, email=ERASED_EMAIL)
    waits = (WaitingEntry.asker_id == gone.id) & WaitingEntry.state.in_(("waiting", "offered"))
    _update(session, WaitingEntry, waits, state="cancelled")
    forget_keys(session, (gone.email, str(gone.id)))


def _forget_in_organisations(session: Session, gone: _Gone) -> None:
    """Whom to reach in an association: not this person any more."""
    # Others may bear the same name, so a name counts only where this person belonged.
    theirs = or_(
        func.lower(Organisation.contact_email) == gone.email,
        and_(Organisation.responsible_name == gone.name, Organisation.id.in_(gone.organisations)),
    )
    for organisation in session.scalars(select(Organisation).where(theirs)).all():
        if (organisation.contact_email or "").lower() == gone.email:
            organisation.contact_email = None
        if organisation.id in gone.organisations and organisation.responsible_name == gone.name:
            organisation.responsible_name = None
        organisation.version += 1


def _forget_in_catalogue(session: Session, gone: _Gone, now: datetime) -> None:
    for unit in session.scalars(
        select(Unit).where(func.lower(Unit.contact_email) == gone.email)
    ).all():
        _without(unit, "contact_email")
        record(session, "edit_unit", ("unit", unit.id), after=_CHANGED, actor=_SERVICE, now=now)
    for room in session.scalars(
        select(Room).where(func.lower(Room.contact_email) == gone.email)
    ).all():
        _without(room, "contact_name", "contact_email", "contact_phone")
        record(session, "edit_room", ("room", room.id), after=_CHANGED, actor=_SERVICE, now=now)


def _without(row: Room | Unit, *names: str) -> None:
    """Take columns away, as an edit would: a form that lies open elsewhere must not bring them back."""
    for name in names:
        setattr(row, name, None)
    row.version += 1


def _is_over(now: datetime) -> ColumnElement[bool]:
    return or_(Booking.ends_at <= now, Booking.state.not_in(HOLDING))


def _forget_in_bookings(session: Session, gone: _Gone, now: datetime) -> int:
    asked = session.scalars(select(func.count()).where(Booking.asker_id == gone.id)).one()
    over = (Booking.asker_id == gone.id) & _is_over(now)
    _update(session, Booking, over, needs=None, needed_features=[])
    _update(
        session,
        Booking,
        or_(over, func.lower(Booking.contact_email) == gone.email),
        contact_name=ERASED_NAME,
        contact_email=ERASED_EMAIL,
        release_hash=None,
    )
    return asked


def _forget_mails(session: Session, gone: _Gone) -> int:
    """Empty what went to this person; the rows stay, with their cause, so that nothing is told twice."""
    is_theirs = func.lower(OutboxMessage.recipient) == gone.email
    # What has not gone out goes nowhere, but to somebody else who is the contact of a booking of theirs.
    to_others = (OutboxMessage.state == "waiting") & ~is_theirs
    unsent = OutboxMessage.state.in_(("waiting", "gathered"))
    ids = session.scalars(
        select(OutboxMessage.id).where(
            or_(is_theirs, and_(OutboxMessage.person_id == gone.id, ~to_others))
        )
    ).all()
    _update(session, OutboxMessage, OutboxMessage.id.in_(ids) & unsent, state="withdrawn")
    _update(session, OutboxMessage, OutboxMessage.id.in_(ids), **EMPTY_MAIL)
    _update(session, OutboxMessage, OutboxMessage.person_id == gone.id, person_id=None)
    return len(ids)


def _forget_reports(session: Session, gone: _Gone) -> None:
    theirs = or_(Report.person_id == gone.id, func.lower(Report.email) == gone.email)
    ids = session.scalars(select(Report.id).where(theirs)).all()
    answered = Report.id.in_(ids) & (Report.state == "answered")
    # An open one must still be seen to: a broken step is dangerous whoever told of it.
    _update(session, Report, answered, text=ERASED_TEXT, answer=None)
    _update(session, Report, Report.id.in_(ids), email=None, person_id=None)


def _forget_in_audit(session: Session, gone: _Gone) -> None:
    _update(session, AuditEntry, AuditEntry.actor_id == gone.id, actor_name=ERASED_NAME)
    about = (AuditEntry.object_kind == "person") & (AuditEntry.object_id == gone.id)
    for entry in session.scalars(select(AuditEntry).where(about)).all():
        entry.before, entry.after = _untold(entry.before), _untold(entry.after)


def _untold(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in _TELLING}


def _organisations_of(session: Session, person_id: int, locked: bool = False) -> list[Organisation]:
    """Those a person belongs to, by id."""
    memberships = select(Membership.organisation_id).where(Membership.person_id == person_id)
    query = select(Organisation).where(Organisation.id.in_(memberships)).order_by(Organisation.id)
    if locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(session.scalars(query))


def _others(session: Session, organisation_id: int, person_id: int) -> int:
    query = select(func.count()).where(
        Membership.organisation_id == organisation_id, Membership.person_id != person_id
    )
    return session.scalars(query).one()


def _is_last_owner(session: Session, organisation_id: int, person_id: int) -> bool:
    owners = session.scalars(
        select(Membership.person_id).where(
            Membership.organisation_id == organisation_id, Membership.role == "owner"
        )
    ).all()
    return list(owners) == [person_id]


def _is_last_admin(session: Session, person_id: int) -> bool:
    admins = session.scalars(
        select(Person.id)
        .join(StaffRole, StaffRole.person_id == Person.id)
        .where(StaffRole.role == "admin", Person.is_active)
        .distinct()
    ).all()
    return list(admins) == [person_id]


def _delete(session: Session, model: Any, rows: Any) -> None:
    session.execute(delete(model).where(rows), execution_options={"synchronize_session": "fetch"})


def _update(session: Session, model: Any, rows: Any, **values: Any) -> None:
    session.execute(
        update(model).where(rows).values(**values),
        execution_options={"synchronize_session": "fetch"},
    )
