"""The front page: which rooms are free at a time. Knows the search's form and its answer; the rules decide elsewhere."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from booking.domain.bookings import Wish
from booking.domain.rooms import FEATURES
from booking.i18n import current_locale, day_in_words, ngettext, period_in_words
from booking.i18n import gettext as _
from booking.queries.availability import Found, Wanted, rooms_found
from booking.queries.catalogue import Catalogue, catalogue
from booking.web import edge
from booking.web.fields import options
from booking.web.forms import SearchForm, names_of
from booking.web.slots import slot_values

blueprint = Blueprint("search", __name__)

# What a card shows when nothing was asked for: the facts most people need to decide whether to look closer.
USUAL_FEATURES = ("step_free", "accessible_toilet", "induction_loop")

_ASKED = names_of(SearchForm)


@blueprint.get("/")
def show() -> ResponseReturnValue:
    """The search's form, and with a time in the address the rooms found."""
    # A link may bear what others have hung on it (utm_source, fbclid): that asks for nothing.
    asked = not _ASKED.isdisjoint(request.args)
    form = SearchForm(request.args if asked else None)
    found: Found | None = None
    with edge.read() as session:
        rooms = catalogue(session)
        form.municipality.choices = options(municipality_choices(rooms))
        is_valid = asked and form.validate()
        if is_valid:
            found = rooms_found(session, _wanted(form), edge.now())
    page = render_template(
        "search.html",
        form=form,
        found=found,
        failed=asked and not is_valid,
        municipalities=rooms.municipalities,
        places=sorted(
            Counter(room.municipality for room in rooms.rooms.values() if room.published).items()
        ),
        **_shown(form, found),
    )
    return page, 422 if asked and not is_valid else 200


def municipality_choices(rooms: Catalogue) -> list[tuple[str, str]]:
    """The choices of a list of municipalities: the whole county, then each by its name in the reader's language."""
    names = [(key, name.choose(current_locale())[0]) for key, name in rooms.municipalities.items()]
    return [("", _("The whole county")), *names]


def _wanted(form: SearchForm) -> Wanted:
    assert form.period is not None  # validated
    wish = Wish(form.period, form.activity.data, form.people.data or 1)
    features = frozenset(form.features.data or ())
    return Wanted(wish, form.municipality.data or None, None, features)


def _shown(form: SearchForm, found: Found | None) -> dict[str, object]:
    """What the page says of the search: the day understood, in words, and what a link to a room carries."""
    day = form.day.data
    shown: dict[str, object] = {"understood": day_in_words(day) if day else ""}
    if found is None or form.period is None:
        return shown
    wanted = [code for code in FEATURES if code in (form.features.data or ())]
    carried = {"people": form.people.data, "activity": form.activity.data}
    return shown | {
        "heading": _heading(found),
        "when": period_in_words(form.period),
        "slot": slot_values(form.period) | {key: value for key, value in carried.items() if value},
        "week": day.isoformat() if day else None,
        "shown_features": wanted or USUAL_FEATURES,
    }


def _heading(found: Found) -> str:
    count = len(found.free)
    if count:
        return ngettext("%(num)s room is free", "%(num)s rooms are free", count)
    return _("No room with everything you need is free")
