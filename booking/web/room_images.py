"""Staff keep a room's pictures: add, describe, order, remove. Knows forms; no rule, no encoding.

A picture is encoded before the transaction that stores it begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Literal

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
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from booking.domain.access import Actor
from booking.errors import InvalidInput, KeyReused
from booking.i18n import gettext as _
from booking.models import Room, RoomImage
from booking.queries.images import image_of, images_of
from booking.queries.upkeep import own_room
from booking.services.images import (
    MOST_PHOTOS,
    add_image,
    describe_image,
    move_image,
    remove_image,
)
from booking.services.pictures import MEGABYTE, MOST_BYTES, encoded
from booking.web import edge
from booking.web.image_forms import AddImageForm, AltForm
from booking.web.once import once
from booking.web.reader import known_actor
from booking.web.security import takes_upload
from booking.web.texts import text_of, text_of_error

blueprint = Blueprint("room_images", __name__)

_BY: dict[str, Literal[-1, 1]] = {"earlier": -1, "later": 1}


@blueprint.get("/staff/rooms/<row:room_id>/images")
def show(room_id: int) -> ResponseReturnValue:
    """The room's pictures in their order, and the form for another."""
    return _page(_own_room(room_id, known_actor()), AddImageForm(), 200)


@blueprint.post("/staff/rooms/<row:room_id>/images")
@takes_upload(MOST_BYTES + MEGABYTE)
def add(room_id: int) -> ResponseReturnValue:
    """Take a picture in; what is wrong with it is said at its field, and its words are kept."""
    asking = known_actor()
    room = _own_room(room_id, asking)
    typed: MultiDict[str, Any] = MultiDict(request.form)
    # Only the picture comes as a file, and only a file is one.
    typed.setlist("image", request.files.getlist("image"))
    form = AddImageForm(typed)
    if not form.validate():
        return _page(room, form, 422)
    kind, alt = form.kind.data, form.alt
    try:
        content = form.content
        picture = encoded(content)
        once(
            form,
            asking,
            lambda session: (
                add_image(session, room_id, kind, picture, alt, actor=asking, now=edge.now()).id
            ),
            sha256(content).hexdigest(),
        )
    except KeyReused:
        return _page(room, form, 422, [text_of("sent_with_other_contents")])
    except InvalidInput as error:
        form[error.params["field"]].errors = [text_of_error(error)]
        return _page(room, form, 422)
    flash(_("The picture has been added."))
    return redirect(url_for("room_images.show", room_id=room_id), 303)


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """The page again, when more was sent than a picture may be: nothing of it was read."""
    room = _own_room((request.view_args or {})["room_id"], known_actor())
    form = AddImageForm()
    form.image.errors = [text_of("image_too_large", megabytes=MOST_BYTES // MEGABYTE)]
    return _page(room, form, 413)


@blueprint.get("/staff/rooms/<row:room_id>/images/<row:image_id>")
def look(room_id: int, image_id: int) -> ResponseReturnValue:
    """One picture with its words, to be changed."""
    room, image = _own_image(room_id, image_id, known_actor())
    words = {"alt_fi": image.alt.fi, "alt_sv": image.alt.sv, "alt_en": image.alt.en}
    return _words_page(room, image, AltForm(data=words), 200)


@blueprint.post("/staff/rooms/<row:room_id>/images/<row:image_id>")
def describe(room_id: int, image_id: int) -> ResponseReturnValue:
    """Say anew what a picture shows."""
    asking = known_actor()
    room, image = _own_image(room_id, image_id, asking)
    form = AltForm(request.form)
    if not form.validate():
        return _words_page(room, image, form, 422)
    alt = form.alt
    edge.write(lambda session: describe_image(session, image_id, alt, actor=asking, now=edge.now()))
    flash(_("The description has been saved."))
    return redirect(url_for("room_images.show", room_id=room_id), 303)


@blueprint.post("/staff/rooms/<row:room_id>/images/<row:image_id>/<any(earlier, later):way>")
def move(room_id: int, image_id: int, way: str) -> ResponseReturnValue:
    """Let a photo change places with its neighbour."""
    asking = known_actor()
    _own_image(room_id, image_id, asking)
    edge.write(
        lambda session: move_image(session, image_id, _BY[way], actor=asking, now=edge.now())
    )
    flash(_("The order has been changed."))
    # To the picture itself: a list read anew from its top loses who moves a picture by several places.
    return redirect(url_for("room_images.show", room_id=room_id, _anchor=f"image-{image_id}"), 303)


@blueprint.get("/staff/rooms/<row:room_id>/images/<row:image_id>/remove")
def consider(room_id: int, image_id: int) -> ResponseReturnValue:
    """The page that asks once more before a picture is removed."""
    room, image = _own_image(room_id, image_id, known_actor())
    return render_template("staff/image_remove.html", room=room, image=image)


@blueprint.post("/staff/rooms/<row:room_id>/images/<row:image_id>/remove")
def remove(room_id: int, image_id: int) -> ResponseReturnValue:
    """Remove a picture for good."""
    asking = known_actor()
    _own_image(room_id, image_id, asking)
    edge.write(lambda session: remove_image(session, image_id, actor=asking, now=edge.now()))
    flash(_("The picture has been removed."))
    return redirect(url_for("room_images.show", room_id=room_id), 303)


def _own_room(room_id: int, asking: Actor) -> Room:
    with edge.read() as session:
        return own_room(session, room_id, asking)


def _own_image(room_id: int, image_id: int, asking: Actor) -> tuple[Room, RoomImage]:
    room = _own_room(room_id, asking)
    with edge.read() as session:
        return room, image_of(session, room_id, image_id)


def _page(room: Room, form: AddImageForm, status: int, reasons: Sequence[str] = ()) -> Response:
    with edge.read() as session:
        images = images_of(session, room.id)
    photos = [image for image in images if image.kind == "photo"]
    page = render_template(
        "staff/images.html",
        room=room,
        form=form,
        reasons=reasons,
        photos=photos,
        plans=[image for image in images if image.kind == "floor_plan"],
        may_add=len(photos) < MOST_PHOTOS or len(photos) == len(images),
        most=MOST_PHOTOS,
        megabytes=MOST_BYTES // MEGABYTE,
        failed=status >= 400,
    )
    return make_response(page, status)


def _words_page(room: Room, image: RoomImage, form: AltForm, status: int) -> Response:
    shown: dict[str, Any] = {"room": room, "image": image, "form": form}
    page = render_template("staff/image.html", **shown, failed=status >= 400)
    return make_response(page, status)
