"""What goes wrong in the middle: closed tabs, reloads, restarts, a full disk, changes in a run."""

import csv
import io
import os
import re
import resource
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import ROOT, PageAt, press, wait_idle
from playwright.sync_api import Browser, Page, expect
from test_browser_classification import (
    click,
    download,
    metric,
    open_tab,
    step,
    upload,
    wait_for_chart,
    wait_for_step,
)

from pages.shared.plot import _plotly_address

pytestmark = pytest.mark.browser
LIVE = "classification?epochs=100000&classification_pace=10+steps"


def table_file(folder: Path, name: str, columns: int, rows: int = 60) -> Path:
    """Write a table of two classes that are easy to tell apart."""
    lines = [",".join([*(f"x{i}" for i in range(columns)), "kind"])]
    for row in range(rows):
        values = [str((row * 7 + i) % 10 + 20 * (row % 2)) for i in range(columns)]
        lines.append(",".join([*values, "ab"[row % 2]]))
    path = folder / name
    path.write_text("\n".join(lines))
    return path


def still_trains(page: Page) -> None:
    wait_for_step(page, step(page) + 10)


def test_a_closed_tab_and_a_reload_leave_the_others_alone(page_at: PageAt):
    stays = page_at(LIVE, idle=False)
    closes = page_at(f"{LIVE}&learning_rate=0.02", idle=False)
    wait_for_step(stays, 10)
    wait_for_step(closes, 10)
    closes.goto("about:blank")  # the tab is gone for the server, and still there for the judge
    still_trains(stays)
    stays.reload()
    wait_for_step(stays, 10)
    expect(stays.locator(".st-key-learning_rate")).to_contain_text("0.01")
    still_trains(stays)


def test_two_tabs_of_one_browser_do_not_mix(page_at: PageAt):
    first = page_at(f"{LIVE}&learning_rate=0.02", idle=False)
    wait_for_step(first, 10)
    second = first.context.new_page()
    second.goto(first.url.split("?")[0] + "?data=Two+moons&classification_pace=1+step&seed=3")
    wait_for_step(second, 2)
    click(second, "pause")
    expect(second.locator(".st-key-classification_play button").first).to_be_visible()
    paused = step(second)
    still_trains(first)
    assert step(second) == paused
    expect(first.locator(".st-key-data input")).not_to_have_value("Two moons")
    assert "learning_rate=0.02" in first.url and "learning_rate" not in second.url


def test_the_page_the_network_and_the_table_change_in_the_middle(page_at: PageAt, tmp_path: Path):
    page = page_at(LIVE, idle=False)
    wait_for_step(page, 10)
    page.locator(".st-key-layers button").last.click()  # one layer more: a new run
    expect(page.locator(".st-key-units_3")).to_be_visible()
    still_trains(page)
    upload(page, table_file(tmp_path, "two.csv", 2))
    expect(page.get_by_text("60 rows")).to_be_visible()
    still_trains(page)
    upload(page, table_file(tmp_path, "five.csv", 5, rows=80))
    expect(page.get_by_text("80 rows")).to_be_visible()
    still_trains(page)

    links = page.locator("[data-testid=stSidebar] [data-testid=stPageLink]")
    links.filter(has_text="Backpropagation").click()
    page.wait_for_function("document.title.includes('Backpropagation')")
    wait_idle(page)
    links.filter(has_text="Classification").click()
    page.wait_for_function("document.title.includes('Classification')")
    expect(page.get_by_text("80 rows")).to_be_visible()
    still_trains(page)


def test_sliders_moved_quickly_in_a_run_break_nothing(page_at: PageAt):
    """Each move replaces a script that is training or drawing; neither may touch the other's."""
    page = page_at("classification?epochs=100000&classification_pace=full+speed", idle=False)
    wait_for_step(page, 10)
    slider = page.locator(".st-key-learning_rate input[type=range]")
    slider.focus()
    for stroke in ("ArrowLeft", "ArrowRight") * 12:
        page.keyboard.press(stroke)
        page.wait_for_timeout(60)
    still_trains(page)
    assert float(metric(page, "Train loss")) < 0.1


class OwnServer:
    """A server at a fixed address that can be stopped, started again, and denied the disk."""

    def __init__(self, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("localhost", 0))
            self.port = free.getsockname()[1]
        self.url, self.log = f"http://localhost:{self.port}", log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, full_disk: bool = False) -> None:
        """Start, and wait until it answers; on a full disk no file can hold a byte more."""
        options = ["--server.headless=true", "--server.fileWatcherType=none"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "dashboard.py", *options]
            + [f"--server.port={self.port}"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            preexec_fn=_no_file_grows if full_disk else None,
        )
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        pytest.fail("the server did not start")

    def stop(self) -> None:
        """Stop at once, as a crash does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def _no_file_grows() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[OwnServer]:
    server = OwnServer(tmp_path / "log")
    yield server
    server.stop()


@pytest.fixture
def own_page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
    yield context.new_page()
    context.close()


def test_after_a_restart_of_the_server_the_page_goes_on(own_server: OwnServer, own_page: Page):
    own_server.start()
    own_page.goto(f"{own_server.url}/{LIVE}&seed=5")
    wait_for_step(own_page, 10)
    press(own_page, "dropout", "ArrowRight")
    own_page.wait_for_function("location.search.includes('dropout')")
    address = own_page.url
    own_server.stop()
    own_page.locator("[data-testid=stApp]:not([data-test-connection-state=CONNECTED])").wait_for()
    own_server.start()
    own_page.locator("[data-testid=stApp][data-test-connection-state=CONNECTED]").wait_for()
    own_page.keyboard.press("Escape")
    still_trains(own_page)
    assert own_page.url == address
    assert own_page.locator("[data-testid=stException]").count() == 0


def test_exports_need_no_disk(own_server: OwnServer, own_page: Page, tmp_path: Path):
    assert _plotly_address()  # the copy that a first start makes
    own_server.start(full_disk=True)
    own_page.goto(f"{own_server.url}/classification?epochs=5")
    wait_for_chart(own_page, "losses")
    upload(own_page, table_file(tmp_path, "two.csv", 2))
    expect(own_page.get_by_text("60 rows")).to_be_visible()
    own_page.wait_for_function("document.body.innerText.includes('Epoch 5.0 of 5')")
    wait_idle(own_page)
    own_page.locator(".st-key-losses_export button").first.click()
    assert b"Plotly.newPlot" in download(own_page, "losses_html")
    assert download(own_page, "losses_csv").startswith(b"step")
    own_page.keyboard.press("Escape")
    open_tab(own_page, "Export")
    rows = list(csv.DictReader(io.StringIO(download(own_page, "classification_history").decode())))
    assert len(rows) > 10
    assert download(own_page, "classification_model").startswith(b"PK")


def test_what_people_name_does_not_run(page_at: PageAt, own_page: Page, tmp_path: Path):
    """A file name, column names and classes that try to be HTML, Markdown, formulas or paths."""
    lines = ["=cmd(),<img src=x onerror=window.broken=1>,![a](http://elsewhere.example/a.png)"]
    bad = "</script><img src=x onerror=window.broken=1>"
    lines += [f"{row},{row % 3},{bad if row % 2 else '=down'}" for row in range(60)]
    path = tmp_path / "..;<b>x\u2028 =1.csv"
    path.write_text("\n".join(lines))
    page = page_at("classification?epochs=5")
    upload(page, path)
    expect(page.get_by_text("60 rows")).to_be_visible()
    page.wait_for_function("document.body.innerText.includes('Epoch 5.0 of 5')")
    wait_idle(page)
    open_tab(page, "Predictions")
    page.locator(".st-key-confusion_export button").first.click()
    exported = tmp_path / "chart.html"
    exported.write_bytes(download(page, "confusion_html"))
    page.keyboard.press("Escape")
    open_tab(page, "Export")
    with page.expect_download() as got:
        page.locator(".st-key-classification_history button").first.click()
    assert re.fullmatch(r"[\w-]+\.csv", got.value.suggested_filename)
    predictions = download(page, "classification_predictions").decode()
    assert "'=down" in predictions and "\n=" not in predictions and ",=" not in predictions
    assert page.evaluate("window.broken") is None
    own_page.goto(exported.as_uri())
    expect(own_page.locator(".js-plotly-plot")).to_contain_text(bad)
    assert own_page.evaluate("window.broken") is None
