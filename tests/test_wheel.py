"""The wheel holds all it needs: built, installed by the documented way in a clean place, and run far from the repository."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.ports import free_port

ROOT = Path(__file__).parents[1]


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command; what it wrote. Its failure fails the test, with all it said."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def clean_environment() -> dict[str, str]:
    """The environment without what would lead back to the repository or to this run's settings."""
    strange = ("YHTEISTILA_", "PYTHON", "VIRTUAL_ENV", "COV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(strange)}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=ROOT)
    (built,) = folder.glob("yhteistila-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a clean virtual environment that holds the run-time lock and the wheel."""
    place = tmp_path_factory.mktemp("clean") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", place, cwd=place.parent)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", place)
    lock = ROOT / "requirements.txt"
    run(*pip, "install", "--no-deps", "--require-hashes", "-r", lock, cwd=place.parent)
    run(*pip, "install", "--no-deps", wheel, cwd=place.parent)
    return place / "bin"


def test_the_wheel_holds_every_file_the_service_reads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    wanted = {
        *(f"booking/{name}" for name in files("templates", "**/*")),
        *(f"booking/{name}" for name in files("migrations", "**/*.py")),
        "booking/migrations/HEAD",
        *files("booking", "**/*"),
        *files("calendars", "**/*.py"),
        *(
            f"booking/translations/{language}/LC_MESSAGES/messages.mo"
            for language in ("en", "fi", "sv")
        ),
    }
    assert sorted(wanted - held) == []
    assert (
        sorted(name for name in held if name.startswith(("tests/", "templates/", "migrations/")))
        == []
    )


def files(folder: str, pattern: str) -> set[str]:
    found = (path for path in (ROOT / folder).glob(pattern) if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in found if path.suffix != ".pyc"}


def test_the_demo_runs_from_the_wheel_outside_the_repository(
    installed: Path, tmp_path: Path
) -> None:
    code = "import booking; print(booking.__file__)"
    assert str(installed.parent) in run(installed / "python", "-c", code, cwd=tmp_path)
    port = str(free_port())
    with (tmp_path / "said").open("w") as said:
        demo = subprocess.Popen(
            [installed / "yhteistila", "demo", "--port", port, "--data", tmp_path / "data"],
            cwd=tmp_path,
            env=clean_environment(),
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        answer = wait_for(f"http://127.0.0.1:{port}/livez", demo)
        assert answer == 200, (tmp_path / "said").read_text()
        page = read(f"http://127.0.0.1:{port}/")
        named = set(re.findall(r'"(/static/[^"]+|/rooms)"', page))
        assert {path.rpartition(".")[2] for path in named} >= {"css", "js", "svg"}
        for path in ("/readyz", "/rooms/1", *named):
            assert get(f"http://127.0.0.1:{port}{path}") == 200, path
    finally:
        with suppress(ProcessLookupError):  # it ended by itself, and the assertion above says why
            os.killpg(demo.pid, signal.SIGTERM)
        demo.wait()


def wait_for(url: str, server: subprocess.Popen[bytes]) -> int | None:
    """The status of the first answer; None when the server ends before it gives one."""
    pause = threading.Event()
    while server.poll() is None:
        try:
            return get(url)
        except (urllib.error.URLError, ConnectionError):
            pause.wait(0.1)
    return None


def read(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        text: str = answer.read().decode()
        return text


def get(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
