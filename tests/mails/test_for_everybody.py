"""The mails in a real browser, as wide as a mail program and as a phone, light and dark: readable for everybody."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from booking.db import Database, open_database
from tests.mails.scenes import mail_of, speak
from tests.support.browser import NewPage
from tests.support.world import World, make_world

WIDTHS = (600, 320)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# A mail is part of somebody else's page, which has the landmarks.
RULES = {rule: {"enabled": False} for rule in ("region", "landmark-one-main")}


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """How a mail looks has nothing to do with the kind of database."""
    opened = open_database(sqlite_url)
    yield opened
    opened.dispose()


@pytest.fixture
def world(database: Database) -> World:
    made = make_world(database)
    speak(database, made, "sv")
    return made


def faults(page: Page) -> list[str]:
    found = Axe().run(page, options={"rules": RULES}).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]


# One of each make: facts, several lines and languages, a list, a code to type, an answer.
@pytest.mark.parametrize(
    "scene", ["approved", "rejected", "digest", "sign_in", "invitation", "report_answered"]
)
def test_a_mail_is_for_everybody(
    database: Database, world: World, new_page: NewPage, scene: str
) -> None:
    page = new_page()
    page.set_content(mail_of(database, world, scene).html or "")
    for width, scheme in itertools.product(WIDTHS, SCHEMES):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        sideways = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert (faults(page), sideways) == ([], 0), (width, scheme)
    assert page.locator("html").get_attribute("lang") == "sv"
    assert page.locator("h1").count() == 1


def test_a_mail_loads_nothing_from_anywhere(
    database: Database, world: World, new_page: NewPage
) -> None:
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(mail_of(database, world, "approved").html or "")
    assert asked == []
    assert page.locator("img, script, link, iframe, form").count() == 0
