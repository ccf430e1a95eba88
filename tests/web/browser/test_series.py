"""A season in the browser: a year of dates asked for by keyboard on a phone, also without JavaScript; then changed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser.conftest import OpenAs
from tests.web.browser.test_a11y import is_for_everybody, sideways, small_targets
from tests.web.browser.test_journeys import press, tab_to

_PHONE = {"width": 320, "height": 700}
_LOOK = "main form .actions button:not(.second)"


def address(hour: int, title: str, times: int = 52) -> str:
    """The form of a series in a room of Veli's: weekly from next week on, at an hour of its own."""
    day = datetime.now(UTC).date() + timedelta(days=7)
    return (
        f"/series/new?room=1&day={day.day}.{day.month}.{day.year}&starts={hour}&ends={hour + 1}"
        f"&people=5&activity=meeting&repeats=week&times={times}&title={title}"
    )


def accept_the_rules(page: Page) -> None:
    """Where the site has rules of use."""
    if page.locator("input[name=terms]").count():
        tab_to(page, "input[name=terms]")
        page.keyboard.press("Space")


def rows(page: Page) -> int:
    return page.locator("main .date-choice").count() + page.locator("main .free-dates li").count()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_year_of_dates_is_looked_at_and_asked_for_by_keyboard_on_a_phone(
    open_as: OpenAs, scripts: bool
) -> None:
    title = "Vuosi-skriptein" if scripts else "Vuosi-ilman"
    page = open_as(
        "anna",
        address(14 if scripts else 15, title),
        viewport=_PHONE,
        java_script_enabled=scripts,
    )
    accept_the_rules(page)
    press(page, _LOOK)
    assert (rows(page), sideways(page), small_targets(page)) == (52, 0, [])
    # At each date that is not free the choice is reached by Tab, and changed by the arrows.
    chosen = page.locator("main fieldset.date-choice")
    assert chosen.count() > 0
    for number in range(chosen.count()):
        name = chosen.nth(number).locator("input").first.get_attribute("name")
        tab_to(page, f'input[name="{name}"]')
        page.keyboard.press("ArrowDown")
        picked = page.locator(f'input[name="{name}"]:checked')
        assert picked.get_attribute("value") != "out"
    press(page, _LOOK)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    assert re.search(r"/series/\d+$", page.url)
    assert sideways(page) == 0


def test_a_series_that_was_asked_for_is_changed_and_ended_by_keyboard(open_as: OpenAs) -> None:
    page = open_as("anna", address(9, "Lyhyt-kausi", 4))
    accept_the_rules(page)
    press(page, _LOOK)
    press(page, _LOOK)
    press(page, 'main .actions a[href$="/change"]')
    tab_to(page, '[name="repeats"]')
    for _step in range(4):
        page.keyboard.press("ArrowDown")
    expect(page.locator('[name="repeats"]:checked')).to_have_value("nth_weekday")
    expect(page.locator("#day")).to_be_visible()
    expect(page.locator("#weeks")).to_be_hidden()
    is_for_everybody(page)
    page.locator("#times").focus()
    page.keyboard.type("2")
    press(page, _LOOK)
    expect(page.locator("main .diff li").first).to_be_visible()
    is_for_everybody(page)
    press(page, _LOOK)
    press(page, 'main .actions a[href$="/cancel"]')
    press(page, "main form .actions button")
    expect(page.locator("main .series-dates .state.requested")).to_have_count(0)
