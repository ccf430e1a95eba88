"""The privacy notice names every class and column that the models mark, with the times in force now."""

from __future__ import annotations

import dataclasses
import html

import pytest

from booking.domain.retention import RULES
from booking.i18n import LOCALES, use_locale
from booking.models import Base
from booking.services.retention import set_kept_days
from booking.web import edge
from booking.web.privacy import end_in_words, length_in_words
from booking.web.privacy_words import CLASSES, COLUMNS, ENDED_OTHERWISE, ENDS, RULE_TITLES
from tests.support.acts import do
from tests.web.conftest import Site

USUAL = {rule.key: rule.days for rule in RULES}
PERSONAL = {
    f"{table.name}.{column.name}": column.info["personal"]
    for table in Base.metadata.tables.values()
    for column in table.columns
    if "personal" in column.info
}


def test_every_personal_column_of_the_models_has_words() -> None:
    assert set(COLUMNS) == set(PERSONAL)
    assert set(CLASSES) == set(PERSONAL.values())


def test_every_personal_column_has_an_end_to_its_keeping() -> None:
    by_rule = {column for rule in RULES for column in rule.columns}
    assert by_rule | set(ENDED_OTHERWISE) == set(PERSONAL)
    assert set(ENDED_OTHERWISE.values()) | {rule.key for rule in RULES} == set(ENDS)
    assert set(RULE_TITLES) == set(USUAL)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_end_can_be_said(locale: str) -> None:
    with use_locale(locale):
        said = [end_in_words(key, USUAL) for key in ENDS]
    assert all("%" not in text and text for text in said)


def test_lengths_are_said_in_years_where_they_are_whole_ones() -> None:
    with use_locale("en"):
        said = [length_in_words(days) for days in (1, 30, 365, 400, 730, 1826, 3650)]
    assert said == ["1 day", "30 days", "1 year", "400 days", "2 years", "5 years", "10 years"]


def page(site: Site, locale: str = "en") -> str:
    answer = site.nobody().get("/tietosuoja", headers={"Accept-Language": locale})
    assert answer.status_code == 200
    return html.unescape(answer.text)


def test_the_page_tells_everything_to_everybody(site: Site) -> None:
    text = page(site)
    with use_locale("en"):
        for one in CLASSES.values():
            assert str(one.title) in text
            assert str(one.ground) in text
        for column in COLUMNS.values():
            assert str(column) in text
        for key in ENDS:
            assert end_in_words(key, USUAL) in text


def test_the_page_tells_the_times_the_county_has_chosen(site: Site) -> None:
    sentence = "Access needs are deleted {} days after the date of the booking."
    with use_locale("en"):
        assert end_in_words("needs", USUAL) in page(site)
    do(site.database, set_kept_days, {**USUAL, "needs": 7}, actor=site.world.yllapito)
    with use_locale("en"):
        chosen = end_in_words("needs", {**USUAL, "needs": 7})
    assert chosen in page(site)
    assert sentence.format(30) not in page(site)


def test_the_page_names_the_address_for_questions_if_there_is_one(site: Site) -> None:
    assert "mailto:" not in page(site)
    here = site.app.extensions["yhteistila"]
    settings = dataclasses.replace(here.settings, privacy_email="tietosuoja@county.example")
    edge.install(site.app, dataclasses.replace(here, settings=settings))
    assert 'href="mailto:tietosuoja@county.example"' in page(site)


def test_the_page_names_the_supervisor(site: Site) -> None:
    assert 'href="https://tietosuoja.fi"' in page(site)
