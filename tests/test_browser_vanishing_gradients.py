"""The Vanishing gradients page in a real browser: kinds of control, links, widths."""

import pytest
from browser import PageAt, choose, press, wait_idle
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

DATA = """key => JSON.stringify(
    (document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData ?? [])
        .map(t => [t.name, Array.from(t.x ?? []), Array.from(t.y ?? []),
                   Array.from(t.z ?? []).map(row => Array.from(row))]))"""
BEFORE = "vanishing_gradients?view=Before+training"


def data(page: Page, key: str) -> str:
    page.wait_for_function(f"key => ({DATA})(key).length > 2", arg=key)
    return page.evaluate(DATA, key)


def wait_changed(page: Page, key: str, before: str) -> str:
    page.wait_for_function(
        f"([key, before]) => ({DATA})(key).length > 2 && ({DATA})(key) !== before",
        arg=[key, before],
    )
    return page.evaluate(DATA, key)


def test_live_run_ends_with_a_verdict_and_its_heat_map_follows_the_choice(page_at: PageAt):
    page = page_at("vanishing_gradients?epochs=2&depth=6")
    expect(page.get_by_text("Epoch 2.0 of 2")).to_be_visible(timeout=30_000)
    expect(page.locator("[data-testid=stAlert]").first).to_contain_text("Vanishing at step")
    before = data(page, "flow_map")
    wait_idle(page)
    page.get_by_role("radio", name="weight gradient").click()
    assert wait_changed(page, "flow_map", before) != before


def test_untrained_network_follows_its_controls_and_its_link(page_at: PageAt):
    page = page_at(BEFORE)
    before = data(page, "signal_profile")
    assert "theory" in before
    press(page, "depth")
    before = wait_changed(page, "signal_profile", before)
    choose(page, "activation", "tanh")
    before = wait_changed(page, "signal_profile", before)
    expect(page.locator("[data-testid=stAlert]").first).to_contain_text("Healthy before training")
    wait_idle(page)
    page.locator(".st-key-batch_norm label").first.click()
    before = wait_changed(page, "signal_profile", before)
    assert "theory" not in before
    page.wait_for_function("location.search.includes('batch_norm')")
    other = page_at(page.url.split("/", 3)[3])
    assert data(other, "signal_profile") == before


def test_comparisons_at_both_widths_in_light_and_dark(page_at: PageAt):
    for view, key, width, dark in (
        ("Remedies&epochs=2&seeds=2", "remedy_losses", 1400, True),
        ("Weight+scale", "scale_sweep", 800, False),
    ):
        page = page_at(f"vanishing_gradients?view={view}", width=width, dark=dark)
        data(page, key)
        wait_idle(page)
        boxes = [chart.bounding_box() for chart in page.locator(".js-plotly-plot").all()]
        assert all(box and box["x"] + box["width"] <= width for box in boxes)
