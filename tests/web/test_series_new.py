"""Asking for a series by the pages: from the first date to many, with every date looked at and none left out in silence."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import reading, transaction
from booking.domain.local_time import local
from booking.domain.texts import LocalText
from booking.models import (
    Booking,
    Room,
    Series,
    SkippedOccurrence,
    Terms,
    Unit,
    WaitingEntry,
)
from tests.support.world import NOW, PASSWORD, make_booking, slot
from tests.web.asking import errors
from tests.web.asking import form as booking_form
from tests.web.conftest import Site
from tests.web.series_new import (
    FIRST,
    choices,
    counted,
    days,
    form,
    free,
    preview,
    refused,
    send,
    speak_english,
    weeks,
)


@pytest.fixture(autouse=True)
def in_english(site: Site) -> None:
    speak_english(site)


def test_the_booking_form_leads_on_with_everything_typed(site: Site) -> None:
    browser = site.browser("anna")
    page = browser.get(f"/bookings/new?room={site.world.half_a}&day=10.3.2027").text
    assert 'formaction="/series/new"' in page
    answer = browser.post("/series/new", booking_form(site, title="Jumppa & <tee>"))
    assert answer.status_code == 200
    for kept in (
        'value="10.3.2027"',
        'value="12.00"',
        "Jumppa &amp; &lt;tee&gt;",
        "Pyörätuolilla kulkeva osallistuja",
    ):
        assert kept in answer.text
    assert re.search(rf'<option[^>]* selected value="{site.world.half_a}">', answer.text)
    assert errors(answer.text) == []
    assert 'value="avain-1"' not in answer.text


def test_all_dates_are_shown_before_anything_is_asked(site: Site) -> None:
    answer = preview(site)
    assert answer.status_code == 200
    assert counted(answer.text) == "All 4 dates are free"
    assert free(answer.text) == [
        "Wed 10 Mar 2027",
        "Wed 17 Mar 2027",
        "Wed 24 Mar 2027",
        "Wed 31 Mar 2027",
    ]
    assert (
        "every week on Wednesdays at 10:00–12:00, from Wed 10 Mar 2027 on, 4 times" in answer.text
    )
    assert "Ask for all 4 dates" in answer.text
    assert days(site) == []


def test_a_series_is_asked_for_in_one_act(site: Site) -> None:
    browser = site.browser("anna")
    answer = send(browser, browser.post("/series/preview", form(site)).text)
    assert answer.status_code == 303
    with reading(site.database) as session:
        [series] = session.scalars(select(Series)).all()
        rows = session.scalars(select(Booking)).all()
    assert answer.location == f"/series/{series.id}"
    assert days(site) == weeks(0, 1, 2, 3)
    assert {local(row.starts_at).hour for row in rows} == {10}
    assert {row.needs for row in rows} == {"Pyörätuolilla kulkeva osallistuja"}
    assert len(site.mails) == 2  # one to Anna, one to who decides
    assert "The request for 4 dates has been sent." in browser.get(answer.location).text


def test_the_same_preview_sent_twice_is_one_series(site: Site) -> None:
    browser = site.browser("anna")
    page = browser.post("/series/preview", form(site)).text
    first, second = (send(browser, page) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert len(days(site)) == 4


def test_the_same_key_with_another_choice_is_refused_and_gets_another_key(site: Site) -> None:
    make_booking(site.database, site.world, period=slot(17, 11))
    browser = site.browser("anna")
    page = browser.post("/series/preview", form(site)).text
    other = choices(page, FIRST + timedelta(weeks=1))[1][0]
    assert send(browser, page).status_code == 303
    answer = send(browser, page, **{"on-2027-03-17": other})
    assert answer.status_code == 422
    assert len(errors(answer.text)) == 1
    assert 'value="avain-1"' not in answer.text
    assert len(days(site)) == 3


def test_each_date_that_is_not_free_says_why_and_what_could_be_had(site: Site) -> None:
    world = site.world
    make_booking(site.database, world, period=slot(17, 11))

    def close(session: Session) -> None:
        session.get_one(Unit, world.rantakyla).closed_on_holidays = True

    transaction(site.database, close)
    # Thursdays; 6 May 2027 is Ascension Day.
    make_booking(site.database, world, period=slot(22, 11, month=4))
    page = preview(site, day="15.4.2027", times="4").text
    assert counted(page) == "2 of 4 dates are free"
    assert refused(page) == [
        ("Thu 22 Apr 2027", "taken"),
        ("Thu 6 May 2027", "closed: Ascension Day"),
    ]
    assert free(page) == ["Thu 15 Apr 2027", "Thu 29 Apr 2027"]
    assert [(label, chosen) for _value, label, chosen in choices(page, date(2027, 4, 22))] == [
        ("Leave this date out", True),
        ("Another time: 09:00–11:00", False),
        ("Another room: Sali B", False),
    ]
    assert "Ask for the 2 free dates and what you chose" in page


def test_dates_are_left_out_with_their_reason_and_waited_for_if_wished(site: Site) -> None:
    make_booking(site.database, site.world, period=slot(17, 11))
    browser = site.browser("anna")
    page = browser.post("/series/preview", form(site)).text
    assert send(browser, page, waits="y").status_code == 303
    assert days(site) == weeks(0, 2, 3)
    with reading(site.database) as session:
        skipped = session.execute(select(SkippedOccurrence.day, SkippedOccurrence.code)).all()
        waiting = session.scalars(select(WaitingEntry)).all()
    assert [tuple(row) for row in skipped] == [(date(2027, 3, 17), "room_taken")]
    assert [local(entry.starts_at).date() for entry in waiting] == [date(2027, 3, 17)]


def test_staff_who_ask_for_an_association_do_not_wait_in_its_name(site: Site) -> None:
    make_booking(site.database, site.world, period=slot(17, 11))
    browser = site.browser("veli")
    page = browser.post("/series/preview", form(site)).text
    assert 'name="waits"' not in page
    assert send(browser, page, waits="y").status_code == 303
    with reading(site.database) as session:
        assert session.scalars(select(WaitingEntry)).all() == []


@pytest.mark.parametrize(("number", "hour", "room"), [(1, 9, "half_a"), (2, 10, "half_b")])
def test_another_time_or_room_joins_the_series(
    site: Site, number: int, hour: int, room: str
) -> None:
    make_booking(site.database, site.world, period=slot(17, 11))
    browser = site.browser("anna")
    page = browser.post("/series/preview", form(site)).text
    value, _label, _chosen = choices(page, date(2027, 3, 17))[number]
    if number == 1:
        # The nearest that is not in the way of who has it.
        hour = 9
    assert send(browser, page, **{"on-2027-03-17": value}).status_code == 303
    assert days(site) == weeks(0, 1, 2, 3)
    with reading(site.database) as session:
        [row] = session.scalars(select(Booking).where(Booking.series_day == date(2027, 3, 17)))
    assert (row.room_id, local(row.starts_at).hour) == (getattr(site.world, room), hour)


def test_who_was_slower_sees_the_dates_as_they_are_now_and_nothing_is_booked(site: Site) -> None:
    make_booking(site.database, site.world, period=slot(17, 11))
    browser = site.browser("anna")
    page = browser.post("/series/preview", form(site)).text
    make_booking(site.database, site.world, period=slot(24, 9))
    answer = send(browser, page)
    assert answer.status_code == 409
    assert errors(answer.text) == [
        "Wed 24 Mar 2027: The room is already taken at this time. Choose another time or another room."
    ]
    assert "Nothing has been sent." in answer.text
    assert refused(answer.text) == [("Wed 17 Mar 2027", "taken"), ("Wed 24 Mar 2027", "taken")]
    assert answer.text.count("This was free when you looked; now it is not.") == 1
    assert days(site) == []
    # Having seen it, they ask again.
    assert send(browser, answer.text).status_code == 303
    assert days(site) == weeks(0, 3)


def test_what_was_chosen_is_kept_and_what_can_no_longer_be_had_is_told(site: Site) -> None:
    world = site.world
    for day in (17, 24):
        make_booking(site.database, world, period=slot(day, 11))
    browser = site.browser("anna")
    page = browser.post("/series/preview", form(site)).text
    chosen = {f"on-2027-03-{day}": choices(page, date(2027, 3, day))[2][0] for day in (17, 24)}
    make_booking(site.database, world, period=slot(24, 10), room_id=world.half_b)
    answer = send(browser, page, **chosen)
    assert answer.status_code == 409
    assert choices(answer.text, date(2027, 3, 17))[2][2]
    assert choices(answer.text, date(2027, 3, 24))[0][2]
    assert "What you chose for this date cannot be had" in answer.text
    assert days(site) == []


def test_a_series_without_any_date_left_is_not_made(site: Site) -> None:
    make_booking(site.database, site.world, period=slot(10, 11))
    browser = site.browser("anna")
    page = browser.post("/series/preview", form(site, times="1")).text
    assert counted(page) == "The date is not free"
    answer = send(browser, page)
    assert answer.status_code == 409
    assert errors(answer.text) == [
        "No date would be left. Choose another time or room for at least one of them."
    ]
    assert days(site) == []


@pytest.mark.parametrize(
    "value",
    ["1", "x/y/z", "1/2027-03-17T08:00:00/2027-03-17T09:00:00", "0/2027-03-17T08:00:00+00:00/x"],
)
def test_a_choice_that_was_never_offered_is_refused(site: Site, value: str) -> None:
    answer = site.browser("anna").post("/series", form(site, **{"on-2027-03-17": value}))
    assert answer.status_code == 422
    assert days(site) == []


def test_another_room_with_rules_of_use_of_its_own_cannot_be_slipped_in(site: Site) -> None:
    world = site.world

    def rule(session: Session) -> None:
        for unit_id in (world.rantakyla, world.kitee):
            text = LocalText("Jätä tila siistiksi")
            session.add(Terms(unit_id=unit_id, version=1, text=text, created_at=NOW))

    transaction(site.database, rule)
    period = slot(17, 10)
    value = f"{world.cabinet}/{period.start.isoformat()}/{period.end.isoformat()}"
    # The same version of another unit's rules: accepted it would look, were it not held apart.
    asked = form(site, terms=f"{world.rantakyla}-1", **{"on-2027-03-17": value})
    answer = site.browser("anna").post("/series", asked)
    assert answer.status_code == 422
    assert errors(answer.text) == ["Choose one of the options in the list."]
    assert days(site) == []


def test_somebody_elses_association_is_refused_before_its_dates_are_told(site: Site) -> None:
    for path in ("/series/preview", "/series"):
        answer = site.browser("toini").post(path, form(site))
        assert answer.status_code == 403
        assert "dates are free" not in answer.text
    assert days(site) == []


def test_a_hidden_room_is_not_there(site: Site) -> None:
    def hide(session: Session) -> None:
        session.get_one(Room, site.world.half_a).published = False

    transaction(site.database, hide)
    for path in ("/series/preview", "/series"):
        assert site.browser("anna").post(path, form(site)).status_code == 404
    assert days(site) == []


def test_who_has_no_association_is_told_what_to_do_first(site: Site) -> None:
    page = site.browser("outi").get("/series/new").text
    assert "Book one date" in page
    assert "Look at the dates" not in page


def test_who_is_not_signed_in_comes_back_to_what_the_link_carried(site: Site) -> None:
    answer = site.nobody().get("/series/new?day=10.3.2027&repeats=week")
    assert answer.status_code == 303
    assert answer.location == "/login?next=/series/new?day%3D10.3.2027%26repeats%3Dweek"


@pytest.mark.parametrize("path", ["/series/new", "/series/preview", "/series"])
def test_what_was_typed_outlives_a_sign_in_that_has_ended(site: Site, path: str) -> None:
    browser = site.nobody()
    answer = browser.post(path, form(site, weekdays=["1", "2"]))
    assert answer.status_code == 401
    assert days(site) == []
    # The page of the sign-in carries it; the password brings it back.
    typed = {**form(site, weekdays=["1", "2"]), "email": "anna@demo.example", "password": PASSWORD}
    arrived = browser.post("/bookings/new", typed)
    assert arrived.status_code == 303
    page = browser.get(arrived.location, follow_redirects=True).text
    assert "Book a room for many dates" in page
    assert 'value="10.3.2027"' in page
    assert re.search(r'<input checked[^>]*name="weekdays"[^>]*value="1"', page)


def test_a_link_accepts_no_rules_and_bears_no_key(site: Site) -> None:
    page = site.browser("anna").get("/series/new?key=avain-9&terms=1-1").text
    assert 'value="avain-9"' not in page


def test_the_weekly_search_leads_to_the_same_dates(site: Site) -> None:
    browser = site.browser("anna")
    asked = "/weekly?day=10.3.2027&starts=10&ends=12&weeks=4&people=5&activity=meeting"
    link = re.search(r'href="(/series/new\?[^"]+)"', browser.get(asked).text)
    assert link
    page = browser.get(unescape(link[1])).text
    assert 'value="10.3.2027"' in page
    assert re.search(r'<input[^>]*name="times"[^>]*value="4"', page)
    assert re.search(r'<input checked[^>]*name="repeats"[^>]*value="week"', page)
