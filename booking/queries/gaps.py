"""Where many spaces have room between what is ours, over long windows, in few rows. Changes nothing, decides nothing.

The next free time is looked for among rooms that are nearly full: of their many bookings only those matter that have enough
free time behind them. The database looks at each in its index, and gives the gaps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Integer, Interval, TextualSelect, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from booking.db import UtcDateTime
from calendars.period import Period

_MICROSECONDS_A_MINUTE = 60_000_000


def held_beside_gaps(
    session: Session, space_ids: Collection[int], window: Period, minutes: int
) -> dict[int, list[Period]]:
    """What is held of `window`, by space, sorted and apart; a gap shorter than `minutes` may count as held.

    Bookings and blocks only: what other calendars say, and buffers, are to be added.
    """
    is_postgres = session.get_bind().dialect.name == "postgresql"
    length = timedelta(minutes=minutes) if is_postgres else minutes * _MICROSECONDS_A_MINUTE
    asked = {"spaces": list(space_ids), "since": window.start, "until": window.end}
    query = _postgres_query() if is_postgres else _sqlite_query()
    gaps: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for space, ends_at, next_at in session.execute(query, {**asked, "length": length}):
        gaps[space].append((ends_at, next_at or window.end))
    return {space: _between(sorted(gaps.get(space, ())), window) for space in space_ids}


def _between(gaps: list[tuple[datetime, datetime]], window: Period) -> list[Period]:
    found = []
    held_from = window.start
    for free_from, free_until in gaps:
        if held_from < min(free_from, window.end):
            found.append(Period(held_from, min(free_from, window.end)))
        held_from = max(held_from, free_until)
    if held_from < window.end:
        found.append(Period(held_from, window.end))
    return found


# Each query gives gaps (space, from, until the next; NULL: nothing is next) that touch the window. Of a space, the last
# stretch that began before the window counts; where there is none, the window begins with a gap.
_LAST_BEFORE = (
    "SELECT max(earlier.starts_at) FROM occupancy AS earlier WHERE earlier.space_id = space.id "
    "AND earlier.source <> 'foreign' AND earlier.starts_at <= :since"
)


def _following(since: str) -> str:
    return (
        "SELECT min(following.starts_at) FROM occupancy AS following "
        "WHERE following.space_id = space.id AND following.source <> 'foreign' "
        f"AND following.starts_at >= {since}"
    )


@cache
def _sqlite_query() -> TextualSelect:
    """A look into the index behind each stretch, which is cheaper here than to sort them for a window function."""
    return _typed(
        f"SELECT space.id AS space_id, held.ends_at, ({_following('held.ends_at')}) AS next_at "
        "FROM space CROSS JOIN occupancy AS held WHERE held.space_id = space.id "
        "AND held.source <> 'foreign' AND space.id IN :spaces AND held.starts_at < :until "
        f"AND held.starts_at >= COALESCE(({_LAST_BEFORE}), :since) "
        "AND NOT EXISTS (SELECT 1 FROM occupancy AS near WHERE near.space_id = space.id "
        "AND near.source <> 'foreign' AND near.starts_at >= held.ends_at "
        "AND near.starts_at < held.ends_at + :length) "
        f"UNION ALL SELECT space.id, :since, ({_following(':since')}) "
        f"FROM space WHERE space.id IN :spaces AND ({_LAST_BEFORE}) IS NULL"
    ).bindparams(bindparam("spaces", expanding=True), bindparam("length", type_=Integer))


@cache
def _postgres_query() -> TextualSelect:
    """A walk along the index for each space by itself: planned as a whole, it may become a join of all with all."""
    spaces = "unnest(:spaces) AS space (id)"
    return _typed(
        "SELECT space.id AS space_id, held.ends_at, held.next_at "
        f"FROM {spaces} CROSS JOIN LATERAL ("
        "SELECT ours.ends_at, LEAD(ours.starts_at) OVER (ORDER BY ours.starts_at) AS next_at "
        "FROM occupancy AS ours WHERE ours.space_id = space.id AND ours.source <> 'foreign' "
        f"AND ours.starts_at >= COALESCE(({_LAST_BEFORE}), :since) AND ours.starts_at < :until"
        ") AS held WHERE held.next_at IS NULL OR held.next_at - held.ends_at >= :length "
        f"UNION ALL SELECT space.id, CAST(:since AS timestamptz), ({_following(':since')}) "
        f"FROM {spaces} WHERE ({_LAST_BEFORE}) IS NULL"
    ).bindparams(bindparam("spaces", type_=ARRAY(Integer)), bindparam("length", type_=Interval))


def _typed(statement: str) -> TextualSelect:
    return (
        text(statement)
        .bindparams(
            bindparam("since", type_=UtcDateTime),
            bindparam("until", type_=UtcDateTime),
        )
        .columns(space_id=Integer, ends_at=UtcDateTime, next_at=UtcDateTime)
    )
