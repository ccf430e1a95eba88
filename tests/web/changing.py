"""A booking approved, looked at, and the forms that move and change it, for the tests of its pages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from booking.db import reading, transaction
from booking.domain.texts import LocalText
from booking.models import Booking, OutboxMessage, Terms
from booking.services.decisions import decide_booking
from tests.support.world import NOW, make_booking
from tests.web.conftest import Browser, Site


def in_english(site: Site, who: str) -> Browser:
    browser = site.browser(who)
    browser.post("/language", {"locale": "en"})
    return browser


def approved(site: Site, **changes: Any) -> Booking:
    booking = make_booking(site.database, site.world, **changes)
    veli = site.world.veli
    return transaction(
        site.database,
        lambda session: decide_booking(
            session, booking.id, "approve", 1, None, actor=veli, now=NOW
        ),
    )


def row(site: Site, booking_id: int) -> Booking:
    with reading(site.database) as session:
        return session.get_one(Booking, booking_id)


def mails(site: Site, kind: str) -> list[OutboxMessage]:
    with reading(site.database) as session:
        return list(session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind)))


def change(site: Site, model: Any, row_id: int, **values: Any) -> None:
    def work(session: Any) -> None:
        row = session.get_one(model, row_id)
        for name, value in values.items():
            setattr(row, name, value)

    transaction(site.database, work)


def move_form(site: Site, version: int = 1, **changes: Any) -> dict[str, Any]:
    form = {"version": str(version), "room": str(site.world.half_a), "day": "11.3.2027"}
    return {**form, "starts": "12", "ends": "14", **changes}


def write_terms(site: Site, unit_id: int, version: int, text: str) -> None:
    terms = Terms(unit_id=unit_id, version=version, text=LocalText(text), created_at=NOW)
    transaction(site.database, lambda session: session.add(terms))


def edit_form(**changes: Any) -> dict[str, Any]:
    form = {"version": "1", "title": "Vuosikokous", "activity": "meeting", "people": "10"}
    contact = {"contact_name": "Maija Uusi", "contact_email": "maija@example.fi"}
    return {**form, **contact, **changes}
