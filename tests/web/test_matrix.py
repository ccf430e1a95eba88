"""Every route × every kind of person. A route without a row fails, and so does a row without a route (`matrix.py`)."""

from __future__ import annotations

import dataclasses
import itertools
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking.config import load_settings
from booking.db import Database, transaction
from booking.models import Room
from booking.services.people import create_token
from booking.web import edge
from calendars.period import Period
from tests.support.server import FERNET_KEY
from tests.support.world import NOW, PASSWORD, make_world, slot
from tests.web import matrix_people
from tests.web.apps import lent_app
from tests.web.matrix import CALLS, COLUMNS, MATRIX, PAGES, Scene

HOST = "http://127.0.0.1:8000"
# Good Friday, Easter Monday, Ascension Day: the sites are closed.
_HOLIDAYS = {date(2027, 3, 26), date(2027, 3, 29), date(2027, 5, 6)}


@pytest.fixture
def scene(database: Database, tmp_path: Path) -> Scene:
    environ = {
        "YHTEISTILA_SECRET_KEY": "s" * 48,
        "YHTEISTILA_FERNET_KEYS": FERNET_KEY,
        "YHTEISTILA_STAFF_SECOND_FACTOR": "offered",
        "YHTEISTILA_BASE_URL": HOST,
    }
    settings = load_settings(environ, tmp_path)
    world = make_world(database)
    app = lent_app(dataclasses.replace(settings, demo=True), database)
    edge.install(app, dataclasses.replace(app.extensions["yhteistila"], clock=lambda: NOW))

    def token(who: str) -> str:
        email = f"{who}@demo.example"
        return transaction(
            database,
            lambda session: create_token(session, email, "write", actor=world.yllapito, now=NOW),
        )

    days = (
        day
        for day in range(3, 390)
        if (NOW + timedelta(days=day)).weekday() < 5
        and (NOW + timedelta(days=day)).date() not in _HOLIDAYS
    )
    slots = (
        Period(start, start + timedelta(minutes=30))
        for day, half in itertools.product(days, range(20))
        for start in [slot(1, 9).start + timedelta(days=day, minutes=30 * half)]
    )
    return Scene(
        app, database, world, slots, {who: token(who) for who in COLUMNS if who != "nobody"}
    )


def signed_in(scene: Scene, who: str) -> FlaskClient:
    """A browser, signed in with the password unless nobody's."""
    client = scene.app.test_client()
    if who != "nobody":
        form = {"email": f"{who}@demo.example", "password": PASSWORD, "csrf_token": csrf(client)}
        assert client.post("/login", data=form, base_url=HOST).status_code == 303
    return client


def csrf(client: FlaskClient) -> str:
    """The token in the forms of the page everybody may see."""
    page = client.get("/", base_url=HOST).get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def routes(app: Flask) -> set[str]:
    """Every route by method and endpoint; the verbs of one endpoint apart."""
    found = set()
    for rule in app.url_map.iter_rules():
        verbs = re.search(r"any\(([^)]+)\)", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            name = f"{method} {rule.endpoint}"
            found |= {f"{name} {verb.strip()}" for verb in verbs[1].split(",")} if verbs else {name}
    return found


def test_every_route_has_its_row_and_every_row_its_call(scene: Scene) -> None:
    assert set(MATRIX) == routes(scene.app)
    assert set(PAGES) | set(CALLS) == set(MATRIX)
    assert all(set(row) == set(COLUMNS) for row in MATRIX.values())


def test_pages_open_for_whom_they_should(scene: Scene) -> None:
    scene.booking()
    found: dict[str, dict[str, int]] = {name: {} for name in PAGES}
    for who in COLUMNS:
        client = signed_in(scene, who)
        token = csrf(client)
        for name, call in PAGES.items():
            if name in matrix_people.WITH_A_NEW_TOKEN:
                token = csrf(client)
            path, form = call(scene)
            method = "GET" if form is None else "POST"
            data = None if form is None else {**form, "csrf_token": token}
            found[name][who] = client.open(
                path, method=method, data=data, base_url=HOST
            ).status_code
    assert found == {name: MATRIX[name] for name in PAGES}


def test_the_api_answers_whom_it_should(scene: Scene) -> None:
    client = scene.app.test_client()
    found: dict[str, dict[str, int]] = {name: {} for name in CALLS}
    for who, (name, call) in itertools.product(COLUMNS, CALLS.items()):
        path, body = call(scene)
        headers = {"If-Match": '"1"'}
        if who != "nobody":
            headers["Authorization"] = f"Bearer {scene.tokens[who]}"
        method = name.split()[0]
        answer = client.open(
            f"/api/v1{path}", method=method, json=body, headers=headers, base_url=HOST
        )
        found[name][who] = answer.status_code
    assert found == {name: MATRIX[name] for name in CALLS}


def get(scene: Scene, who: str, path: str) -> Any:
    headers = {"Authorization": f"Bearer {scene.tokens[who]}"}
    return scene.app.test_client().get(f"/api/v1{path}", headers=headers, base_url=HOST).get_json()


def test_lists_hold_what_their_reader_may_know(scene: Scene) -> None:
    scene.booking()
    seen = {who: len(get(scene, who, "/bookings")["items"]) for who in scene.tokens}
    assert seen == {
        "outi": 0,
        "toini": 0,
        "aino": 0,
        "anna": 1,
        "pekka": 1,
        "viivi": 1,
        "veli": 1,
        "kaisa": 1,
        "yllapito": 1,
    }
    organisations = {who: len(get(scene, who, "/organisations")["items"]) for who in scene.tokens}
    own_or_all = {
        "outi": 0,
        "toini": 1,
        "anna": 1,
        "pekka": 1,
        "viivi": 2,
        "veli": 2,
        "aino": 2,
        "kaisa": 2,
        "yllapito": 2,
    }
    assert organisations == own_or_all


def test_the_queue_shows_requests_to_those_who_decide_or_follow(scene: Scene) -> None:
    scene.booking()
    shows = {}
    for who in ("veli", "aino", "kaisa", "yllapito"):
        page = signed_in(scene, who).get("/staff", base_url=HOST).get_data(as_text=True)
        shows[who] = "Hallituksen kokous" in page
    assert shows == {"veli": True, "aino": False, "kaisa": True, "yllapito": True}


def test_contact_and_needs_are_for_those_who_act_on_them(scene: Scene) -> None:
    booking_id = scene.booking()
    see = {}
    for who in ("anna", "pekka", "viivi", "veli", "kaisa", "yllapito"):
        answer = get(scene, who, f"/bookings/{booking_id}")
        page = (
            signed_in(scene, who)
            .get(f"/bookings/{booking_id}", base_url=HOST)
            .get_data(as_text=True)
        )
        see[who] = (
            "needs" in answer,
            "contact" in answer,
            "Pyörätuolilla" in page,
            "anna@demo.example" in page,
        )
    expected = dict.fromkeys(see, (True,) * 4)
    assert see == {**expected, "viivi": (False,) * 4}


def test_an_unpublished_room_is_for_its_unit_only(scene: Scene) -> None:
    def hide(session: Any) -> None:
        session.get_one(Room, scene.world.half_b).published = False

    transaction(scene.database, hide)
    paths = [f"/rooms/{scene.world.half_b}", f"/feeds/rooms/{scene.world.half_b}.ics"]
    found = {
        who: [signed_in(scene, who).get(path, base_url=HOST).status_code for path in paths]
        for who in COLUMNS
    }
    assert found == {who: [200 if who in ("veli", "yllapito") else 404, 404] for who in COLUMNS}
