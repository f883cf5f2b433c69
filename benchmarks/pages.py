"""Pages: seconds from a slider move to the last chart redrawn, in a real browser.

Every file in ``pages/`` is measured, on its first slider that changes a chart, against an
otherwise empty page with as many charts. A run that plays by itself is paused first. No value of a
slider comes up twice, so that no cached result is measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.browser import chromium, serving
from benchmarks.measure import ROOT, Say

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

REACH = 2.0
MOVES = 10
QUIET_MS = 700  # without a redraw, and the last chart was the last
LONGEST_MS = 15_000
IDLE = (
    "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
)
SLIDERS = "[class*=st-key-] input[type=range]:visible"
WATCH = Path(__file__).with_name("page_watch.js")
SETTLED = """([idle, quiet]) => {
    const {pressed, redrawn} = window.benchmark;
    const since = performance.now() - Math.max(pressed, redrawn);
    return since > quiet && document.querySelector(idle) !== null;
}"""


@dataclass
class PageTime:
    """Seconds of each counted move on a page, and on the empty page beside it."""

    name: str
    slider: str = ""
    charts: int = 0
    seconds: tuple[float, ...] = ()
    empty: tuple[float, ...] = ()
    problem: str = ""

    @property
    def ratio(self) -> float:
        """Of the medians."""
        return median(self.seconds) / median(self.empty)


def page_names() -> list[str]:
    """Return the names of all pages, in the order of their files."""
    return sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "__init__")


def measure_pages(moves: int, say: Say) -> list[PageTime]:
    """Measure every page.

    Raises
    ------
    ImportError, playwright.sync_api.Error
        if there is no Playwright or no browser
    """
    times = []
    with (
        serving("dashboard.py") as dashboard,
        serving("benchmarks/empty_page.py") as empty,
        chromium() as browser,
    ):
        for name in page_names():
            times.append(_measure_page(browser, dashboard, empty, name, moves))
            say(f"pages: {name} {times[-1].problem or f'{median(times[-1].seconds):.2f} s'}")
    return times


def _measure_page(browser: Browser, dashboard: str, empty: str, name: str, moves: int) -> PageTime:
    from playwright.sync_api import Error

    result = PageTime(name)
    try:
        page = _open(browser, f"{dashboard}/{name}")
        _pause(page)
        slider = _suitable_slider(page)
        if slider is None:
            result.problem = "no slider that changes a chart"
        else:
            result.slider = slider.get_attribute("aria-label") or "?"
            result.seconds = tuple(_moves(page, slider, moves))
            result.charts = page.locator(".js-plotly-plot:visible").count()
        page.context.close()
        if not result.problem:
            page = _open(browser, f"{empty}/?charts={result.charts}")
            slider = page.locator(SLIDERS).first
            _move(page, slider, "ArrowRight")
            result.empty = tuple(_moves(page, slider, moves))
            page.context.close()
    except Error as error:
        result.problem = str(error).splitlines()[0]
    return result


def _open(browser: Browser, url: str) -> Page:
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.add_init_script(path=WATCH)
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("[data-testid=stHeading]")
    page.wait_for_selector(IDLE)
    page.locator(".js-plotly-plot").first.wait_for()
    page.mouse.move(1, 1)
    return page


def _pause(page: Page) -> None:
    """Pause a run that plays by itself, if there is one, and let the page come to rest."""
    button = page.get_by_role("button", name="Pause", exact=True)
    if button.count():
        button.first.click()
        button.first.wait_for(state="detached")
    _settle(page)


def _suitable_slider(page: Page) -> Locator | None:
    for index in range(page.locator(SLIDERS).count()):
        slider = page.locator(SLIDERS).nth(index)
        if _move(page, slider, "ArrowRight") is not None:
            return slider
    return None


def _moves(page: Page, slider: Locator, count: int) -> Iterator[float]:
    """Move to ever new values: up to the end, then up again from the start."""
    start, wrapped = _value(slider), False
    for _ in range(count):
        at_end = _value(slider) >= float(slider.get_attribute("max") or 0)
        if at_end and wrapped:
            return
        wrapped = wrapped or at_end
        seconds = _move(page, slider, "Home" if at_end else "ArrowRight")
        if seconds is not None:
            yield seconds
        if wrapped and _value(slider) >= start - 1:
            return


def _value(slider: Locator) -> float:
    return float(slider.input_value())


def _move(page: Page, slider: Locator, key: str) -> float | None:
    """Press a key on the slider; return seconds to the last redraw, None where there was none."""
    slider.focus()
    page.keyboard.press(key)
    _settle(page)
    times: dict[str, float] = page.evaluate("window.benchmark")
    return (times["redrawn"] - times["pressed"]) / 1e3 if times["redrawn"] else None


def _settle(page: Page) -> None:
    page.wait_for_timeout(50)
    page.wait_for_function(SETTLED, arg=[IDLE, QUIET_MS], timeout=LONGEST_MS)
