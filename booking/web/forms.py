"""The forms of the pages: what is asked, and how wall time becomes instants. Knows labels and fields; no room, no right.

CSRF is checked for every POST by `booking.web.security`, so these are plain WTForms. What is not a field here is never read.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from wtforms import BooleanField, Form, HiddenField, PasswordField, StringField
from wtforms.validators import Optional

from booking.domain.local_time import instant
from booking.domain.rooms import FEATURES
from booking.errors import InvalidInput
from booking.i18n import lazy_gettext as _
from booking.web import words
from booking.web.fields import (
    NEEDED_DAY,
    NEEDED_END,
    NEEDED_PEOPLE,
    NEEDED_START,
    AcceptField,
    AtMost,
    CountField,
    DayField,
    KeyField,
    LineField,
    LinesField,
    RadiosField,
    Required,
    RowChoiceField,
    TicksField,
    TimeField,
    options,
)
from booking.web.texts import text_of
from calendars.period import Period

WHICH_HOUR = [("0", _("The first time, summer time")), ("1", _("The second time, standard time"))]
_FEATURE_CHOICES = options((code, words.FEATURES[code]) for code in FEATURES)


def names_of(form: type[Form]) -> frozenset[str]:
    """The names of a form's fields: what else comes with it is somebody else's."""
    return frozenset(field.name for field in form())


class SlotForm(Form):
    """A stretch of time on one day; `period` is set by `validate`."""

    day = DayField(_("Day"), [Required(NEEDED_DAY)])
    starts = TimeField(_("Starts at"), [Required(NEEDED_START)])
    ends = TimeField(_("Ends at"), [Required(NEEDED_END)])
    # Asked only on the night when the clocks are put back; see `asks_which_hour`.
    starts_fold = RadiosField(
        _("Which of the two hours does it start in?"), [Optional()], choices=options(WHICH_HOUR)
    )
    ends_fold = RadiosField(
        _("Which of the two hours does it end in?"), [Optional()], choices=options(WHICH_HOUR)
    )

    period: Period | None = None
    asks_which_hour: frozenset[str] = frozenset()  # names among "starts_fold", "ends_fold"

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields, and that start and end are instants in order."""
        is_valid = bool(super().validate(extra_validators))
        day, starts, ends = self.day.data, self.starts.data, self.ends.data
        if day is None or starts is None or ends is None:
            return False
        first = self._instant(day, starts, self.starts, self.starts_fold)
        # "0.00" as an end is the midnight that ends the day.
        last_day = day if ends != time(0) else day + timedelta(days=1)
        last = self._instant(last_day, ends, self.ends, self.ends_fold)
        if first is None or last is None:
            return False
        if last <= first:
            self.ends.errors = [text_of("end_before_start")]
            return False
        self.period = Period(first, last)
        return is_valid

    def _instant(
        self, day: date, at: time, field: TimeField, which: RadiosField
    ) -> datetime | None:
        fold = int(which.data) if which.data in {"0", "1"} else None
        try:
            return instant(day, at, fold)
        except InvalidInput as error:
            asking = error.code == "doubled_hour"
            (which if asking else field).errors = [text_of(error.code)]
            if asking:
                self.asks_which_hour |= {which.name}
            return None


class WishFields(Form):
    """What is asked for a booking but when: where, what for, for whom."""

    room = RowChoiceField(_("Room"), [Required(_("Choose a room."))])
    organisation = RowChoiceField(
        _("In whose name"), [Required(_("Choose the association that you book for."))]
    )
    title = LineField(
        _("Name of the occasion"), [Required(_("Enter a name for the occasion.")), AtMost(200)]
    )
    activity = RadiosField(
        _("What for"),
        [Required(_("Choose what the room is for."))],
        choices=options(words.ACTIVITY_CHOICES),
    )
    people = CountField(_("How many people"), [Required(NEEDED_PEOPLE)])
    needed_features = TicksField(_("Access needs (optional)"), choices=_FEATURE_CHOICES)
    needs = LinesField(_("More about access needs (optional)"), [AtMost(2000)])
    terms = AcceptField(_("I have read the rules of use and accept them"))
    is_public = BooleanField(_("Show the name of the occasion to everyone"))
    key = KeyField()


class BookingForm(SlotForm, WishFields):
    """All that is asked for a booking, on one page."""

    has_organisations = True  # False: there is nobody in whose name the reader may ask


class CancelForm(Form):
    """Calling a booking off, with the version that was seen."""

    version = HiddenField()
    reason = LinesField(_("Reason (optional)"), [AtMost(2000)])


class AcceptTermsForm(Form):
    """A yes to rules of use that were changed, with the versions of the booking and of the rules that were seen."""

    version = HiddenField()
    terms_version = HiddenField()


class BlockForm(Form):
    """Time a unit keeps for itself: from a time of one day to a time of the same or another."""

    day = DayField(_("First day"), [Required(NEEDED_DAY)])
    starts = TimeField(_("Starts at"), [Required(NEEDED_START)])
    last_day = DayField(_("Last day (if another)"), [Optional()])
    ends = TimeField(_("Ends at"), [Required(NEEDED_END)])
    reason = LineField(
        _("Reason, for staff"), [Required(_("Write why the room can't be booked.")), AtMost(300)]
    )

    period: Period | None = None

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields, and that start and end are instants in order; the wider hour counts when one comes twice."""
        is_valid = bool(super().validate(extra_validators))
        day, starts, ends = self.day.data, self.starts.data, self.ends.data
        if not is_valid or day is None or starts is None or ends is None:
            return False
        edges: list[datetime] = []
        for on, at, field, fold in (
            (day, starts, self.starts, 0),
            (self.last_day.data or day, ends, self.ends, 1),
        ):
            try:
                edges.append(instant(on, at, fold))
            except InvalidInput as error:
                field.errors = [text_of(error.code)]
        if len(edges) < 2:
            return False
        if edges[1] <= edges[0]:
            self.ends.errors = [text_of("end_before_start")]
            return False
        self.period = Period(*edges)
        return True


class SignInForm(Form):
    """Who signs in, and where they wanted to go. The page has another form above it, so the fields bear ids of their own."""

    email = StringField(
        _("E-mail address"), [Required(_("Enter your e-mail address."))], id="password-email"
    )
    password = PasswordField(_("Password"), [Required(_("Enter your password."))])
    next = HiddenField(id="password-next")
