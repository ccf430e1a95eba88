"""Staff write down what they looked at of a room's accessibility: only that gets today's date."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from booking.db import transaction
from booking.domain.texts import LocalText
from booking.models import Room
from tests.web.conftest import Site
from tests.web.room_keeping import fi, kept, look


def features(site: Site) -> dict[str, tuple[Any, ...]]:
    """What is known of half B, by code."""
    return {
        row.code: (
            row.value,
            row.measure_cm,
            row.count,
            row.side,
            row.note,
            row.checked_on,
            row.checked_by,
        )
        for row in kept(site).features
    }


def test_only_what_was_looked_at_gets_todays_date(site: Site) -> None:
    answer = look(
        site,
        door_width="yes",
        door_width_cm="90",
        door_width_note_fi="Ovi avautuu ulospäin.",
        door_width_looked="y",
        accessible_parking="yes",
        accessible_parking_cm="1500",
        accessible_parking_count="2",
        accessible_parking_looked="y",
        accessible_toilet="no",
        accessible_toilet_side="left",
        accessible_toilet_looked="y",
    )
    assert answer.status_code == 303
    today, who = date(2027, 3, 1), "vahtimestari"
    note = LocalText("Ovi avautuu ulospäin.")
    assert features(site) == {
        "step_free": ("yes", None, None, None, None, None, None),
        "door_width": ("yes", 90, None, None, note, today, who),
        "accessible_parking": ("yes", 1500, 2, None, None, today, who),
        "accessible_toilet": ("no", None, None, "left", None, today, who),
    }


def test_what_was_as_written_is_confirmed_by_a_tick_alone(site: Site) -> None:
    assert look(site, step_free_looked="y").status_code == 303
    assert features(site)["step_free"][-2:] == (date(2027, 3, 1), "vahtimestari")


def test_a_change_that_nobody_stands_for_is_given_back(site: Site) -> None:
    answer = look(site, quiet="no", lift_looked="y", lift="yes")
    assert answer.status_code == 422
    assert 'id="quiet_looked-error"' in answer.text
    assert 'id="lift_looked-error"' not in answer.text
    # Kept as typed, and open.
    assert re.search(r'<input checked id="quiet-1" name="quiet"[^>]*value="no"', answer.text)
    assert answer.text.count('<details class="fact" open>') == 2
    assert set(features(site)) == {"step_free"}


def test_a_walk_without_a_look_saves_nothing(site: Site) -> None:
    answer = look(site)
    assert answer.status_code == 422
    assert fi("nothing_looked_at") in answer.text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"checked_by": " ", "quiet": "yes", "quiet_looked": "y"}, "checked_by"),
        ({"lift": "yes", "lift_cm": "leveä", "lift_looked": "y"}, "lift_cm"),
        ({"quiet": "perhaps", "quiet_looked": "y"}, "quiet"),
        ({"quiet": "yes", "quiet_note_sv": "Tyst", "quiet_looked": "y"}, "quiet"),
        (
            {"accessible_toilet_side": "above", "accessible_toilet_looked": "y"},
            "accessible_toilet_side",
        ),
    ],
)
def test_a_walk_with_something_wrong_is_refused_at_its_field(
    site: Site, typed: dict[str, str], field: str
) -> None:
    answer = look(site, **typed)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert set(features(site)) == {"step_free"}


def test_a_walk_overtaken_by_another_is_told_so(site: Site) -> None:
    look(site, step_free_looked="y")
    answer = look(site, version=1, quiet="yes", quiet_looked="y")
    assert answer.status_code == 409
    assert fi("stale_form") in answer.text
    assert "vahtimestari" in answer.text
    assert set(features(site)) == {"step_free"}


def test_the_walk_shows_when_each_thing_was_checked_and_flags_what_is_old(site: Site) -> None:
    def age(session: Any) -> None:
        [fact] = session.get_one(Room, site.world.half_b).features
        fact.checked_on, fact.checked_by = date(2026, 1, 15), "Tilapalvelut"

    transaction(site.database, age)
    path = f"/staff/rooms/{site.world.half_b}"
    browser = site.browser("veli")
    page = browser.get(f"{path}/accessibility").text
    assert "Tarkistettu to 15.1.2026, Tilapalvelut" in page
    assert page.count('<span class="old">') == 1
    assert browser.get(path).text.count('class="note old"') == 1
