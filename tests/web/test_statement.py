"""The accessibility statement, and feedback on the pages from anybody: kept, told, limited."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from booking.db import Database
from booking.models import OutboxMessage, Report
from booking.services.limits import FEEDBACK
from tests.support.acts import all_rows
from tests.web.conftest import BASE, Site, make_site

PAGE = "/saavutettavuus"


def reports(site: Site) -> list[Report]:
    return all_rows(site.database, select(Report).order_by(Report.id))


@pytest.fixture
def limited(database: Database, tmp_path: Path) -> Site:
    """The pages as a county runs them: a demo has no limits."""
    return make_site(database, tmp_path, staff_second_factor="offered")


def test_the_statement_names_law_supervisor_and_the_day_of_the_answer(site: Site) -> None:
    text = site.nobody().get(PAGE).text
    for word in ("306/2019", "WCAG 2.2", "Traficom", "saavutettavuusvaatimukset.fi", "15."):
        assert word in text


def test_anybody_tells_what_does_not_work(site: Site) -> None:
    form = {"text": "Painike ei toimi\r\nnäppäimistöllä", "email": "Lukija@Example.FI "}
    answer = site.nobody().post(PAGE, form, headers={"Accept-Language": "sv"})
    assert answer.status_code == 303
    [report] = reports(site)
    assert (report.kind, report.state, report.room_id, report.person_id) == (
        "a11y",
        "open",
        None,
        None,
    )
    assert (report.email, report.locale) == ("lukija@example.fi", "sv")
    assert report.text == "Painike ei toimi\nnäppäimistöllä"
    assert report.due_on.isoformat() == "2027-03-15"
    told = all_rows(site.database, select(OutboxMessage))
    assert [mail.recipient for mail in told] == ["kaisa@demo.example"]
    assert "näppäimistöllä" not in told[0].body


def test_without_an_address_it_is_read_all_the_same(site: Site) -> None:
    browser = site.nobody()
    assert browser.post(PAGE, {"text": "Väri erottuu huonosti"}).status_code == 303
    assert [report.email for report in reports(site)] == [None]


def test_who_is_signed_in_gets_the_answer_at_their_own_address(site: Site) -> None:
    anna = site.browser("anna")
    assert 'name="email"' not in anna.get(PAGE).text
    anna.post(PAGE, {"text": "Väri", "email": "toinen@demo.example"})
    assert [report.email for report in reports(site)] == ["anna@demo.example"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "text"),
        ({"text": "   "}, "text"),
        ({"text": "x" * 5001}, "text"),
        ({"text": "x" * 200_000}, "text"),
        ({"text": "Väri", "email": "ei osoite"}, "email"),
        ({"text": "Väri", "email": "a@b.fi\r\nBcc: c@d.fi"}, "email"),
        ({"text": "Väri", "email": "a@b.fi,c@d.fi"}, "email"),
        ({"text": "Väri", "email": "x" * 5000 + "@b.fi"}, "email"),
    ],
)
def test_what_makes_no_sense_is_refused_and_stays_in_the_form(
    site: Site, form: dict[str, str], field: str
) -> None:
    answer = site.nobody().post(PAGE, form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert reports(site) == []
    if form.get("text") == "Väri":
        assert re.search(r">\s*Väri</textarea>", answer.text)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "{{7*7}}", "a\x00b\u202ec"])
def test_hostile_text_stays_text(site: Site, text: str) -> None:
    answer = site.nobody().post(PAGE, {"text": text, "email": "x"})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert ">49<" not in answer.text
    assert "\u202e" not in answer.text
    assert "\x00" not in answer.text


def test_more_than_a_form_can_hold_is_cut_off(site: Site) -> None:
    answer = site.nobody().post(PAGE, {"text": "x" * 300_000})
    assert answer.status_code == 413
    assert reports(site) == []


def send(site: Site, browser: Any, token: str, address: str) -> int:
    answer = browser.client.post(
        PAGE,
        data={"text": "Roskaa", "csrf_token": token},
        base_url=BASE,
        environ_overrides={"REMOTE_ADDR": address},
        headers={"X-Forwarded-For": "203.0.113.7"},
    )
    return int(answer.status_code)


def test_a_thousand_messages_of_one_client_are_few(limited: Site) -> None:
    browser = limited.nobody()
    token = browser.token()
    found = [send(limited, browser, token, "198.51.100.1") for _n in range(1000)]
    assert found == [303] * FEEDBACK.times + [429] * (1000 - FEEDBACK.times)
    # Another client is not held up by that one.
    assert send(limited, browser, token, "198.51.100.2") == 303
    [count] = all_rows(limited.database, select(func.count()).select_from(Report))
    assert count == FEEDBACK.times + 1


def test_who_has_sent_too_much_keeps_what_was_typed(limited: Site) -> None:
    browser = limited.nobody()
    for _n in range(FEEDBACK.times):
        browser.post(PAGE, {"text": "Roskaa"})
    answer = browser.post(PAGE, {"text": "Tärkeä asia"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Tärkeä asia" in answer.text


def test_a_forged_form_tells_nothing(site: Site) -> None:
    answer = site.nobody().client.post(PAGE, data={"text": "Väri"}, base_url=BASE)
    assert answer.status_code == 400
    assert reports(site) == []
