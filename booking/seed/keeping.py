"""What the staff of the demo's units have kept by themselves: rules of use, pictures, a lease that ends. Through the services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.domain.local_time import local
from booking.domain.texts import LocalText
from booking.models import Room, Unit
from booking.seed.facts import facts, text
from booking.seed.people import People
from booking.seed.places import Places
from booking.services.images import add_image
from booking.services.pictures import Encoded
from booking.services.rooms import edit_room
from booking.services.units import set_terms

_PICTURED_SINCE = timedelta(days=190)
_LEASE = "kontiolahti/herajarvi"
_LEASE_TOLD = timedelta(days=120)
# Long enough for the demo's bookings, short enough to be met by who looks for next year.
_LEASE_LEFT = timedelta(days=240)


def keep(
    session: Session,
    places: Places,
    people: People,
    pictures: Mapping[str, Encoded],
    now: datetime,
) -> None:
    """Let all of it happen, in days before the demo's first booking was asked for."""
    for key, versions in facts("terms").items():
        for told in versions:
            since = timedelta(days=told["days_ago"])
            set_terms(
                session,
                places.units[key],
                session.get_one(Unit, places.units[key]).version,
                LocalText(told["fi"], told["sv"], told["en"]),
                actor=people.approvers[key],
                now=now - since,
            )
    for told in facts("pictures"):
        for room in told["rooms"]:
            add_image(
                session,
                places.rooms[room],
                told["kind"],
                pictures[told["picture"]],
                text(told["alt"]),
                actor=people.approvers[unit_key(room)],
                now=now - _PICTURED_SINCE,
            )
    _end_lease(session, places, people, now)


def unit_key(room: str) -> str:
    """The key of a room's unit."""
    return room.partition("/")[0]


def _end_lease(session: Session, places: Places, people: People, now: datetime) -> None:
    room_id = places.rooms[_LEASE]
    month = (local(now).date() + _LEASE_LEFT).replace(day=1)
    edit_room(
        session,
        room_id,
        session.get_one(Room, room_id).version,
        {"available_until": month - timedelta(days=1)},
        actor=people.approvers[unit_key(_LEASE)],
        now=now - _LEASE_TOLD,
    )
