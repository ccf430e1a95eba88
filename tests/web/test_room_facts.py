"""What a room's page says of it: all that is known, in words, and how to get in only to those who will."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import pytest

from booking.db import transaction
from booking.domain.texts import LocalText
from booking.models import OpeningException, OpeningHours, Quota, Room, RoomFeature, Terms, Unit
from booking.services.decisions import decide_booking
from tests.support.world import NOW, at, make_booking
from tests.web.conftest import Site, set_clock

ENGLISH = {"Accept-Language": "en"}


def set_room(site: Site, **changes: Any) -> str:
    """Change columns of half A; the address of its page."""

    def work(session: Any) -> None:
        room = session.get_one(Room, site.world.half_a)
        for name, value in changes.items():
            setattr(room, name, value)

    transaction(site.database, work)
    return f"/rooms/{site.world.half_a}"


def add(site: Site, *rows: Any) -> None:
    transaction(site.database, lambda session: session.add_all(rows))


def details(page: str) -> dict[str, str]:
    """The page's lists of terms and what is said of them, as plain text."""
    found = re.findall(r"<dt>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", page, re.DOTALL)
    return {plain(term): plain(said) for term, said in found}


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


KNOWN: dict[str, Any] = {
    "layouts": {"theatre": 30, "u_shape": 14},
    "equipment": ["camera", "display", "microphone", "network", "speakers", "piano"],
    "activities": ["meeting", "group"],
    "activity_reasons": {"event": {"fi": "Ei vahtimestaria.", "en": "There is no caretaker."}},
    "owner": "Joensuun Tilakeskus",
    "outside_use": "yes",
    "available_until": date(2028, 5, 31),
    "buffer_before_minutes": 15,
    "buffer_after_minutes": 30,
    "noise_allowed": "no",
    "food_allowed": "yes",
    "latest_end_minute": 21 * 60,
    "fire_max_people": 45,
    "emergency_number": "013 330 1111",
}


def test_the_page_says_all_that_is_known_of_the_room(site: Site) -> None:
    path = set_room(site, **KNOWN)
    add(site, Quota(unit_id=site.world.rantakyla, per="week", limit_minutes=630))
    page = site.nobody().get(path, headers=ENGLISH).text
    said = details(page)
    expected = {
        "Capacity": "30 people Rows of chairs: 30 Tables in a U: 14",
        "Activity": "meeting, group Not for: event. There is no caretaker.",
        "Equipment": "Display or projector Camera for remote meetings Microphone Loudspeakers Internet connection Piano "
        "People can take part remotely, too.",
        "How to book": "At least 1 day beforehand, for 30 minutes to 12 hours at a time. At most 400 days ahead. "
        "Start and length are multiples of 15 minutes. 15 minutes must be free before a booking. "
        "30 minutes must be free after a booking. The room must be empty by 21:00. "
        "The room can be had until Wednesday 31 May 2028. "
        "An association may hold the rooms of this site for at most 10 hours 30 minutes in a week.",
        "Owner": "Joensuun Tilakeskus",
        "Lent to associations": "yes",
        "Noise, for example music": "no",
        "Food and drink": "yes",
        "In the evening": "until 21:00",
        "Fire safety": "at most 45 people in the room",
        "In an emergency": "013 330 1111",
    }
    assert {term: said[term] for term in expected} == expected
    assert 'href="tel:0133301111"' in page


def test_what_nobody_has_written_down_of_a_room_is_unknown_or_left_out(site: Site) -> None:
    said = details(site.nobody().get(f"/rooms/{site.world.half_a}", headers=ENGLISH).text)
    assert {
        term: said[term] for term in ("Equipment", "Lent to associations", "Food and drink")
    } == {
        "Equipment": "unknown",
        "Lent to associations": "unknown",
        "Food and drink": "unknown",
    }
    assert {"Owner", "Fire safety", "In an emergency", "Keys", "Keys and alarm"} & set(
        said
    ) == set()


def test_accessibility_is_told_with_its_measures_and_how_old_it_is(site: Site) -> None:
    room = site.world.half_b
    today = NOW.date()
    add(
        site,
        RoomFeature(room_id=room, code="door_width", value="yes", measure_cm=92),
        RoomFeature(room_id=room, code="accessible_parking", value="yes", count=2, measure_cm=1550),
        RoomFeature(room_id=room, code="accessible_toilet", value="yes", side="left"),
        RoomFeature(room_id=room, code="lift", value="yes", checked_on=today.replace(year=2026)),
        RoomFeature(
            room_id=room, code="quiet", value="yes", checked_on=today.replace(year=2026, month=2)
        ),
    )
    page = site.nobody().get(f"/rooms/{room}", headers=ENGLISH).text
    shown = [plain(item) for item in re.findall(r'<li class="yes">(.*?)</li>', page, re.DOTALL)]
    old = "Checked over a year ago: ask the site if it still holds."
    assert shown == [
        "Step-free access : yes",
        "Accessible toilet : yes from the left",
        "Lift : yes Checked Sun 1 Mar 2026, site",
        "Accessible parking : yes 2 places, 15.5 m to the door",
        "Wide enough doors : yes 92 cm",
        f"Quiet room : yes Checked Sun 1 Feb 2026, site {old}",
    ]
    swedish = site.nobody().get(f"/rooms/{room}", headers={"Accept-Language": "sv"}).text
    assert "15,5 m" in swedish


def test_the_contact_is_the_rooms_own_or_else_the_sites(site: Site) -> None:
    def reach(session: Any) -> None:
        unit = session.get_one(Unit, site.world.rantakyla)
        unit.contact_phone, unit.contact_email = "013 000", "talo@siunsote.example"

    transaction(site.database, reach)
    path = f"/rooms/{site.world.half_a}"
    page = site.nobody().get(path).text
    assert 'href="tel:013000"' in page
    assert 'href="mailto:talo@siunsote.example"' in page
    set_room(site, contact_name="Vahtimestari", contact_phone="050 1")
    page = site.nobody().get(path).text
    assert "Vahtimestari" in page
    assert 'href="tel:0501"' in page
    assert "013000" not in page
    assert "talo@siunsote.example" not in page


def test_hours_are_those_of_the_week_that_is_shown(site: Site) -> None:
    unit = site.world.rantakyla
    season = {"valid_from": date(2027, 6, 1), "valid_until": date(2027, 8, 15)}
    add(
        site,
        OpeningHours(unit_id=unit, weekday=1, opens_minute=540, closes_minute=900, **season),
        OpeningException(
            unit_id=unit,
            day=date(2027, 6, 2),
            opens_minute=600,
            closes_minute=660,
            reason=LocalText("Kokous"),
        ),
    )
    path = f"/rooms/{site.world.half_a}"
    usual = ["8:00–20:00"] * 5 + ["closed"] * 2
    page = site.nobody().get(path, headers=ENGLISH).text
    assert [said for term, said in details(page).items() if "Mar 2027" in term] == usual
    page = site.nobody().get(f"{path}?week=2027-05-31", headers=ENGLISH).text
    found = {
        term: said for term, said in details(page).items() if re.match(r"\w{3} \d+ \w+ 2027", term)
    }
    # The season begins on the Tuesday; the Wednesday has hours of its own.
    assert list(found.values()) == [
        "8:00–20:00",
        "9:00–15:00",
        "10:00–11:00 Kokous",
        *["closed"] * 4,
    ]
    side = plain(page)
    assert "Usually Monday – Friday: 8:00–20:00 Saturday – Sunday: closed" in side
    assert (
        "Tue 1 Jun 2027 – Sun 15 Aug 2027 Monday: closed Tuesday: 9:00–15:00 Wednesday – Sunday: closed"
        in side
    )


def test_exceptions_and_holidays_soon_are_told_with_their_names(site: Site) -> None:
    def keep(session: Any) -> None:
        session.get_one(Unit, site.world.rantakyla).closed_on_holidays = True

    transaction(site.database, keep)
    unit = site.world.rantakyla
    add(
        site,
        # Two closed weeks, told day by day and with their weekend left out: one line.
        *(
            OpeningException(unit_id=unit, day=date(2027, 3, day), reason=LocalText("Remontti"))
            for day in (8, 9, 10, 11, 12, 15, 16)
        ),
        OpeningException(unit_id=unit, day=date(2027, 5, 1), reason=LocalText("Myöhemmin")),
        OpeningException(unit_id=unit, day=date(2027, 2, 26), reason=LocalText("Ohi")),
    )
    page = site.nobody().get(f"/rooms/{site.world.half_a}", headers=ENGLISH).text
    soon = page[page.index("Exceptions soon") :]
    lines = [plain(line) for line in re.findall(r"<li>(.*?)</li>", soon[: soon.index("</ul>")])]
    assert lines == [
        "Mon 8 Mar 2027 – Tue 16 Mar 2027: closed – Remontti",
        "Friday 26 March 2027: closed – Good Friday",
        "Monday 29 March 2027: closed – Easter Monday",
    ]


def test_a_room_that_is_booked_elsewhere_leads_there(site: Site) -> None:
    path = set_room(site, elsewhere_url="https://tilat.kitee.example/varaa?id=1&x=<")
    page = site.nobody().get(f"{path}?week=2027-03-08", headers=ENGLISH).text
    assert (
        '<a class="button" href="https://tilat.kitee.example/varaa?id=1&amp;x=&lt;" rel="external noopener">'
        "Book it in another service: tilat.kitee.example</a>" in page
    )
    assert "/bookings/new?" not in page
    assert "Booked in another service." in site.nobody().get("/rooms", headers=ENGLISH).text


def test_a_room_that_is_not_lent_says_so_and_offers_nothing(site: Site) -> None:
    path = set_room(site, outside_use="no")
    page = site.nobody().get(f"{path}?week=2027-03-08", headers=ENGLISH).text
    assert "This room is not lent to associations." in page
    assert "/bookings/new?" not in page


def test_how_to_get_in_is_for_those_who_will(site: Site) -> None:
    path = set_room(site, keys=LocalText("Avain neuvonnasta"), alarm=LocalText("Koodi 1234"))

    def sees(now: Any = NOW) -> dict[str, tuple[bool, bool]]:
        set_clock(site.app, now)
        pages = {
            who: site.browser(who, now).get(path).text
            for who in ("outi", "toini", "anna", "viivi", "veli", "aino", "kaisa", "yllapito")
        }
        pages["nobody"] = site.nobody().get(path).text
        return {who: ("Avain neuvonnasta" in page, "1234" in page) for who, page in pages.items()}

    staff = dict.fromkeys(("viivi", "veli", "kaisa", "yllapito"), (True, True))
    others = dict.fromkeys(("nobody", "outi", "toini", "aino", "anna"), (False, False))
    booking = make_booking(site.database, site.world)
    assert sees() == {**staff, **others}
    transaction(
        site.database,
        lambda session: decide_booking(
            session, booking.id, "approve", 1, None, actor=site.world.veli, now=NOW
        ),
    )
    assert sees() == {**staff, **others, "anna": (True, True)}
    assert sees(at(10, 12)) == {**staff, **others}


def test_who_sees_no_keys_is_told_when_they_will(site: Site) -> None:
    path = set_room(site, keys=LocalText("Avain neuvonnasta"))
    page = site.nobody().get(path, headers=ENGLISH).text
    assert details(page)["Keys and alarm"].startswith("You see here how to get in")


def test_the_rules_of_use_have_a_page_of_the_version_in_force(site: Site) -> None:
    unit = site.world.rantakyla
    path = f"/units/{unit}/terms"
    assert site.nobody().get(path).status_code == 404
    assert path not in site.nobody().get(f"/rooms/{site.world.half_a}").text
    add(
        site,
        Terms(unit_id=unit, version=1, text=LocalText("Vanhat säännöt"), created_at=NOW),
        Terms(
            unit_id=unit, version=2, text=LocalText("Uudet <b>säännöt</b>\nRivi"), created_at=NOW
        ),
    )
    page = site.nobody().get(path, headers=ENGLISH).text
    assert '<span lang="fi">Uudet &lt;b&gt;säännöt&lt;/b&gt;\nRivi</span>' in page
    assert "Vanhat" not in page
    assert "Version 2, in force since Mon 1 Mar 2027 09:00." in page
    assert f'href="{path}"' in site.nobody().get(f"/rooms/{site.world.half_a}").text
    add(site, Terms(unit_id=unit, version=3, text=None, created_at=NOW))
    assert site.nobody().get(path).status_code == 404


def test_the_rules_of_a_site_without_a_published_room_are_its_own(site: Site) -> None:
    add(
        site,
        Terms(unit_id=site.world.kitee, version=1, text=LocalText("Säännöt"), created_at=NOW),
    )

    def hide(session: Any) -> None:
        session.get_one(Room, site.world.cabinet).published = False

    path = f"/units/{site.world.kitee}/terms"
    assert site.nobody().get(path).status_code == 200
    transaction(site.database, hide)
    found = {
        who: site.browser(who).get(path).status_code for who in ("outi", "veli", "kaisa", "aino")
    }
    assert found == {"outi": 404, "veli": 404, "kaisa": 404, "aino": 200}


@pytest.mark.parametrize("unit", ["0", "99999", str(2**31), "x"])
def test_rules_of_no_site_are_not_found(site: Site, unit: str) -> None:
    assert site.nobody().get(f"/units/{unit}/terms").status_code == 404


def test_texts_of_a_room_that_are_html_are_shown_as_text(site: Site) -> None:
    hostile = "</dd><script>alert(1)</script>{{7*7}}"
    text = LocalText(hostile)
    path = set_room(
        site,
        description=text,
        owner=hostile,
        keys=text,
        alarm=text,
        arrival=text,
        floor_plan_text=text,
        contact_name=hostile,
        contact_phone=hostile[:40],
        emergency_number=hostile[:40],
        activity_reasons={"event": {"fi": hostile}},
        activities=["meeting"],
    )
    page = site.browser("veli").get(path).text
    assert "<script>alert" not in page
    assert page.count("{{7*7}}") >= 8
