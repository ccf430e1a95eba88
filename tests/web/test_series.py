"""A series afterwards, in pages: shown, changed by a diff that is confirmed, cancelled, and a day had after all."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from booking.domain.local_time import local
from booking.models import Booking, SkippedOccurrence, WaitingEntry
from booking.services.bookings import cancel_booking
from tests.support.acts import all_rows, do
from tests.support.world import make_booking, slot
from tests.web.conftest import Site, set_clock
from tests.web.deciding import in_english, words
from tests.web.series import (
    DAYS,
    FIRST,
    approve,
    confirm,
    dates_of,
    filled,
    hidden,
    make_series,
    seen,
    series_of,
)


def wall(site: Site, series_id: int) -> list[tuple[date, int, str]]:
    return [
        (local(one.starts_at).date(), local(one.starts_at).hour, one.state)
        for one in dates_of(site, series_id)
    ]


def taken_series(site: Site, **more: Any) -> tuple[int, Booking]:
    """A series of four whose third date somebody else has."""
    taken = make_booking(site.database, site.world, period=slot(23, 17))
    return make_series(site, skips=True, **more).id, taken


def test_a_series_is_shown_with_its_rule_and_all_its_dates(site: Site) -> None:
    series_id, _taken = taken_series(site)
    page = in_english(site, "anna").get(f"/series/{series_id}")
    said = words(page.text)
    assert "every week on Tuesdays at 17:00–19:00, from Tue 9 Mar 2027 on, 4 times" in said
    assert "3 awaiting decision" in said
    assert "Tue 23 Mar 2027 left out, because: taken" in said
    assert [f'href="/bookings/{one.id}"' in page.text for one in dates_of(site, series_id)] == [
        True
    ] * 3


@pytest.mark.parametrize(("who", "status"), [("outi", 404), ("toini", 404), ("aino", 404)])
def test_a_series_is_not_there_for_others(site: Site, who: str, status: int) -> None:
    series = make_series(site)
    assert site.browser(who).get(f"/series/{series.id}").status_code == status


def test_who_only_sees_a_series_gets_no_way_to_change_it(site: Site) -> None:
    series_id, _taken = taken_series(site)
    browser = in_english(site, "viivi")
    page = browser.get(f"/series/{series_id}").text
    assert f"/series/{series_id}/change" not in page
    assert "Have this date after all" not in page
    assert browser.get(f"/series/{series_id}/dates/2027-03-23").status_code == 403
    assert browser.get(f"/series/{series_id}/change").status_code == 403


def test_a_diff_shows_each_date_and_changes_nothing(site: Site) -> None:
    make_booking(site.database, site.world, period=slot(23, 19, 1))
    series = make_series(site)
    path = f"/series/{series.id}/change"
    page = in_english(site, "anna").post(path, filled(site, starts="18", ends="20"))
    said = words(page.text)
    assert page.status_code == 200
    assert "3 dates move, 1 date cannot be moved." in said
    assert "Tue 9 Mar 2027 17:00–19:00 now Tue 9 Mar 2027 18:00–20:00" in said
    assert "Because: taken stays as it is, since its new time cannot be had" in said
    assert wall(site, series.id) == [(day, 17, "requested") for day in DAYS]


def test_what_was_shown_is_done_when_it_is_confirmed(site: Site) -> None:
    series = make_series(site)
    path = f"/series/{series.id}/change"
    done = confirm(site.browser("anna"), path, filled(site, starts="18", ends="20"))
    assert (done.status_code, done.location) == (303, f"/series/{series.id}")
    assert wall(site, series.id) == [(day, 18, "requested") for day in DAYS]


def test_a_confirmation_sent_twice_changes_once(site: Site) -> None:
    series = make_series(site)
    path, browser = f"/series/{series.id}/change", site.browser("anna")
    form = filled(site, starts="18", ends="20")
    shown = browser.post(path, form).text
    again = {**form, "digest": hidden(shown, "digest"), "version": hidden(shown, "version")}
    assert [browser.post(path, again).status_code for _ in range(2)] == [303, 303]
    assert series_of(site, series.id).version == 2


def test_who_confirms_what_has_changed_meanwhile_sees_the_diff_anew(site: Site) -> None:
    series = make_series(site)
    path, browser = f"/series/{series.id}/change", in_english(site, "anna")
    form = filled(site, starts="18", ends="20")
    shown = browser.post(path, form).text
    make_booking(site.database, site.world, period=slot(23, 19, 1))
    again = {**form, "digest": hidden(shown, "digest"), "version": hidden(shown, "version")}
    refused = browser.post(path, again)
    assert refused.status_code == 409
    assert "so other dates would change than you were shown" in words(refused.text)
    assert "1 date cannot be moved" in words(refused.text)
    assert wall(site, series.id) == [(day, 17, "requested") for day in DAYS]
    new = {name: hidden(refused.text, name) for name in ("digest", "version")}
    new["key"] = hidden(refused.text, "key")
    assert browser.post(path, {**form, **new}).status_code == 303
    assert [hour for _day, hour, _state in wall(site, series.id)] == [18, 18, 17, 18]


def test_this_and_all_to_come_split_the_series_and_the_pages_lead_to_each_other(site: Site) -> None:
    series = make_series(site)
    browser = in_english(site, "anna")
    form = filled(site, since=DAYS[2].isoformat(), starts="18", ends="20")
    done = confirm(browser, f"/series/{series.id}/change", form)
    new_id = int(done.location.rsplit("/", 1)[1])
    assert new_id != series.id
    assert "from Tue 23 Mar 2027 on" in words(browser.get(f"/series/{series.id}").text)
    assert f'href="/series/{series.id}"' in browser.get(f"/series/{new_id}").text


def test_a_later_last_day_makes_the_series_longer_in_place(site: Site) -> None:
    series = make_series(site)
    form = filled(site, since=DAYS[2].isoformat(), until="13.4.2027")
    done = confirm(site.browser("anna"), f"/series/{series.id}/change", form)
    assert done.location == f"/series/{series.id}"
    assert [day for day, _hour, _state in wall(site, series.id)] == [
        *DAYS,
        date(2027, 4, 6),
        date(2027, 4, 13),
    ]


def test_a_number_of_times_counts_from_the_first_changed_date(site: Site) -> None:
    series = make_series(site)
    form = filled(site, since=DAYS[2].isoformat(), times="3")
    confirm(site.browser("anna"), f"/series/{series.id}/change", form)
    assert [day for day, _hour, _state in wall(site, series.id)] == [*DAYS, date(2027, 4, 6)]


def test_an_earlier_last_day_says_which_dates_go(site: Site) -> None:
    series = make_series(site)
    browser = in_english(site, "anna")
    form = filled(site, until="17.3.2027")
    shown = browser.post(f"/series/{series.id}/change", form)
    assert "2 dates are cancelled, 2 dates stay." in words(shown.text)
    confirm(browser, f"/series/{series.id}/change", {**form, "key": "k-2"})
    assert [state for _day, _hour, state in wall(site, series.id)] == [
        "requested",
        "requested",
        "cancelled",
        "cancelled",
    ]


def test_another_weekday_moves_each_date_within_its_week_also_backwards(site: Site) -> None:
    series = make_series(site, 3)
    form = filled(
        site, since=DAYS[1].isoformat(), repeats="week", weekdays=["0"], until="23.3.2027"
    )
    done = confirm(site.browser("anna"), f"/series/{series.id}/change", form)
    new_id = int(done.location.rsplit("/", 1)[1])
    assert [day for day, _hour, _state in wall(site, series.id)] == [FIRST]
    assert [day for day, _hour, _state in wall(site, new_id)] == [
        day - timedelta(days=1) for day in DAYS[1:3]
    ]


def test_own_dates_can_take_the_place_of_a_rule(site: Site) -> None:
    series = make_series(site)
    form = filled(site, repeats="own", own="10.3.2027\n23.3.2027")
    confirm(site.browser("anna"), f"/series/{series.id}/change", form)
    held = [day for day, _hour, state in wall(site, series.id) if state == "requested"]
    assert held == [date(2027, 3, 10), date(2027, 3, 23)]
    assert series_of(site, series.id).rrule is None


def test_texts_are_changed_without_moving_anything(site: Site) -> None:
    approve(site, make_series(site))
    form = filled(site, title="Johtokunta")
    shown = in_english(site, "anna").post("/series/1/change", form)
    assert "Name of the occasion : before Hallituksen kokous now Johtokunta" in words(shown.text)
    confirm(site.browser("anna"), "/series/1/change", form)
    assert {(one.title, one.state) for one in dates_of(site, 1)} == {("Johtokunta", "approved")}


def test_a_diff_says_what_the_site_decides_anew(site: Site) -> None:
    series = approve(site, make_series(site))
    form = filled(site, starts="18", ends="20", until="6.4.2027")
    said = words(in_english(site, "anna").post(f"/series/{series.id}/change", form).text)
    assert "The site decides anew on the approved dates that change." in said
    assert "The new dates are asked for like any request." in said


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "Nothing would change. Change something first."),
        ({"starts": "20", "ends": "18"}, "The end must be after the start."),
        ({"repeats": "weeks"}, "Enter in digits every how many weeks or months, from 1 to 52."),
        ({"repeats": "own", "own": "x"}, "We did not understand the day."),
        ({"until": ""}, "Enter either the last day or how many times"),
        ({"since": "2027-03-10"}, "Choose one of the options in the list."),
        ({"people": "31"}, "At most 30 people may be in the room."),
    ],
)
def test_a_form_that_says_nothing_sensible_comes_back_with_why(
    site: Site, changes: dict[str, object], text: str
) -> None:
    series = make_series(site)
    page = in_english(site, "anna").post(f"/series/{series.id}/change", filled(site, **changes))
    assert (page.status_code, text in words(page.text)) == (422, True)


def test_a_room_that_is_not_there_is_told_at_its_field(site: Site) -> None:
    series = make_series(site)
    page = in_english(site, "anna").post(f"/series/{series.id}/change", filled(site, room="999"))
    assert page.status_code == 404
    assert "Choose one of the options in the list." in words(page.text)


def test_the_doubled_hour_is_asked_for(site: Site) -> None:
    series = make_series(site)
    page = in_english(site, "anna").post(
        f"/series/{series.id}/change",
        filled(site, repeats="own", own="31.10.2027", starts="3.30", ends="5"),
    )
    assert page.status_code == 422
    assert "Which of the two hours" in words(page.text)


def test_the_form_comes_back_as_it_was_typed(site: Site) -> None:
    series = make_series(site)
    form = filled(site, starts="18", ends="20", title="Ilta", again="1")
    page = site.browser("anna").post(f"/series/{series.id}/change", form)
    assert page.status_code == 200
    assert 'value="Ilta"' in page.text


def test_dates_are_cancelled_from_a_day_on(site: Site) -> None:
    series = make_series(site)
    form = {"version": seen(site), "since": DAYS[1].isoformat(), "key": "peru-1"}
    done = site.browser("anna").post(f"/series/{series.id}/cancel", form)
    assert (done.status_code, done.location) == (303, f"/series/{series.id}")
    assert [state for _day, _hour, state in wall(site, series.id)] == [
        "requested",
        *["cancelled"] * 3,
    ]


def test_a_cancellation_says_which_dates_are_late(site: Site) -> None:
    series = make_series(site)
    now = slot(8, 20).start
    set_clock(site.app, now)
    page = in_english(site, "anna", now=now).get(f"/series/{series.id}/cancel")
    assert "marked as late cancellations: Tue 9 Mar 2027 " in words(page.text)


def test_staff_say_why_they_cancel(site: Site) -> None:
    series = make_series(site)
    form = {"version": seen(site), "since": FIRST.isoformat(), "key": "peru-2"}
    refused = in_english(site, "veli").post(f"/series/{series.id}/cancel", form)
    assert refused.status_code == 422
    assert "Write a reason. The association will read it." in words(refused.text)
    assert {state for _day, _hour, state in wall(site, series.id)} == {"requested"}


def test_a_cancellation_of_what_has_changed_meanwhile_is_shown_anew(site: Site) -> None:
    series = make_series(site)
    form = {"version": seen(site), "since": FIRST.isoformat(), "key": "peru-3"}
    confirm(
        site.browser("pekka"),
        f"/series/{series.id}/change",
        filled(site, starts="18", ends="20"),
    )
    assert site.browser("anna").post(f"/series/{series.id}/cancel", form).status_code == 409
    assert {state for _day, _hour, state in wall(site, series.id)} == {"requested"}


def test_a_series_that_is_over_leads_back_to_its_page(site: Site) -> None:
    series = make_series(site)
    set_clock(site.app, slot(5, 12, month=5).start)
    for way in ("change", "cancel"):
        page = site.browser("anna", now=slot(5, 12, month=5).start).get(
            f"/series/{series.id}/{way}"
        )
        assert (page.status_code, page.location) == (303, f"/series/{series.id}")


def test_a_day_that_has_become_free_joins_the_series(site: Site) -> None:
    series_id, taken = taken_series(site)
    do(site.database, cancel_booking, taken.id, 1, None, actor=site.world.anna)
    browser = in_english(site, "anna")
    path = f"/series/{series_id}/dates/2027-03-23"
    assert "free at the time of the series" in words(browser.get(path).text)
    done = browser.post(path, {"choice": "planned", "key": "paiva-1"})
    assert done.status_code == 303
    assert wall(site, series_id) == [(day, 17, "requested") for day in DAYS]
    assert all_rows(site.database, select(SkippedOccurrence)) == []


def test_a_day_that_is_still_taken_is_refused_with_what_could_be_had(site: Site) -> None:
    series_id, _taken = taken_series(site)
    browser = in_english(site, "anna")
    path = f"/series/{series_id}/dates/2027-03-23"
    refused = browser.post(path, {"choice": "planned", "key": "paiva-2"})
    assert refused.status_code == 409
    assert "The room is already taken" in words(refused.text)
    said = words(refused.text)
    assert "At another time" in said
    assert "In another room: Sali B" in said
    other = hidden(refused.text.replace("<button", "<input"), "choice")
    assert browser.post(path, {"choice": other, "key": "paiva-3"}).status_code == 303
    assert len(dates_of(site, series_id)) == 4


@pytest.mark.parametrize("day", ["2027-03-09", "2027-03-24", "x"])
def test_only_a_day_that_was_left_out_can_be_added(site: Site, day: str) -> None:
    series_id, _taken = taken_series(site)
    browser = site.browser("anna")
    assert browser.get(f"/series/{series_id}/dates/{day}").status_code == 404
    form = {"choice": "planned", "key": "paiva-4"}
    assert browser.post(f"/series/{series_id}/dates/{day}", form).status_code == 404


def test_an_answer_that_was_not_offered_is_refused(site: Site) -> None:
    series_id, _taken = taken_series(site)
    form = {"choice": "1/x/y", "key": "paiva-5"}
    path = f"/series/{series_id}/dates/2027-03-23"
    assert site.browser("anna").post(path, form).status_code == 422


def test_an_offer_of_a_day_leads_to_the_series(site: Site) -> None:
    series_id, taken = taken_series(site, waits=True)
    do(site.database, cancel_booking, taken.id, 1, None, actor=site.world.anna)
    [entry] = all_rows(site.database, select(WaitingEntry))
    page = in_english(site, "anna").get(f"/waiting/{entry.id}")
    assert f'href="/series/{series_id}/dates/2027-03-23"' in page.text
    assert "Add the date to the series" in words(page.text)
    assert "offered to you" in words(in_english(site, "anna").get(f"/series/{series_id}").text)


def test_my_bookings_show_a_series_as_one_row(site: Site) -> None:
    series = make_series(site)
    make_booking(site.database, site.world, period=slot(11, 10), title="Erillinen")
    page = in_english(site, "anna").get("/bookings").text
    assert page.count('class="main-link"') == 2
    assert "Series, 4 dates Next: Tuesday 9 March 2027, 17:00–19:00" in words(page)
    assert f'href="/series/{series.id}"' in page


def test_a_date_says_that_it_is_one_of_a_series(site: Site) -> None:
    series = make_series(site)
    first = dates_of(site, series.id)[0]
    browser = in_english(site, "anna")
    assert "One of 4 dates of a series" in words(browser.get(f"/bookings/{first.id}").text)
    since = f"?from={FIRST.isoformat()}"
    assert f"/series/{series.id}/change{since}" in browser.get(f"/bookings/{first.id}/move").text
    assert f"/series/{series.id}/cancel{since}" in browser.get(f"/bookings/{first.id}/cancel").text


def test_the_history_of_a_split_series_goes_back_to_the_one_it_came_from(site: Site) -> None:
    series = make_series(site)
    form = filled(site, since=DAYS[2].isoformat(), starts="18", ends="20")
    done = confirm(site.browser("anna"), f"/series/{series.id}/change", form)
    new_id = int(done.location.rsplit("/", 1)[1])
    said = words(in_english(site, "veli").get(f"/audit/series/{new_id}").text)
    assert "The series was asked for" in said
    assert "The later dates became a series of their own" in said
    assert "every week on Tuesdays" in said
    old = words(in_english(site, "veli").get(f"/audit/series/{series.id}").text)
    assert "The series was changed" not in old
    assert site.browser("aino").get(f"/audit/series/{new_id}").status_code == 404
