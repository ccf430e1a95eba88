"""`yhteistila purge` and `yhteistila person erase`: what they print, what they refuse, with which exit code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from booking.cli import main
from booking.db import Database, transaction
from booking.models import AuditEntry, Booking, Person
from tests.support.acts import all_rows
from tests.support.world import World, make_booking, make_world


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def run(folder: Path, url: str, *words: str, stdin: str | None = None) -> Result:
    env = {"YHTEISTILA_DATA": str(folder), "YHTEISTILA_DATABASE_URL": url}
    return CliRunner().invoke(main, list(words), input=stdin, env=env)


def an_old_booking(database: Database, world: World) -> None:
    """A booking that was two months ago."""
    booking = make_booking(database, world)
    ended = datetime.now(UTC) - timedelta(days=60)

    def move(session: Any) -> None:
        times = {"starts_at": ended - timedelta(hours=2), "ends_at": ended}
        session.execute(update(Booking).where(Booking.id == booking.id).values(**times))

    transaction(database, move)


def test_a_trial_counts_and_removes_nothing(
    database: Database, world: World, tmp_path: Path, database_url: str
) -> None:
    an_old_booking(database, world)
    result = run(tmp_path, database_url, "purge", "--dry-run")
    assert result.exit_code == 0
    assert "       1  access needs of bookings past emptied (30 days)" in result.output
    assert "Nothing has been removed." in result.output
    assert all_rows(database, select(Booking.needs)) != [None]


def test_a_purge_removes_says_what_and_is_written_down(
    database: Database, world: World, tmp_path: Path, database_url: str
) -> None:
    an_old_booking(database, world)
    result = run(tmp_path, database_url, "purge")
    assert result.exit_code == 0
    assert "       1  access needs of bookings past emptied (30 days)" in result.output
    assert all_rows(database, select(Booking.needs)) == [None]
    again = run(tmp_path, database_url, "purge")
    assert "       0  access needs of bookings past emptied (30 days)" in again.output
    entries = all_rows(database, select(AuditEntry).where(AuditEntry.action == "purge"))
    assert [entry.after for entry in entries] == [{"rule": "needs", "rows": 1}]


def test_somebody_is_erased_on_request(
    database: Database, world: World, tmp_path: Path, database_url: str
) -> None:
    result = run(tmp_path, database_url, "person", "erase", "outi@demo.example", "--yes")
    assert (result.exit_code, result.output) == (0, "Erased.\n")
    query = select(Person.is_active).where(Person.id == world.outi.person_id)
    assert all_rows(database, query) == [False]


def test_an_erasure_is_asked_about(
    database: Database, world: World, tmp_path: Path, database_url: str
) -> None:
    result = run(tmp_path, database_url, "person", "erase", "outi@demo.example", stdin="n\n")
    assert result.exit_code == 1
    query = select(Person.is_active).where(Person.id == world.outi.person_id)
    assert all_rows(database, query) == [True]


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("nobody@demo.example", "There is no such person."),
        ("yllapito@demo.example", "They are the only administrator."),
        ("pekka@demo.example", "They are the only owner of: Virta ry."),
    ],
)
def test_what_is_in_the_way_of_an_erasure_is_said(
    world: World, tmp_path: Path, database_url: str, email: str, said: str
) -> None:
    result = run(tmp_path, database_url, "person", "erase", email, "--yes")
    assert world.virta
    assert result.exit_code == 1
    assert said in result.output
