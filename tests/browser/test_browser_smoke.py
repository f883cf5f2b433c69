"""Every page: in sight on a small screen, narrow enough for a phone, usable by everybody."""

import json
import re
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from driver import PageAt
from playwright.sync_api import FloatRect, Page, expect

from pages.shared import layout

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
SCREEN = {"width": 1280, "height": 720}
IN_SIGHT = 480
"""Pixels from the top within which controls and the first chart begin."""
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 800, "height": 1000}
NARROWEST = 330
"""Pixels that a chart needs."""
TRAINING = {
    "classification": 6,
    "text_sentiment?epochs=1": 3,  # a longer run overfits, and the page says so above the charts
    "vanishing_gradients": 4,
    "learning_rate?view=Many%20rates": 4,
    "batch_size?epochs=5": 10,
    "curvature": 6,
    "sweeps?budget=20&sweep_seeds=1&epochs=5": 4,
    "loss_landscape?resolution=21": 4,
    "luck?luck_seeds=10&epochs=20": 3,
    "batch_normalization?view=Learning%20rates": 3,
    "dropout?view=Several%20rates&epochs=5&seeds=2&data=Digits%208%C3%978": 10,
}
"""Pages that train networks have a strip of controls above their charts; and how many charts."""
OTHERS = {
    "backpropagation?one_units_1=5&one_units_2=5": 1,
    "gradient_descent": 2,
    "gradient_descent?view=Race%20on%20a%20surface": 5,
    "activations": 2,
    "learning_rate": 4,
    "batch_normalization": 4,
    "regularization": 6,
    "dropout": 3,
}
"""Pages whose controls are in the sidebar, below the folded links."""
VIEWS = {
    "": 3,
    "clinic?case=Case+9&tests_9=Data&tests_9=Dead+units+by+hidden+layer": 2,
    "elsewhere": 9,
    "papers": 1,
    "activations?lab=Through+layers&activation=GELU": 7,
    "regularization?lab=Networks&epochs=5&seeds=2": 7,
    "dropout?view=Monte+Carlo+dropout&epochs=5&seeds=2&passes=5": 4,
    "classification?epochs=1&details=Analysis&data=Diabetes&analysis_view=Curves": 4,
}
"""Other views with charts of their own."""
NO_TEXTS = ("", "clinic", "elsewhere")
"""Pages without the three texts at their end."""
CONTROLS = (
    "[data-testid=stSidebar] "
    ":is([data-testid=stSlider], [data-testid=stSelectbox], [data-testid=stMultiSelect]):visible"
)


def box(page: Page, selector: str) -> FloatRect:
    found = page.locator(selector).first
    found.wait_for(timeout=90_000)
    measured = found.bounding_box()
    assert measured is not None, selector
    return measured


def first_chart(page: Page) -> FloatRect:
    page.locator(".plot .main-svg").first.wait_for(timeout=90_000)
    return box(page, ".plot")


def findings(page: Page, **options: list[str]) -> list[str]:
    """Return what axe finds serious or critical, a line each."""
    run = "options => axe.run(options).then(r => r.violations)"
    violations: list[dict[str, Any]] = page.evaluate(run, options)
    return [
        f"{found['id']}: {json.dumps(node['target'])} {node['html'][:200]}"
        for found in violations
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]


LIGHT, DARK = "rgb(255, 255, 255)", "rgb(15, 20, 32)"
ALL = """color => [
    getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor,
    ...Array.from(document.querySelectorAll(".main-svg:first-child"), svg => svg.style.background),
].every(background => background === color)"""
"""The page and its charts have this background."""


DRAWN = ".js-plotly-plot:visible"
FIT = """([width, narrowest]) => Array.from(document.querySelectorAll(".js-plotly-plot"))
    .map(chart => chart.getBoundingClientRect())
    .every(box => !box.width || (box.width > narrowest && box.right <= width))"""
"""Every chart is whole and wide enough."""


TITLES_FIT = """() => Array.from(document.querySelectorAll(".plot .g-gtitle text")).every(title => {
    const [text, plot] = [title, title.closest(".plot")].map(box => box.getBoundingClientRect());
    return !plot.width || (text.right <= plot.right + 1 && text.top >= plot.top - 1);
})"""
"""No title of a chart is cut."""


def look_around(page: Page, charts: int) -> None:
    """Check what holds for all pages, in light and dark, on a narrow window and on a phone."""
    expect(page.locator(DRAWN)).to_have_count(charts, timeout=90_000)
    expect(page).to_have_title(re.compile(f"^{re.escape(page.locator('h1').inner_text())}"))
    expect(page).to_have_title(re.compile(f"{layout.PRODUCT}$"))
    page.wait_for_function(FIT, arg=[SCREEN["width"], NARROWEST])
    page.evaluate(AXE)
    assert findings(page) == []
    page.wait_for_function(ALL, arg=LIGHT)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(ALL, arg=DARK)
    assert findings(page, runOnly=["color-contrast"]) == []  # the only one that colors can break
    assert page.locator(".katex-error").count() == 0
    page.set_viewport_size(NARROW)
    page.wait_for_function(FIT, arg=[NARROW["width"], NARROWEST])
    expect(page.locator(DRAWN)).to_have_count(charts)
    page.set_viewport_size(PHONE)
    page.wait_for_function("document.querySelector('.stMain').scrollWidth <= innerWidth")
    page.wait_for_function(TITLES_FIT)


@pytest.mark.parametrize(("path", "charts"), VIEWS.items())
def test_view(page_at: PageAt, path: str, charts: int):
    page = page_at(path, **SCREEN, idle=False)
    first_chart(page)
    if path.partition("?")[0] not in NO_TEXTS:
        expect(page.get_by_text("What to look for")).to_be_visible()
    look_around(page, charts)


@pytest.mark.parametrize(("path", "charts"), TRAINING.items())
def test_page_that_trains(page_at: PageAt, path: str, charts: int):
    page = page_at(path, **SCREEN, idle=False)
    chart = first_chart(page)
    strip = box(page, ".st-key-strip")
    assert 0 < strip["y"] < strip["y"] + strip["height"] <= chart["y"]
    assert chart["y"] + chart["height"] <= SCREEN["height"]
    expect(page.get_by_text("What to look for")).to_be_visible()
    look_around(page, charts)


BRIGHT = """() => {
    const texts = Array.from(document.querySelectorAll(".st-key-matrices .textpoint text"));
    const colors = texts.map(text => getComputedStyle(text).fill.match(/[0-9]+/g).slice(0, 3));
    return texts.length > 0 && colors.every(color => Math.min(...color) > 180);
}"""


@pytest.mark.parametrize(("path", "charts"), OTHERS.items())
def test_page_with_its_controls_in_the_sidebar(page_at: PageAt, path: str, charts: int):
    page = page_at(path, **SCREEN, idle=False)
    assert first_chart(page)["y"] < IN_SIGHT
    assert box(page, CONTROLS)["y"] < IN_SIGHT
    expect(page.get_by_text("What to look for")).to_be_visible()
    look_around(page, charts)
    if path == "dropout":  # the numbers of its matrices are readable in the dark
        page.wait_for_function(BRIGHT)
