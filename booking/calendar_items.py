"""From a row to a calendar item: the only translation, used by feeds now and by invitations and sync later. Changes nothing."""

from __future__ import annotations

from booking.models import Booking, CalendarText
from calendars.items import Item, Status
from calendars.period import Period

# What everybody may read of a booking that its organisation has not made public: an association at a place and time can
# reveal health, faith or politics. Finnish, the language of the feeds of this county.
ANONYMOUS_TITLE = "Varattu"


def public_summary(booking: Booking) -> str:
    """What the public may know of a booking's title: the title itself only if its organisation says so."""
    return booking.title if booking.is_public else ANONYMOUS_TITLE


def place(booking: Booking) -> str:
    """Where a booking is: room, unit, address."""
    unit = booking.room.unit
    return f"{booking.room.name.fi}, {unit.name.fi}, {unit.address}"


def public_item(booking: Booking, kept: CalendarText) -> Item:
    """What the public may know of a booking: when, where and as what it was last approved; nothing asked for since."""
    return Item(
        uid=kept.uid,
        sequence=booking.sequence,
        status="CONFIRMED" if kept.status == "CONFIRMED" else "CANCELLED",
        period=Period(kept.starts_at, kept.ends_at),
        summary=kept.summary,
        location=kept.location,
        last_modified=booking.changed_at,
        created=booking.created_at,
    )


def booking_uid(booking: Booking, installation: str) -> str:
    """The UID a booking bears everywhere: feed, mail, push."""
    return f"{booking.uuid}@{installation}"


_OWN_STATUS: dict[str, Status] = {"requested": "TENTATIVE", "approved": "CONFIRMED"}


def own_item(booking: Booking, installation: str) -> Item:
    """A booking as its own people see it, in their feed and mails: its title, and its state as it is now."""
    return Item(
        uid=booking_uid(booking, installation),
        sequence=booking.sequence,
        status=_OWN_STATUS.get(booking.state, "CANCELLED"),
        period=Period(booking.starts_at, booking.ends_at),
        summary=booking.title,
        location=place(booking),
        last_modified=booking.changed_at,
        created=booking.created_at,
    )
