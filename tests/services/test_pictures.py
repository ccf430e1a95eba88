"""Of whatever is sent only its pixels are kept: upright, in our sizes and formats, with nothing hidden in them."""

from __future__ import annotations

import hashlib
import io

import pytest
from PIL import Image

from booking.errors import InvalidInput
from booking.services.pictures import Encoded, encoded, widths_of
from tests.support.pictures import (
    HOSTILE,
    SCRIPT,
    SECRETS,
    photo_with_secrets,
    picture,
    swapped_profile,
)


def sizes(kept: Encoded) -> list[tuple[int, str, tuple[int, int]]]:
    """Of each file its width and format as named, and the size it really has."""
    return [
        (file.width, file.format, Image.open(io.BytesIO(file.content)).size) for file in kept.files
    ]


def opened(kept: Encoded, format: str = "webp") -> Image.Image:
    """The largest size in a format."""
    file = next(file for file in reversed(kept.files) if file.format == format)
    found = Image.open(io.BytesIO(file.content))
    assert (found.format or "").lower() == format
    found.load()
    return found


def shade(image: Image.Image, x: int, y: int) -> int:
    """How light a pixel is, from 0 to 255."""
    return image.convert("L").tobytes()[y * image.width + x]


def test_a_large_picture_is_kept_in_three_sizes_and_two_formats() -> None:
    kept = encoded(picture(3000, 2000))
    assert (kept.width, kept.height) == (1600, 1067)
    assert sizes(kept) == [
        (480, "avif", (480, 320)),
        (480, "webp", (480, 320)),
        (960, "avif", (960, 640)),
        (960, "webp", (960, 640)),
        (1600, "avif", (1600, 1067)),
        (1600, "webp", (1600, 1067)),
    ]


@pytest.mark.parametrize(
    ("width", "expected"),
    [(300, (300,)), (480, (480,)), (700, (480, 700)), (960, (480, 960)), (1600, (480, 960, 1600))],
)
def test_a_picture_is_never_made_wider_than_it_came(width: int, expected: tuple[int, ...]) -> None:
    kept = encoded(picture(width, 200))
    assert widths_of(kept.width) == expected
    assert sorted({file.width for file in kept.files}) == list(expected)


def test_a_high_picture_is_made_narrower() -> None:
    kept = encoded(picture(1000, 8000))
    assert (kept.width, kept.height) == (400, 3200)


def test_the_digest_is_of_what_is_kept_and_the_same_each_time() -> None:
    sent = picture()
    kept = encoded(sent)
    assert kept.digest == hashlib.sha256(b"".join(f.content for f in kept.files)).hexdigest()
    assert encoded(sent).digest == kept.digest
    assert encoded(picture(641)).digest != kept.digest


def test_nothing_but_pixels_comes_through() -> None:
    sent = photo_with_secrets()
    assert all(secret in sent for secret in SECRETS)
    for file in encoded(sent).files:
        found = Image.open(io.BytesIO(file.content))
        assert dict(found.getexif()) == {}
        assert {"exif", "icc_profile", "xmp", "comment"} & set(found.info) == set()
        assert not any(secret in file.content for secret in (*SECRETS, b"Exif", b"GPS", b"ICCP"))


def test_a_photo_taken_with_the_phone_held_upright_stands_upright() -> None:
    # Dark to the left as it was stored; orientation 6 says that its left edge is the top.
    kept = encoded(photo_with_secrets(orientation=6))
    assert (kept.width, kept.height) == (480, 640)
    shown = opened(kept)
    flat = opened(encoded(photo_with_secrets(orientation=1)))
    left, right = shade(flat, 5, 240), shade(flat, 634, 240)
    top, bottom = shade(shown, 240, 5), shade(shown, 240, 634)
    assert abs(left - right) > 200
    assert top == pytest.approx(left, abs=6)
    assert bottom == pytest.approx(right, abs=6)


def test_a_file_that_is_two_things_is_only_a_picture_afterwards() -> None:
    sent = picture() + SCRIPT
    for file in encoded(sent).files:
        assert b"script" not in file.content
        assert b"polyglot" not in file.content


@pytest.mark.parametrize(
    ("format", "mode"),
    [
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("PNG", "1"),
        ("PNG", "P"),
        ("PNG", "LA"),
        ("PNG", "RGBA"),
        ("PNG", "I;16"),
        ("WEBP", "RGBA"),
        ("AVIF", "RGB"),
    ],
)
def test_every_kind_of_colour_is_understood(format: str, mode: str) -> None:
    shown = opened(encoded(picture(format=format, mode=mode)), "avif")
    assert (shown.size, shown.mode) == ((640, 480), "RGB")


def test_sixteen_bits_are_not_cut_to_the_lowest_eight() -> None:
    half = Image.new("I;16", (40, 40), 32768)
    sent = io.BytesIO()
    half.save(sent, "PNG")
    assert shade(opened(encoded(sent.getvalue())), 20, 20) == pytest.approx(128, abs=3)


def test_a_plan_without_ground_is_drawn_on_white() -> None:
    clear = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    sent = io.BytesIO()
    clear.save(sent, "PNG")
    assert opened(encoded(sent.getvalue())).getpixel((50, 50)) == (255, 255, 255)


def test_colours_of_another_profile_become_those_of_a_usual_screen() -> None:
    sent = io.BytesIO()
    Image.new("RGB", (40, 40), (200, 30, 30)).save(sent, "PNG", icc_profile=swapped_profile())
    found = opened(encoded(sent.getvalue())).getpixel((20, 20))
    assert isinstance(found, tuple)
    assert found[1] > found[0] + 100


def test_a_broken_profile_is_left_aside() -> None:
    assert encoded(picture(icc_profile=b"not a profile" * 20)).width == 640


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_picture_of_ours_is_refused_by_its_code(name: str) -> None:
    make, code = HOSTILE[name]
    with pytest.raises(InvalidInput) as refused:
        encoded(make())
    assert (refused.value.code, refused.value.params["field"]) == (code, "image")
