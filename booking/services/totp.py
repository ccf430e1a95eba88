"""The second factor of staff: codes of an authenticator app (TOTP, RFC 6238). Knows rows and keys; no page and no cookie.

The secret is kept under the service's keys (`booking.services.sealing`). A code works once: the step it belongs to is written
down with a guarded UPDATE, so of two who send it at once one gets through. There are no recovery codes on paper: whoever loses
the phone asks an administrator, who knows them and resets the factor (`yhteistila person reset-second-factor`).
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.errors import InvalidInput, NotFound
from booking.models import Person, SignIn
from booking.services.audit import record
from booking.services.limits import TOTP_CODES, TOTP_OF_SIGN_IN, forget, reserve, tries
from booking.services.people import person_by_email
from booking.services.sealing import Keys, is_of_first_key, opened, sealed
from booking.services.sign_ins import end_all_sign_ins, token_hash
from booking.services.ways_in import tell_of_change

ISSUER = "Yhteistila"
STEP = timedelta(seconds=30)
# RFC 6238, 5.2: one step either way, for clocks that go wrong and people who type slowly.
_DRIFT = 1


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app must be told: the secret (base 32), and the same as the address that a QR code holds."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class Passed:
    """What came of a code: `token` is the sign-in's new one when it was right; `is_over`: too many were wrong, it has ended."""

    token: str | None = None
    is_over: bool = False


def begin_totp(session: Session, keys: Keys, *, actor: Actor, now: datetime) -> None:
    """Draw a new secret for the actor; it counts once a code has confirmed it. Raises InvalidInput(`second_factor_in_use`)."""
    person = _locked(session, actor)
    if person.totp_confirmed_at is not None:
        raise InvalidInput("second_factor_in_use")
    # Loaded only where a second factor is at hand: most people never have one.
    import pyotp

    person.totp_secret = sealed(pyotp.random_base32(), keys)
    person.totp_last_step = None
    record(session, "begin_second_factor", ("person", person.id), actor=actor, now=now)


def enrolment(session: Session, keys: Keys, *, actor: Actor) -> Enrolment | None:
    """What the actor's app is to be told; None when nothing awaits confirmation."""
    person = session.get(Person, actor.person_id)
    if person is None or person.totp_secret is None or person.totp_confirmed_at is not None:
        return None
    # As above.
    import pyotp

    secret = opened(person.totp_secret, keys)
    return Enrolment(
        secret, pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=ISSUER)
    )


def in_use_since(session: Session, *, actor: Actor) -> datetime | None:
    """Since when the actor's second factor counts; None while there is none."""
    return session.scalars(
        select(Person.totp_confirmed_at).where(Person.id == actor.person_id)
    ).one_or_none()


def confirm_totp(
    session: Session, code: str, keys: Keys, token: str, *, actor: Actor, now: datetime
) -> bool:
    """Let the secret count from here on, if the code is of it; all other sign-ins end.

    A wrong code is counted, so commit then too. Raises InvalidInput(`no_second_factor_begun`), TooMany.
    """
    person = _locked(session, actor)
    if person.totp_secret is None or person.totp_confirmed_at is not None:
        raise InvalidInput("no_second_factor_begun")
    reserve(session, TOTP_CODES, str(person.id), now)
    if not _takes(session, person, code, keys, now):
        return False
    person.totp_confirmed_at = now
    forget(session, TOTP_CODES, str(person.id))
    record(session, "confirm_second_factor", ("person", person.id), actor=actor, now=now)
    end_all_sign_ins(session, person.id, but=token, actor=actor, now=now)
    tell_of_change(session, person, "second_factor_set", now)
    return True


def end_totp(session: Session, code: str, keys: Keys, *, actor: Actor, now: datetime) -> bool:
    """Take one's own second factor away, to begin with another device; asks for a code of the old one.

    A wrong code is counted, so commit then too. Raises InvalidInput(`no_second_factor_begun`), TooMany.
    """
    person = _locked(session, actor)
    if person.totp_secret is None or person.totp_confirmed_at is None:
        raise InvalidInput("no_second_factor_begun")
    reserve(session, TOTP_CODES, str(person.id), now)
    if not _takes(session, person, code, keys, now):
        return False
    forget(session, TOTP_CODES, str(person.id))
    _take_away(person)
    record(session, "end_second_factor", ("person", person.id), actor=actor, now=now)
    tell_of_change(session, person, "second_factor_ended", now)
    return True


def pass_totp(session: Session, token: str, code: str, keys: Keys, *, now: datetime) -> Passed:
    """Open a sign-in that awaits its second factor. It gets a new token: the one before was known before it was whole.

    A wrong code is counted, so commit then too; the fifth ends the sign-in. Raises InvalidInput(`sign_in_over`), TooMany.
    """
    row = session.scalars(
        select(SignIn).where(SignIn.token_hash == token_hash(token)).with_for_update()
    ).one_or_none()
    if row is None or not row.awaits_totp or row.expires_at <= now:
        raise InvalidInput("sign_in_over")
    person = session.get_one(Person, row.person_id)
    reserve(session, TOTP_CODES, str(person.id), now)
    if not _takes(session, person, code, keys, now):
        # Not by the row's id: SQLite gives those of ended sign-ins anew.
        reserve(session, TOTP_OF_SIGN_IN, row.token_hash, now)
        session.flush()
        is_over = tries(session, TOTP_OF_SIGN_IN, row.token_hash, now) >= TOTP_OF_SIGN_IN.times
        if is_over:
            session.delete(row)
        return Passed(is_over=is_over)
    forget(session, TOTP_CODES, str(person.id))
    fresh = secrets.token_urlsafe(32)
    row.token_hash, row.awaits_totp = token_hash(fresh), False
    return Passed(token=fresh)


def reset_totp(session: Session, email: str, *, actor: Actor, now: datetime) -> None:
    """Take somebody's second factor away, who has lost it, and end all their sign-ins. Raises NotFound."""
    person = person_by_email(session, email)
    if person is None:
        raise NotFound("person")
    _take_away(person)
    record(session, "reset_second_factor", ("person", person.id), actor=actor, now=now)
    end_all_sign_ins(session, person.id, actor=actor, now=now)
    tell_of_change(session, person, "second_factor_reset", now)


def _take_away(person: Person) -> None:
    person.totp_secret = person.totp_confirmed_at = person.totp_last_step = None


def _takes(session: Session, person: Person, code: str, keys: Keys, now: datetime) -> bool:
    """Whether the code is one of the person's secret for about now that hasn't been used; it is used up then."""
    if person.totp_secret is None:
        return False
    # As above.
    import pyotp

    secret = opened(person.totp_secret, keys)
    typed = "".join(sign for sign in code if not sign.isspace()).encode("utf-8", "replace")
    at = int(now.timestamp()) // int(STEP.total_seconds())
    clock = pyotp.TOTP(secret)
    for step in range(at - _DRIFT, at + _DRIFT + 1):
        if hmac.compare_digest(clock.generate_otp(step).encode(), typed):
            return _use_step(session, person, step, secret, keys)
    return False


def _use_step(session: Session, person: Person, step: int, secret: str, keys: Keys) -> bool:
    kept = str(person.totp_secret)
    # Sealed by a key that is being rotated out: from here on by the one that is in force.
    kept = kept if is_of_first_key(kept, keys) else sealed(secret, keys)
    used = session.execute(
        update(Person)
        .where(
            Person.id == person.id,
            or_(Person.totp_last_step.is_(None), Person.totp_last_step < step),
        )
        .values(totp_last_step=step, totp_secret=kept)
        .returning(Person.id)
    ).one_or_none()
    return used is not None


def _locked(session: Session, actor: Actor) -> Person:
    person = session.get(
        Person, actor.person_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if person is None:
        raise NotFound("person")
    return person
