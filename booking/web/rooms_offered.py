"""The rooms that can be asked for, as a form offers them. Knows the catalogue and its names; no right."""

from __future__ import annotations

from wtforms.fields.choices import SelectChoice

from booking.domain.access import Actor
from booking.domain.rooms import RoomRules
from booking.i18n import current_locale
from booking.i18n import gettext as _
from booking.models import Booking
from booking.queries.catalogue import Catalogue
from booking.web.fields import options


def room_choices(rooms: Catalogue) -> list[SelectChoice]:
    """The rooms that are lent here, by municipality; an empty choice first."""
    locale = current_locale()
    choices = options([("", _("Choose"))])
    for room in rooms.rooms.values():
        if room.is_lent:
            town = rooms.municipalities[room.municipality].choose(locale)[0]
            (name, lang), (unit, _lang) = room.name.choose(locale), room.unit_name.choose(locale)
            choices += options([(str(room.id), f"{name} – {unit}")], town, lang)
    return choices


def chosen_room(rooms: Catalogue, typed: str | None, asking: Actor) -> RoomRules | None:
    """The room that a form names, as far as the reader may know of it."""
    if not typed or not (typed.isascii() and typed.isdigit() and len(typed) <= 10):
        return None
    room = rooms.rooms.get(int(typed))
    may_know = room is not None and (room.published or asking.decides_for(room.unit_id))
    return room if may_know else None


def must_accept(chosen: RoomRules, booking: Booking) -> bool:
    """Whether the rules of use of the room's site are others than those that were accepted for the booking."""
    if chosen.terms_version is None:
        return False
    is_same_site = chosen.unit_id == booking.room.unit_id
    return not (is_same_site and chosen.terms_version == booking.terms_version)
