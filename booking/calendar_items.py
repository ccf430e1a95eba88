"""From a row to a calendar item: the only translation, used by feeds now and by invitations and sync later. Changes nothing."""

from __future__ import annotations

from booking.models import Booking
from calendars.items import Item, Status
from calendars.period import Period

# What everybody may read of a booking that its organisation has not made public: an association at a place and time can
# reveal health, faith or politics. Finnish, the language of the feeds of this county.
ANONYMOUS_TITLE = "Varattu"


def public_item(booking: Booking, installation: str, status: Status, period: Period) -> Item:
    """What the public may know of an approved booking: when and where, and its title only if its organisation says so."""
    unit = booking.room.unit
    return Item(
        uid=booking_uid(booking, installation),
        sequence=booking.sequence,
        status=status,
        period=period,
        summary=booking.title if booking.is_public else ANONYMOUS_TITLE,
        location=f"{booking.room.name.fi}, {unit.name.fi}, {unit.address}",
        last_modified=booking.changed_at,
        created=booking.created_at,
    )


def booking_uid(booking: Booking, installation: str) -> str:
    """The UID a booking bears everywhere: feed, mail, push."""
    return f"{booking.uuid}@{installation}"
