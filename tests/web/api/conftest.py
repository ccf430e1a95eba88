"""The application over a filled database of either kind, and programs that call its API for one person each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from booking.config import load_settings
from booking.db import Database
from tests.support.world import World, make_world
from tests.web.api.calls import BASE_URL, PREFIX, Program, token_of
from tests.web.apps import lent_app

ProgramOf = Callable[..., Program]


@pytest.fixture
def world(database: Database) -> World:
    """The fixed world, in this test's database."""
    return make_world(database)


@pytest.fixture
def app(database: Database, database_url: str, tmp_path: Path) -> Flask:
    """The whole application."""
    environ = {"YHTEISTILA_SECRET_KEY": "k" * 32, "YHTEISTILA_DATABASE_URL": database_url}
    return lent_app(load_settings(environ, tmp_path), database)


@pytest.fixture
def nobody(app: Flask) -> Program:
    """A program without a token."""
    answer = app.test_client().get(f"{PREFIX}/openapi.json", base_url=BASE_URL)
    # English: the msgids are, so the tests do not hang on translations.
    return Program(app, json.loads(answer.data), headers={"Accept-Language": "en"})


@pytest.fixture
def program_of(nobody: Program, database: Database, world: World) -> ProgramOf:
    """Gives a program with a token of the person named, by default one that may write."""

    def make(first_name: str, scope: str = "write") -> Program:
        return replace(nobody, token=token_of(database, first_name, world, scope))

    return make


@pytest.fixture
def anna(program_of: ProgramOf) -> Program:
    """Anna's program: she books for Virta ry."""
    return program_of("anna")


@pytest.fixture
def veli(program_of: ProgramOf) -> Program:
    """Veli's program: he decides for Rantakylä."""
    return program_of("veli")
