"""The Learning rate page in a real browser: its views, each kind of control, its links."""

import pytest
from browser import PageAt, choose, press, wait_idle
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
# What a chart shows, as text.
DRAWN = """key => {
    const data = document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData;
    const plain = value => value && (value[0]?.length ? Array.from(value, v => Array.from(v))
        : Array.from(value));
    return data?.length ? JSON.stringify(data.map(t => [t.name, plain(t.y), plain(t.z)])) : null;
}"""


def drawn(page: Page, key: str) -> str:
    page.wait_for_function(f"key => ({DRAWN})(key) !== null", arg=key, timeout=20_000)
    return page.evaluate(DRAWN, key)


def changed(page: Page, key: str, before: str) -> str:
    page.wait_for_function(
        f"([key, before]) => ![null, before].includes(({DRAWN})(key))",
        arg=[key, before],
        timeout=20_000,
    )
    return drawn(page, key)


def settled(page: Page, text: str) -> str:
    """Return the page's address once it holds the text."""
    page.wait_for_function("text => location.search.includes(text)", arg=text)
    wait_idle(page)
    return page.url.split("/", 3)[3]


def test_quadratic_follows_its_controls_and_its_link(page_at: PageAt):
    page = page_at("learning_rate")
    paths = drawn(page, "paths")
    for key in ("own_rate", "quadratic_start", "quadratic_steps"):
        press(page, key, "ArrowRight" if key != "quadratic_steps" else "ArrowLeft")
        paths = changed(page, "paths", paths)
    choose(page, "quadratic_rates", "0.2")
    paths = changed(page, "paths", paths)
    address = settled(page, "quadratic_rates")
    again = page_at(address)
    for key in ("paths", "quadratic_losses", "quadratic_gradients", "factor"):
        assert drawn(again, key) == drawn(page, key)


def test_sweep_follows_its_controls_and_its_link(page_at: PageAt):
    page = page_at("learning_rate?view=Many+rates&epochs=5&seeds=2&rate_count=9")
    heat = drawn(page, "loss_map")
    for key in ("rate_count", "rate_low", "seeds", "batch_size"):
        press(page, key, "ArrowRight")
        heat = changed(page, "loss_map", heat)
    choose(page, "optimizer", "Adam")
    heat = changed(page, "loss_map", heat)
    gradients = drawn(page, "arm_gradients")
    choose(page, "picked", "η = 100")
    changed(page, "arm_gradients", gradients)
    again = page_at(settled(page, "picked"))
    for key in ("loss_map", "final_losses", "arm_losses", "arm_gradients"):
        assert drawn(again, key) == drawn(page, key)


def test_range_test_trains_with_its_suggestion(page_at: PageAt):
    page = page_at("learning_rate?view=Range+test&epochs=5&seeds=2")
    loss = drawn(page, "range_loss")
    press(page, "test_smoothing", "ArrowLeft")
    loss = changed(page, "range_loss", loss)
    press(page, "test_steps", "ArrowRight")
    changed(page, "range_loss", loss)
    wait_idle(page)
    page.locator(".st-key-train_suggested button").first.click()
    assert "suggested" in drawn(page, "arm_losses")
    drawn(page, "arm_gradients")


def test_schedules_follow_their_controls_and_the_view_switch(page_at: PageAt):
    page = page_at("learning_rate?epochs=5&seeds=2")
    drawn(page, "paths")
    page.get_by_role("radio", name="Schedules").or_(
        page.locator(".st-key-view button", has_text="Schedules")
    ).first.click()
    rates = drawn(page, "schedule_rates")
    press(page, "warmup_fraction", "ArrowRight")
    rates = changed(page, "schedule_rates", rates)
    losses = drawn(page, "schedule_losses")
    press(page, "learning_rate", "ArrowLeft")
    changed(page, "schedule_losses", losses)
    page.locator(".st-key-log_rate label").first.click()
    page.wait_for_function(
        "() => document.querySelector('.st-key-schedule_rates .js-plotly-plot')"
        "?._fullLayout?.yaxis?.type === 'log'"
    )


@pytest.mark.parametrize(("width", "dark"), [(1400, True), (800, False)])
def test_charts_fit(page_at: PageAt, width: int, dark: bool):
    page = page_at("learning_rate?view=Many+rates", width=width, dark=dark)
    drawn(page, "arm_gradients")
    boxes = [chart.bounding_box() for chart in page.locator(".js-plotly-plot").all()]
    assert len(boxes) == 4
    assert all(box["width"] > 330 and box["x"] + box["width"] <= width for box in boxes)
    expect(page.get_by_text("What to look for")).to_be_visible()
