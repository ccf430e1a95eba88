"""The matrix of DESIGN 3a: every route × every kind of person. A route without a row fails, and so does a row without a route.

The booking, the block and the rooms belong to Rantakylä; the booking is Virta's. What is refused is there, and could be seen.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.app import create_app
from booking.config import load_settings
from booking.db import Database, reading, transaction
from booking.models import OutboxMessage, Room
from booking.services.blocks import block_room
from booking.services.people import create_token
from booking.web import edge
from calendars.period import Period
from tests.support.world import NOW, PASSWORD, World, make_booking, make_world, slot

COLUMNS = ("nobody", "outi", "toini", "anna", "pekka", "viivi", "veli", "aino", "kaisa", "yllapito")
HOST = "http://127.0.0.1:8000"


def everybody(status: int) -> dict[str, int]:
    """The same answer for all."""
    return dict.fromkeys(COLUMNS, status)


def cells(nobody: int, strangers: int, **others: int) -> dict[str, int]:
    """What nobody known gets, what strangers get (outi, toini, and the other unit's approver), and each of the others."""
    return {"nobody": nobody, "outi": strangers, "toini": strangers, "aino": strangers, **others}


def those_of_the_booking(done: int, nobody: int, may_decide: bool = False) -> dict[str, int]:
    """A booking's own people and staff may; who only sees it is told so; to others it isn't there."""
    members = 403 if may_decide else done
    return cells(
        nobody, 404, anna=members, pekka=members, viivi=403, veli=done, kaisa=members, yllapito=done
    )


def who_sees_the_booking(nobody: int) -> dict[str, int]:
    return cells(nobody, 404, anna=200, pekka=200, viivi=200, veli=200, kaisa=200, yllapito=200)


def who_asks_for_virta(done: int, nobody: int) -> dict[str, int]:
    return cells(
        nobody, 403, anna=done, pekka=done, viivi=403, veli=done, kaisa=done, yllapito=done
    )


def the_units_own(done: int, nobody: int, refused: int) -> dict[str, int]:
    return {**everybody(refused), "nobody": nobody, "veli": done, "yllapito": done}


SIGN_IN = 303  # pages send who isn't known to the sign-in, and back
MATRIX: dict[str, dict[str, int]] = {
    # Catalogue, availability, feeds: everybody.
    "GET search.show": everybody(200),
    "GET rooms.catalogue_list": everybody(200),
    "GET rooms.show": everybody(200),
    "GET feeds.room": everybody(200),
    "GET health.lives": everybody(200),
    "GET health.is_ready": everybody(200),
    "GET health.robots": everybody(200),
    "GET people.sign_in": {**everybody(303), "nobody": 200},
    "POST people.open_sign_in": everybody(303),
    "POST people.choose_language": everybody(303),
    "POST people.sign_out": everybody(303),
    "GET demo.mails": everybody(200),
    "GET demo.mail": everybody(200),
    # Bookings.
    "GET bookings.mine": {**everybody(200), "nobody": SIGN_IN},
    "GET bookings.show": who_sees_the_booking(nobody=SIGN_IN),
    "GET bookings.consider approve": those_of_the_booking(200, SIGN_IN, may_decide=True),
    "GET bookings.consider reject": those_of_the_booking(200, SIGN_IN, may_decide=True),
    "GET bookings.consider cancel": those_of_the_booking(200, SIGN_IN),
    "POST bookings.do approve": those_of_the_booking(303, SIGN_IN, may_decide=True),
    "POST bookings.do reject": those_of_the_booking(303, SIGN_IN, may_decide=True),
    "POST bookings.do cancel": those_of_the_booking(303, SIGN_IN),
    "GET asking.ask": {**everybody(200), "nobody": SIGN_IN},
    "POST asking.request_room": who_asks_for_virta(303, SIGN_IN),
    # Staff. The coordinator follows all queues, and decides only what has escalated.
    "GET staff.requests": {
        **everybody(403),
        "nobody": SIGN_IN,
        "veli": 200,
        "aino": 200,
        "kaisa": 200,
        "yllapito": 200,
    },
    "GET staff.rooms": {
        **everybody(403),
        "nobody": SIGN_IN,
        "veli": 200,
        "aino": 200,
        "yllapito": 200,
    },
    "GET staff.room_blocks": the_units_own(200, SIGN_IN, 403),
    "POST staff.block": the_units_own(303, SIGN_IN, 403),
    "POST staff.lift": the_units_own(303, SIGN_IN, 404),
    # API.
    "GET api.openapi": everybody(200),
    "GET api.rooms": everybody(200),
    "GET api.room": everybody(200),
    "GET api.availability": everybody(200),
    "GET api.organisations": {**everybody(200), "nobody": 401},
    "GET api.bookings": {**everybody(200), "nobody": 401},
    "POST api.ask": who_asks_for_virta(201, 401),
    "GET api.booking": who_sees_the_booking(nobody=401),
    "PATCH api.edit": those_of_the_booking(200, 401),
    "POST api.approve": those_of_the_booking(200, 401, may_decide=True),
    "POST api.reject": those_of_the_booking(200, 401, may_decide=True),
    "POST api.cancel": those_of_the_booking(200, 401),
    "POST api.move": those_of_the_booking(200, 401),
    "POST api.keep_for_unit": the_units_own(201, 401, 403),
    "DELETE api.lift": the_units_own(204, 401, 404),
}


@dataclass
class Scene:
    """The application over the fixed world, its clock at NOW, and fresh things for every cell."""

    app: Flask
    database: Database
    world: World
    slots: Iterator[Period]
    tokens: dict[str, str]

    def booking(self) -> int:
        return make_booking(self.database, self.world, period=next(self.slots)).id

    def block(self) -> int:
        period = next(self.slots)
        room, veli = self.world.half_b, self.world.veli
        return transaction(
            self.database,
            lambda session: block_room(session, room, period, "Oma", actor=veli, now=NOW).id,
        )

    def wish(self) -> dict[str, Any]:
        period = next(self.slots)
        return {
            "room_id": self.world.half_a,
            "organisation_id": self.world.virta,
            "title": "Matriisi",
            "activity": "meeting",
            "starts_at": period.start.isoformat(),
            "ends_at": period.end.isoformat(),
            "people": 5,
        }

    def mail(self) -> int:
        with reading(self.database) as session:
            found = session.scalars(select(OutboxMessage.id)).first()
        assert found is not None
        return found


@pytest.fixture
def scene(database: Database, tmp_path: Path) -> Scene:
    settings = load_settings(
        {"YHTEISTILA_SECRET_KEY": "s" * 48, "YHTEISTILA_BASE_URL": HOST}, tmp_path
    )
    world = make_world(database)
    app = create_app(dataclasses.replace(settings, demo=True), database)
    edge.install(app, dataclasses.replace(app.extensions["yhteistila"], clock=lambda: NOW))

    def token(who: str) -> str:
        email = f"{who}@demo.example"
        return transaction(
            database,
            lambda session: create_token(session, email, "write", actor=world.yllapito, now=NOW),
        )

    days = (day for day in range(3, 390) if (NOW + timedelta(days=day)).weekday() < 5)
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


Call = Callable[[Scene], tuple[str, dict[str, Any] | None]]


def decision(scene: Scene, verb: str) -> tuple[str, dict[str, Any]]:
    return f"/bookings/{scene.booking()}/{verb}", {"version": "1", "reason": "Peruste"}


def web_wish(scene: Scene) -> tuple[str, dict[str, Any]]:
    period = next(scene.slots)
    form = {
        "room": scene.world.half_a,
        "organisation": scene.world.virta,
        "title": "Matriisi",
        "activity": "meeting",
        "day": f"{period.start:%-d.%-m.%Y}",
        "people": 5,
    }
    return "/bookings/new", {**form, **clock_fields(period), "key": f"k-{period.start:%m%d%H%M}"}


def clock_fields(period: Period) -> dict[str, str]:
    from booking.domain.local_time import local

    return {"starts": f"{local(period.start):%H.%M}", "ends": f"{local(period.end):%H.%M}"}


def web_block(scene: Scene) -> tuple[str, dict[str, Any]]:
    period = next(scene.slots)
    form = {"day": f"{period.start:%-d.%-m.%Y}", **clock_fields(period), "reason": "Remontti"}
    return f"/staff/rooms/{scene.world.half_b}/blocks", form


PAGES: dict[str, Call] = {
    "GET search.show": lambda s: ("/", None),
    "GET rooms.catalogue_list": lambda s: ("/rooms", None),
    "GET rooms.show": lambda s: (f"/rooms/{s.world.hall}", None),
    "GET feeds.room": lambda s: (f"/feeds/rooms/{s.world.hall}.ics", None),
    "GET health.lives": lambda s: ("/livez", None),
    "GET health.is_ready": lambda s: ("/readyz", None),
    "GET health.robots": lambda s: ("/robots.txt", None),
    "GET people.sign_in": lambda s: ("/login", None),
    "POST people.choose_language": lambda s: ("/language", {"locale": "sv", "next": "/"}),
    "GET demo.mails": lambda s: ("/demo/mails", None),
    "GET demo.mail": lambda s: (f"/demo/mails/{s.mail()}", None),
    "GET bookings.mine": lambda s: ("/bookings", None),
    "GET bookings.show": lambda s: (f"/bookings/{s.booking()}", None),
    "GET bookings.consider approve": lambda s: (f"/bookings/{s.booking()}/approve", None),
    "GET bookings.consider reject": lambda s: (f"/bookings/{s.booking()}/reject", None),
    "GET bookings.consider cancel": lambda s: (f"/bookings/{s.booking()}/cancel", None),
    "POST bookings.do approve": lambda s: decision(s, "approve"),
    "POST bookings.do reject": lambda s: decision(s, "reject"),
    "POST bookings.do cancel": lambda s: decision(s, "cancel"),
    "GET asking.ask": lambda s: (f"/bookings/new?room={s.world.half_a}", None),
    "POST asking.request_room": web_wish,
    "GET staff.requests": lambda s: ("/staff", None),
    "GET staff.rooms": lambda s: ("/staff/rooms", None),
    "GET staff.room_blocks": lambda s: (f"/staff/rooms/{s.world.half_b}/blocks", None),
    "POST staff.block": web_block,
    "POST staff.lift": lambda s: (f"/staff/blocks/{s.block()}/lift", {}),
    # The last two change who it is.
    "POST people.open_sign_in": lambda s: (
        "/login",
        {"email": "outi@demo.example", "password": PASSWORD},
    ),
    "POST people.sign_out": lambda s: ("/logout", {}),
}


def api_block(scene: Scene) -> tuple[str, dict[str, Any]]:
    wish = scene.wish()
    body = {"starts_at": wish["starts_at"], "ends_at": wish["ends_at"], "reason": "Remontti"}
    return f"/rooms/{scene.world.half_b}/blocks", body


def api_move(scene: Scene) -> tuple[str, dict[str, Any]]:
    wish = scene.wish()
    body = {name: wish[name] for name in ("room_id", "starts_at", "ends_at")}
    return f"/bookings/{scene.booking()}/move", body


AVAILABILITY = "/availability?starts_at=2027-03-10T10:00:00%2B02:00&ends_at=2027-03-10T12:00:00%2B02:00&people=5"
CALLS: dict[str, Call] = {
    "GET api.openapi": lambda s: ("/openapi.json", None),
    "GET api.rooms": lambda s: ("/rooms", None),
    "GET api.room": lambda s: (f"/rooms/{s.world.hall}", None),
    "GET api.availability": lambda s: (AVAILABILITY, None),
    "GET api.organisations": lambda s: ("/organisations", None),
    "GET api.bookings": lambda s: ("/bookings", None),
    "POST api.ask": lambda s: ("/bookings", s.wish()),
    "GET api.booking": lambda s: (f"/bookings/{s.booking()}", None),
    "PATCH api.edit": lambda s: (f"/bookings/{s.booking()}", {"title": "Uusi nimi"}),
    "POST api.approve": lambda s: (f"/bookings/{s.booking()}/approve", {}),
    "POST api.reject": lambda s: (f"/bookings/{s.booking()}/reject", {"reason": "Peruste"}),
    "POST api.cancel": lambda s: (f"/bookings/{s.booking()}/cancel", {}),
    "POST api.move": api_move,
    "POST api.keep_for_unit": api_block,
    "DELETE api.lift": lambda s: (f"/blocks/{s.block()}", None),
}


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
        for name, call in PAGES.items():
            path, form = call(scene)
            if form is None:
                answer = client.get(path, base_url=HOST)
            else:
                answer = client.post(path, data={**form, "csrf_token": csrf(client)}, base_url=HOST)
            found[name][who] = answer.status_code
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
