"""What every test may ask for: a migrated database of either kind, and a browser. Knows no room and no page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from booking.db import Database, open_database
from tests.support import compiled, databases, passwords, postgres

pytest_plugins = ["tests.support.browser"]

# How long an example takes says something about the machine, not about the code.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

compiled.share()
passwords.make_cheap()

# Made by the run's controller, inherited by its workers.
_FOLDER = "YHTEISTILA_TEST_FOLDER"
_alive = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of this run, and say that the run lives."""
    if not hasattr(config, "workerinput"):
        folder = postgres.run_folder()
        os.environ[_FOLDER] = str(folder)
        config.stash[_alive] = postgres.hold_open(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the run's server, if one was started, and leave nothing behind."""
    if _alive in config.stash:
        folder = Path(os.environ.pop(_FOLDER))
        databases.drop_template(folder)
        os.close(config.stash[_alive])
        postgres.wait_for_end(folder)
        shutil.rmtree(folder, ignore_errors=True)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the full-size races out of every run that doesn't name them: `make prove` does."""
    is_named = any("prove" in argument for argument in config.args)
    return True if collection_path.name == "prove" and not is_named else None


@pytest.fixture(scope="session")
def run_folder() -> Path:
    """The folder all workers of this run share."""
    return Path(os.environ[_FOLDER])


@pytest.fixture(scope="session")
def postgres_server(run_folder: Path) -> Iterator[databases.Postgres]:
    """The run's PostgreSQL server. Without one the test is skipped, or fails under REQUIRE_POSTGRES=1."""
    try:
        server = databases.Postgres(run_folder)
    except postgres.NoServer as missing:
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            pytest.fail(f"PostgreSQL is required, but {missing}")
        pytest.skip(f"no PostgreSQL: {missing}")
    yield server
    server.close()


@pytest.fixture
def full_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed as the service does it; before the world is made, if it is to hold for its persons."""
    passwords.make_dear(monkeypatch)


@pytest.fixture
def sqlite_url(run_folder: Path, tmp_path: Path) -> str:
    """The URL of a migrated SQLite database of this test's own."""
    return databases.sqlite_clone(run_folder, tmp_path / "yhteistila.db")


@pytest.fixture
def postgres_url(postgres_server: databases.Postgres) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database of this test's own."""
    with postgres_server.clone() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database of this test's own; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database of this test's own, opened; the test runs once on each kind."""
    opened = open_database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table; the test runs once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: databases.Postgres = request.getfixturevalue("postgres_server")
    with server.empty() as url:
        yield url
