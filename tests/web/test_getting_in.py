"""The mailed link and code: one page for all, one button, nothing told of who is known, nothing lost of what was wanted."""

from __future__ import annotations

import io
import json
import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.config import configure_logging
from booking.db import Database, reading, transaction
from booking.models import MailedLink, OutboxMessage, Person, SignIn
from booking.services.limits import GUESSES_FROM, MAILS_FROM, MAILS_TO
from tests.support.world import NOW, PASSWORD
from tests.web.conftest import BASE, Browser, Site, Statements, make_site, set_clock
from tests.web.getting_in import NEW, ask, last_mail
from tests.web.test_people import copy_cookie

ENGLISH = {"Accept-Language": "en"}


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/bookings").status_code == 200


def count(site: Site, model: type) -> int:
    with reading(site.database) as session:
        return session.scalars(select(func.count()).select_from(model)).one()


def main_of(page: str) -> str:
    """The page's own part, without what is drawn anew each time."""
    return re.sub('name="csrf_token" value="[^"]*"', "", page.partition("<main")[2])


def test_a_link_signs_in_by_one_button_in_any_browser(site: Site) -> None:
    mail = ask(site, site.nobody(), goal="/rooms/1?week=2027-03-08")
    assert mail.to == "anna@demo.example"
    phone = site.nobody()
    for _ in range(3):  # a scanner of mail, then its owner
        page = phone.get(mail.link)
        assert page.status_code == 200
        assert phone.client.head(mail.link, base_url=BASE).status_code == 200
    assert count(site, SignIn) == 0
    answer = phone.post(mail.link)
    assert (answer.status_code, answer.location) == (303, "/rooms/1?week=2027-03-08")
    assert is_signed_in(phone)
    assert "Anna Virtanen" in phone.get("/").text


def test_the_code_signs_in_the_browser_that_asked_and_no_other(site: Site) -> None:
    browser, other = site.nobody(), site.nobody()
    mail = ask(site, browser, goal="/rooms")
    ask(site, other, "veli@demo.example")
    assert other.post("/login/code", {"code": mail.code}).status_code == 422
    assert site.nobody().post("/login/code", {"code": mail.code}).location == "/login"
    answer = browser.post("/login/code", {"code": f"{mail.code[:3]} {mail.code[3:]}"})
    assert (answer.status_code, answer.location) == (303, "/rooms")
    assert is_signed_in(browser)


def test_a_link_page_stays_where_it_is(site: Site) -> None:
    mail = ask(site, site.nobody())
    for path in (mail.link, "/k/nobodys"):
        answer = site.nobody().get(path)
        found = {
            name: answer.headers[name]
            for name in ("Cache-Control", "Referrer-Policy", "X-Robots-Tag")
        }
        assert found == {
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex",
        }
        assert answer.text.count('href="https://') == 0


def test_the_links_token_is_not_logged(site: Site) -> None:
    mail = ask(site, site.nobody())
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    written = io.StringIO()
    configure_logging(written)
    try:
        browser = site.nobody()
        browser.get(mail.link)
        browser.post(mail.link)
    finally:
        root.handlers = handlers
        root.setLevel(level)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["path"] for line in lines if line.get("path") != "/login"] == ["/k/[redacted]"] * 2
    assert mail.link.removeprefix("/k/") not in written.getvalue()


def test_a_link_that_was_used_or_is_old_offers_a_new_one(site: Site) -> None:
    browser = site.nobody()
    mail = ask(site, browser, goal="/rooms")
    site.nobody().post(mail.link)
    newer = ask(site, browser, goal="/rooms/1")
    set_clock(site.app, NOW + timedelta(minutes=15))
    for path in (mail.link, newer.link):
        for answer in (browser.get(path), browser.post(path)):
            assert answer.status_code == 410
            assert 'value="anna@demo.example"' in answer.text
    fresh = ask(site, site.nobody(), of=newer.link.removeprefix("/k/"))
    answer = site.nobody().post(fresh.link)
    assert (answer.status_code, answer.location) == (303, "/rooms/1")


def test_an_old_code_offers_a_new_mail_that_leads_to_the_same_place(site: Site) -> None:
    browser = site.nobody()
    mail = ask(site, browser, goal="/rooms/1")
    set_clock(site.app, NOW + timedelta(minutes=20))
    answer = browser.post("/login/code", {"code": mail.code})
    assert answer.status_code == 422
    assert 'name="of" type="hidden" value="this-browser"' in answer.text
    newer = ask(site, browser, of="this-browser")
    assert browser.post("/login/code", {"code": newer.code}).location == "/rooms/1"


def test_whoever_asks_gets_the_same_answer_by_the_same_work(
    site: Site, statements: Statements
) -> None:
    def close(session: Session) -> None:
        session.get_one(Person, site.world.pekka.person_id).is_active = False

    transaction(site.database, close)
    ask(site, site.nobody())  # what the process remembers from its first mail on is no one's
    found = []
    for email in ("anna@demo.example", "pekka@demo.example", "nobody@demo.example"):
        browser = site.nobody()
        token = browser.token()
        statements.clear()
        mails = count(site, OutboxMessage)
        statements.clear()
        form = {"csrf_token": token, "email": email}
        answer = browser.client.post("/login/mail", data=form, base_url=BASE)
        asked = [re.sub(r"\(\?|\$\d.*", "", one)[:40] for one in statements]
        page = browser.get("/login/code")
        found.append(
            (
                answer.status_code,
                answer.location,
                answer.text,
                sorted(name for name, _ in answer.headers if name != "X-Request-Id"),
                asked,
                count(site, OutboxMessage) - mails,
                main_of(page.text).replace(email, "x"),
            )
        )
    assert found[0] == found[1] == found[2]
    assert found[0][5] == 1


def test_somebody_new_confirms_the_address_and_says_who_they_are(site: Site) -> None:
    browser = site.nobody()
    mail = ask(site, browser, NEW, goal="/rooms")
    answer = browser.post("/login/code", {"code": mail.code})
    assert answer.status_code == 200  # the code was right
    assert 'name="name"' in answer.text
    answer = browser.post("/login/code", {"code": mail.code, "name": " "})
    assert answer.status_code == 422
    answer = browser.post("/login/code", {"code": mail.code, "name": "Uusi Nimi"})
    assert (answer.status_code, answer.location) == (303, "/rooms")
    assert "Uusi Nimi" in browser.get("/rooms").text


def test_somebody_new_can_say_who_they_are_on_the_page_of_the_link(site: Site) -> None:
    mail = ask(site, site.nobody(), NEW)
    phone = site.nobody()
    assert 'name="name"' in phone.get(mail.link).text
    assert phone.post(mail.link, {"name": ""}).status_code == 422
    assert phone.post(mail.link, {"name": "x" * 121}).status_code == 422
    assert phone.post(mail.link, {"name": "Uusi <b>Nimi"}).location == "/"
    assert "Uusi &lt;b&gt;Nimi" in phone.get("/").text


def test_a_wrong_code_tells_nothing_of_who_is_known(site: Site) -> None:
    pages = []
    for email in ("anna@demo.example", NEW):
        browser = site.nobody()
        mail = ask(site, browser, email)
        wrong = "000000" if mail.code != "000000" else "111111"
        answer = browser.post("/login/code", {"code": wrong})
        assert answer.status_code == 422
        pages.append(main_of(answer.text).replace(email, "x"))
    assert pages[0] == pages[1]


def test_too_many_mails_are_refused_with_what_to_do(database: Database, tmp_path: Path) -> None:
    site = make_site(database, tmp_path)
    for _ in range(MAILS_TO.times):
        ask(site, site.nobody())
    answer = site.nobody().post("/login/mail", {"email": "anna@demo.example"}, headers=ENGLISH)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60 + 1
    assert "Look for the newest one" in answer.text
    assert 'value="anna@demo.example"' in answer.text


def test_forged_addresses_of_a_client_are_of_no_help(database: Database, tmp_path: Path) -> None:
    site = make_site(database, tmp_path)
    browser = site.nobody()
    sent = [
        browser.post(
            "/login/mail",
            {"email": f"a{number}@example.fi"},
            headers={"X-Forwarded-For": f"192.0.2.{number}"},
        ).status_code
        for number in range(MAILS_FROM.times + 1)
    ]
    assert sent == [303] * MAILS_FROM.times + [429]


def test_behind_a_proxy_each_client_is_counted_by_what_the_proxy_says(
    database: Database, tmp_path: Path
) -> None:
    site = make_site(database, tmp_path, trusted_proxies=1)
    browser = site.nobody()

    def sent(forged: str, real: str) -> int:
        number = count(site, MailedLink)
        return browser.post(
            "/login/mail",
            {"email": f"a{number}@example.fi"},
            headers={"X-Forwarded-For": f"{forged}, {real}"},
        ).status_code

    found = [sent(f"198.51.100.{n}", "2001:db8::1") for n in range(MAILS_FROM.times)]
    assert found == [303] * MAILS_FROM.times
    # Another address of the same household; then somebody else.
    assert sent("198.51.100.99", "2001:db8::2") == 429
    assert sent("198.51.100.99", "2001:db8:0:1::1") == 303


def test_passwords_tried_at_many_addresses_make_the_client_wait_and_the_owner_gets_in(
    database: Database, tmp_path: Path
) -> None:
    site = make_site(database, tmp_path)
    browser = site.nobody()
    token = browser.token()

    def guess(number: int) -> int:
        email = "anna@demo.example" if number < 10 else f"a{number}@example.fi"
        form = {"csrf_token": token, "email": email, "password": "x"}
        headers = {"X-Forwarded-For": f"192.0.2.{number}"}
        return browser.client.post("/login", data=form, headers=headers, base_url=BASE).status_code

    found = [guess(number) for number in range(GUESSES_FROM.times + 1)]
    assert found == [422] * GUESSES_FROM.times + [429]
    owner = site.nobody()
    right = {"email": "anna@demo.example", "password": PASSWORD}
    assert owner.post("/login", right).status_code == 429
    mail = ask(site, owner)
    assert owner.post("/login/code", {"code": mail.code}).status_code == 303
    assert is_signed_in(owner)


@pytest.mark.parametrize(
    "email",
    [
        "",
        "x",
        "x" * 5000,
        "x" * 5000 + "@demo.example",
        "аnna@demo.example",
        "anna@dеmo.example",
        "a@b.fi\r\nBcc: x@y.fi",
        "a@b.fi,c@d.fi",
        "a@b\x00.fi",
        "\U0001f600@b.fi",
        "{{7*7}}@b.fi",
    ],
)
def test_what_is_no_address_is_said_at_its_field(site: Site, email: str) -> None:
    answer = site.nobody().post("/login/mail", {"email": email})
    # An address may hold braces; all else can't be one.
    assert answer.status_code == (303 if email.startswith("{{") else 422)
    assert count(site, OutboxMessage) == (1 if email.startswith("{{") else 0)


def test_another_spelling_of_an_address_is_the_same_person(site: Site) -> None:
    browser = site.nobody()
    mail = ask(site, browser, " ANNA@Demo.Example ")
    browser.post("/login/code", {"code": mail.code})
    assert "Anna Virtanen" in browser.get("/").text


@pytest.mark.parametrize(
    "goal",
    [
        "//evil.example/",
        "/\t/evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\r\nSet-Cookie: a=b",
        "/ä",
        "/" + "x" * 600,
        "http:/evil.example",
    ],
)
def test_a_goal_elsewhere_leads_to_the_front_page(site: Site, goal: str) -> None:
    browser = site.nobody()
    mail = ask(site, browser, goal=goal)
    assert browser.post("/login/code", {"code": mail.code}).location == "/"


@pytest.mark.parametrize("code", ["", "x" * 5000, "\x00", "١٢٣٤٥٦", "12 34", "' OR 1=1", "-1"])
def test_what_is_no_code_is_refused(site: Site, code: str) -> None:
    browser = site.nobody()
    ask(site, browser)
    assert browser.post("/login/code", {"code": code}).status_code == 422
    assert not is_signed_in(browser)


@pytest.mark.parametrize("token", ["x", "x" * 5000, "%00", "%F0%9F%98%80", "%ff", "'--", "a%2Fb"])
def test_a_token_that_is_nobodys_is_never_a_fault_of_ours(site: Site, token: str) -> None:
    for answer in (site.nobody().get(f"/k/{token}"), site.nobody().post(f"/k/{token}")):
        assert answer.status_code in {404, 410}


def test_the_forms_take_no_forged_post(site: Site) -> None:
    mail = ask(site, site.nobody())
    for path, form in (
        ("/login/mail", {"email": "anna@demo.example"}),
        ("/login/code", {"code": mail.code}),
        (mail.link, {}),
        ("/login", {"email": "anna@demo.example", "password": PASSWORD}),
    ):
        for token in ({}, {"csrf_token": ""}, {"csrf_token": "forged"}):
            client = site.app.test_client()
            assert client.post(path, data={**form, **token}, base_url=BASE).status_code == 400
    assert (count(site, SignIn), count(site, OutboxMessage)) == (0, 1)


def test_a_foreign_host_gets_no_mail_written(site: Site) -> None:
    browser = site.nobody()
    form = {"csrf_token": browser.token(), "email": "anna@demo.example"}
    answer = browser.client.post("/login/mail", data=form, base_url="http://evil.example")
    assert (answer.status_code, count(site, OutboxMessage)) == (400, 0)
    forwarded = {"X-Forwarded-Host": "evil.example"}
    browser.post("/login/mail", {"email": "anna@demo.example"}, headers=forwarded)
    assert "evil.example" not in last_mail(site).body


def test_who_is_signed_in_on_the_browser_is_signed_out_by_the_link_of_another(site: Site) -> None:
    browser, thief = site.browser("veli"), site.nobody()
    copy_cookie(browser, thief)
    mail = ask(site, site.nobody())
    assert "Veli Vastaava" in browser.get(mail.link).text
    browser.post(mail.link)
    assert "Anna Virtanen" in browser.get("/").text
    assert not is_signed_in(thief)


def test_a_closed_account_is_told_so_once_its_address_is_confirmed(site: Site) -> None:
    browser = site.nobody()
    mail = ask(site, browser)

    def close(session: Session) -> None:
        session.get_one(Person, site.world.anna.person_id).is_active = False

    transaction(site.database, close)
    answer = browser.post(mail.link, {}, headers=ENGLISH)
    assert answer.status_code == 410
    assert "has been closed" in answer.text
    assert count(site, SignIn) == 0


def test_the_page_of_the_code_leads_back_who_has_asked_for_nothing(site: Site) -> None:
    for browser in (site.nobody(), site.browser("anna")):
        answer = browser.get("/login/code")
        assert (answer.status_code, answer.location) == (303, "/login")


@pytest.mark.parametrize("is_demo", [False, True])
def test_only_the_demo_says_where_its_mails_are(
    database: Database, tmp_path: Path, is_demo: bool
) -> None:
    site = make_site(database, tmp_path, demo=is_demo)
    browser = site.nobody()
    ask(site, browser)
    page = main_of(browser.get("/login/code").text)
    assert ("/demo/mails" in page) == is_demo
