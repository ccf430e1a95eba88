"""The form in which a series is decided: all dates at once, or each by itself. Knows labels and what was typed; no right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from werkzeug.datastructures import MultiDict

from booking.domain.bookings import Action
from booking.i18n import lazy_gettext as _
from booking.models import DecisionTemplate
from booking.web.deciding_forms import DecideForm
from booking.web.fields import RadiosField, Required, options
from booking.web.texts import text_of

Choice = Literal["approve", "reject", "leave"]
CHOICES: tuple[Choice, ...] = ("approve", "reject", "leave")
CHOICE_WORDS = {
    "approve": _("Approve"),
    "reject": _("Reject"),
    "leave": _("Leave undecided"),
}
_DATE = "date-"  # and the booking's id: what becomes of it


class DecideSeriesForm(DecideForm):
    """A decision on the version of the series that was seen. Each date has a choice of its own, which counts with `each` only."""

    decision = RadiosField(
        _("What do you decide?"),
        [Required(_("Choose what you decide."))],
        choices=options(
            (
                ("approve", _("Approve all dates")),
                ("conditional", _("Approve all dates on a condition")),
                ("reject", _("Reject all dates")),
                ("each", _("Date by date, as chosen in the list above")),
            )
        ),
    )

    chosen: Mapping[int, Choice] = {}

    def choose(
        self, ids: Sequence[int], typed: MultiDict[str, str], at_first: Mapping[int, Choice]
    ) -> None:
        """Take what was chosen for each date; what was not sent, or can't be a choice, is as it was shown at first."""
        self.chosen = {}
        for booking_id in ids:
            said = typed.get(f"{_DATE}{booking_id}")
            known = next((choice for choice in CHOICES if choice == said), None)
            self.chosen = {**self.chosen, booking_id: known or at_first[booking_id]}

    def offer(self, templates: Sequence[DecisionTemplate], has_begun: bool) -> None:
        """Set the choices: the unit's templates. `has_begun` narrows nothing: each date says so itself."""
        super().offer(templates, False)

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields, and that a rejected date has its reason."""
        is_valid = bool(super().validate(extra_validators))
        if self.decision.data != "each":
            return is_valid
        if not self.actions:
            self.decision.errors = [text_of("nothing_decided")]
            return False
        rejects = "reject" in self.actions.values()
        if rejects and not (self.reason_template.data or self.reason.data):
            self.reason.errors = [text_of("reason_required")]
            return False
        return is_valid

    @property
    def approves(self) -> bool:
        """Whether no date is rejected, so that what is written is a message."""
        return self.decision.data in ("approve", "conditional") or (
            self.decision.data == "each" and "reject" not in self.actions.values()
        )

    @property
    def actions(self) -> dict[int, Action]:
        """What is decided, by the booking's id; who is left undecided is not in it."""
        if self.decision.data == "each":
            return {
                one: "approve" if said == "approve" else "reject"
                for one, said in self.chosen.items()
                if said != "leave"
            }
        action: Action = "reject" if self.decision.data == "reject" else "approve"
        return dict.fromkeys(self.chosen, action)
