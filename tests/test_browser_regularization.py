"""The Regularization page in a real browser: every kind of control, links, deep links, widths."""

import pytest
from browser import PageAt, choose, press, wait_idle
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
NETWORKS = "regularization?lab=Networks&epochs=50&seeds=2&width=8"

DATA = """key => JSON.stringify(
    (document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData ?? [])
        .map(t => [t.name, Array.from(t.y ?? []), Array.from(t.x ?? [])]))"""


def data(page: Page, key: str) -> str:
    page.wait_for_function(f"key => ({DATA})(key).length > 2", arg=key)
    return page.evaluate(DATA, key)


def wait_changed(page: Page, key: str, before: str) -> str:
    page.wait_for_function(
        f"([key, before]) => ({DATA})(key).length > 2 && ({DATA})(key) !== before",
        arg=[key, before],
    )
    return page.evaluate(DATA, key)


def test_linear_regression_follows_its_controls(page_at: PageAt):
    page = page_at("regularization")
    before = data(page, "fit")
    press(page, "strength")
    before = wait_changed(page, "fit", before)
    paths = data(page, "paths")
    press(page, "degree", "ArrowLeft")
    wait_changed(page, "paths", paths)
    before = data(page, "fit")
    page.locator(".st-key-line_seed button").last.click()
    before = wait_changed(page, "fit", before)
    choose(page, "penalty", "L2")
    wait_changed(page, "fit", before)
    page.locator(".st-key-descent").wait_for(state="detached")
    expect(page.locator("[data-testid=stMetric]").nth(2)).to_contain_text("0 of 14")


def test_networks_follow_their_controls(page_at: PageAt):
    page = page_at(NETWORKS)
    before = data(page, "val_loss")
    press(page, "l1")
    before = wait_changed(page, "val_loss", before)
    press(page, "flipped")
    wait_changed(page, "val_loss", before)
    shares = data(page, "near_zero")
    press(page, "threshold")
    wait_changed(page, "near_zero", shares)
    gradients = data(page, "gradients")
    choose(page, "gradients_of", "L2")
    wait_changed(page, "gradients", gradients)


def test_decay_follows_its_controls(page_at: PageAt):
    page = page_at(NETWORKS.replace("Networks", "L2+and+weight+decay"))
    before = data(page, "shrinkage")
    press(page, "decay")
    wait_changed(page, "shrinkage", before)
    before = data(page, "decay_norm")
    press(page, "width")
    wait_changed(page, "decay_norm", before)


def test_link_reproduces_the_page(page_at: PageAt):
    page = page_at(NETWORKS)
    before = data(page, "train_loss")
    press(page, "weight_decay", "ArrowLeft")
    before = wait_changed(page, "train_loss", before)
    page.wait_for_function("location.search.includes('weight_decay')")
    wait_idle(page)
    other = page_at(page.url.split("/", 3)[3])
    assert data(other, "train_loss") == before
    assert data(other, "gap") == data(page, "gap")


@pytest.mark.parametrize("width", [1400, 800])
@pytest.mark.parametrize("dark", [False, True])
def test_charts_fit_at_both_widths_in_light_and_dark(page_at: PageAt, width: int, dark: bool):
    page = page_at("regularization", width=width, dark=dark)
    data(page, "small_weights")
    wait_idle(page)
    assert page.locator(".katex-error").count() == 0
    boxes = [chart.bounding_box() for chart in page.locator(".js-plotly-plot").all()]
    assert len(boxes) == 6
    assert all(box["width"] > 330 and box["x"] + box["width"] <= width for box in boxes)
