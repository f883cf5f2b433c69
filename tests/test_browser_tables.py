"""The Analysis tab in a real browser: every kind of control moves its chart; links reproduce."""

import pytest
from browser import PageAt, choose, press, wait_idle
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

RUN = "classification?epochs=10&classification_pace=full+speed&details=Analysis&data="
DATA = """key => JSON.stringify(
    (document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData ?? [])
        .map(t => [t.name, Array.from(t.x ?? []), Array.from(t.y ?? [])]))"""


def open_view(page_at: PageAt, path: str, **settings) -> Page:
    page = page_at(f"{RUN}{path}", **settings)
    page.wait_for_function("document.body.innerText.includes('Epoch 10.0 of 10')")
    wait_idle(page)
    return page


def data(page: Page, key: str) -> str:
    page.wait_for_function(f"key => ({DATA})(key).length > 2", arg=key)
    return page.evaluate(DATA, key)


def wait_changed(page: Page, key: str, before: str) -> str:
    page.wait_for_function(
        f"([key, before]) => ({DATA})(key).length > 2 && ({DATA})(key) !== before",
        arg=[key, before],
    )
    return page.evaluate(DATA, key)


def test_importance_follows_its_controls_and_the_link_reproduces_it(page_at: PageAt):
    page = open_view(page_at, "Wine")
    before = data(page, "importance")
    data(page, "sensitivity")
    press(page, "shuffles")
    before = wait_changed(page, "importance", before)
    page.locator(".st-key-shuffle_seed button").last.click()
    before = wait_changed(page, "importance", before)
    choose(page, "importance_by", "accuracy or R²")
    before = wait_changed(page, "importance", before)
    page.wait_for_function("location.search.includes('importance_by')")
    other = page_at(page.url.split("/", 3)[3], width=800, dark=True)
    assert data(other, "importance") == before


def test_views_and_their_controls(page_at: PageAt):
    page = open_view(page_at, "Wine&analysis_view=Curves")
    before = data(page, "calibration")
    data(page, "roc_curves"), data(page, "precision_recall")
    press(page, "calibration_bins", "Home")
    wait_changed(page, "calibration", before)
    page.get_by_text("How one column matters", exact=True).click()
    before = data(page, "dependence")
    choose(page, "dependence_column", "ash")
    before = wait_changed(page, "dependence", before)
    choose(page, "dependence_class", "class_0")
    wait_changed(page, "dependence", before)
    page.get_by_text("Baselines", exact=True).click()
    assert "gradient boosting" in data(page, "baseline_score")
    data(page, "baseline_loss")


def test_deep_link_fits_a_narrow_and_dark_page(page_at: PageAt):
    page = open_view(page_at, "Diabetes&analysis_view=Curves", width=800, dark=True)
    data(page, "residuals"), data(page, "residual_histogram")
    boxes = [chart.bounding_box() for chart in page.locator(".js-plotly-plot").all()]
    assert all(box["width"] > 330 and box["x"] + box["width"] <= 800 for box in boxes)
