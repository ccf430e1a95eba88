"""The forms of the searches: one time, and the same time every week. Sent by GET, so that an answer has an address.

Knows labels and fields; no room. What is not a field here is never read.
"""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from wtforms import BooleanField, Form
from wtforms.validators import Optional

from booking.domain.bookings import Wish
from booking.domain.local_time import YEARS
from booking.domain.rooms import FEATURES
from booking.i18n import current_locale, gettext
from booking.i18n import lazy_gettext as _
from booking.queries.availability import Wanted
from booking.queries.catalogue import Catalogue
from booking.queries.next_free import LONGEST_SEASON
from booking.web import words
from booking.web.fields import (
    NEEDED_DAY,
    NEEDED_END,
    NEEDED_START,
    ChoiceField,
    CountField,
    DayField,
    NumberField,
    Required,
    TicksField,
    TimeField,
    options,
)
from booking.web.forms import SlotForm
from booking.web.texts import text_of
from calendars.period import Period

_FEATURE_CHOICES = options((code, words.FEATURES[code]) for code in FEATURES)
SHORTEST_SEASON = 2  # weeks; once is the other search


class PlaceFields(Form):
    """Where: filled with the catalogue's choices by `offer_places`."""

    region = ChoiceField(_("Region"), [Optional()])
    municipality = ChoiceField(_("Municipality"), [Optional()])

    def offer_places(self, rooms: Catalogue) -> None:
        """Offer the regions and municipalities there are, by their names in the reader's language."""
        locale = current_locale()
        regions = [(key, name.choose(locale)[0]) for key, name in rooms.regions.items()]
        towns = [(key, name.choose(locale)[0]) for key, name in rooms.municipalities.items()]
        self.region.choices = options([("", gettext("All regions")), *regions])
        self.municipality.choices = options([("", gettext("The whole county")), *towns])


class RoomFields(PlaceFields):
    """What is asked of a room, whatever the time."""

    people = CountField(_("How many people"), [Optional()])
    activity = ChoiceField(
        _("What for"), choices=options(words.ACTIVITY_CHOICES), default="meeting"
    )
    hybrid = BooleanField(_("People can take part remotely"))
    features = TicksField(_("What must be in the room"), choices=_FEATURE_CHOICES)

    @property
    def needed(self) -> list[str]:
        """The features asked for, in the county's order."""
        return [code for code in FEATURES if code in (self.features.data or ())]

    @property
    def carried(self) -> dict[str, Any]:
        """What a link to the booking form takes along besides the time."""
        values = {
            "people": self.people.data,
            "activity": self.activity.data,
            "needed_features": self.needed,
        }
        return {name: value for name, value in values.items() if value}

    def wanted(self, period: Period) -> Wanted:
        """What the search asks for; the form has been validated."""
        return Wanted(
            Wish(period, self.activity.data, self.people.data or 1),
            self.municipality.data or None,
            None,
            frozenset(self.needed),
            self.region.data or None,
            bool(self.hybrid.data),
        )


class SearchForm(SlotForm, RoomFields):
    """What a search for one time asks for."""


class SeasonForm(RoomFields):
    """What a search for the same time every week asks for; `count` is set by `validate`."""

    day = DayField(_("First day"), [Required(NEEDED_DAY)])
    starts = TimeField(_("Starts at"), [Required(NEEDED_START)])
    ends = TimeField(_("Ends at"), [Required(NEEDED_END)])
    weeks = NumberField(
        _("How many weeks"), [Optional()], lowest=SHORTEST_SEASON, highest=LONGEST_SEASON
    )
    last_day = DayField(_("Or: last day"), [Optional()])

    count = 0  # how many dates

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields, that the end is after the start, and that one of the two says how often."""
        is_valid = bool(super().validate(extra_validators))
        starts, ends = self.starts.data, self.ends.data
        # "0.00" as an end is the midnight that ends the day.
        if starts is not None and ends is not None and time(0) != ends <= starts:
            self.ends.errors = [text_of("end_before_start")]
            is_valid = False
        return self._counts() and is_valid

    def _counts(self) -> bool:
        day, last, weeks = self.day.data, self.last_day.data, self.weeks.data
        if self.weeks.errors or self.last_day.errors or day is None:
            return False
        if last is None and weeks is None:
            self.weeks.errors = [str(_("Enter how many weeks, or the last day."))]
            return False
        by_days = None if last is None else (last - day).days // 7 + 1
        if weeks is not None and by_days is not None and weeks != by_days:
            self.last_day.errors = [
                gettext(
                    "By the last day it would be %(weeks)s weeks. Leave one of the two empty.",
                    weeks=max(by_days, 0),
                )
            ]
            return False
        count = weeks or by_days or 0
        if not SHORTEST_SEASON <= count <= LONGEST_SEASON:
            self.last_day.errors = [
                gettext(
                    "Choose a last day %(fewest)s to %(most)s weeks after the first day.",
                    fewest=SHORTEST_SEASON - 1,
                    most=LONGEST_SEASON - 1,
                )
            ]
            return False
        if (day + timedelta(weeks=count)).year not in YEARS:
            self.day.errors = [text_of("bad_date")]
            return False
        self.count = count
        return True
