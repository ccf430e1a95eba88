"""Getting in by what the demo would have mailed: a whole first contact by keyboard without JavaScript, and the pages of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
from playwright.sync_api import Page, expect

from tests.web.browser.conftest import OpenAs
from tests.web.browser.test_a11y import is_for_everybody
from tests.web.browser.test_journeys import press, tab_to, type_into

PHONE = {"viewport": {"width": 360, "height": 740}}


@dataclass(frozen=True)
class Mail:
    """The link and the code of a mail."""

    link: str
    code: str


def mail_to(open_as: OpenAs, address: str) -> Mail:
    """The newest mail of the demo to an address."""
    page = open_as(None, "/demo/mails")
    page.locator("main li", has_text=address).first.locator("a").first.click()
    page.wait_for_load_state()
    told = " ".join(frame.content() for frame in page.frames)
    link = re.search(r"/k/[\w-]{43}", told)
    code = re.search(r"\b(\d{3}) (\d{3})\b", re.sub("<[^>]+>", " ", told))
    assert link
    assert code
    page.close()
    return Mail(link[0], code[1] + code[2])


def free_slot(open_as: OpenAs, number: int, **options: Any) -> Page:
    """The form of a free slot as its link opens it, to nobody known; each test takes another day."""
    day = datetime.now(UTC).date() + timedelta(days=150)
    day += timedelta(days=7 - day.weekday() + number)
    when = f"{day.day}.{day.month}.{day.year}"
    page = open_as(None, f"/?day={when}&starts=9&ends=11&people=4&activity=meeting", **options)
    href = page.locator('main a[href^="/bookings/new"]').first.get_attribute("href")
    assert href
    page.goto(href)
    return page


def first_step(page: Page, address: str) -> None:
    type_into(page, "#title", "Ensimmäinen kokous")
    type_into(page, "#needs", "Hiljainen nurkka")
    if page.locator("#terms").count():
        tab_to(page, "#terms")
        page.keyboard.press("Space")
    type_into(page, "#own_name", "Hilja Testaaja")
    type_into(page, "#email", address)
    press(page, "main form > .actions button")


def test_a_first_contact_by_keyboard_only_without_javascript_on_a_phone(open_as: OpenAs) -> None:
    address = "hilja@example.fi"
    page = free_slot(open_as, 0, java_script_enabled=False, **PHONE)
    first_step(page, address)
    assert page.url.endswith("/login/code")
    type_into(page, "#code", mail_to(open_as, address).code)
    page.keyboard.press("Enter")
    page.locator("#org_name").wait_for()
    type_into(page, "#org_name", "Hiljan yhdistys")
    tab_to(page, "#org_kind")
    page.keyboard.press("ArrowDown")  # unregistered
    # Without a responsible person it comes back, and nothing is lost.
    press(page, "main form > .actions button")
    expect(page.locator("#org_name")).to_have_value("Hiljan yhdistys")
    type_into(page, "#org_responsible_name", "Hilja Testaaja")
    press(page, "main form > .actions button")
    assert re.search(r"/bookings/\d+$", page.url)
    expect(page.get_by_role("heading", name="Ensimmäinen kokous")).to_be_visible()
    expect(page.get_by_text("Hiljan yhdistys").first).to_be_visible()
    expect(page.get_by_text("Hiljainen nurkka")).to_be_visible()


def test_the_pages_of_a_first_contact_are_for_everybody(open_as: OpenAs) -> None:
    address = "impi@example.fi"
    page = free_slot(open_as, 1)
    first_step(page, address)
    is_for_everybody(page)
    mail = mail_to(open_as, address)
    phone = open_as(None, mail.link)
    is_for_everybody(phone)
    page.locator("#code").fill("x")
    press(page, "main form button")
    is_for_everybody(page)
    phone.locator("main form button").click()
    phone.locator("#org_name").wait_for()
    is_for_everybody(phone)
    phone.locator("main details summary").click()
    is_for_everybody(phone)
    late = open_as(None, mail.link)
    is_for_everybody(late)


def enter(open_as: OpenAs, address: str) -> Page:
    """A page on which the code of a mail has just been sent in."""
    page = open_as(None, "/login")
    page.locator("#email").fill(address)
    with page.expect_navigation():
        page.locator("#email").press("Enter")
    page.locator("#code").fill(mail_to(open_as, address).code)
    with page.expect_navigation():
        page.locator("#code").press("Enter")
    return page


def test_somebody_new_says_who_they_are_and_sets_up_a_second_factor(open_as: OpenAs) -> None:
    address = "lempi@example.fi"
    page = enter(open_as, address)
    is_for_everybody(page)
    page.locator("#name").fill("Lempi Testaaja")
    with page.expect_navigation():
        page.locator("#name").press("Enter")
    expect(page.get_by_text("Lempi Testaaja")).to_be_visible()
    page.goto("/account/second-factor")
    with page.expect_navigation():
        page.locator("main form button").first.click()
    is_for_everybody(page)
    app = pyotp.TOTP(page.locator(".key code").inner_text().replace(" ", ""))
    now = datetime.now(UTC)
    page.locator("#code").fill(app.at(now))
    with page.expect_navigation():
        page.locator("#code").press("Enter")
    assert page.url.endswith("/account")
    is_for_everybody(page)
    page.goto("/account/second-factor")
    is_for_everybody(page)
    other = enter(open_as, address)
    assert "/login/second-factor" in other.url
    is_for_everybody(other)
    # The code before it has been used; the one after it counts already.
    other.locator("#code").fill(app.at(now + timedelta(seconds=30)))
    with other.expect_navigation():
        other.locator("#code").press("Enter")
    expect(other.get_by_text("Lempi Testaaja")).to_be_visible()
