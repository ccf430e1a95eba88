"""Writes down who did what. The content of needs and contacts never comes here; that they changed, does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.models import AuditEntry


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
