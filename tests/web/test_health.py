"""Whether the service lives and can do its work: asked by machines, answered by name and without details."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from booking.db import open_database, transaction
from tests.support.world import make_booking
from tests.web.conftest import Site, another_database, broken_database, make_site


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[Site]:
    """The pages over SQLite, whose triggers and files are easy to take away."""
    database = open_database(sqlite_url)
    yield make_site(database, tmp_path)
    database.dispose()


def test_readyz_tells_how_old_the_queue_is(site: Site) -> None:
    assert site.nobody().get("/livez").json == {"status": "ok"}
    make_booking(site.database, site.world)
    assert site.nobody().get("/readyz").json == {
        "status": "ok",
        "database": True,
        "migrations": True,
        "constraint": True,
        "queue": "ok",
        "queue_age_seconds": 0,
    }


def test_readyz_refuses_an_old_schema(site: Site) -> None:
    transaction(site.database, lambda session: session.execute(text("DELETE FROM alembic_version")))
    assert unready(site) == "migrations"


def test_readyz_refuses_a_database_that_would_hold_a_space_twice(site: Site) -> None:
    drop = text("DROP TRIGGER occupancy_no_overlap_insert")
    transaction(site.database, lambda session: session.execute(drop))
    assert unready(site) == "constraint"


def test_readyz_names_a_database_without_tables_and_one_that_is_gone(site: Site) -> None:
    with broken_database(site.app):
        assert unready(site) == "migrations"
    with another_database(site.app, "sqlite:////nowhere/at/all.db"):
        assert unready(site) == "database"
    with another_database(site.app, "postgresql+psycopg://nobody@127.0.0.1:1/gone"):
        assert unready(site) == "database"


def unready(site: Site) -> str:
    """Why the service says that it can't work."""
    answer = site.nobody().get("/readyz")
    assert (answer.status_code, answer.mimetype) == (503, "application/json")
    assert answer.json
    assert answer.json["status"] == "unready"
    assert set(answer.json) == {"status", "reason", "database", "migrations", "constraint"}
    return str(answer.json["reason"])
