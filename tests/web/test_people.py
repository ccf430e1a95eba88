"""Signing in and out, and the language."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from booking.db import Database, reading
from booking.models import Person, SignIn
from tests.support.world import NOW, PASSWORD
from tests.web.conftest import BASE, Browser, Site, make_site, set_clock


def sign_in(browser: Browser, who: str = "anna", password: str = PASSWORD, goal: str = "") -> str:
    """Sign in by the form; where it led, or the status."""
    form = {"email": f"{who}@demo.example", "password": password, "next": goal}
    answer = browser.post("/login", form)
    return answer.location if answer.status_code == 303 else str(answer.status_code)


def copy_cookie(browser: Browser, thief: Browser) -> None:
    cookie = browser.client.get_cookie("__Host-yhteistila", domain="127.0.0.1")
    assert cookie
    thief.client.set_cookie(
        "__Host-yhteistila", cookie.value, domain="127.0.0.1", path="/", secure=True
    )


def sign_ins(site: Site) -> int:
    with reading(site.database) as session:
        return session.scalars(select(func.count()).select_from(SignIn)).one()


def test_a_person_signs_in_and_out(site: Site) -> None:
    browser = site.nobody()
    assert sign_in(browser) == "/"
    assert "Anna Virtanen" in browser.get("/").text
    answer = browser.post("/logout")
    assert (answer.status_code, answer.location) == (303, "/login?out=1")
    assert answer.headers["Clear-Site-Data"] == '"cookies", "storage"'
    assert "Olet kirjautunut ulos." in browser.get(answer.location).text
    assert browser.get("/bookings").status_code == 303
    assert sign_ins(site) == 0


def test_signing_in_anew_ends_the_sign_in_the_browser_had(site: Site) -> None:
    browser, thief = site.nobody(), site.nobody()
    sign_in(browser)
    copy_cookie(browser, thief)
    sign_in(browser, "veli")
    assert "Veli Vastaava" in browser.get("/").text
    assert thief.get("/bookings").status_code == 303
    assert sign_ins(site) == 1


def test_a_wrong_password_leaves_the_sign_in_one_has(site: Site) -> None:
    browser = site.nobody()
    sign_in(browser)
    assert sign_in(browser, "veli", "väärä salasana") == "422"
    assert "Anna Virtanen" in browser.get("/").text
    assert sign_ins(site) == 1


@pytest.mark.parametrize(
    ("locale", "greeting"),
    [("fi", "Olet kirjautunut sisään."), ("sv", "Du är inloggad."), ("en", "You are signed in.")],
)
def test_the_greeting_is_in_the_persons_language(site: Site, locale: str, greeting: str) -> None:
    site.browser("anna").post("/language", {"locale": locale})
    browser = site.nobody()
    browser.post("/language", {"locale": "sv" if locale != "sv" else "en"})
    sign_in(browser)
    page = browser.get("/").text
    assert f'<html lang="{locale}">' in page
    assert greeting in page


def test_a_copied_cookie_is_dead_after_signing_out(site: Site) -> None:
    browser, thief = site.nobody(), site.nobody()
    sign_in(browser)
    copy_cookie(browser, thief)
    assert thief.get("/bookings").status_code == 200
    browser.post("/logout")
    assert thief.get("/bookings").status_code == 303


def test_unknown_address_and_wrong_password_get_the_same_answer(site: Site) -> None:
    pages = []
    for address in ("anna@demo.example", "eikukaan@demo.example"):
        answer = site.nobody().post("/login", {"email": address, "password": "väärä salasana"})
        assert answer.status_code == 422
        assert "Sähköpostiosoite tai salasana on väärin." in answer.text
        body = answer.text.partition("<main")[2].partition("</form>")[0]
        pages.append(re.sub('value="[^"]*"', "", body))
    assert pages[0] == pages[1]


def test_after_ten_wrong_guesses_even_the_right_one_must_wait(
    database: Database, tmp_path: Path
) -> None:
    browser = make_site(database, tmp_path).nobody()  # the demo's password is no secret to guard
    for _ in range(10):
        assert sign_in(browser, password="väärä salasana") == "422"
    answer = browser.post("/login", {"email": "anna@demo.example", "password": PASSWORD})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60 + 1
    assert "Kirjautumista on yritetty liian monta kertaa. Odota 1" in answer.text


@pytest.mark.parametrize(
    "goal",
    [
        "//evil.example/",
        "/\t/evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\r\nSet-Cookie: a=b",
        "\\\\evil.example",
        "/ä",
        "",
        "bookings",
        "/" + "\x00",
        "http:/evil.example",
    ],
)
def test_a_goal_elsewhere_leads_to_the_front_page(site: Site, goal: str) -> None:
    assert sign_in(site.nobody(), goal=goal) == "/"


def test_a_goal_of_ours_is_kept(site: Site) -> None:
    assert sign_in(site.nobody(), goal="/rooms/1?week=2027-03-08") == "/rooms/1?week=2027-03-08"


def test_a_sign_in_ends_when_it_was_idle_too_long(site: Site) -> None:
    browser = site.browser("veli")
    assert browser.get("/bookings").status_code == 200
    set_clock(site.app, NOW + timedelta(minutes=29))
    assert browser.get("/bookings").status_code == 200
    set_clock(site.app, NOW + timedelta(minutes=58))
    assert browser.get("/bookings").status_code == 200
    set_clock(site.app, NOW + timedelta(minutes=89))
    assert browser.get("/bookings").status_code == 303


def test_the_language_is_chosen_by_post_and_kept(site: Site) -> None:
    browser = site.nobody()
    answer = browser.post("/language", {"locale": "sv", "next": "/rooms"})
    assert (answer.status_code, answer.location) == (303, "/rooms")
    assert '<html lang="sv">' in browser.get("/rooms").text
    assert browser.post("/language", {"locale": "xx"}).status_code == 422
    assert browser.get("/language").status_code == 405


def test_a_signed_in_person_keeps_the_language_everywhere(site: Site) -> None:
    site.browser("anna").post("/language", {"locale": "en"})
    assert '<html lang="en">' in site.browser("anna").get("/bookings").text
    with reading(site.database) as session:
        found = session.scalars(select(Person.locale).where(Person.name == "Anna Virtanen")).one()
    assert found == "en"


def test_the_browsers_wish_counts_for_who_has_not_chosen(site: Site) -> None:
    wish = {"Accept-Language": "de, en;q=0.8, fi;q=0.5"}
    assert '<html lang="en">' in site.nobody().get("/", headers=wish).text
    assert '<html lang="fi">' in site.nobody().get("/").text


def test_the_cookie_is_bound_to_the_host_and_out_of_reach(site: Site) -> None:
    cookie = site.nobody().get("/login").headers["Set-Cookie"]
    assert cookie.startswith("__Host-yhteistila=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_signing_in_changes_the_csrf_token(site: Site) -> None:
    browser = site.nobody()
    before = browser.token()
    sign_in(browser)
    answer = browser.client.post("/logout", data={"csrf_token": before}, base_url=BASE)
    assert answer.status_code == 400
