"""The history of each thing: for those who may see it, in words, and never what somebody needs or where they are reached."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

import booking
from booking.db import reading, transaction
from booking.domain.requests import BookingEdit
from booking.i18n import use_locale
from booking.models import AuditEntry, Person
from booking.queries import audit as queries
from booking.queries.audit import KINDS, Thing
from booking.services.audit import record
from booking.services.bookings import cancel_booking, edit_booking, move_booking
from booking.services.decisions import decide_booking
from booking.services.organisations import verify_organisation
from booking.services.waiting import wait_for
from booking.web.action_words import ACTIONS
from booking.web.audit_words import LABELS, changes
from tests.support.acts import do
from tests.support.world import NOW, World, make_booking, slot
from tests.web.conftest import Site, Statements

SEEN = ("anna", "outi", "viivi", "veli", "aino", "kaisa", "yllapito")


def lived(site: Site) -> int:
    """A booking of half A that was edited, moved, approved and cancelled; its id."""
    world, database = site.world, site.database
    booking = make_booking(
        database, world, contact_name="Salainen Henkilö", contact_email="salainen@example.org"
    )
    edit = BookingEdit(title="Johtokunta", people=12, needs="Viittomakieli")
    do(database, edit_booking, booking.id, 1, edit, actor=world.anna)
    place = (world.half_b, slot(11, 13))
    do(database, move_booking, booking.id, 2, *place, None, actor=world.anna)
    do(database, decide_booking, booking.id, "approve", 3, None, actor=world.veli)
    do(database, cancel_booking, booking.id, 4, "Vesivahinko", actor=world.veli)
    return booking.id


def told(site: Site, kind: str, row_id: int, locale: str = "en") -> list[tuple[str, list[Any]]]:
    """A thing's history, newest first: action, and label, before and after of each change."""
    with reading(site.database) as session, use_locale(locale):
        found = queries.entries(session, Thing(kind, row_id), 100)
        names = queries.names_in(session, found)
        return [
            (one.action, [(c.label, c.before, c.after) for c in changes(one, names)])
            for one in found
        ]


def test_a_bookings_history_is_told_in_words(site: Site) -> None:
    history = told(site, "booking", lived(site))
    assert history == [
        ("cancel_booking", [("State", "approved", "cancelled")]),
        ("approve_booking", [("State", "awaiting decision", "approved")]),
        (
            "move_booking",
            [
                (
                    "When",
                    "Wednesday 10 March 2027, 10:00–12:00",
                    "Thursday 11 March 2027, 13:00–15:00",
                ),
                ("Room", "Sali A", "Sali B"),
            ],
        ),
        (
            "edit_booking",
            [
                ("Name of the occasion", "Hallituksen kokous", "Johtokunta"),
                ("People", "10", "12"),
                ("Access needs", None, None),
            ],
        ),
        (
            "request_booking",
            [
                ("When", None, "Wednesday 10 March 2027, 10:00–12:00"),
                ("Room", None, "Sali A"),
                ("Association", None, "Virta ry"),
                ("Name of the occasion", None, "Hallituksen kokous"),
                ("Name shown to everyone", None, "no"),
                ("Use", None, "meeting"),
                ("People", None, "10"),
                ("State", None, "awaiting decision"),
            ],
        ),
    ]


def test_the_page_tells_who_and_why(site: Site) -> None:
    page = site.browser("veli").get(f"/audit/booking/{lived(site)}").text
    assert page.index("Veli Vastaava") < page.index("Anna Virtanen")
    assert "Vesivahinko" in page
    assert "Sali B" in page


@pytest.mark.parametrize("who", ["veli", "kaisa", "yllapito"])
def test_needs_and_contacts_are_never_in_a_history(site: Site, who: str) -> None:
    booking_id = lived(site)

    def slip(session: Session) -> None:
        # Even if somebody's code wrote it down by mistake.
        after = {"needs": "Viittomakieli", "contact_email": "salainen@example.org"}
        thing = ("booking", booking_id)
        record(session, "edit_booking", thing, after=after, actor=site.world.anna, now=NOW)

    transaction(site.database, slip)
    page = site.browser(who).get(f"/audit/booking/{booking_id}").text
    for secret in ("Viittomakieli", "Pyörätuolilla", "salainen@example.org", "Salainen Henkilö"):
        assert secret not in page


def things(site: Site) -> dict[str, int]:
    """One of each kind; what has a place is in Rantakylä."""
    world, database = site.world, site.database
    booking = make_booking(database, world)
    wish = (world.half_a, world.virta, slot(10, 10), "meeting", 5)
    entry = do(database, wait_for, *wish, actor=world.anna)
    do(database, verify_organisation, world.toinen, actor=world.kaisa)
    return {
        "booking": booking.id,
        "waiting": entry.id,
        "organisation": world.virta,
        "room": world.half_a,
        "unit": world.rantakyla,
        "person": world.anna.person_id or 0,
        "municipality": 1,
    }


def test_histories_are_for_those_who_look_after_the_thing(site: Site) -> None:
    found = {
        kind: [
            who
            for who in SEEN
            if site.browser(who).get(f"/audit/{kind}/{row_id}").status_code == 200
        ]
        for kind, row_id in things(site).items()
    }
    keepers = ["veli", "kaisa", "yllapito"]
    assert found == {
        **dict.fromkeys(("booking", "waiting", "organisation", "room", "unit"), keepers),
        "person": ["yllapito"],
        "municipality": ["kaisa", "yllapito"],
    }


def test_to_others_a_history_isnt_there(site: Site) -> None:
    booking_id = make_booking(site.database, site.world).id
    for who in ("anna", "outi", "viivi", "aino"):
        assert site.browser(who).get(f"/audit/booking/{booking_id}").status_code == 404
    answer = site.nobody().get(f"/audit/booking/{booking_id}")
    assert (answer.status_code, "/login" in answer.location) == (302, True) or (
        answer.status_code == 303
    )


def test_an_organisation_that_has_booked_elsewhere_only_is_another_units(site: Site) -> None:
    path = f"/audit/organisation/{site.world.virta}"
    make_booking(site.database, site.world, room_id=site.world.cabinet, people=5)
    assert [site.browser(who).get(path).status_code for who in ("veli", "aino")] == [404, 200]


@pytest.mark.parametrize("path", ["/audit/booking/99", "/audit/nothing/1", "/audit/booking/0"])
def test_what_never_was_has_no_history(site: Site, path: str) -> None:
    assert site.browser("yllapito").get(path).status_code == 404


def test_a_history_outlives_its_thing_for_those_who_see_all(site: Site) -> None:
    def fleeting(session: Session) -> int:
        row = Person(email="x@demo.example", name="Ohimenevä", locale="fi", created_at=NOW)
        session.add(row)
        session.flush()
        thing = ("person", row.id)
        record(session, "add_person", thing, actor=site.world.yllapito, now=NOW)
        session.execute(delete(Person).where(Person.id == row.id))
        return row.id

    path = f"/audit/person/{transaction(site.database, fleeting)}"
    answer = site.browser("yllapito").get(path)
    assert (answer.status_code, "Ohimenevä" in answer.text) == (200, False)


def test_a_long_history_comes_in_pages_the_newest_first(site: Site) -> None:
    booking_id = make_booking(site.database, site.world).id

    def look(session: Session) -> None:
        for number in range(25):
            thing, at = ("booking", booking_id), NOW + timedelta(hours=number)
            record(session, "read_contact", thing, actor=site.world.kaisa, now=at)

    transaction(site.database, look)
    browser, path = site.browser("veli"), f"/audit/booking/{booking_id}"
    pages = [browser.get(path).text, browser.get(f"{path}?page=2").text]
    assert [page.count("<time ") for page in pages] == [20, 6]
    assert f'href="{path}?page=2"' in pages[0]


def test_a_page_of_a_history_asks_the_same_number_of_questions_whatever_it_holds(
    site: Site, statements: Statements
) -> None:
    short, long = make_booking(site.database, site.world).id, lived_again(site)
    browser, counts = site.browser("veli"), []
    for booking_id in (short, long):
        browser.get("/")  # the cookie's row is touched once
        statements.clear()
        browser.get(f"/audit/booking/{booking_id}")
        counts.append(len(statements))
    assert counts[0] == counts[1]


def lived_again(site: Site) -> int:
    booking_ = make_booking(site.database, site.world, period=slot(12, 10))
    for version in range(1, 9):
        edit = BookingEdit(title=f"Kokous {version}")
        do(site.database, edit_booking, booking_.id, version, edit, actor=site.world.anna)
    return booking_.id


# Where the action isn't written out, all that it may be. The helper's own place is named by its file.
DYNAMIC = {
    "services/changes.py": set(),
    "services/units.py": set(),
    "services/images.py": set(),
    "services/places.py": {"edit_region", "edit_division"},
    "services/bookings.py": {"cancel_booking", "release_booking"},
    "services/escalation.py": {"remind", "pass_to_stand_in", "pass_to_coordinator"},
    "services/decisions.py": {"approve_booking", "reject_booking"},
    "services/series_escalation.py": {"remind", "pass_to_stand_in", "pass_to_coordinator"},
    "services/series_rows.py": {"move_booking", "edit_booking"},
    "services/passwords.py": {"set_password", "remove_password"},
    "services/audit.py": {"read_contact"},
}
# Functions that record what they are told to, and which arguments (from 0, the session being the first) may say it.
RECORDERS = {"record": (1, 2), "finish_change": (2, 3), "_note": (1, 3)}


def recorded() -> tuple[set[str], set[str]]:
    """The actions written out in the services, and the files with others."""
    actions: set[str] = set()
    files: set[str] = set()
    root = Path(booking.__file__).parent
    for path in sorted((root / "services").glob("*.py")):
        for said in _said(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(said, ast.Constant):
                actions.add(str(said.value))
            else:
                files.add(path.relative_to(root).as_posix())
    return actions, files


def _said(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            first, end = RECORDERS.get(node.func.id, (0, 0))
            said = node.args[first:end]
            yield from [one for one in said if isinstance(one, ast.Constant)] or said[:1]


def test_every_action_that_is_recorded_has_its_words() -> None:
    actions, dynamic = recorded()
    assert dynamic == set(DYNAMIC)
    every = actions.union(*DYNAMIC.values())
    assert every == set(ACTIONS)


def test_every_kind_and_every_key_of_the_world_has_its_label(site: Site) -> None:
    from_world(site)
    with reading(site.database) as session:
        rows = session.scalars(select(AuditEntry)).all()
    own_words = {"room", "block", "space", "unit"}
    keys = {
        key
        for row in rows
        if row.object_kind not in own_words and row.action != "set_mails"
        for key in (*row.before, *row.after)
    }
    assert keys <= set(LABELS)
    assert {row.object_kind for row in rows} - {"block", "space", "mail"} <= set(KINDS)


def from_world(site: Site) -> World:
    lived(site)
    things(site)
    return site.world
