"""One's own account: name and language, a password or none, and where one is signed in."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import Database, reading
from booking.models import Person, SignIn
from tests.support.world import NOW, PASSWORD
from tests.web.asking import errors
from tests.web.conftest import BASE, Browser, Site, make_site
from tests.web.getting_in import ask
from tests.web.test_people import copy_cookie, sign_in

NEW = "kolmetoista koivua kaatuu"


def english(site: Site, who: str = "anna") -> Browser:
    browser = site.browser(who)
    browser.post("/language", {"locale": "en"})
    return browser


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/bookings").status_code == 200


def ids(site: Site, who: str) -> list[int]:
    with reading(site.database) as session:
        query = select(SignIn.id).where(SignIn.person_id == site.world.actors[who].person_id)
        return list(session.scalars(query.order_by(SignIn.id)))


def test_name_and_language_are_changed_and_nothing_else(site: Site) -> None:
    browser = site.browser("anna")
    sent = {
        "name": " Anna  Uusi ",
        "locale": "sv",
        "email": "veli@demo.example",
        "is_active": "",
        "person_id": site.world.veli.person_id,
        "totp_secret": "x",
    }
    assert browser.post("/account", sent).location == "/account"
    with reading(site.database) as session:
        person = session.get_one(Person, site.world.anna.person_id)
        assert (person.name, person.locale, person.email, person.is_active, person.totp_secret) == (
            "Anna Uusi",
            "sv",
            "anna@demo.example",
            True,
            None,
        )
    page = browser.get("/account").text
    assert '<html lang="sv">' in page
    assert "Anna Uusi" in page


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"name": "x" * 5000}, {"name": "\x00\u202e"}, {"locale": "xx"}, {"locale": ""}],
)
def test_what_can_not_be_kept_is_said_at_its_field(site: Site, changes: dict[str, str]) -> None:
    answer = site.browser("anna").post("/account", {"name": "Anna", "locale": "fi", **changes})
    assert (answer.status_code, len(errors(answer.text))) == (422, 1)


def test_sign_ins_are_listed_with_this_one_marked(site: Site) -> None:
    browser = english(site)
    site.browser("anna", NOW - timedelta(minutes=10))
    site.browser("veli")
    page = browser.get("/account").text
    assert page.count("Unknown device</strong>") == 2
    assert page.count("This device") == 1
    assert len(re.findall(r'action="/account/sign-ins/\d+/end"', page)) == 1


def test_one_other_sign_in_is_ended_at_once(site: Site) -> None:
    browser, other = site.browser("anna"), site.browser("anna")
    of_veli = site.browser("veli")
    second = ids(site, "anna")[1]
    assert browser.post(f"/account/sign-ins/{second}/end").status_code == 303
    assert not is_signed_in(other)
    [vels] = ids(site, "veli")
    assert browser.post(f"/account/sign-ins/{vels}/end").status_code == 404
    assert browser.post("/account/sign-ins/999999/end").status_code == 404
    assert (is_signed_in(browser), is_signed_in(of_veli)) == (True, True)


def test_all_others_end_or_all(site: Site) -> None:
    browser, other, thief = site.browser("anna"), site.browser("anna"), site.nobody()
    copy_cookie(browser, thief)
    browser.post("/account/sign-ins/end-others")
    assert (is_signed_in(browser), is_signed_in(other)) == (True, False)
    answer = browser.post("/account/sign-ins/end-all")
    assert (answer.status_code, answer.location) == (303, "/login?out=1")
    assert answer.headers["Clear-Site-Data"] == '"cookies", "storage"'
    assert (is_signed_in(browser), is_signed_in(thief)) == (False, False)
    assert ids(site, "anna") == []


def test_a_password_is_changed_and_ends_all_other_sign_ins(site: Site) -> None:
    browser, other = site.browser("anna"), site.browser("anna")
    answer = browser.post("/account/password", {"current": PASSWORD, "new": NEW})
    assert (answer.status_code, answer.location) == (303, "/account")
    assert (is_signed_in(browser), is_signed_in(other)) == (True, False)
    assert [sign_in(site.nobody(), password=one) for one in (PASSWORD, NEW)] == ["422", "/"]
    assert len(site.mails) == 1


def test_a_password_is_removed_and_set_again_without_one(site: Site) -> None:
    browser = site.browser("anna")
    assert 'name="current"' in browser.get("/account/password").text
    browser.post("/account/password/remove", {"current": PASSWORD})
    assert sign_in(site.nobody()) == "422"
    page = browser.get("/account/password").text
    assert 'name="current"' not in page
    assert browser.post("/account/password", {"new": NEW}).status_code == 303
    assert sign_in(site.nobody(), password=NEW) == "/"


def test_somebody_let_in_by_a_link_sets_their_first_password(site: Site) -> None:
    browser = site.nobody()
    mail = ask(site, browser, "uusi@example.fi")
    browser.post("/login/code", {"code": mail.code, "name": "Uusi Nimi"})
    assert browser.post("/account/password", {"new": NEW}).status_code == 303


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"current": "wrong", "new": NEW}, "The current password is wrong."),
        ({"new": NEW}, "The current password is wrong."),
        ({"current": PASSWORD, "new": ""}, "Enter a new password."),
        ({"current": PASSWORD, "new": "lyhyt"}, "Choose a password of at least 12 characters"),
        ({"current": PASSWORD, "new": "x" * 5000}, "Choose a password of at least 12 characters"),
        ({"current": PASSWORD, "new": "salasana1234"}, "This password is easy to guess."),
        ({"current": "\x00", "new": "\u202e" * 30}, "The current password is wrong."),
    ],
)
def test_a_password_that_may_not_be_is_said_at_its_field_and_shown_to_nobody(
    site: Site, form: dict[str, str], said: str
) -> None:
    browser = english(site)
    answer = browser.post("/account/password", form)
    assert answer.status_code == 422
    [told] = errors(answer.text)
    assert told.startswith(said)
    assert PASSWORD not in answer.text
    assert NEW not in answer.text
    assert sign_in(site.nobody()) == "/"


def test_removing_asks_for_the_password(site: Site) -> None:
    browser = english(site)
    for current, said in (("", "Enter your current"), ("wrong", "The current password is wrong")):
        answer = browser.post("/account/password/remove", {"current": current})
        assert answer.status_code == 422
        assert errors(answer.text)[0].startswith(said)
    assert sign_in(site.nobody()) == "/"


def test_the_current_password_is_not_guessed_without_end(
    database: Database, tmp_path: Path
) -> None:
    site = make_site(database, tmp_path)
    browser = site.browser("anna")
    token = browser.token()
    form = {"csrf_token": token, "current": "wrong", "new": NEW}
    found = [
        browser.client.post("/account/password", data=form, base_url=BASE).status_code
        for _ in range(11)
    ]
    assert found == [422] * 10 + [429]


def test_nobody_known_has_no_account_and_no_form_takes_a_forged_post(site: Site) -> None:
    posts: dict[str, dict[str, Any]] = {
        "/account": {"name": "Uusi", "locale": "fi"},
        "/account/password": {"current": PASSWORD, "new": NEW},
        "/account/password/remove": {"current": PASSWORD},
        f"/account/sign-ins/{1}/end": {},
        "/account/sign-ins/end-others": {},
        "/account/sign-ins/end-all": {},
        "/account/second-factor": {},
        "/account/second-factor/confirm": {"code": "1"},
        "/account/second-factor/end": {"code": "1"},
    }
    for path in ("/account", "/account/password", "/account/second-factor"):
        answer = site.nobody().get(path)
        assert (answer.status_code, answer.location.split("?")[0]) == (303, "/login")
    other, browser = site.browser("anna"), site.browser("anna")
    for path, form in posts.items():
        assert site.nobody().post(path, form).status_code == 303
        for forged in ({}, {"csrf_token": "forged"}, {"csrf_token": other.token()}):
            sent = browser.client.post(path, data={**form, **forged}, base_url=BASE)
            assert sent.status_code == 400, path
    assert (is_signed_in(browser), is_signed_in(other)) == (True, True)
    with reading(site.database) as session:
        person = session.get_one(Person, site.world.anna.person_id)
        assert (person.name, person.totp_secret) == ("Anna Virtanen", None)


def test_members_are_not_bothered_with_a_second_factor(site: Site) -> None:
    pages = {who: site.browser(who).get("/account").text for who in ("anna", "veli")}
    shown = {who: "/account/second-factor" in page for who, page in pages.items()}
    assert shown == {"anna": False, "veli": True}


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox, Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari, iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) "
            "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
            "Samsung Internet, Android",
        ),
        ("<script>alert(1)</script>" * 1000, None),
        ("", None),
    ],
)
def test_a_device_is_kept_in_words(site: Site, agent: str, words: str | None) -> None:
    browser = site.nobody()
    mail = ask(site, browser)
    browser.post("/login/code", {"code": mail.code}, headers={"User-Agent": agent})
    with reading(site.database) as session:
        assert session.scalars(select(SignIn.device)).one() == words
