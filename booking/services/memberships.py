"""Who acts for an organisation, and when that ends. How it begins: `booking.services.invitations`. Knows no mail's words.

An organisation is never left without an owner by its people: whoever changes its members holds its row, so two owners who leave
at once are not both the last but one.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.errors import Forbidden, InvalidInput, NotFound
from booking.models import Invitation, Membership, Person
from booking.services.audit import record
from booking.services.invitation_mails import tell_role_ended
from booking.services.organisations import keeps, locked_organisation


def end_membership(
    session: Session, organisation_id: int, person_id: int, *, actor: Actor, now: datetime
) -> None:
    """Take somebody's right to act for the organisation away, one's own included; the last owner stays. They are told by mail.

    Raises NotFound, Forbidden, InvalidInput(`last_owner`, `already_merged`).
    """
    organisation = locked_organisation(session, organisation_id, actor)
    if not (keeps(actor, organisation_id) or actor.person_id == person_id):
        raise Forbidden("owners_only")
    rows = {
        row.person_id: row
        for row in session.scalars(
            select(Membership).where(Membership.organisation_id == organisation_id)
        )
    }
    row = rows.get(person_id)
    if row is None:
        raise NotFound("member")
    if row.role == "owner" and sum(one.role == "owner" for one in rows.values()) == 1:
        raise InvalidInput("last_owner", field="person_id")
    before = {"person_id": person_id, "role": row.role}
    session.delete(row)
    session.flush()
    # What they offered to others was theirs to offer no longer.
    withdraw_invitations(session, organisation_id, person_id, now)
    thing = ("organisation", organisation_id)
    record(session, "end_membership", thing, before=before, actor=actor, now=now)
    if person_id != actor.person_id:
        tell_role_ended(session, organisation, session.get_one(Person, person_id), None, now)


def membership(session: Session, person_id: int, organisation_id: int) -> Membership | None:
    """What a person is to an organisation; None for nothing."""
    return session.scalars(
        select(Membership).where(
            Membership.person_id == person_id, Membership.organisation_id == organisation_id
        )
    ).one_or_none()


def give_role(session: Session, person_id: int, organisation_id: int, role: str) -> None:
    """Let a person act for an organisation; who is its owner stays so. Call with the organisation locked."""
    row = membership(session, person_id, organisation_id)
    if row is None:
        session.add(Membership(person_id=person_id, organisation_id=organisation_id, role=role))
    elif role == "owner":
        row.role = role
    session.flush()


def take_role(session: Session, person_id: int, organisation_id: int) -> bool:
    """Take a person's role away, whatever it is; whether there was one. Call with the organisation locked, an owner left."""
    row = membership(session, person_id, organisation_id)
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def withdraw_invitations(
    session: Session,
    organisation_id: int,
    invited_by_id: int,
    now: datetime,
    only_hand_overs: bool = False,
) -> None:
    """Take back a person's open invitations to an organisation, all or those that would hand it over."""
    query = update(Invitation).where(
        Invitation.organisation_id == organisation_id,
        Invitation.invited_by_id == invited_by_id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    )
    if only_hand_overs:
        query = query.where(Invitation.hands_over)
    session.execute(query.values(revoked_at=now))
