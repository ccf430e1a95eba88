"""Who calls: tokens, their scopes and their end; a cookie is nobody."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.models import ApiToken, Booking
from tests.support.world import World
from tests.web.api.calls import Program, soon, wish
from tests.web.api.conftest import ProgramOf
from tests.web.api.test_bookings import count, problem


def test_without_a_token_nothing_is_done(nobody: Program, database: Database, world: World) -> None:
    expected = problem(
        401,
        "Unauthorized",
        "token_required",
        "Send an API token in the header Authorization, as “Bearer TOKEN”.",
    )
    for answer in (
        nobody.post("/bookings", wish(world)),
        nobody.get("/bookings"),
        nobody.get("/organisations"),
    ):
        assert answer.json == expected
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="yhteistila"'
    assert count(database, Booking) == 0


@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Bearer", "Basic YTpi", "Bearer a b", "", "Bearer ä"]
)
def test_a_token_that_is_none_is_refused_even_where_none_is_needed(
    nobody: Program, world: World, header: str
) -> None:
    answer = nobody.get("/rooms", Authorization=header)
    assert (answer.status_code, answer.json["code"]) == (401, "token_unknown")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="yhteistila", error="invalid_token"'


def test_a_revoked_token_is_worth_nothing(anna: Program, database: Database, world: World) -> None:
    def revoke(session: Session) -> None:
        token = session.scalars(select(ApiToken)).one()
        token.revoked_at = soon(10)

    assert anna.get("/bookings").status_code == 200
    transaction(database, revoke)
    assert anna.get("/bookings").status_code == 401


def test_a_token_that_may_read_changes_nothing(
    anna: Program, program_of: ProgramOf, database: Database, world: World
) -> None:
    made = anna.post("/bookings", wish(world)).json
    reads = program_of("anna", "read")
    assert reads.get(f"/bookings/{made['id']}").status_code == 200
    expected = problem(
        403,
        "Forbidden",
        "token_read_only",
        "This API token may only read. Use a token of the scope write.",
    )
    for answer in (
        reads.post("/bookings", wish(world, room_id=world.half_b)),
        reads.patch(f"/bookings/{made['id']}", {"people": 2}, If_Match='"1"'),
        reads.post(f"/bookings/{made['id']}/cancel", If_Match='"1"'),
        reads.post(f"/rooms/{world.half_b}/blocks", {}),
        reads.call("DELETE", "/blocks/1"),
    ):
        assert answer.json == expected
    assert (count(database, Booking), anna.get(f"/bookings/{made['id']}").json["version"]) == (1, 1)


def test_a_cookie_is_never_believed(anna: Program, world: World) -> None:
    client = anna.app.test_client()
    page = client.get("/login", base_url="https://127.0.0.1:8000")
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"email": "anna@demo.example", "password": "esteeton-yhteistila", "csrf_token": token}
    signed_in = client.post("/login", base_url="https://127.0.0.1:8000", data=form)
    assert signed_in.status_code == 303
    answer = client.post("/api/v1/bookings", base_url="https://127.0.0.1:8000", json=wish(world))
    assert answer.status_code == 401


def test_last_use_of_a_token_is_noted_once_an_hour(anna: Program, database: Database) -> None:
    def used() -> Any:
        with reading(database) as session:
            return session.scalars(select(ApiToken.last_used_at)).one()

    assert used() is None
    anna.get("/bookings")
    first = used()
    anna.get("/bookings")
    assert first is not None
    assert used() == first
