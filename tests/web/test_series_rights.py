"""Whose dates a series' pages show and offer to change, when some were moved to another unit, and what staff say."""

from __future__ import annotations

import re

from sqlalchemy import select

from booking.models import AuditEntry, Booking, OutboxMessage
from booking.services.bookings import move_booking
from tests.support.acts import all_rows, do
from tests.support.world import slot
from tests.web.conftest import Site
from tests.web.deciding import in_english, words
from tests.web.series import DAYS, confirm, dates_of, filled, make_series, seen


def moved_elsewhere(site: Site) -> tuple[int, Booking]:
    """A series in Rantakylä whose third date its people have moved to Kitee, which is Aino's."""
    series = make_series(site)
    third = dates_of(site, series.id)[2]
    period, room = slot(23, 12), site.world.cabinet
    do(site.database, move_booking, third.id, 1, room, period, None, None, actor=site.world.anna)
    return series.id, third


def dates_shown(site: Site, who: str, path: str) -> set[int]:
    page = site.browser(who).get(path)
    return {int(found) for found in re.findall(r'href="/bookings/(\d+)"', page.text)}


def days_offered(site: Site, who: str, path: str) -> list[str]:
    page = site.browser(who).get(path).text
    select_ = page.partition('name="since"')[2].partition("</select>")[0]
    return re.findall(r'value="(\d{4}-\d\d-\d\d)"', select_)


def test_staff_see_and_change_only_the_dates_of_their_site(site: Site) -> None:
    series_id, elsewhere = moved_elsewhere(site)
    ids = {one.id for one in dates_of(site, series_id)}
    path = f"/series/{series_id}"
    assert dates_shown(site, "anna", path) == ids
    assert dates_shown(site, "kaisa", path) == ids
    assert dates_shown(site, "veli", path) == ids - {elsewhere.id}
    assert dates_shown(site, "aino", path) == {elsewhere.id}
    theirs = [day.isoformat() for day in DAYS]
    for way in ("change", "cancel"):
        assert days_offered(site, "anna", f"{path}/{way}") == theirs
        assert days_offered(site, "veli", f"{path}/{way}") == [*theirs[:2], theirs[3]]
    assert site.browser("aino").get(f"{path}/change").status_code == 403


def test_staff_cancel_only_the_dates_of_their_site(site: Site) -> None:
    series_id, elsewhere = moved_elsewhere(site)
    form = {
        "version": seen(site),
        "since": DAYS[0].isoformat(),
        "reason": "Remontti",
        "key": "peru-1",
    }
    assert site.browser("veli").post(f"/series/{series_id}/cancel", form).status_code == 303
    found = {one.id: one.state for one in dates_of(site, series_id)}
    assert found.pop(elsewhere.id) == "requested"
    assert set(found.values()) == {"cancelled"}


def test_a_series_that_was_handed_on_to_another_site_is_no_link_for_who_may_not_see_it(
    site: Site,
) -> None:
    series = make_series(site)
    form = filled(
        site,
        since=DAYS[2].isoformat(),
        room=str(site.world.cabinet),
        starts="12",
        ends="14",
    )
    done = confirm(site.browser("anna"), f"/series/{series.id}/change", form)
    assert done.location != f"/series/{series.id}"
    pages = {
        who: site.browser(who).get(f"/series/{series.id}").text for who in ("anna", "veli", "kaisa")
    }
    linked = {who: f'href="{done.location}"' in page for who, page in pages.items()}
    assert linked == {"anna": True, "veli": False, "kaisa": True}


def test_a_version_tells_of_a_date_that_was_moved_by_itself(site: Site) -> None:
    series = make_series(site)
    form = {"version": seen(site), "since": DAYS[0].isoformat(), "key": "peru-1"}
    first = dates_of(site, series.id)[0]
    room = site.world.half_a
    do(
        site.database,
        move_booking,
        first.id,
        1,
        room,
        slot(9, 12),
        None,
        None,
        actor=site.world.pekka,
    )
    answer = site.browser("anna").post(f"/series/{series.id}/cancel", form)
    assert answer.status_code == 409
    assert {one.state for one in dates_of(site, series.id)} == {"requested"}
    assert f'name="version" type="hidden" value="{seen(site)}"' in answer.text


def test_staff_say_why_they_change_a_series_and_its_people_read_it(site: Site) -> None:
    series = make_series(site)
    path, veli = f"/series/{series.id}/change", in_english(site, "veli")
    form = filled(site, starts="18", ends="20")
    assert 'name="reason"' in veli.get(path).text
    refused = veli.post(path, form)
    assert refused.status_code == 422
    assert "Write a reason. The association will read it." in words(refused.text)
    form["reason"] = "Siivous siirtyi"
    assert "Reason for the change : Siivous siirtyi" in words(veli.post(path, form).text)
    assert confirm(veli, path, form).status_code == 303
    moves = select(AuditEntry).where(AuditEntry.action == "move_booking")
    assert {one.reason for one in all_rows(site.database, moves)} == {"Siivous siirtyi"}
    [mail] = all_rows(
        site.database, select(OutboxMessage).where(OutboxMessage.kind == "series_changed")
    )
    assert "Siivous siirtyi" in mail.body


def test_a_series_own_people_are_not_asked_why(site: Site) -> None:
    series = make_series(site)
    path = f"/series/{series.id}/change"
    page = site.browser("anna").get(path).text
    assert 'name="reason"' not in page
    assert "Which dates change?" in words(in_english(site, "anna").get(path).text)
