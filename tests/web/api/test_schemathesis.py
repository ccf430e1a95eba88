"""Hostile calls made by machine from the document: never a fault of ours, and every answer as the document foretells.

`make test` runs a small form of fixed examples; with PROVE=1 each person makes thousands of random ones.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
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

from booking.config import load_settings
from booking.db import Database
from tests.support.world import World
from tests.web.api.calls import PREFIX, Program, soon, token_of, wish
from tests.web.apps import lent_app

PROVE = os.environ.get("PROVE") == "1"
# For each operation, person, kind of database, and for good and bad data.
EXAMPLES = 100 if PROVE else 4
# The same for each form of an operation on series.
EXAMPLES_OF_FORM = 50 if PROVE else 2
RULES = (
    "FREQ=WEEKLY;COUNT=3",
    "FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20991231T235959Z",
    "FREQ=MONTHLY;BYDAY=-1WE;COUNT=2",
    "FREQ=YEARLY",
)
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
    return lent_app(load_settings(environ, tmp_path), database)


def sensible(app: Flask, database: Database, world: World) -> dict[str, list[Any]]:
    """Values by which a made-up call gets further than the first check; bookings, a block and a closure are there to be met."""
    anna, veli = (
        Program(app, {"paths": {}}, token_of(database, name, world), base_url="http://localhost")
        for name in ("anna", "veli")
    )
    rooms = (world.half_a, world.half_b, world.cabinet)
    made = [anna.post("/bookings", wish(world, room_id=room)).json["id"] for room in rooms]
    weekly = {"rrule": "FREQ=WEEKLY;COUNT=3", **_times(15, 16)}
    series = [anna.post("/bookings", wish(world, room_id=room, **weekly)).json for room in rooms]
    dates = [one["id"] for row in series for one in row["occurrences"]]
    late = {**_times(18, 20), "reason": "Siivous"}
    block = veli.post(f"/rooms/{world.hall}/blocks", late).json["id"]
    away = {"first_day": soon(8, days=40).date().isoformat()}
    closure = veli.post(f"/units/{world.rantakyla}/closures", away).json["id"]
    return {
        "room_id": [world.hall, *rooms],
        "unit_id": [world.rantakyla, world.kitee],
        "closure_id": [closure],
        "organisation_id": [world.virta],
        "booking_id": [*made, *dates],
        "series_id": [row["series_id"] for row in series],
        "block_id": [block],
        "starts_at": [soon(hour).isoformat() for hour in (9, 12, 13)],
        "ends_at": [soon(hour, 30).isoformat() for hour in (13, 14)],
        "people": [1, 12],
        "rrule": list(RULES),
        "reason": ["Vesivahinko", None],
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


def _times(starts: int, ends: int) -> dict[str, str]:
    return {"starts_at": soon(starts).isoformat(), "ends_at": soon(ends).isoformat()}


@dataclass(frozen=True)
class Form:
    """What is put into the body or the query of a made-up call, which would have it by chance only."""

    name: str
    part: str
    more: dict[str, Any]


_SCOPES = [Form(scope, "query", {"scope": scope}) for scope in ("one", "following", "all")]
# By operation. The rule is one of the sensible ones, or none at all.
FORMS = {
    "POST /bookings": [
        Form("series", "body", {"rrule": ""}),
        Form("series with skips", "body", {"rrule": "", "skip_taken": True}),
        Form("series in an hour", "body", {"rrule": "", "skip_taken": False, "fold": 1}),
    ],
    "PATCH /bookings/{booking_id}": _SCOPES,
    "POST /bookings/{booking_id}/cancel": _SCOPES,
}


def improve(case: Any, values: dict[str, list[Any]], data: st.DataObject, thoroughly: bool) -> None:
    """Put sensible values in all or some places of a made-up call."""
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


@dataclass
class Hammer:
    """Makes calls up for one person and holds every answer to the document; `told` counts operation, form and status."""

    headers: dict[str, str]
    values: dict[str, list[Any]]
    told: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def hit(self, operation: Any, form: Form | None, examples: int, mode: GenerationMode) -> None:
        """Make so many calls of one kind."""

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=not PROVE,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
        def call(case: Any, data: st.DataObject) -> None:
            if form is not None and isinstance(getattr(case, form.part), MutableMapping):
                getattr(case, form.part).update(form.more)
            # Half-sensible values would rarely get as far as a form is to go.
            of_form = form is not None and mode is GenerationMode.POSITIVE
            improve(case, self.values, data, of_form or data.draw(st.booleans()))
            # Ours last: a made-up token would make everybody a stranger.
            answer = case.call(headers=self.headers)
            self.told[operation.label, form.name if form else "", answer.status_code] += 1
            case.validate_response(answer, checks=HELD_TO, headers=self.headers)

        call()


@pytest.mark.parametrize("name", [None, "anna", "veli", "yllapito"])
def test_hostile_calls_are_answered_as_the_document_says(
    app: Flask,
    database: Database,
    world: World,
    name: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    headers = {} if name is None else {"Authorization": f"Bearer {token_of(database, name, world)}"}
    hammer = Hammer(headers, sensible(app, database, world))
    for operation in operations(app):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            hammer.hit(operation, None, EXAMPLES, mode)
            for form in FORMS.get(operation.label.replace(PREFIX, ""), []) if name else []:
                hammer.hit(operation, form, EXAMPLES_OF_FORM, mode)
    statuses: Counter[int] = Counter()
    for (_label, _form, status), count in hammer.told.items():
        statuses[status] += count
    if PROVE:
        with capsys.disabled():
            sys.stdout.write(
                f"{name or 'nobody'}: {statuses.total()} calls, {sorted(statuses.items())}\n"
            )
    # Calls that all bounce off the first check would prove little.
    assert statuses[200] > 0
    assert statuses[422] > 0
    of_series = {status for _label, form, status in hammer.told if form.startswith("series")}
    assert name != "anna" or of_series & {201, 409}
    if PROVE:
        assert statuses.total() >= 1500
        assert name is None or {200, 201, 404, 409, 412, 422, 428} <= statuses.keys()
