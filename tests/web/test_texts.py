"""Every code a refusal may bear has its text, in the one table, and every text its words for what fills it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from booking.domain.bookings import REFUSALS, STATES
from booking.domain.demand import HYBRID, OF_SEARCHES
from booking.domain.rooms import ACTIVITIES, EQUIPMENT, FEATURES, LAYOUTS, QUOTA_PERIODS
from booking.domain.texts import LocalText
from booking.errors import (
    BookingError,
    BreaksBookings,
    Conflict,
    DatabaseBusy,
    InvalidValues,
    KeyReused,
    NotFound,
    PolicyRefusal,
    Refusal,
    RoomTaken,
    Stale,
    TooMany,
    WrongState,
)
from booking.i18n import LOCALES, use_locale
from booking.web import words
from booking.web.errors import STATUSES, status_of
from booking.web.texts import TEXTS, text_of, text_of_error
from tests.support.world import slot

ROOT = Path(__file__).parents[2]
RAISES = {"InvalidInput", "Forbidden", "TooMany", "Refusal", "SignInRequired", "WrongState"}
# Where the code of a refusal is handed on, and not written where it is raised.
HANDED_ON = {"bad_url", "bad_email", "bad_phone", "finnish_first", "name_required"}
# Said by `yhteistila person` and `yhteistila token` only, in the terminal's English.
OF_THE_COMMAND_LINE = {
    "bad_password",
    "bad_role",
    "bad_scope",
    "email_taken",
    "guessable_password",
}
PARAMS = {
    "activity": "event",
    "allowed": ["meeting", "group"],
    "day": date(2027, 3, 10),
    "open": ((480, 720), (780, 1200)),
    "because": LocalText("Talvirieha", "Vinterfest", "Winter fair"),
    "until": date(2027, 5, 31),
    "latest_minute": 1260,
    "elsewhere": "https://tilat.example/",
    "buffer_minutes": 30,
    "taken_from": slot(10, 10).start,
    "taken_until": slot(10, 10).end,
    "per": "month",
    "limit_minutes": 1440,
    "used_minutes": 1350,
    "megabytes": 20,
    "megapixels": 50,
    "most": 12,
    "notice_minutes": 1440,
    "horizon_days": 400,
    "step_minutes": 15,
    "min_minutes": 30,
    "max_minutes": 720,
    "capacity": 30,
    "limit": 200,
    "count": 3,
    "organisations": "Virta ry",
    "lowest": 1,
    "feature": "Hissi",
    "highest": 1000,
    "steps": (5, 10, 15),
    "when": "nyt",
    "state": "approved",
    "shortest": 12,
    "retry_after": "1 minuutti",
}


def codes() -> set[str]:
    """Every code written out where an error is raised, in domain, queries and services."""
    found = set()
    for floor in ("domain", "queries", "services", "web"):
        for path in sorted((ROOT / "booking" / floor).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in RAISES:
                    named = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "code")]
                    found |= {
                        n.value
                        for n in named
                        if isinstance(n, ast.Constant) and isinstance(n.value, str)
                    }
    return found


def test_every_code_has_its_text() -> None:
    own = {e.code for e in (NotFound("x"), Stale(1), KeyReused(), DatabaseBusy(), RoomTaken(()))}
    own |= {BreaksBookings([]).code, "missing_hour"}
    wanted = (codes() | own | HANDED_ON | {"wrong_state"} | set(REFUSALS)) - OF_THE_COMMAND_LINE
    assert wanted - set(TEXTS) == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_can_be_filled_and_says_what_to_do_next(locale: str) -> None:
    with use_locale(locale):
        for code in TEXTS:
            text = text_of(code, **PARAMS)
            assert "%" not in text, code
            # A sentence for what is wrong, and one for what to do.
            assert re.match(r".+[.?!]$", text), code


def test_codes_have_words_in_every_language() -> None:
    for locale in LOCALES:
        with use_locale(locale):
            assert all(words.state(code) for code in STATES)
            assert all(words.activity(code) for code in ACTIVITIES)
            assert all(words.feature(code) != code for code in FEATURES)
            assert [words.feature_value(code) for code in ("yes", "no", "unknown")]
            assert all(words.need(code) != code for code in (*FEATURES, HYBRID))
            assert all(words.equipment(code) != code for code in EQUIPMENT)
            assert all(words.layout(code) != code for code in LAYOUTS)
            assert all(words.quota_period(code) for code in QUOTA_PERIODS)
            why = {*REFUSALS, *OF_SEARCHES, "room_taken", "missing_hour", "rejected"}
            assert {code for code in why if words.reason(code) == code} == set()


def test_every_kind_of_refusal_has_its_status() -> None:
    ours = {kind for kind in BookingError.__subclasses__() if kind.__module__ == "booking.errors"}
    assert set(STATUSES) == ours
    assert status_of(Stale(2)) == 409


ENGLISH = pytest.mark.usefixtures("english")


@pytest.fixture
def english() -> Iterator[None]:
    with use_locale("en"):
        yield


def test_a_closed_room_is_told_with_its_hours_or_without() -> None:
    usual = {**PARAMS, "because": None}
    assert text_of("closed", **usual) == (
        "Tila on tähän aikaan suljettu. Aukiolo, keskiviikko 10. maaliskuuta 2027: 8.00–12.00, 13.00–20.00. "
        "Valitse aika aukioloajalta."
    )
    assert "suljettu koko päivän" in text_of("closed", **{**usual, "open": ()})


@ENGLISH
@pytest.mark.parametrize(
    ("code", "changes", "expected"),
    [
        (
            "closed",
            {"open": (), "because": LocalText("Pitkäperjantai.", None, "Good Friday.")},
            "The room is closed on Wednesday 10 March 2027: Good Friday. Choose another day.",
        ),
        (
            "closed",
            {},
            "The room is closed at this time. On Wednesday 10 March 2027 it has other hours than usual: "
            "8:00–12:00, 13:00–20:00. Reason: Winter fair. Choose a time within these hours.",
        ),
        (
            "not_available_then",
            {"latest_minute": None},
            "The room can be had until Monday 31 May 2027 only. Choose an earlier day or another room.",
        ),
        (
            "not_available_then",
            {"until": None},
            "The room must be empty by 21:00 the same day. Choose an earlier end.",
        ),
        (
            "not_published",
            {},
            "This room is not booked here but at https://tilat.example/. Book it there, or choose another room.",
        ),
        (
            "not_published",
            {"elsewhere": None},
            "This room cannot be booked here at the moment. Choose another room.",
        ),
        (
            "activity_not_allowed",
            {},
            "This room is not lent for this activity, only for: meeting, group. Reason: Winter fair. "
            "Choose another activity or another room.",
        ),
        (
            "activity_not_allowed",
            {"because": None},
            "This room is not lent for this activity, only for: meeting, group. Choose another activity or another room.",
        ),
        (
            "activity_not_allowed",
            {"allowed": [], "because": None},
            "This room is not lent for anything yet. Choose another room.",
        ),
        (
            "quota_exceeded",
            {},
            "An association may hold the rooms of this site for at most 24 hours in a month. "
            "Yours already holds 22 hours 30 minutes then. Choose another time, or cancel a booking you do not need.",
        ),
        (
            "buffer",
            {},
            "There must be 30 minutes between bookings, and the room is booked Wednesday 10 March 2027, 10:00–12:00. "
            "Choose a time further from it.",
        ),
        ("bad_step", {}, "Choose how often a booking may begin: every 5, 10, 15 minutes."),
    ],
)
def test_a_refusal_is_told_with_what_it_knows(
    code: str, changes: dict[str, Any], expected: str
) -> None:
    known = {name: value for name, value in {**PARAMS, **changes}.items() if value is not None}
    assert text_of(code, **known) == expected


@pytest.mark.parametrize(
    ("locale", "reason"), [("fi", "Talvirieha"), ("sv", "Vinterfest"), ("en", "Winter fair")]
)
def test_a_reason_is_told_in_the_readers_language(locale: str, reason: str) -> None:
    with use_locale(locale):
        assert reason in text_of("closed", **PARAMS)
        assert reason in text_of("activity_not_allowed", **PARAMS)


@ENGLISH
def test_an_error_of_many_reasons_is_told_by_its_first() -> None:
    refusals = [Refusal("too_short", "ends_at", {"min_minutes": 60}), Refusal("closed", "x")]
    shortest = "The room is lent for at least 1 hour at a time. Choose a later end."
    assert text_of_error(PolicyRefusal(refusals)) == shortest
    assert text_of_error(InvalidValues(refusals)) == shortest
    assert text_of_error(BreaksBookings([])) == (
        "This would break bookings to come. Look at them first."
    )


def test_taken_time_is_told_with_its_times() -> None:
    period = slot(10, 10)
    error = RoomTaken([Conflict("booking", period.start, period.end)])
    assert "keskiviikko 10. maaliskuuta 2027 klo 10.00–12.00" in text_of_error(error)
    assert "tähän aikaan" in text_of_error(RoomTaken(()))


def test_a_wait_is_told_in_whole_minutes() -> None:
    assert "2 minuuttia" in text_of_error(TooMany("too_many_guesses", retry_after_seconds=61))


def test_a_state_is_told_in_its_word() -> None:
    assert "peruttu" in text_of_error(WrongState("cancelled", "approve"))


def test_lengths_are_told_in_their_largest_unit() -> None:
    assert [
        words.duration(n)
        for n in (15, 60, 90, 720, 1440, int(timedelta(days=400) / timedelta(minutes=1)))
    ] == [
        "15 minuuttia",
        "1 tunti",
        "90 minuuttia",
        "12 tuntia",
        "1 vuorokausi",
        "400 vuorokautta",
    ]
