"""The page "Demand that could not be met": who sees what of it, what it tells of small numbers, and its download."""

from __future__ import annotations

import csv
import re
from datetime import date
from html import unescape
from typing import Any

import pytest

from booking.db import transaction
from booking.domain.texts import LocalText
from booking.models import Municipality, SearchMiss, Unit
from booking.services.decisions import decide_booking
from tests.support.world import NOW, make_booking
from tests.web.conftest import Site, Statements

EN = {"Accept-Language": "en"}


def add(site: Site, count: int, **changes: Any) -> None:
    """`count` searches in vain for Wednesdays at 17 in Joensuu, for up to ten people, in March 2027."""
    fields: dict[str, Any] = {
        "month": date(2027, 3, 1),
        "kind": "search",
        "code": "room_taken",
        "municipality": "joensuu",
        "unit_id": 0,
        "weekday": 2,
        "hour": 17,
        "people": 10,
        "activity": "group",
        "features": "",
        **changes,
    }
    transaction(site.database, lambda session: session.add(SearchMiss(**fields, count=count)))


def page_of(site: Site, who: str = "kaisa", query: str = "") -> str:
    answer = in_english(site, who).get(f"/staff/demand{query}")
    assert answer.status_code == 200
    return unescape(answer.text)


def in_english(site: Site, who: str) -> Any:
    browser = site.browser(who)
    browser.post("/language", {"locale": "en", "next": "/"})
    return browser


def tables(page: str) -> dict[str, list[tuple[str, ...]]]:
    """The rows of each table by its heading's id: name, then a text for each kind."""
    found = {}
    for key, body in re.findall(
        r'<table class="demand-chart" role="table" aria-labelledby="(\w+)">(.*?)</table>',
        page,
        re.S,
    ):
        rows = re.findall(r'<tr role="row">\s*<th role="rowheader".*?</tr>', body, re.S)
        found[key] = [
            (
                re.findall(r"<span[^>]*>([^<]+)</span>\s*<svg class=\"demand-bar\"", row)[0],
                *re.findall(r"</span>([^<]*)</td>", row),
            )
            for row in rows
        ]
    return found


def hours(page: str) -> list[list[str]]:
    [body] = re.findall(r'<table class="demand-hours".*?<tbody>(.*?)</tbody>', page, re.S)
    return [re.findall(r">([^<\s]+)</t[hd]>", row) for row in body.split("</tr>")[:-1]]


EXPECTED = {
    "municipalities": [
        ("Joensuu", "7", "2", "0"),
        ("No municipality chosen", "4", "0", "0"),
        ("Kitee", "1", "0", "1"),
    ],
    "sites": [
        ("Rantakylän hyvinvointitalo", "0", "2", "0"),
        ("Kiteen sosiaali- ja terveysasema", "0", "0", "1"),
    ],
    "people": [
        ("Not told, or one", "0", "2", "0"),
        ("6–10", "11", "0", "1"),
        ("more than 150", "1", "0", "0"),
    ],
    "activities": [
        ("event", "4", "0", "0"),
        ("meeting", "0", "0", "1"),
        ("group", "8", "2", "0"),
    ],
    "reasons": [
        ("The rooms were taken", "7", "2", "0"),
        ("No room has what was needed", "4", "0", "0"),
        ("There is no room to book", "1", "0", "0"),
        ("The site rejected the request", "0", "0", "1"),
    ],
    "needs": [
        ("Step-free access", "7", "0", "0"),
        ("Induction loop", "7", "0", "0"),
        ("Lift", "0", "1–2", "0"),
        ("Remote participation", "4", "0", "0"),
    ],
}


def test_the_numbers_stand_by_place_hour_people_use_reason_and_need(site: Site) -> None:
    world = site.world
    add(site, 7, features="induction_loop,step_free")
    add(site, 2, kind="refusal", unit_id=world.rantakyla, hour=19, people=0, features="lift")
    add(site, 4, municipality="", code="feature_missing", features="hybrid", activity="event")
    add(site, 1, municipality="kitee", weekday=6, people=100_000, code="no_room")
    add(site, 9, month=date(2026, 3, 1))
    booking = make_booking(site.database, world, room_id=world.cabinet)
    transaction(
        site.database,
        lambda session: decide_booking(
            session, booking.id, "reject", 1, "Remontti", actor=world.aino, now=NOW
        ),
    )
    page = page_of(site)
    assert re.findall(r"<strong>(\d+)</strong>", page) == ["12", "2", "1"]
    assert tables(page) == EXPECTED
    assert hours(page)[0] == ["10", "0", "0", "1", "0", "0", "0", "0"]
    assert hours(page)[7:] == [
        ["17", "0", "0", "11", "0", "0", "0", "1"],
        ["18", "0", "0", "0", "0", "0", "0", "0"],
        ["19", "0", "0", "2", "0", "0", "0", "0"],
    ]


def test_bars_are_as_long_as_their_numbers_and_what_is_not_told_as_the_most_it_can_be(
    site: Site,
) -> None:
    add(site, 10, features="quiet")
    add(site, 1, kind="refusal", features="lift")
    add(site, 2, kind="refusal", features="lighting")
    page = page_of(site)
    [needs] = re.findall(r'aria-labelledby="needs">(.*?)</table>', page, re.S)
    bars = re.findall(r'class="bar-(\w+)" x="([\d.]+)%" width="([\d.]+)%"', needs)
    assert bars == [
        ("refusal", "0.0", "20.0"),
        ("refusal", "0.0", "20.0"),
        ("search", "0.0", "100.0"),
    ]
    [place] = re.findall(r'aria-labelledby="municipalities">(.*?)</table>', page, re.S)
    bars = re.findall(r'class="bar-(\w+)" x="([\d.]+)%" width="([\d.]+)%"', place)
    assert bars == [("search", "0.0", "76.9"), ("refusal", "76.9", "23.1")]


def test_needs_are_not_shown_where_few_are_summed_up(site: Site) -> None:
    add(site, 9, features="turning_space")
    add(site, 1, municipality="kitee", features="lift")
    for query, shown in (("", True), ("?place=joensuu", False), ("?place=kitee", False)):
        page = page_of(site, query=query)
        assert ("needs" in tables(page)) is shown
        assert ("at least ten searches" in page) is not shown
        file = in_english(site, "kaisa").get(f"/staff/demand.csv{query}").text
        assert ("Turning space" in file) is shown
        assert ("Lift;1–2;0;0" in file) is shown


def test_staff_see_their_own_places_and_are_offered_no_others(site: Site) -> None:
    world = site.world
    add(site, 11)
    add(site, 12, municipality="kitee", unit_id=world.kitee, kind="refusal")
    add(site, 13, municipality="")
    joensuu, kitee, nowhere = (
        ("Joensuu", "11", "0", "0"),
        ("Kitee", "0", "12", "0"),
        ("No municipality chosen", "13", "0", "0"),
    )
    for who, expected in (
        ("kaisa", [nowhere, kitee, joensuu]),
        ("yllapito", [nowhere, kitee, joensuu]),
        ("veli", [joensuu]),
        ("viivi", [joensuu]),
        ("aino", [kitee]),
    ):
        page = page_of(site, who)
        assert tables(page)["municipalities"] == expected, who
        sees_all = who in ("kaisa", "yllapito")
        assert ("The whole county" in page) is sees_all
        assert (f"site:{world.rantakyla}" in page) is (who != "aino")
        answer = site.browser(who).get(f"/staff/demand?place=site:{world.kitee}")
        assert (answer.status_code == 200) is (sees_all or who == "aino")


def test_a_place_and_months_may_be_chosen(site: Site) -> None:
    world = site.world
    add(site, 3)
    add(site, 4, unit_id=world.rantakyla, kind="refusal")
    add(site, 5, municipality="kitee")
    add(site, 6, month=date(2026, 12, 1))
    sums = re.compile(r"<strong>(\d+)</strong>")
    for query, expected in (
        ("?first=2027-03&last=2027-03", ["8", "4", "0"]),
        ("?first=2026-12&last=2026-12", ["6", "0", "0"]),
        ("?first=2026-12&last=2027-03&place=joensuu", ["9", "4", "0"]),
        (f"?place=site:{world.rantakyla}", ["0", "4", "0"]),
        ("?place=kitee&utm_source=elsewhere", ["5", "0", "0"]),
    ):
        page = page_of(site, query=query)
        assert sums.findall(page) == expected, query
        assert "utm_source" not in page.partition("demand.csv")[2][:200]
    assert "sites" not in tables(page_of(site, query=f"?place=site:{world.rantakyla}"))
    assert "December 2026</h2>" in page_of(site, query="?first=2026-12&last=2026-12")


@pytest.mark.parametrize(
    "query",
    [
        *("first=2027-04", "first=9999-12", "first=%00", "last=x"),
        *("first=2027-03&last=2027-02", "place=atlantis", "place=site:", "place=site:4711"),
    ],
)
def test_what_makes_no_sense_is_refused_on_page_and_in_file(site: Site, query: str) -> None:
    add(site, 3)
    browser = in_english(site, "kaisa")
    answer = browser.get(f"/staff/demand?{query}")
    assert (answer.status_code, "demand-chart" in answer.text) == (422, False)
    assert "There is something to correct" in answer.text
    assert browser.get(f"/staff/demand.csv?{query}").status_code == 422


def test_nothing_counted_is_said_so(site: Site) -> None:
    page = page_of(site)
    assert "Nothing was looked for in vain in these months." in page
    assert "demand-hours" not in page


def test_the_download_holds_the_same_numbers_and_no_formula(site: Site) -> None:
    def rename(session: Any) -> None:
        session.get_one(Unit, site.world.rantakyla).name = LocalText('=HYPERLINK("x");-1')
        [town] = session.query(Municipality).filter_by(key="kitee")
        town.name = LocalText("@Kitee")

    transaction(site.database, rename)
    add(site, 2, unit_id=site.world.rantakyla)
    add(site, 1, municipality="kitee", kind="refusal", weekday=0, hour=8)
    answer = in_english(site, "kaisa").get("/staff/demand.csv?first=2027-01&last=2027-03")
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="yhteistila-2027-01-2027-03.csv"'
    )
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(answer.data.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert rows == [
        [
            *("Table", "What"),
            *("Searches in vain", "Requests refused at once", "Requests the site rejected"),
        ],
        ["By municipality", "Joensuu", "2", "0", "0"],
        ["By municipality", "'@Kitee", "0", "1", "0"],
        ["By site", "'=HYPERLINK(\"x\");'-1", "2", "0", "0"],
        ["By number of people", "6–10", "2", "1", "0"],
        ["By activity", "group", "2", "1", "0"],
        ["By reason", "The rooms were taken", "2", "1", "0"],
        ["By weekday and hour", "Monday 08", "0", "1", "0"],
        ["By weekday and hour", "Wednesday 17", "2", "0", "0"],
    ]


def test_names_from_elsewhere_are_shown_as_text(site: Site) -> None:
    def rename(session: Any) -> None:
        session.get_one(Unit, site.world.rantakyla).name = LocalText("<script>alert(1)</script>")

    transaction(site.database, rename)
    add(site, 3, unit_id=site.world.rantakyla)
    add(site, 3, unit_id=10_000, municipality="gone")
    answer = in_english(site, "kaisa").get("/staff/demand")
    assert "<script>alert" not in answer.text
    assert '<span lang="fi">&lt;script&gt;' in answer.text
    assert "A site that is no longer here" in answer.text
    assert '<span lang="fi">gone</span>' in answer.text


def test_the_menu_leads_there_for_staff_only(site: Site) -> None:
    for who, is_staff in (("kaisa", True), ("viivi", True), ("veli", True), ("anna", False)):
        assert ('href="/staff/demand"' in site.browser(who).get("/rooms").text) is is_staff


def test_the_page_costs_seven_statements_however_much_is_counted(
    site: Site, statements: Statements
) -> None:
    browser = site.browser("kaisa")
    for hour in range(24):
        add(site, 5, hour=hour, municipality="kitee" if hour % 2 else "joensuu")
    for path in ("/staff/demand", "/staff/demand?place=kitee", "/staff/demand.csv"):
        statements.clear()
        browser.get(path)
        # who reads (sign-in, roles, memberships, standing in); which sites there are, what was counted, what was rejected
        assert len(statements) == 7, path
