"""A running dashboard and a real browser for tests, with one judge of what counts as broken."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    sync_playwright,
)
from playwright.sync_api import TimeoutError as NotInTime

ROOT = Path(__file__).resolve().parents[1]
BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS_TO_START = 60
IDLE = (
    "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
)
# On a deep link Streamlit first looks for its own endpoints below the page's address.
HARMLESS_404 = re.compile(r"/[a-z_]+/_stcore/(health|host-config)$")
# A file that is handed over while another is on its way takes its place.
REPLACED_UPLOAD = "File uploader error on file upload - CanceledError"
PageAt = Callable[..., Page]


@dataclass
class Server:
    """A running dashboard: its address and its log."""

    url: str
    log: Path
    seen: int = 0

    def new_log(self) -> str:
        """Return what was logged since the last call."""
        text = self.log.read_text(errors="replace")
        new, self.seen = text[self.seen :], len(text)
        return new


@dataclass
class Watch:
    """Everything that one page did which a working page does not do."""

    base: str
    troubles: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.troubles.append(f"page error: {error}"))
        page.on("console", self.on_console)
        page.on("request", self.on_request)

    def on_console(self, message: ConsoleMessage) -> None:
        address = message.location.get("url", "")
        harmless = HARMLESS_404.search(address) or REPLACED_UPLOAD in message.text
        if message.type == "error" and not harmless:
            self.troubles.append(f"console error: {message.text} ({address})")

    def on_request(self, request: Request) -> None:
        inside = (self.base, self.base.replace("http", "ws", 1), "data:", "blob:")
        if not request.url.startswith(inside):
            self.troubles.append(f"request to elsewhere: {request.url}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start the dashboard once for all browser tests."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "streamlit.log"
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py"]
    options = ["--server.headless=true", f"--server.port={port}", "--server.fileWatcherType=none"]
    with log.open("w") as output:
        process = subprocess.Popen(
            command + options,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
    running = Server(f"http://localhost:{port}", log)
    try:
        _wait_until_healthy(running, process)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the dashboard did not start:\n{server.log.read_text()}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start one Chromium for all browser tests: the machine's own, else Playwright's."""
    path = next(filter(None, map(shutil.which, BROWSER_NAMES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(BROWSER_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def page_at(server: Server, chromium: Browser) -> Iterator[PageAt]:
    """Return a function that opens a page; what went wrong in it fails the test at its end."""
    opened: list[tuple[Page, Watch]] = []
    server.new_log()

    def open_page(
        path: str = "",
        *,
        width: int = 1400,
        height: int = 1000,
        dark: bool = False,
        idle: bool = True,
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            accept_downloads=True,
        )
        page = context.new_page()
        watch = Watch(server.url)
        watch.attach(page)
        opened.append((page, watch))
        page.goto(f"{server.url}/{path.lstrip('/')}")
        if idle:  # a page that trains on and on never is
            wait_idle(page)
        return page

    yield open_page
    troubles = []
    for page, watch in opened:
        troubles += watch.troubles
        troubles += [
            f"exception on the page: {text}"
            for text in page.locator("[data-testid=stException]").all_inner_texts()
        ]
        page.context.close()
    log = server.new_log()
    if "Traceback" in log:
        troubles.append(f"traceback in the server's log:\n{log}")
    if troubles:
        pytest.fail("\n".join(troubles))


def wait_idle(page: Page, seconds: float = 30.0) -> None:
    """Wait until the script has run and the page is drawn.

    A page in which a fragment runs by itself is never idle for long; wait for its own marks.
    """
    page.wait_for_selector(
        "[data-testid=stHeading], [data-testid=stException]", timeout=seconds * 1e3
    )
    page.wait_for_selector(IDLE, timeout=seconds * 1e3)


SHOWS = """([key, option]) => {
    const box = document.querySelector(`.st-key-${key}`);
    const values = Array.from(box.querySelectorAll("input"), input => input.value);
    return [...values, ...box.innerText.split("\\n")].some(text => text.trim() === option);
}"""


STILL = """() => new Promise(done => {
    const boxes = () => JSON.stringify(Array.from(
        document.querySelectorAll("[role=option]"), item => item.getBoundingClientRect()));
    const before = boxes();
    setTimeout(() => done(before !== "[]" && before === boxes()), 100);
})"""


def choose(page: Page, key: str, option: str) -> None:
    """Choose an option of a select box or a multiselect.

    A redraw of the page may close the list, typing may as well, and a list that still moves takes
    no click.
    """
    wait_idle(page)
    box = page.locator(f".st-key-{key} input").first
    item = page.get_by_role("option", name=option, exact=True)
    for _ in range(5):
        box.click()
        try:
            page.wait_for_function(STILL, timeout=2_000)
            if not item.count():  # long lists hold only what is in sight
                page.keyboard.type(option)
                page.wait_for_function(STILL, timeout=2_000)
            item.click(timeout=2_000)
            page.locator("h1").click()  # what was typed and not chosen goes away
            page.wait_for_function(SHOWS, arg=[key, option], timeout=1_000)
            return
        except NotInTime:
            box.fill("")
            page.locator("h1").click()
    pytest.fail(f"the option {option!r} of {key} could not be chosen")


def press(page: Page, key: str, stroke: str = "ArrowRight") -> None:
    """Move a slider by a key; a redraw of the page may swallow the first one."""
    wait_idle(page)
    slider = page.locator(f".st-key-{key} input[type=range]").last
    before = slider.input_value()
    for _ in range(3):
        slider.focus()
        page.keyboard.press(stroke)
        for _ in range(20):
            if slider.input_value() != before:
                return
            page.wait_for_timeout(100)
    pytest.fail(f"the slider {key} did not move from {before}")
