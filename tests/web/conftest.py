"""The pages over the fixed world, with the clock at its NOW. Knows the application and its cookie; nothing of what pages say."""

from __future__ import annotations

import dataclasses
import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from booking.config import Settings, load_settings
from booking.db import Database, open_database, transaction
from booking.models import SignIn
from booking.services.sign_ins import token_hash
from booking.web import edge
from tests.support.server import FERNET_KEY
from tests.support.world import NOW, World, make_world
from tests.web.apps import lent_app, taken_back

BASE = "http://127.0.0.1:8000"


class Browser:
    """A client that keeps its cookies, knows where it is, and sends the token of the last page with each form."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **options: Any) -> TestResponse:
        # Read to its end, so that a static file is closed again.
        return self.client.get(path, base_url=BASE, buffered=True, **options)

    def post(self, path: str, form: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        fields = {"csrf_token": self.token(), **(form or {})}
        return self.client.post(path, data=fields, base_url=BASE, **options)

    def token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/login?out=1").text)
        if found is None:  # who is signed in is sent on from there
            found = re.search(
                r'name="csrf_token" value="([^"]+)"', self.get("/", follow_redirects=True).text
            )
        assert found
        return found[1]


@dataclass
class Site:
    """The application, its world, and browsers of its persons. `mails` collects what the worker was woken for."""

    app: Flask
    database: Database
    world: World
    mails: list[int] = field(default_factory=list)

    def nobody(self) -> Browser:
        return Browser(self.app.test_client())

    def browser(self, who: str, now: datetime = NOW, awaits_totp: bool = False) -> Browser:
        """A browser signed in as `who`. The sign-in is made by hand: a password takes its time on purpose."""
        token = secrets.token_urlsafe(32)
        row = SignIn(
            person_id=self.world.actors[who].person_id,
            token_hash=token_hash(token),
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(minutes=30),
            awaits_totp=awaits_totp,
        )
        transaction(self.database, lambda session: session.add(row))
        client = self.app.test_client()
        with client.session_transaction(base_url=BASE) as cookie:
            cookie["_user_id"] = token
        return Browser(client)


def make_site(database: Database, folder: Path, **changes: Any) -> Site:
    """The pages over a database that holds the fixed world; `changes` of the settings."""
    environ = {
        "YHTEISTILA_SECRET_KEY": "s" * 48,
        "YHTEISTILA_BASE_URL": BASE,
        "YHTEISTILA_FERNET_KEYS": FERNET_KEY,
        "YHTEISTILA_STAFF_SECOND_FACTOR": "offered",
    }
    settings: Settings = dataclasses.replace(load_settings(environ, folder), **changes)
    mails: list[int] = []
    app = lent_app(settings, database, mails.extend)
    set_clock(app, NOW)
    return Site(app, database, make_world(database), mails)


def set_clock(app: Flask, now: datetime) -> None:
    """Let the pages believe that it is `now`."""
    edge.install(app, dataclasses.replace(app.extensions["yhteistila"], clock=lambda: now))


def broken_database(app: Any) -> AbstractContextManager[None]:
    """Another database, without tables, until the block ends."""
    address = app.extensions["yhteistila"].database.engine.url
    return another_database(app, address.set(database=f"{address.database}.empty"))


@contextmanager
def another_database(app: Any, address: Any) -> Iterator[None]:
    """Let the pages use another database until the block ends."""
    kept = app.extensions["yhteistila"]
    other = open_database(address)
    edge.install(app, dataclasses.replace(kept, database=other))
    try:
        yield
    finally:
        edge.install(app, kept)
        other.dispose()


@pytest.fixture(autouse=True)
def apps() -> Iterator[None]:
    """Applications are lent for one test."""
    with taken_back():
        yield


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Site:
    """The pages in demo mode, over the fixed world; once on each database."""
    return make_site(database, tmp_path, demo=True)


class Statements(list[str]):
    """The statements sent to the database while it is watched."""


@pytest.fixture
def statements(site: Site) -> Statements:
    """What the database is asked from now on; `clear()` to begin anew."""
    seen = Statements()

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    event.listen(site.database.engine, "before_cursor_execute", note)
    return seen
