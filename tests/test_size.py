"""Files, functions and signatures stay small enough to be read."""

from __future__ import annotations

from pathlib import Path

from tests.support.sizes import too_large

ROOT = Path(__file__).parents[1]


def test_nothing_is_too_large_to_be_read() -> None:
    assert too_large(ROOT) == []


def written(root: Path, name: str, source: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")


def test_a_long_function_is_found_and_its_docstring_is_free(tmp_path: Path) -> None:
    body = "    x = 1\n" * 39
    written(tmp_path, "booking/a.py", f"def fits():\n    '''One.\n    Two.\n    '''\n{body}")
    written(
        tmp_path,
        "booking/b.py",
        f"class C:\n    def long(self):\n{body.replace('    x', '        x')}        x = 1\n",
    )
    assert too_large(tmp_path) == ["booking/b.py:2: long has 41 lines, 40 allowed"]


def test_a_view_may_be_longer(tmp_path: Path) -> None:
    written(tmp_path, "booking/web/a.py", "def view():\n" + "    x = 1\n" * 59)
    written(tmp_path, "booking/web/b.py", "def view():\n" + "    x = 1\n" * 60)
    assert too_large(tmp_path) == ["booking/web/b.py:1: view has 61 lines, 60 allowed"]


def test_a_long_file_is_found(tmp_path: Path) -> None:
    written(tmp_path, "calendars/a.py", "x = 1\n" * 400)
    written(tmp_path, "calendars/b.py", "x = 1\n" * 401)
    assert too_large(tmp_path) == ["calendars/b.py:1: 401 lines, 400 allowed"]


def test_parameters_are_counted_without_session_actor_and_now(tmp_path: Path) -> None:
    written(tmp_path, "booking/a.py", "def f(session, a, b, c, *, d, e, f, actor, now): ...\n")
    written(tmp_path, "booking/b.py", "def g(a, b, c, d, e, *, f, g): ...\n")
    assert too_large(tmp_path) == ["booking/b.py:1: g has 7 parameters, 6 allowed"]


def test_the_core_stays_an_hours_reading(tmp_path: Path) -> None:
    for name in ("occupancy", "bookings", "rooms"):
        written(tmp_path, f"booking/domain/{name}.py", "x = 1\n" * 234)
    assert too_large(tmp_path) == [
        "booking/domain/occupancy.py, booking/domain/bookings.py, booking/domain/rooms.py: "
        "702 lines together, 700 allowed"
    ]
