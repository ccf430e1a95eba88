"""Sends pictures of rooms under names that change with their bytes, so that browsers may keep them for ever.

Knows addresses and headers; who may have a picture is part of the query. What is sent was encoded by us and is called what it is.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain.rooms import Photo
from booking.errors import NotFound
from booking.models import RoomImage
from booking.queries.images import image_file
from booking.services.pictures import FORMATS, widths_of
from booking.web import edge
from booking.web.reader import actor

blueprint = Blueprint("images", __name__)

_DIGEST = re.compile("[0-9a-f]{64}")  # PostgreSQL would not even look for one that holds a NUL
_FOR_EVER = "public, max-age=31536000, immutable"
# A room that isn't published is its unit's own business, also in the cache of a shared computer.
_NOT_AT_ALL = "private, no-store"


@blueprint.get(
    "/images/<string(length=64):digest>-<int(max=9999):width>.<any(avif, webp):extension>"
)
def show(digest: str, width: int, extension: str) -> ResponseReturnValue:
    """One size of a picture, in one format."""
    if not _DIGEST.fullmatch(digest):
        raise NotFound("image")
    with edge.read() as session:
        sent = image_file(session, digest, width, extension, actor())
    answer = Response(sent.content, mimetype=f"image/{extension}")
    answer.headers["Cache-Control"] = _FOR_EVER if sent.is_public else _NOT_AT_ALL
    answer.set_etag(f"{digest}-{width}.{extension}")
    return answer.make_conditional(request)


def sources(picture: Photo | RoomImage) -> dict[str, Any]:
    """What a `<picture>` names: for each format its type and `srcset`, and the one file for browsers that know neither."""
    widths = widths_of(picture.width)

    def address(width: int, extension: str) -> str:
        return url_for("images.show", digest=picture.digest, width=width, extension=extension)

    return {
        "formats": [
            (
                f"image/{extension}",
                ", ".join(f"{address(width, extension)} {width}w" for width in widths),
            )
            for extension in FORMATS
        ],
        "fallback": address(widths[min(1, len(widths) - 1)], FORMATS[-1]),
    }
