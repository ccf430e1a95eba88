"""The forms of privacy and of feedback on these pages. Knows labels and fields; no person and no rule."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, Form, StringField

from booking.domain.retention import RULES
from booking.i18n import lazy_gettext as _
from booking.services.reports import LONGEST_TEXT
from booking.web.fields import AtMost, LinesField, NumberField, Required
from booking.web.privacy_words import RULE_TITLES
from booking.web.texts import TEXTS


class EraseForm(Form):
    """A tick that says that one means it."""

    sure = BooleanField(_("I want to erase my account for good"))


class FeedbackForm(Form):
    """What doesn't work on these pages, and where to send the answer."""

    text = LinesField(
        _("What does not work, and on which page?"),
        [Required(TEXTS["feedback_required"]), AtMost(LONGEST_TEXT)],
    )
    email = StringField(_("E-mail address for the answer (optional)"))


class RetentionForm(Form):
    """Days by rule; the fields are made of the rules, below."""

    def days(self) -> dict[str, int]:
        """What was typed; call after `validate`."""
        return {rule.key: self[rule.key].data for rule in RULES}


def _days_field(key: str, lowest: int, highest: int) -> Any:
    needed = Required(_("Enter how many days."))
    return NumberField(RULE_TITLES[key], [needed], lowest=lowest, highest=highest)


for _rule in RULES:
    setattr(RetentionForm, _rule.key, _days_field(_rule.key, _rule.shortest, _rule.longest))
