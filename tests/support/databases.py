"""Migrated databases for tests, one clone each. Knows SQLite's files and PostgreSQL's templates; no table.

The first worker that needs a kind migrates its template from empty; every test then gets a clone, which is
many times faster than migrating and leaves no trace in the next test.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import URL, make_url

from booking.db import open_database
from booking.migrate import upgrade
from tests.support.postgres import locked, server_url


def migrate(url: str) -> None:
    """Bring the database of `url` from empty to head."""
    database = open_database(url)
    try:
        upgrade(database)
    finally:
        database.dispose()


def sqlite_clone(folder: Path, target: Path) -> str:
    """Copy the migrated template to `target`; its URL. The template is made in `folder` if it isn't there."""
    template = folder / "template.db"
    with locked(folder / "sqlite.lock"):
        if not template.exists():
            made = folder / "making.db"
            # Closing the last connection moves the write-ahead log into the file, so one file is the whole database.
            migrate(f"sqlite:///{made}")
            made.rename(template)
    shutil.copyfile(template, target)
    return f"sqlite:///{target}"


class Postgres:
    """The run's server, seen from one worker: gives clones and takes them away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = make_url(server_url(folder))
        self._admin = psycopg.connect(_dsn(self._server), autocommit=True)

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Give the URL of an empty database, dropped afterwards."""
        with self._database("template0") as url:
            yield url

    @contextmanager
    def clone(self) -> Iterator[str]:
        """Give the URL of a migrated database, dropped afterwards."""
        with self._database(self._template()) as url:
            yield url

    def close(self) -> None:
        """Close the connection by which databases are made and dropped."""
        self._admin.close()

    @contextmanager
    def _database(self, template: str) -> Iterator[str]:
        name = f"yhteistila_test_{uuid.uuid4().hex}"
        self._create(name, template)
        try:
            yield _text(self._server.set(database=name))
        finally:
            # FORCE: a test that left a connection open should not make the next one fail.
            self._admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    def _create(self, name: str, template: str) -> None:
        statement = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        self._admin.execute(statement.format(Identifier(name), Identifier(template)))

    def _template(self) -> str:
        kept = self._folder / "template.name"
        with locked(self._folder / "template.lock"):
            if not kept.exists():
                name = f"yhteistila_template_{uuid.uuid4().hex}"
                self._create(name, "template0")
                migrate(_text(self._server.set(database=name)))
                kept.write_text(name, encoding="ascii")
        return kept.read_text(encoding="ascii")


def drop_template(folder: Path) -> None:
    """Leave nothing behind on a server that isn't ours."""
    kept = folder / "template.name"
    given = os.environ.get("TEST_DATABASE_URL")
    if given and kept.exists():
        with psycopg.connect(_dsn(make_url(given)), autocommit=True) as admin:
            name = Identifier(kept.read_text(encoding="ascii"))
            admin.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def _text(url: URL) -> str:
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _dsn(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
