"""The forms in which an administrator keeps the county's places. Knows labels and fields; no rule, no right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, Form, HiddenField

from booking.domain.texts import LocalText
from booking.i18n import LazyText
from booking.i18n import lazy_gettext as _
from booking.web.edit_forms import VersionedForm, lines, text_in
from booking.web.fields import ChoiceField, LineField, options


class NameForm(Form):
    """The name of a region or a division."""

    name_fi, name_sv, name_en = lines()

    @property
    def name(self) -> LocalText:
        """What was written; empty where nothing was."""
        return text_in(self, "name") or LocalText("")


class RegionForm(NameForm):
    """A new region: its name, and the word for it in addresses."""

    key = LineField(_("Short name for addresses"))


class MunicipalityForm(Form):
    """The region a municipality lies in, and whether somebody has made sure."""

    region_id = ChoiceField(_("Region"))
    is_checked = BooleanField(_("I have checked that this is right"))

    def offer(self, regions: Sequence[tuple[int, str]]) -> None:
        """Set the choices."""
        self.region_id.choices = _rows(regions, _("Not known yet"))

    @property
    def region(self) -> int | None:
        """The id of the region chosen."""
        return _row_id(self.region_id.data)


class PlaceForm(VersionedForm):
    """Where a unit lies: its municipality and its division."""

    municipality_id = ChoiceField(_("Municipality"))
    division_id = ChoiceField(_("Division"))

    def offer(
        self, municipalities: Sequence[tuple[int, str]], divisions: Sequence[tuple[int, str]]
    ) -> None:
        """Set the choices."""
        self.municipality_id.choices = _rows(municipalities, _("Choose one"))
        self.division_id.choices = _rows(divisions, _("None"))

    def values(self) -> dict[str, Any]:
        """What was chosen, by column."""
        names = ("municipality_id", "division_id")
        return {name: _row_id(self[name].data) for name in names}


class LendingForm(VersionedForm):
    """Whether a unit is to be open for booking."""

    open = HiddenField()


class NewUnitForm(PlaceForm):
    """A new unit: the rest is filled in on its own page."""

    name_fi, name_sv, name_en = lines()
    address = LineField(_("Street address"))

    def values(self) -> dict[str, Any]:
        """What was filled in, by column."""
        return {**super().values(), "name": text_in(self, "name"), "address": self.address.data}


def _rows(rows: Sequence[tuple[int, str]], none: LazyText) -> list[Any]:
    return options([("", none), *((str(row), name) for row, name in rows)])


def _row_id(chosen: str | None) -> int | None:
    # Only what was offered passes the field, so these are digits.
    return int(chosen) if chosen else None
