"""The page on which people choose how their mails come."""

from __future__ import annotations

import re

import pytest

from booking.db import reading
from booking.i18n import gettext, use_locale
from booking.services.mail_settings import wishes
from tests.web.conftest import Site
from tests.web.room_keeping import fi

PATH = "/account/mails"
OF_ASKERS = {"date_reminder": "none", "slot_free": "none"}
OF_DECIDERS = {
    **OF_ASKERS,
    "to_decide": "daily",
    "changed_request": "at_once",
    "reminder": "at_once",
    "escalated": "at_once",
    "withdrawn": "daily",
}


def asked_about(page: str) -> set[str]:
    return set(re.findall(r'<input[^>]*name="([a-z_]+)"[^>]*type="radio"', page))


def ticked(page: str) -> dict[str, str]:
    """What is chosen on the page, by question."""
    inputs = re.findall(r"<input[^>]*checked[^>]*>", page)
    return {
        re.findall(r'name="([^"]+)"', one)[0]: re.findall(r'value="([^"]+)"', one)[0]
        for one in inputs
    }


def kept(site: Site, who: str) -> dict[str, str]:
    with reading(site.database) as session:
        return wishes(session, site.world.actors[who].person_id or 0)


def test_each_reader_is_asked_about_the_mails_they_may_get(site: Site) -> None:
    pages = {who: site.browser(who).get(PATH).text for who in ("anna", "outi", "veli", "kaisa")}
    assert {who: asked_about(page) for who, page in pages.items()} == {
        "anna": set(OF_ASKERS),
        "outi": set(OF_ASKERS),
        "veli": set(OF_DECIDERS),
        "kaisa": set(OF_DECIDERS),
    }


def test_choices_are_kept_and_shown_again(site: Site) -> None:
    browser = site.browser("veli")
    answer = browser.post(PATH, OF_DECIDERS)
    assert (answer.status_code, answer.location) == (303, PATH)
    assert ticked(browser.get(PATH).text) == OF_DECIDERS
    assert kept(site, "veli") == OF_DECIDERS


def test_what_always_comes_at_once_is_told_and_not_asked(site: Site) -> None:
    page = site.browser("anna").get(PATH).text
    with use_locale("fi"):
        assert f"<li>{gettext('Your booking is approved')}</li>" in page
        assert f"<li>{gettext('A time you wait for is free')}</li>" not in page


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"slot_free": "daily"}, "bad_choice"), ({"date_reminder": "x"}, "bad_choice")],
)
def test_a_choice_that_isnt_offered_is_refused_and_the_others_stay_typed(
    site: Site, changes: dict[str, str], reason: str
) -> None:
    answer = site.browser("anna").post(PATH, {**OF_ASKERS, **changes})
    assert (answer.status_code, fi(reason) in answer.text) == (422, True)
    assert ticked(answer.text) == {k: v for k, v in OF_ASKERS.items() if k not in changes}
    assert set(kept(site, "anna").values()) == {"at_once"}


def test_a_question_left_open_is_refused(site: Site) -> None:
    answer = site.browser("anna").post(PATH, {"slot_free": "none"})
    assert answer.status_code == 422
    with use_locale("fi"):
        assert gettext("Choose how you want these messages.") in answer.text


def test_fields_of_mails_that_cant_be_put_off_are_not_read(site: Site) -> None:
    form = {**OF_ASKERS, "approved": "none", "to_decide": "daily"}
    assert site.browser("anna").post(PATH, form).status_code == 303
    assert kept(site, "anna") == {**kept(site, "outi"), **OF_ASKERS}
