"""What a feed is made of: versions for its validator, kept VEVENT texts for its body. Renders nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta

from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

from booking.domain.local_time import HELSINKI
from booking.models import CalendarText, Installation

# A subscriber needs what is coming and a little of what was; older copies stay in their own calendar.
BACK = timedelta(days=30)
AHEAD = timedelta(days=548)
# A cancelled event is told for this long, or subscribers keep it for ever.
TOMBSTONE = timedelta(days=30)


def installation(session: Session) -> str:
    """This database's uuid, the second half of every UID."""
    return session.scalars(select(Installation.uuid)).one()


# The one question of a subscriber's poll: a room that shares a space with another shows its bookings too.
_VERSION = text(
    "SELECT installation.catalogue_version, (SELECT sum(near.feed_version) FROM room AS near WHERE near.id IN "
    "(SELECT theirs.room_id FROM room_space AS ours JOIN room_space AS theirs ON theirs.space_id = ours.space_id "
    "WHERE ours.room_id = room.id)) FROM room, installation WHERE room.id = :room AND room.published"
)


def feed_version(connection: Connection, room_id: int) -> str | None:
    """What changes whenever the feed of this room does, or the names in it; None for no published room."""
    row = connection.execute(_VERSION, {"room": room_id}).one_or_none()
    return None if row is None else f"{row[0]}.{row[1]}"


def feed_texts(
    session: Session, room_ids: Collection[int], audience: str, now: datetime
) -> tuple[list[str], datetime | None]:
    """The VEVENT texts of these rooms from −30 days to +18 months, by start, and when the last of them changed.

    Cancelled ones are told for 30 days. The window moves with the local day, not with the second: a feed stays the same
    to the byte until something changes or midnight.
    """
    today = datetime.combine(now.astimezone(HELSINKI).date(), time(), HELSINKI)
    within = (
        CalendarText.room_id.in_(room_ids),
        CalendarText.audience == audience,
        CalendarText.starts_at < today + AHEAD,
        CalendarText.ends_at > today - BACK,
        (CalendarText.status != "CANCELLED") | (CalendarText.changed_at > today - TOMBSTONE),
    )
    texts = select(CalendarText.text).where(*within)
    last = session.scalar(select(func.max(CalendarText.changed_at)).where(*within))
    return list(session.scalars(texts.order_by(CalendarText.starts_at, CalendarText.uid))), last
