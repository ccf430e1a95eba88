"""Static files under names that change with their content, so that browsers may keep them for ever.

Knows the folder `booking/web/static`; nothing of pages. WhiteNoise answers them before Flask is asked.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise

FOLDER = Path(__file__).parent / "static"
_PREFIX = "/static/"


def addresses(folder: Path = FOLDER) -> dict[str, str]:
    """File name → address with a hash of its content: "base.css" → "/static/base.3f2a….css"."""
    return {path.name: _address(path) for path in sorted(folder.iterdir()) if path.is_file()}


def _address(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return f"{_PREFIX}{path.stem}.{digest}{path.suffix}"


def install(app: Flask) -> None:
    """Serve the files, and give templates `static(name)`; a name that isn't there is a KeyError when the page is made."""
    known = addresses()
    app.jinja_env.globals["static"] = known.__getitem__
    # Every name carries its hash, so every name is immutable; headers are added by booking.web.outer, for all answers alike.
    server = WhiteNoise(
        app.wsgi_app, allow_all_origins=False, immutable_file_test=lambda _path, _url: True
    )
    for name, address in known.items():
        server.add_file_to_dictionary(address, str(FOLDER / name))
    app.wsgi_app = server  # type: ignore[method-assign]
