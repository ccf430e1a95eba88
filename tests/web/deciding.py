"""Short ways to send decisions and to read their pages, in English. Knows the site of `conftest`; asserts nothing of pages."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from booking.db import reading
from booking.models import Booking, OutboxMessage
from tests.web.conftest import Browser, Site

_keys = count()


def in_english(site: Site, who: str, **options: Any) -> Browser:
    browser = site.browser(who, **options)
    browser.post("/language", {"locale": "en"})
    return browser


def decide(browser: Browser, booking_id: int, decision: str, **fields: Any) -> TestResponse:
    """Send the form of a decision; the version that was seen is the first."""
    form = {"version": "1", "decision": decision, "key": f"paatos-{next(_keys)}", **fields}
    return browser.post(f"/bookings/{booking_id}/decide", form)


def booking_of(site: Site, booking_id: int) -> Booking:
    with reading(site.database) as session:
        row = session.get_one(Booking, booking_id)
        assert row.organisation is not None  # read while the session lasts
        return row


def mail_of(site: Site, kind: str) -> OutboxMessage:
    """The latest mail of a kind."""
    with reading(site.database) as session:
        query = select(OutboxMessage).where(OutboxMessage.kind == kind)
        found = session.scalars(query.order_by(OutboxMessage.id.desc())).first()
    assert found is not None
    return found


def words(page: str) -> str:
    """What a page says, without its tags, in single blanks."""
    main = page[page.index('<main id="main"') : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())
