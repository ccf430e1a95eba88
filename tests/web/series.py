"""Series for the tests of their pages: asked for by Anna, past the pages that ask. Knows the site of `conftest`."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from booking.db import reading, transaction
from booking.domain.recurrence import Recurrence, Weekly
from booking.domain.requests import SeriesRequest
from booking.domain.series import Times
from booking.models import Booking, Series
from booking.queries.series import version_of
from booking.services.series import request_series
from booking.services.series_decisions import decide_series
from tests.support.world import NOW, booking_request
from tests.web.conftest import Browser, Site

FIRST = date(2027, 3, 9)  # a Tuesday
DAYS = [FIRST + timedelta(weeks=n) for n in range(4)]
EVENING = Times(time(17), time(19))
_keys = count()


def make_series(site: Site, dates: int = 4, **changes: Any) -> Series:
    """Anna's meetings on Tuesdays 17–19 in half A, from 9.3.2027 on."""
    recurrence = Recurrence(Weekly((1,)), FIRST, count=dates)
    request = SeriesRequest(booking_request(site.world), recurrence, EVENING, **changes)
    return transaction(
        site.database, lambda session: request_series(session, request, site.world.anna, NOW)
    ).series


def dates_of(site: Site, series_id: int) -> list[Booking]:
    query = select(Booking).where(Booking.series_id == series_id).order_by(Booking.series_day)
    with reading(site.database) as session:
        return list(session.scalars(query))


def series_of(site: Site, series_id: int) -> Series:
    with reading(site.database) as session:
        return session.get_one(Series, series_id)


def seen(site: Site, series_id: int = 1) -> str:
    """What a page of the series sends back as the version that was seen."""
    with reading(site.database) as session:
        return str(version_of(session, session.get_one(Series, series_id)))


def approve(site: Site, series: Series) -> Series:
    """Veli approves all of it."""
    actions: Any = {one.id: "approve" for one in dates_of(site, series.id)}
    return transaction(
        site.database,
        lambda session: decide_series(
            session,
            series.id,
            version_of(session, series),
            actions,
            None,
            actor=site.world.veli,
            now=NOW,
        ),
    )


def filled(site: Site, **changes: Any) -> dict[str, Any]:
    """The form of a change of the first series as it is when nobody has touched it, with `changes`."""
    form = {
        "key": f"sarja-{next(_keys)}",
        "version": seen(site),
        "since": FIRST.isoformat(),
        "starts": "17.00",
        "ends": "19.00",
        "room": str(site.world.half_a),
        "repeats": "keep",
        "weekdays": ["1"],
        "until": "30.3.2027",
        "title": "Hallituksen kokous",
        "activity": "meeting",
        "people": "10",
    }
    return {**form, **changes}


def hidden(page: str, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return found[1]


def confirm(browser: Browser, path: str, form: dict[str, Any]) -> Any:
    """See what would change, and confirm it."""
    shown = browser.post(path, form)
    assert shown.status_code == 200, shown.text
    again = {"digest": hidden(shown.text, "digest"), "version": hidden(shown.text, "version")}
    return browser.post(path, {**form, **again})
