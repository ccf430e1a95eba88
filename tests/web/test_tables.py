"""The pages to import and export rooms and closures: what they show, what they refuse, what they leave."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.db import reading, transaction
from booking.domain.columns import REQUIRED, TABLES
from booking.i18n import LOCALES, use_locale
from booking.models import AuditEntry, Room, Unit
from booking.web.carried import packed, unpacked
from booking.web.table_texts import CELLS, FAULTS, NOTES, columns_in_words
from tests.support.world import make_booking
from tests.web.conftest import BASE, Browser, Site

HOUSE = "Rantakylän hyvinvointitalo"
ROOMS = f"external_id,unit,name_fi,capacity\nUUSI,{HOUSE},Uusi sali,25\n"


def choose(
    browser: Browser, content: str | bytes, kind: str = "rooms", name: str = "tilat.csv"
) -> TestResponse:
    """Send a file as a browser does. By hand: the client's own way leaves files of more than 500 kB open."""
    data = content.encode() if isinstance(content, str) else content
    texts = {"csrf_token": browser.token(), "kind": kind}
    parts = [
        f'--cut\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{text}\r\n'
        for field, text in texts.items()
    ]
    file = f'--cut\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    head = f"{''.join(parts)}{file}Content-Type: text/csv\r\n\r\n"
    return browser.client.post(
        "/staff/import",
        base_url=BASE,
        data=head.encode() + data + b"\r\n--cut--\r\n",
        content_type="multipart/form-data; boundary=cut",
    )


def fields(page: str) -> dict[str, str]:
    """The hidden fields that carry the file on."""
    found = re.findall(
        r'<input id="\w+" name="(kind|content|accepted)" type="hidden" value="([^"]*)"', page
    )
    return dict(found)


def names(site: Site) -> list[str]:
    with reading(site.database) as session:
        return [room.name.fi for room in session.scalars(select(Room).order_by(Room.id))]


def test_a_file_is_looked_at_first_and_then_imported(site: Site) -> None:
    browser = site.browser("veli")
    page = choose(browser, ROOMS)
    assert page.status_code == 200
    assert "Uusi sali" in page.text
    assert "UTF-8" in page.text
    assert "Uusi sali" not in names(site)
    answer = browser.post("/staff/import/save", fields(page.text))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/rooms")
    assert names(site)[-1] == "Uusi sali"
    assert "Uusi sali" in browser.get("/staff/rooms").text


def test_sent_twice_it_is_imported_once(site: Site) -> None:
    browser = site.browser("veli")
    form = fields(choose(browser, ROOMS).text)
    for _ in range(2):
        assert browser.post("/staff/import/save", form).status_code == 303
    assert names(site).count("Uusi sali") == 1


def test_what_changes_is_shown_as_it_was_and_as_it_becomes(site: Site) -> None:
    text = f"external_id,unit,capacity\nroom-{site.world.half_a},{HOUSE},29\n"
    page = choose(site.browser("veli"), text).text
    assert re.search(r"<code[^>]*>capacity</code></dt><dd><del>30</del>.*<ins>29</ins>", page)


def test_a_file_that_says_nothing_new_has_no_button(site: Site) -> None:
    text = f"external_id,unit,capacity\nroom-{site.world.half_a},{HOUSE},30\n"
    page = choose(site.browser("veli"), text)
    assert (page.status_code, "/staff/import/save" in page.text) == (200, False)


def test_each_fault_is_told_with_its_row_and_column(site: Site) -> None:
    text = f"external_id,unit,name_fi,capacity\nA,Olematon,Uusi,5\nB,{HOUSE},Uusi,viisi\n"
    page = choose(site.browser("veli"), text)
    assert page.status_code == 422
    plain = re.sub(r"<[^>]+>", "", page.text)
    with use_locale("fi"):
        assert f"4, capacity: {FAULTS['table_number']}" not in plain  # rows count from the header
        assert f"3, capacity: {FAULTS['table_number']}" in plain
        assert str(FAULTS["table_no_unit"]) % {"unit": "Olematon"} in plain
    assert "Uusi" not in names(site)


def test_a_row_of_another_unit_is_refused(site: Site) -> None:
    answer = choose(site.browser("aino"), ROOMS)
    assert answer.status_code == 422
    assert "Uusi sali" not in names(site)


def test_bookings_that_would_break_are_shown_and_imported_over_only_with_a_tick(site: Site) -> None:
    make_booking(site.database, site.world, title="Hallitus <koolla>", people=10)
    browser = site.browser("veli")
    text = f"external_id,unit,capacity\nroom-{site.world.half_a},{HOUSE},9\n"
    page = choose(browser, text)
    assert page.status_code == 409
    assert "Hallitus &lt;koolla&gt;, Virta ry" in page.text
    form = fields(page.text)
    assert browser.post("/staff/import/save", form).status_code == 409
    with reading(site.database) as session:
        assert session.get_one(Room, site.world.half_a).capacity == 30
    assert browser.post("/staff/import/save", {**form, "accept": "y"}).status_code == 303
    with reading(site.database) as session:
        assert session.get_one(Room, site.world.half_a).capacity == 9


def test_ids_that_cannot_be_accept_nothing(site: Site) -> None:
    make_booking(site.database, site.world, title="Ehti väliin", people=10)
    browser = site.browser("veli")
    text = f"external_id,unit,capacity\nroom-{site.world.half_a},{HOUSE},9\n"
    form = fields(choose(browser, text).text)
    sent = {**form, "accept": "y", "accepted": "9" * 5_000}
    assert browser.post("/staff/import/save", sent).status_code == 409


def test_a_site_named_like_anothers_id_is_asked_for(site: Site) -> None:
    """Whoever gives their site the id that is another's name must not catch the other's rows."""

    def name_it(session: Session) -> None:
        session.get_one(Unit, site.world.kitee).external_id = HOUSE

    transaction(site.database, name_it)
    page = choose(
        site.browser("yllapito"), f"external_id,unit,name_fi,capacity\nn-1,{HOUSE},Uusi,9\n"
    )
    assert page.status_code == 422
    assert "Uusi" not in names(site)


def test_what_has_changed_since_the_preview_is_shown_anew(site: Site) -> None:
    browser = site.browser("veli")
    text = f"external_id,unit,capacity\nroom-{site.world.half_a},{HOUSE},9\n"
    form = fields(choose(browser, text).text)
    make_booking(site.database, site.world, title="Ehti väliin", people=10)
    answer = browser.post("/staff/import/save", {**form, "accept": "y"})
    assert answer.status_code == 409
    assert "Ehti väliin" in answer.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a\0b",
        b"PK\x03\x04",
        b"external_id," * 100_000,
        b"external_id,unit\n" + b"a,b\n" * 400_000,
        b'external_id,unit\n1,"' + b"x" * 1_000_000,
        b"external_id,unit\n1,\xff\xc3\xa4\n",
        b"external_id,unit,<script>alert(1)</script>\n1,2,3\n",
        b"x" * 2_500_000,
    ],
)
def test_a_hostile_file_ends_in_words(site: Site, content: bytes) -> None:
    answer = choose(site.browser("veli"), content)
    assert answer.status_code == 422
    assert "import-faults" in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("number", [1_001, 5_001])
def test_more_rows_than_a_page_can_take_are_left_to_the_terminal(site: Site, number: int) -> None:
    rows = "".join(f"R-{n},{HOUSE},Sali {n},5\n" for n in range(number))
    answer = choose(site.browser("veli"), f"external_id,unit,name_fi,capacity\n{rows}")
    assert answer.status_code == 422
    with use_locale("fi"):
        text = str(FAULTS["table_too_many_rows_for_a_page"]) % {"limit": 1_000}
    assert text in re.sub(r"<[^>]+>", "", answer.text)
    assert "Sali 1" not in names(site)


def test_what_is_far_too_large_is_not_read(site: Site) -> None:
    assert choose(site.browser("veli"), b"x" * 5_000_000).status_code == 413


def test_a_large_file_that_cant_be_packed_small_is_carried_on(site: Site) -> None:
    chance = random.Random(1)
    letters = [chr(0x4E00 + n) for n in range(20_000)]
    rows = [
        f"R-{n},{HOUSE},Sali {n},5,{''.join(chance.choices(letters, k=3_900))}\n"
        for n in range(130)
    ]
    browser = site.browser("veli")
    head = "external_id,unit,name_fi,capacity,description_fi\n"
    form = fields(choose(browser, head + "".join(rows)).text)
    assert len(form["content"]) > 1_000_000
    assert browser.post("/staff/import/save", form).status_code == 303
    assert len(names(site)) == 134


@pytest.mark.parametrize("changes", [{"name": ""}, {"kind": "people"}, {"kind": ""}])
def test_a_form_without_a_file_or_kind_is_refused(site: Site, changes: dict[str, str]) -> None:
    answer = choose(site.browser("veli"), ROOMS, **changes)
    assert answer.status_code == 422
    assert "Korjaa nämä kohdat" in answer.text


@pytest.mark.parametrize("content", ["", "abc", "ä", "=" * 50, "A" * 500])
def test_a_file_that_was_tampered_with_is_asked_for_again(site: Site, content: str) -> None:
    form = {"kind": "rooms", "content": content}
    answer = site.browser("veli").post("/staff/import/save", form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/import")


def test_what_is_carried_comes_back_for_its_own_purpose_only(site: Site) -> None:
    with site.app.test_request_context():
        field = packed(b"x" * 100_000, "rooms")
        assert unpacked(field, "rooms") == b"x" * 100_000
        assert unpacked(field, "closures") is None
        assert unpacked(field[:-4] + "AAAA", "rooms") is None
        site.app.config.update(SECRET_KEY="n" * 48, SECRET_KEY_FALLBACKS=["s" * 48])
        assert unpacked(field, "rooms") == b"x" * 100_000
        site.app.config.update(SECRET_KEY_FALLBACKS=[])
        assert unpacked(field, "rooms") is None


def test_an_export_is_a_file_of_ones_own_units(site: Site) -> None:
    answer = site.browser("aino").get("/staff/export/rooms.csv")
    lines = answer.data.decode().split("\r\n")
    assert [line.split(",")[0] for line in lines] == [
        "external_id",
        f"room-{site.world.cabinet}",
        "",
    ]
    assert {
        name: answer.headers[name]
        for name in (
            "Content-Type",
            "Content-Disposition",
            "Cache-Control",
            "X-Content-Type-Options",
        )
    } == {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": 'attachment; filename="rooms-2027-03-01.csv"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def test_an_export_for_a_spreadsheet_program_has_a_mark_and_semicolons(site: Site) -> None:
    answer = site.browser("yllapito").get("/staff/export/closures.csv?for=excel")
    columns = ";".join(column.name for column in TABLES["closures"])
    assert answer.data == f"\ufeff{columns}\r\n".encode()


def test_formulas_leave_safe_and_come_back_as_they_were(site: Site) -> None:
    def name(session: Any) -> None:
        session.get_one(Room, site.world.cabinet).owner = '=HYPERLINK("x")'

    transaction(site.database, name)
    browser = site.browser("aino")
    content = browser.get("/staff/export/rooms.csv").data
    assert b'"\'=HYPERLINK(""x"")"' in content
    assert "/staff/import/save" not in choose(browser, content).text


def test_an_import_is_in_the_audit_of_who_did_it(site: Site) -> None:
    browser = site.browser("veli")
    browser.post("/staff/import/save", fields(choose(browser, ROOMS).text))
    with reading(site.database) as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.actor_id) == ("add_room", site.world.veli.person_id)


def test_the_rooms_of_my_sites_lead_to_the_import(site: Site) -> None:
    assert 'href="/staff/import"' in site.browser("veli").get("/staff/rooms").text


def test_an_import_asks_the_database_no_more_for_more_rows_that_say_nothing_new(
    site: Site, statements: list[str]
) -> None:
    browser = site.browser("yllapito")
    text = browser.get("/staff/export/rooms.csv").data.decode()
    head, first, *rest = text.splitlines()
    counts = []
    # The first of all finds what the process keeps for those that follow.
    for rows in ([first], [first], [first, *rest]):
        statements.clear()
        assert choose(browser, "\r\n".join([head, *rows])).status_code == 200
        counts.append(len(statements))
    assert counts[1] == counts[2]


PARAMS = {
    "bookings": (),
    "cells": 3,
    "columns": 2,
    "count": 2,
    "limit": 5,
    "limit_mb": 2,
    "municipality": "Kitee",
    "name": "Virta ry",
    "near": "capacity",
    "options": ("yes", "no"),
    "other": 4,
    "unit": "Talo",
}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_can_be_filled_and_ends_as_a_sentence(locale: str) -> None:
    with use_locale(locale):
        for code, text in FAULTS.items():
            assert re.fullmatch(r"[^%]+[.]", str(text) % PARAMS), code
        assert all(str(text) % PARAMS for text in CELLS.values())


def test_every_column_is_told_with_what_may_stand_in_it() -> None:
    for kind, columns in TABLES.items():
        told = ", ".join(names for names, _what in columns_in_words(kind))
        assert told.split(", ") == [column.name for column in columns]
        assert set(REQUIRED[kind]) <= set(told.split(", "))
    stems = {re.sub("_(fi|sv|en)$", "", one.name) for columns in TABLES.values() for one in columns}
    assert set(NOTES) <= stems
