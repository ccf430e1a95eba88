"""What Anna fills in to ask for a series, what the preview shows, what came of it. Knows the pages; nothing of their rules."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.db import reading, transaction
from booking.models import (
    Booking,
    Person,
)
from tests.web.asking import form as booking_form
from tests.web.conftest import Browser, Site

FIRST = date(2027, 3, 10)  # a Wednesday


def speak_english(site: Site) -> None:
    """Everybody reads English: the msgids are, so the tests do not hang on translations."""

    def speak(session: Session) -> None:
        for person in session.scalars(select(Person)):
            person.locale = "en"

    transaction(site.database, speak)


def form(site: Site, **changes: Any) -> dict[str, Any]:
    """What Anna fills in for four Wednesdays 10–12 in half A."""
    return booking_form(site, **{"repeats": "week", "times": "4", **changes})


def preview(site: Site, who: str = "anna", **changes: Any) -> TestResponse:
    return site.browser(who).post("/series/preview", form(site, **changes))


def refused(page: str) -> list[tuple[str, str]]:
    """The dates that are not free, with what is said of them, in order."""
    return re.findall(
        r'<(?:legend|h3)><span class="nowrap">([^<]+)</span>.*?</span><span>([^<]+)</span>', page
    )


def free(page: str) -> list[str]:
    return re.findall(r'<li><span class="nowrap">([^<]+)</span> <span class="look free">', page)


def choices(page: str, day: date) -> list[tuple[str, str, bool]]:
    """What may become of a date: value, label, whether it is chosen."""
    found = re.findall(
        rf'name="on-{day}" value="([^"]+)"( checked)?>\s*<label [^>]+>([^<]+)</label>', page
    )
    return [(value, unescape(label), bool(checked)) for value, checked, label in found]


def counted(page: str) -> str:
    found = re.search(r'<p class="look [a-z]+">.*?<strong>([^<]+)</strong>', page, re.DOTALL)
    assert found
    return found[1]


def days(site: Site) -> list[date | None]:
    with reading(site.database) as session:
        rows = session.scalars(select(Booking).where(Booking.series_id.is_not(None)))
        return sorted(row.series_day for row in rows)  # type: ignore[type-var]


def weeks(*numbers: int) -> list[date]:
    return [FIRST + timedelta(weeks=n) for n in numbers]


def send(browser: Browser, page: str, **changes: str) -> TestResponse:
    """Press the first button of a preview, with what it carries, and `changes`."""
    fields: dict[str, Any] = {}
    body = page.split("<h1>", 1)[1]
    for tag in re.findall(r"<input [^>]+>", body):
        given = dict(re.findall(r'(name|value|type)="([^"]*)"', tag))
        if given["type"] in ("radio", "checkbox") and " checked" not in tag:
            continue
        if given["name"] != "csrf_token":
            fields.setdefault(given["name"], []).append(unescape(given["value"]))
    return browser.post("/series", {**fields, **changes})
