"""Staff keep a room: its page, the form of each section, what a change would break, and a new room."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import reading, transaction
from booking.domain.texts import LocalText
from booking.errors import InvalidValues, Refusal
from booking.i18n import gettext, use_locale
from booking.models import Booking, Room
from booking.web.faults import ids_in, place_faults
from booking.web.room_forms import SafetyForm
from booking.web.texts import text_of
from tests.support.world import make_booking, slot
from tests.web.conftest import Site
from tests.web.matrix_rooms import RULES
from tests.web.room_keeping import fi, kept, save


def test_names_and_descriptions_are_kept_in_three_languages(site: Site) -> None:
    answer = save(
        site,
        "name",
        name_sv="Sal B",
        name_en="Hall B",
        description_fi="Valoisa puolikas.\r\n\r\nNäkymä  pihalle.",
        owner="Joensuun kaupunki",
        external_id="sali-b",
    )
    assert answer.status_code == 303
    room = kept(site)
    assert (room.name, room.description) == (
        LocalText("Sali B", "Sal B", "Hall B"),
        LocalText("Valoisa puolikas.\n\nNäkymä pihalle."),
    )
    assert (room.owner, room.external_id, room.version) == ("Joensuun kaupunki", "sali-b", 2)


def test_people_by_layout_and_equipment_are_kept(site: Site) -> None:
    ticked = ["network", "display", "camera", "microphone", "speakers"]
    answer = save(
        site, "size", capacity="28", layouts_theatre="28", layouts_empty="20", equipment=ticked
    )
    assert answer.status_code == 303
    room = kept(site)
    assert (room.capacity, room.layouts) == (28, {"theatre": 28, "empty": 20})
    # In the order of the catalogue, whatever came first.
    assert room.equipment == ["display", "camera", "microphone", "speakers", "network"]


def test_why_a_use_is_not_allowed_is_kept_only_while_it_is_not(site: Site) -> None:
    reasons = {
        "activity_reasons_event_fi": "Naapurissa on kuulontutkimus.",
        "activity_reasons_group_fi": "Ei kuulu tänne.",
    }
    save(site, "lending", activities=["meeting", "group"], **reasons)
    room = kept(site)
    assert room.activities == ["meeting", "group"]
    assert room.activity_reasons == {"event": {"fi": "Naapurissa on kuulontutkimus."}}


def test_lending_ends_on_a_day_and_may_be_elsewhere(site: Site) -> None:
    url = "https://varaamo.example/sali-b"
    save(site, "lending", available_until="31.12.2027", elsewhere_url=url, outside_use="yes")
    room = kept(site)
    assert (room.available_until, room.elsewhere_url, room.outside_use) == (
        date(2027, 12, 31),
        url,
        "yes",
    )


def test_rules_are_chosen_from_lengths_people_use(site: Site) -> None:
    answer = save(site, "rules", notice_minutes="2880", min_minutes="60", buffer_after_minutes="30")
    assert answer.status_code == 303
    room = kept(site)
    assert {name: getattr(room, name) for name in RULES} == {
        "notice_minutes": 2880,
        "horizon_days": 400,
        "min_minutes": 60,
        "max_minutes": 720,
        "step_minutes": 15,
        "buffer_before_minutes": 0,
        "buffer_after_minutes": 30,
    }


def test_a_length_that_is_on_no_list_stays_exact_until_it_is_changed(site: Site) -> None:
    def set_length(session: Any) -> None:
        session.get_one(Room, site.world.half_b).notice_minutes = 2835

    transaction(site.database, set_length)
    page = site.browser("veli").get(f"/staff/rooms/{site.world.half_b}/rules").text
    assert '<option selected value="2835">2835 minuuttia</option>' in page
    assert save(site, "rules", notice_minutes="2835").status_code == 303
    assert kept(site).notice_minutes == 2835
    # Of the others, only what was offered.
    refused = save(site, "rules", notice_minutes="2836")
    assert (refused.status_code, kept(site).notice_minutes) == (422, 2835)


def test_safety_is_kept(site: Site) -> None:
    answer = save(
        site,
        "safety",
        noise_allowed="no",
        food_allowed="yes",
        latest_end_minute="21.30",
        fire_max_people="40",
        emergency_number="013 000 112",
        keys_fi="Avain neuvonnasta.",
        alarm_fi="Hälytys menee päälle kello 22.",
    )
    assert answer.status_code == 303
    room = kept(site)
    assert (room.noise_allowed, room.food_allowed, room.latest_end_minute) == ("no", "yes", 1290)
    assert (room.fire_max_people, room.emergency_number) == (40, "013 000 112")
    assert (room.keys, room.alarm) == (
        LocalText("Avain neuvonnasta."),
        LocalText("Hälytys menee päälle kello 22."),
    )


def test_empty_by_midnight_is_the_midnight_that_ends_the_day(site: Site) -> None:
    save(site, "safety", latest_end_minute="0.00")
    assert kept(site).latest_end_minute == 1440
    page = site.browser("veli").get(f"/staff/rooms/{site.world.half_b}/safety").text
    assert re.search(r'name="latest_end_minute"[^>]*value="0.00"', page)


def test_contact_and_way_finding_are_kept(site: Site) -> None:
    save(
        site,
        "contact",
        contact_name="Vahtimestari",
        contact_email="vahti@demo.example",
        contact_phone="013 000 000",
        arrival_fi="Pääovesta vasemmalle.",
        floor_plan_text_fi="Ovi on pohjoisseinällä.",
    )
    room = kept(site)
    assert (room.contact_name, room.contact_email, room.contact_phone) == (
        "Vahtimestari",
        "vahti@demo.example",
        "013 000 000",
    )
    assert (room.arrival, room.floor_plan_text) == (
        LocalText("Pääovesta vasemmalle."),
        LocalText("Ovi on pohjoisseinällä."),
    )


@pytest.mark.parametrize(
    ("section", "typed", "field", "code", "params"),
    [
        ("name", {"name_fi": ""}, "name_fi", "name_required", {}),
        ("name", {"description_sv": "Bara svenska"}, "description_fi", "finnish_first", {}),
        ("size", {"capacity": "paljon"}, "capacity", "bad_count", {}),
        (
            "size",
            {"capacity": ""},
            "capacity",
            "number_out_of_range",
            {"lowest": 1, "highest": 100_000},
        ),
        (
            "size",
            {"layouts_groups": "31"},
            "layouts_groups",
            "more_than_capacity",
            {"limit": 30},
        ),
        ("lending", {"activities": []}, "activities", "activity_required", {}),
        ("lending", {"outside_use": "no"}, "published", "outside_use_forbidden", {}),
        ("lending", {"elsewhere_url": "javascript:alert(1)"}, "elsewhere_url", "bad_url", {}),
        ("lending", {"available_until": "joskus"}, "available_until", "bad_date", {}),
        (
            "rules",
            {"min_minutes": "240", "max_minutes": "60"},
            "max_minutes",
            "longest_below_shortest",
            {},
        ),
        ("rules", {"step_minutes": "7"}, "step_minutes", "bad_choice", {}),
        ("safety", {"latest_end_minute": "25"}, "latest_end_minute", "bad_time", {}),
        ("safety", {"emergency_number": "soita!"}, "emergency_number", "bad_phone", {}),
        ("contact", {"contact_email": "vahti"}, "contact_email", "bad_email", {}),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(
    site: Site, section: str, typed: dict[str, Any], field: str, code: str, params: dict[str, Any]
) -> None:
    answer = save(site, section, **typed)
    assert answer.status_code == 422
    error = re.search(rf'id="{field}-error">(.+?)</span>\s*[<\n]', answer.text, re.DOTALL)
    assert error
    assert fi(code, **params) in error[1]
    assert f'href="#{field}"' in answer.text
    assert kept(site).version == 1


def test_what_was_typed_is_kept_when_something_is_wrong(site: Site) -> None:
    answer = save(site, "name", name_fi="", owner="Seurakunta", description_fi="Hyvä <b>sali</b>")
    assert 'value="Seurakunta"' in answer.text
    assert "Hyvä &lt;b&gt;sali&lt;/b&gt;" in answer.text


def test_a_fault_of_another_section_is_told_at_the_head(site: Site) -> None:
    answer = save(site, "safety", fire_max_people="20")
    assert answer.status_code == 422
    assert f"<li>{fi('more_than_fire_safety_allows', limit=20)}</li>" in answer.text


def test_who_was_overtaken_is_told_by_what_and_keeps_what_was_typed(site: Site) -> None:
    save(site, "size", capacity="25")
    answer = save(site, "size", version=1, capacity="28")
    assert answer.status_code == 409
    assert fi("stale_form") in answer.text
    assert re.search(r'name="capacity"[^>]*value="28"', answer.text)
    assert re.search(r'class="was">30</span>.*25</li>', answer.text)
    assert kept(site).capacity == 25
    # The page bears the version that was told, so saving again is a choice.
    version = re.search(r'name="version"[^>]*value="(\d+)"', answer.text)
    assert version
    assert save(site, "size", version=int(version[1]), capacity="28").status_code == 303
    assert kept(site).capacity == 28


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
def test_a_version_that_can_not_be_one_is_an_old_one(site: Site, version: str) -> None:
    answer = save(site, "size", version=version, capacity="25")
    assert (answer.status_code, kept(site).capacity) == (409, 30)


def test_a_change_that_breaks_bookings_lists_them_and_saves_nothing(site: Site) -> None:
    booking = make_booking(site.database, site.world, room_id=site.world.half_b)
    answer = save(site, "size", capacity="9")
    assert answer.status_code == 409
    assert f'href="/bookings/{booking.id}"' in answer.text
    assert "keskiviikko 10. maaliskuuta 2027 klo 10.00–12.00" in answer.text
    assert "Hallituksen kokous" in answer.text
    assert "Virta ry" in answer.text
    assert f'name="accepted" value="{booking.id}"' in answer.text
    assert kept(site).capacity == 30


def test_bookings_in_the_way_open_in_a_tab_of_their_own(site: Site) -> None:
    booking = make_booking(site.database, site.world, room_id=site.world.half_b)
    page = save(site, "size", capacity="9").text
    [link] = re.findall(rf'<a href="/bookings/{booking.id}".*?</a>', page)
    assert ' target="_blank" rel="noopener">' in link
    assert '<span class="hidden-label"> (' in link


def test_the_forms_own_button_only_saves_while_no_booking_is_in_the_way(site: Site) -> None:
    make_booking(site.database, site.world, room_id=site.world.half_b)
    browser, path = site.browser("veli"), f"/staff/rooms/{site.world.half_b}/size"
    pages = (browser.get(path).text, save(site, "size", capacity="9").text)
    texts = [re.findall(r'<button class="button">(.*?)</button>', page) for page in pages]
    with use_locale("fi"):
        assert texts == [[gettext("Save")], [gettext("Check again")]]


@pytest.mark.parametrize(("number", "folded"), [(10, 0), (12, 2)])
def test_only_ten_bookings_in_the_way_are_in_sight(site: Site, number: int, folded: int) -> None:
    for one in range(number):
        where = {"room_id": site.world.half_b, "period": slot(10 + one % 3, 10 + one // 3, 1)}
        make_booking(site.database, site.world, **where)
    page = save(site, "size", capacity="9").text
    listed = page[page.index('id="broken-title"') : page.index("#save-all-the-same")]
    shown, _fold, more = listed.partition("<details>")
    counts = tuple(part.count('href="/bookings/') for part in (shown, more))
    assert counts == (number - folded, folded)


def test_the_button_that_accepts_is_never_what_the_enter_key_presses(site: Site) -> None:
    make_booking(site.database, site.world, room_id=site.world.half_b)
    page = save(site, "size", capacity="9").text
    form = page[page.index('<form class="form"') :]
    assert form.index('<button class="button">') < form.index('name="accepted"')


def test_a_change_accepted_with_its_broken_bookings_is_saved_and_leaves_them(site: Site) -> None:
    booking = make_booking(site.database, site.world, room_id=site.world.half_b)
    assert save(site, "size", capacity="9", accepted=f"{booking.id}").status_code == 303
    assert kept(site).capacity == 9
    with reading(site.database) as session:
        assert session.get_one(Booking, booking.id).state == "requested"


def test_a_booking_made_meanwhile_is_listed_too(site: Site) -> None:
    seen = make_booking(site.database, site.world, room_id=site.world.half_b)
    unseen = make_booking(
        site.database,
        site.world,
        room_id=site.world.half_b,
        period=slot(11, 10),
    )
    answer = save(site, "size", capacity="9", accepted=f"{seen.id}")
    assert answer.status_code == 409
    assert f'value="{seen.id} {unseen.id}"' in answer.text


def test_ids_sent_back_are_whole_numbers_or_accept_nothing() -> None:
    assert ids_in("3 17  x -4 1e3 ² 99999999999") == {3, 17}


def test_faults_find_their_fields_by_name_language_and_activity() -> None:
    form = SafetyForm()
    faults = [
        Refusal("finnish_first", "keys"),
        Refusal("bad_phone", "emergency_number"),
        Refusal("more_than_fire_safety_allows", "capacity", {"limit": 3}),
    ]
    with use_locale("en"):
        head = place_faults(form, InvalidValues(faults))
        assert head == [text_of("more_than_fire_safety_allows", limit=3)]
        assert form.errors == {
            "keys_fi": [text_of("finnish_first")],
            "emergency_number": [text_of("bad_phone")],
        }


def test_a_new_room_has_a_floor_of_its_own(site: Site) -> None:
    form = {"name_fi": "Neuvotteluhuone", "capacity": "8", "floor": "own"}
    answer = site.browser("veli").post(f"/staff/units/{site.world.rantakyla}/rooms/new", form)
    assert answer.status_code == 303
    room = kept(site, int(answer.location.rsplit("/", 1)[1]))
    assert (room.name, room.capacity, room.published) == (LocalText("Neuvotteluhuone"), 8, False)
    assert [space.name for space in room.spaces] == ["Neuvotteluhuone"]
    assert room.spaces[0].id not in {space.id for space in kept(site, site.world.hall).spaces}


def test_a_new_room_sent_twice_is_added_once(site: Site) -> None:
    browser, path = site.browser("veli"), f"/staff/units/{site.world.rantakyla}/rooms/new"
    [key] = re.findall(r'name="key" type="hidden" value="([^"]+)"', browser.get(path).text)
    form = {"name_fi": "Neuvotteluhuone", "capacity": "8", "floor": "own", "key": key}
    first, second = browser.post(path, form), browser.post(path, form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    with reading(site.database) as session:
        named = [room.name.fi for room in session.scalars(select(Room))]
    assert named.count("Neuvotteluhuone") == 1
    other = browser.post(path, {**form, "capacity": "9"})
    assert other.status_code == 422
    assert fi("sent_with_other_contents") in other.text


def test_a_new_room_is_made_of_spaces_that_are_there(site: Site) -> None:
    [north] = kept(site, site.world.half_a).spaces
    form = {"name_fi": "Näyttämö", "capacity": "8", "floor": "shared", "spaces": [north.id]}
    answer = site.browser("veli").post(f"/staff/units/{site.world.rantakyla}/rooms/new", form)
    room = kept(site, int(answer.location.rsplit("/", 1)[1]))
    assert [space.id for space in room.spaces] == [north.id]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name_fi": ""}, "name_fi"),
        ({"capacity": "0"}, "capacity"),
        ({"floor": "shared"}, "spaces"),
        ({"floor": "air"}, "floor"),
        ({"floor": "shared", "spaces": ["999"]}, "spaces"),
    ],
)
def test_a_new_room_with_something_wrong_is_refused_at_its_field(
    site: Site, changes: dict[str, Any], field: str
) -> None:
    form = {"name_fi": "Uusi", "capacity": "8", "floor": "own", **changes}
    answer = site.browser("veli").post(f"/staff/units/{site.world.rantakyla}/rooms/new", form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text


def test_the_pages_of_a_unit_that_is_not_there_are_not_found(site: Site) -> None:
    assert site.browser("yllapito").get("/staff/units/999/rooms/new").status_code == 404


def test_an_unpublished_room_is_not_there_for_another_units_staff(site: Site) -> None:
    def hide(session: Any) -> None:
        session.get_one(Room, site.world.half_b).published = False

    path = f"/staff/rooms/{site.world.half_b}"
    seen = [site.browser("aino").get(path).status_code]
    transaction(site.database, hide)
    seen.append(site.browser("aino").get(path).status_code)
    assert seen == [403, 404]
    assert site.browser("veli").get(path).status_code == 200
