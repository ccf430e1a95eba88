"""Staff divide and join spaces and change what a room is made of; bookings that would meet are told, and settled in one act."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import reading, transaction
from booking.models import Booking, Room, Space
from booking.queries.bookings import history
from tests.support.world import make_booking, make_room, slot
from tests.web.conftest import Site, Statements
from tests.web.room_keeping import fi, kept


def spaces_of(site: Site, room_id: int) -> list[str]:
    return [space.name for space in kept(site, room_id).spaces]


def space_ids(site: Site, room_id: int) -> list[int]:
    return [space.id for space in kept(site, room_id).spaces]


def state(site: Site, booking: Booking) -> tuple[str, str | None]:
    """Its state, and the reason that its last entry in the audit bears."""
    with reading(site.database) as session:
        last = history(session, "booking", booking.id)[-1]
        return session.get_one(Booking, booking.id).state, last.reason


def meeting_bookings(site: Site) -> tuple[Booking, Booking]:
    """One in each half of the hall, at overlapping times."""
    world = site.world
    return (
        make_booking(site.database, world, title="Pohjoisen kokous"),
        make_booking(
            site.database,
            world,
            title="Etelän kokous",
            room_id=world.half_b,
            period=slot(10, 11),
        ),
    )


def join(site: Site, **changes: Any) -> Any:
    """Veli sends the form that joins the halves of the hall."""
    form = {"spaces": space_ids(site, site.world.hall), "names": "Sali", **changes}
    return site.browser("veli").post(f"/staff/units/{site.world.rantakyla}/spaces/join", form)


def divide(site: Site, space_id: int, names: str, **changes: Any) -> Any:
    """Veli sends the form that divides the north end of the hall."""
    form = {"names": names, "seen": "Sali, pohjoispää", **changes}
    return site.browser("veli").post(f"/staff/spaces/{space_id}/divide", form)


def make_of(site: Site, room_id: int, spaces: list[int], version: int = 1, **changes: Any) -> Any:
    form = {"version": version, "spaces": spaces, **changes}
    return site.browser("veli").post(f"/staff/rooms/{room_id}/spaces", form)


def test_the_page_tells_with_the_names_of_rooms_what_is_not_free_at_once(site: Site) -> None:
    page = site.browser("veli").get(f"/staff/units/{site.world.rantakyla}/spaces").text
    hall = page[page.index(f'href="/staff/rooms/{site.world.hall}"') :]
    hall = hall[: hall.index("</li>")]
    assert "Sali, pohjoispää, Sali, eteläpää" in hall
    assert "Sali A, Sali B" in hall
    assert "Kabinetti" not in page


def test_a_space_is_divided_and_its_rooms_are_made_of_all_parts(site: Site) -> None:
    north, _south = space_ids(site, site.world.hall)
    answer = divide(site, north, "Pohjoinen, itä\r\n\r\n  Pohjoinen,  länsi ")
    assert answer.status_code == 303
    assert spaces_of(site, site.world.half_a) == ["Pohjoinen, itä", "Pohjoinen, länsi"]
    assert spaces_of(site, site.world.hall) == [
        "Pohjoinen, itä",
        "Sali, eteläpää",
        "Pohjoinen, länsi",
    ]


@pytest.mark.parametrize(
    ("names", "code"), [("", "name_required"), ("Yksi", ""), ("Sama\nSama", "names_alike")]
)
def test_parts_without_names_of_their_own_are_refused(site: Site, names: str, code: str) -> None:
    north, _south = space_ids(site, site.world.hall)
    answer = divide(site, north, names)
    assert answer.status_code == 422
    assert 'id="names-error"' in answer.text
    params = {"lowest": 2, "highest": 12}
    assert fi(code if names and code else "number_out_of_range", **params) in answer.text
    assert spaces_of(site, site.world.half_a) == ["Sali, pohjoispää"]


def test_a_division_sent_twice_is_done_once(site: Site) -> None:
    north, _south = space_ids(site, site.world.hall)
    page = site.browser("veli").get(f"/staff/spaces/{north}/divide").text
    assert re.search(r'name="seen" type="hidden" value="Sali, pohjoispää"', page)
    [key] = re.findall(r'name="key" type="hidden" value="([^"]+)"', page)
    answers = [divide(site, north, "Itä\nLänsi", key=key) for _ in range(2)]
    where = f"/staff/units/{site.world.rantakyla}/spaces"
    assert [(one.status_code, one.location) for one in answers] == [(303, where)] * 2
    assert spaces_of(site, site.world.half_a) == ["Itä", "Länsi"]


def test_a_space_that_has_been_divided_meanwhile_is_shown_as_it_is_now(site: Site) -> None:
    north, _south = space_ids(site, site.world.hall)
    divide(site, north, "Itä\nLänsi")
    answer = divide(site, north, "Yksi\nKaksi")
    assert answer.status_code == 409
    assert fi("stale_form") in answer.text
    assert '<span class="over">Itä</span>' in answer.text
    assert "Yksi\r\nKaksi" in answer.text or "Yksi\nKaksi" in answer.text
    assert spaces_of(site, site.world.half_a) == ["Itä", "Länsi"]
    # Who has seen what it is now may divide it further.
    [seen] = re.findall(r'name="seen" type="hidden" value="([^"]+)"', answer.text)
    assert divide(site, north, "Yksi\nKaksi", seen=seen).status_code == 303
    assert spaces_of(site, site.world.half_a) == ["Yksi", "Länsi", "Kaksi"]


def test_spaces_are_joined_where_nothing_meets(site: Site) -> None:
    make_booking(site.database, site.world)
    assert join(site).status_code == 303
    assert [spaces_of(site, one) for one in (site.world.half_a, site.world.half_b)] == [
        ["Sali"],
        ["Sali"],
    ]


def test_bookings_that_would_meet_are_listed_and_nothing_is_joined(site: Site) -> None:
    first, second = meeting_bookings(site)
    answer = join(site)
    assert answer.status_code == 409
    for booking in (first, second):
        assert f'name="cancel" value="{booking.id}">' in answer.text
        assert booking.title in answer.text
    assert "keskiviikko 10. maaliskuuta 2027 klo 10.00–12.00" in answer.text
    assert 'value="Sali"' in answer.text
    assert spaces_of(site, site.world.half_a) == ["Sali, pohjoispää"]


def test_what_is_ticked_is_cancelled_with_its_reason_in_the_same_act(site: Site) -> None:
    first, second = meeting_bookings(site)
    answer = join(site, cancel=[second.id], reason="Väliseinä puretaan.")
    assert answer.status_code == 303
    assert state(site, first) == ("requested", None)
    assert state(site, second) == ("cancelled", "Väliseinä puretaan.")
    assert spaces_of(site, site.world.half_a) == ["Sali"]


def test_without_a_reason_nothing_is_cancelled_and_the_ticks_are_kept(site: Site) -> None:
    first, second = meeting_bookings(site)
    answer = join(site, cancel=[second.id])
    assert answer.status_code == 422
    assert fi("reason_required") in answer.text
    assert f'name="cancel" value="{second.id}" checked>' in answer.text
    assert f'name="cancel" value="{first.id}">' in answer.text
    assert state(site, second) == ("requested", None)


def test_a_tick_for_a_booking_that_is_not_in_the_way_is_refused(site: Site) -> None:
    first, _second = meeting_bookings(site)
    other = make_booking(site.database, site.world, period=slot(12, 10))
    answer = join(site, cancel=[first.id, other.id], reason="Väliseinä puretaan.")
    assert answer.status_code == 422
    assert fi("not_in_the_way") in answer.text
    assert [state(site, one)[0] for one in (first, other)] == ["requested", "requested"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"spaces": []}, "spaces"), ({"spaces": ["999"]}, "spaces"), ({"names": ""}, "names")],
)
def test_a_joining_that_makes_no_sense_is_refused_at_its_field(
    site: Site, changes: dict[str, Any], field: str
) -> None:
    answer = join(site, **changes)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert spaces_of(site, site.world.half_a) == ["Sali, pohjoispää"]


def test_a_room_is_made_of_other_spaces(site: Site) -> None:
    both = space_ids(site, site.world.hall)
    answer = make_of(site, site.world.half_a, both)
    assert answer.status_code == 303
    assert spaces_of(site, site.world.half_a) == ["Sali, pohjoispää", "Sali, eteläpää"]
    assert kept(site, site.world.half_a).version == 2


def test_a_room_that_would_meet_bookings_lists_them_until_they_are_settled(site: Site) -> None:
    first, second = meeting_bookings(site)
    both = space_ids(site, site.world.hall)
    answer = make_of(site, site.world.half_a, both)
    assert answer.status_code == 409
    assert f'value="{first.id}"' in answer.text
    assert f'value="{second.id}"' in answer.text
    settled = make_of(site, site.world.half_a, both, cancel=[first.id], reason="Sali yhdistyy.")
    assert settled.status_code == 303
    assert [state(site, one)[0] for one in (first, second)] == ["cancelled", "requested"]


def test_another_units_spaces_are_neither_offered_nor_taken(site: Site) -> None:
    [cabinet] = space_ids(site, site.world.cabinet)
    page = site.browser("veli").get(f"/staff/rooms/{site.world.half_a}/spaces").text
    assert "Kabinetti" not in page
    answer = make_of(site, site.world.half_a, [cabinet])
    assert answer.status_code == 422
    assert spaces_of(site, site.world.half_a) == ["Sali, pohjoispää"]


def test_a_room_made_of_nothing_is_refused(site: Site) -> None:
    answer = make_of(site, site.world.half_a, [])
    assert answer.status_code == 422
    assert 'id="spaces-error"' in answer.text


def test_who_was_overtaken_is_told_by_what_was_saved(site: Site) -> None:
    both = space_ids(site, site.world.hall)
    make_of(site, site.world.half_a, both)
    answer = make_of(site, site.world.half_a, both[:1], version=1)
    assert answer.status_code == 409
    assert fi("stale_form") in answer.text
    assert "Sali, pohjoispää, Sali, eteläpää" in answer.text
    assert 'name="version" type="hidden" value="2"' in answer.text


def test_the_history_tells_spaces_by_their_names(site: Site) -> None:
    both = space_ids(site, site.world.hall)
    make_of(site, site.world.half_a, both)
    page = site.browser("veli").get(f"/staff/rooms/{site.world.half_a}/history").text
    assert 'class="was">Sali, pohjoispää</span>' in page
    assert "Sali, pohjoispää, Sali, eteläpää" in page


def test_a_part_of_a_joined_space_is_no_space_any_more(site: Site) -> None:
    join(site)
    page = site.browser("veli").get(f"/staff/units/{site.world.rantakyla}/spaces").text
    assert "Sali, eteläpää" not in page
    with reading(site.database) as session:
        assert "Sali, eteläpää" in session.scalars(select(Space.name)).all()


def test_the_page_of_spaces_asks_as_much_for_many_as_for_few(
    site: Site, statements: Statements
) -> None:
    browser = site.browser("veli")
    path = f"/staff/units/{site.world.rantakyla}/spaces"

    def add(session: Any) -> None:
        unit = session.get_one(Room, site.world.hall).unit
        for number in range(12):
            make_room(session, unit, [Space(unit_id=unit.id, name=f"R{number}")], f"R{number}")

    transaction(site.database, add)
    browser.get(path)
    statements.clear()
    assert "R11" in browser.get(path).text
    # Who reads (4), the unit, its spaces, the catalogue's version.
    assert len(statements) == 7
