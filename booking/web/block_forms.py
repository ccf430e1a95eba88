"""The form of a block that may come again every week. Knows fields and wall time; no room, no right."""

from __future__ import annotations

from datetime import timedelta

from wtforms.validators import Optional

from booking.domain.local_time import instant
from booking.errors import InvalidInput
from booking.i18n import lazy_gettext as _
from booking.services.blocks import MOST_AT_ONCE
from booking.web.fields import DayField
from booking.web.forms import BlockForm
from booking.web.once import OnceForm
from booking.web.texts import text_of
from calendars.period import Period

_WEEK = timedelta(days=7)


class WeeklyBlockForm(OnceForm, BlockForm):
    """A block, once or every week until a day; `periods` is set by `validate`, one for each date, by start."""

    until = DayField(_("Every week until (optional)"), [Optional()])

    periods: tuple[Period, ...] = ()

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields; every date must have both its times, and there are at most MOST_AT_ONCE of them."""
        is_valid = super().validate(extra_validators)
        if not is_valid or self.period is None:
            return False
        if self.until.data is None:
            self.periods = (self.period,)
            return True
        weeks = (self.until.data - self.day.data).days // 7 + 1
        if weeks < 1:
            self.until.errors = [text_of("end_before_start")]
        elif weeks > MOST_AT_ONCE:
            self.until.errors = [text_of("too_many_dates", limit=MOST_AT_ONCE)]
        else:
            try:
                self.periods = tuple(self._in_week(n) for n in range(weeks))
            except InvalidInput as error:
                self.starts.errors = [text_of(error.code)]
        return bool(self.periods)

    def _in_week(self, number: int) -> Period:
        """The block `number` weeks later, by the clock on the wall; in a doubled hour the wider one counts."""
        day, last_day = self.day.data, self.last_day.data or self.day.data
        start = instant(day + number * _WEEK, self.starts.data, 0)
        return Period(start, instant(last_day + number * _WEEK, self.ends.data, 1))
