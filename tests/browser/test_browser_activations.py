"""The Activations page in a real browser: every kind of control, links, deep links, widths."""

import pytest
from driver import PageAt, press, redrawn, wait_idle
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

DATA = """key => JSON.stringify(
    (document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData ?? [])
        .map(t => [t.name, t.visible, Array.from(t.y ?? []), Array.from(t.x ?? [])]))"""


def data(page: Page, key: str) -> str:
    page.wait_for_function(f"key => ({DATA})(key).length > 2", arg=key)
    return page.evaluate(DATA, key)


def test_link_reproduces_the_page(page_at: PageAt):
    page = page_at("activations")
    data(page, "values")
    page.get_by_role("tab", name="Through layers").click()
    data(page, "variances")
    data(page, "layer_histogram")
    with redrawn(page, "variances", "layer_histogram"):
        press(page, "mean")
    with redrawn(page, "layer_histogram"):
        page.get_by_text("pre-activations", exact=True).first.click()
    page.wait_for_function("location.search.includes('quantity')")
    wait_idle(page)
    variances, histogram = data(page, "variances"), data(page, "layer_histogram")
    other = page_at(page.evaluate("location.href").split("/", 3)[3])
    assert data(other, "variances") == variances
    assert data(other, "layer_histogram") == histogram
