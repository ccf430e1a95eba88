"""Every page, at 1280 and 320 px, light and dark: no axe violation, no scrolling sideways, targets large enough."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.web.browser.conftest import OpenAs

WIDTHS = (1280, 320)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@dataclass(frozen=True)
class Shown:
    """A page to look at: who opens it, its address, and the link or button that leads on to it."""

    who: str | None
    path: str
    then: str = ""  # a selector to press


PAGES = {
    "search": Shown(None, "/"),
    "found": Shown(None, "/?day=huomenna&starts=14&ends=16&people=5&features=induction_loop"),
    "search refused": Shown(None, "/?day=x&starts=17&ends=16&people=x"),
    "rooms": Shown(None, "/rooms"),
    "room": Shown(None, "/rooms/1"),
    "room not open": Shown(None, "/rooms/15"),
    "sign-in": Shown(None, "/login"),
    "signed out": Shown(None, "/login?out=1"),
    "sign-in refused": Shown(None, "/login", "main form button"),
    "not found": Shown(None, "/nope"),
    "new booking": Shown("anna", "/bookings/new?room=1&day=huomenna&starts=14&ends=16"),
    "booking refused": Shown("anna", "/bookings/new", "main form button"),
    "no organisation": Shown("outi", "/bookings/new"),
    "mine": Shown("anna", "/bookings"),
    "my booking": Shown("anna", "/bookings", "main .main-link >> nth=0"),
    "queue": Shown("veli", "/staff"),
    "request": Shown("veli", "/staff", "main .main-link >> nth=0"),
    "rooms of my sites": Shown("veli", "/staff/rooms"),
    "blocks": Shown("veli", "/staff/rooms", "main .rows .button >> nth=0"),
    "mails": Shown(None, "/demo/mails"),
    "mail": Shown(None, "/demo/mails", "main .main-link >> nth=0"),
}


def faults(page: Page) -> list[str]:
    """What axe finds wrong, a line each."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]


def sideways(page: Page) -> Any:
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def small_targets(page: Page) -> Any:
    """Buttons and fields lower than 44 px, and links outside of running text lower than 24 px (WCAG 2.5.8)."""
    return page.evaluate(
        """() => [...document.querySelectorAll('a, button, input, select, textarea, summary')]
        .filter(e => e.checkVisibility() && e.type !== 'hidden' && !e.closest('p, dd, .choice, .skip, .echo')
            && !e.matches('.skip'))
        .filter(e => e.getBoundingClientRect().height < (e.matches('a:not(.button), summary') ? 24 : 43.9))
        .map(e => e.outerHTML.slice(0, 120))"""
    )


def opened(open_as: OpenAs, shown: Shown) -> Page:
    page = open_as(shown.who, shown.path)
    if shown.then:
        page.locator(shown.then).click()
        page.wait_for_load_state()
    return page


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_for_everybody(open_as: OpenAs, name: str) -> None:
    page = opened(open_as, PAGES[name])
    for width, scheme in itertools.product(WIDTHS, SCHEMES):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        seen = (faults(page), sideways(page), small_targets(page))
        assert seen == ([], 0, []), (width, scheme)


@pytest.mark.parametrize("locale", ["sv-FI", "en-GB"])
def test_the_pages_in_other_languages_are_too(open_as: OpenAs, locale: str) -> None:
    for name in ("search", "found", "rooms", "room", "sign-in"):
        shown = PAGES[name]
        page = open_as(
            shown.who,
            shown.path.replace("huomenna", "tomorrow"),
            viewport={"width": 320, "height": 800},
            locale=locale,
        )
        assert page.locator("html").get_attribute("lang") == locale[:2]
        assert (faults(page), sideways(page)) == ([], 0), name
        page.context.close()


def test_text_at_twice_the_size_still_fits(open_as: OpenAs) -> None:
    page = open_as("anna", "/rooms/1", viewport={"width": 640, "height": 800})
    page.evaluate("document.documentElement.style.fontSize = '225%'")
    assert sideways(page) == 0
