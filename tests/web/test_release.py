"""The link in the reminder, opened and pressed by whoever has it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from booking.config import configure_logging
from booking.db import reading, transaction
from booking.models import Booking, OutboxMessage, Unit
from booking.services.decisions import decide_booking
from booking.services.escalation import remind_of_date
from tests.support.world import NOW, at, make_booking
from tests.web.conftest import BASE, Browser, Site, set_clock

DAY_BEFORE = at(9, 9)


def reminded(site: Site, **changes: Any) -> tuple[Booking, str]:
    """An approved booking, and the path of the link in its reminder."""
    booking = make_booking(site.database, site.world, **changes)
    veli = site.world.veli
    transaction(
        site.database,
        lambda session: decide_booking(
            session, booking.id, "approve", 1, None, actor=veli, now=NOW
        ),
    )
    transaction(site.database, lambda session: remind_of_date(session, booking.id, DAY_BEFORE))
    set_clock(site.app, DAY_BEFORE)
    with reading(site.database) as session:
        mail = session.scalars(
            select(OutboxMessage).where(OutboxMessage.kind == "date_reminder")
        ).one()
    found = re.search(rf"{re.escape(BASE)}(/r/[\w-]+)", mail.body)
    assert found
    return booking, found[1]


def state(site: Site, booking: Booking) -> str:
    with reading(site.database) as session:
        return session.get_one(Booking, booking.id).state


def anybody(site: Site) -> Browser:
    browser = site.nobody()
    browser.post("/language", {"locale": "en"})
    return browser


def test_the_link_opens_a_page_with_one_button_and_changes_nothing(site: Site) -> None:
    booking, path = reminded(site)
    page = anybody(site).get(path).text
    for shown in ("Hallituksen kokous", "Sali A", "10 March 2027"):
        assert shown in page
    for hidden in ("Pyörätuolilla", "anna@demo.example", "Anna", "Virta"):
        assert hidden not in page
    main = page[page.index("<main") : page.index("</main>")]
    assert len(re.findall(r"<button", main)) == 1
    assert state(site, booking) == "approved"


def test_pressed_it_cancels_without_signing_in_and_ends(site: Site) -> None:
    booking, path = reminded(site)
    browser = anybody(site)
    answer = browser.post(path)
    assert (answer.status_code, answer.location) == (303, "/r/released")
    assert "The room has been released" in browser.get(answer.location).text
    assert state(site, booking) == "cancelled"
    for again in (browser.get(path), browser.post(path)):
        assert again.status_code == 404
        assert "This link does not work any more" in again.text
        assert "Hallituksen kokous" not in again.text


def test_it_says_before_that_it_is_late(site: Site) -> None:
    _booking, path = reminded(site)

    def set_hours(session: Any) -> None:
        session.get_one(Unit, site.world.rantakyla).late_cancel_hours = 24

    transaction(site.database, set_hours)
    said = "marked as a late cancellation"
    set_clock(site.app, at(9, 9, 30))
    assert said not in anybody(site).get(path).text
    set_clock(site.app, at(9, 11))
    assert said in anybody(site).get(path).text


@pytest.mark.parametrize("guess", ["x", "a" * 43, "..%2f..%2fbookings", "%00", "released2", "ä"])
def test_a_guess_gets_the_same_page_as_a_link_that_ended(site: Site, guess: str) -> None:
    booking, path = reminded(site)
    browser = anybody(site)
    browser.post(path)
    ended = browser.get(path)
    guessed = browser.get(f"/r/{guess}")
    assert guessed.status_code == 404
    if "%2f" not in guess:
        strip = re.compile(r'value="[^"]*"|next=[^"]*')
        assert strip.sub("", guessed.text) == strip.sub("", ended.text)
    assert booking.id


def test_a_link_ends_when_the_booking_begins(site: Site) -> None:
    booking, path = reminded(site)
    set_clock(site.app, booking.starts_at)
    browser = anybody(site)
    assert browser.get(path).status_code == 404
    assert browser.post(path).status_code == 404
    assert state(site, booking) == "approved"


def test_what_it_shows_is_kept_nowhere_and_its_address_passed_on_to_nobody(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging()  # it takes the stream of the moment
    _booking, path = reminded(site)
    browser = anybody(site)
    for answer in (browser.get(path), browser.post(path), browser.get(path)):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Robots-Tag"] == "noindex"
    logged = "".join(capsys.readouterr())
    assert '"path": "/r/' in logged
    assert path.removeprefix("/r/") not in logged


def test_a_form_from_elsewhere_is_refused(site: Site) -> None:
    booking, path = reminded(site)
    answer = site.nobody().client.post(path, base_url=BASE)
    assert answer.status_code == 400
    assert state(site, booking) == "approved"


def test_a_hostile_title_is_shown_as_text(site: Site) -> None:
    _booking, path = reminded(site, title="</h2><script>alert(1)</script>{{7*7}}")
    page = anybody(site).get(path).text
    assert "<script>alert" not in page
    assert "{{7*7}}" in page
