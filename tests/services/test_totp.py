"""The second factor: set up by a code, asked for at each sign-in, each code once, few guesses, keys that can be changed."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.errors import BookingError, InvalidInput, Misconfigured, NotFound
from booking.models import AuditEntry, OutboxMessage, Person, SignIn
from booking.queries.people import sign_in_of
from booking.services.people import sign_in
from booking.services.sealing import is_of_first_key, opened, sealed
from booking.services.sign_ins import SignedIn, token_hash
from booking.services.totp import (
    Passed,
    begin_totp,
    confirm_totp,
    end_totp,
    enrolment,
    in_use_since,
    pass_totp,
    reset_totp,
)
from tests.support.acts import do
from tests.support.authenticator import Authenticator
from tests.support.server import FERNET_KEY
from tests.support.world import NOW, PASSWORD, World, make_world

KEYS = (FERNET_KEY,)
OLD_KEY = base64.urlsafe_b64encode(bytes(range(100, 132))).decode()
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def enters(database: Database, now: datetime = NOW) -> SignedIn:
    signed_in = sign_in(database, "veli@demo.example", PASSWORD, now=now)
    assert signed_in
    return signed_in


def attempt(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except BookingError as refusal:
        return refusal.code


def shown(database: Database, world: World, keys: Any = KEYS) -> Authenticator:
    """Veli begins, and scans what the page shows."""
    do(database, begin_totp, keys, actor=world.veli)
    with reading(database) as session:
        found = enrolment(session, keys, actor=world.veli)
    assert found
    return Authenticator(found.secret)


def set_up(database: Database, world: World, keys: Any = KEYS) -> Authenticator:
    """Veli has a second factor since NOW."""
    app = shown(database, world, keys)
    token = enters(database).token
    assert do(database, confirm_totp, app.code(NOW), keys, token, actor=world.veli)
    return app


def passes(
    database: Database, token: str, code: str, keys: Any = KEYS, now: datetime = LATER
) -> Passed | str:
    found: Passed | str = attempt(
        lambda: transaction(database, lambda s: pass_totp(s, token, code, keys, now=now))
    )
    return found


def awaits(database: Database, token: str) -> bool | None:
    """Whether the sign-in awaits its second factor; None when there is none."""
    with reading(database) as session:
        row = sign_in_of(session, token_hash(token), LATER)
    return None if row is None else row.awaits_totp


def veli(database: Database, world: World) -> Person:
    with reading(database) as session:
        return session.get_one(Person, world.veli.person_id)


def test_codes_are_those_of_the_standard() -> None:
    # RFC 6238, appendix B, the rows of SHA-1: the last six of their eight digits.
    secret = base64.b32encode(b"12345678901234567890").decode()
    rows = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}
    assert {at: pyotp.TOTP(secret).generate_otp(at // 30) for at in rows} == rows


def test_a_code_of_the_app_sets_the_second_factor_up_and_ends_other_sign_ins(
    database: Database, world: World
) -> None:
    here, elsewhere = enters(database), enters(database)
    app = shown(database, world)
    assert veli(database, world).totp_confirmed_at is None
    wrong = do(
        database, confirm_totp, app.wrong_code(NOW), KEYS, here.token, actor=world.veli, now=NOW
    )
    right = do(database, confirm_totp, app.code(NOW), KEYS, here.token, actor=world.veli)
    assert (wrong, right) == (False, True)
    with reading(database) as session:
        assert in_use_since(session, actor=world.veli) == NOW
        assert enrolment(session, KEYS, actor=world.veli) is None
        mails = session.scalars(select(OutboxMessage.kind)).all()
    assert (awaits(database, here.token), awaits(database, elsewhere.token)) == (False, None)
    assert mails == ["account"]


def test_the_address_in_the_picture_names_service_account_and_secret(
    database: Database, world: World
) -> None:
    do(database, begin_totp, KEYS, actor=world.veli)
    with reading(database) as session:
        found = enrolment(session, KEYS, actor=world.veli)
    assert found
    read = pyotp.parse_uri(found.uri)
    assert (read.secret, read.issuer, read.name) == (
        found.secret,
        "Yhteistila",
        "veli@demo.example",
    )


def test_the_secret_is_not_kept_in_the_clear(database: Database, world: World) -> None:
    app = set_up(database, world)
    kept = str(veli(database, world).totp_secret)
    assert app.secret not in kept
    assert opened(kept, KEYS) == app.secret


def test_what_was_begun_is_begun_anew_until_it_is_confirmed(
    database: Database, world: World
) -> None:
    first, second = shown(database, world), shown(database, world)
    assert first.secret != second.secret
    token = enters(database).token
    assert not do(database, confirm_totp, first.code(NOW), KEYS, token, actor=world.veli)
    assert do(database, confirm_totp, second.code(NOW), KEYS, token, actor=world.veli)
    assert (
        attempt(lambda: do(database, begin_totp, KEYS, actor=world.veli)) == "second_factor_in_use"
    )


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_sign_in_awaits_a_code_of_about_now_and_gets_a_new_token(
    database: Database, world: World, steps: int
) -> None:
    app = set_up(database, world)
    signed_in = enters(database, LATER)
    assert signed_in.awaits_totp
    assert awaits(database, signed_in.token) is True
    typed = app.code(LATER, steps)
    passed = passes(database, signed_in.token, f"{typed[:3]} {typed[3:]}")
    assert isinstance(passed, Passed)
    assert passed.token
    assert passed.token != signed_in.token
    assert (awaits(database, signed_in.token), awaits(database, passed.token)) == (None, False)


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_of_another_time_is_wrong(database: Database, world: World, steps: int) -> None:
    app = set_up(database, world)
    signed_in = enters(database, LATER)
    assert passes(database, signed_in.token, app.code(LATER, steps)) == Passed()


@pytest.mark.parametrize("code", ["", "x" * 5000, "\x00", "١٢٣٤٥٦", "12345", "\ud800", "-1"])
def test_what_is_no_code_is_wrong(database: Database, world: World, code: str) -> None:
    set_up(database, world)
    assert passes(database, enters(database, LATER).token, code) == Passed()


def test_a_code_works_once(database: Database, world: World) -> None:
    app = set_up(database, world)
    code = app.code(LATER)
    first, second = enters(database, LATER), enters(database, LATER)
    assert passes(database, first.token, code) != Passed()
    assert passes(database, second.token, code) == Passed()
    assert passes(database, second.token, app.code(LATER, -1)) == Passed()
    assert passes(database, second.token, app.code(LATER, 1)) != Passed()


def test_the_code_that_confirmed_does_not_sign_in(database: Database, world: World) -> None:
    app = set_up(database, world)
    signed_in = enters(database)
    assert passes(database, signed_in.token, app.code(NOW), now=NOW) == Passed()


def test_of_two_who_send_a_code_at_once_one_gets_in(database: Database, world: World) -> None:
    app = set_up(database, world)
    code, tokens = app.code(LATER), [enters(database, LATER).token for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda token: passes(database, token, code), tokens))
    assert found.count(Passed()) == 3


def test_the_fifth_wrong_code_ends_the_sign_in(database: Database, world: World) -> None:
    app = set_up(database, world)
    token, wrong = enters(database, LATER).token, app.wrong_code(LATER)
    found = [passes(database, token, wrong) for _ in range(5)]
    assert found == [Passed()] * 4 + [Passed(is_over=True)]
    assert passes(database, token, app.code(LATER)) == "sign_in_over"
    assert awaits(database, token) is None


def test_ten_wrong_codes_in_a_quarter_of_an_hour_are_all_for_a_person(
    database: Database, world: World
) -> None:
    app = set_up(database, world)
    wrong = app.wrong_code(LATER)
    for _ in range(2):
        token = enters(database, LATER).token
        for _ in range(5):
            passes(database, token, wrong)
    token = enters(database, LATER).token
    assert passes(database, token, app.code(LATER)) == "too_many_guesses"
    after = LATER + timedelta(minutes=15)
    assert passes(database, token, app.code(after), now=after) != Passed()


def test_forty_guesses_at_once_are_counted_each(database: Database, world: World) -> None:
    app = set_up(database, world)
    token, wrong = enters(database, LATER).token, app.wrong_code(LATER)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: passes(database, token, wrong), range(40)))
    assert [found.count(one) for one in (Passed(), Passed(is_over=True), "sign_in_over")] == [
        4,
        1,
        35,
    ]


def test_a_whole_sign_in_has_nothing_to_pass(database: Database, world: World) -> None:
    signed_in = enters(database)
    assert not signed_in.awaits_totp
    assert passes(database, signed_in.token, "123456") == "sign_in_over"
    assert passes(database, "nobodys", "123456") == "sign_in_over"


def test_the_second_factor_is_taken_away_by_a_code_of_it(database: Database, world: World) -> None:
    app = set_up(database, world)
    ends = [
        do(database, end_totp, code, KEYS, actor=world.veli, now=LATER)
        for code in (app.wrong_code(LATER), app.code(LATER))
    ]
    assert ends == [False, True]
    assert not enters(database, LATER).awaits_totp
    again = attempt(lambda: do(database, end_totp, "1", KEYS, actor=world.veli))
    assert again == "no_second_factor_begun"
    none = attempt(lambda: do(database, confirm_totp, "1", KEYS, "x", actor=world.veli))
    assert none == "no_second_factor_begun"


def test_an_administrator_resets_it_and_all_sign_ins_end(database: Database, world: World) -> None:
    set_up(database, world)
    signed_in = enters(database, LATER)
    do(database, reset_totp, "VELI@demo.example", actor=world.yllapito, now=LATER)
    assert awaits(database, signed_in.token) is None
    assert not enters(database, LATER).awaits_totp
    with reading(database) as session:
        assert session.scalars(select(SignIn.awaits_totp)).all() == [False]
        [entry] = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "reset_second_factor")
        ).all()
        told = session.scalars(select(OutboxMessage.subject).order_by(OutboxMessage.id)).all()
    assert (entry.actor_id, entry.object_id) == (world.yllapito.person_id, world.veli.person_id)
    assert len(told) == 2
    with pytest.raises(NotFound):
        do(database, reset_totp, "nobody@demo.example", actor=world.yllapito)


def test_a_changed_key_keeps_every_second_factor_working_and_seals_anew(
    database: Database, world: World
) -> None:
    app = set_up(database, world, keys=(OLD_KEY,))
    both = (FERNET_KEY, OLD_KEY)
    assert not is_of_first_key(str(veli(database, world).totp_secret), both)
    passed = passes(database, enters(database, LATER).token, app.code(LATER), keys=both)
    assert passed != Passed()
    assert is_of_first_key(str(veli(database, world).totp_secret), both)
    after = LATER + timedelta(minutes=5)
    assert passes(database, enters(database, after).token, app.code(after), now=after) != Passed()


def test_a_key_taken_away_too_early_is_said() -> None:
    kept = sealed("secret", (OLD_KEY,))
    with pytest.raises(Misconfigured, match="YHTEISTILA_FERNET_KEYS"):
        opened(kept, KEYS)
    with pytest.raises(Misconfigured, match="YHTEISTILA_FERNET_KEYS is not set"):
        sealed("secret", ())


def test_nobodys_second_factor_is_not_there(database: Database, world: World) -> None:
    def work(session: Session) -> None:
        with pytest.raises(InvalidInput, match="sign_in_over"):
            pass_totp(session, "", "", KEYS, now=NOW)

    transaction(database, work)
