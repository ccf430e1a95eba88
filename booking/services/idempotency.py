"""The same act asked for twice is done once. Knows keys and kept answers; nothing of what is done.

The key's row is inserted first in the act's own transaction. A second request with the key waits for the first one's
end (a unique index does the waiting): if that succeeded, its answer is given again; if it failed, its row is gone and
the second may try. So only successes are kept.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.errors import KeyReused
from booking.models import IdempotencyKey

KEPT_FOR = timedelta(hours=48)


def claim(
    session: Session, route: str, key: str, body: bytes, *, actor: Actor, now: datetime
) -> IdempotencyKey:
    """Take `key` for this act. A row with an `answer` means: done before, give that answer; without one: do the act,
    then `keep`.

    `body` is what was asked, byte for byte. Raises KeyReused when the key was taken for another body.
    """
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    body_hash = hashlib.sha256(body).hexdigest()
    session.execute(
        kind.insert(IdempotencyKey)
        .values(
            person_id=actor.person_id, route=route, key=key, body_hash=body_hash, created_at=now
        )
        .on_conflict_do_nothing()
    )
    row = session.scalars(
        select(IdempotencyKey).where(
            IdempotencyKey.person_id == actor.person_id,
            IdempotencyKey.route == route,
            IdempotencyKey.key == key,
        )
    ).one()
    if row.body_hash != body_hash:
        raise KeyReused
    return row


def kept_answer(session: Session, route: str, key: str, body: bytes, *, actor: Actor) -> str | None:
    """The answer kept for this act; None: it has not been done, or the key was taken for another body."""
    return session.scalars(
        select(IdempotencyKey.answer).where(
            IdempotencyKey.person_id == actor.person_id,
            IdempotencyKey.route == route,
            IdempotencyKey.key == key,
            IdempotencyKey.body_hash == hashlib.sha256(body).hexdigest(),
        )
    ).one_or_none()


def keep(claimed: IdempotencyKey, answer: str) -> None:
    """Keep the answer with its key, in the act's transaction."""
    claimed.answer = answer


def forget_old_keys(session: Session, now: datetime) -> None:
    """Remove keys that nobody will send again."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEPT_FOR))
