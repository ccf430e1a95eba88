"""The waiting list on the pages: from a refusal to a place, an offer, and out again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import reading, transaction
from booking.models import Booking, OutboxMessage, WaitingEntry
from booking.services.bookings import cancel_booking
from booking.services.waiting import look_after_waiting
from tests.support.world import NOW, make_booking
from tests.web.conftest import Browser, Site, set_clock


def in_english(site: Site, who: str, now: Any = NOW) -> Browser:
    browser = site.browser(who, now)
    browser.post("/language", {"locale": "en"})
    return browser


def ask_form(site: Site, **changes: Any) -> dict[str, Any]:
    form = {"room": site.world.half_a, "organisation": site.world.toinen, "title": "Kerho"}
    when = {"day": "10.3.2027", "starts": "10", "ends": "12"}
    return {**form, **when, "activity": "meeting", "people": "5", **changes}


def entries(site: Site) -> list[WaitingEntry]:
    with reading(site.database) as session:
        return list(session.scalars(select(WaitingEntry).order_by(WaitingEntry.id)))


def place(site: Site) -> int:
    """Toini waits for what Anna has; her place's id."""
    site.browser("toini").post("/waiting", ask_form(site))
    return entries(site)[-1].id


def free(site: Site, booking: Booking) -> None:
    anna = site.world.anna
    transaction(
        site.database,
        lambda session: cancel_booking(session, booking.id, 1, None, actor=anna, now=NOW),
    )


def hidden_fields(page: str) -> dict[str, str]:
    start = page.index('action="/waiting"')
    form = page[start : page.index("</form>", start)]
    return dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))


def test_a_refusal_that_the_room_is_taken_offers_to_wait_for_it(site: Site) -> None:
    make_booking(site.database, site.world, title="Salaisuus")
    toini = in_english(site, "toini")
    refused = toini.post("/bookings/new", ask_form(site))
    assert refused.status_code == 409
    assert "Put me on the waiting list for this time" in refused.text
    fields = hidden_fields(refused.text)
    assert {name: fields[name] for name in ("room", "day", "starts", "ends", "people")} == {
        "room": str(site.world.half_a),
        "day": "10.3.2027",
        "starts": "10",
        "ends": "12",
        "people": "5",
    }
    answer = toini.post("/waiting", fields)
    assert answer.status_code == 303
    [entry] = entries(site)
    assert answer.location == f"/waiting/{entry.id}"
    page = toini.get(answer.location).text
    assert "You are first in line." in page
    assert "Salaisuus" not in page
    assert f"/waiting/{entry.id}" in toini.get("/bookings").text


def test_staff_who_ask_on_behalf_are_not_offered_to_wait(site: Site) -> None:
    make_booking(site.database, site.world)
    refused = site.browser("veli").post("/bookings/new", ask_form(site))
    assert refused.status_code == 409
    assert 'action="/waiting"' not in refused.text


def test_the_same_wish_twice_is_one_place(site: Site) -> None:
    make_booking(site.database, site.world)
    assert place(site) == place(site)


def test_how_many_are_before_one_is_told_not_who(site: Site) -> None:
    make_booking(site.database, site.world)
    place(site)
    pekka = in_english(site, "pekka")
    answer = pekka.post("/waiting", ask_form(site, organisation=site.world.virta))
    page = pekka.get(answer.location).text
    assert "1 other waits for this time before you." in page
    assert "Toinen" not in page


def test_an_offer_leads_to_the_form_filled_and_says_until_when(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    entry_id = place(site)
    free(site, booking)
    with reading(site.database) as session:
        mail = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "slot_free")).one()
    assert f"/waiting/{entry_id}" in mail.body
    toini = in_english(site, "toini")
    page = toini.get(f"/waiting/{entry_id}").text
    assert "You are first in line until Tue 2 Mar 2027 at 09:00" in page
    [href] = re.findall(r'class="button" href="(/bookings/new[^"]+)"', page)
    form = toini.get(href.replace("&amp;", "&")).text
    assert 'value="10.3.2027"' in form
    assert toini.post("/bookings/new", ask_form(site)).status_code == 303
    assert [one.state for one in entries(site)] == ["taken"]


def test_a_declined_offer_is_the_nexts(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    entry_id = place(site)
    site.browser("pekka").post("/waiting", ask_form(site, organisation=site.world.virta))
    free(site, booking)
    toini = in_english(site, "toini")
    assert "let the next have it" in toini.get(f"/waiting/{entry_id}").text
    answer = toini.post(f"/waiting/{entry_id}/leave")
    assert (answer.status_code, answer.location) == (303, "/bookings")
    assert [one.state for one in entries(site)] == ["declined", "offered"]
    assert "declined" in toini.get(f"/waiting/{entry_id}").text


def test_whoever_was_slower_reads_so_and_waits_on(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    entry_id = place(site)
    free(site, booking)

    def take(session: Any) -> None:
        # As a block or another calendar does: past the list.
        entry = session.get_one(WaitingEntry, entry_id)
        entry.state, entry.offered_until = "offered", NOW + timedelta(hours=24)

    make_booking(site.database, site.world)
    toini = in_english(site, "toini")
    assert "You are first in line." in toini.get(f"/waiting/{entry_id}").text
    transaction(site.database, take)
    page = toini.get(f"/waiting/{entry_id}").text
    assert "somebody asked for the room before you. You keep your place" in page
    assert "/bookings/new" not in page
    room = site.world.half_a
    transaction(site.database, lambda session: look_after_waiting(session, room, NOW))
    assert [one.state for one in entries(site)] == ["waiting"]


def test_an_offer_that_ran_out_says_so_and_the_room_may_still_be_asked_for(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    entry_id = place(site)
    free(site, booking)
    now, room = NOW + timedelta(hours=25), site.world.half_a
    transaction(site.database, lambda session: look_after_waiting(session, room, now))
    set_clock(site.app, now)
    page = in_english(site, "toini", now).get(f"/waiting/{entry_id}").text
    assert "The offer ran out" in page
    assert "/bookings/new" in page


@pytest.mark.parametrize("who", ["anna", "outi", "veli", "kaisa", "yllapito"])
def test_anothers_place_is_not_found(site: Site, who: str) -> None:
    make_booking(site.database, site.world)
    entry_id = place(site)
    browser = site.browser(who)
    assert browser.get(f"/waiting/{entry_id}").status_code == 404
    assert browser.post(f"/waiting/{entry_id}/leave").status_code == 404
    assert [one.state for one in entries(site)] == ["waiting"]


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"day": "11.3.2027"}, 422, "This time is free, so you need not wait for it"),
        ({"day": "x"}, 422, "We did not understand the day."),
        ({"starts": "6", "ends": "7"}, 422, "The room is closed at this time."),
        ({"organisation": "1"}, 403, "You cannot book in this association&#39;s name."),
        ({"room": "999"}, 404, "We did not find what you asked for."),
        ({"people": ""}, 422, "Enter how many people are coming."),
        ({"activity": ""}, 422, "Choose what the room is for."),
    ],
)
def test_what_cannot_be_waited_for_is_said_at_its_field(
    site: Site, changes: dict[str, Any], status: int, said: str
) -> None:
    make_booking(site.database, site.world)
    answer = in_english(site, "toini").post("/waiting", ask_form(site, **changes))
    assert answer.status_code == status
    assert said in answer.text
    assert entries(site) == []
