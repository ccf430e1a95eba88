"""Bookings as their people and the unit see them: lists, one, deciding, cancelling."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from booking.db import reading, transaction
from booking.models import AuditEntry, Booking, Room
from booking.services.bookings import cancel_booking
from tests.support.world import NOW, at, make_booking, slot
from tests.web.conftest import Site, Statements, set_clock


def state(site: Site, booking_id: int) -> str:
    with reading(site.database) as session:
        return session.get_one(Booking, booking_id).state


def test_my_bookings_are_those_of_my_organisations(site: Site) -> None:
    make_booking(site.database, site.world)
    assert "Hallituksen kokous" in site.browser("anna").get("/bookings").text
    assert "Hallituksen kokous" in site.browser("pekka").get("/bookings").text
    assert "Hallituksen kokous" not in site.browser("toini").get("/bookings").text


def test_past_bookings_are_listed_apart(site: Site) -> None:
    make_booking(site.database, site.world)
    set_clock(site.app, at(11, 8))
    coming, past = site.browser("anna", at(11, 8)).get("/bookings").text.split("<h2>Menneet</h2>")
    assert "Hallituksen kokous" not in coming
    assert "Hallituksen kokous" in past


def test_others_bookings_are_not_found(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    for who in ("outi", "toini", "aino"):
        browser = site.browser(who)
        for path in ("", "/cancel", "/approve"):
            assert browser.get(f"/bookings/{booking.id}{path}").status_code == 404


def test_history_is_for_those_who_decide_and_coordinate(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    sees = {
        who: "Varausta pyydettiin" in site.browser(who).get(f"/bookings/{booking.id}").text
        for who in ("anna", "viivi", "veli", "kaisa", "yllapito")
    }
    assert sees == {"anna": False, "viivi": False, "veli": True, "kaisa": True, "yllapito": True}


def test_a_look_at_contact_and_needs_is_written_down_but_not_its_askers(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    for who in ("anna", "viivi", "veli", "veli"):
        site.browser(who).get(f"/bookings/{booking.id}")
    with reading(site.database) as session:
        looks = session.scalars(select(AuditEntry).where(AuditEntry.action == "read_contact"))
        assert [look.actor_id for look in looks] == [site.world.veli.person_id]


def test_an_approver_approves_and_the_asker_is_told(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    browser = site.browser("veli")
    assert 'name="version"' in browser.get(f"/bookings/{booking.id}/approve").text
    answer = browser.post(f"/bookings/{booking.id}/approve", {"version": "1"})
    assert (answer.status_code, answer.location) == (303, f"/bookings/{booking.id}")
    assert "Varaus on hyväksytty." in browser.get(answer.location).text
    assert state(site, booking.id) == "approved"
    assert len(site.mails) == 1


def test_a_rejection_needs_its_reason(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    browser = site.browser("veli")
    answer = browser.post(f"/bookings/{booking.id}/reject", {"version": "1", "reason": " "})
    assert answer.status_code == 422
    assert "Kirjoita perustelu. Pyytäjä lukee sen." in answer.text
    assert state(site, booking.id) == "requested"
    answer = browser.post(
        f"/bookings/{booking.id}/reject", {"version": "1", "reason": "Tila remontoidaan."}
    )
    assert answer.status_code == 303
    assert "Tila remontoidaan." in site.browser("anna").get(f"/bookings/{booking.id}").text


@pytest.mark.parametrize("verb", ["approve", "reject", "cancel"])
def test_a_decision_on_an_old_version_shows_what_it_has_become(site: Site, verb: str) -> None:
    booking = make_booking(site.database, site.world)
    transaction(
        site.database,
        lambda session: cancel_booking(
            session, booking.id, 1, None, actor=site.world.anna, now=NOW
        ),
    )
    answer = site.browser("veli").post(
        f"/bookings/{booking.id}/{verb}", {"version": "1", "reason": "Peruste"}
    )
    assert answer.status_code == 409
    assert "Varaus on muuttunut sillä välin" in answer.text
    assert "peruttu" in answer.text
    assert state(site, booking.id) == "cancelled"


def test_approval_tells_which_rule_says_no_now(site: Site) -> None:
    booking = make_booking(site.database, site.world)

    def shrink(session: Any) -> None:
        session.get_one(Room, site.world.half_a).capacity = 4

    transaction(site.database, shrink)
    answer = site.browser("veli").post(f"/bookings/{booking.id}/approve", {"version": "1"})
    assert answer.status_code == 422
    assert "Tilassa saa olla enintään 4 henkilöä." in answer.text
    assert state(site, booking.id) == "requested"


def test_a_booking_is_cancelled_by_post_only(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    browser = site.browser("anna")
    assert browser.get(f"/bookings/{booking.id}/cancel").status_code == 200
    assert state(site, booking.id) == "requested"
    answer = browser.post(f"/bookings/{booking.id}/cancel", {"version": "1"})
    assert answer.status_code == 303
    assert state(site, booking.id) == "cancelled"


@pytest.mark.parametrize("who", ["veli", "kaisa", "yllapito"])
def test_staff_who_cancel_are_told_to_tell_the_requester(site: Site, who: str) -> None:
    booking = make_booking(site.database, site.world)
    browser = site.browser(who)
    page = browser.get(f"/bookings/{booking.id}/cancel").text
    assert "Pyytäjä ei vielä saa tästä viestiä palvelusta. Kerro asiasta hänelle itse." in page
    assert 'Anna Virtanen, <a href="mailto:anna@demo.example">' in page
    with reading(site.database) as session:
        looks = session.scalars(select(AuditEntry).where(AuditEntry.action == "read_contact"))
        assert [look.actor_id for look in looks] == [site.world.actors[who].person_id]
    browser.post(f"/bookings/{booking.id}/cancel", {"version": "1", "reason": "Vesivahinko"})
    assert "Vesivahinko" in site.browser("anna").get(f"/bookings/{booking.id}").text


@pytest.mark.parametrize("who", ["anna", "pekka"])
def test_the_associations_own_are_not_told_so(site: Site, who: str) -> None:
    booking = make_booking(site.database, site.world)
    page = site.browser(who).get(f"/bookings/{booking.id}/cancel").text
    assert "mailto:" not in page
    for verb in ("approve", "reject"):
        assert "mailto:" not in site.browser("veli").get(f"/bookings/{booking.id}/{verb}").text


def test_a_booking_that_has_begun_is_not_cancelled(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    set_clock(site.app, at(10, 11))
    browser = site.browser("anna", at(10, 11))
    assert "/cancel" not in browser.get(f"/bookings/{booking.id}").text
    answer = browser.post(f"/bookings/{booking.id}/cancel", {"version": "1"})
    assert answer.status_code == 409
    assert state(site, booking.id) == "requested"


@pytest.mark.parametrize("version", ["", "x", "-1", "1e9", "9" * 400])
def test_a_version_that_is_none_is_refused(site: Site, version: str) -> None:
    booking = make_booking(site.database, site.world)
    answer = site.browser("anna").post(f"/bookings/{booking.id}/cancel", {"version": version})
    assert answer.status_code == 422
    assert state(site, booking.id) == "requested"


def test_hostile_texts_are_shown_as_text(site: Site) -> None:
    title = "</title><script>alert(1)</script>{{7*7}}"
    booking = make_booking(site.database, site.world, title=title, needs=title)
    for path in ("/bookings", f"/bookings/{booking.id}", f"/bookings/{booking.id}/cancel"):
        page = site.browser("anna").get(path).text
        assert "<script>alert" not in page
        assert "{{7*7}}" in page


def test_lists_cost_the_same_however_long(site: Site, statements: Statements) -> None:
    browser, veli = site.browser("anna"), site.browser("veli")
    found = []
    for hours in ((8,), (10, 12, 14, 16)):
        for hour in hours:
            make_booking(site.database, site.world, period=slot(10, hour))
        counts = []
        for reader, path in ((browser, "/bookings"), (veli, "/staff")):
            statements.clear()
            assert reader.get(path).status_code == 200
            counts.append(len(statements))
        found.append(counts)
    # who asks: the sign-in with its person, roles, memberships; then the list (two lists)
    assert found == [[5, 4], [5, 4]]
