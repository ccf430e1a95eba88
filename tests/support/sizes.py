"""How large a file or function may be. Knows the limits of the house style and reads source by `ast`; nothing of pytest."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 40
# A view and a calendar backend follow somebody else's protocol step by step.
PROTOCOL_LINES = 60
PARAMETERS = 6
# What nearly every use case takes doesn't make its signature harder to read.
_FREE = {"self", "cls", "session", "actor", "now"}
# What somebody can read in an hour, to know how a room is never promised twice and how calendars agree.
TOGETHER = {
    ("booking/domain/occupancy.py", "booking/domain/bookings.py", "booking/domain/rooms.py"): 700,
    ("calendars/period.py", "calendars/reconcile.py", "calendars/sync.py"): 500,
}


def too_large(
    root: Path, folders: tuple[str, ...] = ("booking", "calendars", "migrations", "tests")
) -> list[str]:
    """Each file, function and signature above its limit, as `file:line: what is wrong`."""
    found: list[str] = []
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            found += _of_file(path, path.relative_to(root).as_posix())
    for names, limit in TOGETHER.items():
        lines = sum(_lines(root / name) for name in names)
        if lines > limit:
            found.append(f"{', '.join(names)}: {lines} lines together, {limit} allowed")
    return found


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0


def _of_file(path: Path, name: str) -> Iterator[str]:
    if name.startswith("migrations/versions/"):
        return  # a migration is a list of statements, as long as what it lays down
    lines = _lines(path)
    if lines > FILE_LINES:
        yield f"{name}:1: {lines} lines, {FILE_LINES} allowed"
    limit = (
        PROTOCOL_LINES
        if name.startswith(("booking/web/", "calendars/backends/"))
        else FUNCTION_LINES
    )
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = _length(node)
            if length > limit:
                yield f"{name}:{node.lineno}: {node.name} has {length} lines, {limit} allowed"
            count = len(_parameters(node))
            if count > PARAMETERS:
                yield f"{name}:{node.lineno}: {node.name} has {count} parameters, {PARAMETERS} allowed"


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, the docstring left out: explaining oneself is free."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    arguments = node.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [one.arg for one in named if one.arg not in _FREE]
