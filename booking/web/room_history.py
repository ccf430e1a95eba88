"""What was changed of a room, as its pages tell it: entries of the audit, each with its changes in words. Knows no form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from booking.domain.access import Actor
from booking.models import AuditEntry
from booking.queries.upkeep import own_room, saved_since, space_names
from booking.web import edge
from booking.web.room_words import Change, changes

Told = tuple[AuditEntry, list[Change]]


def told(entries: Sequence[AuditEntry], names: Mapping[int, str]) -> list[Told]:
    """Entries with their changes; `names` are those of the spaces they speak of (`booking.queries.upkeep.space_names`)."""
    return [(entry, changes(entry, names)) for entry in entries]


def missed(room_id: int, version: int, asking: Actor) -> tuple[int, list[Told]]:
    """The version a room has now, and what was saved of it since `version`, newest first."""
    with edge.read() as session:
        room = own_room(session, room_id, asking)
        entries = saved_since(session, room, version)
        return room.version, told(entries, space_names(session, entries))
