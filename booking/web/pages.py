"""What every template may use: words, filters, the menu, the reader. Knows Jinja; no rows, no rule."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import jinja2
from flask import Flask, request, url_for

from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.domain.texts import LocalText
from booking.i18n import (
    JINJA_CALLABLES,
    clock,
    clock_range,
    current_locale,
    day_in_words,
    lazy_gettext,
    period_in_words,
    short_day,
)
from booking.i18n import gettext as _
from booking.web import edge, words
from booking.web.images import sources
from booking.web.reader import actor, is_for_machines
from booking.web.slots import ask_href
from booking.web.texts import minute_of_day
from calendars.period import Period

_LANGUAGES = (("fi", "Suomi"), ("sv", "Svenska"), ("en", "English"))
_DEMO_PERSONS = (
    ("anna@demo.example", lazy_gettext("books rooms for an association")),
    ("veli@demo.example", lazy_gettext("approves the bookings of one site")),
    ("kaisa@demo.example", lazy_gettext("coordinator of associations")),
    ("outi@demo.example", lazy_gettext("has an account but no association")),
    ("yllapito@demo.example", lazy_gettext("administrator")),
)


def install(app: Flask) -> None:
    """Set up Jinja: translations, filters, and what `base.html` needs."""
    environment = app.jinja_env
    environment.undefined = jinja2.StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(**JINJA_CALLABLES)  # type: ignore[attr-defined]
    environment.globals["words"] = words
    environment.filters.update(
        day=short_day,
        short_day=short_day,
        day_in_words=day_in_words,
        clock=clock,
        clocks=clock_range,
        when=_when,
        slot_short=_slot_short,
        first_day=lambda row: short_day(local(row.starts_at).date()),
        slot_clocks=lambda row: clock_range(Period(row.starts_at, row.ends_at)),
        period=period_in_words,
        moment=_moment,
        address=_address,
        minute_of_day=minute_of_day,
        ask_href=ask_href,
        sources=sources,
        host=_host,
    )
    app.context_processor(_shared)


def _when(row: Any) -> str:
    """When something with `starts_at` and `ends_at` is, in words."""
    return period_in_words(Period(row.starts_at, row.ends_at))


def _slot_short(row: Any) -> str:
    """The same with a short day, for a line of a list: `ti 9.3.2027 17.00–19.00`."""
    period = Period(row.starts_at, row.ends_at)
    return f"{short_day(local(row.starts_at).date())} {clock_range(period)}"


def _address(street: str, municipality: LocalText) -> str:
    """A street address with its municipality, named once: many addresses end with it already."""
    name = municipality.choose(current_locale())[0]
    return street if name.casefold() in street.casefold() else f"{street}, {name}"


def _host(address: str) -> str:
    """The name of the place that an address leads to."""
    return urlsplit(address).hostname or address


def _moment(instant: Any) -> str:
    """An instant as day and time."""
    return f"{short_day(local(instant).date())} {clock(instant)}"


def _shared() -> dict[str, Any]:
    reading = actor()
    here = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else request.path
    return {
        "locale": current_locale(),
        "languages": _LANGUAGES,
        "here": "/" if is_for_machines(request.path) else here,
        "actor": reading,
        "menu": _menu(reading),
        "is_demo": edge.settings().demo,
        "demo_persons": _DEMO_PERSONS,
        "failed": False,
        "has_left": False,
        "kept": (),
        "reasons": (),
    }


def _menu(reading: Actor) -> list[list[dict[str, Any]]]:
    """The menu, a row of links for everybody and a second one for those who work for the county."""
    links = [("search.show", _("Find a room")), ("rooms.catalogue_list", _("Rooms"))]
    if reading.is_known:
        links.append(("bookings.mine", _("My bookings")))
        if not reading.is_staff:
            links.append(("organisations.show_all", _("My associations")))
    return [_row(row) for row in (links, _work(reading)) if row]


def _work(reading: Actor) -> list[tuple[str, str]]:
    decides = reading.is_admin or bool(reading.approver_units)
    links = []
    if decides or reading.is_coordinator:
        links.append(("staff.requests", _("Requests")))
    if decides:
        links.append(("staff.rooms", _("Rooms of my sites")))
    if reading.is_staff:
        links.append(("organisations.show_all", _("Associations")))
    if decides or reading.is_coordinator:
        links.append(("reports.queue", _("Reports")))
    if reading.is_staff:
        links.append(("demand.show", _("Demand")))
    if reading.is_admin or reading.is_coordinator:
        links.append(("failed_mails.show", _("Undelivered messages")))
    if reading.is_admin:
        links += [("places.show", _("Places")), ("retention.show", _("Retention times"))]
    return links


def _row(links: list[tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {"href": url_for(endpoint), "text": text, "is_here": request.endpoint == endpoint}
        for endpoint, text in links
    ]
