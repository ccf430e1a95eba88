"""A real browser for tests. Knows Debian's chromium and what a page must never say in its console; no page of ours.

`page` is an open page; `new_page(**options)` opens more, for instance `viewport={"width": 320, "height": 640}`,
`color_scheme="dark"`, `java_script_enabled=False`, `locale="sv-FI"`. Each of them fails its test on a violation of the
content security policy, an error in the console, or an uncaught exception.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    sync_playwright,
)

NewPage = Callable[..., Page]

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_OPTIONS: dict[str, Any] = {
    "viewport": {"width": 1280, "height": 800},
    "locale": "fi-FI",
    "timezone_id": "Europe/Helsinki",
    # A test of a page must not depend on how long an animation takes.
    "reduced_motion": "reduce",
}
# Chromium writes most violations to the console, but not those of a report-only policy or of a blocked `eval`.
_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", event =>
    console.error(`policy violated: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of chromium. Without one the test is skipped, or fails under REQUIRE_BROWSER=1."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path:
        return path
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail("a browser is required, but there is no chromium on the PATH and no $CHROMIUM")
    pytest.skip("no browser: no chromium on the PATH and no $CHROMIUM")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """The browser of this worker."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """A function that opens a page in a context of its own; its options are those of a Playwright context."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(**(_OPTIONS | options))
        contexts.append(context)
        context.add_init_script(_TELL_VIOLATIONS)
        return _watched(context.new_page(), faults)

    yield open_page
    for context in contexts:
        context.close()
    if faults:
        pytest.fail("the page said what no page should:\n" + "\n".join(faults))


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page at 1280 × 800 in Finnish."""
    return new_page()


def _watched(page: Page, faults: list[str]) -> Page:
    """Collect in `faults` what the page should not have said."""
    refused: set[str] = set()

    def on_response(response: Response) -> None:
        # An answer of 404 or 422 to a form is what a test asked for; to a style sheet it is a fault.
        if response.status >= 400 and response.request.is_navigation_request():
            refused.add(response.url)

    def on_console(message: ConsoleMessage) -> None:
        is_refusal = (
            message.text.startswith("Failed to load resource")
            and message.location["url"] in refused
        )
        if message.type == "error" and not is_refusal:
            faults.append(f"{page.url}: {message.text}")

    page.on("response", on_response)
    page.on("console", on_console)
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    return page
