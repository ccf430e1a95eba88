"""The second factor on the pages: required of staff or offered, set up once, asked for before anything else is open."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from booking.db import Database, reading
from booking.models import Person, SignIn
from tests.support.authenticator import Authenticator
from tests.support.world import NOW, PASSWORD
from tests.web.asking import errors
from tests.web.conftest import Browser, Site, make_site, set_clock
from tests.web.getting_in import ask, hidden, last_mail, strangers_form
from tests.web.test_people import copy_cookie

LATER = NOW + timedelta(minutes=5)
CODE = "/login/second-factor"


def begin(browser: Browser) -> Authenticator:
    """Begin, and type the key of the page into an app."""
    browser.post("/account/second-factor")
    page = browser.get("/account/second-factor").text
    key = re.search(r'class="key"><code>([A-Z2-7 ]+)<', page)
    assert key
    return Authenticator(key[1].replace(" ", ""))


def set_up(site: Site, who: str = "veli") -> Authenticator:
    """`who` sets a second factor up at NOW; the clock then stands at LATER."""
    set_clock(site.app, NOW)
    browser = site.browser(who)
    app = begin(browser)
    answer = browser.post("/account/second-factor/confirm", {"code": app.code(NOW)})
    assert (answer.status_code, answer.location) == (303, "/account")
    set_clock(site.app, LATER)
    return app


def by_password(site: Site, who: str = "veli", goal: str = "/staff") -> tuple[Browser, str]:
    browser = site.nobody()
    form = {"email": f"{who}@demo.example", "password": PASSWORD, "next": goal}
    return browser, browser.post("/login", form).location


@pytest.fixture
def strict(database: Database, tmp_path: Path) -> Site:
    """The pages where the county requires a second factor of its staff."""
    return make_site(database, tmp_path, staff_second_factor="required", demo=True)


def test_a_second_factor_is_set_up_by_picture_or_key_and_a_code(site: Site) -> None:
    browser, other = site.browser("veli"), site.browser("veli")
    app = begin(browser)
    page = browser.get("/account/second-factor").text
    picture = re.search(r"<svg[^>]*qr[^>]*>.*?</svg>", page, re.DOTALL)
    assert picture
    # Our content policy takes no style of its own, and the picture must not smuggle any.
    assert re.findall(r"style|<script|http(?!://www\.w3\.org)", picture[0]) == []
    wrong = browser.post("/account/second-factor/confirm", {"code": app.wrong_code(NOW)})
    assert (wrong.status_code, len(errors(wrong.text))) == (422, 1)
    assert begin_key(wrong.text) == app.secret
    assert (
        browser.post("/account/second-factor/confirm", {"code": app.code(NOW)}).status_code == 303
    )
    assert browser.get("/staff").status_code == 200
    assert other.get("/staff").status_code == 303
    page = browser.get("/account/second-factor").text
    assert app.secret not in page.replace(" ", "")
    # One that is in use is not drawn anew by a slip.
    assert browser.post("/account/second-factor").status_code == 422


def begin_key(page: str) -> str:
    key = re.search(r'class="key"><code>([A-Z2-7 ]+)<', page)
    assert key
    return key[1].replace(" ", "")


@pytest.mark.parametrize("way", ["password", "link", "code"])
def test_signing_in_asks_for_a_code_whatever_the_way(site: Site, way: str) -> None:
    app = set_up(site)
    browser = site.nobody()
    if way == "password":
        browser, goal = by_password(site)
    else:
        mail = ask(site, browser, "veli@demo.example", goal="/staff")
        answer = (
            browser.post(mail.link)
            if way == "link"
            else browser.post("/login/code", {"code": mail.code})
        )
        goal = answer.location
    assert goal == "/login/second-factor?next=/staff"
    page = browser.get(goal)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    answer = browser.post(CODE, {"code": app.code(LATER), "next": "/staff"})
    assert (answer.status_code, answer.location) == (303, "/staff")
    assert browser.get("/staff").status_code == 200


def test_until_the_code_is_given_nothing_else_opens(site: Site) -> None:
    set_up(site)
    browser, _ = by_password(site)
    for path in (
        "/",
        "/staff",
        "/bookings",
        "/account",
        "/rooms",
        "/account/second-factor",
        "/login",
    ):
        answer = browser.get(path)
        assert (answer.status_code, answer.location.split("?")[0]) == (303, CODE), path
    for path, form in (
        ("/account/sign-ins/end-others", {}),
        ("/account/second-factor/end", {"code": "1"}),
        ("/bookings/new", strangers_form(site)),
    ):
        answer = browser.post(path, form)
        assert (answer.status_code, answer.location.split("?")[0]) == (303, CODE), path
    assert "Veli Vastaava" not in browser.get(CODE).text
    assert browser.get("/livez").status_code == 200
    assert browser.get("/nope").status_code == 404


def test_who_awaits_a_code_may_sign_out(site: Site) -> None:
    set_up(site)
    browser, _ = by_password(site)
    assert browser.post("/logout").location == "/login?out=1"
    assert browser.get(CODE).location == "/"
    with reading(site.database) as session:
        assert session.scalars(select(SignIn.awaits_totp)).all() == [False]


def test_the_cookie_from_before_the_code_is_worth_nothing_after_it(site: Site) -> None:
    app = set_up(site)
    browser, _ = by_password(site)
    thief = site.nobody()
    copy_cookie(browser, thief)
    browser.post(CODE, {"code": app.code(LATER)})
    assert browser.get("/staff").status_code == 200
    assert thief.get("/staff").location.startswith("/login?")


def test_the_fifth_wrong_code_ends_the_sign_in(site: Site) -> None:
    app = set_up(site)
    browser, _ = by_password(site)
    found = [browser.post(CODE, {"code": app.wrong_code(LATER)}) for _ in range(5)]
    assert [answer.status_code for answer in found] == [422] * 5
    assert 'name="password"' in found[-1].text
    assert 'name="password"' not in found[-2].text
    assert browser.post(CODE, {"code": app.code(LATER)}).location == "/"
    assert browser.get("/staff").location.startswith("/login?")


def test_after_ten_wrong_codes_one_waits(site: Site) -> None:
    app = set_up(site)
    for _ in range(2):
        browser, _goal = by_password(site)
        for _ in range(5):
            browser.post(CODE, {"code": app.wrong_code(LATER)})
    browser, _goal = by_password(site)
    answer = browser.post(CODE, {"code": app.code(LATER)})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60 + 1


@pytest.mark.parametrize("code", ["", "x" * 5000, "\x00", "١٢٣٤٥٦", "-1", "' OR 1=1"])
def test_what_is_no_code_is_refused(site: Site, code: str) -> None:
    set_up(site)
    browser, _ = by_password(site)
    assert browser.post(CODE, {"code": code}).status_code == 422


@pytest.mark.parametrize("goal", ["//evil.example", "https://evil.example", "/\\evil.example", "x"])
def test_a_goal_elsewhere_leads_to_the_front_page(site: Site, goal: str) -> None:
    app = set_up(site)
    browser, _ = by_password(site)
    page = browser.get(CODE, query_string={"next": goal}).text
    assert hidden(page.partition("<main")[2])["next"] == ""
    answer = browser.post(CODE, {"code": app.code(LATER), "next": goal})
    assert answer.location == "/"


def test_a_booking_form_survives_the_second_factor_too(site: Site) -> None:
    app = set_up(site)
    browser = site.nobody()
    typed = strangers_form(site, email="veli@demo.example", how="password")
    kept = {**hidden(browser.post("/bookings/new", typed).text), "password": PASSWORD}
    kept.pop("how", None)
    goal = browser.post("/bookings/new", kept).location
    page = browser.get(goal)
    answer = browser.post(CODE, {"code": app.code(LATER), "next": hidden(page.text)["next"]})
    assert hidden(browser.get(answer.location).text)["needs"] == "Pyörätuolilla kulkeva osallistuja"


def test_another_phone_takes_its_place_by_a_code_of_the_first(site: Site) -> None:
    app = set_up(site)
    browser, _ = by_password(site)
    browser.post(CODE, {"code": app.code(LATER)})
    wrong = browser.post("/account/second-factor/end", {"code": app.wrong_code(LATER)})
    assert wrong.status_code == 422
    browser.post("/account/second-factor/end", {"code": app.code(LATER, 1)})
    with reading(site.database) as session:
        person = session.get_one(Person, site.world.veli.person_id)
        assert (person.totp_secret, person.totp_confirmed_at) == (None, None)
    assert begin(browser).secret != app.secret


def test_staff_set_it_up_before_anything_else_where_it_is_required(strict: Site) -> None:
    browser, goal = by_password(strict)
    assert goal == "/staff"
    for path in ("/staff", "/", "/account", "/bookings/new"):
        answer = browser.get(path)
        assert (answer.status_code, answer.location.split("?")[0]) == (
            303,
            "/account/second-factor",
        )
    answer = browser.post("/account/sign-ins/end-others")
    assert answer.location.split("?")[0] == "/account/second-factor"
    page = browser.get("/account/second-factor?next=/staff").text
    browser.post("/account/second-factor", {"next": hidden(page)["next"]})
    page = browser.get("/account/second-factor?next=/staff").text
    app = Authenticator(begin_key(page))
    form = {"code": app.code(NOW), "next": hidden(page)["next"]}
    answer = browser.post("/account/second-factor/confirm", form)
    assert answer.location == "/staff"
    assert browser.get("/staff").status_code == 200


def test_members_need_none_where_staff_do(strict: Site) -> None:
    assert strict.browser("anna").get("/bookings").status_code == 200
    assert strict.browser("outi").get("/account").status_code == 200
    assert strict.nobody().get("/").status_code == 200
    for who in ("viivi", "veli", "aino", "kaisa", "yllapito"):
        answer = strict.browser(who).get("/")
        assert answer.location == "/account/second-factor?next=/", who


def test_staff_may_sign_out_and_change_the_language_before_they_set_it_up(strict: Site) -> None:
    browser = strict.browser("veli")
    page = browser.get("/account/second-factor").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    for path, form in (("/language", {"locale": "sv"}), ("/logout", {})):
        sent = browser.client.post(
            path, data={**form, "csrf_token": token[1]}, base_url="http://127.0.0.1:8000"
        )
        assert sent.status_code == 303
        assert "second-factor" not in sent.location


def test_the_mail_of_a_changed_factor_reaches_the_worker(site: Site) -> None:
    set_up(site)
    assert len(site.mails) == 1
    browser = site.nobody()
    ask(site, browser, "veli@demo.example")
    assert last_mail(site).to == "veli@demo.example"
