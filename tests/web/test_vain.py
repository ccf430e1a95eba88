"""What could not be had is counted once, by the page or the program that asked; nothing that nobody asked for is."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from booking.db import open_database, reading, transaction
from booking.domain.bookings import Wish
from booking.domain.demand import HYBRID
from booking.domain.texts import LocalText
from booking.models import Room, SearchMiss, Terms
from booking.queries.availability import Wanted
from booking.queries.next_free import season_found
from booking.services.people import create_token
from booking.web.vain import count_vain_season
from calendars.period import Period
from tests.support.world import NOW, at, make_booking, slot
from tests.web.conftest import BASE, Site, Statements, make_site, set_clock
from tests.web.series_new import preview as series_preview

# Wednesday 10.3.2027: all of Rantakylä is free from 10 to 12, and closed from 21.
FREE = "day=10.3.2027&starts=10&ends=12&people=12&activity=group"
CLOSED = "day=10.3.2027&starts=21&ends=22&people=12&activity=group"
IN_API = (
    "/api/v1/availability?starts_at=2027-03-10T21:00:00%2B02:00&ends_at=2027-03-10T22:00:00%2B02:00"
)


def counted(site: Site) -> list[tuple[Any, ...]]:
    """What has been counted: kind, code, municipality, unit, weekday, hour, people, activity, features, times."""
    table = SearchMiss.__table__
    columns = [column for column in table.c if column.name not in ("id", "month")]
    with reading(site.database) as session:
        assert set(session.scalars(select(table.c.month))) <= {date(2027, 3, 1)}
        return [tuple(row) for row in session.execute(select(*columns).order_by(table.c.id))]


def test_a_search_that_finds_nothing_is_counted_and_one_that_finds_is_not(site: Site) -> None:
    site.nobody().get(f"/?{FREE}")
    assert counted(site) == []
    site.nobody().get(f"/?{CLOSED}&municipality=joensuu&features=step_free")
    assert counted(site) == [
        ("search", "closed", "joensuu", 0, 2, 21, 20, "group", "step_free", 1),
    ]


def test_a_search_says_what_kept_the_nearest_rooms_from_it(site: Site) -> None:
    make_booking(site.database, site.world, room_id=site.world.hall, people=40)
    for asked in (
        "day=10.3.2027&starts=10&ends=12&people=50",  # the hall is taken, the others too small
        "day=11.3.2027&starts=10&ends=12&people=500",
        "day=11.3.2027&starts=10&ends=12&people=50&activity=event&municipality=kitee",
        "day=11.3.2027&starts=10&ends=12&features=quiet",
        "day=11.3.2027&starts=10&ends=12&people=20&features=induction_loop&features=lift",
    ):
        site.nobody().get(f"/?{asked}")
    assert [(row[1], row[2]) for row in counted(site)] == [
        ("room_taken", ""),
        ("too_many_people", ""),
        ("activity_not_allowed", "kitee"),
        ("feature_unknown", ""),
        ("feature_unknown", ""),
    ]


def test_the_same_within_a_minute_counts_once_and_after_it_again(site: Site) -> None:
    for seconds in (0, 30, 80):  # a page that reloads itself
        set_clock(site.app, NOW + timedelta(seconds=seconds))
        site.nobody().get(f"/?{CLOSED}")
        site.nobody().get(f"/?{CLOSED}&utm_source=elsewhere")
    assert [row[-1] for row in counted(site)] == [1]
    set_clock(site.app, NOW + timedelta(seconds=140))
    site.nobody().get(f"/?{CLOSED}")
    site.nobody().get(f"/?{CLOSED}&municipality=kitee")
    assert [row[-1] for row in counted(site)] == [2, 1]


def test_what_nobody_asked_for_is_not_counted(site: Site) -> None:
    browser = site.nobody()
    browser.client.head(f"/?{CLOSED}", base_url=BASE)
    browser.get(f"/?{CLOSED}", headers={"Sec-Purpose": "prefetch;prerender"})
    browser.get(f"/?{CLOSED}&page=2")
    browser.get(f"/?{CLOSED}&all=1")
    browser.get("/?day=1.2.2027&starts=10&ends=12")
    browser.get("/?day=x&starts=10&ends=12")
    browser.get(f"{IN_API}&municipality=atlantis")
    browser.get(f"{IN_API}&unit=4711")
    assert counted(site) == []


def test_a_program_that_finds_nothing_is_counted_on_its_first_page_only(site: Site) -> None:
    browser = site.nobody()
    browser.get(f"{IN_API}&people=30&unit={site.world.rantakyla}&features=step_free,lift")
    browser.get(f"{IN_API}&cursor=r{site.world.cabinet}")
    browser.get(IN_API.replace("T2", "T1"))  # eleven o'clock is free
    assert counted(site) == [
        (
            *("search", "closed", "joensuu", site.world.rantakyla, 2, 21, 40, "meeting"),
            *("lift,step_free", 1),
        )
    ]


def weekly(site: Site, hour: int, people: int = 8, **changes: Any) -> None:
    """A weekly search for three Wednesdays, as a page makes it."""
    wanted = Wanted(Wish(slot(10, hour), "group", people), "joensuu", **changes)
    weeks: list[Period | None] = [slot(10, hour), slot(17, hour), slot(24, hour)]
    with reading(site.database) as session:
        sure, unsure = season_found(session, wanted, weeks, NOW)
    with site.app.test_request_context("/", base_url=BASE):
        count_vain_season(wanted, sure, unsure)


def test_a_weekly_search_is_counted_when_no_date_is_free_anywhere(site: Site) -> None:
    weekly(site, 10)
    assert counted(site) == []
    weekly(site, 20)
    weekly(site, 20)
    assert counted(site) == [("search", "closed", "joensuu", 0, 2, 20, 10, "group", "", 1)]


def test_a_weekly_search_says_what_kept_the_nearest_rooms_from_it(site: Site) -> None:
    weekly(site, 10, people=500)
    weekly(site, 10, features=frozenset({"step_free", "quiet"}))
    weekly(site, 10, features=frozenset({"step_free"}), is_hybrid=True)
    assert [row[1] + " " + row[-2] for row in counted(site)] == [
        "too_many_people ",
        "feature_unknown quiet,step_free",
        f"no_room {HYBRID},step_free",
    ]


def request_form(site: Site, **changes: Any) -> dict[str, Any]:
    return {
        "room": site.world.half_a,
        "organisation": site.world.virta,
        "title": "Vertaisryhmä",
        "activity": "group",
        "day": "10.3.2027",
        "starts": "10",
        "ends": "12",
        "people": 10,
        "needs": "Yksi osallistuja käyttää pyörätuolia",
        "needed_features": ["step_free"],
        "key": str(uuid4()),
        **changes,
    }


def test_a_request_refused_by_a_rule_or_a_taken_room_is_counted_by_its_first_code(
    site: Site,
) -> None:
    anna = site.browser("anna")
    assert anna.post("/bookings/new", request_form(site, starts="7", people=50)).status_code == 422
    assert anna.post("/bookings/new", request_form(site)).status_code == 303
    assert counted(site)[0][:7] == ("refusal", "closed", "joensuu", site.world.rantakyla, 2, 7, 80)
    for _again in range(2):
        assert anna.post("/bookings/new", request_form(site)).status_code == 409
    assert [row[:2] + row[5:] for row in counted(site)] == [
        ("refusal", "closed", 7, 80, "group", "step_free", 1),
        ("refusal", "room_taken", 10, 10, "group", "step_free", 1),
    ]


def test_who_may_not_ask_or_has_only_forgotten_something_is_not_counted(site: Site) -> None:
    unit, text = site.world.kitee, LocalText("Tila siivotaan käytön jälkeen.")
    terms = Terms(unit_id=unit, version=1, text=text, created_at=NOW)
    transaction(site.database, lambda session: session.add(terms))
    anna = site.browser("anna")
    answers = [
        site.browser("toini").post("/bookings/new", request_form(site)),
        anna.post("/bookings/new", request_form(site, day="x")),
        anna.post("/bookings/new", request_form(site, room=4711)),
        anna.post("/bookings/new", request_form(site, room=site.world.cabinet)),
    ]
    assert [answer.status_code for answer in answers] == [403, 422, 404, 422]
    assert "Toimipisteellä on käyttösäännöt" in answers[-1].text
    assert counted(site) == []


def token_of_anna(site: Site) -> str:
    return transaction(
        site.database,
        lambda session: create_token(
            session, "anna@demo.example", "write", actor=site.world.yllapito, now=NOW
        ),
    )


def ask(site: Site, token: str, changes: dict[str, Any]) -> Any:
    """Anna's program asks for the cabinet, Wednesday 10.3.2027 10–12."""
    body = {
        "room_id": site.world.cabinet,
        "organisation_id": site.world.virta,
        "title": "Hallituksen kokous",
        "activity": "meeting",
        "starts_at": at(10, 10).isoformat(),
        "ends_at": at(10, 12).isoformat(),
        **changes,
    }
    return site.app.test_client().post(
        "/api/v1/bookings", json=body, headers={"Authorization": f"Bearer {token}"}, base_url=BASE
    )


def test_a_program_whose_request_is_refused_is_counted_too(site: Site) -> None:
    world, token = site.world, token_of_anna(site)
    answer = ask(site, token, {"people": 13})
    assert answer.status_code == 422
    assert counted(site) == [
        ("refusal", "too_many_people", "kitee", world.kitee, 2, 10, 20, "meeting", "", 1)
    ]


def test_a_refused_series_is_counted_once_and_one_with_dates_left_out_is_not(site: Site) -> None:
    world, token = site.world, token_of_anna(site)
    for day in (17, 24):
        make_booking(site.database, world, room_id=world.cabinet, period=slot(day, 11, 1))
    body = {"rrule": "FREQ=WEEKLY;COUNT=3", "people": 10}
    assert ask(site, token, {**body, "skip_taken": True}).status_code == 201
    assert counted(site) == []
    body["starts_at"], body["ends_at"] = at(10, 12).isoformat(), at(10, 13).isoformat()
    make_booking(site.database, world, room_id=world.cabinet, period=slot(17, 12, 1))
    make_booking(site.database, world, room_id=world.cabinet, period=slot(24, 12, 1))
    assert ask(site, token, body).status_code == 409
    assert counted(site) == [
        ("refusal", "room_taken", "kitee", world.kitee, 2, 12, 10, "meeting", "", 1)
    ]


def test_a_previewed_series_is_counted_when_no_date_of_it_can_be_had(site: Site) -> None:
    for day in (10, 17):
        make_booking(site.database, site.world, period=slot(day, 11, 1))
    assert series_preview(site, times="3").status_code == 200
    assert counted(site) == []
    assert series_preview(site, times="2").status_code == 200
    assert counted(site) == [
        (
            "refusal",
            "room_taken",
            "joensuu",
            site.world.rantakyla,
            *(2, 10, 10, "meeting", "", 1),
        )
    ]


def test_a_flood_of_different_searches_is_not_counted_to_its_end(site: Site) -> None:
    browser = site.nobody()
    with capture_logs() as logs:
        for minute in range(130):
            browser.get(f"/?day=10.3.2027&starts=21.{minute % 60:02}&ends=22&people={minute + 1}")
    assert sum(row[-1] for row in counted(site)) == 120
    told = [entry for entry in logs if entry["event"] == "demand_not_counted"]
    assert len(told) == 10
    set_clock(site.app, NOW + timedelta(seconds=61))
    browser.get(f"/?{CLOSED}")
    assert sum(row[-1] for row in counted(site)) == 121


def test_a_page_does_not_fail_because_it_could_not_be_counted(
    sqlite_url: str, tmp_path: Path
) -> None:
    database = open_database(sqlite_url, patience_seconds=0.05)
    site = make_site(database, tmp_path, demo=True)
    holder = sqlite3.connect(str(database.engine.url.database), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with capture_logs() as logs:
        answer = site.nobody().get(f"/?{CLOSED}")
    holder.execute("ROLLBACK")
    holder.close()
    assert answer.status_code == 200
    assert [entry["reason"] for entry in logs if entry["event"] == "demand_not_counted"] == [
        "database busy"
    ]
    assert counted(site) == []
    database.dispose()


def test_counting_costs_two_statements_and_loading_again_none(
    site: Site, statements: Statements
) -> None:
    browser = site.nobody()
    browser.get(f"/?{CLOSED}")
    set_clock(site.app, NOW + timedelta(minutes=2))
    sent = []
    for _loaded in range(2):
        statements.clear()
        browser.get(f"/?{CLOSED}")
        sent.append(len(statements))
    # the catalogue's version, and the count itself
    assert sent[0] - sent[1] == 2
    assert [row[-1] for row in counted(site)] == [2]


def test_rooms_that_nobody_lends_are_no_reason(site: Site) -> None:
    def hide(session: Any) -> None:
        for room in session.scalars(select(Room)):
            room.outside_use = "no"

    transaction(site.database, hide)
    site.nobody().get(f"/?{FREE}")
    assert [row[1] for row in counted(site)] == ["no_room"]


@pytest.mark.parametrize("text", ["Anna", "Virta", "pyörätuoli", "Hallituksen"])
def test_no_text_of_anybody_is_kept(site: Site, text: str) -> None:
    make_booking(site.database, site.world)
    site.browser("anna").post("/bookings/new", request_form(site, title="Hallituksen kokous"))
    site.browser("anna").get(f"/?{CLOSED}&title=Hallituksen+kokous&needs=pyörätuoli")
    assert len(counted(site)) == 2
    assert text.casefold() not in str(counted(site)).casefold()
