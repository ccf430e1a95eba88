"""Letting others act for an association: invited by mail, accepted by who reads it; an owner's hand-over in one step.

The mailed token shows that its reader has the mailbox. An address that has an account must sign in to accept: a link alone never
gives anybody else's account new rights, nor takes it over. Whoever accepts or invites holds the organisation's row, so that
accepting, ending roles and merging happen one after the other.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.texts import one_line
from booking.errors import DatabaseBusy, Forbidden, InvalidInput, NotFound
from booking.models import Invitation, Organisation, Person
from booking.services.audit import record
from booking.services.invitation_mails import tell_handed_over, tell_invited, tell_role_ended
from booking.services.limits import INVITATIONS, reserve
from booking.services.memberships import (
    give_role,
    membership,
    take_role,
    withdraw_invitations,
)
from booking.services.organisations import keeps, locked_organisation
from booking.services.people import MEMBER_ROLES, folded_email, person_by_email
from booking.services.sign_ins import SignedIn, open_sign_in, token_hash

LIVES = timedelta(days=14)
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation and the token that goes into its mail; the token is kept nowhere."""

    invitation: Invitation
    token: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """Who has which organisation's role now. `signed_in`: somebody new, made by accepting and signed in by it."""

    person: Person
    organisation: Organisation
    signed_in: SignedIn | None


def invite(
    session: Session,
    organisation_id: int,
    email: str,
    role: str,
    hands_over: bool,
    *,
    actor: Actor,
    now: datetime,
) -> Invited:
    """Invite somebody by mail to act for an organisation, by its owner or the coordinator; an earlier invitation of them ends.

    `hands_over`: the owner's own role ends when the new owner accepts. Raises NotFound, Forbidden, InvalidInput(`bad_email`,
    `bad_member_role`, `already_member`, `already_merged`), TooMany.
    """
    organisation = locked_organisation(session, organisation_id, actor)
    if not keeps(actor, organisation_id):
        raise Forbidden("owners_only")
    is_owner = actor.organisations.get(organisation_id) == "owner"
    if role not in MEMBER_ROLES or (hands_over and not (role == "owner" and is_owner)):
        raise InvalidInput("bad_member_role", field="role")
    address = folded_email(email)
    reserve(session, INVITATIONS, str(organisation_id), now)
    known = person_by_email(session, address)
    _require_new(session, known, organisation_id, role)
    _end_earlier(session, organisation_id, address, now)
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        organisation=organisation,
        email=address,
        role=role,
        hands_over=hands_over,
        invited_by=session.get_one(Person, actor.person_id),
        token_hash=token_hash(token),
        created_at=now,
        expires_at=now + LIVES,
    )
    session.add(invitation)
    session.flush()
    thing = ("organisation", organisation_id)
    after = {"role": role, "hands_over": hands_over}
    record(session, "invite", thing, after=after, actor=actor, now=now)
    tell_invited(session, invitation, token, known, actor.name)
    return Invited(invitation, token)


def _require_new(session: Session, known: Person | None, organisation_id: int, role: str) -> None:
    """Refuse to invite who has this role already, or a better one."""
    had = membership(session, known.id, organisation_id) if known is not None else None
    if had is not None and had.role in (role, "owner"):
        raise InvalidInput("already_member", field="email")


def _end_earlier(session: Session, organisation_id: int, address: str, now: datetime) -> None:
    session.execute(
        update(Invitation)
        .where(
            Invitation.organisation_id == organisation_id,
            Invitation.email == address,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )


def living_invitation(session: Session, token: str, now: datetime) -> Invitation:
    """The invitation as its page shows it. Raises InvalidInput(`invitation_ended`)."""
    found = session.scalars(
        select(Invitation).where(Invitation.token_hash == token_hash(token))
    ).one_or_none()
    if (
        found is None
        or found.accepted_at is not None
        or found.revoked_at is not None
        or found.expires_at <= now
    ):
        raise InvalidInput("invitation_ended")
    return found


def needs_sign_in(session: Session, invitation: Invitation, actor: Actor) -> bool:
    """Whether the reader must first sign in: the address has an account, and it isn't the reader's."""
    known = person_by_email(session, invitation.email)
    return known is not None and known.id != actor.person_id


def accept_invitation(
    session: Session,
    token: str,
    name: str | None,
    device: str | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> Accepted:
    """Take the role. Where nobody has the address, somebody is made of it and signed in: the mail has confirmed it.

    A signed-in person accepts for themselves, unless the address is another's account. Raises InvalidInput(`invitation_ended`,
    `your_name_required`, `too_long_text`), Forbidden(`sign_in_to_accept`), DatabaseBusy.
    """
    invitation = living_invitation(session, token, now)
    organisation = _locked(session, invitation)
    if needs_sign_in(session, invitation, actor):
        raise Forbidden("sign_in_to_accept")
    claimed = session.execute(
        update(Invitation)
        .where(
            Invitation.id == invitation.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(accepted_at=now)
        .returning(Invitation.id)
    ).one_or_none()
    if claimed is None:
        raise InvalidInput("invitation_ended")
    signed_in = None
    if actor.person_id is not None:
        person = session.get_one(Person, actor.person_id)
    else:
        person = _new_person(session, invitation.email, name, actor, now)
        signed_in = open_sign_in(session, person, device, now)
    give_role(session, person.id, organisation.id, invitation.role)
    after = {"person_id": person.id, "role": invitation.role}
    if invitation.hands_over:
        after["instead_of"] = invitation.invited_by_id
    thing = ("organisation", organisation.id)
    record(session, "accept_invitation", thing, after=after, actor=actor, now=now)
    if invitation.hands_over:
        _hand_over(session, invitation, organisation, person, now)
    return Accepted(person, organisation, signed_in)


def _locked(session: Session, invitation: Invitation) -> Organisation:
    """The invitation's organisation, locked, and the invitation as it is then."""
    organisation = session.get_one(
        Organisation,
        invitation.organisation_id,
        with_for_update={"key_share": True},
        populate_existing=True,
    )
    session.refresh(invitation)
    if invitation.organisation_id != organisation.id:
        # It was merged into another while we waited, and took the invitation along. A second try finds it there.
        raise DatabaseBusy
    return organisation


def _hand_over(
    session: Session,
    invitation: Invitation,
    organisation: Organisation,
    person: Person,
    now: datetime,
) -> None:
    old = invitation.invited_by
    if old.id == person.id:
        # They have accepted it themselves, signed in with another address than it was sent to: nothing changes hands.
        return
    had_role = take_role(session, old.id, organisation.id)
    # They have nothing more to hand over.
    withdraw_invitations(session, organisation.id, old.id, now, only_hand_overs=True)
    tell_handed_over(session, organisation, person, old if had_role else None, now)
    if had_role:
        tell_role_ended(session, organisation, old, person, now)


def revoke_invitation(session: Session, invitation_id: int, *, actor: Actor, now: datetime) -> int:
    """Take an invitation back; its organisation's id. Raises NotFound (also for who may not)."""
    row = session.get(Invitation, invitation_id)
    if row is None or not keeps(actor, row.organisation_id):
        raise NotFound("invitation")
    _locked(session, row)
    if row.accepted_at is None and row.revoked_at is None:
        row.revoked_at = now
        thing = ("organisation", row.organisation_id)
        record(session, "revoke_invitation", thing, actor=actor, now=now)
    return row.organisation_id


def _new_person(
    session: Session, email: str, name: str | None, actor: Actor, now: datetime
) -> Person:
    said = one_line(name or "")
    if not said:
        raise InvalidInput("your_name_required", field="name")
    if len(said) > _LONGEST_NAME:
        raise InvalidInput("too_long_text", field="name", limit=_LONGEST_NAME)
    person = Person(email=email, name=said, locale=actor.locale, is_active=True, created_at=now)
    try:
        with session.begin_nested():
            session.add(person)
            session.flush()
    except IntegrityError as error:
        # Somebody was let in by this address in the same moment, in another way.
        raise Forbidden("sign_in_to_accept") from error
    record(session, "sign_up", ("person", person.id), actor=actor, now=now)
    return person
