"""The rows of the matrix about deciding: requests, absences, ready texts, how a unit decides. What is refused is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from booking.db import reading, transaction
from booking.domain.deciding import DECIDING_AT_FIRST
from booking.domain.texts import LocalText
from booking.models import Booking, OutboxMessage, Unit
from booking.services.absences import add_absence
from booking.services.decision_templates import add_template
from booking.services.decisions import decide_booking
from tests.support.world import NOW

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.web.matrix import Scene

    Call = Callable[[Scene], tuple[str, dict[str, Any] | None]]

_SIGN_IN = 303
_days = (date(2028, 1, 1) + timedelta(days=n) for n in count())
_keys = count()
_names = count()


def _row(nobody: int, *, others: int, **named: int) -> dict[str, int]:
    columns = ("outi", "toini", "anna", "pekka", "viivi", "veli", "aino", "kaisa", "yllapito")
    return {"nobody": nobody, **dict.fromkeys(columns, others), **named}


def _deciders(done: int, nobody: int, admin: int | None = None) -> dict[str, int]:
    """Veli decides, the administrator too; who sees the request is told that it is theirs; to others it isn't there."""
    hidden = dict.fromkeys(("outi", "toini", "aino"), 404)
    return _row(nobody, others=403, **hidden, veli=done, yllapito=done if admin is None else admin)


def _approvers(done: int, **named: int) -> dict[str, int]:
    return _row(_SIGN_IN, others=403, **{"veli": done, "aino": done, "yllapito": done, **named})


def _the_units_own(done: int) -> dict[str, int]:
    return _row(_SIGN_IN, others=403, veli=done, yllapito=done)


def _key() -> str:
    return f"paatos-{next(_keys)}"


def _decided(scene: Scene, as_version: int | None = None) -> int:
    """A request that Veli has just approved; `as_version`: bearing that version, as the calls of the API send it."""
    booking_id, veli = scene.booking(), scene.world.veli

    def work(session: Session) -> None:
        decide_booking(session, booking_id, "approve", 1, None, actor=veli, now=NOW)
        if as_version is not None:
            session.execute(
                update(Booking).where(Booking.id == booking_id).values(version=as_version)
            )
            told = f"booking:{booking_id}:2:approved"
            session.execute(
                update(OutboxMessage)
                .where(OutboxMessage.cause == told)
                .values(cause=f"booking:{booking_id}:{as_version}:approved")
            )

    transaction(scene.database, work)
    return booking_id


def _absence(scene: Scene) -> int:
    veli, aino, day = scene.world.veli, scene.world.aino, next(_days)
    assert veli.person_id is not None
    assert aino.person_id is not None
    who = (veli.person_id, scene.world.rantakyla, aino.person_id)
    return transaction(
        scene.database,
        lambda session: add_absence(session, *who, day, day, actor=veli, now=NOW).id,
    )


def _new_absence(scene: Scene) -> tuple[str, dict[str, Any]]:
    day = f"{next(_days):%-d.%-m.%Y}"
    form = {
        "away": f"{scene.world.veli.person_id}-{scene.world.rantakyla}",
        "stand_in": scene.world.kaisa.person_id,
        "first_day": day,
        "last_day": day,
        "key": _key(),
    }
    return "/staff/absences", form


def _template(scene: Scene, way: str = "") -> str:
    veli, unit = scene.world.veli, scene.world.rantakyla
    text = LocalText(f"Jätä tila siistiksi {next(_names)}")

    def work(session: Session) -> int:
        row = add_template(session, unit, "condition", text, actor=veli, now=NOW)
        # So that there is always room for another.
        for other in session.query(type(row)).filter(type(row).id != row.id):
            session.delete(other)
        return row.id

    return f"/staff/templates/{transaction(scene.database, work)}{way}"


def _deciding(scene: Scene) -> tuple[str, dict[str, Any]]:
    with reading(scene.database) as session:
        version = session.get_one(Unit, scene.world.rantakyla).version
    numbers = {name: value for name, value in DECIDING_AT_FIRST.items() if value}
    return f"/staff/units/{scene.world.rantakyla}/deciding", {**numbers, "version": version}


def _unit(scene: Scene, way: str) -> str:
    return f"/staff/units/{scene.world.rantakyla}/{way}"


_PAGES: dict[str, tuple[dict[str, int], Call]] = {
    **{
        f"GET deciding.lead {verb}": (
            _deciders(303, _SIGN_IN),
            lambda s, verb=verb: (f"/bookings/{s.booking()}/{verb}", None),  # type: ignore[misc]
        )
        for verb in ("approve", "reject")
    },
    "GET deciding.decide": (
        _deciders(200, _SIGN_IN),
        lambda s: (f"/bookings/{s.booking()}/decide", None),
    ),
    "POST deciding.save": (
        _deciders(303, _SIGN_IN),
        lambda s: (
            f"/bookings/{s.booking()}/decide",
            {"version": "1", "decision": "reject", "reason": "Peruste", "key": _key()},
        ),
    ),
    # Who decided takes it back, and nobody else.
    "POST deciding.undo": (
        _deciders(303, _SIGN_IN, admin=403),
        lambda s: (f"/bookings/{_decided(s)}/undo", {"version": "2"}),
    ),
    "GET absences.show": (_approvers(200), lambda s: ("/staff/absences", None)),
    # Veli's: to Aino it is no choice.
    "POST absences.add": (_approvers(303, aino=422), _new_absence),
    "POST absences.end": (
        _approvers(303, aino=404),
        lambda s: (f"/staff/absences/{_absence(s)}/end", {}),
    ),
    "GET decision_templates.show": (_the_units_own(200), lambda s: (_unit(s, "templates"), None)),
    "POST decision_templates.add": (
        _the_units_own(303),
        lambda s: (
            _unit(s, "templates"),
            {"kind": "condition", "text_fi": f"Ehto {next(_names)}", "key": _key()},
        ),
    ),
    "GET decision_templates.edit": (_the_units_own(200), lambda s: (_template(s), None)),
    "POST decision_templates.save": (
        _the_units_own(303),
        lambda s: (_template(s), {"text_fi": "Muu ehto", "key": _key()}),
    ),
    "POST decision_templates.remove": (
        _the_units_own(303),
        lambda s: (_template(s, "/remove"), {}),
    ),
    "GET unit_deciding.edit": (_the_units_own(200), lambda s: (_unit(s, "deciding"), None)),
    "POST unit_deciding.save": (_the_units_own(303), _deciding),
}
ROWS = {name: row for name, (row, _call) in _PAGES.items()}
CALLS: dict[str, Call] = {name: call for name, (_row_, call) in _PAGES.items()}
API_ROWS = {"POST api.undo": _deciders(200, 401, admin=403)}
API_CALLS: dict[str, Call] = {
    "POST api.undo": lambda s: (f"/bookings/{_decided(s, as_version=1)}/undo", {})
}
