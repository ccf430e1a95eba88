"""The search for the same time every week: of which rooms how many dates are free, and why the others are not.

Knows the form and its answer; the rules decide elsewhere. From a room's answer a link leads on to asking for all of its dates as
a series (`booking.web.series_new`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain.free_time import weekly_slots
from booking.domain.rooms import RoomRules
from booking.i18n import clock_range, day_in_words, ngettext
from booking.i18n import gettext as _
from booking.queries.catalogue import catalogue
from booking.queries.next_free import SeasonFound, season_found
from booking.web import edge
from booking.web.forms import names_of
from booking.web.reasons import in_short
from booking.web.search import SHOWN, asked_for, shown_limit
from booking.web.search_forms import SeasonForm
from booking.web.slots import slot_values
from booking.web.vain import count_vain_season
from calendars.period import Period

blueprint = Blueprint("season", __name__)

_WEEK = timedelta(days=7)
_ASKED = names_of(SeasonForm)
# What the search for one time sends to come here: without a length it asks for nothing yet.
_OF_A_SEASON = frozenset({"weeks", "last_day"})


@dataclass(frozen=True, slots=True)
class Date:
    """One date of the season in one room: the time to ask for, or why it can't be had."""

    day: date
    slot: Period | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A room with its dates, by day."""

    room: RoomRules
    free: Sequence[Date]
    taken: Sequence[Date]


@blueprint.get("/weekly")
def show() -> ResponseReturnValue:
    """The form, and with a time and a length in the address the rooms by how many dates they have free."""
    asked = not _OF_A_SEASON.isdisjoint(request.args)
    form = SeasonForm(request.args if not _ASKED.isdisjoint(request.args) else None)
    limit = shown_limit()
    found: dict[str, Any] = {}
    with edge.read() as session:
        rooms = catalogue(session)
        form.offer_places(rooms)
        is_valid = asked and form.validate()
        if is_valid:
            now = edge.now()
            slots = _slots(form)
            known = [slot for slot in slots if slot is not None]
            wanted = form.wanted(known[0])
            sure, unsure = season_found(session, wanted, slots, now)
            days = [form.day.data + number * _WEEK for number in range(form.count)]
            found = {
                "sure": [_row(one, days, slots, now) for one in sure[:limit]],
                "unsure": [_row(one, days, slots, now) for one in unsure[:limit]],
                "counts": (len(sure), len(unsure)),
                **_said(sure, slots, known),
            }
    if is_valid:
        count_vain_season(wanted, sure, unsure)
    day = form.day.data
    page = render_template(
        "search/weekly.html",
        form=form,
        found=found,
        failed=asked and not is_valid,
        municipalities=rooms.municipalities,
        has_regions=bool(rooms.regions),
        understood=day_in_words(day) if day else "",
        last_understood=day_in_words(form.last_day.data) if form.last_day.data else "",
        all_href=url_for("season.show", **asked_for(_ASKED), all=1, _anchor="results"),
        slot_values=slot_values,
        carried=form.carried,
        series=_series_values(form) if is_valid else {},
        limit=limit,
        is_cut=limit == SHOWN,
    )
    return page, 422 if asked and not is_valid else 200


def _series_values(form: SeasonForm) -> dict[str, Any]:
    """What a link to the form of a series takes along, but the room: the same dates, asked for at once."""
    typed = {name: form[name].raw_data[0] for name in ("starts", "ends")}
    day = form.day.data
    first = f"{day.day}.{day.month}.{day.year}"
    return {"day": first, **typed, "repeats": "week", "times": form.count, **form.carried}


def _slots(form: SeasonForm) -> list[Period | None]:
    return weekly_slots(form.day.data, form.starts.data, form.ends.data, form.count)


def _row(
    one: SeasonFound, days: Sequence[date], slots: Sequence[Period | None], now: datetime
) -> Row:
    taken = one.taken
    return Row(
        one.room,
        [Date(day, slots[n]) for n, day in enumerate(days) if n not in taken],
        [Date(days[n], None, in_short(one.room, code, slots[n], now)) for n, code in taken.items()],
    )


def _said(
    sure: Sequence[SeasonFound], slots: Sequence[Period | None], known: Sequence[Period]
) -> dict[str, Any]:
    """The heading, and the dates as a whole in words."""
    whole = sum(one.free == len(slots) for one in sure)
    some = sum(one.free > 0 for one in sure)
    if whole:
        heading = ngettext(
            "%(num)s room is free on every date", "%(num)s rooms are free on every date", whole
        )
    elif some:
        heading = _("No room is free on every date, but some are on many")
    else:
        heading = _("No room with everything you need is free on these dates")
    return {
        "heading": heading,
        "clocks": clock_range(known[0]),
        "has_missing": len(known) < len(slots),
        "dates": len(slots),
    }
