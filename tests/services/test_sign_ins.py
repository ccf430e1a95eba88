"""Sign-ins listed and ended, and what ends them: a changed password, the owner's wish, closing the account."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.errors import BookingError, NotFound
from booking.models import AuditEntry, OutboxMessage, Person, SignIn
from booking.queries.people import sign_in_of
from booking.services.passwords import considered, has_password, write_password
from booking.services.people import rename, sign_in
from booking.services.sign_ins import (
    end_all_sign_ins,
    end_sign_in,
    open_sign_in,
    sign_ins_of,
    token_hash,
)
from tests.support.acts import do
from tests.support.world import NOW, PASSWORD, World, make_world

NEW = "kolmetoista koivua kaatuu"


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def enter(database: Database, world: World, who: str = "anna", device: str = "Firefox") -> str:
    def work(session: Session) -> str:
        person = session.get_one(Person, world.actors[who].person_id)
        return open_sign_in(session, person, device, NOW).token

    return transaction(database, work)


def living(database: Database, *tokens: str) -> list[bool]:
    with reading(database) as session:
        return [sign_in_of(session, token_hash(token), NOW) is not None for token in tokens]


def row_of(database: Database, token: str) -> int:
    with reading(database) as session:
        query = select(SignIn.id).where(SignIn.token_hash == token_hash(token))
        return session.scalars(query).one()


def change(
    database: Database,
    world: World,
    current: str | None,
    new: str | None,
    token: str = "",
    who: str = "anna",
) -> str:
    actor = world.actors[who]
    try:
        thought = considered(database, current, new, actor=actor, now=NOW)
        do(database, write_password, thought, token, actor=actor)
    except BookingError as refusal:
        return refusal.code
    return "done"


def enters_by(database: Database, password: str) -> bool:
    return sign_in(database, "anna@demo.example", password, now=NOW) is not None


def test_ones_own_living_sign_ins_are_listed_the_latest_used_first(
    database: Database, world: World
) -> None:
    first, second = enter(database, world, device="Firefox"), enter(database, world, device="Edge")
    enter(database, world, "veli", "Chrome")

    def use(session: Session) -> None:
        session.get_one(SignIn, row_of(database, first)).last_seen_at = NOW + timedelta(minutes=5)

    transaction(database, use)
    with reading(database) as session:
        devices = [row.device for row in sign_ins_of(session, NOW, actor=world.anna)]
        later = NOW + timedelta(days=1)
        assert sign_ins_of(session, later, actor=world.anna) == []
    assert devices == ["Firefox", "Edge"]
    assert living(database, first, second) == [True, True]


def test_one_of_ones_own_is_ended_and_anothers_is_not_there(
    database: Database, world: World
) -> None:
    first, second = enter(database, world), enter(database, world)
    of_veli = enter(database, world, "veli")
    do(database, end_sign_in, row_of(database, first), actor=world.anna)
    with pytest.raises(NotFound):
        do(database, end_sign_in, row_of(database, of_veli), actor=world.anna)
    with pytest.raises(NotFound):
        do(database, end_sign_in, 2**31 - 1, actor=world.anna)
    assert living(database, first, second, of_veli) == [False, True, True]


def test_all_end_but_this_one_or_all(database: Database, world: World) -> None:
    tokens = [enter(database, world) for _ in range(3)]
    of_veli = enter(database, world, "veli")
    person_id = world.anna.person_id

    def end(but: str | None) -> int:
        return transaction(
            database,
            lambda s: end_all_sign_ins(s, person_id, but=but, actor=world.anna, now=NOW),  # type: ignore[arg-type]
        )

    assert end(tokens[1]) == 2
    assert living(database, *tokens, of_veli) == [False, True, False, True]
    assert end(None) == 1
    assert living(database, tokens[1], of_veli) == [False, True]
    with reading(database) as session:
        entries = session.scalars(
            select(AuditEntry.after).where(AuditEntry.action == "end_all_sign_ins")
        ).all()
    assert entries == [{"ended": 2}, {"ended": 1}]


def test_a_long_name_of_a_device_is_cut(database: Database, world: World) -> None:
    enter(database, world, device="x" * 500)
    enter(database, world, device="")
    with reading(database) as session:
        assert session.scalars(select(SignIn.device).order_by(SignIn.id)).all() == ["x" * 80, None]


def test_a_changed_password_ends_all_other_sign_ins_and_is_told(
    database: Database, world: World
) -> None:
    here, elsewhere = enter(database, world), enter(database, world)
    assert change(database, world, PASSWORD, NEW, here) == "done"
    assert living(database, here, elsewhere) == [True, False]
    assert (enters_by(database, PASSWORD), enters_by(database, NEW)) == (False, True)
    with reading(database) as session:
        [mail] = session.scalars(select(OutboxMessage)).all()
        actions = session.scalars(select(AuditEntry.action)).all()
    assert (mail.kind, mail.recipient) == ("account", "anna@demo.example")
    assert NEW not in mail.body
    assert "set_password" in actions


def test_a_password_is_taken_away_and_another_set_without_asking_for_one(
    database: Database, world: World
) -> None:
    assert change(database, world, PASSWORD, None) == "done"
    with reading(database) as session:
        assert not has_password(session, actor=world.anna)
    assert not enters_by(database, PASSWORD)
    assert change(database, world, None, NEW) == "done"
    assert enters_by(database, NEW)


@pytest.mark.parametrize(
    ("current", "new", "code"),
    [
        ("wrong", NEW, "wrong_password"),
        (None, NEW, "wrong_password"),
        ("wrong", None, "wrong_password"),
        ("\ud800" * 5000, NEW, "wrong_password"),
        (PASSWORD, "lyhyt", "bad_password"),
        (PASSWORD, "x" * 1001, "bad_password"),
        (PASSWORD, "anna@demo.example", "guessable_password"),
        (PASSWORD, "virtanen anna", "guessable_password"),
    ],
)
def test_a_password_that_may_not_be_set_changes_nothing(
    database: Database, world: World, current: str | None, new: str | None, code: str
) -> None:
    token = enter(database, world)
    assert change(database, world, current, new) == code
    assert living(database, token) == [True]
    assert enters_by(database, PASSWORD)


def test_staff_need_a_longer_one(database: Database, world: World) -> None:
    short = "koivu kaatui"
    assert change(database, world, PASSWORD, short, who="veli") == "bad_password"
    assert change(database, world, PASSWORD, short) == "done"


def test_the_current_password_is_guessed_ten_times_and_no_more(
    database: Database, world: World
) -> None:
    found = [change(database, world, "wrong", NEW) for _ in range(11)]
    assert found == ["wrong_password"] * 10 + ["too_many_guesses"]


def test_of_two_changes_at_once_one_is_done(database: Database, world: World) -> None:
    thought = [
        considered(database, PASSWORD, f"{NEW} {number}", actor=world.anna, now=NOW)
        for number in range(4)
    ]

    def write(change: Any) -> str:
        try:
            do(database, write_password, change, "", actor=world.anna)
        except BookingError as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(write, thought))
    assert found == ["done"] + ["wrong_password"] * 3


def test_a_name_is_written_down_anew_on_one_line(database: Database, world: World) -> None:
    do(database, rename, " Anna\nUusi\u202e ", "sv", actor=world.anna)
    with reading(database) as session:
        person = session.get_one(Person, world.anna.person_id)
    assert (person.name, person.locale) == ("Anna Uusi", "sv")


@pytest.mark.parametrize(
    ("name", "code"), [(" \u202e", "own_name_required"), ("x" * 121, "too_long_text")]
)
def test_a_name_that_is_none_is_refused(
    database: Database, world: World, name: str, code: str
) -> None:
    with pytest.raises(BookingError, match=code):
        do(database, rename, name, "fi", actor=world.anna)
