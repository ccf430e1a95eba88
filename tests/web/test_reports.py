"""Telling of what is wrong with a room, and answering: the form, the queue, the answer."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import reading, transaction
from booking.domain.access import ANONYMOUS
from booking.models import OutboxMessage, Report, Room
from booking.services.reports import add_report
from booking.web import edge
from tests.support.world import NOW, make_booking
from tests.web.conftest import Browser, Site, set_clock

TEXT = "Wc:n kaide irtosi seinästä."


def in_english(site: Site, who: str, now: Any = NOW) -> Browser:
    browser = site.browser(who, now)
    browser.post("/language", {"locale": "en"})
    return browser


def reports(site: Site) -> list[Report]:
    with reading(site.database) as session:
        return list(session.scalars(select(Report).order_by(Report.id)))


def report(site: Site, **changes: Any) -> int:
    about = {"room_id": site.world.half_a, "actor": site.world.anna, **changes}
    return transaction(
        site.database, lambda session: add_report(session, "damage", TEXT, now=NOW, **about)
    ).id


def mails(site: Site, kind: str) -> list[OutboxMessage]:
    with reading(site.database) as session:
        return list(session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind)))


def test_its_people_report_from_a_booking(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    anna = in_english(site, "anna")
    path = f"/reports/new?booking={booking.id}"
    page = anna.get(path).text
    assert "Do not write patient data" in page
    answer = anna.post(path, {"kind": "safety", "text": TEXT})
    assert (answer.status_code, answer.location) == (303, f"/bookings/{booking.id}")
    assert "Thank you. The site has been told" in anna.get(answer.location).text
    [kept] = reports(site)
    assert (kept.kind, kept.text, kept.room_id, kept.booking_id, kept.email, kept.locale) == (
        "safety",
        TEXT,
        site.world.half_a,
        booking.id,
        "anna@demo.example",
        "en",
    )
    assert [mail.recipient for mail in mails(site, "report")] == ["veli@demo.example"]


def test_who_is_signed_in_reports_of_a_room(site: Site) -> None:
    outi = in_english(site, "outi")
    path = f"/reports/new?room={site.world.half_a}"
    answer = outi.post(path, {"kind": "accessibility", "text": TEXT})
    assert (answer.status_code, answer.location) == (303, f"/rooms/{site.world.half_a}")
    assert len(reports(site)) == 1


def test_nobody_known_signs_in_first_and_comes_back(site: Site) -> None:
    answer = site.nobody().get(f"/reports/new?room={site.world.half_a}")
    assert answer.status_code == 303
    assert answer.location.startswith("/login?next=/reports/new")


@pytest.mark.parametrize("about", ["", "booking=x", "booking=0", "room=999", "room=-1", "booking="])
def test_a_report_of_nothing_is_not_found(site: Site, about: str) -> None:
    anna = site.browser("anna")
    assert anna.get(f"/reports/new?{about}").status_code == 404
    assert anna.post(f"/reports/new?{about}", {"kind": "damage", "text": TEXT}).status_code == 404
    assert reports(site) == []


def test_a_report_from_anothers_booking_is_not_taken(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    path, form = f"/reports/new?booking={booking.id}", {"kind": "damage", "text": TEXT}
    found = {
        who: (
            site.browser(who).get(path).status_code,
            site.browser(who).post(path, form).status_code,
        )
        for who in ("outi", "toini", "aino", "viivi")
    }
    assert found == {**dict.fromkeys(("outi", "toini", "aino"), (404, 404)), "viivi": (403, 403)}
    assert reports(site) == []


def test_a_hidden_room_is_reported_by_its_units_staff_only(site: Site) -> None:
    def hide(session: Any) -> None:
        session.get_one(Room, site.world.half_a).published = False

    transaction(site.database, hide)
    path = f"/reports/new?room={site.world.half_a}"
    assert site.browser("anna").get(path).status_code == 404
    assert site.browser("veli").get(path).status_code == 200


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": ""}, "Choose what it is about."),
        ({"kind": "a11y"}, "Choose one of the options in the list."),
        ({"text": " \n"}, "Write what is wrong, and where."),
        ({"text": "x" * 5001}, "Shorten it to at most 5000 characters."),
    ],
)
def test_a_report_that_makes_no_sense_is_refused_and_kept(
    site: Site, changes: dict[str, Any], said: str
) -> None:
    form = {"kind": "damage", "text": TEXT, **changes}
    answer = in_english(site, "anna").post(f"/reports/new?room={site.world.half_a}", form)
    assert answer.status_code == 422
    assert said in answer.text
    if "text" not in changes:
        assert TEXT in answer.text
    assert reports(site) == []


def test_a_report_pressed_twice_is_one(site: Site) -> None:
    anna, path = site.browser("anna"), f"/reports/new?room={site.world.half_a}"
    form = {"kind": "damage", "text": TEXT, "key": "avain-1"}
    assert [anna.post(path, form).status_code for _ in range(2)] == [303, 303]
    assert len(reports(site)) == 1


def test_an_eleventh_report_of_the_day_is_refused(site: Site) -> None:
    for _ in range(10):
        report(site)
    path = f"/reports/new?room={site.world.half_a}"
    answer = in_english(site, "anna").post(path, {"kind": "damage", "text": TEXT})
    assert answer.status_code == 429
    assert TEXT in answer.text


def test_the_countys_own_channel_is_named_where_it_is_set(site: Site) -> None:
    path = f"/reports/new?room={site.world.half_a}"
    address = "https://haipro.example/ilmoita"
    assert address not in in_english(site, "anna").get(path).text
    here = site.app.extensions["yhteistila"]
    changed = replace(here, settings=replace(here.settings, incident_url=address))
    edge.install(site.app, changed)
    assert f'href="{address}"' in in_english(site, "anna").get(path).text


def test_the_queue_says_what_is_due_and_what_is_overdue(site: Site) -> None:
    late = report(site)
    transaction(
        site.database,
        lambda session: setattr(session.get_one(Report, late), "due_on", NOW.date()),
    )
    report(site)
    now = NOW + timedelta(days=1)
    set_clock(site.app, now)
    page = in_english(site, "veli", now).get("/staff/reports").text
    assert re.findall(r"(overdue, should have been answered by|answer by) ([^<]+)<", page) == [
        ("overdue, should have been answered by", "Mon 1 Mar 2027"),
        ("answer by", "Mon 15 Mar 2027"),
    ]


def test_each_queue_holds_what_its_reader_answers(site: Site) -> None:
    report(site)
    report(site, room_id=site.world.cabinet)
    transaction(
        site.database,
        lambda session: add_report(session, "a11y", TEXT, actor=ANONYMOUS, now=NOW),
    )
    found = {}
    for who in ("veli", "aino", "kaisa", "yllapito"):
        page = in_english(site, who).get("/staff/reports").text
        found[who] = [name in page for name in ("Sali A", "Kabinetti", "The pages of this service")]
    assert found == {
        "veli": [True, False, False],
        "aino": [False, True, False],
        "kaisa": [True, True, True],
        "yllapito": [True, True, True],
    }


def test_an_answer_goes_to_the_reporter_and_stays_on_the_page(site: Site) -> None:
    report_id = report(site, locale="sv")
    veli, path = in_english(site, "veli"), f"/staff/reports/{report_id}"
    page = veli.get(path).text
    assert TEXT in page
    assert "in their language: Swedish" in page
    assert "anna@demo.example" not in page
    answer = veli.post(path, {"answer": "Kaide on korjattu."})
    assert (answer.status_code, answer.location) == (303, "/staff/reports")
    assert "Kaide on korjattu." in veli.get(path).text
    [mail] = mails(site, "report_answered")
    assert (mail.recipient, mail.locale) == ("anna@demo.example", "sv")
    assert mail.id in site.mails


def test_an_answer_that_came_too_late_is_not_lost(site: Site) -> None:
    report_id = report(site)
    path = f"/staff/reports/{report_id}"
    site.browser("kaisa").post(path, {"answer": "Korjattu eilen."})
    answer = in_english(site, "veli").post(path, {"answer": "Korjataan huomenna."})
    assert answer.status_code == 409
    for shown in ("Somebody has answered this report meanwhile", "Korjattu eilen.", "huomenna."):
        assert shown in answer.text
    assert len(mails(site, "report_answered")) == 1


@pytest.mark.parametrize("answer", ["", " ", "x" * 5001])
def test_an_answer_without_a_text_or_with_a_book_is_refused(site: Site, answer: str) -> None:
    report_id = report(site)
    refused = site.browser("veli").post(f"/staff/reports/{report_id}", {"answer": answer})
    assert refused.status_code == 422
    assert [one.state for one in reports(site)] == ["open"]


def test_hostile_texts_are_shown_as_text(site: Site) -> None:
    hostile = "</dd><script>alert(1)</script>{{7*7}}\r\nBcc: x@example.fi"
    path = f"/reports/new?room={site.world.half_a}"
    site.browser("anna").post(path, {"kind": "damage", "text": hostile})
    [kept] = reports(site)
    veli, own = site.browser("veli"), f"/staff/reports/{kept.id}"
    veli.post(own, {"answer": hostile})
    page = veli.get(own).text
    assert "<script>alert" not in page
    assert page.count("{{7*7}}") == 2
    [mail] = mails(site, "report_answered")
    assert "\n" not in mail.subject
    assert "<script>" not in (mail.html or "")
