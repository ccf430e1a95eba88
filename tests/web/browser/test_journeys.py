"""Whole tasks in the browser: a booking and an approval by keyboard only, and a booking with JavaScript off.

Each page opened here fails its test on a violation of the content security policy (see `tests.support.browser`).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.web.browser.conftest import OpenAs

# A room of veli's unit, and a day far enough ahead to be free in the demo's three months.
SEARCH = "/?day={day}&starts={starts}&ends={ends}&people=4&activity=meeting"
LONGEST_WAY = 400  # presses of Tab; a page has fewer stops


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is on what matches; fails when it never comes there."""
    for _ in range(LONGEST_WAY):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            assert is_marked(page), f"the focus on {selector} can not be seen"
            return
    raise AssertionError(f"the keyboard never reaches {selector}")


def is_marked(page: Page) -> object:
    """Whether what has the focus shows it."""
    return page.evaluate(
        "() => { const s = getComputedStyle(document.activeElement);"
        " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 3; }"
    )


def type_into(page: Page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.type(text)


def press(page: Page, selector: str) -> None:
    """Press Enter on what matches, and wait for the page it leads to."""
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def fill_the_rest(page: Page, title: str) -> None:
    """What a free slot's link has not filled in."""
    page.get_by_label("Tilaisuuden nimi", exact=True).fill(title)
    page.get_by_role("button", name="Lähetä varauspyyntö").click()


def free_day(number: int) -> str:
    """A weekday some weeks ahead, after the demo's own bookings; each test takes another."""
    day = datetime.now(UTC).date() + timedelta(days=100)
    day += timedelta(days=7 - day.weekday() + number)
    return f"{day.day}.{day.month}.{day.year}"


def test_a_booking_and_its_approval_by_keyboard_only(open_as: OpenAs) -> None:
    page = open_as("anna", "/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Siirry sisältöön")).to_be_focused()
    page.keyboard.press("Enter")  # past the menus
    type_into(page, "#day", free_day(0))
    type_into(page, "#starts", "9")
    type_into(page, "#ends", "11")
    type_into(page, "#people", "4")
    press(page, "main form button")
    expect(page.locator("#results")).to_be_focused()
    room = veli_s_room(open_as)
    press(page, f'a[href*="/bookings/new?room={room}&"]')
    # The first try lacks a title: the summary takes the focus and leads to the field.
    press(page, "main form > .actions button")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    tab_to(page, "[data-error-summary] a")
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_be_focused()
    page.keyboard.type("Näppäimistökokous")
    tab_to(page, "#activity-1")
    page.keyboard.press("Space")
    press(page, "main form > .actions button")
    expect(page.get_by_text("Varauspyyntö on lähetetty.")).to_be_visible()
    address = page.url

    page = open_as("veli", re.sub(r"^https?://[^/]+", "", address))
    press(page, 'main a.button[href$="/decide"]')
    tab_to(page, 'main input[name="decision"]')
    page.keyboard.press("Space")
    press(page, "main form.decide button.button")
    expect(page.locator(".decided").first).to_contain_text("Näppäimistökokous")
    page.goto(address)
    expect(page.locator("main .badge")).to_have_text("hyväksytty")


def veli_s_room(open_as: OpenAs) -> str:
    """The id of a published room whose bookings Veli decides."""
    page = open_as("veli", "/staff/rooms")
    published = page.locator("main li").filter(has=page.locator(".badge.approved"))
    href = published.locator(".main-link").first.get_attribute("href")
    assert href
    return href.rpartition("/")[2]


def test_a_whole_booking_without_javascript(open_as: OpenAs) -> None:
    page = open_as(
        None,
        SEARCH.format(day=free_day(1), starts=9, ends=11),
        java_script_enabled=False,
        viewport={"width": 320, "height": 700},
    )
    page.get_by_role("link", name=re.compile("^Varaa")).first.click()
    page.get_by_role("link", name="Kirjaudu ensin, jos olet varannut täällä ennen").click()
    page.locator("#password-email").fill("anna@demo.example")
    page.get_by_label("Salasana").fill("esteeton-yhteistila")
    page.locator("#by-password").get_by_role("button", name="Kirjaudu sisään").click()
    # Back at the form, with the slot of the link.
    expect(page.get_by_label("Päivä")).to_have_value(free_day(1))
    page.get_by_role("button", name="Lähetä varauspyyntö").click()
    expect(page.get_by_text("Korjaa nämä kohdat")).to_be_visible()
    fill_the_rest(page, "Ilman skriptejä")
    expect(page.get_by_text("Varauspyyntö on lähetetty.")).to_be_visible()
    page.get_by_role("link", name="Peru varaus").click()
    page.get_by_role("button", name="Peru varaus").click()
    expect(page.get_by_text("Varaus on peruttu.")).to_be_visible()


def test_a_form_is_sent_once_however_often_its_button_is_pressed(open_as: OpenAs) -> None:
    page = open_as("anna", SEARCH.format(day=free_day(2), starts=9, ends=11))
    page.get_by_role("link", name=re.compile("^Varaa")).first.click()
    page.get_by_label("Tilaisuuden nimi", exact=True).fill("Kahdesti painettu")
    page.get_by_role("button", name="Lähetä varauspyyntö").dblclick()
    expect(page.get_by_text("Varauspyyntö on lähetetty.")).to_be_visible()
    page.goto("/bookings")
    expect(page.get_by_role("link", name="Kahdesti painettu")).to_have_count(1)


def test_the_week_is_a_table_when_wide_and_a_list_when_narrow(open_as: OpenAs) -> None:
    page = open_as(None, "/rooms/1")
    expect(page.locator(".week")).to_be_visible()
    expect(page.locator(".agenda")).to_be_hidden()
    page.set_viewport_size({"width": 320, "height": 700})
    expect(page.locator(".week")).to_be_hidden()
    expect(page.locator(".agenda")).to_be_visible()


def test_a_page_prints_without_its_menus(open_as: OpenAs) -> None:
    page = open_as("anna", "/bookings")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Päävalikko")).to_be_hidden()
    expect(page.get_by_role("heading", name="Omat varaukset")).to_be_visible()
