"""Makes a picture of ours out of whatever somebody sends: only its pixels are kept. Pure; knows no room and no row.

What comes in is hostile until it is decoded: a bomb, a script with the name of a photo, two files in one. So nothing of the
bytes that came is ever served. They are decoded within limits, turned upright, brought to sRGB, and encoded anew from bare
pixels in the sizes and formats that browsers choose from; position, camera and comments have no way through.

Refused: SVG (a program), GIF and anything that moves, TIFF and HEIC (no browser needs them, and their decoders are large).
"""

from __future__ import annotations

import hashlib
import struct
import warnings
from dataclasses import dataclass
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING

from booking.errors import InvalidInput

if TYPE_CHECKING:
    from PIL.Image import Image

MEGABYTE = 1024 * 1024
MOST_BYTES = 15 * MEGABYTE
MOST_PIXELS = 40_000_000  # the largest photo of a usual phone or camera
WIDTHS = (480, 960, 1600)  # pixels; a card, a phone, a page on a sharp screen
_HIGHEST = 3200
# A picture one pixel wide and millions high has few pixels and takes gigabytes: each row has a price of its own.
_LONGEST_SIDE = 20_000
FORMATS = ("avif", "webp")
_READ = ("JPEG", "PNG", "WEBP", "AVIF")
_SAVING = {"avif": {"quality": 60, "speed": 8}, "webp": {"quality": 78, "method": 4}}
# Phones keep a second, smaller picture behind the first; Pillow calls such a JPEG by another name.
_WITH_PREVIEW = "MPO"
# What decoders raise for bytes that aren't what they seemed; Pillow has no root for these.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    EOFError,
    struct.error,
)
# A picture of the largest kind takes a few hundred megabytes while it is open: one at a time in each process.
_turn = Lock()


@dataclass(frozen=True, slots=True)
class PictureFile:
    """One size of a picture in one format."""

    width: int
    format: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture ready to be stored: pixels of its largest size, files by width and format, and SHA-256 over all of them."""

    width: int
    height: int
    digest: str
    files: tuple[PictureFile, ...]


def encoded(content: bytes) -> Encoded:
    """Decode and encode anew. Takes a second or so: call it outside of any transaction.

    Raises InvalidInput (`image_too_large`, `image_too_many_pixels`, `image_not_understood`).
    """
    if len(content) > MOST_BYTES:
        raise InvalidInput("image_too_large", field="image", megabytes=MOST_BYTES // MEGABYTE)
    with _turn:
        upright = _decoded(content)
        width, height = _fitting(*upright.size)
        files = tuple(_files(upright, width, height))
    digest = hashlib.sha256(b"".join(file.content for file in files)).hexdigest()
    return Encoded(width, height, digest, files)


def widths_of(largest: int) -> tuple[int, ...]:
    """The widths in which a picture is kept whose largest one is `largest`: never wider than it came."""
    return tuple(sorted({min(width, largest) for width in WIDTHS}))


def _fitting(width: int, height: int) -> tuple[int, int]:
    """The largest size kept of a picture: no wider and no higher than any page needs."""
    scale = min(1.0, WIDTHS[-1] / width, _HIGHEST / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _files(upright: Image, width: int, height: int) -> list[PictureFile]:
    # Imported here: Pillow costs every process memory and start time, and few ever see a picture come in.
    from PIL import Image

    files = []
    for narrower in widths_of(width):
        size = (narrower, max(1, round(height * narrower / width)))
        resized = upright.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
        # Bare pixels: savers take metadata over from the picture they are given.
        bare = Image.frombytes("RGB", size, resized.tobytes())
        for name in FORMATS:
            kept = BytesIO()
            bare.save(kept, name, **_SAVING[name])
            files.append(PictureFile(narrower, name, kept.getvalue()))
    return files


def _decoded(content: bytes) -> Image:
    """The picture upright, in sRGB, without transparency."""
    # Imported here for the same reason.
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # a warning above, an error above twice as many
    too_many = (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError)
    try:
        with warnings.catch_warnings():
            # Broken metadata is no reason to refuse a photo: it is thrown away. A bomb is.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(BytesIO(content), formats=_READ)
            if max(picture.size) > _LONGEST_SIDE:
                raise _too_many_pixels()
            if picture.format != _WITH_PREVIEW and getattr(picture, "is_animated", False):
                raise InvalidInput("image_not_understood", field="image")
            # A JPEG of many pixels is decoded at an eighth, a quarter or half its size, if that is enough.
            picture.draft("RGB", (WIDTHS[-1], WIDTHS[-1]))
            picture.load()
            ImageOps.exif_transpose(picture, in_place=True)
            return _in_srgb(picture)
    except too_many:
        raise _too_many_pixels() from None
    except _BROKEN as error:
        raise InvalidInput("image_not_understood", field="image") from error


def _too_many_pixels() -> InvalidInput:
    megapixels = MOST_PIXELS // 1_000_000
    return InvalidInput("image_too_many_pixels", field="image", megapixels=megapixels)


def _in_srgb(picture: Image) -> Image:
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I;16"):
        # Pillow would clip sixteen bits to the lowest eight: a white page.
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
        profile = None
    if picture.mode not in ("RGB", "CMYK"):
        picture = _on_white(picture)
    if isinstance(profile, bytes) and profile:
        picture = _by_profile(picture, profile)
    return picture.convert("RGB")


def _on_white(picture: Image) -> Image:
    # Imported here for the same reason.
    from PIL import Image

    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    # Plans are drawn for white paper.
    page = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(page, layer).convert("RGB")


def _by_profile(picture: Image, profile: bytes) -> Image:
    # Imported here for the same reason.
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return picture  # a broken profile makes colours a little off, not a picture unusable
    return turned or picture
