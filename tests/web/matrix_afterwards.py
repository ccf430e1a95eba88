"""The rows of the matrix for a booking once it is there: moved, changed, cancelled, waited for, released, reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete

from booking.db import transaction
from booking.domain.local_time import local
from booking.models import Booking, Report, WaitingEntry
from booking.services.release import make_release_link
from booking.services.waiting import wait_for
from booking.web.slots import slot_values
from calendars.period import Period
from tests.support.world import NOW, make_booking

if TYPE_CHECKING:
    from tests.web.matrix import Scene

Asked = tuple[str, dict[str, Any] | None]
Call = Callable[["Scene"], Asked]


def own(path: str, **form: Any) -> Call:
    """A page of a booking of Virta's; with `form` what is sent to it."""
    return lambda scene: (f"/bookings/{scene.booking()}{path}", form or None)


def moved(scene: Scene) -> Asked:
    form = {"version": "1", "room": str(scene.world.half_a), "reason": "Peruste"}
    return f"/bookings/{scene.booking()}/move", {**form, **slot_values(next(scene.slots))}


def taken(scene: Scene) -> Period:
    """Time of half A that somebody has. Nobody waits for anything: an association may have twenty places at once."""
    period = next(scene.slots)
    make_booking(scene.database, scene.world, period=period)
    transaction(scene.database, lambda session: session.execute(delete(WaitingEntry)))
    return period


def wanted(scene: Scene) -> Asked:
    form = {"room": str(scene.world.half_a), "organisation": str(scene.world.virta)}
    return "/waiting", {**form, "activity": "meeting", "people": "5", **slot_values(taken(scene))}


def place(scene: Scene) -> int:
    """Virta's place on the waiting list."""
    period, world = taken(scene), scene.world
    wish = (world.half_a, world.virta, period, "meeting", 5)
    return transaction(
        scene.database,
        lambda session: wait_for(session, *wish, actor=world.anna, now=NOW).id,
    )


def a_place(path: str, sent: bool = False) -> Call:
    return lambda scene: (f"/waiting/{place(scene)}{path}", {} if sent else None)


def link(scene: Scene) -> str:
    booking_id = scene.booking()

    def make(session: Any) -> str:
        return make_release_link(session.get_one(Booking, booking_id)).partition("/r/")[2]

    return f"/r/{transaction(scene.database, make)}"


def report(scene: Scene) -> str:
    """A report of half A, written past the service: one person reports only so often."""

    def write(session: Any) -> int:
        facts = {"kind": "damage", "text": "Rikki", "room_id": scene.world.half_a}
        row = Report(**facts, created_at=NOW, due_on=local(NOW).date())
        session.add(row)
        session.flush()
        return row.id

    return f"/staff/reports/{transaction(scene.database, write)}"


def sent(scene: Scene) -> Asked:
    return f"/reports/new?booking={scene.booking()}", {"kind": "damage", "text": "Kaide irtosi"}


# Pages of a booking for its own people and its unit's, with what each gets.
OF_THE_BOOKING: dict[str, tuple[int, Call]] = {
    "GET moving.consider": (200, own("/move")),
    "POST moving.move": (303, moved),
    "GET changing.consider_edit": (200, own("/edit")),
    "POST changing.edit": (
        303,
        own(
            "/edit",
            version="1",
            title="Kokous",
            activity="meeting",
            people="5",
            contact_name="Anna",
            contact_email="anna@demo.example",
        ),
    ),
    "GET changing.consider_cancel": (200, own("/cancel")),
    "POST changing.cancel": (303, own("/cancel", version="1", reason="Peruste")),
    "GET afterwards.again": (303, own("/again")),
    "GET reports.write": (200, lambda s: (f"/reports/new?booking={s.booking()}", None)),
    "POST reports.send": (303, sent),
}
# Who acts for an association sees its places on the waiting list, nobody else.
OF_THE_ASSOCIATION: dict[str, tuple[int, Call]] = {
    "GET waiting.show": (200, a_place("")),
    "POST waiting.leave": (303, a_place("/leave", sent=True)),
}
REPORTS: dict[str, tuple[int, Call]] = {
    "GET reports.show": (200, lambda s: (report(s), None)),
    "POST reports.answer": (303, lambda s: (report(s), {"answer": "Korjattu."})),
}
OTHERS: dict[str, Call] = {
    "GET afterwards.calendar_file": own("/booking.ics"),
    "GET waiting.consider": lambda s: ("/waiting", None),
    "POST waiting.wait": wanted,
    "GET release.consider": lambda s: (link(s), None),
    "POST release.release": lambda s: (link(s), {}),
    "GET release.done": lambda s: ("/r/released", None),
    "GET reports.queue": lambda s: ("/staff/reports", None),
}
CALLS: dict[str, Call] = {
    **{
        name: call
        for rows in (OF_THE_BOOKING, OF_THE_ASSOCIATION, REPORTS)
        for name, (_done, call) in rows.items()
    },
    **OTHERS,
}
_COLUMNS = (
    "nobody",
    "outi",
    "toini",
    "anna",
    "pekka",
    "viivi",
    "veli",
    "aino",
    "kaisa",
    "yllapito",
)
_SIGN_IN = 303
_STRANGERS = ("outi", "toini", "aino")
_PEOPLE = ("anna", "pekka")


def _row(otherwise: int, **cells: int) -> dict[str, int]:
    return {**dict.fromkeys(_COLUMNS, otherwise), "nobody": _SIGN_IN, **cells}


def _strangers(status: int) -> dict[str, int]:
    return dict.fromkeys(_STRANGERS, status)


def _people(status: int) -> dict[str, int]:
    return dict.fromkeys(_PEOPLE, status)


ROWS: dict[str, dict[str, int]] = {
    **{
        name: _row(done, viivi=403, **_strangers(404))
        for name, (done, _call) in OF_THE_BOOKING.items()
    },
    **{name: _row(404, **_people(done)) for name, (done, _call) in OF_THE_ASSOCIATION.items()},
    # Who answers no reports at all is told so; to another unit's approver this one isn't there.
    **{
        name: _row(403, veli=done, kaisa=done, yllapito=done, aino=404)
        for name, (done, _call) in REPORTS.items()
    },
    "GET afterwards.calendar_file": _row(403, **_people(200), **_strangers(404)),
    "GET waiting.consider": _row(200),
    "POST waiting.wait": _row(403, **_people(303)),
    # Whoever has the link, whoever they are.
    "GET release.consider": _row(200, nobody=200),
    "POST release.release": _row(303),
    "GET release.done": _row(200, nobody=200),
    "GET reports.queue": _row(403, veli=200, aino=200, kaisa=200, yllapito=200),
}
