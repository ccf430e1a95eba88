"""Every page, at 1280 and 320 px, light and dark: no axe violation, no scrolling sideways, targets large enough."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, Page

from booking.config import templates_folder
from booking.db import open_database
from booking.i18n import LOCALES
from booking.seed.people import DEMO_PASSWORD
from tests.web.browser.afterwards_pages import AFTERWARDS_PAGES
from tests.web.browser.conftest import OpenAs
from tests.web.browser.deciding_pages import DECIDING_PAGES
from tests.web.browser.info_pages import INFO_PAGES
from tests.web.browser.organisation_pages import ORGANISATION_PAGES
from tests.web.browser.people_pages import PEOPLE_PAGES
from tests.web.browser.room_pages import ROOM_PAGES
from tests.web.browser.series_new_pages import SERIES_NEW_PAGES
from tests.web.browser.series_pages import SERIES_PAGES
from tests.web.conftest import broken_database, make_site

TEMPLATES = templates_folder()

WIDTHS = (1280, 320)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@dataclass(frozen=True)
class Shown:
    """A page to look at: who opens it, its address, its template, and the links or buttons that lead on to it."""

    who: str | None
    path: str
    template: str
    then: tuple[str, ...] = ()  # selectors to press


_FORM = "main form button.button:not(.second)"
_DESCRIBE = "main .pictures .actions a >> nth=0"
_REMOVE = 'main .pictures a[href$="/remove"] >> nth=0'
_FIRST = "main .main-link >> nth=0"
_BOOKING = 'main .main-link[href^="/bookings/"] >> nth=0'
# The night when the clocks are put back, in a year that is open for booking for long.
_DOUBLED = "day=31.10.2027&starts=3.30&ends=5"


PAGES = {
    "search": Shown(None, "/", "search.html"),
    "found": Shown(
        None,
        "/?day=huomenna&starts=14&ends=16&people=5&features=induction_loop",
        "search.html",
    ),
    "search refused": Shown(None, "/?day=x&starts=17&ends=16&people=x", "search.html"),
    "every week": Shown(None, "/weekly", "search/weekly.html"),
    "dates found": Shown(
        None, "/weekly?day=huomenna&starts=14&ends=16&weeks=53&people=5", "search/weekly.html"
    ),
    "dates refused": Shown(None, "/weekly?day=x&starts=17&ends=16&weeks=1", "search/weekly.html"),
    "free now": Shown(None, "/now", "search/now.html"),
    "unit": Shown(None, "/units/1", "overview/unit.html"),
    "week of a unit": Shown(None, "/units/1/week", "overview/week.html"),
    "week of a municipality": Shown(None, "/municipalities/joensuu/week", "overview/week.html"),
    "day of a unit": Shown(None, "/units/1/day", "overview/day.html"),
    "month of a room": Shown(None, "/rooms/1/month", "overview/month.html"),
    "search in the doubled hour": Shown(None, f"/?{_DOUBLED}", "search.html"),
    "rooms": Shown(None, "/rooms", "rooms/catalogue.html"),
    "room": Shown(None, "/rooms/1", "rooms/show.html"),
    "rules of use": Shown(None, "/units/2/terms", "rooms/terms.html"),
    "room not open": Shown(None, "/rooms/15", "rooms/show.html"),
    "sign-in": Shown(None, "/login", "people/sign_in.html"),
    "signed out": Shown(None, "/login?out=1", "people/sign_in.html"),
    **{name: Shown(*page) for name, page in PEOPLE_PAGES.items()},
    "not found": Shown(None, "/nope", "error.html"),
    "new booking": Shown(
        "anna", "/bookings/new?room=1&day=huomenna&starts=14&ends=16", "bookings/new.html"
    ),
    "booking refused": Shown("anna", "/bookings/new", "bookings/new.html", (_FORM,)),
    "booking in the doubled hour": Shown(
        "anna", f"/bookings/new?room=1&{_DOUBLED}", "bookings/new.html", (_FORM,)
    ),
    "mine": Shown("anna", "/bookings", "bookings/mine.html"),
    "my booking": Shown("anna", "/bookings", "bookings/show.html", (_BOOKING,)),
    **{name: Shown(*page) for name, page in DECIDING_PAGES.items()},
    "rooms of my sites": Shown("veli", "/staff/rooms", "staff/rooms.html"),
    "pictures": Shown("veli", "/staff/rooms/1/images", "staff/images.html"),
    "pictures refused": Shown("veli", "/staff/rooms/1/images", "staff/images.html", (_FORM,)),
    "picture": Shown("veli", "/staff/rooms/1/images", "staff/image.html", (_DESCRIBE,)),
    "picture removed": Shown(
        "veli", "/staff/rooms/1/images", "staff/image_remove.html", (_REMOVE,)
    ),
    **{name: Shown(*page) for name, page in ROOM_PAGES.items()},
    "my sites": Shown("veli", "/staff/units", "staff/units.html"),
    "site": Shown("veli", "/staff/units/1", "staff/unit.html"),
    "contact of a site": Shown("veli", "/staff/units/1/edit", "staff/unit_edit.html"),
    "changes of a site": Shown("veli", "/staff/units/1/history", "staff/unit_history.html"),
    "holidays": Shown("veli", "/staff/units/1/holidays", "staff/unit_holidays.html"),
    "rules of use of a site": Shown("veli", "/staff/units/1/terms", "staff/terms.html"),
    "limits": Shown("veli", "/staff/units/1/quotas", "staff/quotas.html"),
    "usual week": Shown("veli", "/staff/units/1/hours/usual", "staff/hours.html"),
    "season refused": Shown("veli", "/staff/units/1/hours/new", "staff/hours.html", (_FORM,)),
    "closures": Shown("veli", "/staff/units/1/exceptions", "staff/exceptions.html"),
    "closure refused": Shown(
        "veli", "/staff/units/1/exceptions/new", "staff/unit_exception.html", (_FORM,)
    ),
    "closure": Shown(
        "veli",
        "/staff/units/1/exceptions",
        "staff/unit_exception.html",
        ("main .rows .button >> nth=0",),
    ),
    "places": Shown("yllapito", "/admin/places", "admin/places.html"),
    "region refused": Shown("yllapito", "/admin/places/regions/new", "admin/name.html", (_FORM,)),
    "municipality": Shown("yllapito", "/admin/places/municipalities/1", "admin/municipality.html"),
    "new site refused": Shown(
        "yllapito", "/admin/places/units/new", "admin/unit_new.html", (_FORM,)
    ),
    "where a site belongs": Shown("yllapito", "/admin/places/units/1", "admin/unit.html"),
    "closing a site": Shown("yllapito", "/admin/places/units/1/lending", "admin/lending.html"),
    **{name: Shown(*page) for name, page in INFO_PAGES.items()},
    **{name: Shown(*page) for name, page in ORGANISATION_PAGES.items()},
    **{name: Shown(*page) for name, page in AFTERWARDS_PAGES.items()},
    **{name: Shown(*page) for name, page in SERIES_NEW_PAGES.items()},
    **{name: Shown(*page) for name, page in SERIES_PAGES.items()},
    "demand": Shown("kaisa", "/staff/demand", "staff/demand.html"),
    "demand of a municipality": Shown("veli", "/staff/demand?place=joensuu", "staff/demand.html"),
    "demand refused": Shown("kaisa", "/staff/demand?first=x", "staff/demand.html"),
    "import": Shown("veli", "/staff/import", "staff/import.html"),
    "import without a file": Shown("veli", "/staff/import", "staff/import.html", (_FORM,)),
    "mails": Shown(None, "/demo/mails", "demo/mails.html"),
    "mail": Shown(None, "/demo/mails", "demo/mail.html", (_FIRST,)),
    "messages to me": Shown("veli", "/account/mails", "account/mails.html"),
    "undelivered messages": Shown("kaisa", "/staff/mails", "staff/failed_mails.html"),
    "history of a site": Shown("veli", "/audit/unit/1", "audit/show.html"),
    "history of a booking": Shown("kaisa", "/audit/booking/1", "audit/show.html"),
}


_IN_LANGUAGES = ("search", "found", "dates found", "day of a unit", "month of a room")


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
    for selector in shown.then:
        pressed = page.locator(selector)
        if pressed.evaluate("e => e.matches('[type=radio], [type=checkbox]')"):
            pressed.click()  # leads nowhere
            continue
        with page.expect_navigation():
            pressed.click()
    return page


def test_every_page_has_been_looked_at() -> None:
    pages = {
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if path.read_text(encoding="utf-8").startswith('{% extends "base.html" %}')
    }
    # Below, since one takes two browsers, the other a file; and in `test_afterwards.py`, since they take two persons or a mail.
    elsewhere = {
        "bookings/changed.html",
        "staff/import_preview.html",
        "organisations/hand_over.html",
        "organisations/invitation.html",
        "waiting/show.html",
        "reports/show.html",
        "release/show.html",
        # In `test_getting_in.py`, since they take a mail.
        "people/code.html",
        "people/link.html",
        "people/second_factor_code.html",
    }
    assert {shown.template for shown in PAGES.values()} | elsewhere == pages


def is_for_everybody(page: Page) -> None:
    """Assert it at both widths, light and dark."""
    for width, scheme in itertools.product(WIDTHS, SCHEMES):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        seen = (faults(page), sideways(page), small_targets(page))
        assert seen == ([], 0, []), (width, scheme)


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_for_everybody(open_as: OpenAs, name: str) -> None:
    is_for_everybody(opened(open_as, PAGES[name]))


@pytest.mark.parametrize("locale", ["sv-FI", "en-GB"])
def test_the_pages_in_other_languages_are_too(open_as: OpenAs, locale: str) -> None:
    for name in (*_IN_LANGUAGES, "rooms", "room", "sign-in"):
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


def sign_in(page: Page, who: str) -> None:
    page.locator("#password-email").fill(f"{who}@demo.example")
    page.get_by_label("Salasana").fill(DEMO_PASSWORD)
    with page.expect_navigation():
        page.locator("#by-password button").click()


def ask(page: Page, title: str) -> None:
    """Ask for the first room that is free some weeks ahead."""
    day = datetime.now(UTC).date() + timedelta(days=140)
    day += timedelta(days=7 - day.weekday())
    page.goto(f"/?day={day.day}.{day.month}.{day.year}&starts=9&ends=10&people=4&activity=meeting")
    page.get_by_role("link", name=re.compile("^Varaa")).first.click()
    page.get_by_label("Tilaisuuden nimi", exact=True).fill(title)


def test_a_message_after_the_sign_in_is_for_everybody_and_not_covered(open_as: OpenAs) -> None:
    page = open_as(None, "/login")
    sign_in(page, "anna")
    is_for_everybody(page)
    message = page.locator(".notice.good").bounding_box()
    band = page.locator(".band").bounding_box()
    assert message
    assert band
    assert message["y"] + message["height"] <= band["y"]


def test_a_form_kept_through_the_sign_in_is_for_everybody(open_as: OpenAs, demo: str) -> None:
    page = open_as(None, "/login")
    sign_in(page, "anna")
    ask(page, "Jää odottamaan")
    other = open_as(None, "/", storage_state=page.context.storage_state())
    other.get_by_role("button", name="Kirjaudu ulos").click()
    other.get_by_label("Salasana").wait_for()
    page.get_by_role("button", name="Lähetä varauspyyntö").click()
    page.get_by_text("Täyttämäsi tiedot säilyvät.").wait_for()
    is_for_everybody(page)


def test_what_a_booking_has_become_is_for_everybody(open_as: OpenAs) -> None:
    page = open_as("anna", "/")
    ask(page, "Muuttuu sillä välin")
    page.get_by_role("button", name="Lähetä varauspyyntö").click()
    page.get_by_text("Varauspyyntö on lähetetty.").wait_for()
    is_for_everybody(page)
    page.get_by_role("link", name="Peru varaus").click()
    other = open_as("anna", re.sub(r"^https?://[^/]+", "", page.url))
    other.get_by_role("button", name="Peru varaus").click()
    other.get_by_text("Varaus on peruttu.").wait_for()
    page.get_by_role("button", name="Peru varaus").click()
    page.get_by_role("heading", name="Varaus on muuttunut sillä välin").wait_for()
    is_for_everybody(page)


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ("UUSI,Rantakylän hyvinvointitalo,Uusi sali,25,", ".import-rows"),
        ("rantakyla-sali,Rantakylän hyvinvointitalo,Sali,1,", "#breaks"),
        ("UUSI,Olematon,Uusi sali,viisi,", "#faults"),
    ],
)
def test_what_a_file_would_change_is_for_everybody(open_as: OpenAs, row: str, shown: str) -> None:
    page = open_as("veli", "/staff/import")
    content = f"external_id,unit,name_fi,capacity,layouts\n{row}\n".encode()
    file = FilePayload(name="tilat.csv", mimeType="text/csv", buffer=content)
    page.locator("main input[type=file]").set_input_files(file)
    with page.expect_navigation():
        page.locator(_FORM).click()
    page.locator(shown).wait_for()
    is_for_everybody(page)


def test_a_fault_of_ours_is_told_to_everybody(
    open_as: OpenAs, sqlite_url: str, tmp_path: Path
) -> None:
    database = open_database(sqlite_url)
    site = make_site(database, tmp_path, demo=True)
    with broken_database(site.app):
        answer = site.nobody().get("/rooms")
    database.dispose()
    page = open_as(None, "/")
    # The demo has no fault to show, so the page of one is put in its way; style sheets are the demo's own.
    page.route(
        "**/rooms",
        lambda route: route.fulfill(status=500, headers=dict(answer.headers), body=answer.text),
    )
    page.goto("/rooms")
    page.get_by_role("link", name="Yritä uudelleen").wait_for()
    is_for_everybody(page)


# Words of headings, links and buttons that a line's end tears apart.
TORN = """() => [...document.querySelectorAll('h1, h2, h3, nav a, button, .button')]
    .filter(e => e.checkVisibility()).flatMap(e => {
        const torn = [], texts = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            for (const word of texts.currentNode.data.matchAll(/[^\\s-]+/g)) {
                const range = document.createRange();
                range.setStart(texts.currentNode, word.index);
                range.setEnd(texts.currentNode, word.index + word[0].length);
                const lines = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
                if (lines.size > 1) torn.push(word[0]);
            }
        }
        return torn;
    })"""


@pytest.mark.parametrize("locale", LOCALES)
def test_on_a_phone_words_stay_whole_and_the_header_small(open_as: OpenAs, locale: str) -> None:
    page = open_as(None, "/login", viewport={"width": 320, "height": 800})
    sign_in(page, "veli")
    page.locator(f".languages button[lang={locale}]").click()
    try:
        for path in (
            "/",
            "/rooms",
            "/rooms/1",
            "/bookings",
            "/staff",
            "/staff/rooms",
            "/staff/demand",
        ):
            page.goto(path)
            assert page.locator("html").get_attribute("lang") == locale
            assert page.evaluate(TORN) == [], path
            header = page.locator(".site-header").bounding_box()
            assert header
            assert header["height"] < 250
    finally:
        page.locator(
            ".languages button[lang=fi]"
        ).click()  # his language is kept, and others sign in as him
