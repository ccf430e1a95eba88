"""Getting in by a mailed link or code: for who is known and who isn't, once, in time, whoever presses at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.errors import BookingError, TooMany
from booking.models import AuditEntry, MailedLink, OutboxMessage, Person, SignIn
from booking.queries.people import sign_in_of
from booking.services.limits import CODES, MAILS_FROM, MAILS_TO
from booking.services.links import (
    LIVES,
    Opened,
    Way,
    earlier_link,
    keep_form,
    kept_form,
    living_link,
    make_way,
    open_by_code,
    open_link,
)
from booking.services.sign_ins import LINKS_KEPT, end_old_sign_ins, token_hash
from booking.services.ways_in import mail_way
from tests.support.world import NOW, World, make_world

KEPT = [("title", "Kokous"), ("needed_features", "lift"), ("needed_features", "quiet")]
NEW = "uusi@example.fi"


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def way(database: Database, email: str = "anna@demo.example", **changes: Any) -> Way:
    fields: dict[str, Any] = {
        "client": "192.0.2.1",
        "locale": "sv",
        "next_path": "/rooms/1",
        "kept": (),
        **changes,
    }
    now = fields.pop("now", NOW)
    return transaction(database, lambda session: make_way(session, email, **fields, now=now))


def press(database: Database, token: str, name: str | None = None, now: Any = NOW) -> Opened | str:
    try:
        return transaction(
            database, lambda session: open_link(session, token, name, "Firefox", now=now)
        )
    except BookingError as refusal:
        return refusal.code


def type_code(
    database: Database, browser: str, code: str, name: str | None = None, now: Any = NOW
) -> Opened | str | None:
    try:
        return transaction(
            database,
            lambda session: open_by_code(session, browser, code, name, "Firefox", now=now),
        )
    except BookingError as refusal:
        return refusal.code


def lives(database: Database, opened: object) -> bool:
    assert isinstance(opened, Opened)
    with reading(database) as session:
        return sign_in_of(session, token_hash(opened.signed_in.token), NOW) is not None


def count(database: Database, model: Any) -> int:
    with reading(database) as session:
        return session.scalars(select(func.count()).select_from(model)).one()


def test_a_link_signs_its_person_in_once(database: Database, world: World) -> None:
    asked = way(database)
    opened = press(database, asked.token)
    assert lives(database, opened)
    assert isinstance(opened, Opened)
    assert (opened.signed_in.person_id, opened.next, opened.kept_id, opened.is_new) == (
        world.anna.person_id,
        "/rooms/1",
        None,
        False,
    )
    assert press(database, asked.token) == "link_used_up"
    with reading(database) as session:
        assert session.scalars(select(SignIn.device)).all() == ["Firefox"]


def test_the_code_works_in_the_browser_that_asked_with_or_without_its_blank(
    database: Database, world: World
) -> None:
    asked, other = way(database), way(database, "veli@demo.example")
    assert type_code(database, other.browser, asked.code) is None
    assert type_code(database, "", asked.code) == "code_used_up"
    halves = f" {asked.code[:3]} {asked.code[3:]}\n"
    assert lives(database, type_code(database, asked.browser, halves))
    assert type_code(database, asked.browser, asked.code) == "code_used_up"
    assert press(database, asked.token) == "link_used_up"


def test_nothing_of_a_way_in_is_kept_in_the_clear(database: Database, world: World) -> None:
    asked = way(database)
    with reading(database) as session:
        [row] = session.scalars(select(MailedLink)).all()
    kept = " ".join(str(value) for value in vars(row).values())
    assert [one for one in (asked.token, asked.browser, asked.code) if one in kept] == []
    assert [one for one in (asked.token, asked.browser, asked.code) if one in repr(asked)] == []


def test_a_link_and_its_code_live_for_a_quarter_of_an_hour(
    database: Database, world: World
) -> None:
    asked = way(database)
    assert press(database, asked.token, now=NOW + LIVES) == "link_used_up"
    assert type_code(database, asked.browser, asked.code, now=NOW + LIVES) == "code_used_up"
    assert lives(database, press(database, asked.token, now=NOW + LIVES - timedelta(seconds=1)))


def test_a_newer_way_in_takes_the_place_of_the_older(database: Database, world: World) -> None:
    older, newer = way(database), way(database, " ANNA@demo.example ")
    assert press(database, older.token) == "link_used_up"
    assert type_code(database, older.browser, older.code) == "code_used_up"
    assert lives(database, press(database, newer.token))


def test_five_wrong_codes_are_all_and_the_link_still_works(
    database: Database, world: World
) -> None:
    asked = way(database)
    wrong = "000000" if asked.code != "000000" else "111111"
    assert [type_code(database, asked.browser, wrong) for _ in range(5)] == [None] * 5
    assert type_code(database, asked.browser, asked.code) == "code_used_up"
    assert lives(database, press(database, asked.token))


def test_ten_wrong_codes_in_a_quarter_of_an_hour_are_all_for_an_address(
    database: Database, world: World
) -> None:
    found = []
    for _ in range(3):
        asked = way(database)
        found += [type_code(database, asked.browser, "x") for _ in range(4)]
    assert found == [None] * CODES.times + ["too_many_guesses"] * 2


def test_forty_codes_at_once_are_counted_each(database: Database, world: World) -> None:
    asked = way(database)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: type_code(database, asked.browser, "x"), range(40)))
    assert (found.count(None), found.count("code_used_up")) == (5, 35)


def test_two_presses_at_once_are_one_sign_in(database: Database, world: World) -> None:
    asked = way(database)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: press(database, asked.token), range(8)))
    assert found.count("link_used_up") == 7
    assert count(database, SignIn) == 1


def test_somebody_new_is_made_once_of_a_confirmed_address(database: Database, world: World) -> None:
    asked = way(database, " Uusi@Example.FI ")
    assert (asked.email, asked.person_id, asked.name, asked.locale) == (NEW, None, "", "sv")
    assert press(database, asked.token) == "own_name_required"
    assert press(database, asked.token, "\u202e \n") == "own_name_required"
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: press(database, asked.token, " Uusi\nNimi "), range(8)))
    [opened] = [one for one in found if isinstance(one, Opened)]
    assert opened.is_new
    with reading(database) as session:
        [person] = session.scalars(select(Person).where(Person.email == NEW)).all()
        actions = session.scalars(
            select(AuditEntry.action).where(AuditEntry.object_id == person.id)
        ).all()
    assert (person.name, person.locale, person.password_hash) == ("Uusi Nimi", "sv", None)
    assert sorted(actions) == ["sign_in", "sign_up"]


def test_a_right_code_without_a_name_is_asked_for_the_name_and_not_used_up(
    database: Database, world: World
) -> None:
    asked = way(database, NEW)
    assert type_code(database, asked.browser, asked.code) == "own_name_required"
    assert lives(database, type_code(database, asked.browser, asked.code, "Uusi Nimi"))


def test_the_name_of_a_kept_form_is_who_they_are(database: Database, world: World) -> None:
    asked = way(database, NEW, kept=[*KEPT, ("own_name", "Uusi Nimi")])
    assert lives(database, type_code(database, asked.browser, asked.code))
    with reading(database) as session:
        name = session.scalars(select(Person.name).where(Person.email == NEW)).one()
    assert name == "Uusi Nimi"


def test_who_was_let_in_meanwhile_is_signed_in_and_not_made_anew(
    database: Database, world: World
) -> None:
    asked = way(database, NEW)
    person = Person(email=NEW, name="Kutsuttu", locale="fi", is_active=True, created_at=NOW)
    transaction(database, lambda session: session.add(person))
    opened = press(database, asked.token, "Toinen nimi")
    assert isinstance(opened, Opened)
    assert (opened.signed_in.person_id, opened.is_new) == (person.id, False)


def test_a_closed_account_gets_a_mail_like_everybody_and_no_way_in(
    database: Database, world: World
) -> None:
    def close(session: Session) -> None:
        session.get_one(Person, world.anna.person_id).is_active = False

    transaction(database, close)
    asked = way(database)
    assert (asked.person_id, asked.name) == (None, "")
    assert press(database, asked.token, "Anna") == "account_closed"
    assert count(database, SignIn) == 0


def test_what_was_typed_comes_back_to_its_own_person_only(database: Database, world: World) -> None:
    asked = way(database, kept=KEPT)
    opened = press(database, asked.token)
    assert isinstance(opened, Opened)
    assert opened.kept_id is not None
    with reading(database) as session:
        seen = {
            who: kept_form(session, opened.kept_id, actor=world.actors[who])
            for who in ("anna", "veli")
        }
    assert seen == {"anna": KEPT, "veli": None}


def test_what_was_typed_is_nobodys_before_the_link_is_opened(
    database: Database, world: World
) -> None:
    asked = way(database, kept=KEPT)
    with reading(database) as session:
        assert kept_form(session, asked.link_id, actor=world.anna) is None


def test_what_was_typed_before_a_password_is_kept_for_two_hours(
    database: Database, world: World
) -> None:
    person_id = world.anna.person_id
    assert person_id
    kept_id = transaction(database, lambda session: keep_form(session, person_id, KEPT, NOW))

    def seen(after: timedelta) -> Any:
        transaction(database, lambda session: end_old_sign_ins(session, NOW + after))
        with reading(database) as session:
            return kept_form(session, kept_id, actor=world.anna)

    assert seen(LINKS_KEPT) == KEPT
    assert seen(2 * LINKS_KEPT) is None


def test_who_comes_late_asks_again_with_all_that_was_typed(
    database: Database, world: World
) -> None:
    asked = way(database, kept=KEPT)
    late = NOW + timedelta(hours=1)
    transaction(database, lambda session: end_old_sign_ins(session, late))
    with reading(database) as session:
        for found in (
            earlier_link(session, asked.token, None),
            earlier_link(session, None, asked.browser),
        ):
            assert found is not None
            assert (found.email, found.next) == (asked.email, "/rooms/1")
            assert [tuple(pair) for pair in found.kept] == KEPT
        assert earlier_link(session, "other", None) is None
        assert earlier_link(session, None, None) is None


@pytest.mark.parametrize(
    "token", ["", "x", "x" * 5000, "\x00", "ä", "' OR 1=1 --", "K" * 43, "../../etc/passwd"]
)
def test_a_token_that_is_nobodys_opens_nothing(
    database: Database, world: World, token: str
) -> None:
    way(database)
    assert press(database, token, "Nimi") == "link_used_up"
    with reading(database) as session, pytest.raises(BookingError, match="link_used_up"):
        living_link(session, token, NOW)


@pytest.mark.parametrize(
    "email",
    [
        "",
        "x",
        "x" * 5000 + "@demo.example",
        "аnna@demo.example",
        "a@b.fi\r\nBcc: x@y.fi",
        "a@b\x00.fi",
    ],
)
def test_no_mail_goes_to_what_is_no_address(database: Database, world: World, email: str) -> None:
    with pytest.raises(BookingError, match="bad_email"):
        way(database, email)
    assert count(database, MailedLink) == 0


def asks(database: Database, email: str, client: str, now: Any = NOW) -> str:
    try:
        way(database, email, client=client, now=now)
    except TooMany as refusal:
        return refusal.code
    return "sent"


def test_few_mails_go_to_one_address_whoever_asks(database: Database, world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda n: asks(database, "Anna@demo.example", f"192.0.2.{n}"), range(16))
        )
    assert found.count("sent") == MAILS_TO.times
    assert asks(database, "veli@demo.example", "192.0.2.1") == "sent"
    assert asks(database, "anna@demo.example", "192.0.2.1", NOW + MAILS_TO.window) == "sent"


def test_few_mails_are_sent_for_one_client_whomever_to(database: Database, world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: asks(database, f"a{n}@example.fi", "192.0.2.1"), range(30)))
    assert found.count("sent") == MAILS_FROM.times
    assert asks(database, "b@example.fi", "192.0.2.2") == "sent"


def test_getting_in_takes_the_limit_of_ones_mails_away(database: Database, world: World) -> None:
    for _ in range(MAILS_TO.times):
        asked = way(database)
    assert asks(database, "anna@demo.example", "192.0.2.1") == "too_many_mails"
    assert lives(database, press(database, asked.token))
    assert asks(database, "anna@demo.example", "192.0.2.1") == "sent"


def test_a_long_goal_is_left_out_and_the_way_in_still_made(
    database: Database, world: World
) -> None:
    asked = way(database, next_path="/" + "x" * 500)
    opened = press(database, asked.token)
    assert isinstance(opened, Opened)
    assert opened.next is None


@pytest.mark.parametrize(("email", "kept"), [("anna@demo.example", ()), (NEW, ()), (NEW, KEPT)])
def test_known_or_not_one_mail_goes_out_with_link_and_code(
    database: Database, world: World, email: str, kept: Any
) -> None:
    asked = way(database, email, kept=kept, locale="en")
    transaction(database, lambda session: mail_way(session, asked, NOW))
    with reading(database) as session:
        [mail] = session.scalars(select(OutboxMessage)).all()
    assert (mail.kind, mail.recipient, mail.state, mail.person_id) == (
        "sign_in",
        email,
        "waiting",
        asked.person_id,
    )
    for body in (mail.body, str(mail.html)):
        assert f"/k/{asked.token}" in body
        assert f"{asked.code[:3]} {asked.code[3:]}" in body
        assert asked.browser not in body
    assert asked.code not in mail.subject
