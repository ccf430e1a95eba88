"""The booking form's rules of use and needs: what is accepted is what was shown, and what is needed is held against the room."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import reading, transaction
from booking.domain.texts import LocalText
from booking.models import Booking, Quota, Room, Terms
from tests.support.world import NOW, make_booking, slot
from tests.web.asking import count, errors, form
from tests.web.conftest import Site


def in_english(site: Site, who: str = "anna") -> Any:
    browser = site.browser(who)
    browser.post("/language", {"locale": "en"})
    return browser


def write_terms(site: Site, version: int, text: str, unit_id: int | None = None) -> None:
    unit = unit_id or site.world.rantakyla
    row = Terms(unit_id=unit, version=version, text=LocalText(text), created_at=NOW)
    transaction(site.database, lambda session: session.add(row))


def the_booking(site: Site) -> Booking:
    with reading(site.database) as session:
        return session.scalars(select(Booking)).one()


def terms_tick(page: str) -> tuple[str, bool] | None:
    """The value of the tick for the rules of use, and whether it is set; None: there is none."""
    found = re.search(r'<input([^>]*) id="terms"([^>]*)>', page)
    if found is None:
        return None
    value = re.search(r'value="([^"]*)"', found[0])
    assert value
    return value[1], "checked" in found[0]


def test_the_rules_of_use_of_the_chosen_room_are_shown_and_asked_for(site: Site) -> None:
    write_terms(site, 1, "Vanhat säännöt")
    write_terms(site, 2, "Jätä tila siistiksi.\nSammuta valot. <b>")
    unit = site.world.rantakyla
    browser = site.browser("anna")
    page = browser.get(f"/bookings/new?room={site.world.half_a}").text
    assert "Jätä tila siistiksi.\nSammuta valot. &lt;b&gt;" in page
    assert "Vanhat" not in page
    assert terms_tick(page) == (f"{unit}-2", False)
    for path in ("/bookings/new", f"/bookings/new?room={site.world.cabinet}"):
        assert terms_tick(browser.get(path).text) is None


def test_nobody_accepts_rules_by_following_a_link(site: Site) -> None:
    write_terms(site, 1, "Säännöt")
    value = f"{site.world.rantakyla}-1"
    page = site.browser("anna").get(f"/bookings/new?room={site.world.half_a}&terms={value}").text
    assert terms_tick(page) == (value, False)


def test_a_request_carries_the_rules_that_were_accepted(site: Site) -> None:
    write_terms(site, 3, "Säännöt")
    answer = site.browser("anna").post(
        "/bookings/new", form(site, terms=f"{site.world.rantakyla}-3")
    )
    assert answer.status_code == 303
    assert the_booking(site).terms_version == 3


@pytest.mark.parametrize("accepted", [None, "", "on", "1", "{other}-2", "{own}-1", "{own}-2 "])
def test_rules_that_are_not_accepted_are_asked_for_again(site: Site, accepted: str | None) -> None:
    write_terms(site, 1, "Vanhat säännöt")
    write_terms(site, 2, "Uudet säännöt")
    write_terms(site, 2, "Muun talon säännöt", site.world.kitee)
    world = site.world
    fields = form(site)
    if accepted is not None:
        fields["terms"] = accepted.format(own=world.rantakyla, other=world.kitee)
    answer = in_english(site).post("/bookings/new", fields)
    assert answer.status_code == 422
    assert errors(answer.text) == [
        "The site has rules of use. Read them, and tick that you accept them to go on."
    ]
    assert 'href="#terms"' in answer.text
    assert terms_tick(answer.text) == (f"{world.rantakyla}-2", False)
    assert "Uudet säännöt" in answer.text
    assert count(site) == 0


def test_another_room_asks_for_its_own_rules(site: Site) -> None:
    write_terms(site, 1, "Rantakylän säännöt")
    write_terms(site, 1, "Kiteen säännöt", site.world.kitee)
    fields = form(site, terms=f"{site.world.rantakyla}-1", room=site.world.cabinet)
    browser = site.browser("anna")
    answer = browser.post("/bookings/new", fields)
    assert (answer.status_code, terms_tick(answer.text)) == (422, (f"{site.world.kitee}-1", False))
    assert "Kiteen säännöt" in answer.text
    fields["terms"] = f"{site.world.kitee}-1"
    assert browser.post("/bookings/new", fields).status_code == 303


def test_what_is_missing_and_the_rules_are_told_together_and_the_tick_is_kept(site: Site) -> None:
    write_terms(site, 1, "Säännöt")
    browser = in_english(site)
    answer = browser.post("/bookings/new", form(site, title=""))
    assert [told[:8] for told in errors(answer.text)] == ["Enter a ", "The site"]
    value = f"{site.world.rantakyla}-1"
    answer = browser.post("/bookings/new", form(site, title="", terms=value))
    assert [told[:8] for told in errors(answer.text)] == ["Enter a "]
    assert terms_tick(answer.text) == (value, True)


def test_rules_of_a_room_one_may_not_know_of_are_not_shown(site: Site) -> None:
    write_terms(site, 1, "Salaiset säännöt")

    def hide(session: Any) -> None:
        for room in (site.world.hall, site.world.half_a, site.world.half_b):
            session.get_one(Room, room).published = False

    transaction(site.database, hide)
    path = f"/bookings/new?room={site.world.half_a}"
    assert "Salaiset" not in site.browser("anna").get(path).text
    assert "Salaiset" in site.browser("veli").get(path).text


def test_needs_are_kept_as_features_and_shown_again(site: Site) -> None:
    browser = site.browser("anna")
    needed = ["step_free", "induction_loop"]
    answer = browser.post("/bookings/new", form(site, title="", needed_features=needed))
    ticked = re.findall(
        r'<input[^>]* checked[^>]*name="needed_features"[^>]*value="(\w+)"', answer.text
    )
    assert ticked == needed
    answer = browser.post("/bookings/new", form(site, needed_features=needed))
    assert answer.status_code == 303
    assert the_booking(site).needed_features == ["induction_loop", "step_free"]


@pytest.mark.parametrize("needed", [["hot_tub"], ["step_free", "x" * 5000], ["<script>"]])
def test_needs_that_are_no_features_are_refused(site: Site, needed: list[str]) -> None:
    answer = site.browser("anna").post("/bookings/new", form(site, needed_features=needed))
    assert answer.status_code == 422
    assert 'href="#needed_features"' in answer.text
    assert count(site) == 0


def test_beside_each_need_stands_what_is_known_of_the_chosen_room(site: Site) -> None:
    browser = in_english(site)
    page = browser.get(f"/bookings/new?room={site.world.half_a}").text
    known = re.findall(r'-known">.*?</svg> <span lang="fi">([^<]+)</span>: (\w+)</span>', page)
    assert known[:3] == [("Sali A", "yes"), ("Sali A", "no"), ("Sali A", "unknown")]
    assert len(known) == 16
    assert '-known"' not in browser.get("/bookings/new").text


def test_needs_are_carried_through_the_sign_in(site: Site) -> None:
    browser = site.nobody()
    needed = ["step_free", "quiet"]
    answer = browser.post("/bookings/new", form(site, needed_features=[*needed, *["x"] * 500]))
    kept = re.findall(r'name="needed_features" value="(\w+)"', answer.text)
    # Each of the two ways to sign in carries them.
    assert kept[:2] == needed
    assert len(kept) == 2 * 16


def test_other_needs_under_the_same_key_are_another_request(site: Site) -> None:
    browser = site.browser("anna")
    assert browser.post("/bookings/new", form(site, needed_features=["quiet"])).status_code == 303
    again = browser.post("/bookings/new", form(site, needed_features=["quiet"]))
    assert again.status_code == 303
    other = browser.post("/bookings/new", form(site, needed_features=["quiet", "lift"]))
    assert (other.status_code, count(site)) == (422, 1)


def test_each_new_rule_is_told_at_its_field(site: Site) -> None:
    make_booking(site.database, site.world)

    def restrict(session: Any) -> None:
        room = session.get_one(Room, site.world.half_a)
        room.latest_end_minute, room.buffer_before_minutes = 13 * 60, 30
        room.activities = ["group"]
        room.activity_reasons = {"meeting": {"fi": "Kaikuu.", "en": "It echoes."}}
        session.add(Quota(unit_id=site.world.rantakyla, per="week", limit_minutes=180))

    transaction(site.database, restrict)
    answer = in_english(site).post("/bookings/new", form(site, starts="12", ends="14"))
    assert answer.status_code == 422
    told = re.findall(r'<li><a href="#(\w+)">([^<]+)</a>', answer.text)
    assert sorted(told) == [
        (
            "activity",
            "This room is not lent for this activity, only for: group. Reason: It echoes. "
            "Choose another activity or another room.",
        ),
        ("ends", "The room must be empty by 13:00 the same day. Choose an earlier end."),
        (
            "starts",
            "An association may hold the rooms of this site for at most 3 hours in a week. "
            "Yours already holds 2 hours then. Choose another time, or cancel a booking you do not need.",
        ),
        (
            "starts",
            "There must be 30 minutes between bookings, and the room is booked "
            "Wednesday 10 March 2027, 10:00–12:00. Choose a time further from it.",
        ),
    ]


def test_a_room_that_is_booked_elsewhere_is_not_offered_but_leads_there(site: Site) -> None:
    def lead(session: Any) -> None:
        session.get_one(Room, site.world.half_a).elsewhere_url = "https://tilat.example/a"

    transaction(site.database, lead)
    browser = in_english(site)
    page = browser.get(f"/bookings/new?room={site.world.half_a}").text
    assert f'value="{site.world.half_a}">' not in page
    assert '<a href="https://tilat.example/a" rel="external noopener">' in page
    answer = browser.post("/bookings/new", form(site))
    assert (answer.status_code, errors(answer.text)) == (
        422,
        [
            "This room is not booked here but at https://tilat.example/a. Book it there, or choose another room."
        ],
    )


def test_rules_of_use_cost_the_form_one_statement(site: Site, statements: Any) -> None:
    browser = site.browser("anna")
    make_booking(site.database, site.world, period=slot(11, 10))
    found = []
    for version in (None, 1):
        if version is not None:
            write_terms(site, version, "Säännöt")
        browser.get("/rooms")
        statements.clear()
        browser.get(f"/bookings/new?room={site.world.half_a}")
        found.append(len(statements))
    # who asks (five), the catalogue's version, their associations; then the rules themselves
    assert found == [6, 7]
