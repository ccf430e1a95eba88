"""The API's own description, /openapi.json (OpenAPI 3.1): made when the application is, from what the operations say."""

from __future__ import annotations

import hashlib
import json

from flask import Flask, Response, current_app
from flask_smorest import Api

from booking.web.api.answers import is_known, not_modified
from booking.web.api.operations import Takes, blueprint, by_commas, components, operation, row_id
from booking.web.api.shapes import SHAPES
from booking.web.security import RowId

_KEPT = "yhteistila.openapi"
_ABOUT = """Rooms that a wellbeing-services county lends to its associations: found, asked for, decided, kept true.

Staff of a unit change its rooms, their accessibility, its closures and blocks here. New units and rooms, spaces, pictures,
opening hours, rules of use and quotas are made on the pages.

Times are RFC 3339 with an offset. Errors are `application/problem+json` with a stable `code`. What changes bears an ETag:
send it back in If-Match, or the change is refused (428, 412). With an Idempotency-Key a POST may be sent again without fear."""


class _Document(Api):
    """flask-smorest's collector, without its error pages: it would answer for the whole application, and lose Allow on 405."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave errors to `booking.web.api.problems`."""


@operation("GET", "/openapi.json", Takes("none", version=True), {200: "Document", 304: None})
def openapi() -> Response:
    """This document."""
    text, etag = current_app.extensions[_KEPT]
    if is_known(etag):
        return not_modified(etag)
    answer = Response(text, mimetype="application/json")
    answer.headers["ETag"] = f'"{etag}"'
    return answer


def install(app: Flask) -> None:
    """Register the API's blueprint with `app`, and keep the document of what it holds."""
    collector = _Document(
        spec_kwargs={
            "title": "Yhteistila",
            "version": "1",
            "openapi_version": "3.1.0",
            "info": {
                "description": _ABOUT,
                "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
            },
        }
    )
    collector.init_app(app)
    collector.register_converter(RowId, row_id)
    collector.ma_plugin.converter.add_parameter_attribute_function(by_commas)
    spec = collector.spec
    for name, shape in {**SHAPES, "Document": {"type": "object"}}.items():
        spec.components.schema(name, shape)
    components(spec)
    collector.register_blueprint(blueprint)
    text = json.dumps(spec.to_dict(), ensure_ascii=False)
    app.extensions[_KEPT] = (text, hashlib.sha256(text.encode()).hexdigest()[:16])
