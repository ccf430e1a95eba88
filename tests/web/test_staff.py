"""The queue of requests, and time that a unit keeps for itself."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import reading
from booking.models import Block
from tests.support.world import make_booking, slot
from tests.web.conftest import Site


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
        return list(session.scalars(select(Block)))


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


def test_the_rooms_listed_are_those_of_ones_units(site: Site) -> None:
    page = site.browser("aino").get("/staff/rooms").text
    assert "Kabinetti" in page
    assert "Sali A" not in page
