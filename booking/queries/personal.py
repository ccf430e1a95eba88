"""Where persons stand in the rows: from each table with personal data a declared path to whose it is. Reads only; erases nothing.

`tests/services/test_exports.py` holds the paths to the models: a personal column, or a column that points at a person, which is
in no path and not left out with a reason fails it. So a new one can't be forgotten in the export.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from booking.models import (
    Absence,
    ApiToken,
    AuditEntry,
    Block,
    Booking,
    CalendarText,
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
    Series,
    SignIn,
    StaffRole,
    Unit,
    WaitingEntry,
)
from booking.queries.feeds import installation


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose rows are looked for. Some rows know a person by address or name only. `uids`: of the bookings they asked for."""

    person_id: int
    email: str
    name: str
    uids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """The rows of a table that are about a person, and which of their columns are shown to that person.

    `section` names them in the export.
    """

    section: str
    model: Any
    rows: Callable[[Whose], ColumnElement[bool]]
    shows: tuple[str, ...]


def _columns(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PATHS: Sequence[Path] = (
    Path(
        "person",
        Person,
        lambda who: Person.id == who.person_id,
        _columns("email name title locale is_active created_at totp_confirmed_at"),
    ),
    Path(
        "roles",
        StaffRole,
        lambda who: StaffRole.person_id == who.person_id,
        _columns("role municipality_id unit_id"),
    ),
    Path(
        "memberships",
        Membership,
        lambda who: Membership.person_id == who.person_id,
        _columns("organisation_id role"),
    ),
    Path(
        "absences",
        Absence,
        lambda who: or_(Absence.person_id == who.person_id, Absence.stand_in_id == who.person_id),
        _columns("unit_id first_day last_day"),
    ),
    Path(
        "mail_settings",
        MailSetting,
        lambda who: MailSetting.person_id == who.person_id,
        _columns("kind how"),
    ),
    Path(
        "sign_ins",
        SignIn,
        lambda who: SignIn.person_id == who.person_id,
        _columns("device created_at last_seen_at expires_at"),
    ),
    Path(
        "mailed_links",
        MailedLink,
        lambda who: or_(MailedLink.person_id == who.person_id, MailedLink.email == who.email),
        _columns("email created_at expires_at used_at next kept locale"),
    ),
    Path(
        "api_tokens",
        ApiToken,
        lambda who: ApiToken.person_id == who.person_id,
        _columns("scope created_at last_used_at revoked_at"),
    ),
    Path(
        "acts_kept_for_repeating",
        IdempotencyKey,
        lambda who: IdempotencyKey.person_id == who.person_id,
        _columns("route created_at answer"),
    ),
    Path(
        "contact_of_organisations",
        Organisation,
        lambda who: or_(
            func.lower(Organisation.contact_email) == who.email,
            and_(
                Organisation.responsible_name == who.name,
                Organisation.id.in_(
                    select(Membership.organisation_id).where(Membership.person_id == who.person_id)
                ),
            ),
        ),
        _columns("id name contact_email responsible_name"),
    ),
    Path(
        "invitations",
        Invitation,
        lambda who: Invitation.email == who.email,
        _columns("organisation_id email role hands_over created_at expires_at accepted_at"),
    ),
    Path(
        "invitations_sent",  # whom they invited is the others' own
        Invitation,
        lambda who: Invitation.invited_by_id == who.person_id,
        _columns("organisation_id role hands_over created_at accepted_at revoked_at"),
    ),
    Path(
        "bookings",
        Booking,
        lambda who: Booking.asker_id == who.person_id,
        _columns(
            "id room_id organisation_id title is_public activity people needs needed_features contact_name contact_email "
            "starts_at ends_at state created_at changed_at is_on_behalf is_late_cancel decided_at decided_by_name "
            "reason condition cancel_reason reminded_on"
        ),
    ),
    Path(
        "contact_of_bookings",  # asked for by somebody else
        Booking,
        lambda who: and_(
            func.lower(Booking.contact_email) == who.email, Booking.asker_id != who.person_id
        ),
        _columns("id room_id organisation_id starts_at ends_at state contact_name contact_email"),
    ),
    Path(
        "decisions",
        Booking,
        lambda who: Booking.decided_by_id == who.person_id,
        _columns("id room_id starts_at ends_at state decided_at decided_by_name reason condition"),
    ),
    Path(
        "names_in_calendars",
        CalendarText,
        lambda who: CalendarText.uid.in_(who.uids),
        _columns("uid audience starts_at ends_at status summary text changed_at"),
    ),
    Path(
        "series",
        Series,
        lambda who: Series.asker_id == who.person_id,
        _columns("room_id organisation_id rrule first_day start_minute end_minute created_at"),
    ),
    Path(
        "waiting",
        WaitingEntry,
        lambda who: WaitingEntry.asker_id == who.person_id,
        _columns(
            "room_id organisation_id starts_at ends_at activity people state created_at offered_until"
        ),
    ),
    Path(
        "reports",
        Report,
        lambda who: or_(Report.person_id == who.person_id, func.lower(Report.email) == who.email),
        _columns(
            "id kind room_id booking_id email locale text state created_at due_on answer answered_at"
        ),
    ),
    Path(
        "reports_answered",
        Report,
        lambda who: Report.answered_by_id == who.person_id,
        _columns("id kind room_id answer answered_at"),
    ),
    Path(
        "blocks",
        Block,
        lambda who: Block.created_by_id == who.person_id,
        _columns("room_id starts_at ends_at reason created_at lifted_at"),
    ),
    Path(
        "contact_of_sites",
        Unit,
        lambda who: func.lower(Unit.contact_email) == who.email,
        _columns("id name contact_email contact_phone"),
    ),
    Path(
        "contact_of_rooms",
        Room,
        lambda who: func.lower(Room.contact_email) == who.email,
        _columns("id name contact_name contact_email contact_phone"),
    ),
    Path(
        "mails",
        OutboxMessage,
        lambda who: or_(
            OutboxMessage.person_id == who.person_id,
            func.lower(OutboxMessage.recipient) == who.email,
        ),
        _columns("kind locale recipient_name recipient subject body state created_at sent_at"),
    ),
    Path(
        "done_by_you",
        AuditEntry,
        lambda who: AuditEntry.actor_id == who.person_id,
        _columns("at actor_name action object_kind object_id reason"),
    ),
    Path(
        # Who it was is theirs: the county tells it on request where it must (Court of Justice, C-579/21).
        "done_to_your_data",
        AuditEntry,
        lambda who: and_(
            or_(AuditEntry.actor_id.is_(None), AuditEntry.actor_id != who.person_id),
            or_(
                and_(AuditEntry.object_kind == "person", AuditEntry.object_id == who.person_id),
                and_(
                    AuditEntry.object_kind == "booking",
                    AuditEntry.action == "read_contact",
                    AuditEntry.object_id.in_(
                        select(Booking.id).where(Booking.asker_id == who.person_id)
                    ),
                ),
            ),
        ),
        _columns("at action object_kind object_id"),
    ),
)

# Personal columns that the export leaves out, and why.
LEFT_OUT: Mapping[str, str] = {
    "person.password_hash": "a secret kept as a hash: it says nothing, and must not lie in a file",
    "person.totp_secret": "a secret kept under a key",
    "sign_in.token_hash": "a secret kept as a hash",
    "mailed_link.token_hash": "a secret kept as a hash",
    "mailed_link.browser_hash": "a secret kept as a hash",
    "mailed_link.code_hash": "a secret kept as a hash",
    "api_token.token_hash": "a secret kept as a hash",
    "invitation.token_hash": "a secret kept as a hash",
    "booking.release_hash": "a secret kept as a hash",
    "sign_in_attempt.key": "a hash of an address or a network address; gone within a day",
    "outbox_message.html": "says the same as the plain text",
    "outbox_message.calendar": "the booking, which is given already",
}
# Columns that point at a person whose rows are not theirs by it, and where that is told instead.
POINTERS_LEFT_OUT: Mapping[str, str] = {
    "organisation.verified_by_id": "in done_by_you: verify_organisation",
}


def whose(session: Session, person: Person) -> Whose:
    """How a person is found in the rows."""
    house = installation(session)
    uuids = session.scalars(
        select(Booking.uuid).where(Booking.asker_id == person.id).order_by(Booking.id)
    )
    uids = tuple(f"{uuid}@{house}" for uuid in uuids)
    return Whose(person.id, person.email, person.name, uids)


def rows_of(session: Session, path: Path, who: Whose) -> list[dict[str, Any]]:
    """The rows of a path that are about a person, by id, with the columns it shows."""
    columns = [getattr(path.model, name) for name in path.shows]
    query = select(*columns).where(path.rows(who)).order_by(path.model.id)
    return [dict(zip(path.shows, row, strict=True)) for row in session.execute(query)]
