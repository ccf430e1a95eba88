"""The README says what is: its settings, its commands, its files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from booking.cli import main
from booking.config import SETTINGS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below `heading`, without its own two head lines."""
    part = README.split(f"{heading}\n", 1)[1]
    lines = [line for line in part.split("\n#", 1)[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def targets() -> set[str]:
    """What `make` can make, as the Makefile's own help lists it."""
    # Within `make test`, a make would tell which folders it enters.
    command = ["make", "--no-print-directory", "help"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {line.split()[1] for line in said.stdout.splitlines()}


def test_each_setting_is_in_the_readme_as_the_code_reads_it() -> None:
    told = [[f"`{setting.name}`", setting.default, setting.meaning] for setting in SETTINGS]
    assert rows("### Settings") == told


def test_each_variable_the_code_reads_is_a_setting() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "booking").rglob("*.py")]
    read = {name for source in sources for name in re.findall(r"YHTEISTILA_[A-Z_]*[A-Z]", source)}
    assert read <= {setting.name for setting in SETTINGS}


def test_each_make_command_of_the_documents_exists_and_each_is_told() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = set(re.findall(r"(?:`|^)make ([a-z]+)", README + contributing, re.MULTILINE))
    assert told == targets()


def test_the_commands_the_issue_promises_are_there() -> None:
    assert set(main.commands) >= {
        "demo",
        "serve",
        "worker",
        "db",
        "seed",
        "person",
        "token",
        "check",
    }


def test_each_command_of_the_readme_exists() -> None:
    told = set(re.findall(r"yhteistila ([a-z]+)", README))
    assert told - set(main.commands) == set()


def test_each_file_the_readme_names_exists() -> None:
    named = set(re.findall(r"`([\w./-]+\.(?:py|md|yaml|txt|toml|po))`", README))
    named |= set(re.findall(r"\]\(([\w./-]+)\)", README))
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_the_notes_of_why_are_short() -> None:
    notes = README.split("## Why\n", 1)[1].strip().split("\n\n")
    assert [note for note in notes if len(note.splitlines()) > 10] == []
