"""Deciding on a series in pages: one row of the queue, all dates at once or each by itself, and taking it back."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.db import transaction
from booking.domain.deciding import WITH_COORDINATOR
from booking.domain.requests import BookingEdit
from booking.domain.texts import LocalText
from booking.models import Booking, OpeningException, Organisation, OutboxMessage
from booking.services.bookings import edit_booking
from tests.support.acts import all_rows, do
from tests.support.world import NOW, make_booking, slot
from tests.web.conftest import Browser, Site, Statements, set_clock
from tests.web.deciding import in_english, words
from tests.web.series import DAYS, dates_of, make_series, seen

_keys = count()


def decide(browser: Browser, series_id: int, decision: str, **fields: Any) -> TestResponse:
    """Decide on four dates of which nobody has changed any; `version` says otherwise."""
    key = f"sarjapaatos-{next(_keys)}"
    form = {"version": "5", "decision": decision, "key": key, **fields}
    return browser.post(f"/series/{series_id}/decide", form)


def states(site: Site, series_id: int) -> list[tuple[str, str | None, str | None]]:
    return [(one.state, one.reason, one.condition) for one in dates_of(site, series_id)]


def close(site: Site, number: int) -> None:
    """Close the site on one of the days."""

    def work(session: Session) -> None:
        day, because = DAYS[number], LocalText("Lattian vahaus")
        session.add(OpeningException(unit_id=site.world.rantakyla, day=day, reason=because))

    transaction(site.database, work)


def test_the_queue_shows_a_series_as_one_row(site: Site) -> None:
    series = make_series(site)
    make_booking(site.database, site.world, period=slot(11, 10), title="Erillinen")
    page = in_english(site, "veli").get("/staff").text
    assert page.count('class="main-link"') == 2
    assert "Series, 4 dates Tue 9 Mar 2027 17:00–19:00 – Tue 30 Mar 2027 17:00–19:00" in words(page)
    assert f'href="/series/{series.id}/decide"' in page


def test_the_queue_costs_the_same_for_a_long_series(site: Site, statements: Statements) -> None:
    make_series(site, 2)
    veli = site.browser("veli")
    veli.get("/staff")
    statements.clear()
    veli.get("/staff")
    few = len(statements)
    make_series(site, 20, skips=True)
    statements.clear()
    veli.get("/staff")
    assert len(statements) == few


def test_the_queue_says_how_many_dates_cannot_be_approved(site: Site) -> None:
    make_series(site)
    close(site, 2)
    page = in_english(site, "veli").get("/staff").text
    assert "This concerns 1 of 4 dates." in words(page)


def test_all_dates_are_approved_at_once_and_the_mail_waits(site: Site) -> None:
    series = make_series(site)
    done = decide(site.browser("veli"), series.id, "approve", message="Tervetuloa")
    assert (done.status_code, done.location) == (303, f"/series/{series.id}")
    assert states(site, series.id) == [("approved", "Tervetuloa", None)] * 4
    [mail] = all_rows(
        site.database, select(OutboxMessage).where(OutboxMessage.kind == "series_decided")
    )
    assert mail.next_try_at == NOW + timedelta(minutes=3)


def test_all_dates_are_approved_on_a_condition(site: Site) -> None:
    series = make_series(site)
    decide(site.browser("veli"), series.id, "conditional", condition="Tuolit riviin")
    assert states(site, series.id) == [("approved", None, "Tuolit riviin")] * 4


def test_all_dates_are_rejected_with_a_reason_only(site: Site) -> None:
    series = make_series(site)
    veli = in_english(site, "veli")
    refused = decide(veli, series.id, "reject")
    assert refused.status_code == 422
    assert "Write a reason. The requester will read it." in words(refused.text)
    assert decide(veli, series.id, "reject", reason="Remontti").status_code == 303
    assert states(site, series.id) == [("rejected", "Remontti", None)] * 4


def test_dates_are_decided_one_by_one(site: Site) -> None:
    series = make_series(site)
    ids = [one.id for one in dates_of(site, series.id)]
    chosen = {f"date-{ids[1]}": "reject", f"date-{ids[2]}": "leave"}
    decide(site.browser("veli"), series.id, "each", reason="Remontti", **chosen)
    assert states(site, series.id) == [
        ("approved", None, None),
        ("rejected", "Remontti", None),
        ("requested", None, None),
        ("approved", None, None),
    ]


def test_leaving_all_dates_undecided_is_no_decision(site: Site) -> None:
    series = make_series(site)
    chosen = {f"date-{one.id}": "leave" for one in dates_of(site, series.id)}
    refused = decide(in_english(site, "veli"), series.id, "each", **chosen)
    assert refused.status_code == 422
    assert "Choose for at least one date what you decide." in words(refused.text)


def test_what_was_chosen_by_date_is_kept_when_the_form_comes_back(site: Site) -> None:
    series = make_series(site)
    second = dates_of(site, series.id)[1].id
    refused = decide(site.browser("veli"), series.id, "each", **{f"date-{second}": "reject"})
    assert refused.status_code == 422
    assert f'id="date-{second}-reject" name="date-{second}" value="reject" checked' in refused.text


def test_a_date_that_cannot_be_approved_is_shown_with_why_and_set_aside(site: Site) -> None:
    series = make_series(site)
    close(site, 2)
    third = dates_of(site, series.id)[2].id
    page = in_english(site, "veli").get(f"/series/{series.id}/decide").text
    assert "1 of them cannot be approved as it is." in words(page)
    assert "Lattian vahaus" in words(page)
    assert f'id="date-{third}-leave" name="date-{third}" value="leave" checked' in page


def test_approving_all_decides_nothing_if_one_date_cannot_be_approved(site: Site) -> None:
    series = make_series(site)
    close(site, 2)
    refused = decide(in_english(site, "veli"), series.id, "approve")
    assert refused.status_code == 422
    assert "Tue 23 Mar 2027: The room is closed" in words(refused.text)
    assert {state for state, *_rest in states(site, series.id)} == {"requested"}
    done = decide(site.browser("veli"), series.id, "each")
    assert done.status_code == 303
    assert [state for state, *_rest in states(site, series.id)] == [
        "approved",
        "approved",
        "requested",
        "approved",
    ]


def test_a_clash_is_shown_beside_its_date(site: Site) -> None:
    series = make_series(site)
    make_booking(site.database, site.world, period=slot(16, 15), title="Kuoron harjoitus")
    said = words(in_english(site, "veli").get(f"/series/{series.id}/decide").text)
    assert "Another booking ends right before, at 17:00." in said
    assert "Also in the room on this day: 15:00–17:00 Kuoron harjoitus, Virta ry" in said


def test_a_decision_is_taken_back_within_minutes(site: Site) -> None:
    series = make_series(site)
    veli = in_english(site, "veli")
    decide(veli, series.id, "approve")
    assert "Undo the decision" in words(veli.get(f"/series/{series.id}").text)
    done = veli.post(f"/series/{series.id}/undo", {"version": seen(site, series.id)})
    assert (done.status_code, done.location) == (303, f"/series/{series.id}/decide")
    assert {state for state, *_rest in states(site, series.id)} == {"requested"}
    [mail] = all_rows(
        site.database, select(OutboxMessage).where(OutboxMessage.kind == "series_decided")
    )
    assert mail.state == "withdrawn"


def test_a_decision_cannot_be_taken_back_later_nor_by_another(site: Site) -> None:
    series = make_series(site)
    decide(site.browser("veli"), series.id, "approve")
    admin = in_english(site, "yllapito")
    assert "Undo the decision" not in words(admin.get(f"/series/{series.id}").text)
    set_clock(site.app, NOW + timedelta(minutes=4))
    veli = in_english(site, "veli")
    assert "Undo the decision" not in words(veli.get(f"/series/{series.id}").text)
    refused = veli.post(f"/series/{series.id}/undo", {"version": seen(site, series.id)})
    assert (refused.status_code, refused.location) == (303, f"/series/{series.id}")
    assert "It is too late to take the decision back" in words(
        veli.get(f"/series/{series.id}").text
    )
    assert {state for state, *_rest in states(site, series.id)} == {"approved"}


@pytest.mark.parametrize("who", ["anna", "kaisa", "viivi"])
def test_who_does_not_decide_here_is_refused(site: Site, who: str) -> None:
    series = make_series(site)
    browser = site.browser(who)
    assert browser.get(f"/series/{series.id}/decide").status_code == 403
    assert decide(browser, series.id, "approve").status_code == 403
    assert {state for state, *_rest in states(site, series.id)} == {"requested"}


def test_the_coordinator_decides_what_was_passed_on(site: Site) -> None:
    series = make_series(site)

    def escalate(session: Session) -> None:
        for booking in session.scalars(select(Booking)):
            booking.escalation = WITH_COORDINATOR

    transaction(site.database, escalate)
    assert decide(site.browser("kaisa"), series.id, "approve").status_code == 303


def test_a_decision_on_what_has_changed_meanwhile_is_shown_anew(site: Site) -> None:
    series = make_series(site)
    ids = [one.id for one in dates_of(site, series.id)]
    first = decide(site.browser("yllapito"), series.id, "each", **{f"date-{ids[0]}": "leave"})
    assert first.status_code == 303
    assert decide(site.browser("veli"), series.id, "approve").status_code == 409
    assert states(site, series.id)[0] == ("requested", None, None)


def test_a_decided_series_leads_to_its_page(site: Site) -> None:
    series = make_series(site)
    veli = site.browser("veli")
    decide(veli, series.id, "approve")
    page = veli.get(f"/series/{series.id}/decide")
    assert (page.status_code, page.location) == (303, f"/series/{series.id}")
    assert decide(veli, series.id, "approve").location == f"/series/{series.id}"


def test_an_unverified_association_can_be_verified_with_the_decision(site: Site) -> None:
    series = make_series(site)

    def doubt(session: Session) -> None:
        session.get_one(Organisation, site.world.virta).verified_at = None

    transaction(site.database, doubt)
    decide(site.browser("veli"), series.id, "approve", verify="y")
    [organisation] = all_rows(
        site.database, select(Organisation).where(Organisation.id == site.world.virta)
    )
    assert organisation.verified_at == NOW


def test_a_date_that_asks_for_something_else_than_the_first_says_so(site: Site) -> None:
    series = make_series(site)
    dates = dates_of(site, series.id)
    edits = [
        (dates[1], BookingEdit(people=25, activity="event")),
        (dates[2], BookingEdit(needs="Viittomakielen tulkki", contact_email="uusi@demo.example")),
    ]
    for date, edit in edits:
        do(site.database, edit_booking, date.id, date.version, edit, actor=site.world.anna)
    page = in_english(site, "veli").get(f"/series/{series.id}/decide").text
    said = re.findall(r'<p class="otherwise">(.*?)</p>', page, re.DOTALL)
    assert [" ".join(re.sub("<[^>]+>", "", one).split()) for one in said] == [
        "Otherwise than above: event, 25 people See this date: Tue 16 Mar 2027 17:00–19:00",
        "Otherwise than above: access needs, contact See this date: Tue 23 Mar 2027 17:00–19:00",
    ]
    # What its people need is read on the date's own page, where the look is written down.
    assert "Viittomakielen tulkki" not in page
