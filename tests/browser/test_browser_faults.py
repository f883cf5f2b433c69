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
from contextlib import contextmanager
from pathlib import Path

import pytest
from driver import ROOT, PageAt, press, unfolded_links, wait_idle
from playwright.sync_api import BrowserContext, Page, expect
from test_browser_classification import (
    click,
    download,
    metric,
    open_tab,
    pause,
    step,
    upload,
    wait_for_step,
)

from pages.shared.plot import _plotly_address

pytestmark = pytest.mark.browser
# The tab with no charts of its own: what goes wrong here goes wrong with two charts as with six.
LIVE = "classification?epochs=100000&classification_pace=10+steps&details=Export"


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


def test_tabs_do_not_mix_and_a_closed_one_and_a_reload_leave_the_others_alone(page_at: PageAt):
    first = page_at(f"{LIVE}&learning_rate=0.02", idle=False)
    wait_for_step(first, 10)
    moons = "classification?data=Two+moons&classification_pace=1+step&seed=3&details=Export"
    second = page_at(moons, idle=False)
    wait_for_step(second, 2)
    pause(second)
    paused = step(second)
    still_trains(first)
    assert step(second) == paused
    expect(first.locator(".st-key-data input")).not_to_have_value("Two moons")
    assert "learning_rate=0.02" in first.url and "learning_rate" not in second.url
    click(second, "play")
    second.goto("about:blank")  # the tab is gone for the server, and still there for the judge
    still_trains(first)
    first.reload()
    wait_for_step(first, 10)
    expect(first.locator(".st-key-learning_rate")).to_contain_text("0.02")
    still_trains(first)


def wait_for_loss(page: Page, below: float) -> None:
    """Wait until training has brought the loss so low, which a slow machine takes long for."""
    for _ in range(300):
        loss = metric(page, "Train loss")
        if "10⁻" in loss or float(loss) < below:
            return
        page.wait_for_timeout(200)
    pytest.fail(f"the loss is still {loss}")


STEPS_FROM_NOW = """() => {
    const shown = () => [...document.querySelectorAll("[data-testid=stMetric]")]
        .filter(box => /^Step\\s/.test(box.innerText)).map(box => box.innerText).join();
    let last = shown();
    window.stepsShown = 0;
    new MutationObserver(() => {
        if (shown() !== last) { last = shown(); window.stepsShown += 1; }
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


@contextmanager
def slowed(page: Page, times: int) -> Iterator[None]:
    devtools = page.context.new_cdp_session(page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": times})
    try:
        yield
    finally:
        devtools.detach()


def test_pause_is_answered_at_once_in_a_slow_browser(page_at: PageAt):
    """No redraws wait to be drawn, and the button keeps the keyboard's focus whatever it says."""
    page = page_at("classification?epochs=100000&classification_pace=full+speed", idle=False)
    wait_for_step(page, 10)
    button = page.locator(".st-key-classification_play button").first
    with slowed(page, 4):
        page.evaluate(STEPS_FROM_NOW)
        page.wait_for_function("window.stepsShown > 3", timeout=120_000)  # each takes long there
        button.focus()
        page.evaluate("window.stepsShown = 0")
        said = button.evaluate("button => {button.click(); return button.textContent}")
        assert "Play" in said and "Pause" not in said  # before any answer of the server
        page.wait_for_function("document.querySelector('.st-key-tick') === null")
        wait_idle(page)
        assert page.evaluate("window.stepsShown") <= 2  # the one on its way, and the last
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(button).to_have_text(re.compile("Pause"))
    expect(button).to_be_focused()
    still_trains(page)


LINES = "document.querySelector('.st-key-gradient_norms .plot')?.data?.filter(d => d.name).length"


def test_clicks_in_quick_succession_and_other_data_begin_the_run_that_is_shown(page_at: PageAt):
    page = page_at(LIVE, idle=False)
    wait_for_step(page, 50)
    for _ in range(4):
        page.locator(".st-key-layers button").last.click()
    page.wait_for_function("location.search.includes('layers=6')")
    page.wait_for_function(f"{LINES} === 7")  # a layer each, and the output
    expect(page.locator(".st-key-layers input")).to_have_value("6")
    wait_for_step(page, 50)
    page.locator(".st-key-data input").click()
    page.keyboard.type("moons")
    page.keyboard.press("Enter")
    page.wait_for_function("location.search.includes('data=Moons')")
    wait_for_step(page, 0, 40)
    still_trains(page)


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

    unfolded_links(page).filter(has_text="Backpropagation").click()
    page.wait_for_function("document.title.includes('Backpropagation')")
    wait_idle(page)
    unfolded_links(page).filter(has_text="Classification").click()
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
    wait_for_loss(page, below=0.1)


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
def own_page(context: BrowserContext) -> Page:
    """Open a page that no judge watches: its server breaks."""
    return context.new_page()


def test_after_a_restart_on_a_full_disk_the_page_goes_on_and_exports(
    own_server: OwnServer, own_page: Page, tmp_path: Path
):
    assert _plotly_address()  # the copy that a first start makes
    own_server.start()
    own_page.goto(f"{own_server.url}/{LIVE}&seed=5")
    wait_for_step(own_page, 30)
    press(own_page, "dropout", "ArrowRight")
    own_page.wait_for_function("location.search.includes('dropout')")
    wait_for_step(own_page, 100)  # the other rate began a new run: so far that a newer one is told
    address, before = own_page.evaluate("location.href"), step(own_page)
    own_server.stop()
    own_page.locator("[data-testid=stApp]:not([data-test-connection-state=CONNECTED])").wait_for()
    own_server.start(full_disk=True)
    own_page.locator("[data-testid=stApp][data-test-connection-state=CONNECTED]").wait_for()
    own_page.keyboard.press("Escape")
    wait_for_step(own_page, 0, before - 1)  # the run begins anew
    still_trains(own_page)
    assert own_page.evaluate("location.href") == address
    assert own_page.locator("[data-testid=stException]").count() == 0

    own_page.goto(f"{own_server.url}/classification?epochs=5")
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
