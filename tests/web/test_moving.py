"""Moving a booking on its page: what is said before, and that nothing typed is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest

from booking.db import transaction
from booking.domain.requests import BookingEdit
from booking.models import Room, Unit
from booking.services.bookings import edit_booking
from tests.support.world import NOW, make_booking, slot
from tests.web.changing import (
    approved,
    change,
    in_english,
    mails,
    move_form,
    row,
    write_terms,
)
from tests.web.conftest import Site


def test_a_request_is_moved_by_its_people(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    anna = in_english(site, "anna")
    path = f"/bookings/{booking.id}/move"
    page = anna.get(path).text
    assert "The new time is held for you until the site decides" in page
    assert 'value="10.3.2027"' in page
    answer = anna.post(path, move_form(site))
    assert (answer.status_code, answer.location) == (303, f"/bookings/{booking.id}")
    moved = row(site, booking.id)
    assert (moved.starts_at, moved.ends_at, moved.state) == (
        slot(11, 12).start,
        slot(11, 12).end,
        "requested",
    )


def test_an_approved_bookings_people_read_first_that_the_site_decides_anew(site: Site) -> None:
    booking = approved(site)
    anna = in_english(site, "anna")
    path = f"/bookings/{booking.id}/move"
    assert "If you move it, the site decides anew" in anna.get(path).text
    assert anna.post(path, move_form(site, 2)).status_code == 303
    assert row(site, booking.id).state == "requested"


def test_where_nobody_decides_it_stays_approved_and_the_page_says_so(site: Site) -> None:
    booking = approved(site)
    change(site, Unit, site.world.rantakyla, approves_by_itself=True)
    anna = in_english(site, "anna")
    path = f"/bookings/{booking.id}/move"
    assert "The booking stays approved" in anna.get(path).text
    anna.post(path, move_form(site, 2))
    assert row(site, booking.id).state == "approved"


@pytest.mark.parametrize("who", ["veli", "kaisa", "yllapito"])
def test_staff_say_why_they_move_and_its_people_are_told(site: Site, who: str) -> None:
    booking = approved(site)
    browser = in_english(site, who)
    path = f"/bookings/{booking.id}/move"
    assert "Its people are told by e-mail, with your reason." in browser.get(path).text
    refused = browser.post(path, move_form(site, 2))
    assert refused.status_code == 422
    assert "Write a reason. The association will read it." in refused.text
    assert browser.post(path, move_form(site, 2, reason="Remontti")).status_code == 303
    assert row(site, booking.id).state == "approved"
    [mail] = mails(site, "moved")
    assert "Remontti" in mail.body


def test_a_taken_time_leads_to_free_ones_that_fill_the_form(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    make_booking(site.database, site.world, period=slot(11, 12), title="Salaisuus")
    anna = in_english(site, "anna")
    path = f"/bookings/{booking.id}/move"
    form = move_form(site, reason="Sairastapaus")
    refused = anna.post(path, form)
    assert refused.status_code == 409
    assert "Sairastapaus" in refused.text
    assert "Salaisuus" not in refused.text
    [first, *others] = re.findall(r'name="use" value="([^"]+)"', refused.text)
    assert len(others) == 2
    start, end = first.split("/")
    assert (start, end) == (slot(11, 14).start.isoformat(), slot(11, 14).end.isoformat())
    filled = anna.post(path, {**form, "use": first})
    assert filled.status_code == 200
    assert re.search(r'name="starts"[^>]*value="14.00"', filled.text)
    assert "Sairastapaus" in filled.text
    assert row(site, booking.id).starts_at == slot(10, 10).start
    assert anna.post(path, {**form, "starts": "14.00", "ends": "16.00"}).status_code == 303


@pytest.mark.parametrize("use", ["", "x", "2027-03-11/x", "2027-03-11T10:00/2027-03-11T09:00"])
def test_a_time_to_fill_in_that_is_none_changes_nothing(site: Site, use: str) -> None:
    booking = make_booking(site.database, site.world)
    answer = site.browser("anna").post(
        f"/bookings/{booking.id}/move", {**move_form(site), "use": use}
    )
    assert answer.status_code == 200
    assert 'value="11.3.2027"' in answer.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"day": "x"}, "We did not understand the day."),
        ({"day": ""}, "Enter the day"),
        ({"ends": "11"}, "The end must be after the start."),
        ({"starts": "12.10"}, "The times must be multiples of"),
        ({"day": "13.3.2027"}, "The room is closed on"),
        ({"day": "2.3.2027", "starts": "8", "ends": "8.45"}, "must be asked for at least"),
        ({"day": "28.3.2027", "starts": "3.30", "ends": "5"}, "This time does not exist"),
        ({"room": ""}, "Choose a room."),
        ({"room": "999999"}, "Choose one of the options in the list."),
        ({"reason": "x" * 2001}, "The text is too long."),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_the_rest_kept(
    site: Site, changes: dict[str, Any], said: str
) -> None:
    booking = make_booking(site.database, site.world)
    form = move_form(site, **{"reason": "Sairastapaus", **changes})
    answer = in_english(site, "anna").post(f"/bookings/{booking.id}/move", form)
    assert answer.status_code in {404, 422}
    assert said in answer.text
    assert form["reason"] in answer.text
    assert row(site, booking.id).version == 1


def test_the_doubled_hour_is_asked(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    form = move_form(site, day="31.10.2027", starts="3.30", ends="5")
    page = in_english(site, "anna").post(f"/bookings/{booking.id}/move", form).text
    assert "Which of the two hours does it start in?" in page


def test_a_hidden_room_is_no_place_to_move_to(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    change(site, Room, site.world.cabinet, published=False)
    form = move_form(site, room=str(site.world.cabinet))
    answer = site.browser("anna").post(f"/bookings/{booking.id}/move", form)
    assert answer.status_code in {404, 422}
    assert "Kabinetti" not in answer.text
    assert row(site, booking.id).room_id == site.world.half_a


def test_the_rules_of_another_site_are_accepted_on_the_same_page(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    write_terms(site, site.world.kitee, 1, "Kengät jätetään eteiseen.")
    anna = in_english(site, "anna")
    path, form = f"/bookings/{booking.id}/move", move_form(site, room=str(site.world.cabinet))
    assert "Kengät" not in anna.get(path).text
    refused = anna.post(path, form)
    assert refused.status_code == 422
    assert "Kengät jätetään eteiseen." in refused.text
    accepted = {**form, "terms": f"{site.world.kitee}-1"}
    assert anna.post(path, accepted).status_code == 303
    moved = row(site, booking.id)
    assert (moved.room_id, moved.terms_version) == (site.world.cabinet, 1)


def test_rules_that_have_changed_do_not_keep_staff_from_moving(site: Site) -> None:
    write_terms(site, site.world.rantakyla, 1, "Säännöt")
    booking = approved(site, terms_version=1)
    write_terms(site, site.world.rantakyla, 2, "Uudet säännöt")
    veli = site.browser("veli")
    path = f"/bookings/{booking.id}/move"
    assert "Uudet säännöt" not in veli.get(path).text
    assert veli.post(path, move_form(site, 2, reason="Remontti")).status_code == 303
    assert row(site, booking.id).terms_version == 1  # nobody has accepted the new ones


def test_a_stale_form_keeps_what_was_typed_and_tells_what_changed(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    pekka = site.world.pekka
    edit = BookingEdit(title="Vuosikokous", needs="Salainen tarve")
    transaction(
        site.database,
        lambda session: edit_booking(session, booking.id, 1, edit, actor=pekka, now=NOW),
    )
    anna = in_english(site, "anna")
    path, form = f"/bookings/{booking.id}/move", move_form(site, reason="Sairastapaus")
    answer = anna.post(path, form)
    assert answer.status_code == 409
    for told in ("What has changed meanwhile", "Vuosikokous", "Sairastapaus", 'value="11.3.2027"'):
        assert told in answer.text
    for untold in ("Salainen tarve", "Pekka"):
        assert untold not in answer.text
    assert re.search(r'name="version"[^>]*value="2"', answer.text)
    assert anna.post(path, {**form, "version": "2"}).status_code == 303


def test_a_form_pressed_twice_moves_once(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    anna = site.browser("anna")
    path, form = f"/bookings/{booking.id}/move", move_form(site, key="avain-1")
    for _ in range(2):
        answer = anna.post(path, form)
        assert (answer.status_code, answer.location) == (303, f"/bookings/{booking.id}")
    assert row(site, booking.id).version == 2
