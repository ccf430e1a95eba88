"""Municipalities as people name them. Knows keys and ids; no rooms."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.errors import NotFound
from booking.models import Municipality


def municipality_id(session: Session, key: str) -> int:
    """The id of the municipality with this key ("joensuu"); raises NotFound."""
    found = session.scalars(select(Municipality.id).where(Municipality.key == key)).one_or_none()
    if found is None:
        raise NotFound("municipality")
    return found
