"""A file carried from a page to the next one in a hidden field, packed and signed. Knows bytes; no form and no row.

Nothing is stored between the two steps, so nothing has to be cleared away, and any machine can take the second. Only what we have
packed ourselves is unpacked: what somebody else packs might fill the memory. Whoever sends it back has their rights asked again.
"""

from __future__ import annotations

import hmac
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64

from flask import current_app


def packed(content: bytes, purpose: str) -> str:
    """The content as a field can carry it; it comes back for the same purpose only."""
    packed = zlib.compress(content)
    mark = _mark(current_app.config["SECRET_KEY"], packed, purpose)
    return urlsafe_b64encode(mark + packed).decode()


def unpacked(field: str, purpose: str) -> bytes | None:
    """What `packed` was given; None for anything else. A secret that is being rotated out still counts."""
    try:
        raw = urlsafe_b64decode(field.encode())
    except (BadBase64, ValueError):
        return None
    mark, content = raw[:32], raw[32:]
    config = current_app.config
    for secret in (config["SECRET_KEY"], *config["SECRET_KEY_FALLBACKS"]):
        if hmac.compare_digest(mark, _mark(secret, content, purpose)):
            return zlib.decompress(content)
    return None


def _mark(secret: str, content: bytes, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), f"carried:{purpose}:".encode() + content, "sha256")
