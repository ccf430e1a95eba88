"""Measures when 300 nearly full rooms are next free, beside bare SQL that finds the same. Fills its own database; knows rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import bindparam, delete, insert, text, update
from sqlalchemy.orm import Session

from booking.db import open_database, reading, transaction
from booking.migrate import upgrade
from booking.models import Occupancy, OpeningException, OpeningHours, Room, Unit, touch_catalogue
from booking.queries.catalogue import catalogue
from booking.queries.next_free import next_free_times
from booking.seed.scale_rooms import Ground, add_ground
from tests.bench.client import timed
from tests.bench.run import Run

_ROOMS = 300
_FULL = 0.9
_DAYS = 35
_MINUTES = 120
_CALLS = 40
_HOUR, _WEEK = timedelta(hours=1), timedelta(days=7)
# Of each space the first end of held time with nothing behind it for long enough.
_GAPS = text(
    "SELECT space_id, min(ends_at) FROM (SELECT space_id, ends_at, "
    "lead(starts_at, 1, :far) OVER (PARTITION BY space_id ORDER BY starts_at) AS following FROM occupancy "
    "WHERE source <> 'foreign' AND space_id IN :spaces AND ends_at >= :since AND starts_at < :known_until) AS held "
    "WHERE following - ends_at >= :length AND ends_at < :until GROUP BY space_id"
).bindparams(bindparam("spaces", expanding=True))


def measure(kind: str, url: str) -> None:
    """Fill a database and measure: in the process itself, since the API tells of one room at a time."""
    run = Run(kind, f"{_ROOMS} rooms, {_FULL:.0%} full", open_database(url))
    upgrade(run.database)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + _HOUR
    ground = transaction(run.database, lambda session: _fill(session, now))
    with reading(run.database) as session:
        rooms = [catalogue(session).rooms[room_id] for room_id in ground.room_ids]

        def ask(_: int) -> dict[int, datetime]:
            found = next_free_times(session, rooms, _MINUTES, now, now)
            return {rooms_id: period.start for rooms_id, period in found.items()}

        answer = ask(0)
        times = timed(ask, range(_CALLS))
    floor = {}
    floors = timed(lambda _: floor.update(_floor(run, ground, now)), range(_CALLS))
    by_space = dict(zip(ground.space_ids, ground.room_ids, strict=True))
    same = {room: run.instant(start) for room, start in answer.items()} == {
        by_space[space]: start for space, start in floor.items()
    }
    assert same, "the floor is no floor: it finds something else"
    run.say("next free", **times.line(), found=len(answer), floor_sql=floors.line())
    run.database.dispose()


def _fill(session: Session, now: datetime) -> Ground:
    """Rooms that are always open, and of their hours to come nine in ten are held."""
    ground = add_ground(session, _ROOMS, now)
    session.execute(delete(OpeningHours))
    session.execute(delete(OpeningException))
    kept = ("closed_on_holidays", "closed_on_midsummer_eve", "closed_on_christmas_eve")
    session.execute(update(Unit).values(dict.fromkeys(kept, False)))
    lent = {"notice_minutes": 0, "step_minutes": 15, "buffer_after_minutes": 0}
    session.execute(update(Room).values({**lent, "latest_end_minute": None}))
    units = {room.unit_id for room in catalogue(session).rooms.values()}
    always = {"opens_minute": 0, "closes_minute": 24 * 60}
    session.execute(
        insert(OpeningHours),
        [{"unit_id": unit, "weekday": day, **always} for unit in units for day in range(7)],
    )
    random = Random(_ROOMS)
    session.execute(
        insert(Occupancy),
        [
            {
                "space_id": space,
                "starts_at": now + hour * _HOUR,
                "ends_at": now + (hour + 1) * _HOUR,
                "source": "block",
            }
            for space in ground.space_ids
            for hour in range(_DAYS * 24)
            # The first hour is held, so that each gap begins where something ends.
            if hour == 0 or random.random() < _FULL
        ],
    )
    touch_catalogue(session)
    return ground


def _floor(run: Run, ground: Ground, now: datetime) -> dict[int, object]:
    """The same windows as the service: a week for all, then two for the rest, then four."""
    length = timedelta(minutes=_MINUTES)
    found: dict[int, object] = {}
    since, weeks = now, 1
    with run.database.engine.connect().execution_options(begin="DEFERRED") as bare:
        while len(found) < len(ground.space_ids):
            until = since + weeks * _WEEK
            rows = bare.execute(
                _GAPS,
                {
                    "spaces": [space for space in ground.space_ids if space not in found],
                    "since": run.instant(since),
                    "until": run.instant(until),
                    "known_until": run.instant(until + length),
                    "far": run.instant(now + 2 * _DAYS * timedelta(days=1)),
                    "length": _MINUTES * 60_000_000 if run.kind == "sqlite" else length,
                },
            )
            found |= dict(rows.tuples().all())
            since, weeks = until, 2 * weeks
    return found
