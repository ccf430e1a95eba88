"""Two rows that are one association: what goes where, and what is asked for or joined in the same moment. On both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.errors import BookingError, Forbidden, InvalidInput, NotFound
from booking.models import (
    Agreement,
    Booking,
    Invitation,
    Membership,
    Organisation,
    WaitingEntry,
)
from booking.queries.organisations import OrganisationFilter, organisations
from booking.services.bookings import move_booking, request_booking
from booking.services.invitations import accept_invitation, invite
from booking.services.merging import merge_organisations
from booking.services.organisations import edit_organisation, set_agreement
from booking.services.units import set_quotas
from tests.support.acts import all_rows, do
from tests.support.world import NOW, World, booking_request, make_booking, make_world, slot


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def merge(database: Database, gone: int, kept: int, world: World) -> None:
    do(database, merge_organisations, gone, kept, actor=world.kaisa)


def left_behind(database: Database, organisation_id: int) -> dict[str, int]:
    with reading(database) as session:
        return {
            model.__tablename__: session.scalars(
                select(func.count())
                .select_from(model)
                .where(model.organisation_id == organisation_id)
            ).one()
            for model in (Booking, WaitingEntry, Agreement, Invitation, Membership)
        }


def belongs(database: Database, world: World) -> None:
    """Give Virta one of everything that can belong to an association."""
    make_booking(database, world)
    do(
        database,
        set_agreement,
        world.virta,
        None,
        {
            "kind": "intent",
            "valid_from": date(2027, 1, 1),
            "valid_until": None,
            "file_number": None,
        },
        actor=world.kaisa,
    )
    do(database, invite, world.virta, "uusi@example.fi", "booker", False, actor=world.pekka)
    waiting = WaitingEntry(
        room_id=world.half_a,
        organisation_id=world.virta,
        asker_id=world.anna.person_id,
        starts_at=slot(11, 10).start,
        ends_at=slot(11, 10).end,
        activity="meeting",
        people=5,
        created_at=NOW,
    )
    transaction(database, lambda session: session.add(waiting))


def test_all_that_belongs_to_one_goes_to_the_other(database: Database, world: World) -> None:
    belongs(database, world)
    merge(database, world.virta, world.toinen, world)
    nothing = dict.fromkeys(
        ("booking", "waiting_entry", "agreement", "invitation", "membership"), 0
    )
    assert left_behind(database, world.virta) == nothing
    assert left_behind(database, world.toinen) == {
        **dict.fromkeys(nothing, 1),
        "membership": 3,
    }
    with reading(database) as session:
        gone, kept = (session.get_one(Organisation, one) for one in (world.virta, world.toinen))
        assert (gone.merged_into_id, gone.is_active, gone.y_tunnus) == (kept.id, False, None)
        # Its name stays; what it did not know it takes over.
        assert (kept.name, kept.y_tunnus, kept.verified_at) == ("Toinen yhdistys", "0927140-5", NOW)
        assert organisations(session, world.viivi, OrganisationFilter(), 9) == [kept]


def test_who_is_in_both_keeps_the_stronger_role(database: Database, world: World) -> None:
    both = [
        Membership(person_id=world.pekka.person_id, organisation_id=world.toinen, role="booker"),
        Membership(person_id=world.anna.person_id, organisation_id=world.toinen, role="owner"),
    ]
    transaction(database, lambda session: session.add_all(both))
    merge(database, world.virta, world.toinen, world)
    roles = {
        row.person_id: row.role
        for row in all_rows(
            database, select(Membership).where(Membership.organisation_id == world.toinen)
        )
    }
    owners = {world.pekka.person_id: "owner", world.anna.person_id: "owner"}
    assert roles == {**owners, world.toini.person_id: "booker"}


def test_a_pointer_never_leads_to_another_pointer(database: Database, world: World) -> None:
    third = Organisation(name="Kolmas", kind="association")
    third_id = transaction(database, lambda session: _added(session, third))
    merge(database, world.virta, world.toinen, world)
    merge(database, world.toinen, third_id, world)
    with reading(database) as session:
        gone = session.get_one(Organisation, world.virta)
        assert gone.merged_into_id == third_id
    for gone_id, kept_id in ((world.virta, third_id), (third_id, world.virta)):
        with pytest.raises(InvalidInput) as error:
            merge(database, gone_id, kept_id, world)
        assert error.value.code == "already_merged"


def _added(session: Session, row: Organisation) -> int:
    session.add(row)
    session.flush()
    return row.id


def test_only_the_coordinator_merges_and_never_one_with_itself(
    database: Database, world: World
) -> None:
    for who in (world.pekka, world.outi):
        with pytest.raises(NotFound):
            do(database, merge_organisations, world.virta, world.toinen, actor=who)
    for who in (world.veli, world.viivi):
        with pytest.raises(Forbidden):
            do(database, merge_organisations, world.virta, world.toinen, actor=who)
    with pytest.raises(InvalidInput):
        merge(database, world.virta, world.virta, world)
    with pytest.raises(NotFound):
        merge(database, world.virta, 10**9, world)


def test_one_that_is_gone_is_changed_no_more(database: Database, world: World) -> None:
    merge(database, world.virta, world.toinen, world)
    acts: tuple[Callable[[], object], ...] = (
        lambda: do(database, edit_organisation, world.virta, 2, {"name": "X"}, actor=world.kaisa),
        lambda: do(
            database, invite, world.virta, "a@example.fi", "booker", False, actor=world.pekka
        ),
    )
    for act in acts:
        with pytest.raises(InvalidInput) as error:
            act()
        assert error.value.code == "already_merged"
    with pytest.raises(Forbidden):
        make_booking(database, world)


@pytest.mark.parametrize("with_quota", [False, True])
def test_a_booking_asked_for_during_a_merging_does_not_stay_behind(
    database: Database, world: World, with_quota: bool
) -> None:
    """Whoever comes first: the booking moves along, or it is refused."""
    if with_quota:
        do(database, set_quotas, world.rantakyla, 1, {"week": 6000}, actor=world.veli)
    rooms = (world.half_a, world.half_b)
    start = threading.Barrier(len(rooms) + 1)

    def ask(room_id: int) -> str:
        request = booking_request(world, room_id=room_id)

        def work(session: Session) -> str:
            request_booking(session, request, world.anna, NOW)
            return "held"

        start.wait()
        try:
            return transaction(database, work)
        except BookingError as error:
            return error.code

    def join() -> str:
        start.wait()
        merge(database, world.virta, world.toinen, world)
        return "merged"

    with ThreadPoolExecutor(len(rooms) + 1) as pool:
        asked = [pool.submit(ask, room) for room in rooms]
        joined = pool.submit(join)
        outcomes = [one.result() for one in asked]
        assert joined.result() == "merged"
    assert set(outcomes) <= {"held", "organisation_at_rest"}
    assert left_behind(database, world.virta)["booking"] == 0
    assert left_behind(database, world.toinen)["booking"] == outcomes.count("held")


def in_the_middle(
    database: Database, first: Callable[[Session], object], then: Callable[[], object]
) -> object:
    """Let `then` begin while a transaction that has done `first` is still open; what came of `then`."""
    if database.is_sqlite:
        # There one writer follows the other anyway.
        transaction(database, first)
        return _outcome(then)
    with ThreadPoolExecutor(1) as pool:

        def work(session: Session) -> object:
            first(session)
            waiting = pool.submit(_outcome, then)
            blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            while not waiting.done() and not session.scalars(text(blocked)).one():
                pass
            return waiting

        waiting = transaction(database, work)
        return waiting.result()  # type: ignore[attr-defined]


def _outcome(act: Callable[[], object]) -> object:
    try:
        return act()
    except BookingError as error:
        return error.code


def test_a_request_that_meets_an_open_merging_waits_and_is_refused(
    database: Database, world: World
) -> None:
    def first(session: Session) -> None:
        merge_organisations(session, world.virta, world.toinen, actor=world.kaisa, now=NOW)

    outcome = in_the_middle(database, first, lambda: make_booking(database, world))
    assert outcome == "organisation_at_rest"
    assert left_behind(database, world.virta)["booking"] == 0


def test_a_merging_that_meets_an_open_request_takes_it_along(
    database: Database, world: World
) -> None:
    def first(session: Session) -> None:
        request_booking(session, booking_request(world), world.anna, NOW)

    in_the_middle(database, first, lambda: merge(database, world.virta, world.toinen, world))
    assert left_behind(database, world.virta)["booking"] == 0
    assert left_behind(database, world.toinen)["booking"] == 1


def test_a_booking_of_either_is_moved_after_the_merging(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    merge(database, world.virta, world.toinen, world)
    moved = do(
        database,
        move_booking,
        booking.id,
        1,
        world.half_b,
        slot(12, 10),
        None,
        actor=world.toini,
    )
    assert (moved.organisation_id, moved.room_id) == (world.toinen, world.half_b)


def test_an_invitation_moves_along_and_is_accepted_there(database: Database, world: World) -> None:
    invited = do(
        database, invite, world.virta, "outi@demo.example", "booker", False, actor=world.pekka
    )
    merge(database, world.virta, world.toinen, world)
    accepted = do(database, accept_invitation, invited.token, None, actor=world.outi)
    assert accepted.organisation.id == world.toinen
