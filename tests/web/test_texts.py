"""Every code a refusal may bear has its text, in the one table, and every text its words for what fills it."""

from __future__ import annotations

import ast
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from booking.domain.bookings import REFUSALS, STATES
from booking.domain.rooms import ACTIVITIES, FEATURES
from booking.errors import (
    BookingError,
    Conflict,
    DatabaseBusy,
    KeyReused,
    NotFound,
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
# Said by `yhteistila person` and `yhteistila token` only, in the terminal's English.
OF_THE_COMMAND_LINE = {
    "bad_email",
    "bad_password",
    "bad_role",
    "bad_scope",
    "email_taken",
    "guessable_password",
}
PARAMS = {
    "allowed": ["meeting", "group"],
    "day": date(2027, 3, 10),
    "open": ((480, 720), (780, 1200)),
    "because": None,
    "notice_minutes": 1440,
    "horizon_days": 400,
    "step_minutes": 15,
    "min_minutes": 30,
    "max_minutes": 720,
    "capacity": 30,
    "limit": 200,
    "when": "nyt",
    "state": "approved",
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
    wanted = (codes() | own | {"wrong_state"} | set(REFUSALS)) - OF_THE_COMMAND_LINE
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


def test_every_kind_of_refusal_has_its_status() -> None:
    ours = {kind for kind in BookingError.__subclasses__() if kind.__module__ == "booking.errors"}
    assert set(STATUSES) == ours
    assert status_of(Stale(2)) == 409


def test_a_closed_room_is_told_with_its_hours_or_without() -> None:
    assert text_of("closed", **PARAMS) == (
        "Tila on tähän aikaan suljettu. Aukiolo, keskiviikko 10. maaliskuuta 2027: 8.00–12.00, 13.00–20.00. "
        "Valitse aika aukioloajalta."
    )
    assert "suljettu koko päivän" in text_of("closed", **{**PARAMS, "open": ()})


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
