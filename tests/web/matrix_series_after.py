"""The rows of the matrix for a series once it is there: shown, changed, ended, added to, decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from booking.db import transaction
from booking.domain.local_time import local
from booking.domain.recurrence import OwnDates, Recurrence
from booking.domain.requests import SeriesRequest
from booking.domain.series import Times
from booking.models import Booking, Series, SkippedOccurrence
from booking.services.series import request_series
from booking.services.series_decisions import decide_series
from tests.support.world import NOW, booking_request

if TYPE_CHECKING:
    from tests.web.matrix import Scene

# What is seen of a new series of one date: its own version and the date's.
_SEEN = "2"

Asked = tuple[str, dict[str, Any] | None]
Call = Callable[["Scene"], Asked]


def series(scene: Scene) -> Series:
    """A series of Virta's of one date in half A, and a day left out."""
    period = next(scene.slots)
    start, end = local(period.start), local(period.end)
    times = Times(start.time(), end.time())
    recurrence = Recurrence(OwnDates((start.date(),)), start.date())
    request = SeriesRequest(booking_request(scene.world, period=period), recurrence, times)

    def ask(session: Any) -> Series:
        row = request_series(session, request, scene.world.anna, NOW).series
        day = start.date() + timedelta(days=1)
        session.add(SkippedOccurrence(series_id=row.id, day=day, code="room_taken", params={}))
        return row

    return transaction(scene.database, ask)


def left_out(scene: Scene) -> str:
    """The page of a series' day that was left out, which can be had by now."""
    row = series(scene)
    other = next(scene.slots)

    def move(session: Any) -> date:
        day = local(other.start).date()
        query = select(SkippedOccurrence).where(SkippedOccurrence.series_id == row.id)
        skipped = session.scalars(query).one()
        skipped.day = day
        kept = session.get_one(Series, row.id)
        start, end = local(other.start), local(other.end)
        kept.start_minute = start.hour * 60 + start.minute
        kept.end_minute = end.hour * 60 + end.minute
        return day

    return f"/series/{row.id}/dates/{transaction(scene.database, move).isoformat()}"


def changed(scene: Scene) -> Asked:
    row = series(scene)
    starts, ends = (
        time(*divmod(minute, 60)).strftime("%H.%M") for minute in (row.start_minute, row.end_minute)
    )
    form = {
        "version": _SEEN,
        "since": row.first_day.isoformat(),
        "starts": starts,
        "ends": ends,
        "room": str(scene.world.half_a),
        "repeats": "keep",
        "title": "Johtokunta",
        "activity": "meeting",
        "people": "10",
        "reason": "Peruste",
    }
    return f"/series/{row.id}/change", form


def cancelled(scene: Scene) -> Asked:
    row = series(scene)
    form = {"version": _SEEN, "since": row.first_day.isoformat(), "reason": "Peruste"}
    return f"/series/{row.id}/cancel", form


def decided(scene: Scene) -> str:
    """A series that Veli has just approved."""
    row = series(scene)

    def decide(session: Any) -> None:
        ids = session.scalars(select(Booking.id).where(Booking.series_id == row.id))
        actions: dict[int, Any] = dict.fromkeys(ids, "approve")
        decide_series(session, row.id, int(_SEEN), actions, None, actor=scene.world.veli, now=NOW)

    transaction(scene.database, decide)
    return f"/series/{row.id}"


def of_a_series(path: str, **form: Any) -> Call:
    return lambda scene: (f"/series/{series(scene).id}{path}", form or None)


def date_of(scene: Scene) -> int:
    row = series(scene)
    query = select(Booking.id).where(Booking.series_id == row.id)
    return transaction(scene.database, lambda session: session.scalars(query).one())


# For a series' own people and its unit's; who only sees it is told so.
CHANGES: dict[str, tuple[int, Call]] = {
    "GET series.consider_date": (200, lambda scene: (left_out(scene), None)),
    "POST series.add": (303, lambda scene: (left_out(scene), {"choice": "planned"})),
    "GET series_changing.consider": (200, of_a_series("/change")),
    # The first answer is the diff.
    "POST series_changing.change": (200, changed),
    "GET series_changing.consider_cancel": (200, of_a_series("/cancel")),
    "POST series_changing.cancel": (303, cancelled),
}
DECISIONS: dict[str, tuple[int, Call]] = {
    "GET series_deciding.decide": (200, of_a_series("/decide")),
    "POST series_deciding.save": (
        303,
        of_a_series("/decide", version=_SEEN, decision="approve"),
    ),
}
CALLS: dict[str, Call] = {
    "GET series.show": of_a_series(""),
    **{name: call for rows in (CHANGES, DECISIONS) for name, (_done, call) in rows.items()},
    # Too late, not one's own, or already taken back: the page of the series says what is.
    "POST series_deciding.undo": lambda scene: (
        f"{decided(scene)}/undo",
        {"version": str(int(_SEEN) + 2)},
    ),
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
_STRANGERS = {"outi": 404, "toini": 404, "aino": 404}


def _row(otherwise: int, nobody: int = 303, **cells: int) -> dict[str, int]:
    return {**dict.fromkeys(_COLUMNS, otherwise), **_STRANGERS, "nobody": nobody, **cells}


ROWS: dict[str, dict[str, int]] = {
    "GET series.show": _row(200),
    **{name: _row(done, viivi=403) for name, (done, _call) in CHANGES.items()},
    **{name: _row(403, veli=done, yllapito=done) for name, (done, _call) in DECISIONS.items()},
    "POST series_deciding.undo": _row(403, veli=303, yllapito=303),
}
API_CALLS: dict[str, Call] = {
    "GET api.series": lambda scene: (f"/series/{series(scene).id}", None),
}
API_ROWS: dict[str, dict[str, int]] = {"GET api.series": _row(200, nobody=401)}
