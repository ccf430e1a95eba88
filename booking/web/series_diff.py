"""A planned change of a series in words: what happens to each date, and what is written differently. Knows plans; no page, no row
but those it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.domain.requests import SeriesChange
from booking.domain.series_plan import Plan, Step, Verdict
from booking.i18n import clock_range, current_locale, lazy_gettext, short_day
from booking.i18n import gettext as _
from booking.models import Booking
from booking.services.bookings import counts_as_late
from booking.services.changes import is_staff_of
from booking.web import words
from booking.web.reasons import date_in_short
from calendars.period import Period

_SAID: dict[Verdict, object] = {
    "stays": lazy_gettext("stays as it is"),
    "apart": lazy_gettext("left alone: its time or room is its own"),
    "moves": lazy_gettext("moves"),
    "refused": lazy_gettext("stays as it is, since its new time cannot be had"),
    "comes": lazy_gettext("new date"),
    "skipped": lazy_gettext("new, but it cannot be had: left out"),
    "goes": lazy_gettext("is cancelled"),
}
_SHAPES: dict[Verdict, str] = {
    "stays": "yes",
    "apart": "yes",
    "moves": "next",
    "refused": "unknown",
    "comes": "calendar",
    "skipped": "no",
    "goes": "no",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One date: its shape and word, when it is now and when it would be; `why` not; `is_late`: it would be cancelled late."""

    verdict: Verdict
    shape: str
    said: str
    now: str
    then: str
    why: str
    is_late: bool


def asks_which_hour(plan: Plan) -> bool:
    """Whether a date of the plan falls on the doubled hour, so that it must be said which."""
    return any(
        step.weighed is not None and step.weighed.code == "doubled_hour" for step in plan.steps
    )


def diff_of(plan: Plan, bookings: Sequence[Booking], asking: Actor, now: datetime) -> list[Row]:
    """What happens to each date, by day."""
    by_id = {one.id: one for one in bookings}
    return [_row(step, by_id, asking, now) for step in plan.steps]


def _row(step: Step, by_id: dict[int, Booking], asking: Actor, now: datetime) -> Row:
    booking = by_id.get(step.kept.booking_id) if step.kept is not None else None
    against = step.weighed
    then, why = "", ""
    if against is not None:
        period = against.wished.period
        room = against.wished.rules
        then = short_day(step.day) if period is None else _slot(period)
        if booking is None or room.id != booking.room_id:
            then = f"{then}, {room.name.choose(current_locale())[0]}"
        if not against.is_free:
            why = date_in_short(against, now)
    late = (
        step.verdict == "goes"
        and booking is not None
        and not is_staff_of(booking, booking.room.unit_id, asking)
        and counts_as_late(booking, now)
    )
    is_now = "" if step.kept is None else _slot(step.kept.period)
    said = str(_SAID[step.verdict])
    return Row(step.verdict, _SHAPES[step.verdict], said, is_now, then, why, late)


def _slot(period: Period) -> str:
    return f"{short_day(local(period.start).date())} {clock_range(period)}"


def said_edits(wanted: SeriesChange, first: Booking) -> list[tuple[str, str, str]]:
    """What would be written differently: label, before, then."""
    edit = wanted.edit
    if edit is None:
        return []
    said = []
    if edit.title is not None:
        said.append((_("Name of the occasion"), first.title, edit.title))
    if edit.activity is not None:
        before, then = words.activity(first.activity), words.activity(edit.activity)
        said.append((_("What for"), before, then))
    if edit.people is not None:
        said.append((_("How many people"), str(first.people), str(edit.people)))
    return said
