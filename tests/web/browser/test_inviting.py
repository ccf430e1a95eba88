"""From an association to a new contact person, in a real browser: each page on the way is looked at for everybody."""

from __future__ import annotations

import re

from playwright.sync_api import Page

from tests.web.browser.conftest import OpenAs
from tests.web.browser.test_a11y import is_for_everybody

_BUTTON = "main form.form button.button"


def press(page: Page, selector: str = _BUTTON) -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()


def link_in_newest_mail(open_as: OpenAs, name: str) -> str:
    """The link of the newest invitation to act for the association called so; the worker writes other mails meanwhile."""
    page = open_as(None, "/demo/mails")
    while not page.locator("main .main-link", has_text=name).count():
        press(page, "main a[rel=next]")
    with page.expect_navigation():
        page.locator("main .main-link", has_text=name).first.click()
    found = re.search(r"/i/[\w-]{20,}", page.content())
    assert found
    return found[0]


def invite(open_as: OpenAs, organisation: str, email: str, role: str) -> str:
    """Invite somebody as the coordinator; the link that was mailed."""
    page = open_as("kaisa", f"{organisation}/invite")
    page.locator("input[name=email]").fill(email)
    page.locator(f"input[name=role][value={role}]").check()
    press(page)
    is_for_everybody(page)
    return link_in_newest_mail(open_as, page.locator("h1").inner_text())


def test_a_new_owner_hands_the_association_over_to_the_next(open_as: OpenAs) -> None:
    kaisa = open_as("kaisa", "/organisations/new")
    kaisa.locator("input[name=kind]").first.check()
    kaisa.locator("input[name=name]").fill("Tammikuun vaihto ry")
    press(kaisa)
    organisation = re.sub(r"^https?://[^/]+", "", kaisa.url)

    owner = open_as(None, invite(open_as, organisation, "vanha@example.fi", "owner"))
    is_for_everybody(owner)
    press(owner)  # without a name
    is_for_everybody(owner)
    owner.locator("input[name=name]").fill("Vanha Puheenjohtaja")
    press(owner)
    assert owner.url.endswith(organisation)
    owner.goto(f"{organisation}/hand-over")
    is_for_everybody(owner)
    owner.locator("input[name=email]").fill("uusi@example.fi")
    press(owner)

    link = link_in_newest_mail(open_as, "Tammikuun vaihto ry")
    is_for_everybody(open_as("anna", link))
    new = open_as(None, link)
    new.locator("input[name=name]").fill("Uusi Puheenjohtaja")
    press(new)
    assert "Vanha Puheenjohtaja" not in new.locator("#members").inner_text()
    gone = owner.goto(organisation)
    assert gone
    assert gone.status == 404


def test_who_has_an_account_is_led_to_the_sign_in(open_as: OpenAs) -> None:
    page = open_as(None, invite(open_as, "/organisations/2", "outi@demo.example", "booker"))
    is_for_everybody(page)
    press(page, 'main .actions a[href^="/login"]')
    assert "/login?next=/i/" in page.url
