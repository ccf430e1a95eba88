"""In whose name staff ask for a room: an association found by a part of its name or number. Knows the field and its choices.

A list of all four thousand would be long to read, and takes longer to send than the rest of the page. The button that finds is
one of the form itself, so that everything typed comes along, with scripts or without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from booking.domain.access import Actor
from booking.i18n import gettext
from booking.i18n import lazy_gettext as _
from booking.queries.organisations import chosen_organisation, search_organisations
from booking.web.fields import AtMost, LineField, Required, RowRadiosField, options
from booking.web.forms import BookingForm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from booking.models import Organisation

_SHOWN = 10
_LONGEST = 200  # signs


def asks_on_behalf(asking: Actor) -> bool:
    """Whether the reader asks in the name of any association: staff who decide, the coordinator, an administrator."""
    return asking.is_admin or asking.is_coordinator or bool(asking.approver_units)


class OnBehalfForm(BookingForm):
    """The booking form of staff. `found` says what came of the search; "" while nothing was searched for."""

    find = LineField(_("Find the association"), [AtMost(_LONGEST)])
    organisation = RowRadiosField(
        _("In whose name"), [Required(_("Choose the association that you book for."))], choices=[]
    )

    found = ""

    def offer(self, session: Session, own: Iterable[Organisation], is_search: bool) -> None:
        """Set the choices: the reader's own associations, the one chosen before, and those that the search finds."""
        offered = {row.id: row.name for row in own}
        chosen = chosen_organisation(session, self.organisation.data)
        if chosen is not None:
            offered[chosen.id] = chosen.name
        text = (self.find.data or "")[:_LONGEST]
        rows = search_organisations(session, text, _SHOWN + 1) if text else []
        offered |= {row.id: row.name for row in rows[:_SHOWN]}
        self.organisation.choices = options((str(row_id), name) for row_id, name in offered.items())
        if is_search and not text:
            self.find.errors = [gettext("Write a part of the association's name, or its number.")]
        elif is_search and not rows:
            self.find.errors = [gettext("Nothing was found. Try a part of the name.")]
        elif is_search:
            self.found = gettext("Choose the association below.")
            if len(rows) > _SHOWN:
                self.found = gettext("There are more. Type more of the name.")
            elif len(rows) == 1:
                self.organisation.data = str(rows[0].id)

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields; that none is chosen is said where one is found, when there is nothing to choose from."""
        is_valid = super().validate(extra_validators)
        if self.organisation.errors and not self.organisation.choices:
            self.find.errors = [gettext("Find the association that you book for, and choose it.")]
            self.organisation.errors = []
        return is_valid
