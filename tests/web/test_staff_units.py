"""Staff keep a unit: its page, its contact, rules of use, limits, and who changed what."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from booking.db import transaction
from booking.domain.texts import LocalText
from booking.models import OpeningException, Quota, Terms, Unit
from booking.services.units import DayHours, add_exception, set_terms
from booking.web.unit_forms import QuotasForm
from tests.support.acts import all_rows, do
from tests.support.keeping import WEDNESDAY, unit_of
from tests.support.world import NOW, make_booking
from tests.web.conftest import Site, Statements
from tests.web.keeping import look, send, version
from tests.web.matrix_units import UNIT, WEEK


def test_the_units_listed_are_ones_own(site: Site) -> None:
    own = site.browser("veli").get("/staff/units").text
    assert ("Rantakylän hyvinvointitalo" in own, "Kiteen sosiaali" in own) == (True, False)
    everything = site.browser("yllapito").get("/staff/units").text
    assert ("Rantakylän" in everything, "Kiteen sosiaali" in everything) == (True, True)


def test_a_list_of_units_asks_the_same_of_the_database_however_many_they_are(
    site: Site, statements: Statements
) -> None:
    admin = site.browser("yllapito")

    def asked(path: str) -> int:
        admin.get(path)
        statements.clear()
        assert admin.get(path).status_code == 200
        return len(statements)

    paths = ("/staff/units", "/admin/places", f"/staff/units/{site.world.rantakyla}")
    before = [asked(path) for path in paths]

    def more(session: Any) -> None:
        unit = session.get_one(Unit, site.world.rantakyla)
        for number in range(20):
            place = {"municipality_id": unit.municipality_id, "address": "Tie 1"}
            session.add(Unit(name=LocalText(f"Talo {number}"), **place))
            session.add(OpeningException(unit_id=unit.id, day=WEDNESDAY + timedelta(days=number)))

    transaction(site.database, more)
    assert [asked(path) for path in paths] == before
    assert max(before) <= 16


def test_a_units_page_tells_all_that_is_known_of_it(site: Site) -> None:
    world = site.world
    do(site.database, set_terms, world.rantakyla, 1, LocalText("Siivoa."), actor=world.veli)
    closed = DayHours(WEDNESDAY, WEDNESDAY, reason=LocalText("Lattian vahaus"))
    do(site.database, add_exception, world.rantakyla, closed, actor=world.veli)
    page = look(site)
    for told in ("Esimerkkitie 1", "ma–pe", "8.00–20.00", "Lattian vahaus", "Sali A", "Veli"):
        assert told in page, told


def test_contact_and_arrival_are_kept_in_three_languages(site: Site) -> None:
    form = {
        **UNIT,
        "name_sv": "Rantakylä välfärdshus",
        "contact_email": "talo@demo.example",
        "contact_phone": "013 123 4567",
        "arrival_fi": "Ovi on pihalla.\r\nSoita ovikelloa.",
        "arrival_en": "The door is in the yard.",
        "external_id": "FMS-7",
    }
    assert send(site, "/edit", form).status_code == 303
    unit = unit_of(site.database, site.world)
    assert (unit.name, unit.arrival, unit.contact_phone, unit.external_id, unit.version) == (
        LocalText("Rantakylän hyvinvointitalo", "Rantakylä välfärdshus"),
        LocalText("Ovi on pihalla.\nSoita ovikelloa.", None, "The door is in the yard."),
        "013 123 4567",
        "FMS-7",
        2,
    )
    history = look(site, "/history")
    assert "Ovi on pihalla." in history
    assert "talo@demo.example" not in history


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(site: Site) -> None:
    form = {"name_fi": "", "address": "", "contact_email": "ei osoite", "arrival_sv": "Från gården"}
    answer = send(site, "/edit", form)
    assert answer.status_code == 422
    for field in ("name_fi", "address", "contact_email", "arrival_fi"):
        assert f'id="{field}-error"' in answer.text, field
    assert 'value="ei osoite"' in answer.text
    assert "Från gården" in answer.text
    assert version(site) == 1


def test_who_saves_after_another_sees_what_the_other_saved_and_keeps_the_own(site: Site) -> None:
    assert send(site, "/edit", {**UNIT, "address": "Toinen tie 5"}).status_code == 303
    answer = send(site, "/edit", {**UNIT, "address": "Kolmas tie 9"})
    assert answer.status_code == 409
    assert 'value="Kolmas tie 9"' in answer.text
    assert "Toinen tie 5" in answer.text
    assert 'name="version" type="hidden" value="2"' in answer.text
    assert send(site, "/edit", {**UNIT, "address": "Kolmas tie 9"}, 2).status_code == 303
    assert unit_of(site.database, site.world).address == "Kolmas tie 9"


@pytest.mark.parametrize("typed", ["", "x", "-1", "9" * 40])
def test_a_version_that_is_none_is_an_older_one(site: Site, typed: str) -> None:
    unit = f"/staff/units/{site.world.rantakyla}"
    answer = site.browser("veli").post(f"{unit}/edit", {**UNIT, "version": typed})
    assert answer.status_code == (303 if typed == "1" else 409)
    assert version(site) == 1


def test_rules_of_use_come_into_force_and_tell_who_has_not_accepted_them(site: Site) -> None:
    make_booking(site.database, site.world)
    first = {"terms_fi": "Jätä tila siistiksi.\r\nSammuta valot.", "terms_en": "Leave it tidy."}
    assert send(site, "/terms", first).status_code == 303
    page = look(site, "/terms")
    assert "Versio 1" in page or "Version 1" in page
    assert len(re.findall('class="notice warn"', page)) == 1
    assert send(site, "/terms", {"terms_fi": "Uudet säännöt."}, 2).status_code == 303
    page = look(site, "/terms")
    assert page.index("Uudet säännöt.") < page.index("Sammuta valot.")
    assert send(site, "/terms/remove", {}, 3).status_code == 303
    texts = [row.text for row in all_rows(site.database, select(Terms).order_by(Terms.version))]
    assert texts == [
        LocalText("Jätä tila siistiksi.\nSammuta valot.", None, "Leave it tidy."),
        LocalText("Uudet säännöt."),
        None,
    ]


@pytest.mark.parametrize("typed", [{}, {"terms_fi": " "}, {"terms_sv": "Regler"}])
def test_rules_of_use_without_finnish_are_refused(site: Site, typed: dict[str, str]) -> None:
    answer = send(site, "/terms", typed)
    assert answer.status_code == 422
    assert 'id="terms_fi-error"' in answer.text
    assert all_rows(site.database, select(Terms)) == []


def test_rules_taken_away_by_one_who_has_not_seen_them_stay(site: Site) -> None:
    assert send(site, "/terms", {"terms_fi": "Säännöt"}).status_code == 303
    answer = send(site, "/terms/remove", {}, 1)
    assert answer.status_code == 409
    assert "Säännöt" in answer.text
    assert [row.version for row in all_rows(site.database, select(Terms))] == [1]


def test_limits_are_kept_in_hours_with_halves(site: Site) -> None:
    assert send(site, "/quotas", {"week": "7,5", "year": "200"}).status_code == 303
    limits = {row.per: row.limit_minutes for row in all_rows(site.database, select(Quota))}
    assert limits == {"week": 450, "year": 12000}
    assert 'name="week" type="text" value="7,5"' in look(site, "/quotas")
    assert send(site, "/quotas", {}, 2).status_code == 303
    assert all_rows(site.database, select(Quota)) == []


@pytest.mark.parametrize("typed", ["0", "-1", "paljon", "8785", "1e3", "7,555", "١"])
def test_limits_that_make_no_sense_are_refused(site: Site, typed: str) -> None:
    answer = send(site, "/quotas", {"month": typed})
    assert answer.status_code == 422
    assert 'id="month-error"' in answer.text
    assert all_rows(site.database, select(Quota)) == []


@pytest.mark.parametrize(("minutes", "shown"), [(60, "1"), (90, "1,5"), (75, "1,25"), (600, "10")])
def test_an_amount_is_shown_as_it_may_be_typed(site: Site, minutes: int, shown: str) -> None:
    with site.app.test_request_context():
        assert QuotasForm(data={"week": minutes}).week._value() == shown


def test_an_amount_shown_and_sent_back_is_the_same(site: Site) -> None:
    with site.app.test_request_context():
        kept = []
        for minutes in range(1, 121):
            shown = QuotasForm(data={"week": minutes}).week._value()
            kept.append(QuotasForm(MultiDict({"week": shown})).week.data)
    assert kept == list(range(1, 121))


def test_every_change_is_told_in_words_newest_first(site: Site) -> None:
    assert send(site, "/edit", {**UNIT, "address": "Toinen tie 5"}).status_code == 303
    assert send(site, "/hours/usual", {**WEEK, "day4_same": "", "day4_opens1": ""}, 2).status_code
    closed = {"first_day": "5.7.2027", "kind": "closed", "reason_fi": "Kesäsulku"}
    assert send(site, "/exceptions/new", closed, 3).status_code == 303
    assert send(site, "/quotas", {"week": "10"}, 4).status_code == 303
    assert send(site, "/terms", {"terms_fi": "Säännöt"}, 5).status_code == 303
    page = look(site, "/history")
    told = ["10 tuntia", "Kesäsulku", "ma–to 8.00–20.00", "Toinen tie 5"]
    places = [page.index(one) for one in told]
    assert places == sorted(places)
    assert page.count("Veli Vastaava") >= 5
    assert NOW.isoformat() in page
