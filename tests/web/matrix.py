"""The matrix of DESIGN 3a as data: who gets what from which route, and the call that asks each route.

The booking, the block and the rooms belong to Rantakylä; the booking is Virta's. What is refused is there, and could be seen.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask

from booking.db import Database, transaction
from booking.domain.local_time import local
from booking.domain.texts import LocalText
from booking.models import Terms
from booking.queries.images import images_of
from booking.queries.rooms import terms_in_force
from booking.services.blocks import block_room
from booking.services.images import add_image, remove_image
from booking.services.pictures import Encoded, PictureFile
from calendars.period import Period
from tests.support.pictures import picture
from tests.support.world import NOW, PASSWORD, World, make_booking
from tests.web import (
    matrix_afterwards,
    matrix_api,
    matrix_deciding,
    matrix_find,
    matrix_info,
    matrix_mails,
    matrix_organisations,
    matrix_people,
    matrix_rooms,
    matrix_series,
    matrix_series_after,
    matrix_tables,
    matrix_units,
)

COLUMNS = ("nobody", "outi", "toini", "anna", "pekka", "viivi", "veli", "aino", "kaisa", "yllapito")


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


def the_staffs(done: int, nobody: int) -> dict[str, int]:
    staff = dict.fromkeys(("viivi", "veli", "aino", "kaisa", "yllapito"), done)
    return {**everybody(403), "nobody": nobody, **staff}


def who_decides_somewhere(done: int, nobody: int) -> dict[str, int]:
    return {**the_admins(done, nobody), "veli": done, "aino": done}


def the_admins(done: int, nobody: int) -> dict[str, int]:
    return {**everybody(403), "nobody": nobody, "yllapito": done}


SIGN_IN = 303  # pages send who isn't known to the sign-in, and back
MATRIX: dict[str, dict[str, int]] = {
    # Catalogue, availability, feeds: everybody.
    "GET search.show": everybody(200),
    **dict.fromkeys(matrix_find.CALLS, everybody(200)),
    "GET rooms.catalogue_list": everybody(200),
    "GET rooms.show": everybody(200),
    "GET rooms.terms": everybody(200),
    "GET images.show avif": everybody(200),
    "GET images.show webp": everybody(200),
    "GET feeds.room": everybody(200),
    "GET health.lives": everybody(200),
    "GET health.is_ready": everybody(200),
    "GET health.robots": everybody(200),
    "GET people.sign_in": {**everybody(303), "nobody": 200},
    "POST people.open_sign_in": everybody(303),
    "POST people.choose_language": everybody(303),
    "POST people.sign_out": everybody(303),
    **matrix_people.ROWS,
    **matrix_organisations.ROWS,
    **{name: everybody(status) for name, status in matrix_info.PUBLIC.items()},
    **{name: {**everybody(done), "nobody": SIGN_IN} for name, done in matrix_info.OWN.items()},
    **{name: the_admins(done, SIGN_IN) for name, done in matrix_info.ADMIN.items()},
    **matrix_mails.ROWS,
    # Bookings.
    "GET bookings.mine": {**everybody(200), "nobody": SIGN_IN},
    "GET bookings.show": who_sees_the_booking(nobody=SIGN_IN),
    **matrix_afterwards.ROWS,
    **matrix_series_after.ROWS,
    **matrix_deciding.ROWS,
    **matrix_series.ROWS,
    # New rules of use are accepted by the association itself.
    "POST bookings.accept_terms": cells(
        SIGN_IN, 404, anna=303, pekka=303, viivi=403, veli=403, kaisa=403, yllapito=403
    ),
    # Who isn't known yet begins here, and so does who has no association.
    "GET asking.ask": everybody(200),
    # Nobody known gets the sign-in page at once, with all that was typed kept in it.
    "POST asking.request_room": who_asks_for_virta(303, 401),
    # Staff. The coordinator follows all queues, and decides only what has escalated.
    "GET staff.requests": {
        **everybody(403),
        "nobody": SIGN_IN,
        "veli": 200,
        "aino": 200,
        "kaisa": 200,
        "yllapito": 200,
    },
    "GET staff.rooms": who_decides_somewhere(200, SIGN_IN),
    "GET staff_units.units": who_decides_somewhere(200, SIGN_IN),
    **{
        name: the_units_own(200 if name.startswith("GET") else 303, SIGN_IN, 403)
        for name in matrix_units.UNITS
    },
    **{
        name: the_admins(200 if name.startswith("GET") else 303, SIGN_IN)
        for name in matrix_units.ADMIN
    },
    # Numbers only, of the sites and municipalities within sight: viewers too.
    "GET demand.show": the_staffs(200, SIGN_IN),
    "GET demand.download": the_staffs(200, SIGN_IN),
    **{
        name: the_units_own(
            200 if name.startswith("GET") else 303,
            SIGN_IN,
            404 if name in matrix_rooms.HIDDEN else 403,
        )
        for name in (*matrix_rooms.CALLS, "POST staff_blocks.block")
    },
    "GET room_images.show": the_units_own(200, SIGN_IN, 403),
    "POST room_images.add": the_units_own(303, SIGN_IN, 403),
    "GET room_images.look": the_units_own(200, SIGN_IN, 403),
    "POST room_images.describe": the_units_own(303, SIGN_IN, 403),
    "POST room_images.move earlier": the_units_own(303, SIGN_IN, 403),
    "POST room_images.move later": the_units_own(303, SIGN_IN, 403),
    "GET room_images.consider": the_units_own(200, SIGN_IN, 403),
    "POST room_images.remove": the_units_own(303, SIGN_IN, 403),
    "GET tables.begin_again": everybody(303),
    **matrix_tables.ROWS,
    # API.
    "GET api.openapi": everybody(200),
    "GET api.rooms": everybody(200),
    "GET api.room": everybody(200),
    "GET api.availability": everybody(200),
    **{name: everybody(200) for name in matrix_api.LOOKS},
    **{name: the_units_own(done, 401, 403) for name, done in matrix_api.KEEPERS.items()},
    **matrix_organisations.API_ROWS,
    "GET api.bookings": {**everybody(200), "nobody": 401},
    "POST api.ask": who_asks_for_virta(201, 401),
    "GET api.booking": who_sees_the_booking(nobody=401),
    "PATCH api.edit": those_of_the_booking(200, 401),
    "POST api.approve": those_of_the_booking(200, 401, may_decide=True),
    "POST api.reject": those_of_the_booking(200, 401, may_decide=True),
    **matrix_deciding.API_ROWS,
    **matrix_series_after.API_ROWS,
    **matrix_series.API_ROWS,
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

    def picture(self) -> int:
        """A photo of half B, fresh: the one before is taken down, so that there is always room for another."""
        files = tuple(PictureFile(480, one, one.encode()) for one in ("avif", "webp"))
        stored = Encoded(480, 360, "a" * 64, files)
        room, veli = self.world.half_b, self.world.veli

        def hang(session: Any) -> int:
            for image in images_of(session, room):
                remove_image(session, image.id, actor=veli, now=NOW)
            alt = LocalText("Sali")
            return add_image(session, room, "photo", stored, alt, actor=veli, now=NOW).id

        return transaction(self.database, hang)

    def terms(self) -> None:
        """Let Kitee have rules of use: who asks for Rantakylä's rooms need not accept any."""

        def write(session: Any) -> None:
            if terms_in_force(session, self.world.kitee) is None:
                text = LocalText("Jätä tila siistiksi.")
                session.add(Terms(unit_id=self.world.kitee, version=1, text=text, created_at=NOW))

        transaction(self.database, write)

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


Call = Callable[[Scene], tuple[str, dict[str, Any] | None]]


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
    return {"starts": f"{local(period.start):%H.%M}", "ends": f"{local(period.end):%H.%M}"}


def web_block(scene: Scene) -> tuple[str, dict[str, Any]]:
    period = next(scene.slots)
    form = {"day": f"{period.start:%-d.%-m.%Y}", **clock_fields(period), "reason": "Remontti"}
    return f"/staff/rooms/{scene.world.half_b}/blocks", form


def own_picture(scene: Scene, way: str = "") -> str:
    return f"/staff/rooms/{scene.world.half_b}/images/{scene.picture()}{way}"


def new_picture(scene: Scene) -> tuple[str, dict[str, Any]]:
    scene.picture()  # so that there is never more than one but it
    form = {"kind": "photo", "alt_fi": "Sali", "image": (io.BytesIO(picture(64, 48)), "a.jpg")}
    return f"/staff/rooms/{scene.world.half_b}/images", form


def terms_of_kitee(scene: Scene) -> tuple[str, None]:
    scene.terms()
    return f"/units/{scene.world.kitee}/terms", None


def a_picture(scene: Scene, extension: str) -> tuple[str, None]:
    scene.picture()
    return f"/images/{'a' * 64}-480.{extension}", None


PAGES: dict[str, Call] = {
    "GET search.show": lambda s: ("/", None),
    "GET rooms.catalogue_list": lambda s: ("/rooms", None),
    "GET rooms.show": lambda s: (f"/rooms/{s.world.hall}", None),
    "GET rooms.terms": terms_of_kitee,
    "GET images.show avif": lambda s: a_picture(s, "avif"),
    "GET images.show webp": lambda s: a_picture(s, "webp"),
    "GET feeds.room": lambda s: (f"/feeds/rooms/{s.world.hall}.ics", None),
    "GET health.lives": lambda s: ("/livez", None),
    "GET health.is_ready": lambda s: ("/readyz", None),
    "GET health.robots": lambda s: ("/robots.txt", None),
    "GET people.sign_in": lambda s: ("/login", None),
    "POST people.choose_language": lambda s: ("/language", {"locale": "sv", "next": "/"}),
    **matrix_mails.CALLS,
    "GET bookings.mine": lambda s: ("/bookings", None),
    "GET bookings.show": lambda s: (f"/bookings/{s.booking()}", None),
    **matrix_afterwards.CALLS,
    **matrix_series_after.CALLS,
    **matrix_deciding.CALLS,
    **matrix_series.CALLS,
    "POST bookings.accept_terms": lambda s: (
        f"/bookings/{s.booking()}/terms",
        {"version": "1", "terms_version": "1"},
    ),
    "GET asking.ask": lambda s: (f"/bookings/new?room={s.world.half_a}", None),
    "POST asking.request_room": web_wish,
    "GET staff.requests": lambda s: ("/staff", None),
    "GET staff.rooms": lambda s: ("/staff/rooms", None),
    "GET demand.show": lambda s: ("/staff/demand", None),
    "GET demand.download": lambda s: ("/staff/demand.csv", None),
    "GET staff_units.units": lambda s: ("/staff/units", None),
    **matrix_units.UNITS,
    **matrix_units.ADMIN,
    **matrix_find.CALLS,
    **matrix_rooms.CALLS,
    "POST staff_blocks.block": web_block,
    "GET room_images.show": lambda s: (f"/staff/rooms/{s.world.half_b}/images", None),
    "POST room_images.add": new_picture,
    "GET room_images.look": lambda s: (own_picture(s), None),
    "POST room_images.describe": lambda s: (own_picture(s), {"alt_fi": "Sali"}),
    "POST room_images.move earlier": lambda s: (own_picture(s, "/earlier"), {}),
    "POST room_images.move later": lambda s: (own_picture(s, "/later"), {}),
    "GET room_images.consider": lambda s: (own_picture(s, "/remove"), None),
    "POST room_images.remove": lambda s: (own_picture(s, "/remove"), {}),
    **matrix_tables.CALLS,
    **matrix_info.CALLS,
    **matrix_people.CALLS,
    **matrix_organisations.CALLS,
    # The last ones change who it is.
    **matrix_people.LAST,
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
    body["reason"] = "Peruste"
    return f"/bookings/{scene.booking()}/move", body


AVAILABILITY = "/availability?starts_at=2027-03-10T10:00:00%2B02:00&ends_at=2027-03-10T12:00:00%2B02:00&people=5"
CALLS: dict[str, Call] = {
    "GET api.openapi": lambda s: ("/openapi.json", None),
    "GET api.rooms": lambda s: ("/rooms", None),
    "GET api.room": lambda s: (f"/rooms/{s.world.hall}", None),
    "GET api.availability": lambda s: (AVAILABILITY, None),
    **matrix_api.CALLS,
    **matrix_organisations.API_CALLS,
    "GET api.bookings": lambda s: ("/bookings", None),
    "POST api.ask": lambda s: ("/bookings", s.wish()),
    "GET api.booking": lambda s: (f"/bookings/{s.booking()}", None),
    "PATCH api.edit": lambda s: (f"/bookings/{s.booking()}", {"title": "Uusi nimi"}),
    "POST api.approve": lambda s: (f"/bookings/{s.booking()}/approve", {}),
    "POST api.reject": lambda s: (f"/bookings/{s.booking()}/reject", {"reason": "Peruste"}),
    **matrix_deciding.API_CALLS,
    **matrix_series_after.API_CALLS,
    **matrix_series.API_CALLS,
    "POST api.cancel": lambda s: (f"/bookings/{s.booking()}/cancel", {"reason": "Peruste"}),
    "POST api.move": api_move,
    "POST api.keep_for_unit": api_block,
    "DELETE api.lift": lambda s: (f"/blocks/{s.block()}", None),
}
