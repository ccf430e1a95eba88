"""How a night's run goes: batch by batch beside those who write, killed and taken up again, shared by two workers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from booking.db import Database, reading, transaction
from booking.domain.retention import BY_KEY
from booking.models import AuditEntry, Booking
from booking.services import retention
from booking.services.retention import apply_rule, due_ids, preview, purge, purge_nightly
from tests.support.acts import all_rows
from tests.support.world import NOW, World, at, make_booking, make_world, slot


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def counted(database: Database, now: datetime) -> dict[str, int]:
    with reading(database) as session:
        return preview(session, now)


def test_a_run_killed_midway_leaves_whole_batches_and_the_next_goes_on(
    database: Database, world: World
) -> None:
    for hour in range(8, 18, 2):
        make_booking(database, world, period=slot(10, hour))
    now, rule = at(11, 8) + timedelta(days=31), replace(BY_KEY["needs"], batch=2)
    with reading(database) as session:
        first = due_ids(session, rule, now)
        second = due_ids(session, rule, now, after=first[-1])
    assert transaction(database, lambda session: apply_rule(session, rule, first, now)) == 2

    class Killed(Exception):
        pass

    def die(session: Any) -> None:
        apply_rule(session, rule, second, now)
        session.flush()
        raise Killed

    with pytest.raises(Killed):
        transaction(database, die)
    assert counted(database, now)["needs"] == 3
    assert purge(database, now)["needs"] == 3
    entries = all_rows(database, select(AuditEntry).where(AuditEntry.action == "purge"))
    assert [entry.after["rows"] for entry in entries] == [2, 3]


def test_a_run_goes_through_all_batches_of_a_rule(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour in range(8, 18, 2):
        make_booking(database, world, period=slot(10, hour))
    now = at(11, 8) + timedelta(days=31)
    monkeypatch.setattr(retention, "RULES", (replace(BY_KEY["needs"], batch=2),))
    told: list[int] = []
    assert purge(database, now, lambda _rule, rows: told.append(rows)) == {"needs": 5}
    assert (told, counted(database, now)["needs"]) == ([2, 2, 1], 0)


def test_a_row_that_is_no_longer_due_when_its_batch_comes_is_left(
    database: Database, world: World
) -> None:
    moved, stays = (make_booking(database, world, period=slot(10, hour)) for hour in (8, 10))
    now, rule = at(11, 8) + timedelta(days=31), BY_KEY["needs"]
    with reading(database) as session:
        found = due_ids(session, rule, now)
    assert found == [moved.id, stays.id]
    later = update(Booking).where(Booking.id == moved.id).values(ends_at=now)
    transaction(database, lambda session: session.execute(later))
    assert transaction(database, lambda session: apply_rule(session, rule, found, now)) == 1
    rows = all_rows(database, select(Booking).order_by(Booking.id))
    assert [row.needs is None for row in rows] == [False, True]


def test_whoever_writes_waits_for_named_bookings_only_never_for_the_search_for_them(
    database: Database, world: World
) -> None:
    make_booking(database, world)
    written: list[str] = []

    def note(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if connection.get_execution_options().get("begin") == "IMMEDIATE":
            written.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    purge(database, NOW + timedelta(days=4000))
    of_bookings = [one for one in written if "FROM booking" in one or "UPDATE booking" in one]
    # Needs, contacts and old bookings: each looks its rows up once more and changes them; the last asks for their UIDs too.
    rules = [one for one in of_bookings if "asker_id" not in one and "lower(" not in one]
    assert len(rules) == 7
    assert [one for one in rules if "booking.id IN" not in one] == []


def test_two_workers_share_one_night(database: Database, world: World) -> None:
    for hour in range(8, 18, 2):
        make_booking(database, world, period=slot(10, hour))
    now = at(11, 8) + timedelta(days=31)
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _n: purge_nightly(database, now), range(4)))
    assert sorted(run is None for run in runs) == [False, True, True, True]
    entries = all_rows(database, select(AuditEntry).where(AuditEntry.action == "purge"))
    assert sum(entry.after["rows"] for entry in entries) == 5
