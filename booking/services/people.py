"""Getting in and being let in: passwords, API tokens, new persons. Knows no cookies and no HTTP.

A password is checked with no transaction open: Argon2 takes its time on purpose, and a writer who thinks holds up
everybody. So a guess is first counted (and thereby reserved) in one short transaction, then checked, then its outcome
written in another.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.access import Actor
from booking.domain.texts import one_line
from booking.errors import InvalidInput, NotFound
from booking.models import (
    ApiToken,
    Membership,
    Organisation,
    Person,
    StaffRole,
    Unit,
)
from booking.services.audit import record
from booking.services.limits import GUESSES, GUESSES_FROM, forget, give_back, reserve
from booking.services.sign_ins import SignedIn, open_sign_in, token_hash

PASSWORD_LENGTH = {True: 15, False: 12}
PASSWORD_MAX = 1000  # characters; hashing is not free
NAME_LENGTH = 120  # characters: the column's
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
    database: Database,
    email: str,
    password: str,
    device: str | None = None,
    client: str = "",
    *,
    now: datetime,
    is_limited: bool = True,
) -> SignedIn | None:
    """Check a password and open a sign-in; None when address or password is wrong, in the same time for both.

    `client` names who asks. `is_limited` is false in the demo, whose password everybody knows. Takes a Database, since no
    transaction may be open while it thinks. Raises TooMany after as many failures as `limits.GUESSES` and `GUESSES_FROM` allow.
    """
    key = limited_address(email)

    def count(session: Session) -> int:
        of_client = reserve(session, GUESSES_FROM, client, now)
        reserve(session, GUESSES, key, now)
        session.flush()
        return of_client.id

    counted = transaction(database, count) if is_limited else None
    with database.reader() as session:
        person = person_by_email(session, email)
        kept = person.password_hash if person is not None and person.is_active else None
    spare = _nobodys_hash()  # made by whoever comes first, known address or not
    matches = is_password(kept or spare, password)
    if person is None or kept is None or not matches:
        return None
    person_id = person.id

    def open_it(session: Session) -> SignedIn:
        forget(session, GUESSES, key)
        if counted is not None:
            # Theirs was no guess. Those of others from the same address still count.
            give_back(session, counted)
        return open_sign_in(session, session.get_one(Person, person_id), device, now)

    return transaction(database, open_it)


def limited_address(email: str) -> str:
    """One key for an address, whatever its spelling, by which tries are counted."""
    try:
        return folded_email(email)
    except InvalidInput:
        return email[:254]


def person_by_email(session: Session, email: str) -> Person | None:
    """The person of this address, in whatever spelling; None for nobody, and for what is no address."""
    try:
        folded = folded_email(email)
    except InvalidInput:
        return None
    return session.scalars(select(Person).where(Person.email == folded)).one_or_none()


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe())


def is_password(kept: str, password: str) -> bool:
    """Whether the hash is of this password. Takes its time on purpose."""
    try:
        return _hasher.verify(
            kept, unicodedata.normalize("NFC", password[:PASSWORD_MAX]).encode("utf-8", "replace")
        )
    except (VerifyMismatchError, InvalidHashError):
        return False


def rename(session: Session, name: str, locale: str, *, actor: Actor, now: datetime) -> None:
    """Write down the actor's own name and language anew. Raises InvalidInput(`own_name_required`, `too_long_text`)."""
    person = session.get_one(Person, actor.person_id)
    said = one_line(name)
    if not said:
        raise InvalidInput("own_name_required", field="name")
    if len(said) > NAME_LENGTH:
        raise InvalidInput("too_long_text", field="name", limit=NAME_LENGTH)
    if (person.name, person.locale) != (said, locale):
        thing, before, after = ("person", person.id), {"locale": person.locale}, {"locale": locale}
        _carry_name(session, person.id, person.name, said)
        person.name, person.locale = said, locale
        record(session, "edit_account", thing, before=before, after=after, actor=actor, now=now)


def _carry_name(session: Session, person_id: int, old: str, new: str) -> None:
    """Who answers for an unregistered association goes on doing so under the new name."""
    theirs = select(Membership.organisation_id).where(Membership.person_id == person_id)
    session.execute(
        update(Organisation)
        .where(Organisation.id.in_(theirs), Organisation.responsible_name == old)
        .values(responsible_name=new, version=Organisation.version + 1)
    )


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
    if person_by_email(session, email) is not None:
        raise InvalidInput("email_taken", field="email")
    require_good_password(password, (new.email, new.name, new.title or ""), new.role in STAFF_ROLES)
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


def require_good_password(password: str, own: Sequence[str], is_staff: bool) -> None:
    """Raise InvalidInput(`bad_password`, `guessable_password`) for a password that is too short, too long or easily guessed.

    `own` is what is known of the person: e-mail address, name, title.
    """
    shortest = PASSWORD_LENGTH[is_staff]
    if not shortest <= len(password) <= PASSWORD_MAX:
        raise InvalidInput("bad_password", field="password", shortest=shortest)
    # Loaded only where a password is chosen: its word lists cost 12 MiB, and no page needs them.
    from zxcvbn import zxcvbn

    known = [*own, *re.split(r"\W+", " ".join(own)), *_HOUSE_WORDS]
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
    person = person_by_email(session, email)
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
