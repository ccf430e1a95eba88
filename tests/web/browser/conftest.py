"""A demo of its own for the browser: seeded data, two server processes and the worker. Knows the command; no page."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from booking.seed.people import DEMO_PASSWORD
from tests.support.browser import NewPage
from tests.support.ports import free_port
from tests.support.server import wait_until_answering

OpenAs = Callable[..., Page]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[str]:
    """The address of a running demo; without a browser nothing is started."""
    assert chromium
    folder, port = tmp_path_factory.mktemp("demo"), free_port()
    command = [
        sys.executable,
        "-m",
        "booking.cli",
        "demo",
        "--port",
        str(port),
        "--data",
        str(folder),
    ]
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=dict(os.environ))
        try:
            wait_until_answering(process, port, "/livez", log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="session")
def cookies(browser: Browser, demo: str) -> Callable[[str | None], Any]:
    """The cookies of a person who has signed in by the page; each signs in once a run."""
    kept: dict[str | None, Any] = {None: None}

    def of(who: str | None) -> Any:
        if who not in kept:
            with browser.new_context(locale="fi-FI") as context:
                page = context.new_page()
                page.goto(f"{demo}/login")
                page.locator("#password-email").fill(f"{who}@demo.example")
                page.get_by_label("Salasana").fill(DEMO_PASSWORD)
                page.get_by_label("Salasana").press("Enter")
                page.get_by_role("button", name="Kirjaudu ulos").wait_for()
                kept[who] = context.storage_state()
        return kept[who]

    return of


@pytest.fixture
def open_as(new_page: NewPage, demo: str, cookies: Callable[[str | None], Any]) -> OpenAs:
    """A function that opens a page of the demo as a person (None: nobody); options are a Playwright context's."""

    def open_page(who: str | None, path: str = "/", **options: Any) -> Page:
        page = new_page(base_url=demo, **{"storage_state": cookies(who), **options})
        page.goto(path)
        return page

    return open_page
