"""Staff keep a room in a browser: what a change would break, and a walk through the room by keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import Page

from tests.web.browser.conftest import OpenAs
from tests.web.browser.test_a11y import is_for_everybody


def press_save(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form button.button").first.click()


def test_the_list_of_what_a_change_would_break_is_for_everybody(open_as: OpenAs) -> None:
    page = open_as("veli", "/staff/rooms/1/size")
    for field in page.locator("input[name^=layouts_]").all():
        field.fill("")
    page.locator("#capacity").fill("1")
    press_save(page)
    is_for_everybody(page)
    assert page.locator("#save-all-the-same").is_visible()
    assert page.locator(".broken").evaluate("e => e === document.activeElement")
    # The Enter key saves as the form's own button does, and that is refused again.
    page.locator("#capacity").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("#save-all-the-same").is_visible()
    page.goto("/staff/rooms/1")
    assert page.locator("#size dd").first.inner_text() != "1"


def test_bookings_that_would_meet_are_for_everybody(open_as: OpenAs) -> None:
    page = open_as("veli", "/staff/units/1/spaces/join")
    for number in (0, 1):
        page.locator("input[name=spaces]").nth(number).check()
    page.locator("#names").fill("Sali")
    press_save(page)
    assert page.locator("input[name=cancel]").count() >= 2
    is_for_everybody(page)


def test_a_walk_through_a_room_needs_no_mouse(open_as: OpenAs) -> None:
    page = open_as("veli", "/staff/rooms/2/accessibility")
    page.locator("details.fact summary").nth(10).focus()
    page.keyboard.press("Enter")
    fact = page.locator("details.fact").nth(10)
    assert fact.evaluate("e => e.open")
    page.keyboard.press("Tab")
    assert fact.locator("input[type=radio]:focus").count() == 1
    fact.locator("input[type=checkbox]").focus()
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert re.search(r"/staff/rooms/2(#accessibility)?$", page.url)
    assert page.locator(".notice.good").is_visible()
