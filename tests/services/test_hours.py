"""Opening hours, seasons, holidays and exceptions: what the policy says of them, and whom they break; on both databases."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.texts import LocalText
from booking.errors import (
    BreaksBookings,
    InvalidValues,
    PolicyRefusal,
)
from booking.models import (
    Booking,
    OpeningException,
    OpeningHours,
    Unit,
)
from booking.services.decisions import decide_booking
from booking.services.units import (
    DayHours,
    HoursRow,
    add_exception,
    edit_exception,
    edit_unit,
    put_exception,
    remove_exception,
    set_hours,
)
from booking.services.upkeep import rooms_of_unit, upkeep
from tests.support.acts import all_rows, do
from tests.support.keeping import (
    WEDNESDAY,
    WEEKDAYS,
    audit,
    faults,
    stretches,
    the_broken,
    unit_of,
    week,
)
from tests.support.world import NOW, World, make_booking, make_world, slot

SUMMER = (date(2027, 6, 1), date(2027, 8, 31))
RULES = LocalText("Jätä tila siistiksi.", "Städa efter dig.", "Leave the room tidy.")


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def test_new_hours_are_what_the_policy_goes_by(database: Database, world: World) -> None:
    do(database, set_hours, world.rantakyla, 1, week(12, 20), None, actor=world.veli)
    with pytest.raises(PolicyRefusal, match="closed"):
        make_booking(database, world)
    make_booking(database, world, period=slot(10, 12))
    usual = [[day, 480, 1200] for day in WEEKDAYS]
    later = [[day, 720, 1200] for day in WEEKDAYS]
    assert audit(database) == [("set_hours", {"usual": usual}, {"usual": later})]


def test_the_same_hours_once_more_are_no_change(database: Database, world: World) -> None:
    unit = do(database, set_hours, world.rantakyla, 1, week(8, 20), None, actor=world.veli)
    assert (unit.version, audit(database)) == (1, [])


def test_hours_with_a_fault_change_nothing(database: Database, world: World) -> None:
    rows = [HoursRow(0, 600, 540), HoursRow(1, 480, 720), HoursRow(1, 660, 780)]
    with pytest.raises(InvalidValues) as refused:
        do(database, set_hours, world.rantakyla, 1, rows, SUMMER[::-1], actor=world.veli)
    assert faults(refused) == [
        ("end_before_start", "valid_until"),
        ("closes_before_opens", "day0"),
        ("hours_overlap", "day1"),
    ]
    assert stretches(database, world, WEDNESDAY) == ((480, 1200),)


def test_bookings_that_new_hours_would_leave_outside_are_listed_first(
    database: Database, world: World
) -> None:
    early = make_booking(database, world)
    make_booking(database, world, period=slot(10, 12))
    later = make_booking(database, world, room_id=world.half_b, period=slot(11, 9))
    do(database, decide_booking, later.id, "approve", 1, None, actor=world.veli)
    make_booking(database, world, room_id=world.cabinet, people=5)  # another unit's
    new_hours = (world.rantakyla, 1, week(12, 20), None)
    with pytest.raises(BreaksBookings) as broken:
        do(database, set_hours, *new_hours, actor=world.veli)
    both = (the_broken(early, "closed"), the_broken(later, "closed"))
    assert broken.value.bookings == both
    with pytest.raises(BreaksBookings) as again:
        do(database, set_hours, *new_hours, [early.id], actor=world.veli)
    assert again.value.bookings == both
    assert stretches(database, world, WEDNESDAY) == ((480, 1200),)
    do(database, set_hours, *new_hours, [early.id, later.id], actor=world.veli)
    assert stretches(database, world, WEDNESDAY) == ((720, 1200),)
    states = all_rows(database, select(Booking.state).order_by(Booking.starts_at, Booking.id))
    assert states == ["requested", "requested", "requested", "approved"]


def test_what_was_against_the_hours_before_is_no_news(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    accepted = [booking.id]
    do(database, set_hours, world.rantakyla, 1, week(12, 20), None, accepted, actor=world.veli)
    do(database, set_hours, world.rantakyla, 2, week(13, 20), None, actor=world.veli)
    assert stretches(database, world, WEDNESDAY) == ((780, 1200),)


def test_what_is_over_or_called_off_is_not_broken(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    do(
        database,
        set_hours,
        world.rantakyla,
        1,
        [],
        None,
        actor=world.veli,
        now=booking.ends_at,
    )
    assert stretches(database, world, WEDNESDAY) == ()


def test_a_season_takes_the_place_of_the_usual_week_while_it_lasts(
    database: Database, world: World
) -> None:
    do(database, set_hours, world.rantakyla, 1, week(10, 14), SUMMER, actor=world.veli)
    days = {
        day: stretches(database, world, day)
        for day in (date(2027, 5, 31), *SUMMER, date(2027, 9, 1))
    }
    assert days == {
        date(2027, 5, 31): ((480, 1200),),
        date(2027, 6, 1): ((600, 840),),
        date(2027, 8, 31): ((600, 840),),
        date(2027, 9, 1): ((480, 1200),),
    }
    with pytest.raises(PolicyRefusal, match="closed"):
        make_booking(database, world, period=slot(2, 15, month=6))


def test_a_season_breaks_the_bookings_within_it_only(database: Database, world: World) -> None:
    make_booking(database, world, period=slot(10, 16))
    within = make_booking(database, world, period=slot(2, 16, month=6))
    with pytest.raises(BreaksBookings) as broken:
        do(database, set_hours, world.rantakyla, 1, week(10, 14), SUMMER, actor=world.veli)
    assert broken.value.bookings == (the_broken(within, "closed"),)


def test_a_season_moves_to_other_days_in_one_change(database: Database, world: World) -> None:
    july = (date(2027, 7, 1), date(2027, 7, 31))
    do(database, set_hours, world.rantakyla, 1, week(10, 14), SUMMER, actor=world.veli)
    # In June it is open until eight again, so a booking that only July's hours would break is in nobody's way.
    moved = (world.rantakyla, 2, week(10, 14), july)
    unit = do(database, set_hours, *moved, (), SUMMER, actor=world.veli)
    seasons = {
        (row.valid_from, row.valid_until) for row in all_rows(database, select(OpeningHours))
    }
    assert (unit.version, seasons) == (3, {(None, None), july})
    hours = [[day, 600, 840] for day in WEEKDAYS]
    assert audit(database)[1:] == [
        ("set_hours", {"2027-06-01/2027-08-31": hours}, {"2027-07-01/2027-07-31": hours})
    ]


def test_a_season_without_hours_is_taken_away(database: Database, world: World) -> None:
    do(database, set_hours, world.rantakyla, 1, week(10, 14), SUMMER, actor=world.veli)
    evening = make_booking(database, world, period=slot(2, 10, month=6))
    do(database, set_hours, world.rantakyla, 2, [], SUMMER, actor=world.veli)
    assert stretches(database, world, SUMMER[0]) == ((480, 1200),)
    assert evening.state == "requested"


def test_of_two_seasons_that_begin_alike_the_shorter_counts(
    database: Database, world: World
) -> None:
    june = (SUMMER[0], date(2027, 6, 30))
    do(database, set_hours, world.rantakyla, 1, week(9, 12), june, actor=world.veli)
    do(database, set_hours, world.rantakyla, 2, week(8, 14), SUMMER, actor=world.veli)
    assert stretches(database, world, date(2027, 6, 2)) == ((540, 720),)
    assert stretches(database, world, date(2027, 7, 1)) == ((480, 840),)


@pytest.mark.parametrize(
    ("switch", "day"),
    [
        ("closed_on_holidays", date(2027, 3, 29)),  # Easter Monday
        ("closed_on_midsummer_eve", date(2027, 6, 25)),
        ("closed_on_christmas_eve", date(2027, 12, 24)),
    ],
)
def test_each_switch_closes_its_own_days(
    database: Database, world: World, switch: str, day: date
) -> None:
    switches = ("closed_on_holidays", "closed_on_midsummer_eve", "closed_on_christmas_eve")
    days = (date(2027, 3, 29), date(2027, 6, 25), date(2027, 12, 24))
    opened = dict.fromkeys(switches, False)
    version = do(database, edit_unit, world.rantakyla, 1, opened, actor=world.veli).version
    assert [stretches(database, world, one) for one in days] == [((480, 1200),)] * 3
    do(database, edit_unit, world.rantakyla, version, {switch: True}, actor=world.veli)
    closed = [one for one in days if stretches(database, world, one) == ()]
    assert closed == [day]


def test_a_booking_on_a_holiday_that_is_to_be_closed_is_listed(
    database: Database, world: World
) -> None:
    opened = {"closed_on_holidays": False}
    version = do(database, edit_unit, world.rantakyla, 1, opened, actor=world.veli).version
    booking = make_booking(database, world, period=slot(29, 10))
    closing = (world.rantakyla, version, {"closed_on_holidays": True})
    with pytest.raises(BreaksBookings) as broken:
        do(database, edit_unit, *closing, actor=world.veli)
    assert broken.value.bookings == (the_broken(booking, "closed"),)
    do(database, edit_unit, *closing, [booking.id], actor=world.veli)


def test_a_closure_closes_its_days_and_says_why(database: Database, world: World) -> None:
    closed = DayHours(date(2027, 7, 5), date(2027, 7, 30), reason=LocalText("Kesäsulku"))
    row = do(database, add_exception, world.rantakyla, closed, actor=world.veli)
    assert (row.day, row.last_day, unit_of(database, world).version) == (
        date(2027, 7, 5),
        date(2027, 7, 30),
        2,
    )
    with pytest.raises(PolicyRefusal) as refused:
        make_booking(database, world, period=slot(7, 10, month=7))
    [refusal] = refused.value.refusals
    assert (refusal.code, refusal.params["because"]) == ("closed", LocalText("Kesäsulku"))
    said = {
        "day": "2027-07-05",
        "last_day": "2027-07-30",
        "opens_minute": None,
        "closes_minute": None,
        "reason": {"fi": "Kesäsulku"},
        "external_id": None,
    }
    assert audit(database) == [("set_exception", {}, {"exception": said})]


def test_other_hours_of_a_day_open_it(database: Database, world: World) -> None:
    saturday = DayHours(date(2027, 3, 13), date(2027, 3, 13), 600, 900)
    do(database, add_exception, world.rantakyla, saturday, actor=world.veli)
    make_booking(database, world, period=slot(13, 10))


def test_a_closure_over_bookings_lists_them_first(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    make_booking(database, world, period=slot(11, 10))
    closed = DayHours(WEDNESDAY, WEDNESDAY)
    with pytest.raises(BreaksBookings) as broken:
        do(database, add_exception, world.rantakyla, closed, actor=world.veli)
    assert broken.value.bookings == (the_broken(booking, "closed"),)
    assert all_rows(database, select(OpeningException)) == []
    do(database, add_exception, world.rantakyla, closed, [booking.id], actor=world.veli)
    assert stretches(database, world, WEDNESDAY) == ()


@pytest.mark.parametrize(
    "again",
    [
        DayHours(WEDNESDAY, WEDNESDAY, 780, 900),  # the same hours
        DayHours(WEDNESDAY, WEDNESDAY),  # open and closed at once
        DayHours(WEDNESDAY, date(2027, 3, 12), 780, 960),  # from the same day and hour on
    ],
)
def test_the_same_days_have_one_say(database: Database, world: World, again: DayHours) -> None:
    first = DayHours(WEDNESDAY, WEDNESDAY, 780, 900)
    do(database, add_exception, world.rantakyla, first, actor=world.veli)
    with pytest.raises(InvalidValues) as refused:
        do(database, add_exception, world.rantakyla, again, actor=world.veli)
    assert faults(refused) == [("days_have_hours", "first_day")]


def test_two_stretches_of_a_day_add_up(database: Database, world: World) -> None:
    for opens, closes in ((480, 720), (780, 1200)):
        hours = DayHours(WEDNESDAY, WEDNESDAY, opens, closes)
        do(database, add_exception, world.rantakyla, hours, actor=world.veli)
    assert stretches(database, world, WEDNESDAY) == ((480, 720), (780, 1200))


def test_an_external_id_names_one_exception(database: Database, world: World) -> None:
    def closed(day: int) -> DayHours:
        return DayHours(date(2027, 7, day), date(2027, 7, day), external_id="K-1")

    do(database, add_exception, world.rantakyla, closed(1), actor=world.veli)
    with pytest.raises(InvalidValues) as refused:
        do(database, add_exception, world.kitee, closed(2), actor=world.aino)
    assert faults(refused) == [("external_id_taken", "external_id")]


def test_an_exception_is_said_anew_and_keeps_its_external_id(
    database: Database, world: World
) -> None:
    july = date(2027, 7, 5)
    closed = DayHours(july, july, external_id="K-1")
    row = do(database, add_exception, world.rantakyla, closed, actor=world.veli)
    longer = DayHours(july, date(2027, 7, 9), 600, 720, LocalText("Inventaario"))
    edited = do(database, edit_exception, row.id, 2, longer, actor=world.veli)
    assert (edited.id, edited.last_day, edited.opens_minute, edited.external_id) == (
        row.id,
        date(2027, 7, 9),
        600,
        "K-1",
    )
    assert stretches(database, world, date(2027, 7, 9)) == ((600, 720),)
    action, before, after = audit(database)[-1]
    assert (action, before["exception"]["last_day"], after["exception"]["last_day"]) == (
        "set_exception",
        None,
        "2027-07-09",
    )


def test_an_exception_moved_over_a_booking_lists_it(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    july = date(2027, 7, 5)
    row = do(database, add_exception, world.rantakyla, DayHours(july, july), actor=world.veli)
    here = (row.id, 2, DayHours(WEDNESDAY, WEDNESDAY))
    with pytest.raises(BreaksBookings) as broken:
        do(database, edit_exception, *here, actor=world.veli)
    assert broken.value.bookings == (the_broken(booking, "closed"),)
    do(database, edit_exception, *here, [booking.id], actor=world.veli)
    assert stretches(database, world, july) == ((480, 1200),)


def test_an_exception_put_twice_is_put_once(database: Database, world: World) -> None:
    closed = DayHours(WEDNESDAY, WEDNESDAY, external_id="K-1")

    def put(session: Session) -> None:
        with upkeep(session, rooms_of_unit(world.rantakyla), (), NOW):
            unit = session.get_one(Unit, world.rantakyla)
            row = session.scalars(select(OpeningException)).one_or_none()
            put_exception(session, unit, row, closed, actor=world.veli, now=NOW)

    transaction(database, put)
    transaction(database, put)
    assert (unit_of(database, world).version, len(audit(database))) == (2, 1)


def test_a_day_opened_and_booked_is_not_closed_again_unseen(
    database: Database, world: World
) -> None:
    saturday = date(2027, 3, 13)
    hours = DayHours(saturday, saturday, 600, 900)
    row = do(database, add_exception, world.rantakyla, hours, actor=world.veli)
    booking = make_booking(database, world, period=slot(13, 10))
    with pytest.raises(BreaksBookings) as broken:
        do(database, remove_exception, row.id, actor=world.veli)
    assert broken.value.bookings == (the_broken(booking, "closed"),)
    assert do(database, remove_exception, row.id, [booking.id], actor=world.veli) == world.rantakyla
    assert stretches(database, world, saturday) == ()
    assert unit_of(database, world).version == 3
    action, before, after = audit(database)[-1]
    assert (action, before["exception"]["day"], after) == ("remove_exception", "2027-03-13", {})


def test_of_two_stretches_as_long_as_each_other_a_closure_counts(
    database: Database, world: World
) -> None:
    """Only rows of the very same days add up: else a closed day would open under the closure's reason."""
    closed = DayHours(date(2027, 7, 5), date(2027, 7, 9), reason=LocalText("Kiinni"))
    opened = DayHours(date(2027, 7, 7), date(2027, 7, 11), 600, 840)
    for hours in (closed, opened):
        do(database, add_exception, world.rantakyla, hours, actor=world.veli)
    shown = [stretches(database, world, date(2027, 7, day)) for day in (6, 8, 10)]
    assert shown == [(), (), ((600, 840),)]


def test_a_unit_has_a_limit_of_days_with_other_hours(database: Database, world: World) -> None:
    for year in (2028, 2030, 2032, 2034):
        long = DayHours(date(year, 1, 1), date(year + 1, 12, 31))
        do(database, add_exception, world.rantakyla, long, actor=world.veli)
    again = DayHours(date(2036, 1, 1), date(2036, 12, 31))
    with pytest.raises(InvalidValues) as error:
        do(database, add_exception, world.rantakyla, again, actor=world.veli)
    assert [fault.code for fault in error.value.faults] == ["too_many_exceptions"]


def test_a_season_does_not_swallow_another(database: Database, world: World) -> None:
    june, july = (
        (date(2027, 6, 1), date(2027, 6, 30)),
        (date(2027, 7, 1), date(2027, 7, 31)),
    )
    rows = [HoursRow(0, 600, 720)]
    do(database, set_hours, world.rantakyla, 1, rows, june, actor=world.veli)
    do(database, set_hours, world.rantakyla, 2, rows, july, actor=world.veli)
    with pytest.raises(InvalidValues) as error:
        do(database, set_hours, world.rantakyla, 3, rows, july, (), june, actor=world.veli)
    assert [fault.code for fault in error.value.faults] == ["days_have_hours"]
