"""The Batch normalization page in a real browser: kinds of control, links, widths."""

import pytest
from browser import PageAt, choose, press, wait_idle
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

DATA = """key => JSON.stringify(
    (document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData ?? [])
        .map(t => [t.name, Array.from(t.x ?? []), Array.from(t.y ?? [])]))"""


def data(page: Page, key: str) -> str:
    page.wait_for_function(f"key => ({DATA})(key).length > 2", arg=key)
    return page.evaluate(DATA, key)


def wait_changed(page: Page, key: str, before: str) -> str:
    page.wait_for_function(
        f"([key, before]) => ({DATA})(key).length > 2 && ({DATA})(key) !== before",
        arg=[key, before],
    )
    return page.evaluate(DATA, key)


def test_one_batch_follows_its_controls_and_its_link(page_at: PageAt):
    page = page_at("batch_normalization")
    before = data(page, "batch")
    for slider in ("size", "gamma"):
        press(page, slider)
        before = wait_changed(page, "batch", before)
    choose(page, "population", "skewed")
    before = wait_changed(page, "batch", before)
    page.wait_for_function("location.search.includes('population')")
    other = page_at(page.url.split("/", 3)[3], width=800, dark=True)
    assert data(other, "batch") == before
    assert data(other, "running") == data(page, "running")
    boxes = [chart.bounding_box() for chart in other.locator(".js-plotly-plot").all()]
    assert all(box and box["x"] + box["width"] <= 800 for box in boxes)


def test_networks_follow_their_controls(page_at: PageAt):
    page = page_at("batch_normalization?view=Learning+rates&rate_count=5&epochs=5&seeds=1")
    before, losses = data(page, "rates"), data(page, "arm_losses")
    press(page, "picked_rate")
    wait_changed(page, "arm_losses", losses)
    wait_idle(page)
    page.locator(".st-key-batch_norm_after label").first.click()
    wait_changed(page, "rates", before)


def test_inside_a_unit(page_at: PageAt):
    page = page_at("batch_normalization?view=Inside+a+unit&epochs=5&seeds=1")
    before = data(page, "unit_percentiles")
    wait_idle(page)
    page.locator(".st-key-unit button").last.click()
    wait_changed(page, "unit_percentiles", before)
    expect(page.get_by_role("link", name="The paper's network on Digits 8×8")).to_be_visible()
