"""The Gradient descent page in a real browser: controls, a click on the map, the animation."""

import pytest
from browser import PageAt, choose, press, wait_idle
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
RACE = "gradient_descent?view=Race+on+a+surface"
CHART = "document.querySelector('.st-key-{key} .js-plotly-plot')"
# The points of one trace, as text.
DRAWN = """([key, trace]) => {
    const data = document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData?.[trace];
    return data ? JSON.stringify([Array.from(data.x), Array.from(data.y)]) : null;
}"""


def drawn(page: Page, key: str, trace: int) -> str:
    page.wait_for_function(f"args => ({DRAWN})(args) !== null", arg=[key, trace])
    return page.evaluate(DRAWN, [key, trace])


def wait_for_change(page: Page, key: str, trace: int, before: str) -> str:
    page.wait_for_function(
        f"([key, trace, before]) => ![null, before].includes(({DRAWN})([key, trace]))",
        arg=[key, trace, before],
        timeout=10_000,
    )
    return drawn(page, key, trace)


def test_every_control_of_one_variable_changes_the_path(page_at: PageAt):
    page = page_at("gradient_descent?function=Parabola+with+noisy+gradients")
    path = drawn(page, "path", 1)
    for key in ("start_noisy", "rate_noisy", "noise", "curve_steps"):
        press(page, key, "ArrowLeft")
        path = wait_for_change(page, "path", 1, path)
    page.locator(".st-key-seed button").last.click()
    path = wait_for_change(page, "path", 1, path)
    choose(page, "function", "Absolute value")
    path = wait_for_change(page, "path", 1, path)
    choose(page, "function", "Parabola")
    path = wait_for_change(page, "path", 1, path)
    press(page, "tolerance", "ArrowRight")
    wait_for_change(page, "path", 1, path)


def test_controls_of_the_race_change_it_and_the_link_reproduces_it(page_at: PageAt):
    page = page_at(RACE)
    sgd = drawn(page, "contour", 3)
    strokes = {"condition": "Right", "angle": "Right", "start_x_bowl": "Right", "rate_bowl": "Left"}
    for key, stroke in strokes.items():
        press(page, key, f"Arrow{stroke}")
        sgd = wait_for_change(page, "contour", 3, sgd)
    momentum = drawn(page, "contour", 4)
    press(page, "momentum", "ArrowLeft")
    wait_for_change(page, "contour", 4, momentum)
    press(page, "race_steps", "ArrowLeft")
    press(page, "tolerance", "ArrowRight")
    sgd = wait_for_change(page, "contour", 3, sgd)
    wait_idle(page)
    page.wait_for_function("location.search.includes('tolerance=0.001')")
    address = page.url.split("/", 3)[3]
    for part in ("condition=20", "angle=31", "start_x_bowl=-1.69", "momentum=0.89"):
        assert part in address
    again = page_at(address)
    for key in ("contour", "values", "rates"):
        assert drawn(again, key, 1) == drawn(page, key, 1)
    assert drawn(again, "contour", 3) == drawn(page, "contour", 3)


def test_a_click_on_the_map_sets_the_start(page_at: PageAt):
    page = page_at(RACE + "&surface=Himmelblau's+four+minima")
    before = drawn(page, "contour", 1)
    page.locator(".st-key-contour .nsewdrag").first.click(position={"x": 60, "y": 50})
    after = wait_for_change(page, "contour", 1, before)
    (x,), (y,) = page.evaluate("text => JSON.parse(text)", after)
    assert x < -2 and y > 2
    page.wait_for_function("location.search.includes('start_x_himmelblau')")
    slider = page.locator(".st-key-start_x_himmelblau input[type=range]")
    assert float(slider.get_attribute("aria-valuenow") or slider.input_value()) == pytest.approx(x)
    again = page_at(page.url.split("/", 3)[3])
    assert drawn(again, "contour", 1) == after
    press(page, "start_x_himmelblau", "ArrowRight")
    moved = wait_for_change(page, "contour", 1, after)
    assert page.evaluate("text => JSON.parse(text)", moved)[0][0] == pytest.approx(x + 0.01)


def test_the_animation_plays_in_the_browser(page_at: PageAt):
    page = page_at(RACE + "&surface=Rosenbrock's+valley")
    end = drawn(page, "contour", 6)
    ends = f"{CHART.format(key='contour')}._fullData[6].x.length"
    whole = page.evaluate(ends)
    chart = page.locator(".st-key-contour")
    chart.locator(".slider-grip-rect").wait_for()
    chart.locator(".updatemenu-button", has_text="Play").click()
    page.wait_for_function(f"{ends} < {whole} / 2")
    page.wait_for_function(f"{ends} === {whole}", timeout=15_000)
    assert drawn(page, "contour", 6) == end
    rail = chart.locator(".slider-rail-touch-rect").bounding_box()
    page.mouse.click(rail["x"] + 3, rail["y"] + rail["height"] / 2)
    page.wait_for_function(f"{ends} === 1")


def test_surfaces_and_racers_can_be_chosen_on_a_narrow_dark_page(page_at: PageAt):
    page = page_at(RACE, width=800, dark=True)
    lines = f"{CHART.format(key='values')}._fullData.length"
    drawn(page, "values", 5)
    page.locator(".st-key-optimizers input").focus()
    page.keyboard.press("Backspace")  # takes the last one out
    page.wait_for_function(f"{lines} === 5")
    choose(page, "surface", "Saddle")
    expect(page.locator(".st-key-rates")).to_have_count(0)
    expect(page.locator("[data-testid=stMain]")).to_contain_text("no lowest value")
    boxes = [chart.bounding_box() for chart in page.locator(".js-plotly-plot").all()]
    assert len(boxes) == 4
    assert all(box["width"] > 330 and box["x"] + box["width"] <= 800 for box in boxes)
