"""Devices that are signed in: opened, kept alive, listed, ended. Knows rows; no cookie, no password.

A sign-in is a row; its cookie holds the token, the row its hash. Ending the row ends the cookie, copies included.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.errors import NotFound
from booking.models import MailedLink, Person, SignIn
from booking.queries.people import actor_of
from booking.services.audit import record
from booking.services.limits import forget_old

# ASVS 7.3: staff see other people's data, so their forgotten screen closes sooner.
IDLE = {True: timedelta(minutes=30), False: timedelta(hours=12)}
ABSOLUTE = {True: timedelta(hours=8), False: timedelta(days=30)}
LONGEST_DEVICE = 80  # characters
# Longer than a mailed link lives: what was typed before it must not be lost to who comes a little late.
LINKS_KEPT = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new sign-in: the token for the cookie (shown once, kept as a hash), and whose it is."""

    token: str
    person_id: int
    locale: str
    awaits_totp: bool = False


def token_hash(token: str) -> str:
    """How a token is kept. It has 256 random bits, so a plain SHA-256 can't be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_sign_in(session: Session, person: Person, device: str | None, now: datetime) -> SignedIn:
    """Sign a person in on a device. Who has a second factor must still show it: until then the sign-in opens one page only."""
    actor = actor_of(session, person, local(now).date())
    token = secrets.token_urlsafe(32)
    awaits_totp = person.totp_confirmed_at is not None
    session.add(
        SignIn(
            person_id=person.id,
            token_hash=token_hash(token),
            created_at=now,
            last_seen_at=now,
            expires_at=now + min(IDLE[actor.is_staff], ABSOLUTE[actor.is_staff]),
            device=(device or "")[:LONGEST_DEVICE] or None,
            awaits_totp=awaits_totp,
        )
    )
    record(session, "sign_in", ("person", person.id), actor=actor, now=now)
    return SignedIn(token, person.id, person.locale, awaits_totp)


def touch_sign_in(session: Session, sign_in_id: int, *, actor: Actor, now: datetime) -> None:
    """Note that a sign-in is in use, and move its idle limit. The edge calls it at most once a minute."""
    row = session.get(SignIn, sign_in_id)
    if row is not None:
        row.last_seen_at = now
        row.expires_at = min(row.created_at + ABSOLUTE[actor.is_staff], now + IDLE[actor.is_staff])


def sign_ins_of(session: Session, now: datetime, *, actor: Actor) -> list[SignIn]:
    """The actor's living sign-ins, the one used last first."""
    living = (SignIn.person_id == actor.person_id, SignIn.expires_at > now)
    return list(
        session.scalars(
            select(SignIn).where(*living).order_by(SignIn.last_seen_at.desc(), SignIn.id.desc())
        )
    )


def sign_out(session: Session, token: str, *, actor: Actor, now: datetime) -> None:
    """End a sign-in; its cookie is worth nothing from here on. Without a row there is nothing to end."""
    found = session.scalars(
        select(SignIn).where(SignIn.token_hash == token_hash(token))
    ).one_or_none()
    if found is not None:
        session.delete(found)
        record(session, "sign_out", ("person", found.person_id), actor=actor, now=now)


def end_sign_in(session: Session, sign_in_id: int, *, actor: Actor, now: datetime) -> None:
    """End one of the actor's own sign-ins, on whatever device. Raises NotFound for another's."""
    row = session.get(SignIn, sign_in_id)
    if row is None or row.person_id != actor.person_id:
        raise NotFound("sign_in")
    session.delete(row)
    record(session, "end_sign_in", ("person", row.person_id), actor=actor, now=now)


def end_all_sign_ins(
    session: Session, person_id: int, *, but: str | None = None, actor: Actor, now: datetime
) -> int:
    """End all sign-ins of a person, but the one of this token where given; how many ended."""
    query = delete(SignIn).where(SignIn.person_id == person_id)
    if but is not None:
        query = query.where(SignIn.token_hash != token_hash(but))
    ended = int(session.execute(query).rowcount)  # type: ignore[attr-defined]
    after = {"ended": ended}
    record(session, "end_all_sign_ins", ("person", person_id), after=after, actor=actor, now=now)
    return ended


def end_old_sign_ins(session: Session, now: datetime) -> None:
    """Remove sign-ins and mailed links that have run out, and tries that no longer count."""
    session.execute(delete(SignIn).where(SignIn.expires_at <= now))
    session.execute(delete(MailedLink).where(MailedLink.expires_at <= now - LINKS_KEPT))
    forget_old(session, now)
