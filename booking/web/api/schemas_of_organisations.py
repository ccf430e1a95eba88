"""What may be said of organisations: queries and bodies. Knows the domain's words; no row and no rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, validates_schema

from booking.domain.organisations import FIELDS, KINDS
from booking.domain.room_values import LONGEST_NAME
from booking.web.api.asked import Strict
from booking.web.api.fields import Choice, Code, Line
from booking.web.api.schemas import PageQuery

_KEY = {"description": "The municipality's key.", "examples": ["joensuu"]}
_NUMBER = {"description": "In any usual spelling; it is kept in one."}
_RESPONSIBLE = {"description": "Needed for an unregistered association: who answers for it."}


class OrganisationsQuery(PageQuery):
    """Which organisations a list shows."""

    q = Line(200, metadata={"description": "Words of the name, or the beginning of a number."})


class _Facts(Strict):
    y_tunnus = Line(40, allow_none=True, metadata={**_NUMBER, "examples": ["0927140-5"]})
    register_number = Line(40, allow_none=True, metadata={**_NUMBER, "examples": ["123.123"]})
    field = Choice(FIELDS, allow_none=True)
    municipality = Line(40, allow_none=True, metadata=_KEY)
    contact_email = Line(254, allow_none=True, metadata={"description": "Its shared mailbox."})
    responsible_name = Line(120, allow_none=True, metadata=_RESPONSIBLE)


class OrganisationBody(_Facts):
    """An organisation that is not there yet."""

    name = Line(LONGEST_NAME, required=True, metadata={"examples": ["Virta ry"]})
    kind = Choice(
        KINDS,
        required=True,
        metadata={"description": "All but the coordinator: association or unregistered."},
    )


class OrganisationEditBody(_Facts):
    """What changes; at least one field. `null` takes a value away."""

    name = Line(LONGEST_NAME)
    kind = Choice(KINDS)

    @validates_schema
    def _check_name(self, values: Mapping[str, Any], **_options: Any) -> None:
        if not values:
            raise ValidationError(Code("nothing_to_change"), "body")
        if values.get("name") == "":
            raise ValidationError(Code("required"), "name")
