"""The booking form of who isn't known yet, and of who books for an association that isn't. Knows labels and fields; no rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wtforms import HiddenField
from wtforms.validators import Optional

from booking.domain.organisations import ASKABLE_KINDS, FIELDS
from booking.errors import Refusal
from booking.i18n import lazy_gettext as _
from booking.web import words
from booking.web.fields import AtMost, ChoiceField, LineField, RadiosField, Required, options
from booking.web.forms import BookingForm, names_of
from booking.web.texts import text_of

_FIELD_CHOICES = [("", _("Not chosen")), *((code, words.FIELDS[code]) for code in FIELDS)]
# Fields of the page that bear other names than the organisation's columns.
_PREFIX = "org_"


class StrangerForm(BookingForm):
    """What nobody known fills in: all of the booking, and who they are. The association follows once the address is confirmed."""

    organisation = None  # type: ignore[assignment]  # how WTForms leaves out a field of the class below
    email = LineField(_("Your e-mail address"), [Required(_("Enter your e-mail address."))])
    own_name = LineField(_("Your name"), [Required(_("Enter your name.")), AtMost(120)])


class NewcomerForm(BookingForm):
    """What somebody known fills in whose association is not: all of the booking, and the association itself."""

    organisation = None  # type: ignore[assignment]  # as above
    org_name = LineField(
        _("Name of the association"), [Required(_("Enter the name of the association."))]
    )
    org_kind = RadiosField(
        _("What kind of association"),
        [Required(_("Choose what kind of association it is."))],
        choices=options((code, words.ORGANISATION_KINDS[code]) for code in ASKABLE_KINDS),
    )
    org_y_tunnus = LineField(_("Business ID (optional)"), [AtMost(40)])
    org_register_number = LineField(
        _("Number in the register of associations (optional)"), [AtMost(40)]
    )
    org_municipality_id = ChoiceField(_("Municipality (optional)"), [Optional()], choices=[])
    org_field = ChoiceField(_("Field (optional)"), [Optional()], choices=options(_FIELD_CHOICES))
    org_responsible_name = LineField(
        _("Responsible person of an unregistered association"), [AtMost(120)]
    )
    # "3" for who comes from the first two steps; it changes nothing but what the page says.
    step = HiddenField()

    def offer(self, municipalities: Sequence[tuple[int, str]], kinds: Iterable[str]) -> None:
        """Set the choices."""
        named = [(str(row_id), name) for row_id, name in municipalities]
        self.org_municipality_id.choices = options([("", _("Not chosen")), *named])
        self.org_kind.choices = options((code, words.ORGANISATION_KINDS[code]) for code in kinds)

    def values(self) -> dict[str, Any]:
        """The association by column. Call after `validate` has said yes."""
        texts = ("name", "kind", "y_tunnus", "register_number", "responsible_name")
        return {
            **{name: self[_PREFIX + name].data for name in texts},
            "field": self.org_field.data or None,
            "municipality_id": int(self.org_municipality_id.data or 0) or None,
            "contact_email": None,
        }

    def tell(self, faults: Iterable[Refusal]) -> list[str]:
        """Put each fault at its field; the texts of those without one are returned."""
        left = []
        for fault in faults:
            field, text = (
                self._fields.get(_PREFIX + fault.field),
                text_of(fault.code, **fault.params),
            )
            if field is None:
                left.append(text)
            else:
                field.errors = [*field.errors, text]
        return left

    @property
    def is_booking_open(self) -> bool:
        """Whether what was filled in of the booking must be in sight: it came without the steps before, or something is wrong."""
        ours = names_of(BookingForm)
        return self.step.data != "3" or any(name in ours for name in self.errors)


ALL_NAMES = sorted(names_of(BookingForm) | names_of(StrangerForm) | names_of(NewcomerForm))
# What is kept through a sign-in; to whom the mail goes is kept with it anyway.
KEPT_NAMES = [name for name in ALL_NAMES if name != "email"]
