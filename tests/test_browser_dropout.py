"""The Dropout page in a real browser: every kind of control, links, deep links, widths."""

import pytest
from browser import PageAt, choose, press, wait_idle
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

RATES = "dropout?view=Several+rates&epochs=5&seeds=2"
PASSES = "dropout?view=Monte+Carlo+dropout&epochs=5&seeds=2&passes=5"
DATA = """key => JSON.stringify(
    (document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData ?? [])
        .map(t => [t.name, Array.from(t.x ?? []), Array.from(t.y ?? []), t.text,
                   Array.from(t.z ?? []).map(row => Array.from(row))]))"""


def data(page: Page, key: str) -> str:
    page.wait_for_function(f"key => ({DATA})(key).length > 2", arg=key)
    return page.evaluate(DATA, key)


def wait_changed(page: Page, key: str, before: str) -> str:
    page.wait_for_function(
        f"([key, before]) => ({DATA})(key).length > 2 && ({DATA})(key) !== before",
        arg=[key, before],
    )
    return page.evaluate(DATA, key)


def step_up(page: Page, key: str) -> None:
    wait_idle(page)
    page.locator(f".st-key-{key} button").last.click()


def test_matrix_follows_its_controls(page_at: PageAt):
    page = page_at("dropout")
    before = data(page, "matrices")
    press(page, "keep")
    before = wait_changed(page, "matrices", before)
    means = data(page, "running_means")
    press(page, "draws")
    means = wait_changed(page, "running_means", means)
    variances = data(page, "variances")
    step_up(page, "draw_seed")
    wait_changed(page, "running_means", means)
    wait_changed(page, "variances", variances)


def test_rates_follow_their_controls(page_at: PageAt):
    page = page_at(RATES)
    before = data(page, "val_loss")
    choose(page, "rates", "0.9")
    before = wait_changed(page, "val_loss", before)
    assert "rate 0.9" in before
    press(page, "seeds")
    before = wait_changed(page, "val_loss", before)
    choose(page, "activation", "tanh")
    before = wait_changed(page, "val_loss", before)
    step_up(page, "layers")
    wait_changed(page, "val_loss", before)


def test_charts_of_the_rates_follow_their_options(page_at: PageAt):
    page = page_at(RATES)
    gradients = data(page, "gradient_norms")
    choose(page, "gradient_layer", "output layer")
    wait_changed(page, "gradient_norms", gradients)
    losses = data(page, "training_loss")
    wait_idle(page)
    page.locator(".st-key-batch_loss label").first.click()
    wait_changed(page, "training_loss", losses)
    expect(page.locator(".st-key-training_loss")).to_contain_text("minibatches, dropout on")


def test_passes_follow_their_controls(page_at: PageAt):
    page = page_at(PASSES)
    spread = data(page, "spread_map")
    press(page, "passes")
    spread = wait_changed(page, "spread_map", spread)
    choose(page, "quantity", "predictive entropy")
    spread = wait_changed(page, "spread_map", spread)
    choose(page, "passes_rate", "0.5")
    spread = wait_changed(page, "spread_map", spread)
    press(page, "margin")
    spread = wait_changed(page, "spread_map", spread)
    mean = data(page, "mean_map")
    step_up(page, "passes_seed")
    wait_changed(page, "spread_map", spread)
    wait_changed(page, "mean_map", mean)


def test_link_reproduces_the_page(page_at: PageAt):
    page = page_at("dropout")
    data(page, "matrices")
    page.get_by_text("Monte Carlo dropout", exact=True).first.click()
    spread = data(page, "spread_map")
    press(page, "epochs", "ArrowLeft")
    wait_changed(page, "spread_map", spread)
    choose(page, "quantity", "standard deviation")
    page.wait_for_function("location.search.includes('epochs') && location.search.includes('quan')")
    wait_idle(page)
    expect(page.locator(".st-key-spread_map .gtitle")).to_contain_text("standard deviation")
    spread = data(page, "spread_map")
    other = page_at(page.url.split("/", 3)[3])
    assert data(other, "spread_map") == spread


@pytest.mark.parametrize(
    ("path", "charts"),
    [
        ("dropout", 3),
        (RATES, 10),
        (f"{RATES}&data=Digits+8%C3%978", 10),
        (PASSES, 4),
        (f"{PASSES}&data=Sine", 3),
        (f"{PASSES}&data=Iris", 1),
    ],
)
def test_deep_links_fit_narrow_and_dark_pages(page_at: PageAt, path: str, charts: int):
    page = page_at(path, width=800, dark=True)
    page.wait_for_function(
        "count => document.querySelectorAll('.js-plotly-plot .main-svg').length >= count",
        arg=charts,
    )
    wait_idle(page)
    boxes = [chart.bounding_box() for chart in page.locator(".js-plotly-plot").all()]
    assert len(boxes) == charts
    assert all(box["width"] > 330 and box["x"] + box["width"] <= 800 for box in boxes)


def test_numbers_of_the_matrix_are_readable_in_the_dark(page_at: PageAt):
    page = page_at("dropout", dark=True)
    text = page.locator(".st-key-matrices .textpoint text").first
    text.wait_for()
    color = text.evaluate("element => getComputedStyle(element).fill")
    channels = [int(part) for part in color[4:-1].split(",")]
    assert min(channels) > 180
