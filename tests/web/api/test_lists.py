"""Lists of bookings and organisations: what is in sight, filters, pages."""

from __future__ import annotations

from tests.support.world import World
from tests.web.api.calls import Program, soon, wish
from tests.web.api.conftest import ProgramOf
from tests.web.api.test_rooms import ids


def test_lists_show_what_is_in_sight_by_filter(
    anna: Program, program_of: ProgramOf, world: World
) -> None:
    first = anna.post("/bookings", wish(world)).json["id"]
    second = anna.post(
        "/bookings",
        wish(
            world,
            room_id=world.cabinet,
            starts_at=soon(14).isoformat(),
            ends_at=soon(15).isoformat(),
        ),
    ).json["id"]
    other = (
        program_of("toini")
        .post("/bookings", wish(world, organisation_id=world.toinen, room_id=world.half_b))
        .json["id"]
    )
    in_sight = {
        "anna": [first, second],
        "toini": [other],
        "veli": [first, other],
        "aino": [second],
        "viivi": [first, other],
        "outi": [],
        "kaisa": [first, other, second],
    }
    for name, expected in in_sight.items():
        assert ids(program_of(name).get("/bookings")) == expected
    filters = {
        f"room_id={world.half_a}": [first],
        f"organisation_id={world.virta}": [first, second],
        "state=requested": [first, other, second],
        "state=approved": [],
        f"from={soon(12).isoformat()}": [second],
        f"to={soon(14).isoformat()}": [first, other],
    }
    for query, expected in filters.items():
        assert ids(program_of("kaisa").get(f"/bookings?{query}")) == expected


def test_pages_of_bookings_are_the_list(anna: Program, program_of: ProgramOf, world: World) -> None:
    made = [
        anna.post("/bookings", wish(world, room_id=room)).json["id"]
        for room in (world.half_a, world.half_b, world.cabinet)
    ]
    first = anna.get("/bookings?limit=2&state=requested")
    last = anna.get(first.json["next"])
    assert (ids(first) + ids(last), last.json["next"]) == (made, None)
    assert anna.get("/bookings?cursor=t1.x").json["errors"]["cursor"][0]["code"] == "bad_cursor"


def test_organisations_are_those_one_may_book_for(program_of: ProgramOf, world: World) -> None:
    virta = {
        "id": world.virta,
        "name": "Virta ry",
        "kind": "association",
        "municipality": "joensuu",
        "verified": True,
    }
    toinen = {
        "id": world.toinen,
        "name": "Toinen yhdistys",
        "kind": "unregistered",
        "municipality": "kitee",
        "verified": False,
    }
    expected = {
        "anna": [virta],
        "toini": [toinen],
        "outi": [],
        "viivi": [toinen, virta],
        "veli": [toinen, virta],
    }
    for name, items in expected.items():
        assert program_of(name).get("/organisations").json == {"items": items, "next": None}
    first = program_of("veli").get("/organisations?limit=1")
    assert program_of("veli").get(first.json["next"]).json == {"items": [virta], "next": None}
