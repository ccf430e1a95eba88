"""The demo's mails as their readers get them: a document of its own, plain text, and the calendar."""

from __future__ import annotations

from pathlib import Path

import pytest

from booking.db import Database
from tests.support.mails import mails
from tests.support.world import make_booking
from tests.web.conftest import Site, make_site


def test_a_mail_is_shown_in_a_frame_as_text_and_with_its_calendar(site: Site) -> None:
    make_booking(site.database, site.world, title="<b>Kokous</b>")
    page = site.nobody().get("/demo/mails/1").text
    assert '<iframe class="letter" src="/demo/mails/1/html"' in page
    assert 'sandbox="allow-top-navigation-by-user-activation"' in page
    assert 'href="/demo/mails/1/varaus.ics"' in page
    assert "&lt;b&gt;Kokous&lt;/b&gt;" in page
    assert "<b>Kokous</b>" not in page


def test_the_mail_itself_may_be_styled_and_nothing_else(site: Site) -> None:
    make_booking(site.database, site.world, title="<script>alert(1)</script>")
    answer = site.nobody().get("/demo/mails/1/html")
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'"
    )
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert '<head><base target="_top">' in answer.text
    assert "<script" not in answer.text


def test_the_calendar_is_a_file_to_open(site: Site) -> None:
    make_booking(site.database, site.world)
    answer = site.nobody().get("/demo/mails/1/varaus.ics")
    assert answer.headers["Content-Type"] == "text/calendar; method=PUBLISH; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="varaus.ics"'
    assert answer.text == mails(site.database)[0].calendar


@pytest.mark.parametrize("path", ["/demo/mails/2/varaus.ics", "/demo/mails/99/html"])
def test_what_a_mail_does_not_have_isnt_there(site: Site, path: str) -> None:
    make_booking(site.database, site.world)  # its second mail, to Veli, has no calendar
    assert site.nobody().get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/demo/mails", "/demo/mails/1", "/demo/mails/1/html", "/demo/mails/1/varaus.ics"]
)
def test_outside_of_the_demo_nothing_of_this_is_there(
    database: Database, tmp_path: Path, path: str
) -> None:
    site = make_site(database, tmp_path, demo=False)
    make_booking(site.database, site.world)
    assert site.browser("yllapito").get(path).status_code == 404
