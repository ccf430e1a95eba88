"""The queue of requests: whose they are, how it is narrowed and sorted, what each row warns of, and what it costs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from booking.db import transaction
from booking.domain.local_time import local
from booking.models import (
    Absence,
    Agreement,
    Booking,
    Occupancy,
    Organisation,
    Room,
    WaitingEntry,
)
from tests.support.world import NOW, at, make_booking, slot
from tests.web.conftest import Site, Statements, set_clock
from tests.web.deciding import decide, in_english, words


def change(site: Site, booking: Booking, **values: Any) -> None:
    row = update(Booking).where(Booking.id == booking.id).values(**values)
    transaction(site.database, lambda session: session.execute(row))


def titles(site: Site, query: str = "", who: str = "veli", now: Any = NOW) -> list[str]:
    set_clock(site.app, now)
    page = in_english(site, who, now=now).get(f"/staff{query}").text
    return re.findall(r'class="main-link"[^>]*>([^<]+)<', page)


def card(site: Site, title: str, who: str = "veli", now: Any = NOW) -> str:
    """What the queue says of one request."""
    set_clock(site.app, now)
    page = in_english(site, who, now=now).get("/staff").text
    [found] = [one for one in page.split('<li class="with-side">')[1:] if f">{title}<" in one]
    return " ".join(re.sub(r"<[^>]+>", " ", found.split('class="side-actions"')[0]).split())


@pytest.fixture
def three(site: Site) -> dict[str, Booking]:
    """Two requests at Rantakylä and one at Kitee, the first asked first and held last."""
    bookings = {
        "Kokous": make_booking(
            site.database, site.world, title="Kokous", period=slot(20, 10, month=4)
        ),
        "Äijäkuoro": make_booking(
            site.database,
            site.world,
            title="Äijäkuoro",
            activity="group",
            room_id=site.world.half_b,
        ),
        "Kitee": make_booking(
            site.database, site.world, title="Kitee", room_id=site.world.cabinet, people=5
        ),
    }
    for days, booking in enumerate(reversed(bookings.values())):
        change(site, booking, created_at=NOW - timedelta(days=days))
    return bookings


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("veli", ["Kokous", "Äijäkuoro"]),
        ("aino", ["Kitee"]),
        ("kaisa", ["Kokous", "Äijäkuoro", "Kitee"]),
        ("yllapito", ["Kokous", "Äijäkuoro", "Kitee"]),
    ],
)
def test_each_sees_the_requests_of_their_units_the_longest_waiting_first(
    site: Site, three: dict[str, Booking], who: str, expected: list[str]
) -> None:
    assert titles(site, who=who) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?sort=date", ["Äijäkuoro", "Kokous", "Kitee"]),
        ("?q=äIJÄ", ["Äijäkuoro"]),
        ("?q=VIRTA+kok", ["Kokous"]),
        ("?q=100%25", []),
        ("?q=_", []),
        ("?activity=group", ["Äijäkuoro"]),
        ("?town=kitee", ["Kitee"]),
        ("?days=1", ["Kokous", "Äijäkuoro"]),
        ("?days=2", ["Kokous"]),
        ("?unverified=y", []),
        ("?escalated=y", []),
    ],
)
def test_it_is_narrowed_and_sorted(
    site: Site, three: dict[str, Booking], query: str, expected: list[str]
) -> None:
    # Two begin on the same day: their order by date is that of their ids.
    found = titles(site, query, who="yllapito")
    assert sorted(found) == sorted(expected)
    if query != "?sort=date":
        assert found == expected


def test_it_is_narrowed_to_a_site_or_a_room(site: Site, three: dict[str, Booking]) -> None:
    world = site.world
    assert titles(site, f"?unit={world.kitee}", who="kaisa") == ["Kitee"]
    assert titles(site, f"?room={world.half_b}", who="kaisa") == ["Äijäkuoro"]
    # Another approver's site is no choice, and shows nothing of it.
    assert titles(site, f"?unit={world.kitee}", who="veli") == ["Kokous", "Äijäkuoro"]


def test_unverified_and_escalated_requests_are_found(site: Site, three: dict[str, Booking]) -> None:
    change(site, three["Äijäkuoro"], escalation=1)

    def forget(session: Session) -> None:
        session.get_one(Organisation, site.world.virta).verified_at = None

    assert titles(site, "?escalated=y") == ["Äijäkuoro"]
    transaction(site.database, forget)
    assert titles(site, "?unverified=y") == ["Kokous", "Äijäkuoro"]


def test_what_was_passed_on_comes_first_to_the_coordinator(
    site: Site, three: dict[str, Booking]
) -> None:
    change(site, three["Kitee"], escalation=3)
    assert titles(site, who="kaisa") == ["Kitee", "Kokous", "Äijäkuoro"]
    page = in_english(site, "kaisa").get("/staff").text
    # Only this one is theirs to decide.
    assert re.findall(r'href="/bookings/(\d+)/decide"', page) == [str(three["Kitee"].id)] * 2


@pytest.mark.parametrize(
    "query", ["?days=x", "?days=-1", "?sort=x", "?activity=x", "?q=" + "x" * 101]
)
def test_a_filter_that_makes_no_sense_is_told_and_narrows_nothing(
    site: Site, three: dict[str, Booking], query: str
) -> None:
    answer = in_english(site, "veli").get(f"/staff{query}")
    assert answer.status_code == 422
    assert "There is something to correct" in answer.text
    assert titles(site, query) == ["Kokous", "Äijäkuoro"]


def test_the_filters_are_kept_on_the_way_to_a_decision_and_back(
    site: Site, three: dict[str, Booking]
) -> None:
    veli = in_english(site, "veli")
    page = veli.get("/staff?q=kokous&sort=date&evil=1").text
    path = f"/bookings/{three['Kokous'].id}/decide?q=kokous&amp;sort=date"
    assert f'href="{path}"' in page
    form = {"version": "1", "decision": "approve", "key": "avain"}
    answer = veli.post(path.replace("&amp;", "&"), form)
    assert (answer.status_code, answer.location) == (303, "/staff?q=kokous&sort=date")


def test_a_row_tells_how_long_it_waits_and_what_comes_next(
    site: Site, three: dict[str, Booking]
) -> None:
    said = card(site, "Kokous", now=NOW + timedelta(hours=5))
    assert "waits for 2 days" in said
    assert "If nobody decides by Mon 1 Mar 2027 at 09:00, the approvers are reminded." in said
    assert "waits for 5 hours" in card(site, "Kitee", "aino", NOW + timedelta(hours=5))
    change(site, three["Kokous"], escalation=2)
    said = card(site, "Kokous")
    assert "Passed to the stand-ins" in said
    assert "it goes to the coordinator of associations as well." in said


def test_a_row_warns_of_what_is_in_the_way(site: Site) -> None:
    quiet = card(site, "Kokous") if make_booking(site.database, site.world, title="Kokous") else ""
    warnings = (
        "Another calendar claims the time.",
        "Another booking ends right before, at 10:00.",
        "Another booking begins right after, at 12:00.",
        "1 other association waits for this time.",
        "Cannot be approved as it is. At most 4 people may be in the room.",
        "Not verified yet",
    )
    assert [text for text in warnings if text in quiet] == []

    def meet(session: Session) -> None:
        room = session.get_one(Room, site.world.half_a)
        room.capacity = 4
        session.get_one(Organisation, site.world.virta).verified_at = None
        stretch = {"starts_at": at(10, 11), "ends_at": at(10, 13)}
        session.add(Occupancy(space_id=room.spaces[0].id, source="foreign", **stretch))
        for organisation in (site.world.virta, site.world.toinen):
            session.add(
                WaitingEntry(
                    room_id=site.world.hall,
                    organisation_id=organisation,
                    asker_id=site.world.toini.person_id,
                    activity="meeting",
                    people=5,
                    created_at=NOW,
                    **stretch,
                )
            )

    make_booking(site.database, site.world, title="Ennen", period=slot(10, 8))
    make_booking(site.database, site.world, title="Jälkeen", period=slot(10, 12))
    make_booking(site.database, site.world, title="Muualla", room_id=site.world.half_b)
    transaction(site.database, meet)
    assert [text for text in warnings if text not in card(site, "Kokous")] == []
    other = card(site, "Muualla")
    assert [text for text in warnings if text in other] == [warnings[3], warnings[5]]


def test_buffers_raised_since_are_in_the_way(site: Site) -> None:
    make_booking(site.database, site.world, title="Ennen", period=slot(10, 8))
    make_booking(site.database, site.world, title="Kokous")

    def raise_buffer(session: Session) -> None:
        session.get_one(Room, site.world.half_a).buffer_before_minutes = 60

    transaction(site.database, raise_buffer)
    assert "There must be 1 hour between bookings" in card(site, "Kokous")


def test_a_row_tells_which_agreement_holds_on_its_day(site: Site) -> None:
    def agree(row: tuple[date, date | None, str], session: Session) -> None:
        first, last, kind = row
        own = {"organisation_id": site.world.virta, "kind": kind}
        session.add(Agreement(valid_from=first, valid_until=last, **own))

    days: list[tuple[date, date | None, str]] = [
        (date(2026, 1, 1), date(2027, 3, 9), "intent"),
        (date(2027, 3, 10), date(2027, 3, 10), "partnership"),
        (date(2027, 3, 11), None, "cooperation"),
    ]
    for row in days:
        transaction(site.database, partial(agree, row))
    make_booking(site.database, site.world, title="Kokous")
    said = card(site, "Kokous")
    assert "Partnership agreement, until Wed 10 Mar 2027" in said
    assert "Letter of intent" not in said
    assert "Cooperation agreement" not in said


def test_who_stands_in_is_told_on_the_queue(site: Site) -> None:
    make_booking(site.database, site.world, title="Kokous")
    assert titles(site, who="aino") == []
    today = local(NOW).date()
    absence = Absence(
        person_id=site.world.veli.person_id,
        stand_in_id=site.world.aino.person_id,
        unit_id=site.world.rantakyla,
        first_day=today,
        last_day=today + timedelta(days=3),
    )
    transaction(site.database, lambda session: session.add(absence))
    assert titles(site, who="aino") == ["Kokous"]
    page = words(in_english(site, "aino").get("/staff").text)
    assert "You stand in for Veli Vastaava until Thu 4 Mar 2027 at this site: Rantakylän" in page
    assert titles(site, who="aino", now=NOW + timedelta(days=4)) == []


def test_the_queue_asks_as_much_of_the_database_for_many_as_for_few(
    site: Site, statements: Statements
) -> None:
    veli = in_english(site, "veli")
    counts = []
    for hours in ((8,), (10, 12, 14, 16)):
        for hour in hours:
            make_booking(site.database, site.world, period=slot(10, hour))
        veli.get("/staff")
        statements.clear()
        assert veli.get("/staff").status_code == 200
        counts.append(len(statements))
    # Who reads (4), the catalogue's version (twice), requests, their neighbours, foreign time, who waits, agreements,
    # for whom the reader stands in, and what can still be undone.
    assert counts == [13, 13]


def test_a_long_queue_has_pages_that_keep_the_filters(site: Site) -> None:
    booking = make_booking(site.database, site.world, title="Kokous 0")

    def copy(session: Session) -> None:
        columns = {
            column.name: getattr(booking, column.name)
            for column in Booking.__table__.columns
            if column.name != "id"
        }
        rows = [
            {
                **columns,
                "uuid": f"{number:036}",
                "title": f"Kokous {number}",
                "created_at": NOW + timedelta(minutes=number),
            }
            for number in range(1, 25)
        ]
        session.execute(insert(Booking), rows)

    transaction(site.database, copy)
    first = in_english(site, "veli").get("/staff?q=kokous").text
    assert 'href="/staff?q=kokous&amp;page=2"' in first
    assert [len(titles(site, f"?q=kokous&page={page}")) for page in (1, 2, 3)] == [20, 5, 0]


def test_what_was_decided_just_now_leaves_the_queue(site: Site, three: dict[str, Booking]) -> None:
    decide(in_english(site, "veli"), three["Kokous"].id, "approve")
    assert titles(site) == ["Äijäkuoro"]


def test_needs_and_contacts_are_not_on_the_queue(site: Site) -> None:
    make_booking(
        site.database, site.world, needed_features=frozenset({"induction_loop"}), needs="Selkokieli"
    )
    page = in_english(site, "yllapito").get("/staff").text
    assert "Hallituksen kokous" in page
    for text in ("Induction loop", "Selkokieli", "anna@demo.example", "Anna Virtanen"):
        assert text not in page
