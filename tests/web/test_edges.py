"""What holds for every answer, whoever gives it: headers, hosts, sizes, CSRF, error pages, static files, health."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from booking.app import create_app
from booking.db import Database, open_database, reading, transaction
from booking.errors import DatabaseBusy
from booking.models import Booking, OutboxMessage, Person
from booking.web import edge
from booking.web.outer import HEADERS
from booking.web.security import allowed_hosts
from booking.web.static_files import addresses
from tests.support.world import NOW, make_booking
from tests.web.conftest import BASE, Site, broken_database, make_site

EVERY_KIND = (
    ("/", 200),
    ("/rooms", 200),
    ("/login", 200),
    ("/nope", 404),
    ("/language", 405),
    ("/bookings", 303),
    ("/feeds/rooms/1.ics", 200),
    ("/feeds/rooms/999.ics", 404),
    ("/livez", 200),
    ("/readyz", 200),
    ("/robots.txt", 200),
    ("/static/nope.css", 404),
    (addresses()["base.css"], 200),
    ("/api/v1/rooms", 200),
    ("/api/v1/nope", 404),
)


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[Site]:
    """The pages in demo mode over SQLite: nothing here depends on the kind of database."""
    database = open_database(sqlite_url)
    yield make_site(database, tmp_path, demo=True)
    database.dispose()


@pytest.mark.parametrize(("path", "status"), EVERY_KIND)
def test_every_answer_bears_safe_headers_and_a_number(site: Site, path: str, status: int) -> None:
    answer = site.nobody().get(path)
    assert answer.status_code == status
    for name, value in HEADERS:
        assert answer.headers.getlist(name) == [value]
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-Id"])
    assert "Strict-Transport-Security" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_over_https_browsers_are_told_to_stay_there(
    sqlite_url: str, tmp_path: Path, site: Site
) -> None:
    settings = dataclasses.replace(
        site.app.extensions["yhteistila"].settings, base_url="https://tilat.example"
    )
    client = create_app(settings, site.database).test_client()
    answer = client.get("/", base_url="https://tilat.example")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert client.get("/", base_url="https://evil.example").status_code == 400


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:9999", "127.0.0.1.evil.example:8000"])
def test_a_foreign_host_is_refused(site: Site, host: str) -> None:
    for path in ("/", "/login", "/nope", "/rooms/"):
        answer = site.nobody().get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert "evil" not in answer.text


def test_the_hosts_are_those_of_the_base_url() -> None:
    assert allowed_hosts("https://Tilat.example") == {"tilat.example"}
    assert allowed_hosts("http://127.0.0.1:8000") == {
        "127.0.0.1:8000",
        "localhost:8000",
        "[::1]:8000",
    }


def test_forwarded_headers_count_only_from_trusted_proxies(site: Site) -> None:
    forged = {"X-Forwarded-Host": "evil.example"}
    assert site.nobody().get("/", headers=forged).status_code == 200
    settings = dataclasses.replace(site.app.extensions["yhteistila"].settings, trusted_proxies=1)
    client = create_app(settings, site.database).test_client()
    assert client.get("/", base_url=BASE, headers=forged).status_code == 400


def test_pages_of_the_signed_in_are_not_kept(site: Site) -> None:
    assert site.browser("anna").get("/rooms").headers["Cache-Control"] == "no-store"
    assert site.nobody().get("/rooms").headers["Cache-Control"] == "private, no-cache"


def test_static_files_are_kept_for_ever_under_names_that_change(site: Site) -> None:
    for address in addresses().values():
        answer = site.nobody().get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers
    assert site.nobody().get("/static/../security.py").status_code == 404


def test_pages_name_only_files_that_are_there(site: Site) -> None:
    page = site.nobody().get("/").text
    named = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    assert named == set(addresses().values())


def test_nothing_is_inline_or_from_elsewhere(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    browser = site.browser("veli")
    for path in ("/", "/rooms", "/rooms/1", "/staff", f"/bookings/{booking.id}", "/demo/mails"):
        page = browser.get(path).text
        assert " style=" not in page
        assert "<style" not in page
        assert not re.search(r"<script(?! type=\"module\" src=)", page)
        assert not re.search(r"\son\w+=", page)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_a_form_without_our_token_changes_nothing(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    browser, other = site.browser("anna"), site.browser("toini")
    path = f"/bookings/{booking.id}/cancel"
    forged: list[dict[str, Any]] = [
        {"data": {"version": "1"}},
        {"data": {"version": "1", "csrf_token": "x"}},
        {"data": {"version": "1", "csrf_token": other.token()}},
        {"json": {"version": "1"}},
        {"data": {"version": "1"}, "headers": {"X-HTTP-Method-Override": "POST"}},
    ]
    for options in forged:
        answer = browser.client.post(path, base_url=BASE, **options)
        assert answer.status_code == 400
        assert "Palaa takaisin, avaa sivu uudelleen" in answer.text
    browser.get(f"{path}?version=1&_method=POST&csrf_token={browser.token()}")
    with reading(site.database) as session:
        assert session.get_one(Booking, booking.id).state == "requested"


def test_a_form_survives_the_change_of_the_secret(site: Site) -> None:
    browser = site.browser("anna")
    token = browser.token()
    settings = site.app.extensions["yhteistila"].settings
    rotated = dataclasses.replace(
        settings, secret_key="n" * 48, secret_key_fallbacks=(settings.secret_key,)
    )
    app = create_app(rotated, site.database)
    edge.install(app, dataclasses.replace(app.extensions["yhteistila"], clock=lambda: NOW))
    client = app.test_client()
    cookie = browser.client.get_cookie("__Host-yhteistila", domain="127.0.0.1")
    assert cookie
    client.set_cookie("__Host-yhteistila", cookie.value, domain="127.0.0.1", path="/")
    form = {"csrf_token": token, "locale": "sv"}
    assert client.post("/language", data=form, base_url=BASE).status_code == 303


def test_a_wrong_method_is_told_which_are_right(site: Site) -> None:
    answer = site.nobody().get("/logout")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
    assert site.nobody().client.open("/", method="TRACE", base_url=BASE).status_code == 405


def test_a_head_is_a_get_without_its_body(site: Site) -> None:
    for path in ("/", "/rooms/1", "/feeds/rooms/1.ics", addresses()["base.css"]):
        answer = site.nobody().client.head(path, base_url=BASE, buffered=True)
        assert (answer.status_code, answer.data) == (200, b"")


# Werkzeug leaves the files of a form it stops reading to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_is_too_large_is_refused_before_it_is_read(site: Site) -> None:
    browser = site.nobody()
    large: list[dict[str, Any]] = [
        {"data": {"email": "x" * 300_000}},
        {"data": "&".join(["a=b"] * 200_000), "content_type": "application/x-www-form-urlencoded"},
        {"data": {"file": (io.BytesIO(b"x" * 300_000), "a.bin")}},
        {"data": {f"f{n}": (io.BytesIO(b""), "a") for n in range(300)}},
    ]
    for options in large:
        answer = browser.client.post("/login", base_url=BASE, buffered=True, **options)
        assert answer.status_code == 413
        assert "lyhennä tekstiä" in answer.text


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("fi", "Sivua ei löytynyt"),
        ("sv", "Sidan hittades inte"),
        ("en", "We did not find the page"),
    ],
)
def test_error_pages_speak_the_readers_language(site: Site, language: str, title: str) -> None:
    answer = site.nobody().get("/nope", headers={"Accept-Language": language})
    assert f"<h1>{title}</h1>" in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_machines_get_a_line_of_text_and_no_cookie(site: Site) -> None:
    answer = site.nobody().get("/feeds/rooms/999.ics")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "Set-Cookie" not in answer.headers


def test_a_fault_of_ours_is_a_page_that_tells_nothing(site: Site) -> None:
    with broken_database(site.app):
        answer = site.nobody().get("/rooms")
    assert answer.status_code == 500
    assert "Palvelussa tapahtui virhe" in answer.text
    assert "no such table" not in answer.text
    assert "Traceback" not in answer.text


class BusyDatabase(Database):
    """A database whose turn to write never comes."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.engine, None)

    def writer(self) -> Any:
        """Refuse."""
        raise DatabaseBusy


def test_a_busy_database_is_told_with_when_to_try_again(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    browser = site.browser("anna")
    token = browser.token()
    kept = site.app.extensions["yhteistila"]
    edge.install(site.app, dataclasses.replace(kept, database=BusyDatabase(kept.database)))
    form = {"version": "1", "csrf_token": token}
    answer = browser.client.post(f"/bookings/{booking.id}/cancel", data=form, base_url=BASE)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "Mitään ei tallennettu." in answer.text


def test_robots_may_read_the_feeds(site: Site) -> None:
    assert "Allow: /feeds/" in site.nobody().get("/robots.txt").text


def test_the_mails_of_the_demo_exist_in_the_demo_only(site: Site, tmp_path: Path) -> None:
    make_booking(site.database, site.world, title="<script>alert(1)</script>")
    with reading(site.database) as session:
        of_anna = select(OutboxMessage.id).where(OutboxMessage.kind == "asked")
        mail_id = session.scalars(of_anna).one()
    page = site.nobody().get(f"/demo/mails/{mail_id}").text
    assert "Anna Virtanen" in page
    assert "<script>alert" not in page
    settings = dataclasses.replace(site.app.extensions["yhteistila"].settings, demo=False)
    client = create_app(settings, site.database).test_client()
    assert client.get("/demo/mails", base_url=BASE).status_code == 404
    assert "kokeiluversio" not in client.get("/", base_url=BASE).text


def test_each_request_is_one_log_line_without_what_is_private(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    from booking.config import configure_logging  # it takes the stream of the moment

    configure_logging()
    site.nobody().get("/feeds/t/abcdefghijklmnop.ics?password=hunter2\r\nx")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "request" in line]
    [line] = [line for line in lines if line["event"] == "request"]
    assert (line["method"], line["status"]) == ("GET", 404)
    assert "abcdefghijklmnop" not in json.dumps(line)
    assert "hunter2" not in json.dumps(line)
    assert re.fullmatch("[0-9a-f]{16}", line["request_id"])


def test_a_form_without_a_length_is_measured_too(site: Site) -> None:
    browser = site.nobody()
    form = f"csrf_token={browser.token()}&locale=sv&next=/rooms&more=".encode()
    statuses = [
        browser.client.post(
            "/language",
            input_stream=io.BytesIO(form + b"x" * length),
            content_type="application/x-www-form-urlencoded",
            headers={"Transfer-Encoding": "chunked"},
            environ_overrides={"wsgi.input_terminated": True},
            base_url=BASE,
        ).status_code
        for length in (1000, 300_000)
    ]
    assert statuses == [303, 413]


LANGUAGES = (
    ("fi", "Palaa takaisin, avaa sivu uudelleen", "Kirjaudu sisään"),
    ("sv", "Gå tillbaka, öppna sidan på nytt", "Logga in"),
    ("en", "Go back, open the page again", "Sign in"),
)


@pytest.mark.parametrize(("language", "text", "menu"), LANGUAGES)
def test_a_refused_form_is_explained_in_the_readers_language(
    site: Site, language: str, text: str, menu: str
) -> None:
    wish = {"Accept-Language": language}
    answer = site.nobody().client.post("/login", base_url=BASE, headers=wish)
    assert answer.status_code == 400
    assert f'<html lang="{language}">' in answer.text
    assert text in answer.text
    assert menu in answer.text


@pytest.mark.parametrize(("language", "text", "menu"), LANGUAGES)
def test_a_refused_form_of_the_signed_in_is_theirs_and_not_kept(
    site: Site, language: str, text: str, menu: str
) -> None:
    browser = site.browser("veli")
    browser.post("/language", {"locale": language})
    answer = browser.client.post("/language", base_url=BASE, headers={"Accept-Language": "fi"})
    assert answer.status_code == 400
    assert f'<html lang="{language}">' in answer.text
    assert text in answer.text
    assert "Veli Vastaava" in answer.text
    assert menu not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("language", "text", "_menu"), LANGUAGES)
def test_a_foreign_host_is_refused_in_the_browsers_language(
    site: Site, language: str, text: str, _menu: str
) -> None:
    wish = {"Accept-Language": language, "Host": "evil.example"}
    answer = site.nobody().get("/", headers=wish)
    assert answer.status_code == 400
    assert f'<html lang="{language}">' in answer.text
    assert text in answer.text


def test_a_foreign_host_is_a_problem_below_the_api_whatever_the_address(site: Site) -> None:
    for path in ("/api/v1/rooms", "/api/v1/nope", "/api/nope"):
        answer = site.nobody().get(path, headers={"Host": "evil.example"})
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_names_are_shown_as_text_everywhere(site: Site) -> None:
    def rename(session: Any) -> None:
        session.get_one(Person, site.world.anna.person_id).name = "<img src=x onerror=alert(1)>"

    transaction(site.database, rename)
    assert "<img src=x" not in site.browser("anna").get("/").text
