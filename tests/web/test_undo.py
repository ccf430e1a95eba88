"""Taking a decision back: offered to who took it for some minutes, and explained when it is too late."""

from __future__ import annotations

from booking.domain.deciding import UNDO_WITHIN
from tests.support.world import NOW, make_booking
from tests.web.conftest import Site, set_clock
from tests.web.deciding import booking_of, decide, in_english, mail_of, words


def test_a_decision_is_taken_back_from_the_queue_and_taken_anew(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    veli = in_english(site, "veli")
    decide(veli, booking.id, "reject", reason="Väärä nappi")
    for page in ("/staff", f"/bookings/{booking.id}"):
        assert f'action="/bookings/{booking.id}/undo"' in veli.get(page).text
    answer = veli.post(f"/bookings/{booking.id}/undo", {"version": "2"})
    assert (answer.status_code, answer.location) == (303, f"/bookings/{booking.id}/decide")
    assert "The decision has been taken back." in words(veli.get(answer.location).text)
    assert booking_of(site, booking.id).state == "requested"
    assert mail_of(site, "rejected").state == "withdrawn"
    assert decide(veli, booking.id, "approve", version="3").status_code == 303


def test_others_are_not_offered_to_take_it_back(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    decide(in_english(site, "veli"), booking.id, "approve")
    other = in_english(site, "yllapito")
    for page in ("/staff", f"/bookings/{booking.id}"):
        assert "/undo" not in other.get(page).text
    assert other.post(f"/bookings/{booking.id}/undo", {"version": "2"}).status_code == 403
    assert booking_of(site, booking.id).state == "approved"


def test_too_late_to_take_it_back_is_explained(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    veli = in_english(site, "veli")
    decide(veli, booking.id, "approve")
    set_clock(site.app, NOW + UNDO_WITHIN)
    assert "/undo" not in veli.get("/staff").text
    answer = veli.post(f"/bookings/{booking.id}/undo", {"version": "2"})
    assert answer.status_code == 409
    assert "It is too late to take the decision back" in words(answer.text)
    assert booking_of(site, booking.id).state == "approved"


def test_a_time_given_away_meanwhile_is_explained(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    veli = in_english(site, "veli")
    decide(veli, booking.id, "reject", reason="Väärä nappi")
    make_booking(site.database, site.world, title="Nopeampi")
    answer = veli.post(f"/bookings/{booking.id}/undo", {"version": "2"})
    assert answer.status_code == 409
    assert "somebody else has it now" in words(answer.text)
