"""The forms that say which floor a room is made of: divide, join, make of others. Knows fields; no rule, no right."""

from __future__ import annotations

from wtforms import Form, HiddenField
from wtforms.validators import Optional

from booking.i18n import lazy_gettext as _
from booking.web.edit_forms import VersionedForm
from booking.web.faults import ids_in
from booking.web.fields import AtMost, LineField, LinesField, TicksField
from booking.web.once import OnceForm


class CancelsForm(Form):
    """Bookings in the way to be cancelled in the same act, and why. Which ones may be, the service knows."""

    reason = LinesField(_("Reason for cancelling"), [Optional(), AtMost(2000)])

    chosen: frozenset[int] = frozenset()  # ids of the bookings ticked

    def choose(self, typed: list[str]) -> None:
        """Take the ticks that came with the form."""
        self.chosen = ids_in(" ".join(typed))


class DivideForm(OnceForm):
    """The names of the parts that a space is divided into, and the name that the space was seen to have."""

    seen = HiddenField()
    names = LinesField(_("Names of the parts, each on a line of its own"))

    @property
    def parts(self) -> list[str]:
        """The names, without empty lines."""
        return [line for line in (self.names.data or "").split("\n") if line.strip()]


class JoinForm(CancelsForm):
    """The spaces to make one of, and its name."""

    spaces = TicksField(_("Which spaces become one?"), choices=[])
    names = LineField(_("Name of the joined space"))

    @property
    def space_ids(self) -> list[int]:
        """The spaces ticked. Only what was offered passes `validate`."""
        return [int(one) for one in self.spaces.data or ()]


class MadeOfForm(CancelsForm, VersionedForm):
    """The spaces that a room is made of."""

    spaces = TicksField(_("What is the room made of?"), choices=[])

    @property
    def space_ids(self) -> list[int]:
        """The spaces ticked. Only what was offered passes `validate`."""
        return [int(one) for one in self.spaces.data or ()]
