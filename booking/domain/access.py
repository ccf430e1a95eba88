"""Who may do what: the matrix of roles, as questions to an Actor. Pure; which rows an actor sees is said in `booking.queries`.

Source: DESIGN 3a, decided with the county's coordinator; the test `tests/web/test_matrix.py` holds every route to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Actor:
    """A person with rights resolved: units and organisations are ids. `may_write` is false behind a token of scope `read`."""

    person_id: int | None
    name: str = ""
    title: str | None = None
    email: str = ""
    locale: str = "fi"
    is_admin: bool = False
    is_coordinator: bool = False
    approver_units: frozenset[int] = frozenset()
    viewer_units: frozenset[int] = frozenset()
    organisations: Mapping[int, str] = field(default_factory=dict)
    may_write: bool = True

    @property
    def is_known(self) -> bool:
        """Whether somebody has signed in."""
        return self.person_id is not None

    @property
    def is_staff(self) -> bool:
        """Whether the actor works for the county in some role."""
        return (
            self.is_admin
            or self.is_coordinator
            or bool(self.approver_units)
            or bool(self.viewer_units)
        )

    @property
    def sees_all_bookings(self) -> bool:
        """Whether every booking is within sight."""
        return self.is_admin or self.is_coordinator

    def decides_for(self, unit_id: int) -> bool:
        """Approve, reject, and keep time for the unit itself."""
        return self.is_admin or unit_id in self.approver_units

    def sees_contact_of(self, unit_id: int, organisation_id: int) -> bool:
        """Whom to call about a booking, and what its people need."""
        return (
            self.sees_all_bookings
            or unit_id in self.approver_units
            or organisation_id in self.organisations
        )

    def asks_for(self, unit_id: int, organisation_id: int) -> bool:
        """Ask in an organisation's name: its own people, and staff on its behalf."""
        return (
            self.is_admin
            or self.is_coordinator
            or unit_id in self.approver_units
            or organisation_id in self.organisations
        )

    def changes(self, unit_id: int, organisation_id: int) -> bool:
        """Edit, move or cancel a booking: whoever may ask for it."""
        return self.asks_for(unit_id, organisation_id)


ANONYMOUS = Actor(person_id=None)
# Acts that nobody does: the audit names the service.
SERVICE = Actor(person_id=None, name="Yhteistila")
