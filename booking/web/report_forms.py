"""The forms of reports and their answers. Knows labels and fields; no room, no right."""

from __future__ import annotations

from booking.i18n import lazy_gettext as _
from booking.services.reports import KIND_WORDS, LONGEST_TEXT, OF_ROOMS
from booking.web.fields import AtMost, LinesField, RadiosField, Required, options
from booking.web.once import OnceForm
from booking.web.texts import TEXTS


class ReportForm(OnceForm):
    """What is wrong with a room."""

    kind = RadiosField(
        _("What is it about?"),
        [Required(_("Choose what it is about."))],
        choices=options((kind, KIND_WORDS[kind]) for kind in OF_ROOMS),
    )
    text = LinesField(
        _("What is wrong, and where?"),
        [Required(TEXTS["report_text_required"]), AtMost(LONGEST_TEXT)],
    )


class AnswerForm(OnceForm):
    """What has been done about it."""

    answer = LinesField(_("Answer"), [Required(TEXTS["answer_required"]), AtMost(LONGEST_TEXT)])
