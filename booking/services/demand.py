"""Counts what could not be had. Knows one table; no person, no text, no room: a row is a number that rises."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.domain.demand import Miss, month_of
from booking.models import SearchMiss


def count_miss(session: Session, miss: Miss, now: datetime) -> None:
    """Count `miss` once more in the local month of `now`. Two who count the same at once both count."""
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    wish = {
        "month": month_of(now),
        "kind": miss.kind,
        "code": miss.code,
        "municipality": miss.place.municipality,
        "unit_id": miss.place.unit_id,
        "weekday": miss.weekday,
        "hour": miss.hour,
        "people": miss.people,
        "activity": miss.activity,
        "features": ",".join(miss.features),
    }
    session.execute(
        kind.insert(SearchMiss)
        .values(**wish, count=1)
        .on_conflict_do_update(index_elements=list(wish), set_={"count": SearchMiss.count + 1})
    )
