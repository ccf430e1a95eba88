"""Which module may import which. Knows the floors of the house and the homes of outside packages; nothing of pytest.

Read from the source by `ast`, so that imports hidden in functions count, and nothing has to be imported to be judged.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# Lowest first. A module may import from lower floors, and from its own entry; entries that share a floor are strangers.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("calendars.period", "calendars.errors"),
    ("calendars.items",),
    ("calendars.ical", "calendars.busy", "calendars.reconcile"),
    ("calendars.backends.base",),
    ("calendars.backends",),
    ("calendars.sync",),
    ("booking.errors",),
    ("booking.config", "booking.i18n", "booking.write_queue"),
    ("booking.keys",),
    ("booking.db",),
    ("booking.domain",),
    ("booking.models",),
    ("booking.queries", "booking.migrate"),
    ("booking.calendar_items",),
    ("booking.services",),
    ("booking.web", "booking.worker", "booking.seed"),
    ("booking.app",),
    ("booking.cli",),
    ("migrations",),
)

# Where an outside package, or a module of the standard library that reaches the world, may be imported.
_WEB = ("booking.web", "booking.app")
HOMES: Mapping[str, tuple[str, ...]] = {
    "alembic": ("booking.migrate", "migrations"),
    "apispec": ("booking.web.api",),
    "argon2": ("booking.services",),
    "babel": ("booking.i18n",),
    "click": ("booking.cli",),
    "cryptography": ("booking.services",),
    "dateutil": ("booking.domain.series",),
    "flask": _WEB,
    "flask_login": _WEB,
    "flask_smorest": ("booking.web.api",),
    "flask_wtf": _WEB,
    "gunicorn": ("booking.cli",),
    "holidays": ("booking.queries.holidays",),
    "huey": ("booking.worker",),
    "icalendar": ("calendars.ical", "calendars.busy"),
    "jinja2": ("booking.services", *_WEB),
    "markupsafe": _WEB,
    "marshmallow": ("booking.web.api",),
    "PIL": ("booking.services", "booking.seed.pictures"),
    "psycopg": ("booking.db",),
    "pyotp": ("booking.services",),
    "rich": ("booking.cli",),
    "segno": ("booking.web",),
    "smtplib": ("booking.services",),
    "sqlalchemy": (
        "booking.db",
        "booking.migrate",
        "booking.models",
        "booking.queries",
        "booking.seed",
        "booking.services",
        "migrations",
    ),
    "structlog": ("booking.config",),
    "webargs": ("booking.web.api",),
    "werkzeug": _WEB,
    "whitenoise": _WEB,
    "wtforms": _WEB,
    "zxcvbn": ("booking.services",),
}

# The rules of the trade stay pure: all else they may import is the standard library without I/O, and themselves.
_DOMAIN = "booking.domain"
_DOMAIN_MAY = ("booking.domain", "booking.errors", "calendars.period", "dateutil")
_IMPURE = {
    "asyncio",
    "http",
    "io",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "secrets",
}
_IMPURE |= {
    "shutil",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib",
}


@dataclass(frozen=True)
class Import:
    """One import of `target` (a dotted name) in a module; `reason` says whether a comment stands by it."""

    target: str
    line: int
    in_function: bool
    for_types_only: bool
    has_reason: bool


def modules(root: Path, packages: tuple[str, ...]) -> dict[str, Path]:
    """The modules of the packages under `root`, by dotted name."""
    found = {}
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def violations(
    root: Path, packages: tuple[str, ...] = ("booking", "calendars", "migrations")
) -> list[str]:
    """Each import that breaks a rule, as `file:line: what is wrong`; then each knot of modules that import one another."""
    known = modules(root, packages)
    found: list[str] = []
    graph: dict[str, set[str]] = {}
    for name, path in known.items():
        place = path.relative_to(root)
        if _floor(name) is None:
            found.append(f"{place}:1: {name} has no floor")
        for one in imports(path, name, known):
            wrong = _wrong(name, one, packages)
            found += [f"{place}:{one.line}: {name} {text}" for text in wrong]
            if not one.for_types_only and one.target in known and one.target != name:
                graph.setdefault(name, set()).add(one.target)
    return found + [f"import knot: {' → '.join(knot)}" for knot in _knots(graph)]


def imports(path: Path, name: str, known: Mapping[str, Path]) -> Iterator[Import]:
    """All imports of a module, those within functions and those by a literal name included."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node, in_function, for_types in _walk(ast.parse(source, str(path)), False, False):
        has_reason = any("#" in lines[at] for at in (node.lineno - 1, node.lineno - 2) if at >= 0)
        for target in _targets(node, package, known):
            yield Import(target, node.lineno, in_function, for_types, has_reason)


def _walk(
    node: ast.AST, in_function: bool, for_types: bool
) -> Iterator[tuple[ast.stmt | ast.expr, bool, bool]]:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
        yield node, in_function, for_types
    inside = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    guarded: list[ast.stmt] = []
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        guarded = node.body
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, inside, for_types or child in guarded)


def _targets(node: ast.stmt | ast.expr, package: str, known: Mapping[str, Path]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = ".".join([*above, node.module or ""]).strip(".")
        for alias in node.names:
            # `from booking import db` names a module, `from booking.db import T` something in one.
            deeper = f"{base}.{alias.name}"
            yield deeper if deeper in known else base
    elif isinstance(node, ast.Call) and _is_import(node):
        yield ast.literal_eval(node.args[0])


def _is_import(call: ast.Call) -> bool:
    """Whether a call imports a module by a name written out."""
    named = ast.unparse(call.func).rpartition(".")[2] in ("import_module", "__import__")
    return named and bool(call.args) and isinstance(call.args[0], ast.Constant)


def _wrong(name: str, one: Import, packages: tuple[str, ...]) -> Iterator[str]:
    top = one.target.partition(".")[0]
    if top == "__future__":
        return
    if one.in_function and not one.has_reason:
        yield f"imports {one.target} within a function, without a comment that says why"
    if _under(name, (_DOMAIN,)) and (top in _IMPURE or not _may_domain(one.target, top)):
        yield f"imports {one.target}, which the rules of the trade must not know"
    elif top in packages:
        if not _is_down(name, one.target):
            yield f"imports {one.target}, which is not below it"
    elif one.for_types_only:
        return  # nothing is loaded: a signature may name what its caller hands in
    elif top in HOMES:
        if not _under(name, HOMES[top]):
            yield f"imports {top}, whose home is {', '.join(HOMES[top])}"
    elif top not in sys.stdlib_module_names:
        yield f"imports {top}, which has no home"


def _may_domain(target: str, top: str) -> bool:
    return _under(target, _DOMAIN_MAY) or (top in sys.stdlib_module_names and top not in HOMES)


def _is_down(name: str, target: str) -> bool:
    mine, its = _floor(name), _floor(target)
    if its is None or mine is None:
        return target in ("booking", "calendars")  # the packages themselves are only docstrings
    return its[0] < mine[0] or its == mine


def _floor(name: str) -> tuple[int, str] | None:
    """The height of a module and its entry there; the longest entry that fits counts."""
    if name in ("booking", "calendars"):
        return (-1, name)
    fitting = [
        (len(entry), height, entry)
        for height, entries in enumerate(FLOORS)
        for entry in entries
        if _under(name, (entry,))
    ]
    return max(fitting)[1:] if fitting else None


def _under(name: str, homes: tuple[str, ...]) -> bool:
    return any(name == home or name.startswith(home + ".") for home in homes)


def _knots(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of modules that reach one another, each sorted (Tarjan would be faster; we have a few dozen modules)."""
    reach = {name: _reachable(name, graph) for name in graph}
    knots = {
        tuple(sorted(other for other in reach[name] if name in reach.get(other, set())))
        for name in graph
        if name in reach[name]
    }
    return [list(knot) for knot in sorted(knots)]


def _reachable(name: str, graph: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        for target in graph.get(waiting.pop(), set()) - seen:
            seen.add(target)
            waiting.append(target)
    return seen
