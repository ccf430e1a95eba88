"""Writes down who did what. The content of needs and contacts never comes here; that they changed, does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.models import AuditEntry, Booking

LOOK = "read_contact"
# Who reads a page again within a minute is still at the same look.
LOOKS_EVERY = timedelta(minutes=1)


def record_look(session: Session, booking: Booking, *, actor: Actor, now: datetime) -> None:
    """Write down that the actor reads a booking's contact and needs, which may be health data. Its asker wrote them."""
    if booking.asker_id != actor.person_id:
        record_look_at(session, ("booking", booking.id), actor=actor, now=now)


def record_look_at(
    session: Session, thing: tuple[str, int], *, actor: Actor, now: datetime
) -> None:
    """Write down that the actor reads the contact data of `thing` (kind, id), once for each look."""
    latest = (
        select(AuditEntry.at)
        .where(
            AuditEntry.object_kind == thing[0],
            AuditEntry.object_id == thing[1],
            AuditEntry.actor_id == actor.person_id,
            AuditEntry.action == LOOK,
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    seen_at = session.scalars(latest).one_or_none()
    if seen_at is None or now - seen_at >= LOOKS_EVERY:
        record(session, LOOK, thing, actor=actor, now=now)


def record(
    session: Session,
    action: str,
    thing: tuple[str, int],
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Add an entry on `thing` (kind, id). Of `before` and `after` only what differs is kept; values must be JSON."""
    before, after = before or {}, after or {}
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    session.add(
        AuditEntry(
            at=now,
            actor_id=actor.person_id,
            actor_name=actor.name or None,
            action=action,
            object_kind=thing[0],
            object_id=thing[1],
            before={key: before[key] for key in sorted(changed & before.keys())},
            after={key: after[key] for key in sorted(changed & after.keys())},
            reason=reason,
        )
    )
