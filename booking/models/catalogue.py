"""Notices when the catalogue changes. Knows which rows the catalogue is made of; nothing of what is made from them.

Every process keeps the whole catalogue in memory (`booking.queries.catalogue`) and asks one number whether it is
still true. That must not depend on each service remembering to count, so the session does: a flush that adds, changes
or removes one of these rows renews the number, in the same transaction. It is a random one: a counter rolled back in
one transaction would be reached again by another.
"""

from __future__ import annotations

import secrets

from sqlalchemy import event, inspect, update
from sqlalchemy.orm import Session, UOWTransaction

from booking.models.places import (
    Division,
    Installation,
    Municipality,
    OpeningException,
    OpeningHours,
    Quota,
    Region,
    Terms,
    Unit,
)
from booking.models.rooms import Room, RoomFeature, RoomImage, Space

_CATALOGUE = (
    Division,
    Municipality,
    OpeningException,
    OpeningHours,
    Quota,
    Region,
    Room,
    RoomFeature,
    RoomImage,
    Space,
    Terms,
    Unit,
)


def touch_catalogue(session: Session) -> None:
    """Say that the catalogue has changed, where rows were written without the session seeing them (bulk inserts)."""
    renewed = update(Installation).values(catalogue_version=secrets.randbits(62))
    # Nobody keeps that row in a session; looking for it there would cost each flush a walk over all rows at hand.
    session.execute(renewed, execution_options={"synchronize_session": False})


@event.listens_for(Session, "after_flush")
def _count_changes(session: Session, _context: UOWTransaction) -> None:
    changed = [
        *session.new,
        *session.deleted,
        *(row for row in session.dirty if inspect(row).modified),
    ]
    if any(isinstance(row, _CATALOGUE) for row in changed):
        touch_catalogue(session)
