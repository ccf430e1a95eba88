"""The forms of a room's pictures. Knows labels and fields; whether the bytes are a picture is the service's question."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import FileStorage
from wtforms import FileField, Form
from wtforms.validators import StopValidation

from booking.domain.texts import LocalText
from booking.i18n import lazy_gettext as _
from booking.services.images import LONGEST_ALT
from booking.services.pictures import MOST_BYTES
from booking.web.fields import AtMost, LineField, RadiosField, Required, options
from booking.web.once import OnceForm
from booking.web.texts import TEXTS, text_of

_KINDS = (("photo", _("Photo")), ("floor_plan", _("Floor plan")))


class _PictureChosen:
    """A validator: a file was chosen."""

    field_flags: dict[str, Any] = {}

    def __call__(self, form: Any, field: Any) -> None:
        """Raise StopValidation when none was: browsers then send one without a name."""
        sent = field.data
        if not isinstance(sent, FileStorage) or not sent.filename:
            raise StopValidation(text_of("image_required"))


class AltForm(Form):
    """What a picture shows, in words."""

    alt_fi = LineField(
        _("What the picture shows, in Finnish"),
        [Required(TEXTS["alt_required"]), AtMost(LONGEST_ALT)],
    )
    alt_sv = LineField(_("In Swedish (optional)"), [AtMost(LONGEST_ALT)])
    alt_en = LineField(_("In English (optional)"), [AtMost(LONGEST_ALT)])

    @property
    def alt(self) -> LocalText:
        """The text in its languages."""
        return LocalText(self.alt_fi.data or "", self.alt_sv.data, self.alt_en.data)


class AddImageForm(OnceForm, AltForm):
    """A picture to add, with its words."""

    image = FileField(_("The picture"), [_PictureChosen()])
    kind = RadiosField(
        _("What it is"),
        [Required(_("Choose whether it is a photo or a floor plan."))],
        choices=options(_KINDS),
        default="photo",
    )

    @property
    def content(self) -> bytes:
        """The bytes sent; one more than may be, where there are more."""
        sent: FileStorage = self.image.data
        return sent.stream.read(MOST_BYTES + 1)
