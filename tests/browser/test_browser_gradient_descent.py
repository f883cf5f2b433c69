"""The Gradient descent page in a real browser: the animation, a click on the map, no fading."""

import pytest
from driver import PageAt, press
from playwright.sync_api import Page

pytestmark = pytest.mark.browser
PAGE = "gradient_descent?view=Race+on+a+surface&surface=Himmelblau's+four+minima"
# The points of one trace, as text.
DRAWN = """([key, trace]) => {
    const data = document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData?.[trace];
    return data ? JSON.stringify([Array.from(data.x), Array.from(data.y)]) : null;
}"""
FADED = """() => {
    const box = document.createElement("div");
    box.dataset.stale = "true";
    box.style = "opacity: 0.3; transition: opacity 1s";
    document.body.append(box);
    return getComputedStyle(box).opacity;
}"""
LENGTHS = """document.querySelector(".st-key-contour .js-plotly-plot")._fullData
    .map(trace => trace.type === "scatter" ? trace.x.length : 0)"""


def drawn(page: Page, key: str, trace: int) -> str:
    page.wait_for_function(f"args => ({DRAWN})(args) !== null", arg=[key, trace])
    return page.evaluate(DRAWN, [key, trace])


def wait_for_change(page: Page, key: str, trace: int, before: str) -> str:
    page.wait_for_function(
        f"([key, trace, before]) => ![null, before].includes(({DRAWN})([key, trace]))",
        arg=[key, trace, before],
    )
    return drawn(page, key, trace)


def test_the_race_plays_in_the_browser_and_a_click_on_its_map_sets_the_start(page_at: PageAt):
    page = page_at(PAGE)
    lengths = page.evaluate(LENGTHS)
    whole = max(lengths)
    way = f"{LENGTHS}[{lengths.index(whole)}]"  # the longest of a racer
    chart = page.locator(".st-key-contour")
    chart.locator(".slider-grip-rect").wait_for()
    chart.locator(".updatemenu-button", has_text="Play").click()
    page.wait_for_function(f"{way} < {whole} / 2")
    page.wait_for_function(f"{way} === {whole}")
    rail = chart.locator(".slider-rail-touch-rect").bounding_box()
    page.mouse.click(rail["x"] + 3, rail["y"] + rail["height"] / 2)
    page.wait_for_function(f"{way} === 1")

    before = drawn(page, "contour", 1)
    chart.locator(".nsewdrag").first.click(position={"x": 60, "y": 50})
    after = wait_for_change(page, "contour", 1, before)
    (x,), (y,) = page.evaluate("text => JSON.parse(text)", after)
    assert x < -2 and y > 2
    page.wait_for_function("location.search.includes('start_x_himmelblau')")
    slider = page.locator(".st-key-start_x_himmelblau input[type=range]")
    assert float(slider.get_attribute("aria-valuenow") or slider.input_value()) == pytest.approx(x)
    press(page, "start_x_himmelblau", "ArrowRight")
    moved = wait_for_change(page, "contour", 1, after)
    assert page.evaluate("text => JSON.parse(text)", moved)[0][0] == pytest.approx(x + 0.01)
    assert page.locator("[data-stale]").count() > 10  # what Streamlit marks, and fades in a while
    assert page.evaluate(FADED) == "1"
