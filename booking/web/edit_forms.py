"""Pieces that the forms of the catalogue's keepers share: texts in three languages, lengths of time, the version seen.

Knows WTForms; no room, no unit, no rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import Form, HiddenField

from booking.domain.texts import LocalText
from booking.i18n import LazyText
from booking.i18n import lazy_gettext as _
from booking.web import words
from booking.web.fields import ChoiceField, LineField, LinesField, Required, options
from booking.web.texts import TEXTS

LANGUAGES = ("fi", "sv", "en")
_IN_FINNISH = _("In Finnish")
_IN_SWEDISH = _("In Swedish (optional)")
_IN_ENGLISH = _("In English (optional)")


def lines() -> tuple[LineField, LineField, LineField]:
    """Three fields for a short text in three languages, to be named `…_fi`, `…_sv`, `…_en`."""
    return LineField(_IN_FINNISH), LineField(_IN_SWEDISH), LineField(_IN_ENGLISH)


def paragraphs() -> tuple[LinesField, LinesField, LinesField]:
    """Three fields for a long text in three languages."""
    return LinesField(_IN_FINNISH), LinesField(_IN_SWEDISH), LinesField(_IN_ENGLISH)


def text_in(form: Form, name: str) -> LocalText | None:
    """What was written into the three fields of `name`; None if nothing."""
    fi, sv, en = (form[f"{name}_{lang}"].data for lang in LANGUAGES)
    return LocalText(fi or "", sv, en) if fi or sv or en else None


def typed_texts(name: str, text: LocalText | None) -> dict[str, str | None]:
    """The three fields of `name` as they stand before anybody types."""
    return {f"{name}_{lang}": getattr(text, lang, None) for lang in LANGUAGES}


class LengthField(ChoiceField):
    """A length of time, of a few sensible ones; the exact one that the room has is always among them. Data: a number's digits."""

    def __init__(
        self, label: LazyText, offered: Sequence[int], none: LazyText | None = None, **more: Any
    ) -> None:
        super().__init__(label, [Required(TEXTS["bad_choice"])], choices=[], **more)
        self._offered, self._none = offered, none

    def offer(self, current: int, minutes_each: int) -> None:
        """Set the choices, `current` among them; a number stands for that many times `minutes_each`."""
        self.choices = options(
            (
                str(number),
                self._none
                if number == 0 and self._none is not None
                else words.duration(number * minutes_each),
            )
            for number in sorted({*self._offered, current})
        )


class VersionedForm(Form):
    """What is sent with the version that was seen."""

    version = HiddenField()

    @property
    def seen(self) -> int:
        """The version that was seen; what can't be one is older than all."""
        typed = self.version.data or ""
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
