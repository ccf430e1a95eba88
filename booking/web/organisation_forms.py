"""The forms in which people and staff keep associations and who acts for them. Knows labels and fields; no rule, no right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

from wtforms import BooleanField, Form
from wtforms.validators import Optional

from booking.domain.organisations import AGREEMENT_KINDS, FIELDS
from booking.i18n import LazyText
from booking.i18n import lazy_gettext as _
from booking.models import Agreement, Organisation
from booking.queries.organisations import OrganisationFilter
from booking.web import words
from booking.web.edit_forms import VersionedForm
from booking.web.fields import (
    NEEDED_DAY,
    AtMost,
    ChoiceField,
    DayField,
    LineField,
    LinesField,
    RadiosField,
    Required,
    options,
)
from booking.web.once import OnceForm

_NEEDED_EMAIL = _("Enter an e-mail address, for example name@example.fi.")
_FIELD_CHOICES = [("", _("Not chosen")), *((code, words.FIELDS[code]) for code in FIELDS)]
_ROLE_CHOICES = (
    ("booker", _("Booker: books rooms in the association's name")),
    ("owner", _("Owner: also keeps the association's details and invites others")),
)


class _OrganisationForm(Form):
    kind = RadiosField(_("What is it"), [Required(_("Choose what it is."))], choices=[])
    name = LineField(_("Name"), [Required(_("Enter the name of the association."))])
    y_tunnus = LineField(_("Business ID (optional)"))
    register_number = LineField(_("Number in the register of associations (optional)"))
    responsible_name = LineField(_("Responsible person"))
    field = ChoiceField(_("Field (optional)"), [Optional()], choices=options(_FIELD_CHOICES))
    municipality_id = ChoiceField(_("Municipality (optional)"), [Optional()], choices=[])
    contact_email = LineField(_("Shared e-mail address of the association (optional)"))

    def offer(self, kinds: Iterable[str], municipalities: Sequence[tuple[int, str]]) -> None:
        """Set the choices."""
        self.kind.choices = options((code, words.ORGANISATION_KINDS[code]) for code in kinds)
        self.municipality_id.choices = _places(municipalities, _("Not chosen"))

    def values(self) -> dict[str, Any]:
        """What was filled in, by column. Call after `validate` has said yes."""
        plain = ("kind", "name", "y_tunnus", "register_number", "responsible_name", "contact_email")
        return {
            **{name: self[name].data for name in plain},
            "field": self.field.data or None,
            "municipality_id": int(self.municipality_id.data or 0) or None,
        }


class NewOrganisationForm(_OrganisationForm, OnceForm):
    """An association that is not here yet."""


class EditOrganisationForm(_OrganisationForm, VersionedForm):
    """What an association says of itself."""

    @classmethod
    def of(cls, row: Organisation) -> Self:
        """The form as the organisation is."""
        names = ("kind", "name", "y_tunnus", "register_number", "responsible_name")
        typed = {name: getattr(row, name) for name in (*names, "contact_email")}
        town = "" if row.municipality_id is None else str(row.municipality_id)
        return cls(
            data={
                **typed,
                "field": row.field or "",
                "municipality_id": town,
                "version": str(row.version),
            }
        )


class FilterForm(Form):
    """Which associations a list shows. What can't be understood narrows nothing."""

    q = LineField(_("Name or number"))
    unverified = BooleanField(_("Not verified"))
    at_rest = BooleanField(_("At rest"))
    field = ChoiceField(_("Field"), choices=[])
    municipality = ChoiceField(_("Municipality"), choices=[])

    def offer(self, municipalities: Sequence[tuple[int, str]]) -> None:
        """Set the choices."""
        fields = ((code, words.FIELDS[code]) for code in FIELDS)
        self.field.choices = options([("", _("All fields")), *fields])
        self.municipality.choices = _places(municipalities, _("The whole county"))

    def wanted(self) -> OrganisationFilter:
        """What was asked for. Call after `validate`."""
        return OrganisationFilter(
            text=(self.q.data or "")[:200],
            unverified=self.unverified.data,
            at_rest=self.at_rest.data,
            field=None if self.field.errors else self.field.data or None,
            municipality_id=None
            if self.municipality.errors
            else int(self.municipality.data or 0) or None,
        )

    def kept(self) -> dict[str, str]:
        """The same as parameters of an address."""
        given = {name: self[name].data for name in ("q", "field", "municipality")}
        ticked = {name: "y" for name in ("unverified", "at_rest") if self[name].data}
        return {name: value for name, value in given.items() if value} | ticked


class SearchForm(Form):
    """Another association to be found."""

    q = LineField(_("Name or number of the other one"))


class InviteForm(OnceForm):
    """Whom to invite, and as what."""

    email = LineField(_("E-mail address"), [Required(_NEEDED_EMAIL)])
    role = RadiosField(
        _("As what"),
        [Required(_("Choose what they may do."))],
        choices=options(_ROLE_CHOICES),
        default="booker",
    )


class HandOverForm(OnceForm):
    """Who becomes the contact person."""

    email = LineField(_("E-mail address of the new contact person"), [Required(_NEEDED_EMAIL)])


class AcceptForm(Form):
    """Somebody new accepts an invitation."""

    name = LineField(_("Your name"), [Required(_("Enter your name.")), AtMost(120)])


class ReasonForm(Form):
    """Why an association is put to rest, or woken."""

    reason = LinesField(
        _("Reason"), [Required(_("Write a reason. The association will read it.")), AtMost(2000)]
    )


class MergeForm(Form):
    """Which of two associations stays."""

    kept = RadiosField(_("Which one stays?"), [Required(_("Choose which one stays."))], choices=[])


class AgreementForm(OnceForm):
    """An agreement with an association."""

    kind = RadiosField(
        _("What kind of agreement"),
        [Required(_("Choose what kind of agreement it is."))],
        choices=options((code, words.AGREEMENT_KINDS[code]) for code in AGREEMENT_KINDS),
    )
    valid_from = DayField(_("Valid from"), [Required(NEEDED_DAY)])
    valid_until = DayField(_("Valid until (optional)"), [Optional()])
    file_number = LineField(_("File number (optional)"))

    @classmethod
    def of(cls, row: Agreement) -> Self:
        """The form as the agreement is."""
        return cls(
            data={
                name: getattr(row, name)
                for name in ("kind", "valid_from", "valid_until", "file_number")
            }
        )

    def values(self) -> dict[str, Any]:
        """What was filled in. Call after `validate` has said yes."""
        return {
            name: self[name].data for name in ("kind", "valid_from", "valid_until", "file_number")
        }


def _places(municipalities: Sequence[tuple[int, str]], nowhere: LazyText) -> list[Any]:
    return options([("", nowhere), *((str(row_id), name) for row_id, name in municipalities)])
