"""What the demo plans is allowed and in order, on whatever day of the year it is made."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from booking.db import open_database
from booking.domain.bookings import Wish, refusals_of_room
from booking.domain.local_time import local
from booking.queries.catalogue import catalogue
from booking.seed.places import add_places
from booking.seed.plan import plan


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 12, 31, 22, 30, tzinfo=UTC),
        datetime(2027, 3, 27, 5, 0, tzinfo=UTC),
        datetime(2027, 6, 27, 12, 0, tzinfo=UTC),
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
        datetime(2028, 2, 29, 21, 59, tzinfo=UTC),
    ],
)
def test_the_plan_holds_on_every_day_of_the_year(sqlite_url: str, now: datetime) -> None:
    database = open_database(sqlite_url)
    with database.writer() as session:
        places = add_places(session, local(now).date())
        known = catalogue(session)
        rooms = {key: known.room(row) for key, row in places.rooms.items()}
        planned = plan(rooms, now, seed=1).bookings
    database.dispose()
    waiting = 0
    for one in planned:
        times = [act.at for act in one.acts]
        wish = Wish(one.period, one.told["activity"], one.told["people"])
        assert refusals_of_room(rooms[one.told["room"]], wish, times[0]) == []
        assert times == sorted(times)
        assert times[-1] < now
        assert len(times) == 1 or times[-1] < one.period.start
        waiting += len(times) == 1 and one.told["room"].startswith("rantakyla/")
    assert 6 <= waiting <= 10
    assert len(planned) >= 400
