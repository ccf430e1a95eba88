"""The front page: which rooms are free at a time, and of the others why not and when next.

Knows the search's form and its answer; the rules decide elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain.bookings import WHATEVER_THE_TIME, refusals_of_time
from booking.domain.free_time import fitting_length
from booking.domain.rooms import RoomRules
from booking.i18n import day_in_words, ngettext, period_in_words
from booking.i18n import gettext as _
from booking.queries.availability import Found, NotFree, rooms_found
from booking.queries.catalogue import catalogue
from booking.queries.next_free import next_free_of_lengths
from booking.web import edge
from booking.web.forms import names_of
from booking.web.reasons import unknown_needs, why_not_free, why_unfit
from booking.web.search_forms import SearchForm
from booking.web.slots import slot_values
from booking.web.vain import count_vain_search
from calendars.period import Period

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("search", __name__)

# What a card shows when nothing was asked for: the facts most people need to decide whether to look closer.
USUAL_FEATURES = ("step_free", "accessible_toilet", "induction_loop")
# More cards than this only when they are asked for: a long page helps nobody on a phone.
SHOWN = 30
MOST_SHOWN = 300  # looking for the next free time of thousands would cost others theirs

_ASKED = names_of(SearchForm)
_READING = timedelta(minutes=15)  # how long a page may lie open before its links are followed


@dataclass(frozen=True, slots=True)
class Other:
    """A room that can't be had: why, in sentences; when next (None: not within its window), if it was looked for at all."""

    room: RoomRules
    why: Sequence[str]
    next: Period | None = None
    is_looked_for: bool = False


@blueprint.get("/")
def show() -> ResponseReturnValue:
    """The search's form, and with a time in the address the rooms found; with `all` many more of them."""
    # A link may bear what others have hung on it (utm_source, fbclid): that asks for nothing.
    asked = not _ASKED.isdisjoint(request.args)
    form = SearchForm(request.args if asked else None)
    found: Found | None = None
    limit = shown_limit()
    others: list[Other] = []
    with edge.read() as session:
        rooms = catalogue(session)
        form.offer_places(rooms)
        is_valid = asked and form.validate()
        if is_valid:
            assert form.period is not None  # validated
            wanted, now = form.wanted(form.period), edge.now()
            found = rooms_found(session, wanted, now, explained=limit)
            not_free = found.not_free[:limit]
            others = _others(session, not_free, form.period, now)
    if found is not None:
        count_vain_search(wanted, found)
    page = render_template(
        "search.html",
        form=form,
        found=found,
        others=others,
        failed=asked and not is_valid,
        municipalities=rooms.municipalities,
        has_regions=bool(rooms.regions),
        places=sorted(
            Counter(room.municipality for room in rooms.rooms.values() if room.published).items()
        ),
        **_shown(form, found, limit),
    )
    return page, 422 if asked and not is_valid else 200


def _others(
    session: Session, not_free: Sequence[NotFree], wished: Period, now: datetime
) -> list[Other]:
    """Why the rooms aren't free, and when they are next, for as long or as little longer as their steps and rules make it."""
    lengths = {one.room.id: fitting_length(one.room, wished.minutes) for one in not_free}
    wanted = [
        (one.room, length) for one in not_free if (length := lengths[one.room.id]) is not None
    ]
    # It must still be possible to ask for it once the page has been read.
    found = next_free_of_lengths(session, wanted, wished.start, now + _READING)
    others = []
    for one in not_free:
        period = found.get(one.room.id)
        # Read later, the horizon lies further off than it does now.
        if period is not None and refusals_of_time(one.room, period, now):
            period = None
        is_looked_for = lengths[one.room.id] is not None
        others.append(Other(one.room, why_not_free(one), period, is_looked_for))
    return others


def _shown(form: SearchForm, found: Found | None, limit: int) -> Mapping[str, Any]:
    """What the page says of the search: the day understood, in words, and what its links carry."""
    day = form.day.data
    shown: dict[str, Any] = {"understood": day_in_words(day) if day else ""}
    if found is None or form.period is None:
        return shown
    needed = form.needed
    return shown | {
        "heading": _heading(found),
        "when": period_in_words(form.period),
        "slot": {**slot_values(form.period), **form.carried},
        "carried": form.carried,
        "slot_values": slot_values,
        "week": day.isoformat() if day else None,
        "shown_features": needed or USUAL_FEATURES,
        "needed": needed,
        "unknown_needs": lambda room: unknown_needs(room, needed),
        "unfit": [Other(one.room, _why_never(one, needed)) for one in found.unfit[:limit]],
        "all_href": url_for("search.show", **asked_for(_ASKED), all=1, _anchor="not-free"),
        "weekly_href": url_for("season.show", **asked_for(_ASKED), _anchor="when"),
        "limit": limit,
        "is_cut": limit == SHOWN,
    }


def _why_never(one: NotFree, needed: Sequence[str]) -> list[str]:
    return why_unfit(one, needed, WHATEVER_THE_TIME)


def shown_limit() -> int:
    """How many rooms of a kind the page shows."""
    return MOST_SHOWN if "all" in request.args else SHOWN


def asked_for(names: Collection[str]) -> dict[str, Any]:
    """The values of the address that the search knows, as they were sent: for links to the same search."""
    return {name: request.args.getlist(name) for name in request.args if name in names}


def _heading(found: Found) -> str:
    count = len(found.free)
    if count:
        return ngettext("%(num)s room is free", "%(num)s rooms are free", count)
    return _("No room with everything you need is free")
