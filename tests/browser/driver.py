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
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)
from playwright.sync_api import TimeoutError as NotInTime

ROOT = Path(__file__).resolve().parents[2]
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
UPLOAD_MEGABYTES = 2
"""The server's limit, lower than by default: to reach it takes no while."""
IDLE = (
    "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
)
# On a deep link Streamlit first looks for its own endpoints below the page's address.
HARMLESS_404 = re.compile(r"/[a-z_]+/_stcore/(health|host-config)$")
# A file that is handed over while another is on its way takes its place.
REPLACED_UPLOAD = "File uploader error on file upload - CanceledError"
PageAt = Callable[..., Page]
expect.set_options(timeout=20_000)


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
        page.on("pageerror", self.on_error)
        page.on("console", self.on_console)
        page.on("request", self.on_request)

    def detach(self, page: Page) -> None:
        page.remove_listener("pageerror", self.on_error)
        page.remove_listener("console", self.on_console)
        page.remove_listener("request", self.on_request)

    def on_error(self, error: Error) -> None:
        self.troubles.append(f"page error: {error}")

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
    options.append(f"--server.maxUploadSize={UPLOAD_MEGABYTES}")
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


@pytest.fixture(scope="session")
def shared_context(chromium: Browser) -> Iterator[BrowserContext]:
    """Open the one context of this worker: its cache keeps what every page loads."""
    size = ViewportSize(width=1400, height=1000)
    context = chromium.new_context(viewport=size, accept_downloads=True)
    yield context
    context.close()


@pytest.fixture(scope="session")
def spare_pages() -> list[Page]:
    """Hold the pages that await the next test.

    A new one would have a process of its own, which reads and compiles all scripts anew: 3.6
    instead of 2 seconds of processor time until the dashboard is drawn.
    """
    return []


@pytest.fixture
def context(shared_context: BrowserContext, spare_pages: list[Page]) -> Iterator[BrowserContext]:
    """Give a test the context as a first visitor finds it; its own pages are closed at the end."""
    yield shared_context
    for page in shared_context.pages:
        if page not in spare_pages:
            page.close()
    shared_context.clear_cookies()


@pytest.fixture
def page_at(server: Server, context: BrowserContext, spare_pages: list[Page]) -> Iterator[PageAt]:
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
        page = spare_pages.pop() if spare_pages else context.new_page()
        page.bring_to_front()  # behind another one it is drawn once a second
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
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
    if opened:
        _clear_storage(opened[0][0], server.url)
    log = server.new_log()
    if "Traceback" in log:
        troubles.append(f"traceback in the server's log:\n{log}")
    if troubles:
        pytest.fail("\n".join(troubles))
    for page, watch in opened:
        watch.detach(page)
        page.mouse.move(0, 0)
        page.goto(f"{server.url}/_stcore/health")  # of the same origin, and without a session
        spare_pages.append(page)


def _clear_storage(page: Page, origin: str) -> None:
    """Forget what the pages kept in the browser (theme, widths), but not its cache of files."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage"})
    devtools.detach()


# A chart's place is there before the chart is; one out of view waits while a run plays.
DRAWN = r"""() => Array.from(document.querySelectorAll("[class*=_plot]"))
    .filter(place => /(^|\s)st-key-[\w-]+_plot(\s|$)/.test(place.className))
    .every(place => {
        const chart = place.querySelector(".plot")?.dataset;
        return chart && ("waits" in chart || (chart.revision && chart.revision === chart.asked));
    })"""
REVISIONS = """keys => keys.map(
    key => document.querySelector(`.st-key-${key} .plot`)?.dataset.revision ?? null)"""
REDRAWN = f"""([keys, before]) => ({REVISIONS})(keys)
    .every((revision, i) => revision !== null && revision !== before[i]) && ({DRAWN})()"""


def wait_idle(page: Page, seconds: float = 30.0) -> None:
    """Wait until the script has run and the page and all its charts are drawn.

    A page in which a fragment runs by itself is never idle for long; wait for its own marks.
    """
    page.bring_to_front()
    page.wait_for_selector(
        "[data-testid=stHeading], [data-testid=stException]", timeout=seconds * 1e3
    )
    page.wait_for_selector(IDLE, timeout=seconds * 1e3)
    page.wait_for_function(DRAWN, timeout=seconds * 1e3)


@contextmanager
def redrawn(page: Page, *keys: str, seconds: float = 30.0) -> Iterator[None]:
    """Do what is in the body, and wait until each of these charts shows other numbers than before.

    ``with redrawn(page, "losses"): press(page, "learning_rate")``. Every chart is stamped with the
    revision of the figure that it shows, so nothing is guessed and nothing is polled from here. A
    chart that was not there counts as changed once it is drawn.
    """
    before = page.evaluate(REVISIONS, list(keys))
    yield
    page.wait_for_function(REDRAWN, arg=[list(keys), before], timeout=seconds * 1e3)


STILL = """selector => new Promise(done => {
    const boxes = () => JSON.stringify(Array.from(
        document.querySelectorAll(selector), item => item.getBoundingClientRect()));
    const before = boxes();
    setTimeout(() => done(before !== "[]" && before === boxes()), 100);
})"""
OPTION, PAGE_LINK = "[role=option]", "[data-testid=stSidebar] [data-testid=stPageLink]"


def unfolded_links(page: Page) -> Locator:
    """Return the sidebar's links to all pages, unfolded if they are not, and at rest.

    While the fold opens, the button of the mouse goes down on one link and up on another.
    """
    links = page.locator(PAGE_LINK)
    if not links.first.is_visible():
        page.locator(".st-key-pages summary").click()
        links.first.wait_for()
        page.wait_for_function(STILL, arg=PAGE_LINK)
    return links


SHOWS = """([key, option]) => {
    const box = document.querySelector(`.st-key-${key}`);
    const values = Array.from(box.querySelectorAll("input"), input => input.value);
    return [...values, ...box.innerText.split("\\n")].some(text => text.trim() === option);
}"""


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
            page.wait_for_function(STILL, arg=OPTION, timeout=2_000)
            if not item.count():  # long lists hold only what is in sight
                page.keyboard.type(option)
                page.wait_for_function(STILL, arg=OPTION, timeout=2_000)
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
