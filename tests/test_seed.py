"""The demo and the large county are what they promise to be, on both databases; seeding them twice does no harm."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from booking.db import Database, open_database, reading
from booking.domain.bookings import Wish, refusals_at_asking
from booking.domain.local_time import instant, local
from booking.domain.rooms import FEATURES
from booking.models import (
    Base,
    Block,
    Booking,
    CalendarText,
    Occupancy,
    Organisation,
    OutboxMessage,
    Person,
    RoomFeature,
    Unit,
)
from booking.queries.availability import Wanted, rooms_found
from booking.queries.bookings import BookingFilter, bookings, queue
from booking.queries.catalogue import catalogue
from booking.seed.closures import holidays
from booking.seed.demo import seed_demo
from booking.seed.people import DEMO_PASSWORD
from booking.seed.places import add_places
from booking.seed.plan import plan
from booking.services.people import sign_in
from calendars.period import Period
from tests.support import databases
from tests.support.seeds import actor, held_otherwise, overlaps, refused, silent

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # a Tuesday, 10.00 in Joensuu
# Random by their nature; all else is to be the same every time (but SQLite gives ids of released time again).
_NEVER_THE_SAME = {"uuid", "uid", "text", "message_id", "password_hash", "catalogue_version"}


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


def written(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table, but for what is random, as sorted texts."""
    found = {}
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            left_out = _NEVER_THE_SAME | ({"id"} if table is Occupancy.__table__ else set())
            kept = [column for column in table.columns if column.name not in left_out]
            rows = connection.execute(select(*kept)).mappings()
            found[table.name] = sorted(json.dumps(dict(row), default=str) for row in rows)
    return found


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


def test_every_booking_of_the_demo_keeps_its_rooms_rules(demo: Database) -> None:
    with reading(demo) as session:
        assert refused(session) == []


def test_the_demo_has_bookings_of_three_months_in_every_state(demo: Database) -> None:
    with reading(demo) as session:
        states = Counter(session.scalars(select(Booking.state)))
        first, last = session.execute(
            select(func.min(Booking.starts_at), func.max(Booking.ends_at))
        ).one()
        blocks = session.scalars(select(func.count()).select_from(Block)).one()
    assert set(states) == {"requested", "approved", "rejected", "cancelled"}
    assert 400 <= states.total() <= 700
    assert (NOW - first).days in range(28, 36)
    assert (last - NOW).days in range(55, 70)
    assert blocks == 2


def test_every_municipality_of_the_demo_has_a_room_to_book(demo: Database) -> None:
    with reading(demo) as session:
        rooms = catalogue(session)
        bookable = {
            room.municipality
            for room in rooms.rooms.values()
            if room.published and room.unit_is_open
        }
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


def test_the_demo_closes_on_independence_day_and_says_why(demo: Database) -> None:
    christmas = date(2026, 12, 25)
    with reading(demo) as session:
        hours = {room.unit_name.fi: room.hours for room in catalogue(session).rooms.values()}
    kitee = hours["Kiteen hyvinvointitalo"]
    assert kitee.on(christmas) == ()
    assert kitee.closed_because[christmas].fi == "Joulupäivä"
    assert hours["Sairaalakampuksen järjestötilat"].on(christmas) == ((0, 1440),)
    assert hours["Nurmeksen hyvinvointitalo"].closed_because[date(2026, 12, 6)].fi == (
        "Itsenäisyyspäivä"
    )


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
        waiting = queue(session, actor(session, "veli"), 100)
        mine = bookings(session, actor(session, "anna"), BookingFilter(), 500)
    assert 6 <= len(waiting) <= 10
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


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 12, 31, 22, 30, tzinfo=UTC),
        datetime(2027, 3, 27, 5, 0, tzinfo=UTC),
        datetime(2027, 6, 27, 12, 0, tzinfo=UTC),
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
        datetime(2028, 2, 29, 21, 59, tzinfo=UTC),
    ],
)
def test_the_plan_holds_on_every_day_of_the_year(sqlite_url: str, now: datetime) -> None:
    database = open_database(sqlite_url)
    with database.writer() as session:
        places = add_places(session, local(now).date())
        known = catalogue(session)
        rooms = {key: known.room(row) for key, row in places.rooms.items()}
        planned = plan(rooms, now, seed=1).bookings
    database.dispose()
    waiting = 0
    for one in planned:
        times = [act.at for act in one.acts]
        wish = Wish(one.period, one.told["activity"], one.told["people"])
        assert refusals_at_asking(rooms[one.told["room"]], wish, times[0]) == []
        assert times == sorted(times)
        assert times[-1] < now
        assert len(times) == 1 or times[-1] < one.period.start
        waiting += len(times) == 1 and one.told["room"].startswith("rantakyla/")
    assert 6 <= waiting <= 10
    assert len(planned) >= 400


def test_holidays_are_those_of_the_almanac() -> None:
    found = {
        (hours.day.isoformat(), hours.reason.fi)
        for hours in holidays(date(2027, 1, 2), date(2027, 11, 30))
    }
    assert found == {
        ("2027-01-06", "Loppiainen"),
        ("2027-03-26", "Pitkäperjantai"),
        ("2027-03-28", "Pääsiäispäivä"),
        ("2027-03-29", "Toinen pääsiäispäivä"),
        ("2027-05-01", "Vappu"),
        ("2027-05-06", "Helatorstai"),
        ("2027-06-25", "Juhannusaatto"),
        ("2027-06-26", "Juhannuspäivä"),
        ("2027-11-06", "Pyhäinpäivä"),
    }
