"""Passwords of one's own account: set, changed, taken away. Knows hashes; no page and no cookie.

As at signing in, Argon2 thinks with no transaction open: the guess is counted first, then checked, then its outcome written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.access import Actor
from booking.errors import InvalidInput
from booking.models import Person
from booking.services.audit import record
from booking.services.limits import GUESSES, forget, reserve
from booking.services.people import hash_password, is_password, require_good_password
from booking.services.sign_ins import end_all_sign_ins
from booking.services.ways_in import tell_of_change


@dataclass(frozen=True, slots=True)
class Change:
    """A password's change, thought over: the hash that was there, and the one to be (None: none)."""

    kept: str | None = field(repr=False)
    made: str | None = field(repr=False)


def has_password(session: Session, *, actor: Actor) -> bool:
    """Whether the actor may also sign in by a password."""
    query = select(Person.password_hash).where(Person.id == actor.person_id)
    return session.scalars(query).one() is not None


def considered(
    database: Database,
    current: str | None,
    new: str | None,
    is_limited: bool = True,
    *,
    actor: Actor,
    now: datetime,
) -> Change:
    """Whether the actor may set, change or (`new` None) take away their password: all that takes thought. For `write_password`.

    `current` is asked of who has one. Takes a Database, since no transaction may be open while it thinks.
    Raises InvalidInput(`wrong_password`, `bad_password`, `guessable_password`), TooMany.
    """
    with database.reader() as session:
        row = session.execute(
            select(Person.password_hash, Person.email, Person.title).where(
                Person.id == actor.person_id
            )
        ).one()
    if row.password_hash is not None:
        _require_current(database, row.email, row.password_hash, current or "", is_limited, now)
    if new is not None:
        require_good_password(new, (row.email, actor.name, row.title or ""), actor.is_staff)
    return Change(row.password_hash, hash_password(new) if new is not None else None)


def write_password(
    session: Session, change: Change, token: str, *, actor: Actor, now: datetime
) -> None:
    """Let the change be; all sign-ins of the actor but that of `token` end. Raises InvalidInput(`wrong_password`)."""
    person = session.get_one(Person, actor.person_id, with_for_update={"key_share": True})
    if person.password_hash != change.kept:
        # Changed from another device while this one thought: what was checked is no longer the password.
        raise InvalidInput("wrong_password", field="current")
    person.password_hash = change.made
    is_set = change.made is not None
    action = "set_password" if is_set else "remove_password"
    record(session, action, ("person", person.id), actor=actor, now=now)
    end_all_sign_ins(session, person.id, but=token, actor=actor, now=now)
    tell_of_change(session, person, "password_set" if is_set else "password_removed", now)


def _require_current(
    database: Database, email: str, kept: str, current: str, is_limited: bool, now: datetime
) -> None:
    if is_limited:
        transaction(database, lambda session: reserve(session, GUESSES, email, now))
    if not is_password(kept, current):
        raise InvalidInput("wrong_password", field="current")
    if is_limited:
        transaction(database, lambda session: forget(session, GUESSES, email))
