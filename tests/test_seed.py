"""The demo and the large county are what they promise to be, on both databases; seeding them twice does no harm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from booking.db import Database, open_database, reading
from booking.domain import room_values
from booking.domain.bookings import Wish
from booking.domain.local_time import instant, local
from booking.domain.room_values import EDITABLE
from booking.domain.rooms import FEATURES
from booking.domain.unit_values import unit_faults
from booking.models import (
    Block,
    Booking,
    CalendarText,
    Municipality,
    OpeningException,
    OpeningHours,
    Organisation,
    OutboxMessage,
    Person,
    Quota,
    Region,
    Room,
    RoomFeature,
    RoomImage,
    RoomImageFile,
    Terms,
    Unit,
)
from booking.queries import invariants
from booking.queries.availability import Wanted, rooms_found
from booking.queries.bookings import BookingFilter, bookings
from booking.queries.catalogue import catalogue
from booking.queries.queue import QueueFilter, queue
from booking.seed.demo import seed_demo
from booking.seed.people import DEMO_PASSWORD
from booking.services.people import sign_in
from booking.services.units import EDITABLE_UNIT
from calendars.period import Period
from tests.support import databases
from tests.support.seeds import (
    actor,
    held_otherwise,
    overlaps,
    refused,
    silent,
    unused_columns,
    written,
)

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # a Tuesday, 10.00 in Joensuu
# Nobody has checked the regions; dividing a hall is bookkeeping; DESIGN 5: the demo has no quota.
_LEFT_AS_IT_COMES = [
    # What only passing time or the worker makes.
    *(f"booking.{name}" for name in ("asked_at", "escalation", "release_hash", "reminded_on")),
    "municipality.region_is_checked",
    *(f"quota.{name}" for name in ("id", "limit_minutes", "per", "unit_id")),
    "room.spaces_changed_at",
]


@pytest.fixture(scope="module")
def sqlite_demo(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The demo as of NOW in SQLite, seeded once; tests only look at it."""
    url = databases.sqlite_clone(run_folder, tmp_path_factory.mktemp("demo") / "demo.db")
    yield from _seeded(url)


@pytest.fixture(scope="module")
def postgres_demo(postgres_server: databases.Postgres) -> Iterator[Database]:
    """The same in PostgreSQL."""
    with postgres_server.clone() as url:
        yield from _seeded(url)


@pytest.fixture(params=["sqlite", "postgres"])
def demo(request: pytest.FixtureRequest) -> Database:
    """The demo as of NOW; the test runs once on each kind of database."""
    database: Database = request.getfixturevalue(f"{request.param}_demo")
    return database


def _seeded(url: str) -> Iterator[Database]:
    database = open_database(url)
    assert seed_demo(database, NOW, silent)
    yield database
    database.dispose()


def test_the_demo_is_the_same_every_time_and_on_both_databases(
    sqlite_demo: Database, postgres_demo: Database
) -> None:
    assert written(sqlite_demo.engine) == written(postgres_demo.engine)


def test_seeding_again_changes_nothing(demo: Database) -> None:
    before = written(demo.engine)
    assert seed_demo(demo, NOW + timedelta(days=1), silent) is False
    assert written(demo.engine) == before


def test_nothing_in_the_demo_overlaps_and_everything_is_held_as_booked(demo: Database) -> None:
    with reading(demo) as session:
        assert overlaps(session) == []
        assert held_otherwise(session) == []


def test_the_demo_keeps_the_invariants(demo: Database) -> None:
    with reading(demo) as session:
        found = {
            check.__name__: check(session)
            for check in (
                invariants.overlaps,
                invariants.bookings_without_their_time,
                invariants.time_without_its_booking,
            )
        }
    assert found == dict.fromkeys(found, 0)


def test_every_booking_of_the_demo_keeps_its_rooms_rules(demo: Database) -> None:
    with reading(demo) as session:
        assert refused(session) == []


def test_the_demo_has_bookings_of_three_months_in_every_state(demo: Database) -> None:
    with reading(demo) as session:
        states = Counter(session.scalars(select(Booking.state)))
        first, last = session.execute(
            # The season, and who was faster on one of its dates, lie further ahead.
            select(func.min(Booking.starts_at), func.max(Booking.ends_at)).where(
                Booking.series_id.is_(None), Booking.title != "Kevätkokous"
            )
        ).one()
        blocks = session.scalars(select(Block).order_by(Block.id)).all()
    assert set(states) == {"requested", "approved", "rejected", "cancelled"}
    assert 400 <= states.total() <= 700
    assert (NOW - first).days in range(28, 36)
    assert (last - NOW).days in range(55, 70)
    weekly = [one for one in blocks if one.series is not None]
    assert (len(weekly), len({one.series for one in weekly})) == (12, 1)
    assert [one.lifted_at is not None for one in blocks if one.series is None] == [
        False,
        True,
        False,
    ]


def test_every_municipality_of_the_demo_has_a_room_to_book(demo: Database) -> None:
    with reading(demo) as session:
        rooms = catalogue(session)
        bookable = {room.municipality for room in rooms.rooms.values() if room.is_lent}
        closed = session.scalars(select(Unit).where(~Unit.open_for_booking)).all()
    assert bookable == set(rooms.municipalities)
    assert len(bookable) == 13
    assert len(closed) == 1


def test_a_hall_of_the_demo_divides_in_two(demo: Database) -> None:
    with reading(demo) as session:
        rooms = catalogue(session).rooms.values()
        spaces = {room.name.fi: len(room.space_ids) for room in rooms if len(room.neighbours) > 1}
    assert spaces == {"Sali (koko sali)": 2, "Sali A": 1, "Sali B": 1}


def test_accessibility_in_the_demo_is_honest(demo: Database) -> None:
    with reading(demo) as session:
        facts = session.scalars(select(RoomFeature)).all()
    assert {fact.code for fact in facts} == set(FEATURES)
    assert {fact.value for fact in facts} == {"yes", "no", "unknown"}
    assert {fact.value for fact in facts if fact.checked_on is None} == {"unknown"}
    assert [fact.code for fact in facts if fact.value == "unknown" and fact.checked_by] == []
    assert {fact.code for fact in facts if fact.measure_cm is not None} >= {
        "door_width",
        "threshold",
        "turning_space",
    }


def test_a_room_of_the_demo_can_be_had_the_day_after_tomorrow(demo: Database) -> None:
    start = instant(local(NOW).date() + timedelta(days=2), time(15))
    wish = Wish(Period(start, start + timedelta(hours=2)), "meeting", 8)
    with reading(demo) as session:
        found = rooms_found(session, Wanted(wish), NOW)
    assert len(found.free) > 10


def test_units_of_the_demo_keep_holidays_as_their_switches_say(demo: Database) -> None:
    days = {
        "christmas": date(2026, 12, 25),
        "christmas eve": date(2026, 12, 24),
        "ascension day": date(2027, 5, 6),
        "midsummer eve": date(2027, 6, 25),
    }
    with reading(demo) as session:
        hours = {room.unit_name.fi: room.hours for room in catalogue(session).rooms.values()}
    open_on = {
        name: {day for day, on in days.items() if kept.on(on)} for name, kept in hours.items()
    }
    assert open_on.pop("Sairaalakampuksen järjestötilat") == set(days)
    assert open_on.pop("Keskustan kohtaamispaikka") == {"midsummer eve"}
    assert set(map(frozenset, open_on.values())) == {frozenset()}
    because = hours["Kiteen hyvinvointitalo"].because(days["ascension day"])
    assert because is not None
    assert because.fi == "Helatorstai"


def test_units_of_the_demo_have_a_short_day_a_summer_break_and_summer_hours(demo: Database) -> None:
    with reading(demo) as session:
        hours = {room.unit_name.fi: room.hours for room in catalogue(session).rooms.values()}
    new_years_eve, july, saturday = date(2026, 12, 31), date(2027, 7, 14), date(2027, 7, 17)
    juuka, kitee = hours["Juuan hyvinvointitalo"], hours["Kiteen hyvinvointitalo"]
    assert juuka.on(new_years_eve) == ((8 * 60, 14 * 60),)
    assert (juuka.on(july), juuka.closed_because[july].fi) == ((), "Toimipisteen kesätauko")
    assert (kitee.on(july), kitee.on(saturday)) == (((8 * 60, 20 * 60),), ())
    assert kitee.on(saturday - timedelta(days=56)) == ((10 * 60, 16 * 60),)


def test_rooms_of_the_demo_are_open_on_weekdays_from_eight_to_eight(demo: Database) -> None:
    days = [local(NOW).date() + timedelta(days=n) for n in range(366)]
    with reading(demo) as session:
        rooms = [room for room in catalogue(session).rooms.values() if room.is_lent]
    closed = {
        (room.unit_name.fi, day)
        for room in rooms
        for day in days
        if day.weekday() < 5
        and room.hours.because(day) is None
        and not any(opens <= 480 and closes >= 1200 for opens, closes in room.hours.on(day))
    }
    assert closed == set()
    assert min(room.horizon_days for room in rooms) >= 366


def test_every_column_of_the_catalogue_and_of_bookings_is_used_in_the_demo(demo: Database) -> None:
    used = (
        *(Municipality, Region, Unit, OpeningHours, OpeningException, Terms, Quota),
        *(Room, RoomFeature, RoomImage, RoomImageFile, Block, Booking),
    )
    unused = [column for model in used for column in unused_columns(demo.engine, model)]
    assert sorted(unused) == _LEFT_AS_IT_COMES


def test_what_the_demo_says_of_rooms_and_units_is_what_staff_could_have_written(
    demo: Database,
) -> None:
    with reading(demo) as session:
        rooms = session.scalars(select(Room)).all()
        units = session.scalars(select(Unit)).all()
        wrong = [
            *(room_values.faults({name: getattr(one, name) for name in EDITABLE}) for one in rooms),
            *(unit_faults({name: getattr(one, name) for name in EDITABLE_UNIT}) for one in units),
        ]
        elsewhere = [one.name.fi for one in rooms if one.elsewhere_url is not None]
        refused_use = [one.published for one in rooms if one.outside_use == "no"]
        hybrid = [room for room in catalogue(session).rooms.values() if room.is_hybrid_ready]
    assert [faults for faults in wrong if faults] == []
    assert elsewhere == ["Valtuustosali"]
    assert refused_use == [False]
    assert len(hybrid) >= 5


def test_the_demo_is_named_in_three_languages(demo: Database) -> None:
    with reading(demo) as session:
        names = [
            *session.scalars(select(Region.name)),
            *session.scalars(select(Municipality.name)),
            *session.scalars(select(Unit.name)),
            *session.scalars(select(Unit.arrival)),
            *session.scalars(select(Room.name)),
            *session.scalars(select(Room.description)),
            *session.scalars(select(Terms.text)),
            *session.scalars(select(RoomImage.alt)),
        ]
    assert [text for text in names if not (text.fi and text.sv and text.en)] == []


def test_every_municipality_of_the_demo_lies_in_a_region_yet_to_be_checked(demo: Database) -> None:
    with reading(demo) as session:
        rows = session.scalars(select(Municipality)).all()
        regions = Counter(row.region.key for row in rows if row.region is not None)
    assert set(regions) == {"pohjoinen", "etelainen", "lantinen", "keskinen"}
    assert regions.total() == 13
    assert not any(row.region_is_checked for row in rows)


def test_pictures_of_the_demo_say_that_they_are_no_photos(demo: Database) -> None:
    with reading(demo) as session:
        pictures = session.scalars(select(RoomImage)).all()
        files = Counter(session.scalars(select(RoomImageFile.format)))
        plan_text = session.get_one(
            Room, next(one.room_id for one in pictures if one.kind == "floor_plan")
        ).floor_plan_text
    assert {one.alt.fi.partition(":")[0] for one in pictures} == {"Kuvituskuva"}
    assert len({one.digest for one in pictures}) == 4
    assert files["avif"] == files["webp"] == 2 * len(pictures)
    assert plan_text is not None


def test_the_five_persons_of_the_demo_have_their_parts(demo: Database) -> None:
    with reading(demo) as session:
        anna, veli, kaisa, outi, yllapito = (
            actor(session, name) for name in ("anna", "veli", "kaisa", "outi", "yllapito")
        )
        unit = session.get_one(Unit, *veli.approver_units)
        assert unit.municipality.key == "joensuu"
    assert [*anna.organisations.values()] == ["booker"]
    assert not anna.is_staff
    assert (veli.title, len(veli.approver_units)) == ("palveluesihenkilö", 1)
    assert (kaisa.title, kaisa.is_coordinator) == ("järjestöyhdyshenkilö", True)
    assert (outi.is_staff, outi.organisations) == (False, {})
    assert yllapito.is_admin


def test_only_the_five_persons_of_the_demo_sign_in(demo: Database) -> None:
    with reading(demo) as session:
        able = session.scalars(
            select(Person.email).where(Person.password_hash.is_not(None)).order_by(Person.email)
        ).all()
    assert [email.partition("@")[0] for email in able] == [
        "anna",
        "kaisa",
        "outi",
        "veli",
        "yllapito",
    ]
    assert sign_in(demo, "anna@demo.example", DEMO_PASSWORD, now=NOW) is not None


def test_requests_of_the_demo_wait_for_veli_and_anna(demo: Database) -> None:
    with reading(demo) as session:
        waiting = queue(session, actor(session, "veli"), QueueFilter(), 100)
        mine = bookings(session, actor(session, "anna"), BookingFilter(), 500)
    # A season of twelve dates is one of them, and who was faster on one of its days another.
    assert 8 <= len(waiting) <= 12
    assert {one.state for one in mine} == {"requested", "approved", "rejected", "cancelled"}
    assert all(one.reason for one in mine if one.state == "rejected")
    assert all(one.cancel_reason for one in mine if one.state == "cancelled")


def test_no_mail_of_the_demo_waits_to_be_sent(demo: Database) -> None:
    with reading(demo) as session:
        mails = session.scalars(select(OutboxMessage)).all()
    assert {(mail.state, mail.sent_at == mail.created_at) for mail in mails} == {("sent", True)}
    assert {mail.locale for mail in mails} == {"fi", "sv"}


def test_feeds_of_the_demo_hold_what_was_approved(demo: Database) -> None:
    with reading(demo) as session:
        texts = Counter(session.scalars(select(CalendarText.status)))
        states = Counter(session.scalars(select(Booking.state).where(Booking.was_approved)))
    assert texts == {"CONFIRMED": states["approved"], "CANCELLED": states["cancelled"]}


def test_business_ids_of_the_demo_are_well_formed_and_names_are_marked(demo: Database) -> None:
    with reading(demo) as session:
        known = session.scalars(select(Organisation)).all()
    for number in (one.y_tunnus for one in known if one.y_tunnus):
        digits, check = number.split("-")
        rest = sum(int(d) * w for d, w in zip(digits, (7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
        assert (rest, int(check)) in [(0, 0), *((n, 11 - n) for n in range(2, 11))]
    real = [one.name for one in known if not one.name.endswith("(esimerkki)")]
    assert real == ["Pohjois-Karjalan hyvinvointialue", "Joensuun kaupunki"]
    assert Counter(one.kind for one in known)["unregistered"] == 2
