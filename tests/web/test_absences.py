"""The page on which approvers say who stands in for them."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import reading
from booking.domain.local_time import local
from booking.models import Absence
from tests.support.world import NOW
from tests.web.conftest import Site, set_clock
from tests.web.deciding import in_english, words

_keys = count()


def form(site: Site, **changes: Any) -> dict[str, Any]:
    return {
        "away": f"{site.world.veli.person_id}-{site.world.rantakyla}",
        "stand_in": site.world.aino.person_id,
        "first_day": "1.3.2027",
        "last_day": "7.3.2027",
        "key": f"poissa-{next(_keys)}",
        **changes,
    }


def absences(site: Site) -> list[Absence]:
    with reading(site.database) as session:
        return list(session.scalars(select(Absence).order_by(Absence.id)))


def test_an_approver_goes_away_and_comes_back(site: Site) -> None:
    veli = in_english(site, "veli")
    assert "You have no absences to come." in words(veli.get("/staff/absences").text)
    answer = veli.post("/staff/absences", form(site))
    assert (answer.status_code, answer.location) == (303, "/staff/absences")
    page = veli.get("/staff/absences").text
    assert "Mon 1 Mar 2027 – Sun 7 Mar 2027 · going on now" in words(page)
    assert "Aino Arvioija stands in for you" in words(page)
    [absence] = absences(site)
    assert veli.post(f"/staff/absences/{absence.id}/end").status_code == 303
    assert absences(site) == []


def test_only_staff_are_on_the_list_of_stand_ins(site: Site) -> None:
    page = in_english(site, "veli").get("/staff/absences").text
    for name in ("Aino Arvioija", "Kaisa Koordinoija", "Viivi Viranhaltija", "Yrjö Ylläpito"):
        assert f">{name}</option>" in page
    for name in ("Outi Outo", "Anna Virtanen", "Pekka Virtanen", "Veli Vastaava"):
        assert f">{name}" not in page.partition('<form class="form"')[2]


@pytest.mark.parametrize("stand_in", ["outi", "anna", "veli"])
def test_nobody_else_stands_in_whatever_is_sent(site: Site, stand_in: str) -> None:
    sent = form(site, stand_in=site.world.actors[stand_in].person_id)
    answer = in_english(site, "veli").post("/staff/absences", sent)
    assert answer.status_code == 422
    assert absences(site) == []


def test_who_stands_in_does_not_hand_it_on_nor_end_it(site: Site) -> None:
    in_english(site, "veli").post("/staff/absences", form(site))
    [absence] = absences(site)
    aino = in_english(site, "aino")
    sent = form(
        site, stand_in=site.world.kaisa.person_id, first_day="8.3.2027", last_day="9.3.2027"
    )
    assert aino.post("/staff/absences", sent).status_code == 422
    handed_on = {**sent, "away": f"{site.world.aino.person_id}-{site.world.rantakyla}"}
    assert aino.post("/staff/absences", handed_on).status_code == 422
    assert aino.post(f"/staff/absences/{absence.id}/end").status_code == 404
    assert [one.id for one in absences(site)] == [absence.id]


def test_an_administrator_does_it_for_all(site: Site) -> None:
    admin = in_english(site, "yllapito")
    page = admin.get("/staff/absences").text
    assert "Veli Vastaava – Rantakylän hyvinvointitalo" in page
    assert "Aino Arvioija – Kiteen" in page
    assert admin.post("/staff/absences", form(site)).status_code == 303
    page = words(admin.get("/staff/absences").text)
    assert "Aino Arvioija stands in for Veli Vastaava" in page
    [absence] = absences(site)
    assert admin.post(f"/staff/absences/{absence.id}/end").status_code == 303
    assert absences(site) == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"away": ""}, "Choose a site."),
        ({"away": "x"}, "Choose one of the options in the list."),
        ({"stand_in": ""}, "Choose who stands in."),
        ({"first_day": "x"}, "We did not understand the day."),
        ({"last_day": ""}, "Enter the day"),
        ({"last_day": "28.2.2027"}, "The end must be after the start."),
        ({"first_day": "1.2.2027", "last_day": "2.2.2027"}, "already begun or passed"),
        ({"last_day": "1.4.2028"}, "Enter at most 366 days."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    site: Site, changes: dict[str, Any], text: str
) -> None:
    sent = form(site, **changes)
    answer = in_english(site, "veli").post("/staff/absences", sent)
    assert answer.status_code == 422
    assert text in words(answer.text)
    assert f'value="{sent["first_day"]}"' in answer.text
    assert absences(site) == []


def test_days_that_overlap_are_told(site: Site) -> None:
    veli = in_english(site, "veli")
    veli.post("/staff/absences", form(site))
    answer = veli.post("/staff/absences", form(site, first_day="7.3.2027", last_day="9.3.2027"))
    assert answer.status_code == 422
    assert "For some of these days somebody stands in already." in words(answer.text)
    assert len(absences(site)) == 1


def test_an_absence_sent_twice_is_kept_once(site: Site) -> None:
    veli, sent = in_english(site, "veli"), form(site)
    answers = [veli.post("/staff/absences", sent).status_code for _ in range(2)]
    assert (answers, len(absences(site))) == ([303, 303], 1)


def test_what_is_over_is_not_listed(site: Site) -> None:
    in_english(site, "veli").post("/staff/absences", form(site))
    later = NOW + timedelta(days=7)
    set_clock(site.app, later)
    page = words(in_english(site, "veli", now=later).get("/staff/absences").text)
    assert local(later).date() == absences(site)[0].last_day + timedelta(days=1)
    assert "You have no absences to come." in page
