"""Hostile calls made by machine from the document: never a fault of ours, and every answer as the document foretells.

`make test` runs a small form of fixed examples; with PROVE=1 each person makes thousands of random ones.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from booking.app import create_app
from booking.config import load_settings
from booking.db import Database
from tests.support.world import World
from tests.web.api.calls import Program, soon, token_of, wish

PROVE = os.environ.get("PROVE") == "1"
# For each operation, person, kind of database, and for good and bad data.
EXAMPLES = 100 if PROVE else 4
HELD_TO = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


@pytest.fixture
def app(database: Database, database_url: str, tmp_path: Path) -> Flask:
    """The whole application, at the address that Schemathesis calls."""
    environ = {
        "YHTEISTILA_SECRET_KEY": "k" * 32,
        "YHTEISTILA_DATABASE_URL": database_url,
        "YHTEISTILA_BASE_URL": "http://localhost",
    }
    return create_app(load_settings(environ, tmp_path), database)


def sensible(app: Flask, database: Database, world: World) -> dict[str, list[Any]]:
    """Values by which a made-up call gets further than the first check; bookings, a block and a closure are there to be met."""
    anna, veli = (
        Program(app, {"paths": {}}, token_of(database, name, world), base_url="http://localhost")
        for name in ("anna", "veli")
    )
    rooms = (world.half_a, world.half_b, world.cabinet)
    made = [anna.post("/bookings", wish(world, room_id=room)).json["id"] for room in rooms]
    late = {"starts_at": soon(18).isoformat(), "ends_at": soon(20).isoformat(), "reason": "Siivous"}
    block = veli.post(f"/rooms/{world.hall}/blocks", late).json["id"]
    away = {"first_day": soon(8, days=40).date().isoformat()}
    closure = veli.post(f"/units/{world.rantakyla}/closures", away).json["id"]
    return {
        "room_id": [world.hall, *rooms],
        "unit_id": [world.rantakyla, world.kitee],
        "closure_id": [closure],
        "organisation_id": [world.virta],
        "booking_id": made,
        "block_id": [block],
        "starts_at": [soon(hour).isoformat() for hour in (9, 12, 13)],
        "ends_at": [soon(hour, 30).isoformat() for hour in (13, 14)],
        "people": [1, 12],
        "minutes": [60, 90],
        "weekly": [2, 26],
        "weekly_until": [soon(8, days=days).date().isoformat() for days in (0, 21)],
        "first_day": [soon(8, days=days).date().isoformat() for days in (0, 50)],
        "last_day": [soon(8, days=days).date().isoformat() for days in (1, 51)],
        "capacity": [5, 30],
        "activities": [["meeting"], ["meeting", "event", "group"]],
        "checked_by": ["Tilapalvelu"],
        "accepted": [[], made],
        "If-Match": ['"1"', '"2"', "*"],
    }


def improve(case: Any, values: dict[str, list[Any]], data: st.DataObject) -> None:
    """Put sensible values in all or some places of a made-up call."""
    thoroughly = data.draw(st.booleans())
    for part in (case.path_parameters, case.query, case.headers, case.body):
        if isinstance(part, MutableMapping):
            for name in [name for name in values if name in part]:
                if thoroughly or data.draw(st.booleans()):
                    part[name] = data.draw(st.sampled_from(values[name]))


def operations(app: Flask) -> Iterator[Any]:
    """Each operation of the document, as Schemathesis sees it."""
    document: Any = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    for found in document.get_all_operations():
        yield found.ok()


@pytest.mark.parametrize("name", [None, "anna", "veli", "yllapito"])
def test_hostile_calls_are_answered_as_the_document_says(
    app: Flask,
    database: Database,
    world: World,
    name: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    headers = {} if name is None else {"Authorization": f"Bearer {token_of(database, name, world)}"}
    values = sensible(app, database, world)
    statuses: Counter[int] = Counter()
    for operation in operations(app):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=not PROVE,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
            def call(case: Any, data: st.DataObject) -> None:
                improve(case, values, data)
                # Ours last: a made-up token would make everybody a stranger.
                answer = case.call(headers=headers)
                statuses[answer.status_code] += 1
                case.validate_response(answer, checks=HELD_TO, headers=headers)

            call()
    if PROVE:
        with capsys.disabled():
            sys.stdout.write(
                f"{name or 'nobody'}: {statuses.total()} calls, {sorted(statuses.items())}\n"
            )
    # Calls that all bounce off the first check would prove little.
    assert statuses[200] > 0
    assert statuses[422] > 0
    if PROVE:
        assert statuses.total() >= 1500
        assert name is None or {200, 201, 404, 409, 412, 422, 428} <= statuses.keys()
