"""A series' forms sent twice, or sent with what no form of ours holds: done once, and never a fault of ours."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from booking.models import Booking
from booking.services.bookings import cancel_booking
from tests.support.acts import all_rows, do
from tests.support.world import make_booking, slot
from tests.web.conftest import BASE, Browser, Site
from tests.web.deciding import in_english, words
from tests.web.series import DAYS, dates_of, filled, hidden, make_series, seen
from tests.web.series_new import form as new_form

_OTHER = "This form has already been sent with other contents"


def states(site: Site, series_id: int) -> list[str]:
    return [one.state for one in dates_of(site, series_id)]


def decision(site: Site, series_id: int, **fields: Any) -> dict[str, Any]:
    return {
        "version": seen(site, series_id),
        "decision": "each",
        "key": "kahdesti-1",
        "reason": "Remontti",
        **fields,
    }


def test_a_decision_sent_again_with_another_choice_for_a_date_is_told(site: Site) -> None:
    series = make_series(site)
    first, second, third, fourth = (f"date-{one.id}" for one in dates_of(site, series.id))
    form = decision(site, series.id, **{first: "approve", second: "leave", third: "leave"})
    form[fourth] = "leave"
    veli = in_english(site, "veli")
    assert veli.post(f"/series/{series.id}/decide", form).status_code == 303
    again = veli.post(f"/series/{series.id}/decide", {**form, second: "reject"})
    assert again.status_code == 422
    assert _OTHER in words(again.text)
    assert states(site, series.id) == ["approved", *["requested"] * 3]


def test_the_same_decision_sent_twice_is_one_though_nothing_of_it_is_left(site: Site) -> None:
    series = make_series(site)
    first, *others = (f"date-{one.id}" for one in dates_of(site, series.id))
    form = decision(site, series.id, **{first: "approve", **dict.fromkeys(others, "leave")})
    veli = site.browser("veli")
    answers = [veli.post(f"/series/{series.id}/decide", form) for _ in range(2)]
    assert [(one.status_code, one.location) for one in answers] == [
        (303, f"/series/{series.id}")
    ] * 2
    assert states(site, series.id) == ["approved", *["requested"] * 3]


def test_what_is_left_of_a_series_is_shown_to_be_decided(site: Site) -> None:
    series = make_series(site)
    first, *others = (f"date-{one.id}" for one in dates_of(site, series.id))
    form = decision(site, series.id, **{first: "approve", **dict.fromkeys(others, "leave")})
    veli = in_english(site, "veli")
    veli.post(f"/series/{series.id}/decide", form)
    page = veli.get(f"/series/{series.id}/decide")
    assert page.status_code == 200
    assert "3 dates await your decision." in words(page.text)


def test_a_day_asked_for_again_with_another_choice_is_told(site: Site) -> None:
    taken = make_booking(site.database, site.world, period=slot(23, 17))
    series = make_series(site, skips=True)
    path, browser = f"/series/{series.id}/dates/2027-03-23", in_english(site, "anna")
    other = hidden(browser.get(path).text.replace("<button", "<input"), "choice")
    do(site.database, cancel_booking, taken.id, 1, None, actor=site.world.anna)
    assert browser.post(path, {"choice": "planned", "key": "paiva-1"}).status_code == 303
    [booking] = [one for one in dates_of(site, series.id) if one.series_day == date(2027, 3, 23)]
    again = browser.post(path, {"choice": other, "key": "paiva-1"})
    assert again.status_code in {404, 422}
    same = browser.post(path, {"choice": "planned", "key": "paiva-1"})
    assert (same.status_code, same.location) == (303, f"/bookings/{booking.id}")


def test_a_change_that_split_the_series_sent_twice_leads_to_the_same_new_one(site: Site) -> None:
    series = make_series(site)
    path, browser = f"/series/{series.id}/change", site.browser("anna")
    form = filled(site, since=DAYS[2].isoformat(), starts="18", ends="20")
    shown = browser.post(path, form).text
    again = {**form, "digest": hidden(shown, "digest"), "version": hidden(shown, "version")}
    answers = [browser.post(path, again) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    assert answers[0].location == answers[1].location != f"/series/{series.id}"


def test_a_cancellation_sent_twice_is_one(site: Site) -> None:
    series = make_series(site)
    form = {"version": seen(site), "since": DAYS[1].isoformat(), "key": "peru-1"}
    browser = site.browser("anna")
    answers = [browser.post(f"/series/{series.id}/cancel", form) for _ in range(2)]
    assert [(one.status_code, one.location) for one in answers] == [
        (303, f"/series/{series.id}")
    ] * 2
    assert states(site, series.id) == ["requested", *["cancelled"] * 3]


_END = "T10:00:00+00:00"
_STRANGE = [
    "0001-01-01",
    "9999-12-31",
    "1.1.0001",
    "31.12.9999",
    f"1/0001-01-01T00:00:00+02:00/0001-01-01{_END}",
    f"1/9999-12-31{_END}/9999-12-31T23:59:59-12:00",
    f"{'0' * 9}1{'9' * 30}/2027-03-17T08:00:00+00:00/2027-03-17{_END}",
    f"1/2027-03-17T08:00:00+00:00/2097-03-17{_END}",
    "9" * 5000,
    "-1",
    "\0",
    "a\0b",
    "²",
    "\ud800",
    "１２",
]


def sent(browser: Browser, path: str, form: dict[str, Any]) -> Any:
    """A form whose texts may hold half a character, as only a program sends them."""
    raw = form if "csrf_token" in form else {"csrf_token": browser.token(), **form}
    pairs = [
        (name, str(one))
        for name, value in raw.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    body = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
    return browser.client.post(
        path,
        data=body,
        content_type="application/x-www-form-urlencoded",
        base_url=BASE,
    )


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


_NEW = (
    *("room", "organisation", "day", "starts", "ends", "fold", "repeats", "weeks", "weekdays"),
    *("own", "until", "times", "title", "activity", "people", "needed_features", "needs", "terms"),
    *("key", "waits", "on-2027-03-17", "on-9999-12-31", "on-0001-01-01", "on-\0"),
)


def faults(answers: dict[Any, int]) -> dict[Any, int]:
    """What was answered by a fault of ours."""
    return {asked: status for asked, status in answers.items() if status >= 500}


def test_nothing_typed_into_a_new_series_is_a_fault_of_ours(site: Site) -> None:
    browser = site.browser("anna")
    base = new_form(site, repeats="weeks", weeks="3", times="1", csrf_token=browser.token())
    found = {}
    for number, (name, value) in enumerate(product(_NEW, _STRANGE)):
        form = {**base, "key": f"outo-{number}", name: value}
        found[name, value] = sent(browser, "/series", form).status_code
    assert faults(found) == {}


@pytest.mark.parametrize("day", ["1.1.1970", "31.12.2099"])
def test_a_series_at_either_end_of_time_is_no_fault_of_ours(site: Site, day: str) -> None:
    browser = site.browser("anna")
    series = make_series(site)
    found = set()
    for repeats in ("week", "nth_weekday", "last_weekday", "month_day", "last_day", "own"):
        form = new_form(site, day=day, repeats=repeats, own=day, times="366")
        found.add(browser.post("/series/preview", form).status_code)
        changed = filled(site, day=day, until=day, repeats=repeats, own=day)
        found.add(browser.post(f"/series/{series.id}/change", changed).status_code)
    assert found <= {200, 422}


_CHANGE = (
    *("since", "starts", "ends", "fold", "room", "day", "repeats", "weekdays", "weeks", "own"),
    *("until", "times", "title", "activity", "people", "digest", "version", "key", "reason"),
)


@pytest.mark.parametrize("repeats", ["keep", "weeks"])
def test_nothing_typed_into_a_change_is_a_fault_of_ours(site: Site, repeats: str) -> None:
    series = make_series(site)
    browser = site.browser("anna")
    base = filled(site, repeats=repeats, weeks="2", title="Johtokunta", csrf_token=browser.token())
    found = {}
    for number, (name, value) in enumerate(product(_CHANGE, _STRANGE)):
        form = {**base, "key": f"outo-{number}", name: value}
        found[name, value] = sent(browser, f"/series/{series.id}/change", form).status_code
    assert faults(found) == {}
    assert {one.title for one in all_rows(site.database, select(Booking))} == {"Hallituksen kokous"}


def test_nothing_typed_into_a_cancellation_is_a_fault_of_ours(site: Site) -> None:
    browser = site.browser("anna")
    path = f"/series/{make_series(site).id}/cancel"
    base = {"version": "0", "since": DAYS[0].isoformat(), "csrf_token": browser.token()}
    found: dict[Any, int] = {}
    for value in _STRANGE:
        for name in ("since", "version", "key", "reason"):
            form = {**base, "key": f"outo-{len(found)}", name: value}
            found[name, value] = sent(browser, path, form).status_code
        for way in (path, path.replace("cancel", "change")):
            address = f"{way}?from={_quoted(value)}"
            found[way, value] = browser.client.get(address, base_url=BASE).status_code
    assert faults(found) == {}


def test_no_choice_for_a_day_is_a_fault_of_ours(site: Site) -> None:
    make_booking(site.database, site.world, period=slot(23, 17))
    path = f"/series/{make_series(site, skips=True).id}/dates"
    browser = site.browser("anna")
    chosen, days = {}, {}
    for number, value in enumerate(_STRANGE):
        form = {"choice": value, "key": f"outo-{number}"}
        chosen[value] = sent(browser, f"{path}/2027-03-23", form).status_code
        day = f"{path}/{_quoted(value[:40])}"
        days["add", value] = sent(browser, day, {**form, "choice": "planned"}).status_code
        days["look", value] = browser.client.get(day, base_url=BASE).status_code
    assert set(chosen.values()) == {422}
    assert set(days.values()) == {404}


def test_nothing_typed_into_a_decision_is_a_fault_of_ours(site: Site) -> None:
    path, browser = f"/series/{make_series(site).id}/decide", site.browser("veli")
    names = ("version", "decision", "reason", "condition", "message", "key", "date-1", "verify")
    base = {"version": "0", "decision": "approve", "csrf_token": browser.token()}
    found = {}
    for number, (name, value) in enumerate(product(names, _STRANGE)):
        form = {**base, "key": f"outo-{number}", name: value}
        found[name, value] = sent(browser, path, form).status_code
    assert faults(found) == {}
