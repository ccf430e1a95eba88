"""Waiting, releasing and reporting in a real browser: from one page to the next, each looked at for everybody."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy.orm import Session

from booking.db import open_database, transaction
from booking.models import Booking
from booking.services.decisions import decide_booking
from booking.services.release import make_release_link
from tests.support.world import NOW, make_booking
from tests.web.browser.conftest import OpenAs
from tests.web.browser.test_a11y import is_for_everybody
from tests.web.conftest import make_site

_BUTTON = "main form button.button:not(.second)"


def address_of_slot(page: Page) -> str:
    """The form of asking, filled with the room and time of the booking that is shown."""
    href = page.locator('main a[href^="/bookings/new"]').get_attribute("href")
    file = page.locator('main a[href$="/booking.ics"]').get_attribute("href")
    assert href
    assert file
    answer = page.request.get(re.sub(r"(https?://[^/]+).*", r"\1", page.url) + file)
    found = re.search(r"DTSTART;TZID=Europe/Helsinki:(\d{4})(\d\d)(\d\d)", answer.text())
    assert found
    year, month, day = found.groups()
    return f"{href}&day={int(day)}.{int(month)}.{year}"


def test_from_a_taken_time_to_a_place_on_the_waiting_list(open_as: OpenAs) -> None:
    page = open_as("anna", "/bookings")
    with page.expect_navigation():
        page.locator('main .main-link[href^="/bookings/"]').first.click()
    page.goto(address_of_slot(page))
    rules = page.locator("input[name=terms]")
    if rules.count():
        rules.check()
    with page.expect_navigation():
        page.locator("main form.form button.button:not(.second)").click()
    wait = page.locator('main form[action="/waiting"] button')
    is_for_everybody(page)
    with page.expect_navigation():
        wait.click()
    assert re.search(r"/waiting/\d+$", page.url)
    is_for_everybody(page)
    with page.expect_navigation():
        page.locator('main form[action$="/leave"] button').click()
    assert page.url.endswith("/bookings")


def test_from_something_broken_to_its_answer(open_as: OpenAs) -> None:
    page = open_as("anna", "/reports/new?room=1")
    page.locator("input[value=damage]").check()
    page.locator("textarea[name=text]").fill("Kaide irtosi seinästä.")
    with page.expect_navigation():
        page.locator(_BUTTON).click()
    assert page.url.endswith("/rooms/1")
    staff = open_as("veli", "/staff/reports")
    is_for_everybody(staff)
    with staff.expect_navigation():
        staff.locator("main .main-link").first.click()
    is_for_everybody(staff)
    staff.locator("textarea[name=answer]").fill("Kaide on korjattu.")
    with staff.expect_navigation():
        staff.locator(_BUTTON).click()
    assert staff.url.endswith("/staff/reports")


def test_the_page_that_releases_a_room_is_for_everybody(
    open_as: OpenAs, sqlite_url: str, tmp_path: Path
) -> None:
    database = open_database(sqlite_url)
    site = make_site(database, tmp_path, demo=True)
    booking = make_booking(database, site.world)

    def remind(session: Session) -> str:
        decide_booking(session, booking.id, "approve", 1, None, actor=site.world.veli, now=NOW)
        return make_release_link(session.get_one(Booking, booking.id))

    path = "/r/" + transaction(database, remind).partition("/r/")[2]
    answer = site.nobody().get(path)
    database.dispose()
    page = open_as(None, "/")
    # The demo reminds of nothing today, so the page is put in its way; style sheets are the demo's own.
    page.route(
        "**/r/*", lambda route: route.fulfill(headers=dict(answer.headers), body=answer.text)
    )
    page.goto(path)
    is_for_everybody(page)
