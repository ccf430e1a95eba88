"""Changing what is written of a booking, and cancelling it: what is said before, who is told, and what is kept."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from booking.db import reading, transaction
from booking.models import AuditEntry, Unit
from booking.services.bookings import cancel_booking, move_booking
from tests.support.world import NOW, at, make_booking, slot
from tests.web.changing import (
    approved,
    change,
    edit_form,
    in_english,
    mails,
    move_form,
    row,
)
from tests.web.conftest import Site, set_clock


@pytest.mark.parametrize("way", ["move", "edit", "cancel"])
def test_what_is_over_meanwhile_is_shown_as_it_is_now(site: Site, way: str) -> None:
    booking = make_booking(site.database, site.world)
    anna = site.world.anna
    transaction(
        site.database,
        lambda session: cancel_booking(session, booking.id, 1, "Ei tarvita", actor=anna, now=NOW),
    )
    forms = {
        "move": move_form(site, 2),
        "edit": edit_form(version="2"),
        "cancel": {"version": "2"},
    }
    pekka = in_english(site, "pekka")
    path = f"/bookings/{booking.id}/{way}"
    assert pekka.get(path).location == f"/bookings/{booking.id}"
    answer = pekka.post(path, forms[way])
    assert answer.status_code == 409
    assert "The booking has changed meanwhile" in answer.text


def test_everything_written_of_a_booking_is_changed_on_one_page(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    anna = in_english(site, "anna")
    path = f"/bookings/{booking.id}/edit"
    page = anna.get(path).text
    for filled in ("Hallituksen kokous", "Pyörätuolilla kulkeva", "anna@demo.example"):
        assert filled in page
    form = edit_form(needed_features=["step_free"], needs="Hiljainen nurkka", is_public="y")
    assert anna.post(path, form).status_code == 303
    changed = row(site, booking.id)
    assert (
        changed.title,
        changed.needs,
        changed.needed_features,
        changed.is_public,
        changed.contact_name,
        changed.contact_email,
    ) == (
        "Vuosikokous",
        "Hiljainen nurkka",
        ["step_free"],
        True,
        "Maija Uusi",
        "maija@example.fi",
    )


def test_needs_left_empty_are_taken_away(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    site.browser("anna").post(f"/bookings/{booking.id}/edit", edit_form())
    assert row(site, booking.id).needs is None


def test_more_people_ask_again_and_the_page_says_so_before(site: Site) -> None:
    booking = approved(site)
    anna = in_english(site, "anna")
    path = f"/bookings/{booking.id}/edit"
    said = "The booking is approved for 10 people. If more are coming, the site decides anew"
    assert said in anna.get(path).text
    assert said not in in_english(site, "veli").get(path).text
    anna.post(path, edit_form(version="2", people="11"))
    assert row(site, booking.id).state == "requested"


def test_a_look_at_the_form_is_a_look_at_contact_and_needs(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    site.browser("veli").get(f"/bookings/{booking.id}/edit")
    with reading(site.database) as session:
        looks = session.scalars(select(AuditEntry).where(AuditEntry.action == "read_contact"))
        assert [look.actor_id for look in looks] == [site.world.veli.person_id]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": " "}, "Enter a name for the occasion."),
        ({"title": "x" * 201}, "The text is too long."),
        ({"people": "0"}, "Write the number of people in digits"),
        ({"people": "31"}, "At most 30 people may be in the room."),
        ({"activity": "disco"}, "Choose one of the options in the list."),
        ({"contact_name": ""}, "Enter the contact person&#39;s name."),
        ({"contact_email": "maija"}, "We did not understand the e-mail address."),
        ({"contact_email": ""}, "Enter the contact&#39;s e-mail address."),
        ({"needed_features": "gold_taps"}, "Choose one of the options in the list."),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_and_the_rest_kept(
    site: Site, changes: dict[str, Any], said: str
) -> None:
    booking = make_booking(site.database, site.world)
    form = edit_form(**{"needs": "Hiljainen nurkka", **changes})
    answer = in_english(site, "anna").post(f"/bookings/{booking.id}/edit", form)
    assert answer.status_code == 422
    assert said in answer.text
    assert "Hiljainen nurkka" in answer.text
    assert row(site, booking.id).version == 1


def test_a_stale_edit_keeps_what_was_typed(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    pekka = site.world.pekka
    to = (booking.id, 1, site.world.half_a, slot(12, 10), None)
    transaction(site.database, lambda session: move_booking(session, *to, actor=pekka, now=NOW))
    answer = in_english(site, "anna").post(f"/bookings/{booking.id}/edit", edit_form())
    assert answer.status_code == 409
    assert 'value="Vuosikokous"' in answer.text
    assert "12 March 2027" in answer.text


@pytest.mark.parametrize(
    ("now", "said", "is_late"),
    [
        (at(8, 9), "It is in good time", False),
        (at(9, 11), "this is marked as a late cancellation", True),
    ],
)
def test_cancelling_says_before_whether_it_is_late_and_pages_after(
    site: Site, now: Any, said: str, is_late: bool
) -> None:
    booking = approved(site)
    change(site, Unit, site.world.rantakyla, late_cancel_hours=24)
    set_clock(site.app, now)
    anna = site.browser("anna", now)
    anna.post("/language", {"locale": "en"})
    path = f"/bookings/{booking.id}"
    assert said in anna.get(f"{path}/cancel").text
    assert anna.post(f"{path}/cancel", {"version": "2"}).status_code == 303
    assert row(site, booking.id).is_late_cancel is is_late
    assert ("cancelled late" in anna.get(path).text) is is_late
    assert ("cancelled late" in anna.get("/bookings").text) is is_late


@pytest.mark.parametrize("who", ["veli", "kaisa", "yllapito"])
def test_staff_cancel_with_a_reason_and_its_people_get_it_by_mail(site: Site, who: str) -> None:
    booking = make_booking(site.database, site.world)
    browser = in_english(site, who)
    path = f"/bookings/{booking.id}/cancel"
    page = browser.get(path).text
    assert "Its people are told by e-mail, with your reason." in page
    refused = browser.post(path, {"version": "1", "reason": " "})
    assert refused.status_code == 422
    assert row(site, booking.id).state == "requested"
    assert browser.post(path, {"version": "1", "reason": "Vesivahinko"}).status_code == 303
    [mail] = mails(site, "cancelled")
    assert (mail.recipient, "Vesivahinko" in mail.body) == ("anna@demo.example", True)
    assert mail.id in site.mails


def test_a_cancellation_of_an_old_version_tells_what_changed(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    pekka = site.world.pekka
    to = (booking.id, 1, site.world.half_b, slot(12, 10), None)
    transaction(site.database, lambda session: move_booking(session, *to, actor=pekka, now=NOW))
    answer = in_english(site, "anna").post(f"/bookings/{booking.id}/cancel", {"version": "1"})
    assert answer.status_code == 409
    for told in ("What has changed meanwhile", "Sali A", "Sali B"):
        assert told in answer.text
    assert row(site, booking.id).state == "requested"


@pytest.mark.parametrize("version", ["", "x", "-1", "1e9", "9" * 400])
def test_a_version_that_is_none_changes_nothing(site: Site, version: str) -> None:
    booking = make_booking(site.database, site.world)
    anna = site.browser("anna")
    for way, form in (("move", move_form(site)), ("edit", edit_form()), ("cancel", {})):
        answer = anna.post(f"/bookings/{booking.id}/{way}", {**form, "version": version})
        assert answer.status_code == 409
    assert row(site, booking.id).version == 1


@pytest.mark.parametrize("way", ["move", "edit", "cancel", "again", "booking.ics"])
def test_a_booking_of_others_is_not_found(site: Site, way: str) -> None:
    booking = make_booking(site.database, site.world)
    for who in ("outi", "toini", "aino"):
        browser = site.browser(who)
        assert browser.get(f"/bookings/{booking.id}/{way}").status_code == 404


def test_hostile_texts_are_shown_as_text(site: Site) -> None:
    text = "</title><script>alert(1)</script>{{7*7}}"
    booking = make_booking(site.database, site.world, title=text, needs=text)
    anna = site.browser("anna")
    pages = [anna.get(f"/bookings/{booking.id}/{way}").text for way in ("move", "edit", "cancel")]
    pages.append(anna.post(f"/bookings/{booking.id}/move", {"version": "1", "reason": text}).text)
    for page in pages:
        assert "<script>alert" not in page
        assert "{{7*7}}" in page
