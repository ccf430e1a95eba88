"""The one table that holds a room's time. The constraint `occupancy_no_overlap` decides; `booking.domain.occupancy`
explains.

On PostgreSQL it is an exclusion constraint, on SQLite a pair of triggers of the same name
(`booking.models.triggers`). Both leave out rows of source `foreign`: what another calendar says is read, and can't be
refused.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import UtcDateTime
from booking.models.base import Base

NO_OVERLAP = "occupancy_no_overlap"
# Conditions of two partial indexes, word for word as queries must say them to be served. A day, as each database keeps it.
_DAY = {"sqlite": "86400000000", "postgresql": "interval '24 hours'"}
SHORT = {
    dialect: f"source <> 'foreign' AND ends_at - starts_at <= {day}"
    for dialect, day in _DAY.items()
}
LONG = {
    dialect: f"source <> 'foreign' AND ends_at - starts_at > {day}" for dialect, day in _DAY.items()
}


class Occupancy(Base):
    """`space_id` is held from `starts_at` to `ends_at` (half-open, UTC), by a booking, by blocks, or by a foreign
    calendar.

    Blocks may lie over each other: their rows here are the union per space, rewritten when a block comes or goes.
    """

    __tablename__ = "occupancy"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="not_empty"),
        CheckConstraint(
            "(source = 'booking' AND booking_id IS NOT NULL) OR (source IN ('block', 'foreign') AND booking_id IS NULL)",
            name="source",
        ),
        # Ours never overlap within a space, so the last one starting before a slot's end tells whether the slot is free:
        # this index serves the search, the check and the insert alike.
        Index(
            "ix_occupancy_ours",
            "space_id",
            "starts_at",
            "ends_at",
            postgresql_where=text("source <> 'foreign'"),
            sqlite_where=text("source <> 'foreign'"),
        ),
        # Many slots at once (a search over a season): what starts within a day before a slot's end, whatever its space.
        # What is longer than a day is rare, and has an index of its own.
        Index(
            "ix_occupancy_short",
            "starts_at",
            "ends_at",
            "space_id",
            postgresql_where=text(SHORT["postgresql"]),
            sqlite_where=text(SHORT["sqlite"]),
        ),
        Index(
            "ix_occupancy_long",
            "ends_at",
            "starts_at",
            "space_id",
            postgresql_where=text(LONG["postgresql"]),
            sqlite_where=text(LONG["sqlite"]),
        ),
        Index(
            "ix_occupancy_foreign",
            "ends_at",
            "starts_at",
            "space_id",
            postgresql_where=text("source = 'foreign'"),
            sqlite_where=text("source = 'foreign'"),
        ),
    )
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(String(7))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
