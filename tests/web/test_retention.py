"""The page of an administrator on how long things are kept: set within bounds, counted before, shown to nobody else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.domain.retention import RULES
from booking.models import AuditEntry, Booking, CountySetting
from booking.services.retention import purge_nightly
from tests.support.acts import all_rows
from tests.support.world import make_booking
from tests.web.conftest import Site, set_clock

PAGE = "/admin/retention"
USUAL = {rule.key: str(rule.days) for rule in RULES}


def settings(site: Site) -> dict[str, int]:
    return {row.key: row.value for row in all_rows(site.database, select(CountySetting))}


def test_lengths_are_saved_and_shown(site: Site) -> None:
    admin = site.browser("yllapito")
    answer = admin.post(PAGE, {**USUAL, "needs": "7"})
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert settings(site) == {"needs_days": 7}
    assert re.search(r'id="needs"[^>]*value="7"', admin.get(PAGE).text)
    [entry] = all_rows(site.database, select(AuditEntry))
    assert (entry.action, entry.before, entry.after) == (
        "set_retention",
        {"needs": 30},
        {"needs": 7},
    )


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("needs", "31"),
        ("needs", "0"),
        ("needs", ""),
        ("mails", "-1"),
        ("audit", "ikuisesti"),
        ("audit", "1e9"),
        ("idle_persons", "3000"),
        ("reports", "9" * 300),
        ("waiting", "٣٠"),
    ],
)
def test_what_is_out_of_bounds_is_refused_and_kept_in_the_form(
    site: Site, field: str, typed: str
) -> None:
    answer = site.browser("yllapito").post(PAGE, {**USUAL, "mails": "60", field: typed})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert field == "mails" or re.search(r'id="mails"[^>]*value="60"', answer.text)
    assert settings(site) == {}


def test_what_would_go_is_counted_before_it_is_saved(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    set_clock(site.app, booking.ends_at + timedelta(days=10))
    admin = site.browser("yllapito", booking.ends_at + timedelta(days=10))
    strong = r"<strong>[^<]*\b1\b[^<]*</strong>"
    assert not re.search(strong, admin.get(PAGE).text)
    answer = admin.post(PAGE, {**USUAL, "needs": "7", "act": "count"})
    assert answer.status_code == 200
    assert re.search(strong, answer.text)
    assert settings(site) == {}
    [row] = all_rows(site.database, select(Booking))
    assert row.needs is not None


def test_it_says_when_it_last_ran(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    now = booking.ends_at + timedelta(days=40)
    purge_nightly(site.database, now)
    set_clock(site.app, now)
    page = site.browser("yllapito", now).get(PAGE).text
    assert "2027" in page
    assert len(re.findall(r'class="soft"', page)) == 1


def test_nobody_but_an_administrator_sees_or_sets_it(site: Site) -> None:
    for who in ("outi", "anna", "veli", "kaisa", "viivi"):
        browser = site.browser(who)
        assert browser.get(PAGE).status_code == 403
        assert browser.post(PAGE, {**USUAL, "needs": "7"}).status_code == 403
    assert settings(site) == {}
