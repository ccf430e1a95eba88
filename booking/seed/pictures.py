"""Draws the demo's pictures: a hall, a meeting table, a lounge, a floor plan. Knows shapes and colours; no room.

Drawn when they are needed, so that no photo of a real place and no binary file lies in the repository. Flat shapes on purpose:
nobody should take them for photos. Drawn twice as large and made smaller, which is what smooths the edges.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

from booking.services.pictures import Encoded, encoded

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

_WIDTH, _HEIGHT = 960, 640
_LARGER = 2
_WALL, _WALL_SHADE = "#f3ede0", "#e6ddca"
_FLOOR, _FLOOR_SHADE = "#d9b98c", "#caa777"
_DARK, _BRAND, _BRAND_SOFT = "#15241f", "#0b4f4a", "#7fb8ac"
_YELLOW, _RED, _WHITE = "#f2b440", "#b8564b", "#ffffff"
_SKY, _LEAF, _LEAF_DARK, _TRUNK = "#cfe6ee", "#7da870", "#557f50", "#8a6a4a"
_Box = tuple[float, float, float, float]


def drawn() -> dict[str, Encoded]:
    """Every picture by name, encoded as a photo that staff send in. The same each time."""
    return {name: encoded(_png(draw)) for name, draw in _PICTURES.items()}


class _Canvas:
    """Shapes in pixels of the picture as it will be; what comes later lies on top."""

    def __init__(self, draw: ImageDraw) -> None:
        self._draw = draw

    def box(self, box: _Box, fill: str, radius: float = 0) -> None:
        scaled = tuple(n * _LARGER for n in box)
        self._draw.rounded_rectangle(scaled, radius * _LARGER, fill)

    def round(self, box: _Box, fill: str) -> None:
        self._draw.ellipse(tuple(n * _LARGER for n in box), fill)

    def shape(self, points: list[tuple[float, float]], fill: str) -> None:
        self._draw.polygon([(x * _LARGER, y * _LARGER) for x, y in points], fill)

    def line(self, points: list[tuple[float, float]], fill: str, width: float) -> None:
        scaled = [(x * _LARGER, y * _LARGER) for x, y in points]
        self._draw.line(scaled, fill, round(width * _LARGER), joint="curve")

    def arc(self, box: _Box, angles: tuple[float, float], fill: str) -> None:
        self._draw.arc(tuple(n * _LARGER for n in box), *angles, fill, 3 * _LARGER)


def _png(draw: Callable[[_Canvas], None]) -> bytes:
    # Imported here: Pillow costs every process memory and start time, and a demo is filled once.
    from PIL import Image, ImageDraw

    page = Image.new("RGB", (_WIDTH * _LARGER, _HEIGHT * _LARGER), _WALL)
    draw(_Canvas(ImageDraw.Draw(page)))
    kept = BytesIO()
    page.resize((_WIDTH, _HEIGHT), Image.Resampling.LANCZOS).save(kept, "png")
    return kept.getvalue()


def _interior(canvas: _Canvas, horizon: float) -> None:
    """A back wall, a floor of boards, a skirting."""
    canvas.box((0, 0, _WIDTH, 40), _WALL_SHADE)
    canvas.box((0, horizon, _WIDTH, _HEIGHT), _FLOOR)
    for n in range(-9, 10):
        bottom = _WIDTH / 2 + n * 150
        canvas.line([(_WIDTH / 2 + n * 62, horizon), (bottom, _HEIGHT)], _FLOOR_SHADE, 2)
    canvas.box((0, horizon - 10, _WIDTH, horizon), _WHITE)


def _window(canvas: _Canvas, left: float, top: float, width: float, height: float) -> None:
    """A window with a tree behind it."""
    canvas.box((left - 10, top - 10, left + width + 10, top + height + 10), _WHITE, 4)
    canvas.box((left, top, left + width, top + height), _SKY)
    canvas.box((left, top + height * 0.72, left + width, top + height), _LEAF)
    middle = left + width * 0.34
    canvas.box((middle - 4, top + height * 0.5, middle + 4, top + height * 0.8), _TRUNK)
    canvas.round(
        (middle - 34, top + height * 0.2, middle + 34, top + height * 0.62),
        _LEAF_DARK,
    )
    canvas.box((left + width / 2 - 3, top, left + width / 2 + 3, top + height), _WHITE)
    canvas.box((left - 18, top + height + 8, left + width + 18, top + height + 20), _WALL_SHADE)


def _plant(canvas: _Canvas, x: float, bottom: float) -> None:
    for lean, top in ((-46, 120), (-24, 150), (0, 165), (26, 148), (48, 116)):
        tip = (x + lean, bottom - top)
        canvas.shape([(x - 9, bottom - 50), tip, (x + 9, bottom - 50)], _LEAF_DARK)
    canvas.shape(
        [(x - 34, bottom - 56), (x + 34, bottom - 56), (x + 24, bottom), (x - 24, bottom)], _RED
    )


def _hall(canvas: _Canvas) -> None:
    _interior(canvas, 400)
    for left in (46, 776):
        _window(canvas, left, 110, 138, 190)
    canvas.box((290, 84, 670, 300), _DARK, 6)
    canvas.box((300, 94, 660, 290), _WHITE, 3)
    canvas.box((340, 140, 560, 156), _BRAND, 6)
    canvas.box((340, 176, 610, 186), _BRAND_SOFT, 5)
    canvas.box((340, 202, 580, 212), _BRAND_SOFT, 5)
    canvas.shape([(236, 372), (724, 372), (780, 420), (180, 420)], _TRUNK)
    canvas.box((180, 420, 780, 438), "#6f543a")
    for row in range(3):
        size = 1 + row * 0.32
        y = 462 + row * 62
        for seat in range(-3, 4):
            # The way between the chairs is wide enough for a wheelchair.
            if seat:
                _chair(canvas, _WIDTH / 2 + seat * 96 * size, y, size)


def _chair(canvas: _Canvas, x: float, y: float, size: float) -> None:
    """A chair from behind."""
    half = 26 * size
    for side in (-1, 1):
        leg = x + side * (half - 5 * size)
        canvas.line([(leg, y), (leg, y + 64 * size)], _DARK, 4 * size)
    canvas.box((x - half, y + 30 * size, x + half, y + 42 * size), _BRAND, 4 * size)
    canvas.box((x - half, y - 12 * size, x + half, y + 24 * size), _YELLOW, 8 * size)


def _table(canvas: _Canvas) -> None:
    _interior(canvas, 380)
    _window(canvas, 60, 96, 210, 200)
    canvas.box((400, 92, 700, 266), _DARK, 8)
    canvas.box((410, 102, 690, 256), _BRAND, 4)
    for n, colour in enumerate((_YELLOW, _WHITE, _BRAND_SOFT, _YELLOW)):
        left = 428 + n * 64
        canvas.round((left + 12, 136, left + 44, 168), colour)
        canvas.round((left, 172, left + 56, 232), colour)
    canvas.box((534, 272, 566, 284), _DARK, 6)
    _plant(canvas, 858, 404)
    for n in range(4):
        _seat(canvas, 250 + n * 154, 372, 0.9)
    canvas.shape([(176, 424), (784, 424), (872, 520), (88, 520)], "#b98a58")
    canvas.shape([(88, 520), (872, 520), (866, 544), (94, 544)], "#8f683f")
    for leg in (150, 796):
        canvas.box((leg, 544, leg + 18, 616), "#6f543a")
    for n in range(4):
        canvas.round((262 + n * 140, 440, 288 + n * 140, 452), _WHITE)
    canvas.shape([(420, 470), (520, 470), (532, 496), (410, 496)], _WHITE)
    for n in range(3):
        _seat(canvas, 286 + n * 194, 520, 1.25)


def _seat(canvas: _Canvas, x: float, y: float, size: float) -> None:
    """An upholstered chair from behind or from the front: its back is all one sees."""
    canvas.line([(x, y + 60 * size), (x, y + 96 * size)], _DARK, 8 * size)
    canvas.box((x - 44 * size, y - 8 * size, x + 44 * size, y + 66 * size), _BRAND_SOFT, 16 * size)
    canvas.box((x - 34 * size, y + 2 * size, x + 34 * size, y + 10 * size), "#97c8bd", 4 * size)


def _lounge(canvas: _Canvas) -> None:
    _interior(canvas, 410)
    _window(canvas, 96, 92, 230, 210)
    for left, colour in ((560, _YELLOW), (680, _BRAND_SOFT)):
        canvas.box((left, 120, left + 92, 232), _TRUNK, 3)
        canvas.box((left + 8, 128, left + 84, 224), _WHITE)
        canvas.round((left + 24, 154, left + 68, 198), colour)
    _plant(canvas, 884, 430)
    canvas.round((150, 500, 810, 628), "#e9c98f")
    canvas.round((196, 512, 764, 616), "#efd9ae")
    canvas.box((150, 330, 560, 462), _BRAND, 22)
    for left in (184, 362):
        canvas.box((left, 352, left + 166, 440), "#14665f", 14)
    canvas.box((128, 388, 182, 500), _BRAND, 18)
    canvas.box((528, 388, 582, 500), _BRAND, 18)
    canvas.box((160, 430, 550, 500), "#14665f", 14)
    canvas.box((220, 376, 288, 436), _YELLOW, 10)
    canvas.box((664, 352, 836, 470), _RED, 30)
    canvas.box((650, 420, 700, 510), _RED, 18)
    canvas.box((800, 420, 850, 510), _RED, 18)
    canvas.box((684, 446, 816, 508), "#cb6f63", 14)
    canvas.box((472, 552, 488, 612), "#6f543a")
    canvas.round((366, 516, 594, 576), "#b98a58")
    canvas.round((420, 532, 448, 548), _WHITE)
    canvas.round((510, 538, 538, 554), _WHITE)


def _plan(canvas: _Canvas) -> None:
    """A hall of 16 by 10 metres from above: door below, stage left, partition in the middle, a lobby with a toilet."""
    canvas.box((0, 0, _WIDTH, _HEIGHT), _WHITE)
    left, top, right, bottom = 90.0, 60.0, 870.0, 430.0
    canvas.box((left - 8, top - 8, right + 8, bottom + 8), _DARK)
    canvas.box((left, top, right, bottom), "#f6f4ee")
    canvas.box((left, 130, 200, 360), _YELLOW)
    canvas.shape([(200, 330), (270, 360), (200, 360)], "#e0c080")
    for y in range(68, 370, 24):
        canvas.line([(480, y), (480, y + 12)], _BRAND, 5)
    for column in range(3):
        for row in range(6):
            x, y = 300 + column * 54, 108 + row * 50
            canvas.box((x, y, x + 26, y + 26), _BRAND_SOFT, 5)
    for column in range(2):
        for row in range(2):
            x, y = 620 + column * 120, 170 + row * 120
            canvas.round((x - 34, y - 34, x + 34, y + 34), _FLOOR)
    for wall in (left - 9, right - 1):
        canvas.box((wall, 210, wall + 10, 280), "#2f8f4e")
    canvas.box((430, bottom - 2, 530, bottom + 10), _WHITE)
    canvas.arc((380, bottom - 50, 480, bottom + 50), (270, 360), _DARK)
    canvas.arc((480, bottom - 50, 580, bottom + 50), (180, 270), _DARK)
    for x in (430, 530):
        canvas.line([(x, bottom), (x, bottom - 50)], _DARK, 4)
    canvas.line([(82, 600), (82, 438), (878, 438), (878, 600)], _DARK, 8)
    canvas.box((430, bottom - 2, 530, bottom + 14), _WHITE)
    canvas.box((400, 540, 560, 620), _DARK)
    canvas.box((408, 548, 552, 612), "#dfeee9")
    canvas.box((446, 538, 514, 550), _WHITE)
    canvas.round((470, 566, 490, 586), _BRAND)
    canvas.line([(480, 586), (480, 604)], _BRAND, 6)
    canvas.line([(480, 528), (480, 456)], _RED, 4)
    canvas.shape([(468, 462), (492, 462), (480, 442)], _RED)


_PICTURES: dict[str, Callable[[_Canvas], None]] = {
    "hall": _hall,
    "table": _table,
    "lounge": _lounge,
    "plan": _plan,
}
