"""Everything the service keeps about a person, for that person: readable, as JSON. Knows paths and names; no page and no file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.domain.texts import LocalText
from booking.errors import NotFound
from booking.models import Municipality, Organisation, Person, Room, Unit
from booking.queries.personal import PATHS, rows_of, whose
from booking.services.audit import record

# Mails that open something: their text stays in the mailbox it was sent to.
_OPENING = frozenset({"sign_in", "invitation", "date_reminder"})
# Columns that are numbers of rows: what stands beside them, so that people need not know numbers.
_NAMED: Mapping[str, tuple[str, Any]] = {
    "room_id": ("room", Room),
    "unit_id": ("site", Unit),
    "organisation_id": ("organisation", Organisation),
    "municipality_id": ("municipality", Municipality),
}
Section = list[dict[str, Any]]


def own_data(session: Session, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """All rows about the actor, by section; times of day in Finland, with their offset. Raises NotFound for nobody."""
    person = None if actor.person_id is None else session.get(Person, actor.person_id)
    if person is None:
        raise NotFound("person")
    who, names = whose(session, person), _Names(session)
    sections = {
        path.section: [_said(row, names) for row in rows_of(session, path, who)] for path in PATHS
    }
    for mail in sections["mails"]:
        if mail["kind"] in _OPENING:
            mail["body"] = None
    return {"service": "Yhteistila", "made_at": _value(now), **sections}


def note_export(session: Session, *, actor: Actor, now: datetime) -> None:
    """Write down that the actor took their data along. Raises NotFound for nobody."""
    if actor.person_id is None:
        raise NotFound("person")
    record(session, "export_own_data", ("person", actor.person_id), actor=actor, now=now)


class _Names:
    """The names of rows that others point at, looked up once each."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._found: dict[tuple[str, int], Any] = {}

    def of(self, column: str, row_id: int) -> Any:
        """The name of the row that `column` points at."""
        key = (column, row_id)
        if key not in self._found:
            model = _NAMED[column][1]
            query = select(model.name).where(model.id == row_id)
            self._found[key] = self._session.scalars(query).one_or_none()
        return self._found[key]


def _said(row: Mapping[str, Any], names: _Names) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for column, value in row.items():
        said[column] = _value(value)
        if column in _NAMED and value is not None:
            said[_NAMED[column][0]] = _value(names.of(column, value))
    return said


def _value(value: Any) -> Any:
    """A column's value as JSON has it."""
    if isinstance(value, datetime):
        return local(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, LocalText):
        return {lang: text for lang in ("fi", "sv", "en") if (text := getattr(value, lang))}
    return value
