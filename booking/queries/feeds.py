"""What a feed is made of: versions for its validator, kept VEVENT texts for its body. Renders nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, Connection, Select, bindparam, select, text
from sqlalchemy.orm import Session

from booking.db import UtcDateTime
from booking.domain.local_time import HELSINKI
from booking.models import CalendarText, Installation

# A subscriber needs what is coming and a little of what was; older copies stay in their own calendar.
BACK = timedelta(days=30)
AHEAD = timedelta(days=548)
# A cancelled event is told for this long, or subscribers keep it for ever.
TOMBSTONE = timedelta(days=30)


# By connection pool; it never changes.
_houses: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def installation(session: Session) -> str:
    """This database's uuid, the second half of every UID."""
    pool = session.connection().engine.pool
    if pool not in _houses:
        _houses[pool] = session.scalars(select(Installation.uuid)).one()
    return _houses[pool]


class FeedState(NamedTuple):
    """What a feed's validator is made of: `version` changes whenever the feed or a name in it does, at `changed_at`."""

    version: str
    changed_at: datetime | None


# The one question of a subscriber's poll. A room that shares a space with another shows its bookings too.
_STATE = text(
    "SELECT installation.catalogue_version AS catalogue, sum(near.feed_version) AS feed, "
    "max(near.feed_changed_at) AS changed_at FROM installation, room AS near WHERE near.id IN "
    "(SELECT theirs.room_id FROM room JOIN room_space AS ours ON ours.room_id = room.id "
    "JOIN room_space AS theirs ON theirs.space_id = ours.space_id WHERE room.id = :room AND room.published) "
    "GROUP BY installation.catalogue_version"
).columns(catalogue=BigInteger, feed=BigInteger, changed_at=UtcDateTime)


def feed_state(connection: Connection, room_id: int) -> FeedState | None:
    """The state of a room's feed; None for no published room."""
    row = connection.execute(_STATE, {"room": room_id}).one_or_none()
    return None if row is None else FeedState(f"{row.catalogue}.{row.feed}", row.changed_at)


def _texts_query() -> Select[str]:
    # Of the table, not the mapped class: a thousand texts need none of what the session does with rows.
    kept = CalendarText.__table__.c
    instant = partial(bindparam, type_=UtcDateTime)
    return (
        select(kept.text)
        .where(
            kept.room_id.in_(bindparam("rooms", expanding=True)),
            kept.audience == bindparam("audience"),
            kept.starts_at < instant("until"),
            kept.ends_at > instant("since"),
            (kept.status != "CANCELLED") | (kept.changed_at > instant("told_since")),
        )
        .order_by(kept.starts_at, kept.uid)
    )


_TEXTS = _texts_query()


def feed_texts(
    session: Session, room_ids: Collection[int], audience: str, now: datetime
) -> list[str]:
    """The VEVENT texts of these rooms from −30 days to +18 months, by start; cancelled ones for 30 days.

    The window moves with the local day, not with the second: a feed stays the same to the byte until something changes
    or midnight.
    """
    today = datetime.combine(now.astimezone(HELSINKI).date(), time(), HELSINKI)
    asked = {
        "rooms": list(room_ids),
        "audience": audience,
        "until": today + AHEAD,
        "since": today - BACK,
        "told_since": today - TOMBSTONE,
    }
    return list(session.connection().scalars(_TEXTS, asked))
