"""Deciding in the browser: by keyboard only and taken back, without JavaScript on a phone, each answer for everybody."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser.conftest import OpenAs
from tests.web.browser.test_a11y import is_for_everybody
from tests.web.browser.test_journeys import press, tab_to

# A request by itself: the dates of a series are one row, with a page of their own.
_REQUEST = 'main .queue .main-link[href^="/bookings/"]'
_SAVE = "main form.decide button.button"


def choose(page: Page, decision: str) -> None:
    """Go to the answers by Tab, and to this one by the arrows."""
    tab_to(page, 'main input[name="decision"]')
    page.keyboard.press("Space")
    for _ in range(("approve", "conditional", "reject").index(decision)):
        page.keyboard.press("ArrowDown")
    assert page.locator('main input[name="decision"]:checked').get_attribute("value") == decision


def test_a_request_is_rejected_by_keyboard_only_and_taken_back(open_as: OpenAs) -> None:
    page = open_as("veli", "/staff")
    # The last one: other tests look at the first.
    title = page.locator(_REQUEST).last.inner_text()
    page.locator(_REQUEST).last.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    choose(page, "reject")
    expect(page.locator("#message")).to_be_hidden()
    press(page, _SAVE)
    expect(page.locator("[data-error-summary]")).to_be_focused()
    tab_to(page, "[data-error-summary] a")
    page.keyboard.press("Enter")
    expect(page.locator("#reason")).to_be_focused()
    page.keyboard.type("Tila remontoidaan.")
    press(page, _SAVE)
    expect(page.locator(".decided").first).to_contain_text(title)
    is_for_everybody(page)
    press(page, ".decided button")
    assert page.url.endswith("/decide")
    expect(page.locator("main .notice.good")).to_be_visible()


def test_a_request_is_approved_on_a_phone_without_javascript(open_as: OpenAs) -> None:
    page = open_as(
        "veli",
        "/staff",
        java_script_enabled=False,
        viewport={"width": 320, "height": 700},
    )
    page.locator('main .queue a.button[href^="/bookings/"]').last.click()
    page.locator("main .to-decision a").click()
    page.locator('main label[for="decision-1"]').click()
    page.locator("#condition").fill("Tuokaa oma jatkojohto.")
    page.locator(_SAVE).click()
    page.locator(".decided button").first.click()
    expect(page.locator("main form.decide")).to_be_visible()


@pytest.mark.parametrize("decision", ["approve", "conditional", "reject"])
def test_what_an_answer_needs_is_for_everybody(open_as: OpenAs, decision: str) -> None:
    page = open_as("veli", "/staff")
    page.locator(_REQUEST).first.click()
    page.locator(f'main input[name="decision"][value="{decision}"]').check()
    shown = {
        name: page.locator(f"#{name}").is_visible() for name in ("message", "condition", "reason")
    }
    assert shown == {
        "message": decision != "reject",
        "condition": decision == "conditional",
        "reason": decision == "reject",
    }
    is_for_everybody(page)
