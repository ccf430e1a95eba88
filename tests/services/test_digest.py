"""The mail of the day: gathered, written once each morning, and never half."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.models import Person
from booking.services.digest import due_digests, send_digest
from booking.services.letters import Envelope, Letter, post
from booking.services.mail_settings import set_wishes
from tests.support.acts import do
from tests.support.mails import mails
from tests.support.world import NOW, World, at, make_booking, make_world, slot

DAY = timedelta(days=1)
MORNING = at(2, 7)  # of the day after NOW


@pytest.fixture
def world(database: Database) -> World:
    """Veli wants what he decides on once a day, and two requests are made."""
    made = make_world(database)
    do(database, set_wishes, {"to_decide": "daily"}, actor=made.veli)
    for day, title in ((10, "Kokous"), (11, "Vertaisryhmä")):
        make_booking(database, made, period=slot(day, 10), title=title)
    return made


def due(database: Database, now: datetime) -> list[int]:
    with reading(database) as session:
        return due_digests(session, now)


def send(database: Database, world: World, now: datetime = MORNING) -> int:
    return transaction(database, lambda session: send_digest(session, veli(world), now))


def veli(world: World) -> int:
    assert world.veli.person_id is not None
    return world.veli.person_id


def to_veli(database: Database) -> list[tuple[str, str]]:
    return [(one.kind, one.state) for one in mails(database) if "veli" in one.recipient]


def test_what_is_wanted_once_a_day_is_gathered_and_not_sent(
    database: Database, world: World
) -> None:
    assert to_veli(database) == [("to_decide", "gathered")] * 2


def test_a_mail_of_the_day_is_due_from_seven_in_the_morning_on(
    database: Database, world: World
) -> None:
    nights = [at(1, 23, 59), at(2, 6, 59), at(2, 7), at(2, 22)]
    assert [due(database, now) for now in nights] == [[], [], [veli(world)], [veli(world)]]


def test_what_comes_in_after_the_morning_waits_for_the_next_one(
    database: Database, world: World
) -> None:
    # 9.00 on the day it was asked for: the morning was before.
    assert due(database, NOW) == []


def test_a_mail_of_the_day_lists_what_was_gathered_and_each_becomes_sent(
    database: Database, world: World
) -> None:
    assert send(database, world) == 2
    assert to_veli(database) == [("to_decide", "sent")] * 2 + [("digest", "waiting")]
    gathered, digest = mails(database)[1::2][:2], mails(database)[-1]
    assert digest.cause == f"digest:{veli(world)}:2027-03-02"
    for number, one in enumerate(gathered, 1):
        link = f"http://127.0.0.1:8000/bookings/{number}"
        assert f"* {one.subject}\n  {link}\n" in digest.body
        assert f'href="{link}"' in (digest.html or "")
        assert one.sent_at == MORNING


def test_a_mail_of_the_day_is_written_once_a_day(database: Database, world: World) -> None:
    send(database, world)
    make_booking(database, world, period=slot(12, 10))
    assert (due(database, MORNING), send(database, world)) == ([], 0)
    assert due(database, MORNING + DAY) == [veli(world)]
    assert send(database, world, MORNING + DAY) == 1
    assert [kind for kind, _state in to_veli(database)].count("digest") == 2


def test_two_workers_write_one_mail_of_the_day(database: Database, world: World) -> None:
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(send(database, world))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0] * 5 + [2]
    assert [kind for kind, _state in to_veli(database)].count("digest") == 1


def test_a_kill_while_it_is_written_leaves_all_as_it_was(database: Database, world: World) -> None:
    class Killed(BaseException):
        pass

    def work(session: Session) -> None:
        send_digest(session, veli(world), MORNING)
        session.flush()
        raise Killed

    with pytest.raises(Killed):
        transaction(database, work)
    assert to_veli(database) == [("to_decide", "gathered")] * 2
    assert send(database, world) == 2


def test_who_may_not_sign_in_any_more_gets_no_mail_of_the_day(
    database: Database, world: World
) -> None:
    def leave(session: Session) -> None:
        session.get_one(Person, veli(world)).is_active = False

    transaction(database, leave)
    assert send(database, world) == 0
    assert to_veli(database) == [("to_decide", "withdrawn")] * 2


def test_a_long_mail_of_the_day_says_how_much_it_leaves_out(
    database: Database, world: World
) -> None:
    def write(session: Session) -> None:
        for number in range(120):
            envelope = Envelope(
                "to_decide", f"booking:{number}:9:x", "Veli", "veli@demo.example", veli(world)
            )
            post(session, envelope, Letter(f"Pyyntö {number}", "Veli", ()), NOW)

    transaction(database, write)
    assert send(database, world) == 122
    digest = mails(database)[-1]
    assert digest.body.count("\n* ") == 100
    assert {one.state for one in mails(database) if one.kind == "to_decide"} == {"sent"}


def test_what_is_wanted_at_once_again_is_sent_at_once(database: Database, world: World) -> None:
    do(database, set_wishes, {"to_decide": "at_once"}, actor=world.veli, now=NOW + DAY)
    gathered = [one for one in mails(database) if one.kind == "to_decide"]
    assert [(one.state, one.next_try_at) for one in gathered] == [("waiting", NOW + DAY)] * 2
    assert due(database, MORNING + DAY) == []
