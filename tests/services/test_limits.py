"""Limits counted in rows: for each key apart, over all processes, within their window, whoever is in a hurry."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from booking.db import Database, reading, transaction
from booking.errors import TooMany
from booking.models import SignInAttempt
from booking.services.limits import (
    GUESSES_FROM,
    LONGEST_WINDOW,
    Limit,
    forget,
    forget_old,
    give_back,
    limit_key,
    reserve,
    tries,
)
from booking.services.people import sign_in
from tests.support.world import NOW, PASSWORD, make_world

THREE = Limit("test", 3, timedelta(minutes=10), "too_many_mails")
OTHER = Limit("other", 3, timedelta(minutes=10))


def try_once(database: Database, key: str = "a", after: timedelta = timedelta()) -> str:
    try:
        transaction(database, lambda session: reserve(session, THREE, key, NOW + after))
    except TooMany as refusal:
        return f"{refusal.code} {refusal.params['retry_after_seconds']}"
    return "done"


def counted(database: Database, limit: Limit, key: str) -> int:
    with reading(database) as session:
        return tries(session, limit, key, NOW)


def test_a_key_may_try_so_often_within_the_window_and_is_told_when_again(
    database: Database,
) -> None:
    minutes = (0, 1, 2, 4, 10)
    found = [try_once(database, after=timedelta(minutes=minute)) for minute in minutes]
    assert found == ["done", "done", "done", "too_many_mails 361", "done"]


def test_keys_and_kinds_are_counted_apart(database: Database) -> None:
    assert [try_once(database) for _ in range(4)] == ["done"] * 3 + ["too_many_mails 601"]
    assert try_once(database, "b") == "done"
    transaction(database, lambda session: reserve(session, OTHER, "a", NOW).at)
    assert [counted(database, THREE, "a"), counted(database, OTHER, "a")] == [3, 1]


def test_forty_at_once_are_counted_each(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: try_once(database), range(40)))
    assert found.count("done") == THREE.times


def test_one_try_given_back_leaves_the_others(database: Database) -> None:
    def work(session: object) -> int:
        attempt = reserve(session, THREE, "a", NOW)  # type: ignore[arg-type]
        session.flush()  # type: ignore[attr-defined]
        return attempt.id

    first, _second = (transaction(database, work) for _ in range(2))
    transaction(database, lambda session: give_back(session, first))
    assert counted(database, THREE, "a") == 1
    transaction(database, lambda session: forget(session, THREE, "a"))
    assert counted(database, THREE, "a") == 0


def test_keys_are_kept_as_hashes_and_swept_when_no_limit_counts_them(database: Database) -> None:
    try_once(database, "anna@demo.example")
    with reading(database) as session:
        [row] = session.scalars(select(SignInAttempt)).all()
    assert row.key == limit_key(THREE, "anna@demo.example")
    assert "anna" not in row.key
    transaction(database, lambda session: forget_old(session, NOW + LONGEST_WINDOW))
    with reading(database) as session:
        assert session.scalars(select(SignInAttempt)).all() == []


def test_a_client_that_tries_many_addresses_must_wait_and_others_need_not(
    database: Database,
) -> None:
    make_world(database)

    def guess(number: int, client: str = "192.0.2.1") -> str:
        address = f"nro{number}@demo.example"
        try:
            sign_in(database, address, "wrong", None, client, now=NOW)
        except TooMany:
            return "refused"
        return "tried"

    found = [guess(number) for number in range(GUESSES_FROM.times + 2)]
    assert found == ["tried"] * GUESSES_FROM.times + ["refused"] * 2
    assert guess(99, "192.0.2.2") == "tried"
    assert sign_in(database, "anna@demo.example", PASSWORD, None, "192.0.2.2", now=NOW) is not None


def test_who_signs_in_rightly_uses_up_nothing_of_the_house_they_share(database: Database) -> None:
    make_world(database)
    for _ in range(5):
        sign_in(database, "anna@demo.example", PASSWORD, None, "192.0.2.1", now=NOW)
    assert counted(database, GUESSES_FROM, "192.0.2.1") == 0
