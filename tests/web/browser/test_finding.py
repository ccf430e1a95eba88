"""Finding a room in a real browser without JavaScript: from a taken time to the next one, and from a week to a free date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page

from tests.web.browser.conftest import OpenAs


def a_saturday_ahead() -> str:
    """A day some weeks ahead on which few houses are open, as people write it."""
    day = datetime.now(UTC).date() + timedelta(days=30)
    day += timedelta(days=5 - day.weekday())
    return f"{day.day}.{day.month}.{day.year}"


def plain(open_as: OpenAs, path: str) -> Page:
    return open_as("anna", path, java_script_enabled=False, viewport={"width": 320, "height": 800})


def test_from_a_closed_time_the_next_free_one_leads_to_the_form(open_as: OpenAs) -> None:
    page = plain(open_as, "/")
    page.get_by_label("Päivä").fill(a_saturday_ahead())
    page.get_by_label("Alkaa klo").fill("22")
    page.get_by_label("Päättyy klo").fill("23")
    page.get_by_role("button", name="Etsi vapaat tilat").click()
    link = page.locator("#not-free ~ ul a.button").first
    said = link.inner_text()
    link.click()
    day, starts = (page.locator(f"#{name}").input_value() for name in ("day", "starts"))
    assert day.rpartition(".")[2] in said  # the year
    assert f"klo {starts}–" in said


def test_a_week_is_searched_by_keyboard_and_a_free_date_booked(open_as: OpenAs) -> None:
    page = plain(open_as, "/weekly")
    page.locator("#day").focus()
    for typed in ("huomenna", "14", "16", "5", "4"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.locator("#weeks").press("Enter")
    room = page.locator(".season > li").first
    room.locator("summary").last.press("Enter")
    room.locator("details[open] a.chip").first.press("Enter")
    assert page.locator("#starts").input_value() == "14.00"
