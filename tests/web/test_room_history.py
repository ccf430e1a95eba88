"""Who changed what of a room, as its pages tell it: before and after, in words."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from booking.db import reading, transaction
from booking.domain.room_values import EDITABLE
from booking.domain.texts import LocalText
from booking.i18n import use_locale
from booking.queries.bookings import history
from booking.services.rooms import edit_room
from booking.web.room_words import changes, said_of_feature
from tests.support.world import NOW
from tests.web.conftest import Site, Statements
from tests.web.room_keeping import look, save

# A new value for each column that staff may edit.
EVERYTHING: dict[str, Any] = {
    "name": LocalText("B"),
    "description": LocalText("Kuvaus"),
    "owner": "Kunta",
    "external_id": "b",
    "capacity": 5,
    "layouts": {"theatre": 5},
    "equipment": ["stage"],
    "published": False,
    "activities": ["meeting"],
    "activity_reasons": {"event": {"fi": "Liian pieni."}},
    "outside_use": "yes",
    "available_until": date(2028, 1, 31),
    "elsewhere_url": "https://muualla.example/",
    "notice_minutes": 0,
    "horizon_days": 30,
    "min_minutes": 60,
    "max_minutes": 120,
    "step_minutes": 30,
    "buffer_before_minutes": 15,
    "buffer_after_minutes": 30,
    "noise_allowed": "no",
    "food_allowed": "yes",
    "latest_end_minute": 1290,
    "fire_max_people": 9,
    "emergency_number": "112",
    "keys": LocalText("Avain"),
    "alarm": LocalText("Hälytys"),
    "contact_name": "Vahti",
    "contact_email": "v@demo.example",
    "contact_phone": "013",
    "arrival": LocalText("Ovesta"),
    "floor_plan_text": LocalText("Ovi"),
}


def test_the_rooms_page_tells_who_changed_what_from_what_to_what(site: Site) -> None:
    save(site, "size", capacity="25", layouts_theatre="20")
    save(site, "name", version=2, name_sv="Sal B")
    page = site.browser("veli").get(f"/staff/rooms/{site.world.half_b}").text
    history = page[page.index('<ol class="history">') :]
    assert "Veli Vastaava" in history
    assert re.search(r'class="was">30</span>.*25</li>', history)
    # Newest first.
    assert history.index("Sal B") < history.index('class="was">30<')
    assert "{" not in history


def test_the_history_goes_on_over_pages(site: Site) -> None:
    for number in range(22):
        save(site, "size", version=number + 1, capacity=str(10 + number % 2))
    browser = site.browser("veli")
    path = f"/staff/rooms/{site.world.half_b}/history"
    pages = [browser.get(f"{path}?page={number}").text for number in (1, 2)]
    assert [page.count("<time datetime") for page in pages] == [20, 2]
    assert [f'rel="{way}"' in page for page in pages for way in ("next", "prev")] == [
        True,
        False,
        False,
        True,
    ]


def test_contacts_are_told_as_changed_and_no_more(site: Site) -> None:
    save(site, "contact", contact_email="salainen@demo.example")
    page = site.browser("veli").get(f"/staff/rooms/{site.world.half_b}/history").text
    assert "salainen@demo.example" not in page


def test_every_column_that_can_be_edited_has_words_for_its_change(site: Site) -> None:
    assert set(EVERYTHING) == EDITABLE
    world = site.world
    transaction(
        site.database,
        lambda session: edit_room(session, world.half_b, 1, EVERYTHING, actor=world.veli, now=NOW),
    )
    with reading(site.database) as session:
        [entry] = history(session, "room", world.half_b)
    with use_locale("fi"):
        told = changes(entry, {})
    assert len(told) == len(EVERYTHING)
    assert [change.after for change in told if change.after is None] == [None] * 3  # contacts


def test_a_feature_is_told_with_all_that_is_known() -> None:
    with use_locale("fi"):
        assert said_of_feature(None) == "ei tietoa"
        told = said_of_feature(
            {
                "value": "yes",
                "measure_cm": 90,
                "count": None,
                "side": None,
                "note": {"fi": "Ovi avautuu ulospäin."},
                "checked_on": "2027-03-01",
                "checked_by": "vahtimestari",
            }
        )
    assert told.startswith("kyllä, 90 cm, Ovi avautuu ulospäin., ")
    assert told.endswith("ma 1.3.2027, vahtimestari")


def test_a_rooms_page_asks_the_database_for_each_kind_of_thing_once(
    site: Site, statements: Statements
) -> None:
    browser = site.browser("veli")
    path = f"/staff/rooms/{site.world.half_b}"
    browser.get(path)
    look(site, step_free_looked="y")
    save(site, "size", version=2, capacity="20")
    browser.get(path)
    statements.clear()
    browser.get(path)
    # Who reads (4); the room, its features, spaces, pictures; the catalogue's version; the history.
    assert len(statements) == 10
