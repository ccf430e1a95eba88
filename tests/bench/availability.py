"""Measures the search by HTTP, for one slot and for a season, beside bare SQL that finds the same. Knows the API's addresses."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import TextClause, text

from booking.domain.local_time import HELSINKI
from booking.models import SHORT
from tests.bench.client import Connection, timed
from tests.bench.run import CALLS, Run

Slot = tuple[datetime, datetime]
WEEKS = 26
# What PERFORMANCE calls the floor of availability: of each space, the last stretch that starts before the slot's end.
_ONE_SLOT = text(
    "SELECT s.id FROM space s WHERE (SELECT o.ends_at FROM occupancy o WHERE o.space_id = s.id AND o.source <> 'foreign' "
    "AND o.starts_at < :until ORDER BY o.starts_at DESC LIMIT 1) > :since"
)


def slots() -> Iterator[Slot]:
    """Two-hour slots of the coming weekdays, each a little later than the one before."""
    first = datetime.now(HELSINKI).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(
        days=3
    )
    for number in itertools.count():
        start = first + timedelta(days=number % 200, minutes=30 * (number // 200))
        if start.weekday() < 5:
            yield start.astimezone(UTC), start.astimezone(UTC) + timedelta(hours=2)


def query(slot: Slot, more: str = "") -> str:
    """The address of a search for five people."""
    times = [moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in slot]
    wish = f"starts_at={times[0]}&ends_at={times[1]}&people=5&activity=meeting{more}"
    return f"/api/v1/availability?{wish}"


def one_slot(run: Run) -> None:
    """Which rooms are free at one time, a page of them."""

    def floor(slot: Slot) -> tuple[TextClause, dict[str, Any]]:
        return _ONE_SLOT, dict(zip(("since", "until"), map(run.instant, slot), strict=True))

    _measure(run, "availability, one slot", "", floor)


def weekly(run: Run) -> None:
    """On which of half a year's weeks each room is free at one time, a page of them."""
    bare = _season_floor(run.kind)

    def floor(slot: Slot) -> tuple[TextClause, dict[str, Any]]:
        return bare, {
            f"{name}{n}": run.instant(moment + timedelta(days=7 * n))
            for n in range(WEEKS)
            for name, moment in (
                ("beginning", slot[0] - timedelta(days=1)),
                ("since", slot[0]),
                ("until", slot[1]),
            )
        }

    _measure(run, f"availability, weekly x {WEEKS}", f"&weekly={WEEKS}", floor)


def _season_floor(kind: str) -> TextClause:
    """How many of the slots each space is held in: for each slot what starts within a day before its end. Nothing is longer."""
    of_kind, dialect = (
        ("CAST(:{} AS timestamptz)", "postgresql") if kind == "postgres" else (":{}", "sqlite")
    )
    rows = ", ".join(
        f"({n}, {', '.join(of_kind.format(f'{name}{n}') for name in ('beginning', 'since', 'until'))})"
        for n in range(WEEKS)
    )
    return text(
        f"WITH slot (n, beginning, since, until) AS (VALUES {rows}) "
        "SELECT o.space_id, count(DISTINCT slot.n) FROM slot CROSS JOIN occupancy o "
        f"WHERE {SHORT[dialect]} AND o.starts_at >= slot.beginning AND o.starts_at < slot.until "
        "AND o.ends_at > slot.since GROUP BY o.space_id"
    )


def _measure(
    run: Run, what: str, more: str, floor: Callable[[Slot], tuple[TextClause, dict[str, Any]]]
) -> None:
    asked, connection = list(itertools.islice(slots(), CALLS)), Connection(run.port)
    found = [0]

    def ask(slot: Slot) -> None:
        status, _, body = connection.call(query(slot, more))
        assert status == 200, (status, body)
        found[0] += len(json.loads(body)["items"])

    for slot in asked[:10]:
        ask(slot)
    found[0] = 0
    times = timed(ask, asked)
    with run.database.engine.connect().execution_options(begin="DEFERRED") as bare:
        bare.execute(*floor(asked[0])).all()
        floors = timed(lambda slot: bare.execute(*floor(slot)).all(), asked)
    run.say(what, **times.line(), rooms_a_page=found[0] // CALLS, floor_sql=floors.line())
