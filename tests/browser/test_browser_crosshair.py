"""One crosshair goes through all charts of a run that lie over the same."""

import pytest
from driver import PageAt, redrawn
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PLACE = """([key, share]) => {
    const plot = document.querySelector(`.st-key-${key} .plot`);
    const {xaxis, yaxis} = plot._fullLayout, {left, top} = plot.getBoundingClientRect();
    return [left + xaxis._offset + share * xaxis._length, top + yaxis._offset + yaxis._length / 2];
}"""
# What the line of a chart says it is at, and where on the axis it is.
SEEN = """key => {
    const plot = document.querySelector(`.st-key-${key} .plot`);
    const line = plot.querySelector(".crosshair"), {xaxis} = plot._fullLayout;
    if (!line || line.hidden) return null;
    return [line.innerText, xaxis.p2d(parseFloat(line.style.left) - xaxis._offset)];
}"""
REVISIONS = "() => [...document.querySelectorAll('.plot')].map(plot => plot.dataset.revision)"


def point_at(page: Page, key: str, share: float) -> None:
    page.locator(f".st-key-{key} .plot").scroll_into_view_if_needed()
    page.mouse.move(*page.evaluate(PLACE, [key, share]))


def crosshairs(page: Page, *keys: str) -> list:
    """Return what the lines of these charts say, once the pointer's frame has been drawn."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    return [page.evaluate(SEEN, key) for key in keys]


def test_one_crosshair_goes_through_all_charts_of_the_run(page_at: PageAt):
    page = page_at("classification?epochs=5&details=Layers&classification_pace=full+speed")
    keys = ("losses", "gradient_norms", "rates", "update_ratio")
    point_at(page, "losses", 0.5)
    drawn = page.evaluate(REVISIONS)
    seen = crosshairs(page, *keys)
    text, step = seen[0]
    assert text == f"step {step:.0f}" and step > 0
    assert seen == [[text, pytest.approx(step, abs=0.01)]] * len(keys)
    assert crosshairs(page, "gradient_profile") == [None]  # it lies over layers
    point_at(page, "gradient_norms", 0.25)
    quarter = crosshairs(page, *keys)
    assert len({said for said, _ in quarter}) == 1 and quarter[0][1] < step
    page.locator("h1").hover()
    assert crosshairs(page, *keys) == [None] * len(keys)
    assert page.evaluate(REVISIONS) == drawn  # nothing was drawn anew
    page.locator(".st-key-curves button").first.click()
    with redrawn(page, *keys):
        page.get_by_role("radio", name="seconds", exact=True).click()
    page.keyboard.press("Escape")
    point_at(page, "losses", 0.5)
    seconds = crosshairs(page, *keys)
    assert len({said for said, _ in seconds}) == 1 and seconds[0][0].endswith(" s")
