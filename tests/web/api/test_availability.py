"""Free rooms by the API: the whole policy, and times read strictly."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.support.world import World
from tests.web.api.calls import Program, soon, wish
from tests.web.api.test_rooms import ids


def address(**changes: object) -> str:
    asked = {"starts_at": soon(10).isoformat(), "ends_at": soon(12).isoformat(), "people": 10}
    return f"/availability?{urlencode({**asked, **changes})}"


def test_free_rooms_are_found_without_a_token(nobody: Program, world: World) -> None:
    answer = nobody.get(address())
    assert ids(answer) == [world.hall, world.half_a, world.half_b, world.cabinet]
    assert answer.json["items"] == nobody.get("/rooms").json["items"]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"people": 13}, ["hall", "half_a", "half_b"]),
        ({"activity": "event"}, ["hall", "half_a", "half_b"]),
        ({"features": "step_free,induction_loop"}, ["hall"]),
        ({"municipality": "kitee"}, ["cabinet"]),
        # The rules of each room: step, notice, horizon, hours.
        ({"starts_at": soon(10, 5).isoformat()}, []),
        ({"starts_at": soon(10, 0, -14).isoformat(), "ends_at": soon(12, 0, -14).isoformat()}, []),
        ({"starts_at": soon(10, 0, 420).isoformat(), "ends_at": soon(12, 0, 420).isoformat()}, []),
        ({"ends_at": soon(20, 15).isoformat()}, []),
        ({"starts_at": soon(7, 45).isoformat()}, []),
    ],
)
def test_only_rooms_that_the_whole_policy_allows_are_found(
    nobody: Program, world: World, changes: dict[str, object], names: list[str]
) -> None:
    assert ids(nobody.get(address(**changes))) == [getattr(world, name) for name in names]


def test_a_taken_room_is_not_found_nor_is_what_shares_its_space(
    nobody: Program, anna: Program, world: World
) -> None:
    assert anna.post("/bookings", wish(world)).status_code == 201
    assert ids(nobody.get(address())) == [world.half_b, world.cabinet]
    # Half-open: what ends when the booking starts is no conflict.
    before = address(starts_at=soon(8).isoformat(), ends_at=soon(10).isoformat())
    assert ids(nobody.get(before)) == [world.hall, world.half_a, world.half_b, world.cabinet]


def test_pages_are_the_list(nobody: Program, world: World) -> None:
    first = nobody.get(address(limit=3))
    assert ids(first) == [world.hall, world.half_a, world.half_b]
    last = nobody.get(first.json["next"])
    assert (ids(last), last.json["next"]) == ([world.cabinet], None)


def test_a_plus_sign_that_was_not_escaped_is_understood(nobody: Program, world: World) -> None:
    starts, ends = soon(10).isoformat(), soon(12).isoformat()
    assert "+00:00" in starts
    answer = nobody.get(f"/availability?starts_at={starts}&ends_at={ends}&people=13")
    assert ids(answer) == [world.hall, world.half_a, world.half_b]
