"""What the refusals of waiting lists and reports say to a person (see `booking.web.texts`). Knows codes; no page and no rule."""

from __future__ import annotations

from booking.i18n import LazyText
from booking.i18n import lazy_gettext as _

AFTERWARDS_TEXTS: dict[str, LazyText] = {
    "slot_is_free": _("This time is free, so you need not wait for it: ask for the room."),
    "too_many_waiting": _(
        "An association can wait for at most %(limit)s times. Give up a place that you no longer need."
    ),
    "report_text_required": _("Write what is wrong, and where."),
    "answer_required": _("Write an answer. Whoever reported this will read it."),
    "already_answered": _(
        "Somebody has answered this report meanwhile. Look at the answer: what you wrote was not sent."
    ),
}
