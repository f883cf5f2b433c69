"""The Activations page in a real browser: every kind of control, links, deep links, widths."""

from pathlib import Path

import pytest
from browser import PageAt, choose, press, wait_idle
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

DATA = """key => JSON.stringify(
    (document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData ?? [])
        .map(t => [t.name, t.visible, Array.from(t.y ?? []), Array.from(t.x ?? [])]))"""


def data(page: Page, key: str) -> str:
    page.wait_for_function(f"key => ({DATA})(key).length > 2", arg=key)
    return page.evaluate(DATA, key)


def wait_changed(page: Page, key: str, before: str) -> str:
    page.wait_for_function(
        f"([key, before]) => ({DATA})(key).length > 2 && ({DATA})(key) !== before",
        arg=[key, before],
    )
    return page.evaluate(DATA, key)


def test_functions_follow_their_controls(page_at: PageAt):
    page = page_at("activations")
    before = data(page, "values")
    press(page, "reach")
    before = wait_changed(page, "values", before)
    choose(page, "functions", "ELU")
    page.keyboard.press("Escape")
    before = wait_changed(page, "values", before)
    assert "ELU" in before
    before = data(page, "derivatives")
    press(page, "alpha")
    assert "ELU, α 1.1" in wait_changed(page, "derivatives", before)


def test_layers_follow_their_controls(page_at: PageAt):
    page = page_at("activations?lab=Through+layers&width=16")
    before = data(page, "variances")
    press(page, "depth")
    before = wait_changed(page, "variances", before)
    press(page, "scale")
    before = wait_changed(page, "variances", before)
    choose(page, "initializer", "LeCun uniform")
    before = wait_changed(page, "variances", before)
    page.locator(".st-key-seed button").last.click()
    wait_changed(page, "variances", before)


def test_link_reproduces_the_page(page_at: PageAt):
    page = page_at("activations")
    data(page, "values")
    page.get_by_role("tab", name="Through layers").click()
    variances = data(page, "variances")
    press(page, "mean")
    variances = wait_changed(page, "variances", variances)
    histogram = data(page, "layer_histogram")
    page.get_by_text("pre-activations", exact=True).first.click()
    histogram = wait_changed(page, "layer_histogram", histogram)
    page.wait_for_function("location.search.includes('quantity')")
    wait_idle(page)
    other = page_at(page.url.split("/", 3)[3])
    assert data(other, "variances") == variances
    assert data(other, "layer_histogram") == histogram


def test_lab_follows_its_controls(page_at: PageAt):
    page = page_at("activations?lab=Dying+ReLU+lab&dead_width=2")
    before = data(page, "born_dead")
    press(page, "dead_width")
    before = wait_changed(page, "born_dead", before)
    press(page, "networks")
    before = wait_changed(page, "born_dead", before)
    assert "lower bound" in before
    choose(page, "dead_initializer", "orthogonal")
    assert "lower bound" not in wait_changed(page, "born_dead", before)
    expect(page.locator("[data-testid=stMetric]").first).to_contain_text("30 hidden layers")


@pytest.mark.parametrize("width", [1400, 800])
@pytest.mark.parametrize("dark", [False, True])
def test_charts_fit_at_both_widths_in_light_and_dark(
    page_at: PageAt, tmp_path: Path, width: int, dark: bool
):
    page = page_at("activations?lab=Through+layers&activation=GELU", width=width, dark=dark)
    data(page, "signal")
    wait_idle(page)
    boxes = [chart.bounding_box() for chart in page.locator(".js-plotly-plot").all()]
    assert len(boxes) == 7
    assert all(box["width"] > 330 and box["x"] + box["width"] <= width for box in boxes)
