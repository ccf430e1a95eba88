"""The page "Demand that could not be met" and its download. Knows the form of period and place; sums are the domain's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from booking.domain.access import Actor
from booking.domain.demand import Place, Unmet, month_of, months_back
from booking.domain.tables import BOM, write_table
from booking.errors import Forbidden
from booking.i18n import current_locale, lazy_gettext
from booking.i18n import gettext as _
from booking.queries.demand import Sight, sight, unmet
from booking.web import edge, words
from booking.web.demand_tables import hour_lines, lines, picture
from booking.web.fields import ChoiceField, options
from booking.web.forms import names_of
from booking.web.reader import known_actor

blueprint = Blueprint("demand", __name__)

_MONTHS = 36  # how far back the lists of months reach
_USUAL = 12  # months shown when nothing was chosen


class DemandForm(Form):
    """Which months, and where; sent by GET."""

    first = ChoiceField(lazy_gettext("First month"), [Optional()])
    last = ChoiceField(lazy_gettext("Last month"), [Optional()])
    place = ChoiceField(lazy_gettext("Place"), [Optional()])

    def validate(self, extra_validators: object = None) -> bool:
        """Check the choices, and that the months are in order."""
        is_valid = bool(super().validate(extra_validators))
        # Written as 2027-03, months are in the order of their texts.
        if is_valid and self.first.data and self.last.data and self.first.data > self.last.data:
            self.last.errors = [_("The last month is before the first. Choose a later one.")]
            return False
        return is_valid


_ASKED = names_of(DemandForm)


@dataclass(frozen=True)
class _Asked:
    """What is shown: the months (their first days), the place, and what of it the reader may know."""

    seen: Sight
    first: date
    last: date
    place: Place | None
    found: list[Unmet]

    @property
    def is_one_site(self) -> bool:
        return self.place is not None and bool(self.place.unit_id)


@blueprint.get("/staff/demand")
def show() -> ResponseReturnValue:
    """What was looked for in vain, refused and rejected: by place, hour, people, use, reason and need."""
    form, asked = _answer(_reader())
    shown = picture(asked.found, asked.seen, asked.is_one_site) if asked else None
    page = render_template(
        "staff/demand.html",
        form=form,
        shown=shown,
        asked=asked,
        # Made anew: what others have hung on this page's address stays behind.
        csv_href=url_for("demand.download", _external=False, **_values(form)) if asked else None,
        failed=asked is None,
    )
    return page, 200 if asked else 422


@blueprint.get("/staff/demand.csv")
def download() -> Response:
    """The same numbers as a table for a spreadsheet."""
    _form, asked = _answer(_reader())
    if asked is None:
        return make_response(_("Choose the months and the place on the page again."), 422)
    shown = picture(asked.found, asked.seen, asked.is_one_site)
    columns = (
        _("Table"),
        _("What"),
        _("Searches in vain"),
        _("Requests refused at once"),
        _("Requests the site rejected"),
    )
    rows = [*lines(shown), *hour_lines(asked.found)]
    answer = Response(_csv(columns, rows), mimetype="text/csv")
    name = f"yhteistila-{asked.first:%Y-%m}-{asked.last:%Y-%m}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    # Spreadsheets set to Finnish split cells at semicolons, and take a file for UTF-8 by its first sign only.
    yield BOM
    yield from write_table(columns, rows, ";")


def _reader() -> Actor:
    asking = known_actor()
    if not asking.is_staff:
        raise Forbidden("forbidden")
    return asking


def _answer(asking: Actor) -> tuple[DemandForm, _Asked | None]:
    """The form as it was sent, and what it asks for; None when it can't be understood."""
    months = {f"{month:%Y-%m}": month for month in months_back(month_of(edge.now()), _MONTHS)}
    form = DemandForm(None if _ASKED.isdisjoint(request.args) else request.args)
    form.first.choices = form.last.choices = options(
        (key, words.month(month)) for key, month in months.items()
    )
    with edge.read() as session:
        seen = sight(session, asking)
        places = _places(seen)
        form.place.choices = _place_choices(seen)
        usual = list(months)  # newest first
        form.last.data = form.last.data or usual[0]
        form.first.data = form.first.data or min(usual[_USUAL - 1], form.last.data)
        if not form.validate():
            return form, None
        first, last = months[form.first.data], months[form.last.data]
        place = places.get(form.place.data or "")
        return form, _Asked(seen, first, last, place, unmet(session, seen, first, last, place))


def _places(seen: Sight) -> dict[str, Place]:
    """Places by their value in the form: a municipality's key, or "site:" and an id (no key has a colon)."""
    towns = {key: Place(key) for key in seen.municipalities}
    return towns | {f"site:{one.id}": Place(one.municipality, one.id) for one in seen.sites}


def _place_choices(seen: Sight) -> list[SelectChoice]:
    locale = current_locale()
    everything = _("The whole county") if seen.sees_all else _("My sites and their municipalities")
    choices = options([("", everything)])
    for key, town in seen.municipalities.items():
        name = town.choose(locale)[0]
        whole = _("%(municipality)s, the whole municipality", municipality=name)
        choices += options([(key, whole)], name)
        for site in seen.sites:
            if site.municipality == key:
                text, lang = site.name.choose(locale)
                choices += options([(f"site:{site.id}", text)], name, lang)
    return choices


def _values(form: DemandForm) -> dict[str, Any]:
    return {field.name: field.data for field in form if field.data}
