"""Which language of a text a reader gets, and that a fallback says so."""

from __future__ import annotations

import pytest

from booking.domain.texts import LocalText


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        (LocalText("Sali", "Sal", "Hall"), "fi", ("Sali", "fi")),
        (LocalText("Sali", "Sal", "Hall"), "sv", ("Sal", "sv")),
        (LocalText("Sali", "Sal", "Hall"), "en", ("Hall", "en")),
        (LocalText("Sali", en="Hall"), "sv", ("Sali", "fi")),
        (LocalText("Sali", "Sal"), "en", ("Sali", "fi")),
        (LocalText("Sali", "Sal", "Hall"), "de", ("Sali", "fi")),
        (LocalText("Sali", sv="", en=" \n"), "en", ("Sali", "fi")),
    ],
)
def test_choose_gives_the_text_and_its_language(
    text: LocalText, locale: str, expected: tuple[str, str]
) -> None:
    assert text.choose(locale) == expected


def test_blank_language_equals_a_missing_one() -> None:
    assert LocalText("Sali", sv=" ", en="") == LocalText("Sali")
