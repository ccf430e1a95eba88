"""Getting in and being let in: passwords, sign-ins, API tokens, new persons. Knows no cookies and no HTTP.

A password is checked with no transaction open: Argon2 takes its time on purpose, and a writer who thinks holds up
everybody. So a guess is first counted (and thereby reserved) in one short transaction, then checked, then its outcome
written in another.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.access import Actor
from booking.errors import InvalidInput, NotFound, TooMany
from booking.models import (
    ApiToken,
    Membership,
    Organisation,
    Person,
    SignIn,
    SignInAttempt,
    StaffRole,
    Unit,
)
from booking.queries.people import actor_of
from booking.services.audit import record

# ASVS 6.3.1. Somebody who keeps guessing at an address keeps its owner out as well, for as long as it goes on.
GUESSES = 10
GUESS_WINDOW = timedelta(minutes=15)
# ASVS 7.3: staff see other people's data, so their forgotten screen closes sooner.
IDLE = {True: timedelta(minutes=30), False: timedelta(hours=12)}
ABSOLUTE = {True: timedelta(hours=8), False: timedelta(days=30)}
PASSWORD_LENGTH = {True: 15, False: 12}
PASSWORD_MAX = 1000  # characters; hashing is not free
# What each staff role is given with: (a unit?, a municipality?).
_SCOPES: dict[str | None, set[tuple[bool, bool]]] = {
    "admin": {(False, False)},
    "coordinator": {(False, False)},
    "approver": {(True, False)},
    "viewer": {(False, False), (True, False), (False, True)},
}
# What people here think of first, besides the English words and names zxcvbn knows.
_HOUSE_WORDS = (
    "salasana",
    "yhteistila",
    "joensuu",
    "karjala",
    "siunsote",
    "hyvinvointialue",
    "esteeton",
)
_STRONG = 3  # of 0–4: safe for a moderate guesser with the hashes in hand (zxcvbn's README)
_JUDGED = 72  # characters: what zxcvbn looks at; what is longer is strong enough by these
STAFF_ROLES = frozenset(_SCOPES)
MEMBER_ROLES = frozenset({"owner", "booker"})

_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new sign-in: the token for the cookie (shown once, kept as a hash), and whose it is."""

    token: str
    person_id: int
    locale: str


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to be let in.

    `role` of STAFF_ROLES needs a unit, a municipality, or neither; of MEMBER_ROLES an organisation.
    """

    email: str
    name: str
    role: str | None = None
    unit_id: int | None = None
    municipality_id: int | None = None
    organisation_id: int | None = None
    title: str | None = None
    locale: str = "fi"


def token_hash(token: str) -> str:
    """How a token is kept. It has 256 random bits, so a plain SHA-256 can't be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_password(password: str) -> str:
    """Argon2id of the password as typed (NFC, so that both spellings of ä are one)."""
    return _hasher.hash(unicodedata.normalize("NFC", password))


def folded_email(address: str) -> str:
    """The address as it is compared and kept; raises InvalidInput(`bad_email`) for what can't be one mailbox."""
    folded = unicodedata.normalize("NFC", address.strip()).casefold()
    local, at, host = folded.rpartition("@")
    plain = (
        folded.isprintable()
        and folded.isascii()
        and not any(character in ' ,;<>"()[]\\:' for character in folded)
    )
    if not (at and local and "." in host and "@" not in local and plain and len(folded) <= 254):
        raise InvalidInput("bad_email", field="email")
    return folded


def sign_in(
    database: Database, email: str, password: str, *, now: datetime, is_limited: bool = True
) -> SignedIn | None:
    """Check a password and open a sign-in; None when address or password is wrong, in the same time for both.

    `is_limited` is false in the demo, whose password everybody knows. Takes a Database, since no transaction may be open
    while it thinks. Raises TooMany after GUESSES failures within GUESS_WINDOW.
    """
    key = _attempt_key(email)
    if is_limited:
        transaction(database, lambda session: _reserve_guess(session, key, now))
    with database.reader() as session:
        person = _by_email(session, email)
        kept = person.password_hash if person is not None and person.is_active else None
    spare = _nobodys_hash()  # made by whoever comes first, known address or not
    matches = _verify(kept or spare, password)
    if person is None or kept is None or not matches:
        return None
    person_id = person.id
    return transaction(database, lambda session: _open_sign_in(session, person_id, key, now))


def _attempt_key(email: str) -> str:
    # One key an address, whatever its spelling; a hash, since people type their passwords into the wrong field.
    try:
        folded = folded_email(email)
    except InvalidInput:
        folded = email[:254]
    return hashlib.sha256(folded.encode("utf-8", "replace")).hexdigest()


def _reserve_guess(session: Session, key: str, now: datetime) -> None:
    if session.get_bind().dialect.name == "postgresql":
        # Guesses at one address stand in line here; else forty at once would each count the others' as not yet made.
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": key})
    since = now - GUESS_WINDOW
    count, oldest = session.execute(
        select(func.count(), func.min(SignInAttempt.at)).where(
            SignInAttempt.key == key, SignInAttempt.at > since
        )
    ).one()
    if count >= GUESSES:
        wait = (oldest + GUESS_WINDOW - now).total_seconds()
        raise TooMany("too_many_guesses", retry_after_seconds=max(1, int(wait) + 1))
    session.add(SignInAttempt(key=key, at=now))


def _by_email(session: Session, email: str) -> Person | None:
    try:
        folded = folded_email(email)
    except InvalidInput:
        return None
    return session.scalars(select(Person).where(Person.email == folded)).one_or_none()


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe())


def _verify(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(
            kept, unicodedata.normalize("NFC", password[:PASSWORD_MAX]).encode("utf-8", "replace")
        )
    except (VerifyMismatchError, InvalidHashError):
        return False


def _open_sign_in(session: Session, person_id: int, key: str, now: datetime) -> SignedIn:
    person = session.get_one(Person, person_id)
    actor = actor_of(session, person)
    session.execute(delete(SignInAttempt).where(SignInAttempt.key == key))
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            person_id=person_id,
            token_hash=token_hash(token),
            created_at=now,
            last_seen_at=now,
            expires_at=now + min(IDLE[actor.is_staff], ABSOLUTE[actor.is_staff]),
        )
    )
    record(session, "sign_in", ("person", person_id), actor=actor, now=now)
    return SignedIn(token, person_id, person.locale)


def touch_sign_in(session: Session, sign_in_id: int, *, actor: Actor, now: datetime) -> None:
    """Note that a sign-in is in use, and move its idle limit. The edge calls it at most once a minute."""
    row = session.get(SignIn, sign_in_id)
    if row is not None:
        row.last_seen_at = now
        row.expires_at = min(row.created_at + ABSOLUTE[actor.is_staff], now + IDLE[actor.is_staff])


def sign_out(session: Session, token: str, *, actor: Actor, now: datetime) -> None:
    """End a sign-in; its cookie is worth nothing from here on. Without a row there is nothing to end."""
    found = session.scalars(
        select(SignIn).where(SignIn.token_hash == token_hash(token))
    ).one_or_none()
    if found is not None:
        session.delete(found)
        record(session, "sign_out", ("person", found.person_id), actor=actor, now=now)


def end_old_sign_ins(session: Session, now: datetime) -> None:
    """Remove sign-ins that have run out, and guesses that no longer count."""
    session.execute(delete(SignIn).where(SignIn.expires_at <= now))
    session.execute(delete(SignInAttempt).where(SignInAttempt.at <= now - GUESS_WINDOW))


def set_locale(session: Session, person_id: int, locale: str) -> None:
    """Remember the language a person reads; their mails come in it."""
    session.execute(update(Person).where(Person.id == person_id).values(locale=locale))


def add_person(
    session: Session, new: NewPerson, password: str, *, actor: Actor, now: datetime
) -> Person:
    """Let somebody in, with one role.

    Raises InvalidInput (`bad_email`, `email_taken`, `bad_role`, `bad_password`) or NotFound.
    """
    email = folded_email(new.email)
    if _by_email(session, email) is not None:
        raise InvalidInput("email_taken", field="email")
    _require_good_password(password, new)
    person = Person(
        email=email,
        name=new.name,
        title=new.title,
        locale=new.locale,
        password_hash=hash_password(password),
        is_active=True,
        created_at=now,
    )
    session.add(person)
    session.flush()
    _give_role(session, person, new)
    after = {"role": new.role, "unit_id": new.unit_id, "organisation_id": new.organisation_id}
    record(session, "add_person", ("person", person.id), after=after, actor=actor, now=now)
    return person


def _require_good_password(password: str, new: NewPerson) -> None:
    shortest = PASSWORD_LENGTH[new.role in STAFF_ROLES]
    if not shortest <= len(password) <= PASSWORD_MAX:
        raise InvalidInput("bad_password", field="password", shortest=shortest)
    # Loaded only where a password is chosen: its word lists cost 12 MiB, and no page needs them.
    from zxcvbn import zxcvbn

    own = f"{new.email} {new.name} {new.title or ''}"
    known = [new.email, *re.split(r"\W+", own), *_HOUSE_WORDS]
    if zxcvbn(password[:_JUDGED], user_inputs=[word for word in known if word])["score"] < _STRONG:
        raise InvalidInput("guessable_password", field="password")


def _give_role(session: Session, person: Person, new: NewPerson) -> None:
    if new.role in STAFF_ROLES:
        scope = (new.unit_id is not None, new.municipality_id is not None)
        if scope not in _SCOPES[new.role]:
            raise InvalidInput("bad_role", field="role")
        if new.unit_id is not None and session.get(Unit, new.unit_id) is None:
            raise NotFound("unit")
        session.add(
            StaffRole(
                person_id=person.id,
                role=str(new.role),
                unit_id=new.unit_id,
                municipality_id=new.municipality_id,
            )
        )
    elif new.role in MEMBER_ROLES:
        if new.organisation_id is None or session.get(Organisation, new.organisation_id) is None:
            raise NotFound("organisation")
        session.add(
            Membership(person_id=person.id, organisation_id=new.organisation_id, role=str(new.role))
        )
    elif new.role is not None:
        raise InvalidInput("bad_role", field="role")
    session.flush()


def create_token(session: Session, email: str, scope: str, *, actor: Actor, now: datetime) -> str:
    """Make an API token in a person's name; the returned text is its only showing.

    Raises NotFound, InvalidInput(`bad_scope`).
    """
    if scope not in ("read", "write"):
        raise InvalidInput("bad_scope", field="scope")
    person = _by_email(session, email)
    if person is None:
        raise NotFound("person")
    token = f"yt_{secrets.token_urlsafe(32)}"
    session.add(
        ApiToken(person_id=person.id, token_hash=token_hash(token), scope=scope, created_at=now)
    )
    record(
        session, "create_token", ("person", person.id), after={"scope": scope}, actor=actor, now=now
    )
    return token


def touch_token(session: Session, token_id: int, now: datetime) -> None:
    """Note that a token is in use. The edge calls it at most once an hour."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now))
