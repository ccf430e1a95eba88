"""Idempotency-Keys: one act, one mail, one answer, whatever is sent again and however many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from booking.db import Database
from booking.models import Block, Booking, IdempotencyKey, OutboxMessage
from tests.support.world import World
from tests.web.api.calls import Program, soon, wish
from tests.web.api.conftest import ProgramOf
from tests.web.api.test_bookings import count, problem


def told(answer: Any) -> tuple[int, bytes, str | None, str | None]:
    return (
        answer.status_code,
        answer.data,
        answer.headers.get("ETag"),
        answer.headers.get("Location"),
    )


def test_eight_at_once_are_one_booking_one_mail_and_one_answer(
    anna: Program, database: Database, world: World
) -> None:
    def ask(_number: int) -> Any:
        return told(anna.post("/bookings", wish(world), Idempotency_Key="k-1"))

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(ask, range(8)))
    assert len(answers) == 1
    [(status, _, etag, location)] = answers
    assert (status, etag) == (201, '"1"')
    assert location is not None
    assert (count(database, Booking), count(database, OutboxMessage)) == (1, 2)


def test_another_body_under_the_same_key_is_refused(
    anna: Program, database: Database, world: World
) -> None:
    anna.post("/bookings", wish(world), Idempotency_Key="k-1")
    answer = anna.post("/bookings", wish(world, room_id=world.half_b), Idempotency_Key="k-1")
    assert answer.json == problem(
        422,
        "Unprocessable Entity",
        "key_reused",
        "This Idempotency-Key has come before with another body. Use a new key for a new act.",
    )
    assert count(database, Booking) == 1


def test_a_key_is_of_one_person_and_one_route(
    anna: Program, program_of: ProgramOf, database: Database, world: World
) -> None:
    anna.post("/bookings", wish(world), Idempotency_Key="k-1")
    other = wish(world, room_id=world.half_b, organisation_id=world.toinen)
    assert program_of("toini").post("/bookings", other, Idempotency_Key="k-1").status_code == 201
    assert count(database, Booking) == 2


def test_a_refused_act_may_be_tried_again_with_its_key(
    anna: Program, database: Database, world: World
) -> None:
    first = anna.post("/bookings", wish(world)).json
    assert anna.post("/bookings", wish(world), Idempotency_Key="k-1").status_code == 409
    assert count(database, IdempotencyKey) == 0
    anna.post(f"/bookings/{first['id']}/cancel", {}, If_Match='"1"')
    assert anna.post("/bookings", wish(world), Idempotency_Key="k-1").status_code == 201


def test_a_decision_sent_again_has_its_answer_although_the_version_has_passed(
    anna: Program, veli: Program, database: Database, world: World
) -> None:
    made = anna.post("/bookings", wish(world)).json
    path = f"/bookings/{made['id']}/approve"
    headers = {"If_Match": '"1"', "Idempotency_Key": "k-1"}
    first = veli.post(path, {}, **headers)
    assert (first.status_code, first.json["state"]) == (200, "approved")
    assert told(veli.post(path, {}, **headers)) == told(first)
    assert count(database, OutboxMessage) == 3
    assert veli.post(path, {}, If_Match='"1"').status_code == 412


def test_a_block_sent_again_is_one_block(veli: Program, database: Database, world: World) -> None:
    body = {"starts_at": soon(8).isoformat(), "ends_at": soon(9).isoformat(), "reason": "Siivous"}
    answers = {
        told(veli.post(f"/rooms/{world.hall}/blocks", body, Idempotency_Key="k-1"))
        for _ in range(3)
    }
    assert len(answers) == 1
    assert count(database, Block) == 1


def test_no_needs_are_kept_with_a_key(anna: Program, database: Database, world: World) -> None:
    first = anna.post("/bookings", wish(world, needs="Pyörätuoli"), Idempotency_Key="k-1")
    assert "needs" not in first.json
    assert "contact" not in first.json


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 101, "a\tb", "\x7f"])
def test_a_key_that_can_not_be_kept_is_refused(
    anna: Program, database: Database, world: World, key: str
) -> None:
    answer = anna.post("/bookings", wish(world), Idempotency_Key=key)
    assert (answer.status_code, answer.json["errors"]["Idempotency-Key"][0]["code"]) == (
        422,
        "bad_key",
    )
    assert count(database, Booking) == 0
