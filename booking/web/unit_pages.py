"""What the pages on which units are kept share: the reader's own unit, a form's answer, and why it could not be saved.

Knows forms and their answers; what may be changed, and what a change would break, is the services' question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Response, flash, make_response, redirect, render_template
from flask.typing import ResponseReturnValue

from booking.errors import BookingError, BreaksBookings, InvalidValues, Stale
from booking.models import AuditEntry, Unit
from booking.queries.units import Names, names_of_places, unit_saved_since
from booking.queries.upkeep import own_unit
from booking.web import edge
from booking.web.edit_forms import VersionedForm
from booking.web.errors import status_of
from booking.web.faults import broken_shown, place_faults, text_of_stale
from booking.web.reader import known_actor
from booking.web.room_words import Change
from booking.web.unit_forms import HoursForm
from booking.web.unit_words import changes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def own(unit_id: int) -> Unit:
    """The unit, if the reader keeps it. Raises SignInRequired, NotFound, Forbidden."""
    asking = known_actor()
    with edge.read() as session:
        return own_unit(session, unit_id, asking)


def told(entries: Sequence[AuditEntry], names: Names) -> list[tuple[AuditEntry, list[Change]]]:
    """Entries of a unit's history with what they changed, for `parts/edit.html`."""
    return [(entry, changes(entry, names)) for entry in entries]


@dataclass(frozen=True)
class FormPage:
    """A page with a form about a unit; `more` reads what its template needs besides, each time it is shown."""

    template: str
    unit: Unit
    more: Callable[[], Mapping[str, Any]] = dict

    def show(
        self, form: VersionedForm, status: int = 200, error: BookingError | None = None
    ) -> Response:
        """The page; after an error, with what was typed and what is wrong with it."""
        reasons, context = self._explained(form, error)
        page = render_template(
            self.template,
            unit=self.unit,
            form=form,
            reasons=reasons,
            failed=status >= 400,
            **context,
            **self.more(),
        )
        return make_response(page, status)

    def save(
        self, form: VersionedForm, work: Callable[[Session], object], done: str, back: str
    ) -> ResponseReturnValue:
        """Do `work` with what was filled in, say `done` and go `back`; or show the page again with what is wrong."""
        if not form.validate():
            return self.show(form, 422)
        return self.act(form, work, done, back)

    def act(
        self, form: VersionedForm, work: Callable[[Session], object], done: str, back: str
    ) -> ResponseReturnValue:
        """The same for what takes nothing from the form but its version: it is shown again if that is refused."""
        try:
            edge.write(work)
        except (InvalidValues, BreaksBookings, Stale) as error:
            return self.show(form, status_of(error), error)
        flash(done)
        return redirect(back, 303)

    def _explained(
        self, form: VersionedForm, error: BookingError | None
    ) -> tuple[list[str], dict[str, Any]]:
        """Put an error where it belongs on the form; the texts for its head, and what the template needs besides."""
        breaking = error if isinstance(error, BreaksBookings) else None
        context = {**broken_shown(breaking), "missed": ()}
        if isinstance(error, InvalidValues):
            is_week = isinstance(form, HoursForm)
            return form.place(error) if is_week else place_faults(form, error), context
        if isinstance(error, Stale):
            with edge.read() as session:
                fresh = own_unit(session, self.unit.id, known_actor())
                entries = unit_saved_since(session, fresh, form.seen)
                context["missed"] = told(entries, names_of_places(session))
            # Whoever saves again has seen what the others saved.
            form.version.data = str(fresh.version)
            return [text_of_stale(error)], context
        return [], context
