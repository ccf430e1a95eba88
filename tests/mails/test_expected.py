"""Every kind of mail, whole and in each language, is the file that is kept of it; its calendar is what RFC 5546 and 6047 ask."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import icalendar
import pytest
from sqlalchemy import select

import booking
from booking.db import Database, reading
from booking.i18n import LOCALES
from booking.models import Booking, OutboxMessage
from booking.queries.feeds import installation
from booking.services import series_mails
from booking.services.bookings import cancel_booking, move_booking
from booking.services.decisions import decide_booking
from booking.services.mails import AskerKind, DeciderKind
from booking.web.mail_words import KINDS
from tests.mails.scenes import SCENES, kind_of, mail_of, speak
from tests.mails.whole import EXPECTED, as_sent, expected_file, whole
from tests.support.acts import all_rows, do
from tests.support.world import World, make_booking, make_world, slot

ASKER_KINDS = get_args(AskerKind)


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", SCENES)
def test_each_mail_is_whole_as_its_reader_expects_it(
    database: Database, world: World, kind: str, locale: str
) -> None:
    speak(database, world, locale)
    mail = mail_of(database, world, kind)
    assert (mail.locale, whole(mail)) == (
        locale,
        expected_file(kind, locale).read_text(encoding="utf-8"),
    )


def test_every_kind_that_is_written_has_its_scene_its_files_and_its_words() -> None:
    of_series = {f"series_{kind}" for kind in get_args(series_mails.AskerKind)}
    written = {*ASKER_KINDS, *get_args(DeciderKind), *of_series, *_kinds_in_envelopes()}
    files = {path.name for path in EXPECTED.iterdir()}
    assert written == {kind_of(scene) for scene in SCENES} == set(KINDS)
    assert files == {expected_file(kind, locale).name for kind in SCENES for locale in LOCALES}


def _kinds_in_envelopes() -> Iterator[str]:
    """The kinds written out where a letter is put into its envelope."""
    for path in (Path(booking.__file__).parent / "services").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if not isinstance(node, ast.Call) or named not in ("Envelope", "_post"):
                continue
            first = node.args[:1] if named == "Envelope" else node.args[1:2]
            kinds = [one.value for one in node.keywords if one.arg == "kind"] or first
            yield from (str(one.value) for one in kinds if isinstance(one, ast.Constant))


@pytest.mark.parametrize("kind", ASKER_KINDS)
def test_a_mail_about_a_booking_bears_it_as_a_published_calendar(
    database: Database, world: World, kind: str
) -> None:
    mail = as_sent(mail_of(database, world, kind))
    [attached] = mail.iter_attachments()
    assert dict(attached["Content-Type"].params) == {"method": "PUBLISH", "charset": "utf-8"}
    assert (attached.get_content_type(), attached.get_filename()) == ("text/calendar", "varaus.ics")
    assert mail.get_content_type() == "multipart/mixed"
    bodies = [part.get_content_type() for part in next(mail.iter_parts()).iter_parts()]
    assert bodies == ["text/plain", "text/html"]
    calendar = icalendar.Calendar.from_ical(attached.get_content())
    [event] = calendar.events
    assert (calendar["METHOD"], calendar["VERSION"], calendar["PRODID"]) == (
        "PUBLISH",
        "2.0",
        "-//Yhteistila//Yhteistila//FI",
    )
    with reading(database) as session:
        booking = session.scalars(select(Booking)).one()
        assert (event["UID"], event["SEQUENCE"], event.DTSTAMP, event.start, event.end) == (
            f"{booking.uuid}@{installation(session)}",
            booking.sequence,
            booking.changed_at,
            booking.starts_at,
            booking.ends_at,
        )
    assert "ATTENDEE" not in event
    held = {"requested": "TENTATIVE", "approved": "CONFIRMED"}
    assert event["STATUS"] == held.get(booking.state, "CANCELLED")


def test_the_sequence_rises_from_mail_to_mail_under_one_uid(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    place = (world.half_a, slot(11, 10))
    do(database, move_booking, booking.id, 2, *place, "Vesivahinko", actor=world.veli)
    do(database, cancel_booking, booking.id, 3, None, actor=world.anna)
    calendars = [icalendar.Calendar.from_ical(text).events[0] for text in _calendars(database)]
    told = [(event["SEQUENCE"], event["STATUS"]) for event in calendars]
    assert told == [(0, "TENTATIVE"), (1, "CONFIRMED"), (2, "CONFIRMED"), (3, "CANCELLED")]
    assert len({event["UID"] for event in calendars}) == 1


def _calendars(database: Database) -> list[str]:
    return [
        text
        for text in all_rows(database, select(OutboxMessage.calendar).order_by(OutboxMessage.id))
        if text
    ]
