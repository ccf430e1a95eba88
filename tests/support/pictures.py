"""Pictures to send: honest ones and hostile ones, made here byte by byte. Knows formats; no room and no page."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageCms

# What must not come through: where it was taken, with what, and what somebody wrote into it.
SECRETS = (b"Kuvaaja Kalle", b"Nokia-kamera", b"salainen kommentti", b"XMP-salaisuus")


def picture(
    width: int = 640, height: int = 480, format: str = "JPEG", mode: str = "RGB", **saving: Any
) -> bytes:
    """A picture of a colour that changes from left to right."""
    slope = Image.linear_gradient("L").rotate(90).resize((width, height)).convert(mode)
    kept = io.BytesIO()
    slope.save(kept, format, **saving)
    return kept.getvalue()


def photo_with_secrets(orientation: int = 6) -> bytes:
    """A photo 640 × 480 whose top edge lies to the right (orientation 6), with place, camera, comment and XMP."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x013B], exif[0x0110] = "Kuvaaja Kalle", "Nokia-kamera"
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (62.0, 36.0, 3.0), "E", (29.0, 45.0, 49.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return picture(
        exif=exif,
        icc_profile=profile,
        comment="salainen kommentti",
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>XMP-salaisuus</x:xmpmeta>",
    )


def swapped_profile() -> bytes:
    """A colour profile in which red and green have changed places."""
    honest = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return honest.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")


def animated(format: str) -> bytes:
    """Two pictures that follow each other."""
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    kept = io.BytesIO()
    frames[0].save(kept, format, save_all=True, append_images=frames[1:], duration=100)
    return kept.getvalue()


def png_of(width: int, height: int, rows: int | None = None) -> bytes:
    """A white PNG said to be of this size, of which only so many rows are there; a bomb is a few kilobytes."""
    squeezed = zlib.compressobj(9)
    row = b"\0" + b"\xff" * (width // 8)
    body = b"".join(squeezed.compress(row) for _ in range(height if rows is None else rows))
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", body + squeezed.flush()), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    b"<script>alert(1)</script></svg>"
)
SCRIPT = b"*/=1;alert('polyglot');//<script>alert(1)</script>"
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + b"\0" * 200


def _cut(format: str) -> bytes:
    whole = picture(format=format)
    return whole[: len(whole) - 300]


_NOT_UNDERSTOOD: dict[str, Callable[[], bytes]] = {
    "nothing": bytes,
    "an SVG with a script": lambda: SVG,
    "an SVG behind a blank": lambda: b"\n" + SVG,
    "a page": lambda: b"<!doctype html><script>alert(1)</script>",
    "a PDF": lambda: b"%PDF-1.7\n" + b"x" * 400,
    "a GIF": lambda: picture(format="GIF", mode="P"),
    "a GIF that moves": lambda: animated("GIF"),
    "a WebP that moves": lambda: animated("WEBP"),
    "a PNG that moves": lambda: animated("PNG"),
    "an AVIF that moves": lambda: animated("AVIF"),
    "a TIFF": lambda: picture(format="TIFF"),
    "a BMP": lambda: picture(format="BMP"),
    "an icon": lambda: picture(48, 48, "ICO"),
    "a HEIC": lambda: HEIC,
    "a JPEG cut off": lambda: _cut("JPEG"),
    "the head of a JPEG": lambda: picture()[:30],
    "a PNG cut off": lambda: _cut("PNG"),
    "a WebP cut off": lambda: _cut("WEBP"),
    "an AVIF cut off": lambda: _cut("AVIF"),
    "a script called a PNG": lambda: b"\x89PNG\r\n\x1a\n" + SCRIPT,
}
_TOO_MANY: dict[str, Callable[[], bytes]] = {
    "a bomb": lambda: png_of(50_000, 50_000, rows=10),
    "a bomb a little above the limit": lambda: png_of(8_000, 5_001, rows=10),
    "a bomb of rows": lambda: png_of(8, 39_000_000, rows=10),
    "a bomb of columns": lambda: png_of(39_000_000, 1),
}
# What somebody may send, and the code of its refusal.
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    **{name: (make, "image_not_understood") for name, make in _NOT_UNDERSTOOD.items()},
    **{name: (make, "image_too_many_pixels") for name, make in _TOO_MANY.items()},
    "fifty megabytes": (lambda: picture() + bytes(50 * 1024 * 1024), "image_too_large"),
}
