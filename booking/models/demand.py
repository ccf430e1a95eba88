"""Counts of what people looked for in vain: where, when, for how many, with which need. No person, no text of theirs."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from booking.models.base import Base


class SearchMiss(Base):
    """How often in `month` (its first day) a wish like this found nothing (`search`) or was refused (`refusal`).

    Only what is asked of everybody is kept, and coarsely: weekday (0 = Monday) and hour of the local day, the upper bound of
    the number of people, codes of features sorted and joined by commas. Empty or 0: not asked for. `code`: what stood in the way
    of the rooms that would have come nearest (`booking.domain.demand`).
    """

    __tablename__ = "search_miss"
    __table_args__ = (
        CheckConstraint("kind IN ('search', 'refusal')", name="kind"),
        CheckConstraint("weekday BETWEEN 0 AND 6 AND hour BETWEEN 0 AND 23", name="when"),
        UniqueConstraint(
            "month",
            "kind",
            "code",
            "municipality",
            "unit_id",
            "weekday",
            "hour",
            "people",
            "activity",
            "features",
            name="uq_search_miss_wish",
        ),
    )
    month: Mapped[date]
    kind: Mapped[str] = mapped_column(String(7))
    code: Mapped[str] = mapped_column(String(30))
    municipality: Mapped[str] = mapped_column(String(40))
    unit_id: Mapped[int]
    weekday: Mapped[int]
    hour: Mapped[int]
    people: Mapped[int]
    activity: Mapped[str] = mapped_column(String(7))
    features: Mapped[str] = mapped_column(String(250))
    count: Mapped[int]
