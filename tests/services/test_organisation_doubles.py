"""Two that are the same association: named in the same moment, or here twice. On both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.errors import InvalidValues
from booking.models import Organisation
from booking.queries.organisations import alike
from booking.services.first_contact import ask_as_newcomer
from booking.services.organisations import add_own_organisation, edit_organisation
from tests.support.acts import all_rows, do
from tests.support.world import NOW, World, booking_request, make_world, slot

NEW = {"name": "Uusi Alku ry", "kind": "association"}
NUMBER = "1000001-2"
KNOWN = [("organisation_known", "y_tunnus")]


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def raced(database: Database, *acts: Callable[[], object]) -> list[Any]:
    """What became of acts that write an organisation in the same moment: what each answered, or its faults."""
    meet = threading.Barrier(len(acts), timeout=20)
    met = threading.local()

    def wait(_c: Any, _cursor: Any, said: str, *_rest: Any) -> None:
        # SQLite lets one write at a time: there nobody gets this far beside another.
        writes = said.startswith(("INSERT INTO organisation", "UPDATE organisation"))
        if writes and not database.is_sqlite and not hasattr(met, "once"):
            met.once = True
            meet.wait()

    def answer(act: Callable[[], object]) -> object:
        try:
            return act()
        except InvalidValues as error:
            return [(fault.code, fault.field) for fault in error.faults]

    event.listen(database.engine, "before_cursor_execute", wait)
    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result() for future in [pool.submit(answer, act) for act in acts]]


def bearers(database: Database) -> list[Organisation]:
    return all_rows(database, select(Organisation).where(Organisation.y_tunnus == NUMBER))


def test_of_two_newcomers_who_name_a_number_at_once_the_later_is_told_so(
    database: Database, world: World
) -> None:
    def ask(who: str, hour: int) -> Callable[[], object]:
        values = {**NEW, "y_tunnus": NUMBER}
        request = booking_request(world, period=slot(10, hour))
        return lambda: do(
            database,
            lambda session, actor, now: (
                ask_as_newcomer(session, values, request, actor=actor, now=now).title
            ),
            actor=world.actors[who],
        )

    answers = raced(database, ask("outi", 10), ask("aino", 14))
    assert sorted(answers, key=str) == ["Hallituksen kokous", KNOWN]
    assert len(bearers(database)) == 1


def test_an_association_that_takes_a_number_just_named_by_another_is_told_so(
    database: Database, world: World
) -> None:
    def edit() -> object:
        values = {"y_tunnus": NUMBER}
        do(database, edit_organisation, world.virta, 1, values, actor=world.kaisa)
        return "done"

    def add() -> object:
        do(database, add_own_organisation, {**NEW, "y_tunnus": NUMBER}, actor=world.outi)
        return "done"

    answers = raced(database, edit, add)
    assert sorted(answers, key=str) == [KNOWN, "done"]
    assert len(bearers(database)) == 1


def test_of_many_that_are_alike_a_few_are_shown_and_that_there_are_more(
    database: Database, world: World
) -> None:
    def add(session: Session) -> None:
        session.add_all(
            Organisation(name=f"{name} {form}", kind="other", created_at=NOW)
            for name, form in (
                *(("Virta", form) for form in ("r.y.", "rf", "yhdistys", "R.F.", "RY")),
                *(("Virta", f"tanssi {number}") for number in range(20)),
            )
        )

    transaction(database, add)
    virta = select(Organisation).where(Organisation.id == world.virta)
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, said: str, *_rest: Any) -> None:
        asked.append(said)

    with reading(database) as session:
        row = session.scalars(virta).one()
        five = alike(session, row)
        session.add(Organisation(name="VIRTA", kind="other", created_at=NOW))
        session.flush()
        event.listen(database.engine, "before_cursor_execute", note)
        six = alike(session, row)
    names = ["Virta r.y.", "Virta R.F.", "Virta rf", "Virta RY", "Virta yhdistys"]
    assert (sorted(one.name for one in five[0]), five[1]) == (sorted(names), False)
    assert (len(six[0]), six[1]) == (5, True)
    assert [said for said in asked if "LIMIT" not in said] == []
