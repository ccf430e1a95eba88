"""What the refusals of series say to a person (see `booking.web.texts`). Knows codes; no page and no rule."""

from __future__ import annotations

from booking.i18n import LazyText
from booking.i18n import lazy_gettext as _

SERIES_TEXTS: dict[str, LazyText] = {
    "bad_interval": _("Enter in digits every how many weeks or months, from 1 to %(limit)s."),
    "weekday_required": _("Choose at least one weekday."),
    "series_needs_end": _("Enter either the last day or how many times, one of the two."),
    "series_too_long": _(
        "A series has at most %(limit)s dates. Choose an earlier last day, or fewer times."
    ),
    "series_empty": _(
        "There is no such day from the first day to the last. Choose a later last day, or other days."
    ),
    "unsupported_rrule": _(
        "This rule of repetition cannot be kept. Use FREQ=WEEKLY with BYDAY, or FREQ=MONTHLY with BYMONTHDAY or one "
        "numbered BYDAY, and UNTIL or COUNT; for other days make a series of each."
    ),
    "series_over": _(
        "From this day on the series has no date that can still change. Choose an earlier day."
    ),
    "before_change": _(
        "The first date that changes can be on %(day)s at the earliest. Choose a later day, or let an earlier date change too."
    ),
    "nothing_decided": _("Choose for at least one date what you decide."),
    "plan_changed": _(
        "Something has changed meanwhile, so other dates would change than you were shown. Look at the dates as they are now, "
        "and confirm again."
    ),
}
