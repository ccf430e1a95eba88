"""Limits that hold over all processes: how often something may be tried for one key. Counted in rows; knows no HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from booking.errors import TooMany
from booking.models import SignInAttempt


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` within `window` for one key of this `kind`; `code` is that of the refusal."""

    kind: str
    times: int
    window: timedelta
    code: str = "too_many"


# ASVS 6.3.1. Somebody who keeps guessing at an address keeps its owner's password out as well; the mailed link stays a way in.
GUESSES = Limit("guess", 10, timedelta(minutes=15), "too_many_guesses")
# One client that tries a few passwords at each of many addresses. An association's house may stand behind one address.
GUESSES_FROM = Limit("guess_from", 50, timedelta(minutes=15), "too_many_guesses")
CODES = Limit("code", 10, timedelta(minutes=15), "too_many_guesses")
# Of the second factor: by person, and by the sign-in that awaits it.
TOTP_CODES = Limit("totp", 10, timedelta(minutes=15), "too_many_guesses")
TOTP_OF_SIGN_IN = Limit("totp_of_sign_in", 5, timedelta(hours=8), "too_many_guesses")
# A stranger can have mail sent to anybody: few to one address, and few from one client.
MAILS_TO = Limit("mail_to", 4, timedelta(minutes=15), "too_many_mails")
MAILS_FROM = Limit("mail_from", 20, timedelta(hours=1), "too_many_mails")
NEW_ORGANISATIONS = Limit("organisation", 3, timedelta(days=1))
INVITATIONS = Limit("invitation", 30, timedelta(days=1))
REPORTS = Limit("report", 10, timedelta(days=1))
# Feedback on the pages needs no account.
FEEDBACK = Limit("feedback", 10, timedelta(hours=1))
LONGEST_WINDOW = timedelta(days=1)


def limit_key(limit: Limit, key: str) -> str:
    """How a key is kept: hashed, since people type passwords into the wrong field and addresses are personal."""
    plain = f"{limit.kind}:{key}" if limit.kind != "guess" else key
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def reserve(session: Session, limit: Limit, key: str, now: datetime) -> SignInAttempt:
    """Count one more try; raises TooMany with `retry_after_seconds` when the limit is reached.

    Who takes more than one in a transaction takes that of the client first: everybody waits in the same order.
    """
    hashed = limit_key(limit, key)
    if session.get_bind().dialect.name == "postgresql":
        # Those of one key stand in line here; else forty at once would each count the others' as not yet made.
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": hashed})
    since = now - limit.window
    count, oldest = session.execute(
        select(func.count(), func.min(SignInAttempt.at)).where(
            SignInAttempt.key == hashed, SignInAttempt.at > since
        )
    ).one()
    if count >= limit.times:
        wait = (oldest + limit.window - now).total_seconds()
        raise TooMany(limit.code, retry_after_seconds=max(1, int(wait) + 1))
    attempt = SignInAttempt(key=hashed, at=now)
    session.add(attempt)
    return attempt


def tries(session: Session, limit: Limit, key: str, now: datetime) -> int:
    """How many tries of this key count now."""
    mine = (SignInAttempt.key == limit_key(limit, key), SignInAttempt.at > now - limit.window)
    return session.scalars(select(func.count()).where(*mine)).one()


def give_back(session: Session, attempt_id: int) -> None:
    """Let one try not have been: it was no guess. Others of its key still count."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.id == attempt_id))


def forget(session: Session, limit: Limit, key: str) -> None:
    """Start counting anew for this key."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.key == limit_key(limit, key)))


def forget_keys(session: Session, keys: Collection[str]) -> None:
    """Start counting anew for these keys, whatever counted them."""
    every = [one for one in globals().values() if isinstance(one, Limit)]
    hashed = [limit_key(limit, key) for limit in every for key in keys]
    session.execute(delete(SignInAttempt).where(SignInAttempt.key.in_(hashed)))


def forget_old(session: Session, now: datetime) -> None:
    """Remove tries that no limit counts any more."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.at <= now - LONGEST_WINDOW))
