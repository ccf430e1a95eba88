"""What a feed is made of: versions for its validator, kept VEVENT texts for its body. Renders nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain.local_time import HELSINKI
from booking.models import CalendarText, Installation, Room

# A subscriber needs what is coming and a little of what was; older copies stay in their own calendar.
BACK = timedelta(days=30)
AHEAD = timedelta(days=548)
# A cancelled event is told for this long, or subscribers keep it for ever.
TOMBSTONE = timedelta(days=30)


def installation(session: Session) -> str:
    """This database's uuid, the second half of every UID."""
    return session.scalars(select(Installation.uuid)).one()


def feed_version(session: Session, room_ids: Collection[int]) -> int:
    """A number that rises whenever the feed of these rooms changes."""
    return (
        session.scalars(select(func.sum(Room.feed_version)).where(Room.id.in_(room_ids))).one() or 0
    )


def feed_texts(
    session: Session, room_ids: Collection[int], audience: str, now: datetime
) -> list[tuple[str, datetime]]:
    """The (VEVENT text, changed at) of these rooms from −30 days to +18 months, by start; cancelled ones for 30 days.

    The window moves with the local day, not with the second: a feed stays the same to the byte until something
    changes or midnight.
    """
    today = datetime.combine(now.astimezone(HELSINKI).date(), time(), HELSINKI)
    rows = session.execute(
        select(CalendarText.text, CalendarText.changed_at)
        .where(
            CalendarText.room_id.in_(room_ids),
            CalendarText.audience == audience,
            CalendarText.starts_at < today + AHEAD,
            CalendarText.ends_at > today - BACK,
            (CalendarText.status != "CANCELLED") | (CalendarText.changed_at > today - TOMBSTONE),
        )
        .order_by(CalendarText.starts_at, CalendarText.uid)
    )
    return [(row.text, row.changed_at) for row in rows]
