"""Staff keep a room: its page with all that is known, a form for each section, who changed what, and a new room.

Knows forms and their answers; what may be changed, and what a change would break, is the services' question.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from booking.domain.access import Actor
from booking.domain.accessibility import completeness, needs_check
from booking.domain.local_time import local
from booking.domain.rooms import EQUIPMENT, FEATURES, HYBRID_NEEDS
from booking.errors import BookingError, BreaksBookings, InvalidValues, KeyReused, Stale
from booking.i18n import gettext as _
from booking.i18n import ngettext
from booking.models import Room, Unit
from booking.queries.catalogue import catalogue
from booking.queries.upkeep import (
    history_of_room,
    own_room,
    own_unit,
    space_names,
)
from booking.services.rooms import add_room, edit_room, set_features
from booking.services.upkeep import as_json
from booking.web import edge, words
from booking.web.edit_forms import VersionedForm
from booking.web.errors import status_of
from booking.web.faults import accepted_ids, broken_shown, place_faults, text_of_stale
from booking.web.feature_forms import AccessibilityForm
from booking.web.fields import options
from booking.web.once import once
from booking.web.paging import page_number, page_of
from booking.web.reader import known_actor
from booking.web.room_forms import SECTIONS, NewRoomForm, SectionForm
from booking.web.room_history import missed, told
from booking.web.room_words import FACTS, said
from booking.web.staff_spaces import space_choices
from booking.web.texts import text_of

blueprint = Blueprint("staff_rooms", __name__)

_NEWEST = 5  # entries of the history on the room's own page


@blueprint.get("/staff/rooms/<row:room_id>")
def show(room_id: int) -> str:
    """All that is known of a room, by section, with what is missing and what was changed last."""
    asking, today = known_actor(), local(edge.now()).date()
    with edge.read() as session:
        room = own_room(session, room_id, asking)
        rules = catalogue(session).room(room_id)
        entries = history_of_room(session, room_id, _NEWEST + 1)
        names = space_names(session, entries)
    known, total = completeness({row.code: row.value for row in room.features})
    stale = [
        row.code
        for row in room.features
        if row.value != "unknown" and needs_check(row.checked_on, today)
    ]
    return render_template(
        "staff/room.html",
        room=room,
        rules=rules,
        sections=SECTIONS,
        said=lambda name: said(name, as_json(getattr(room, name))),
        features={row.code: row for row in room.features},
        facts=FACTS,
        known=known,
        total=total,
        stale=stale,
        todo=_todo(room, total - known, len(stale)),
        hybrid_lacks=_hybrid_needs(but=room.equipment),
        history=told(entries[:_NEWEST], names),
        has_more_history=len(entries) > _NEWEST,
    )


def _todo(room: Room, unknown: int, stale: int) -> list[tuple[str, str]]:
    """What is missing of a room, in words, each with where to mend it."""
    look = url_for("staff_rooms.look", room_id=room.id)
    pictures = url_for("room_images.show", room_id=room.id)
    contact, safety = (
        url_for("staff_rooms.edit", room_id=room.id, section=one) for one in ("contact", "safety")
    )
    told = [
        (
            unknown > 0,
            ngettext(
                "%(num)s thing about accessibility is unknown",
                "%(num)s things about accessibility are unknown",
                unknown,
            ),
            look,
        ),
        (
            stale > 0,
            ngettext(
                "%(num)s thing about accessibility was checked over a year ago",
                "%(num)s things about accessibility were checked over a year ago",
                stale,
            ),
            look,
        ),
        (not any(image.kind == "photo" for image in room.images), _("There is no photo"), pictures),
        (
            any(not image.alt.fi.strip() for image in room.images),
            _("A picture has no description"),
            pictures,
        ),
        (room.arrival is None, _("There is no way-finding to the room"), contact),
        (room.emergency_number is None, _("There is no emergency number"), safety),
        (room.fire_max_people is None, _("The fire-safety maximum is not given"), safety),
    ]
    return [(text, href) for is_missing, text, href in told if is_missing]


def _hybrid_needs(but: Collection[str] = ()) -> str:
    """What a room needs, besides what it has, so that those far away can take part."""
    codes = [code for code in EQUIPMENT if code in HYBRID_NEEDS and code not in but]
    return ", ".join(words.equipment(code) for code in codes)


@blueprint.get("/staff/rooms/<row:room_id>/history")
def history(room_id: int) -> str:
    """Who changed what, newest first."""
    asking, number = known_actor(), page_number()
    with edge.read() as session:
        room = own_room(session, room_id, asking)
        page = page_of(
            number, lambda limit, offset: history_of_room(session, room_id, limit, offset)
        )
        names = space_names(session, page.rows)
    return render_template(
        "staff/room_history.html", room=room, page=page, history=told(page.rows, names)
    )


_EDIT = "/staff/rooms/<row:room_id>/<any(name, size, lending, rules, safety, contact):section>"


@blueprint.get(_EDIT)
def edit(room_id: int, section: str) -> ResponseReturnValue:
    """The form of one section, as the room is."""
    room = _own(room_id, known_actor())
    return _section_page(room, section, SECTIONS[section].form.of(room), 200)


@blueprint.post(_EDIT)
def save(room_id: int, section: str) -> ResponseReturnValue:
    """Save a section on the version that was seen; what bookings to come would break by it is shown first."""
    asking = known_actor()
    room = _own(room_id, asking)
    form = SECTIONS[section].form.sent(request.form, room)
    if not form.validate():
        return _section_page(room, section, form, 422)
    values, accepted = form.values(), accepted_ids()
    try:
        edge.write(
            lambda session: edit_room(
                session, room_id, form.seen, values, accepted, actor=asking, now=edge.now()
            )
        )
    except (InvalidValues, BreaksBookings, Stale) as error:
        return _section_page(room, section, form, status_of(error), error)
    flash(_("The changes have been saved."))
    return redirect(url_for("staff_rooms.show", room_id=room_id, _anchor=section), 303)


def _section_page(
    room: Room,
    section: str,
    form: SectionForm,
    status: int,
    error: BookingError | None = None,
) -> Response:
    reasons, context = _explained(room, form, error)
    page = render_template(
        "staff/room_edit.html",
        room=room,
        section=section,
        title=SECTIONS[section].title,
        form=form,
        hybrid_needs=_hybrid_needs(),
        reasons=reasons,
        failed=status >= 400,
        **context,
    )
    return make_response(page, status)


@blueprint.get("/staff/rooms/<row:room_id>/accessibility")
def look(room_id: int) -> ResponseReturnValue:
    """The form of the room's accessibility, with when and by whom each feature was checked."""
    asking = known_actor()
    room = _own(room_id, asking)
    return _features_page(room, AccessibilityForm.of(room, asking.title), 200)


@blueprint.post("/staff/rooms/<row:room_id>/accessibility")
def write_down(room_id: int) -> ResponseReturnValue:
    """Save what somebody says to have looked at; only that gets today's date."""
    asking = known_actor()
    room = _own(room_id, asking)
    form = AccessibilityForm.sent(request.form)
    is_valid = form.validate()
    facts, checked_by = form.looked_at(), form.checked_by.data or ""
    if not (form.require_looks(room) and is_valid):
        return _features_page(room, form, 422)
    if not facts:
        return _features_page(room, form, 422, reasons=[text_of("nothing_looked_at")])
    try:
        edge.write(
            lambda session: set_features(
                session, room_id, form.seen, facts, checked_by, actor=asking, now=edge.now()
            )
        )
    except (InvalidValues, Stale) as error:
        return _features_page(room, form, status_of(error), error)
    flash(_("What you looked at has been saved with today's date."))
    return redirect(url_for("staff_rooms.show", room_id=room_id, _anchor="accessibility"), 303)


def _features_page(
    room: Room,
    form: AccessibilityForm,
    status: int,
    error: BookingError | None = None,
    reasons: Sequence[str] = (),
) -> Response:
    today = local(edge.now()).date()
    found, context = _explained(room, form, error)
    page = render_template(
        "staff/room_accessibility.html",
        room=room,
        form=form,
        codes=FEATURES,
        features={row.code: row for row in room.features},
        is_old=lambda row: row.value != "unknown" and needs_check(row.checked_on, today),
        reasons=[*found, *reasons],
        failed=status >= 400,
        **context,
    )
    return make_response(page, status)


def _explained(
    room: Room, form: VersionedForm, error: BookingError | None
) -> tuple[list[str], dict[str, Any]]:
    """Put an error where it belongs on the form; the texts for its head, and what the template needs besides."""
    breaking = error if isinstance(error, BreaksBookings) else None
    context = {**broken_shown(breaking), "missed": ()}
    if isinstance(error, InvalidValues):
        return place_faults(form, error), context
    if isinstance(error, Stale):
        current, context["missed"] = missed(room.id, form.seen, known_actor())
        # Whoever saves again has seen what the others saved.
        form.version.data = str(current)
        return [text_of_stale(error)], context
    return [], context


@blueprint.get("/staff/units/<row:unit_id>/rooms/new")
def new(unit_id: int) -> ResponseReturnValue:
    """The form for a new room of a unit."""
    unit, spaces = _own_floor(unit_id, known_actor())
    return _new_page(unit, _offered(NewRoomForm(), spaces), 200)


@blueprint.post("/staff/units/<row:unit_id>/rooms/new")
def add(unit_id: int) -> ResponseReturnValue:
    """Add a room, not published yet; its sections are filled on its own page."""
    asking = known_actor()
    unit, spaces = _own_floor(unit_id, asking)
    form = _offered(NewRoomForm(request.form), spaces)
    if not form.validate():
        return _new_page(unit, form, 422)
    values, space_ids = form.values(), form.space_ids
    try:
        room_id = once(
            form,
            asking,
            lambda session: (
                add_room(session, unit_id, values, space_ids, actor=asking, now=edge.now()).id
            ),
        )
    except InvalidValues as error:
        return _new_page(unit, form, 422, place_faults(form, error))
    except KeyReused:
        return _new_page(unit, form, 422, [text_of("sent_with_other_contents")])
    flash(_("The room has been added. Fill in the rest, then publish it under Lending."))
    return redirect(url_for("staff_rooms.show", room_id=int(room_id)), 303)


def _own_floor(unit_id: int, asking: Actor) -> tuple[Unit, list[tuple[str, str]]]:
    """A unit of the reader's, and its spaces as choices."""
    with edge.read() as session:
        return own_unit(session, unit_id, asking), space_choices(session, unit_id)


def _offered(form: NewRoomForm, spaces: Sequence[tuple[str, str]]) -> NewRoomForm:
    form.spaces.choices = options(spaces)
    return form


def _new_page(unit: Unit, form: NewRoomForm, status: int, reasons: Sequence[str] = ()) -> Response:
    page = render_template(
        "staff/room_new.html", unit=unit, form=form, reasons=reasons, failed=status >= 400
    )
    return make_response(page, status)


def _own(room_id: int, asking: Actor) -> Room:
    with edge.read() as session:
        return own_room(session, room_id, asking)
