"""Writes the demo's year of vain searches and refused requests: what a small county could look like. Knows counts; no person.

Written as sums, not counted one by one as the service does: PostgreSQL gives ids to counts that only rise, too, and the demo is
to be the same on both databases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from booking.domain.demand import month_of, months_back, people_step
from booking.models import SearchMiss
from booking.seed.facts import WEEKDAYS, facts

_MONTHS = 12
# Associations rest in July, and half of them around it and at Christmas.
_SHARE = {6: 0.5, 7: 0.1, 12: 0.6}
_COLUMNS = (
    *("month", "kind", "code", "municipality", "unit_id"),
    *("weekday", "hour", "people", "activity", "features"),
)


def add_demand(session: Session, units: Mapping[str, int], now: datetime, seed: int) -> None:
    """Write the twelve months that end with that of `now`; `units` are ids by key. The same arguments give the same rows."""
    random = Random(seed)
    counts: Counter[tuple[Any, ...]] = Counter()
    for month in reversed(months_back(month_of(now), _MONTHS)):
        for told in facts("demand"):
            for _ in range(_times(told, month, random)):
                counts[(month, *_wish(told, units, random))] += 1
    session.add_all(
        SearchMiss(**dict(zip(_COLUMNS, wish, strict=True)), count=count)
        for wish, count in sorted(counts.items())
    )
    session.flush()


def _times(told: Mapping[str, Any], month: date, random: Random) -> int:
    return round(random.randint(*told["monthly"]) * _SHARE.get(month.month, 1))


def _wish(told: Mapping[str, Any], units: Mapping[str, int], random: Random) -> Iterator[Any]:
    first, _, last = told["days"].partition("-")
    opens, _, closes = told["hours"].partition("-")
    yield from (told["kind"], told["code"], told["municipality"])
    yield units[told["unit"]] if "unit" in told else 0
    yield random.randint(WEEKDAYS.index(first), WEEKDAYS.index(last))
    yield random.randint(int(opens), int(closes))
    yield people_step(random.randint(*told["people"]))
    yield told["activity"]
    yield ",".join(sorted(told.get("features", ())))
