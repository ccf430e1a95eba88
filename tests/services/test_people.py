"""Getting in: right and wrong passwords, limits counted over all processes, sign-ins that can be ended, tokens."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.errors import InvalidInput, NotFound, TooMany
from booking.models import ApiToken, AuditEntry, Person, SignIn, SignInAttempt
from booking.queries.people import actor_of, api_token_of, sign_in_of
from booking.services.limits import GUESSES, GUESSES_FROM, tries
from booking.services.people import (
    NewPerson,
    add_person,
    create_token,
    folded_email,
    sign_in,
)
from booking.services.sign_ins import end_old_sign_ins, sign_out, token_hash, touch_sign_in
from tests.support import passwords
from tests.support.world import NOW, PASSWORD, World, make_world


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def lives(database: Database, token: str, after: timedelta = timedelta()) -> bool:
    with reading(database) as session:
        return sign_in_of(session, token_hash(token), NOW + after) is not None


def test_the_right_password_opens_a_sign_in_kept_as_a_hash(
    database: Database, world: World
) -> None:
    signed_in = sign_in(database, " Anna@Demo.Example ", PASSWORD, now=NOW)
    assert signed_in is not None
    assert signed_in.person_id == world.anna.person_id
    with reading(database) as session:
        [row] = session.scalars(select(SignIn)).all()
        assert signed_in.token not in row.token_hash
    assert lives(database, signed_in.token)


def test_the_service_hashes_at_the_full_cost_of_argon2id() -> None:
    # The second recommended choice of RFC 9106: 64 MiB, three passes, four lanes.
    assert passwords.FULL.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("anna@demo.example", "esteeton-yhteistilb"),
        ("anna@demo.example", ""),
        ("anna@demo.example", "x" * 200_000),
        ("anna@demo.example", "\ud800\x00"),
        ("nobody@demo.example", PASSWORD),
        ("anna@demo.example\r\nBcc: x@y.fi", PASSWORD),
        ("аnna@demo.example", PASSWORD),  # a Cyrillic а
        ("\x00", PASSWORD),
    ],
)
def test_a_wrong_address_or_password_opens_nothing(
    database: Database, world: World, email: str, password: str
) -> None:
    assert sign_in(database, email, password, now=NOW) is None
    with reading(database) as session:
        assert session.scalars(select(SignIn)).all() == []


def test_a_disabled_person_can_neither_enter_nor_stay(database: Database, world: World) -> None:
    signed_in = sign_in(database, "anna@demo.example", PASSWORD, now=NOW)
    assert signed_in is not None

    def disable(session: Session) -> None:
        session.get_one(Person, world.anna.person_id).is_active = False

    transaction(database, disable)
    assert not lives(database, signed_in.token)
    assert sign_in(database, "anna@demo.example", PASSWORD, now=NOW) is None


def test_ten_guesses_in_a_quarter_of_an_hour_are_all(database: Database, world: World) -> None:
    for _ in range(GUESSES.times):
        assert sign_in(database, "anna@demo.example", "wrong", now=NOW) is None
    with pytest.raises(TooMany) as refusal:
        sign_in(database, "ANNA@demo.example", PASSWORD, now=NOW + timedelta(minutes=5))
    assert refusal.value.params == {"retry_after_seconds": 601}
    assert sign_in(database, "veli@demo.example", PASSWORD, now=NOW) is not None
    assert (
        sign_in(database, "anna@demo.example", PASSWORD, now=NOW + timedelta(minutes=15))
        is not None
    )


@pytest.mark.usefixtures("full_cost")
def test_guesses_at_once_are_counted_each(database: Database, world: World) -> None:
    def guess(_: int) -> str:
        try:
            sign_in(database, "anna@demo.example", "wrong", now=NOW)
        except TooMany:
            return "refused"
        return "tried"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, range(GUESSES.times + 6)))
    assert outcomes.count("tried") == GUESSES.times


def test_a_success_forgets_the_guesses(database: Database, world: World) -> None:
    for _ in range(GUESSES.times - 1):
        sign_in(database, "anna@demo.example", "wrong", now=NOW)
    assert sign_in(database, "anna@demo.example", PASSWORD, now=NOW) is not None
    with reading(database) as session:
        # Of the address; those of the client still count, its success does not.
        assert tries(session, GUESSES, "anna@demo.example", NOW) == 0
        assert tries(session, GUESSES_FROM, "", NOW) == GUESSES.times - 1


def test_signing_out_ends_the_sign_in_at_once_and_is_written_down(
    database: Database, world: World
) -> None:
    signed_in = sign_in(database, "anna@demo.example", PASSWORD, now=NOW)
    assert signed_in is not None
    transaction(
        database, lambda session: sign_out(session, signed_in.token, actor=world.anna, now=NOW)
    )
    assert not lives(database, signed_in.token)
    with reading(database) as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["sign_in", "sign_out"]


@pytest.mark.parametrize(
    ("who", "idle"), [("anna", timedelta(hours=12)), ("veli", timedelta(minutes=30))]
)
def test_a_sign_in_ends_when_idle_and_lives_when_used(
    database: Database, world: World, who: str, idle: timedelta
) -> None:
    signed_in = sign_in(database, f"{who}@demo.example", PASSWORD, now=NOW)
    assert signed_in is not None
    assert lives(database, signed_in.token, idle - timedelta(seconds=1))
    assert not lives(database, signed_in.token, idle)
    with reading(database) as session:
        row_id = session.scalars(select(SignIn.id)).one()
    later = NOW + idle - timedelta(minutes=1)
    transaction(
        database, lambda session: touch_sign_in(session, row_id, actor=world.actors[who], now=later)
    )
    assert lives(database, signed_in.token, idle)


def test_staff_are_signed_out_after_a_working_day_whatever_they_do(
    database: Database, world: World
) -> None:
    signed_in = sign_in(database, "veli@demo.example", PASSWORD, now=NOW)
    assert signed_in is not None
    with reading(database) as session:
        row_id = session.scalars(select(SignIn.id)).one()
    late = NOW + timedelta(hours=7, minutes=50)
    transaction(
        database, lambda session: touch_sign_in(session, row_id, actor=world.veli, now=late)
    )
    assert not lives(database, signed_in.token, timedelta(hours=8))


def test_old_sign_ins_and_guesses_are_swept(database: Database, world: World) -> None:
    sign_in(database, "anna@demo.example", PASSWORD, now=NOW)
    sign_in(database, "veli@demo.example", "wrong", now=NOW)
    transaction(database, lambda session: end_old_sign_ins(session, NOW + timedelta(days=1)))
    with reading(database) as session:
        assert (
            session.scalars(select(SignIn)).all(),
            session.scalars(select(SignInAttempt)).all(),
        ) == ([], [])


@pytest.mark.parametrize(
    ("new", "password", "code"),
    [
        (NewPerson("uusi@demo.example", "Uusi", "admin"), "short-password", "bad_password"),
        (
            NewPerson("uusi@demo.example", "Uusi", "admin"),
            "yhteistilayhteistila",
            "guessable_password",
        ),
        (
            NewPerson("uusi@demo.example", "Uusi", "admin"),
            "passwordpassword",
            "guessable_password",
        ),
        (
            NewPerson("uusi@demo.example", "Uusi", "admin"),
            "Salasana1234567",
            "guessable_password",
        ),
        (
            NewPerson("uusi@demo.example", "Uusi", "admin"),
            "qwertyuiop123456",
            "guessable_password",
        ),
        (
            NewPerson("uusi@demo.example", "Uusi", "admin"),
            "uusi@demo.example",
            "guessable_password",
        ),
        (NewPerson("uusi@demo.example", "Uusi", "approver"), "a-long-enough-one", "bad_role"),
        (NewPerson("uusi@demo.example", "Uusi", "king"), "a-long-enough-one", "bad_role"),
        (NewPerson("Anna@demo.example", "Toinen Anna"), "a-long-enough-one", "email_taken"),
        (NewPerson("a@b.fi,c@d.fi", "Kaksi"), "a-long-enough-one", "bad_email"),
        (NewPerson("ei-osoite", "Ei"), "a-long-enough-one", "bad_email"),
    ],
)
def test_a_bad_new_person_is_refused_with_its_reason(
    database: Database, world: World, new: NewPerson, password: str, code: str
) -> None:
    with pytest.raises(InvalidInput, match=code):
        transaction(
            database,
            lambda session: add_person(session, new, password, actor=world.yllapito, now=NOW),
        )


def test_a_new_approver_can_enter_and_decides_for_the_unit(
    database: Database, world: World
) -> None:
    new = NewPerson("uusi@demo.example", "Uusi Käsittelijä", "approver", unit_id=world.kitee)
    password = "kolmetoista-koivua"
    transaction(
        database, lambda session: add_person(session, new, password, actor=world.yllapito, now=NOW)
    )
    signed_in = sign_in(database, "uusi@demo.example", password, now=NOW)
    assert signed_in is not None
    with reading(database) as session:
        actor = actor_of(session, session.get_one(Person, signed_in.person_id), NOW.date())
    assert (actor.decides_for(world.kitee), actor.decides_for(world.rantakyla)) == (True, False)


def test_a_viewers_municipality_is_resolved_to_its_units(world: World) -> None:
    assert world.viivi.viewer_units == {world.rantakyla}


def test_a_token_is_shown_once_and_kept_as_a_hash(database: Database, world: World) -> None:
    token = transaction(
        database,
        lambda session: create_token(
            session, "anna@demo.example", "read", actor=world.yllapito, now=NOW
        ),
    )
    with reading(database) as session:
        row = api_token_of(session, token_hash(token))
        assert row is not None
        assert (row.person_id, row.scope, token in row.token_hash) == (
            world.anna.person_id,
            "read",
            False,
        )
        assert api_token_of(session, token_hash(token[:-1])) is None

    def revoke(session: Session) -> None:
        session.scalars(select(ApiToken)).one().revoked_at = NOW

    transaction(database, revoke)
    with reading(database) as session:
        assert api_token_of(session, token_hash(token)) is None


def test_no_token_for_nobody(database: Database, world: World) -> None:
    with pytest.raises(NotFound):
        transaction(
            database,
            lambda session: create_token(
                session, "x@demo.example", "read", actor=world.yllapito, now=NOW
            ),
        )


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@",
        "a@",
        "@b.fi",
        "a@b",
        "a b@c.fi",
        "a@b.fi\nx@c.fi",
        "ä@b.fi",
        "a@@b.fi",
        "x" * 250 + "@b.fi",
    ],
)
def test_what_cannot_be_one_mailbox_is_no_address(address: str) -> None:
    with pytest.raises(InvalidInput):
        folded_email(address)
