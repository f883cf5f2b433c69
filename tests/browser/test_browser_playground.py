"""The playground in a real browser: live maps of units, a weight set by hand, points drawn."""

import re

import pytest
from driver import PageAt, wait_idle
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

FIND = """const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
    const drawn = plot?._fullLayout && plot.layout;"""
TITLE = "plot.layout.title.text"
MAPS = "JSON.stringify(plot.layout.images.map(image => image.source))"
UNITS = "plot.data[3].x.length"
FINISHED = "document.body.innerText.includes('Epoch 100.0 of 100')"
SPLIT = "spiral_train_fraction=0.6&spiral_test_fraction=0.2"


def wait_for(page: Page, key: str, expression: str) -> None:
    """Wait until a chart is there and the expression of `plot` is true of it."""
    page.wait_for_function(
        f"key => {{ {FIND} return drawn && ({expression}); }}",
        arg=key,
        timeout=30_000,
    )


def read(page: Page, key: str, expression: str):
    """Return what an expression of `plot` gives for a chart."""
    wait_for(page, key, "true")
    return page.evaluate(f"key => {{ {FIND} return {expression}; }}", key)


def wait_changed(page: Page, key: str, expression: str, before) -> None:
    page.wait_for_function(
        f"([key, before]) => {{ {FIND} return drawn && {expression} !== before; }}",
        arg=[key, before],
        timeout=30_000,
    )


def click_at(page: Page, key: str, x: float, y: float) -> None:
    """Click on a chart at data coordinates."""
    page.locator(f".st-key-{key} .js-plotly-plot").scroll_into_view_if_needed()
    place = read(
        page,
        key,
        f"""(() => {{
            const {{left, top}} = plot.getBoundingClientRect(), {{xaxis, yaxis}} = plot._fullLayout;
            const right = xaxis._offset + xaxis.d2p({x}), down = yaxis._offset + yaxis.d2p({y});
            return [left + right, top + down];
        }})()""",
    )
    page.mouse.click(*place)


def edit_first_cell(page: Page, value: str) -> None:
    """Write into the first cell of the table, which is drawn on a canvas."""
    table = page.locator("[data-testid=stDataFrame] canvas").first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    cell = (box["x"] + 100, box["y"] + 52)
    page.mouse.click(*cell)
    page.mouse.dblclick(*cell)
    page.locator("input.gdg-input").fill(value)
    page.keyboard.press("Enter")


def test_a_spiral_is_learned_live_and_a_weight_is_set_by_hand(page_at: PageAt):
    page = page_at(f"classification?{SPLIT}&layers=2&units_1=8&units_2=8&epochs=100&step=0")
    assert read(page, "network", UNITS) == 2 + 8 + 8 + 1
    maps, surface = read(page, "network", MAPS), read(page, "surface", "plot.data[0].z.bdata")
    page.locator(".st-key-classification_play button").first.click()
    wait_changed(page, "network", MAPS, maps)  # every unit's picture, while it trains
    wait_changed(page, "surface", "plot.data[0].z.bdata", surface)
    page.wait_for_function(FINISHED, timeout=30_000)
    wait_idle(page)
    words = page.get_by_text("Test points: accuracy").inner_text()
    assert float(re.search(r"accuracy ([\d.]+)%", words)[1]) > 95

    title = read(page, "unit_map", TITLE)
    click_at(page, "network", 2, 0.5)  # the fourth of eight units
    wait_changed(page, "unit_map", TITLE, title)
    assert read(page, "unit_map", TITLE).startswith("Hidden 2, unit 4")
    click_at(page, "network", 2.6, 0.6)  # the line to the output from unit 3, at height 1.5
    expect(page.locator(".st-key-unit_source input")).to_have_value("unit 3")
    wait_idle(page)
    before = read(page, "surface", "plot.data[0].z.bdata")
    page.locator(".st-key-new_weight input").fill("12.5")
    page.locator(".st-key-set_weight button").first.click()
    expect(page.get_by_text("The weight is 12.5,")).to_be_visible()
    wait_changed(page, "surface", "plot.data[0].z.bdata", before)
    expect(page.locator(".st-key-losses")).to_contain_text("output, weight from 3 to 1")


def test_two_points_are_drawn_and_the_link_brings_them_back(page_at: PageAt):
    page = page_at("classification?draw=true&epochs=20&classification_pace=full+speed")
    wait_for(page, "canvas", f"{TITLE} === 'Your drawing: 12 points'")
    wait_idle(page)
    click_at(page, "canvas", 0.25, -0.75)
    wait_for(page, "canvas", f"{TITLE} === 'Your drawing: 13 points'")
    wait_idle(page)
    page.locator(".st-key-next_class button", has_text=re.compile("^C$")).click()
    page.wait_for_function("location.search.includes('next_class=C')")
    wait_idle(page)
    click_at(page, "canvas", -0.1, 0.9)
    wait_for(page, "canvas", f"{TITLE} === 'Your drawing: 14 points'")
    page.wait_for_function(
        "/C-\\d+_\\d+$/.test(new URLSearchParams(location.search).get('points'))"
    )
    assert (
        read(page, "canvas", "plot._fullData.map(t => t.name).join()") == "class A,class B,class C"
    )
    expect(page.get_by_text("There is not enough to learn from yet")).to_be_visible()
    again = page_at(page.url[page.url.index("classification") :])
    wait_for(again, "canvas", f"{TITLE} === 'Your drawing: 14 points'")
    page.locator(".st-key-undo button").first.click()
    wait_for(page, "canvas", f"{TITLE} === 'Your drawing: 13 points'")
    wait_for(page, "surface", "true")
    wait_idle(page)
    edit_first_cell(page, "0.9")
    wait_for(page, "canvas", "plot._fullData[0].x[0] === 0.9")
