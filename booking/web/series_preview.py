"""What the preview of a series shows of each date, and what is chosen there. Knows dates and their texts; no row, no right."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from werkzeug.datastructures import MultiDict

from booking.domain.local_time import YEARS
from booking.domain.recurrence import MOST_DATES
from booking.domain.requests import Instead
from booking.domain.rooms import RoomRules
from booking.domain.series import TAKEN, Weighed
from booking.errors import DateRefused, InvalidInput
from booking.i18n import clock_range, current_locale, short_day
from booking.i18n import gettext as _
from booking.queries.catalogue import Catalogue
from booking.queries.series_offers import Offer
from booking.services.series import PlannedSeries
from booking.web.reasons import date_in_short
from booking.web.texts import text_of
from calendars.period import Period

_FIELD = "on-"  # and the day: what is to become of a date that is not free
_LEFT_OUT = "out"
_CLOSED = frozenset({"closed", "not_available_then"})


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen for the dates that were shown as not free; `waits`: tell me if a taken one frees."""

    left_out: frozenset[date] = frozenset()
    instead: Mapping[date, Instead] = field(default_factory=dict)
    waits: bool = False

    @property
    def shown(self) -> frozenset[date]:
        """The dates that were shown as not free."""
        return self.left_out | self.instead.keys()


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that may become of a date."""

    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One date: what is to be seen of it, in a shape and in words, and what may become of it if it is not free."""

    day: date
    name: str
    shape: str
    said: str
    choices: Sequence[Choice] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """All dates of a series as they are now; `refused`, of which something is to be chosen, and those that are `free`."""

    refused: Sequence[Row]
    free: Sequence[Row]
    is_any_taken: bool

    @property
    def can_ask(self) -> bool:
        """Whether any date can be had, at its own time or instead."""
        return bool(self.free) or any(len(row.choices) > 1 for row in self.refused)


def chosen_of(filled: MultiDict[str, str]) -> Chosen:
    """What a preview sends back. Raises InvalidInput `bad_choice` for what it can't have offered."""
    left_out, instead = set(), {}
    named = [name for name in filled if name.startswith(_FIELD)]
    try:
        if len(named) > MOST_DATES:
            raise ValueError(len(named))
        for name in named:
            day, value = date.fromisoformat(name.removeprefix(_FIELD)), filled[name]
            if value == _LEFT_OUT:
                left_out.add(day)
            else:
                instead[day] = read_instead(value)
    except ValueError as error:
        raise InvalidInput("bad_choice", field="instead") from error
    return Chosen(frozenset(left_out), instead, bool(filled.get("waits")))


def preview_of(
    plan: PlannedSeries,
    rooms: Catalogue,
    chosen: Chosen | None,
    refused: Sequence[DateRefused],
    now: datetime,
) -> Preview:
    """The dates as they are now. `chosen`: what was chosen before; `refused`: what stood against that."""
    why = {one.day: _why(one) for one in refused}
    rows = []
    for one in plan.dates:
        day = one.wished.day
        note = _news(day, chosen, why)
        if one.is_free:
            rows.append(Row(day, f"{_FIELD}{day}", "free", _("free"), note=note))
            continue
        before = chosen.instead.get(day) if chosen is not None and day not in why else None
        choices = _choices(one, plan.offers.get(day), before, rooms)
        said = date_in_short(one, now)
        rows.append(Row(day, f"{_FIELD}{day}", _shape(one), said, choices, note))
    return Preview(
        [row for row in rows if row.choices],
        [row for row in rows if not row.choices],
        any(one.code == TAKEN for one in plan.dates),
    )


def _shape(one: Weighed) -> str:
    if one.code == TAKEN:
        return "full"
    return "closed" if one.code in _CLOSED else "elsewhere"


def _news(day: date, chosen: Chosen | None, why: Mapping[date, str]) -> str:
    """What has come between what was shown of a date and the asking."""
    if chosen is None or day not in why or day in chosen.left_out:
        return ""
    if day in chosen.instead:
        return _("What you chose for this date cannot be had: %(why)s", why=why[day])
    return _("This was free when you looked; now it is not.")


def _why(one: DateRefused) -> str:
    if one.refusals:
        return text_of(one.refusals[0].code, **one.refusals[0].params)
    return text_of("room_taken")


def reasons_of(
    refused: Sequence[DateRefused], left_out: Collection[date] = frozenset()
) -> list[str]:
    """The refused dates that nobody had said to leave out, each with why: what has changed since they were shown."""
    return [
        _("%(day)s: %(why)s", day=short_day(one.day), why=_why(one))
        for one in refused
        if one.day not in left_out
    ]


def _choices(
    one: Weighed, offer: Offer | None, before: Instead | None, rooms: Catalogue
) -> list[Choice]:
    found = []
    if offer is not None and offer.other_time is not None:
        clocks = clock_range(offer.other_time.period)
        found.append(
            (written_instead(offer.other_time), _("Another time: %(clocks)s", clocks=clocks))
        )
    if offer is not None and offer.other_room is not None:
        name = _room_name(rooms.room(offer.other_room.room_id), one.wished.rules)
        found.append((written_instead(offer.other_room), _("Another room: %(room)s", room=name)))
    wanted = "" if before is None else written_instead(before)
    if wanted not in [value for value, _text in found]:
        wanted = _LEFT_OUT
    options = [(_LEFT_OUT, _("Leave this date out")), *found]
    return [Choice(value, text, value == wanted) for value, text in options]


def _room_name(room: RoomRules, here: RoomRules) -> str:
    locale = current_locale()
    name = room.name.choose(locale)[0]
    if room.unit_id == here.unit_id:
        return name
    return f"{name}, {room.unit_name.choose(locale)[0]}"


def written_instead(instead: Instead) -> str:
    period = instead.period
    return f"{instead.room_id}/{period.start.isoformat()}/{period.end.isoformat()}"


def read_instead(value: str) -> Instead:
    """What `written_instead` wrote; ValueError for anything else."""
    room_id, start, end = value.split("/")
    if not (
        room_id.isascii() and room_id.isdigit() and len(room_id) <= 10 and 0 < int(room_id) < 2**31
    ):
        raise ValueError(value)
    return Instead(int(room_id), Period(_instant(start), _instant(end)))


def _instant(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    # At either end of the calendar the turn to UTC would leave it.
    if read.tzinfo is None or read.year not in YEARS:
        raise ValueError(text)
    return read.astimezone(UTC)
