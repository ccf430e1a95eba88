"""The rows of the matrix about mails and about the history of things. What is refused is there."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from booking.db import transaction
from booking.domain.texts import LocalText
from booking.models import Base, Division, OutboxMessage, Region, Report, WaitingEntry
from booking.queries.audit import KINDS
from tests.support.world import NOW, slot
from tests.web.matrix_series_after import series

if TYPE_CHECKING:
    from tests.web.matrix import Scene

    Call = Callable[[Scene], tuple[str, dict[str, Any] | None]]

_SIGN_IN = 303
_keys = count()
_OTHERS = ("outi", "toini", "anna", "pekka", "viivi", "veli", "aino", "kaisa", "yllapito")
_WISHES = {"date_reminder": "none", "slot_free": "at_once"}
_OF_DECIDERS = ("to_decide", "changed_request", "reminder", "escalated", "withdrawn")


def _row(nobody: int, others: int, **named: int) -> dict[str, int]:
    return {"nobody": nobody, **dict.fromkeys(_OTHERS, others), **named}


def _keepers_of_mails(done: int) -> dict[str, int]:
    return _row(_SIGN_IN, 403, kaisa=done, yllapito=done)


# To whom a history isn't theirs, it isn't there: of a unit's things its approver and who sees all; of a person only the
# administrator; of places those who see all.
_IN_A_UNIT = _row(_SIGN_IN, 404, veli=200, kaisa=200, yllapito=200)
_HISTORIES = {
    **dict.fromkeys(KINDS, _IN_A_UNIT),
    **dict.fromkeys(
        ("municipality", "division", "region"), _row(_SIGN_IN, 404, kaisa=200, yllapito=200)
    ),
    "person": _row(_SIGN_IN, 404, yllapito=200),
}
ROWS: dict[str, dict[str, int]] = {
    "GET mail_settings.show": _row(_SIGN_IN, 200),
    "POST mail_settings.save": _row(_SIGN_IN, 303),
    "GET failed_mails.show": _keepers_of_mails(200),
    "POST failed_mails.send_again": _keepers_of_mails(303),
    "POST failed_mails.settle": _keepers_of_mails(303),
    # In the demo everybody may look; elsewhere these addresses don't exist.
    "GET demo.mails": _row(200, 200),
    "GET demo.mail": _row(200, 200),
    "GET demo.as_html": _row(200, 200),
    "GET demo.calendar": _row(200, 200),
    **{f"GET audit.show {kind}": row for kind, row in _HISTORIES.items()},
}


def _failed(scene: Scene) -> int:
    """A mail about a fresh booking that could not be delivered."""
    scene.booking()

    def fail(session: Any) -> int:
        row = session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.calendar.is_not(None))
            .order_by(OutboxMessage.id.desc())
        ).first()
        row.state, row.last_error = "failed", "SMTPDataError: (554, b'no')"
        mail_id: int = row.id
        return mail_id

    return transaction(scene.database, fail)


def _thing(scene: Scene, kind: str) -> int:
    """The id of something of this kind; what has a place is in Rantakylä, and Virta has booked there.

    Rows are laid down by hand: services limit how much is reported and waited for.
    """
    world = scene.world
    period, anna = slot(10, 10), world.anna.person_id
    rows: dict[str, Callable[[], Base]] = {
        "region": lambda: Region(key=f"seutu-{next(_keys)}", name=LocalText("Seutu")),
        "division": lambda: Division(name=LocalText("Toimialue")),
        "report": lambda: Report(
            kind="damage",
            room_id=world.half_a,
            text="Tuoli on rikki.",
            created_at=NOW,
            due_on=NOW.date(),
        ),
        "waiting": lambda: WaitingEntry(
            room_id=world.half_a,
            organisation_id=world.virta,
            asker_id=anna,
            starts_at=period.start,
            ends_at=period.end,
            activity="meeting",
            people=5,
            state="cancelled",
            created_at=NOW,
        ),
    }
    known = {"room": world.half_a, "unit": world.rantakyla, "person": anna or 0, "municipality": 1}
    if kind in known:
        return known[kind]
    if kind in rows:
        return transaction(scene.database, lambda session: _kept(session, rows[kind]()))
    if kind == "series":
        return series(scene).id
    booking_id = scene.booking()
    return world.virta if kind == "organisation" else booking_id


def _kept(session: Any, row: Base) -> int:
    session.add(row)
    session.flush()
    return row.id


def _history(kind: str) -> Call:
    return lambda scene: (f"/audit/{kind}/{_thing(scene, kind)}", None)


CALLS: dict[str, Call] = {
    "GET mail_settings.show": lambda s: ("/account/mails", None),
    "POST mail_settings.save": lambda s: (
        "/account/mails",
        {**_WISHES, **dict.fromkeys(_OF_DECIDERS, "at_once")},
    ),
    "GET failed_mails.show": lambda s: ("/staff/mails", None),
    "POST failed_mails.send_again": lambda s: (f"/staff/mails/{_failed(s)}/again", {}),
    "POST failed_mails.settle": lambda s: (f"/staff/mails/{_failed(s)}/told", {}),
    "GET demo.mails": lambda s: ("/demo/mails", None),
    "GET demo.mail": lambda s: (f"/demo/mails/{_failed(s)}", None),
    "GET demo.as_html": lambda s: (f"/demo/mails/{_failed(s)}/html", None),
    "GET demo.calendar": lambda s: (f"/demo/mails/{_failed(s)}/varaus.ics", None),
    **{f"GET audit.show {kind}": _history(kind) for kind in KINDS},
}
