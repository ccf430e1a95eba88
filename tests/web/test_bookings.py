"""Bookings as their people and the unit see them: lists, one, deciding, cancelling."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select

from booking.db import reading, transaction
from booking.domain.texts import LocalText
from booking.models import AuditEntry, Booking, Room, Terms, Unit
from booking.services.bookings import cancel_booking, request_booking
from booking.services.decisions import decide_booking
from tests.support.world import NOW, at, booking_request, make_booking, slot
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


def test_cancelling_an_old_version_shows_what_it_has_become(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    transaction(
        site.database,
        lambda session: cancel_booking(
            session, booking.id, 1, None, actor=site.world.anna, now=NOW
        ),
    )
    answer = site.browser("veli").post(
        f"/bookings/{booking.id}/cancel", {"version": "1", "reason": "Peruste"}
    )
    assert answer.status_code == 409
    assert "Varaus on muuttunut sillä välin" in answer.text
    assert "peruttu" in answer.text
    assert state(site, booking.id) == "cancelled"


def test_a_booking_is_cancelled_by_post_only(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    browser = site.browser("anna")
    assert browser.get(f"/bookings/{booking.id}/cancel").status_code == 200
    assert state(site, booking.id) == "requested"
    answer = browser.post(f"/bookings/{booking.id}/cancel", {"version": "1"})
    assert answer.status_code == 303
    assert state(site, booking.id) == "cancelled"


def test_a_booking_that_has_begun_is_not_cancelled(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    set_clock(site.app, at(10, 11))
    browser = site.browser("anna", at(10, 11))
    assert "/cancel" not in browser.get(f"/bookings/{booking.id}").text
    answer = browser.post(f"/bookings/{booking.id}/cancel", {"version": "1"})
    assert answer.status_code == 409
    assert state(site, booking.id) == "requested"


def test_hostile_texts_are_shown_as_text(site: Site) -> None:
    title = "</title><script>alert(1)</script>{{7*7}}"
    booking = make_booking(site.database, site.world, title=title, needs=title)
    for path in ("/bookings", f"/bookings/{booking.id}", f"/bookings/{booking.id}/cancel"):
        page = site.browser("anna").get(path).text
        assert "<script>alert" not in page
        assert "{{7*7}}" in page


def test_my_bookings_cost_the_same_however_many(site: Site, statements: Statements) -> None:
    browser = site.browser("anna")
    found = []
    for hours in ((8,), (10, 12, 14, 16)):
        for hour in hours:
            make_booking(site.database, site.world, period=slot(10, hour))
        statements.clear()
        assert browser.get("/bookings").status_code == 200
        found.append(len(statements))
    # Who asks: the sign-in with its person, roles, memberships, absences; then what is coming, past and waited for.
    assert found == [7, 7]


def in_english(site: Site, who: str) -> Any:
    browser = site.browser(who)
    browser.post("/language", {"locale": "en"})
    return browser


def write_terms(site: Site, version: int) -> None:
    row = Terms(
        unit_id=site.world.rantakyla, version=version, text=LocalText("Säännöt"), created_at=NOW
    )
    transaction(site.database, lambda session: session.add(row))


def test_needs_are_matched_with_the_room_for_those_who_may_see_them(site: Site) -> None:
    needed = frozenset({"step_free", "induction_loop", "quiet"})
    booking = make_booking(site.database, site.world, needed_features=needed, needs=None)
    shown = {}
    for who in ("anna", "veli", "kaisa", "viivi"):
        page = in_english(site, who).get(f"/bookings/{booking.id}").text
        shown[who] = re.findall(
            r'class="name">([^<]+)</span>: <span class="value">([^<]+)</span>', page
        )
    matches = [
        ("Step-free access", "promised"),
        ("Induction loop", "missing"),
        ("Quiet room", "unknown"),
    ]
    assert shown == {"anna": matches, "veli": matches, "kaisa": matches, "viivi": []}


def test_lists_and_the_pages_of_acts_say_nothing_of_needs(site: Site) -> None:
    booking = make_booking(
        site.database, site.world, needed_features=frozenset({"induction_loop"}), needs="Selkokieli"
    )
    for path in (
        "/bookings",
        "/staff",
        f"/bookings/{booking.id}/cancel",
        f"/bookings/{booking.id}/move",
    ):
        page = in_english(site, "yllapito" if path != "/bookings" else "anna").get(path).text
        assert "Hallituksen kokous" in page
        assert "Induction loop" not in page
        assert "Selkokieli" not in page


def test_how_to_get_in_is_told_once_the_booking_is_approved_and_until_it_is_over(
    site: Site,
) -> None:
    def furnish(session: Any) -> None:
        room = session.get_one(Room, site.world.half_a)
        room.keys, room.alarm = LocalText("Avain neuvonnasta"), LocalText("Koodi 1234")
        room.arrival, room.emergency_number = LocalText("Toinen ovi"), "013 1"
        session.get_one(Unit, site.world.rantakyla).arrival = LocalText("Bussi 2")

    transaction(site.database, furnish)
    booking = make_booking(site.database, site.world)
    secrets = ("Avain neuvonnasta", "Koodi 1234", "Toinen ovi", "Bussi 2", "tel:0131")

    def told(who: str, now: Any = NOW) -> bool:
        set_clock(site.app, now)
        page = site.browser(who, now).get(f"/bookings/{booking.id}").text
        [seen] = {secret in page for secret in secrets}
        return seen

    assert not told("anna")
    transaction(
        site.database,
        lambda session: decide_booking(
            session, booking.id, "approve", 1, None, actor=site.world.veli, now=NOW
        ),
    )
    assert [told(who) for who in ("anna", "veli", "viivi")] == [True, True, False]
    assert not told("anna", at(10, 12))


def test_new_rules_of_use_are_accepted_by_the_association_while_the_request_waits(
    site: Site,
) -> None:
    write_terms(site, 1)
    booking = make_booking(site.database, site.world, terms_version=1)
    path = f"/bookings/{booking.id}"
    anna = in_english(site, "anna")
    assert "/terms" not in anna.get(path).text
    write_terms(site, 2)
    assert f'action="{path}/terms"' in anna.get(path).text
    veli = in_english(site, "veli")
    page = veli.get(path).text
    assert "The association has not accepted the new ones yet" in page
    assert f'action="{path}/terms"' not in page
    refused = veli.post(f"{path}/decide", {"version": "1", "decision": "approve"})
    assert refused.status_code == 422
    assert "Ask it to accept them on the booking&#39;s page, then approve." in refused.text
    answer = anna.post(f"{path}/terms", {"version": "1", "terms_version": "2"})
    assert (answer.status_code, answer.location) == (303, path)
    page = anna.get(path).text
    assert "The rules of use have been accepted." in page
    assert f'action="{path}/terms"' not in page
    approval = {"version": "2", "decision": "approve"}
    assert veli.post(f"{path}/decide", approval).status_code == 303


def test_rules_that_have_changed_once_more_are_not_accepted(site: Site) -> None:
    write_terms(site, 1)
    booking = make_booking(site.database, site.world, terms_version=1)
    write_terms(site, 2)
    write_terms(site, 3)
    path = f"/bookings/{booking.id}/terms"
    anna = site.browser("anna")
    answer = anna.post(path, {"version": "1", "terms_version": "2"})
    assert answer.status_code == 422
    assert "Varaus on muuttunut sillä välin" in answer.text
    assert anna.post(path, {"version": "9", "terms_version": "3"}).status_code == 409
    for wrong in ({}, {"version": "1"}, {"version": "1", "terms_version": "x"}):
        assert anna.post(path, wrong).status_code == 422
    with reading(site.database) as session:
        assert session.get_one(Booking, booking.id).terms_version == 1


def test_staff_do_not_accept_rules_for_an_association_unless_they_asked_for_it(site: Site) -> None:
    write_terms(site, 1)
    theirs = make_booking(site.database, site.world, terms_version=1)
    request = booking_request(site.world, period=slot(11, 10), terms_version=1)
    on_behalf = transaction(
        site.database,
        lambda session: request_booking(session, request, site.world.kaisa, NOW),
    )
    write_terms(site, 2)
    accepted = {"version": "1", "terms_version": "2"}
    kaisa = site.browser("kaisa")
    assert kaisa.post(f"/bookings/{theirs.id}/terms", accepted).status_code == 403
    assert kaisa.post(f"/bookings/{on_behalf.id}/terms", accepted).status_code == 303
