"""The queue of requests, the list of rooms with what each needs, and time that a unit keeps for itself."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import reading, transaction
from booking.domain.texts import LocalText
from booking.i18n import gettext, ngettext, use_locale
from booking.models import Block, Room, RoomImage, Space, Unit
from tests.support.world import NOW, make_booking, make_room, slot
from tests.web.conftest import Site, Statements, set_clock
from tests.web.room_keeping import fi


def block_form(**changes: Any) -> dict[str, Any]:
    return {
        "day": "10.3.2027",
        "starts": "8",
        "ends": "16",
        "reason": "Lattian vahaus",
        **changes,
    }


def blocks(site: Site) -> list[Block]:
    with reading(site.database) as session:
        return list(session.scalars(select(Block).order_by(Block.starts_at)))


def test_the_queue_holds_the_requests_of_the_approvers_units(site: Site) -> None:
    make_booking(site.database, site.world, title="Toinen pyyntö", period=slot(11, 10))
    make_booking(
        site.database,
        site.world,
        title="Kiteen pyyntö",
        room_id=site.world.cabinet,
        people=5,
    )
    page = site.browser("veli").get("/staff").text
    assert "Toinen pyyntö" in page
    assert "Kiteen pyyntö" not in page
    assert "Kiteen pyyntö" in site.browser("aino").get("/staff").text


def test_a_unit_blocks_its_room_and_lifts_the_block(site: Site) -> None:
    browser = site.browser("veli")
    path = f"/staff/rooms/{site.world.half_a}/blocks"
    assert browser.post(path, block_form()).status_code == 303
    page = browser.get(path).text
    assert "Lattian vahaus" in page
    lift = re.search(r'action="(/staff/blocks/\d+/lift)"', page)
    assert lift
    assert browser.post(lift[1]).status_code == 303
    assert "Tilalle ei ole merkitty aikoja" in browser.get(path).text


@pytest.mark.parametrize("until", ["", "24.3.2027"])
def test_a_block_sent_twice_is_made_once(site: Site, until: str) -> None:
    browser, path = site.browser("veli"), f"/staff/rooms/{site.world.half_a}/blocks"
    [key] = re.findall(r'name="key" type="hidden" value="([^"]+)"', browser.get(path).text)
    form = block_form(until=until, key=key)
    browser.post(path, form)
    made = len(blocks(site))
    again = browser.post(path, form)
    assert (again.status_code, again.location, len(blocks(site))) == (303, path, made)


def test_a_block_refused_is_made_once_it_is_right(site: Site) -> None:
    browser, path = site.browser("veli"), f"/staff/rooms/{site.world.half_a}/blocks"
    booking = make_booking(site.database, site.world)
    assert browser.post(path, block_form(key="avain-1")).status_code == 409
    site.browser("anna").post(f"/bookings/{booking.id}/cancel", {"version": booking.version})
    assert browser.post(path, block_form(key="avain-1")).status_code == 303
    assert len(blocks(site)) == 1


def test_a_block_sent_with_the_key_of_another_is_made_when_sent_once_more(site: Site) -> None:
    browser, path = site.browser("veli"), f"/staff/rooms/{site.world.half_a}/blocks"
    browser.post(path, block_form(key="avain-1"))
    other = block_form(day="11.3.2027", key="avain-1")
    refused = browser.post(path, other)
    assert (refused.status_code, len(blocks(site))) == (422, 1)
    assert fi("sent_with_other_contents") in refused.text
    [key] = re.findall(r'name="key" type="hidden" value="([^"]+)"', refused.text)
    assert browser.post(path, {**other, "key": key}).status_code == 303
    assert len(blocks(site)) == 2


def test_the_same_block_of_another_room_is_another_one(site: Site) -> None:
    browser = site.browser("veli")
    for room_id in (site.world.half_a, site.world.half_b):
        browser.post(f"/staff/rooms/{room_id}/blocks", block_form(key="avain-1"))
    assert len(blocks(site)) == 2


def test_a_block_may_last_for_days(site: Site) -> None:
    path = f"/staff/rooms/{site.world.half_a}/blocks"
    site.browser("veli").post(path, block_form(last_day="12.3.2027"))
    [block] = blocks(site)
    assert (block.starts_at, block.ends_at) == (slot(10, 8).start, slot(12, 16).start)


def test_a_block_over_a_booking_is_refused_and_tells_when(site: Site) -> None:
    make_booking(site.database, site.world, title="Salaisuus")
    path = f"/staff/rooms/{site.world.hall}/blocks"
    answer = site.browser("veli").post(path, block_form())
    assert answer.status_code == 409
    assert "keskiviikko 10. maaliskuuta 2027 klo 10.00–12.00" in answer.text
    assert 'value="Lattian vahaus"' in answer.text
    assert blocks(site) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"day": "x"},
        {"starts": ""},
        {"ends": "7"},
        {"reason": ""},
        {"last_day": "9.3.2027"},
        {"day": "1.2.2027"},
        {"day": "28.3.2027", "starts": "3.30"},
        {"reason": "x" * 301},
    ],
)
def test_a_block_that_makes_no_sense_is_refused(site: Site, changes: dict[str, Any]) -> None:
    path = f"/staff/rooms/{site.world.half_a}/blocks"
    answer = site.browser("veli").post(path, block_form(**changes))
    assert answer.status_code == 422
    assert "Korjaa nämä kohdat" in answer.text
    assert blocks(site) == []


def weekly(site: Site) -> list[Block]:
    """Half A blocked for three Wednesdays."""
    path = f"/staff/rooms/{site.world.half_a}/blocks"
    answer = site.browser("veli").post(path, block_form(until="24.3.2027"))
    assert answer.status_code == 303
    return blocks(site)


def test_a_block_every_week_is_one_act(site: Site) -> None:
    found = weekly(site)
    assert [(one.starts_at, one.ends_at) for one in found] == [
        (slot(day, 8).start, slot(day, 16).start) for day in (10, 17, 24)
    ]
    assert len({one.series for one in found}) == 1
    assert found[0].series is not None


def test_a_block_every_week_keeps_the_clock_on_the_wall(site: Site) -> None:
    path = f"/staff/rooms/{site.world.half_a}/blocks"
    form = block_form(day="24.3.2027", until="31.3.2027", last_day="25.3.2027")
    assert site.browser("veli").post(path, form).status_code == 303
    # On 28.3. the clocks are put forward.
    assert [(one.starts_at, one.ends_at) for one in blocks(site)] == [
        (slot(24, 8).start, slot(25, 16).start),
        (slot(31, 8).start, slot(1, 16, month=4).start),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"until": "9.3.2027"},
        {"until": "15.3.2028"},  # the 54th week
        {"until": "x"},
        # The clocks skip 3.30 on one of the Sundays.
        {"day": "21.3.2027", "starts": "3.30", "ends": "5", "until": "4.4.2027"},
    ],
)
def test_a_weekly_block_that_makes_no_sense_is_refused(site: Site, changes: dict[str, Any]) -> None:
    path = f"/staff/rooms/{site.world.half_a}/blocks"
    answer = site.browser("veli").post(path, block_form(**changes))
    assert answer.status_code == 422
    assert 'value="Lattian vahaus"' in answer.text
    assert blocks(site) == []


def test_a_weekly_block_over_bookings_is_refused_whole_and_tells_each_time(site: Site) -> None:
    for day in (17, 24):
        make_booking(site.database, site.world, title="Salaisuus", period=slot(day, 10))
    path = f"/staff/rooms/{site.world.half_a}/blocks"
    answer = site.browser("veli").post(path, block_form(until="31.3.2027"))
    assert answer.status_code == 409
    assert "<li>keskiviikko 17. maaliskuuta 2027 klo 10.00–12.00</li>" in answer.text
    assert "<li>keskiviikko 24. maaliskuuta 2027 klo 10.00–12.00</li>" in answer.text
    assert blocks(site) == []


def test_one_date_of_a_weekly_block_is_lifted_alone(site: Site) -> None:
    _first, second, _third = weekly(site)
    browser = site.browser("veli")
    assert browser.post(f"/staff/blocks/{second.id}/lift").status_code == 303
    assert [one.lifted_at is None for one in blocks(site)] == [True, False, True]


def test_a_weekly_block_is_lifted_from_here_on(site: Site) -> None:
    first, *_others = weekly(site)
    set_clock(site.app, slot(11, 8).start)
    browser = site.browser("veli", slot(11, 8).start)
    page = browser.get(f"/staff/rooms/{site.world.half_a}/blocks").text
    [lift] = re.findall(r'action="(/staff/blocks/\d+/lift-all)"', page)
    assert browser.post(lift).status_code == 303
    # What is over stays as it was.
    assert [one.lifted_at is None for one in blocks(site)] == [True, False, False]
    assert first.id == blocks(site)[0].id


def test_the_rooms_listed_are_those_of_ones_units(site: Site) -> None:
    page = site.browser("aino").get("/staff/rooms").text
    assert "Kabinetti" in page
    assert "Sali A" not in page


def room_on_list(page: str, room_id: int) -> str:
    """The list's entry for one room."""
    start = page.index(f'href="/staff/rooms/{room_id}"')
    return page[start : page.index('class="side-actions"', start)]


def test_the_list_says_how_well_each_room_is_described(site: Site) -> None:
    def check(session: Any) -> None:
        room = session.get_one(Room, site.world.half_a)
        old, young = room.features
        old.checked_on, young.checked_on = date(2026, 2, 28), date(2026, 3, 1)
        alt = LocalText("Sali ikkunoineen")
        facts = {"kind": "photo", "alt": alt, "width": 480, "height": 360, "created_at": NOW}
        room.images.append(RoomImage(digest="a" * 64, position=1, **facts))

    transaction(site.database, check)
    browser = site.browser("veli")
    with use_locale("fi"):
        stale = ngettext("%(num)s checked over a year ago", "%(num)s checked over a year ago", 1)
        no_photo = gettext("No photo")
        known = gettext("Accessibility: %(known)s of %(total)s known", known=2, total=16)
    page = browser.get("/staff/rooms").text
    half_a, half_b = (room_on_list(page, one) for one in (site.world.half_a, site.world.half_b))
    assert [text in half_a for text in (known, stale, no_photo)] == [True, True, False]
    assert [text in half_b for text in (known, stale, no_photo)] == [False, True, True]


def test_the_list_asks_as_much_of_the_database_for_many_rooms_as_for_few(
    site: Site, statements: Statements
) -> None:
    browser = site.browser("veli")
    browser.get("/staff/rooms")
    statements.clear()
    browser.get("/staff/rooms")
    few = len(statements)

    def add(session: Any) -> None:
        unit = session.get_one(Unit, site.world.rantakyla)
        for number in range(12):
            make_room(session, unit, [Space(unit_id=unit.id, name=f"R{number}")], f"R{number}")

    transaction(site.database, add)
    browser.get("/staff/rooms")
    statements.clear()
    assert "R11" in browser.get("/staff/rooms").text
    # Who reads (4), the catalogue's version, units, facts checked, pictures.
    assert (few, len(statements)) == (8, 8)


def test_who_keeps_very_many_rooms_chooses_a_site(site: Site) -> None:
    def add(session: Any) -> None:
        unit = session.get_one(Unit, site.world.kitee)
        for number in range(40):
            make_room(session, unit, [Space(unit_id=unit.id, name=f"R{number}")], f"R{number}")

    transaction(site.database, add)
    browser = site.browser("yllapito")
    page = browser.get("/staff/rooms").text
    assert f'href="/staff/rooms?unit={site.world.kitee}"' in page
    assert "R39" not in page
    assert "R39" in browser.get(f"/staff/rooms?unit={site.world.kitee}").text
    assert browser.get("/staff/rooms?unit=9999").status_code == 404


def test_another_units_rooms_are_not_on_the_list(site: Site) -> None:
    assert site.browser("aino").get(f"/staff/rooms?unit={site.world.rantakyla}").status_code == 404
