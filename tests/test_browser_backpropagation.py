"""The Backpropagation page in a real browser: buttons, controls of every kind, links."""

import pytest
from browser import PageAt, wait_idle
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)

MAIN = "[data-testid=stMain]"
UNITS = """() => (document.querySelector('.st-key-network .js-plotly-plot')?._fullData ?? [])
    .filter(trace => trace.mode === 'markers+text').map(trace => trace.text.join(' ')).join(' ')"""
WIDTHS = """() => document.querySelector('.st-key-network .js-plotly-plot')._fullData
    .filter(trace => trace.mode === 'lines' && trace.line.dash === 'solid')
    .map(trace => trace.x.length).join(' ')"""


def units(page: Page) -> str:
    page.wait_for_function(f"({UNITS})() !== ''")
    return page.evaluate(UNITS)


def changed(page: Page, script: str, before: str) -> str:
    page.wait_for_function(f"before => ({script})() !== before", arg=before)
    return page.evaluate(script)


def press(page: Page, name: str) -> None:
    page.locator(f".st-key-backpropagation_{name} button").first.click()


def status(page: Page, *words: str) -> None:
    line = page.locator(MAIN).get_by_text("Steps made:")
    for word in words:
        expect(line).to_contain_text(word)
    wait_idle(page)


def pick(page: Page, key: str, option: str) -> None:
    box = page.locator(f".st-key-{key} input")
    box.click()
    box.fill(option)  # long lists draw only what is in sight
    page.get_by_role("option", name=option, exact=True).click()
    wait_idle(page)


def test_step_by_step_and_the_link_shows_the_same(page_at: PageAt):
    page = page_at("backpropagation")
    units(page)
    press(page, "restart")
    status(page, "made: 0", "forward")
    text = units(page)
    page.wait_for_function(f"!({UNITS})().includes('δ')")
    press(page, "loss")
    status(page, "loss")
    press(page, "backward")
    page.wait_for_function(f"({UNITS})().includes('δ')")
    press(page, "update")
    status(page, "after the update")
    press(page, "forward")
    status(page, "made: 1", "forward")
    assert units(page) != text
    press(page, "whole")
    status(page, "made: 1", "update")
    press(page, "undo_button")
    status(page, "made: 1", "forward")
    press(page, "loss")
    status(page, "made: 1", "as far as loss")
    page.wait_for_function("location.search.includes('one_steps=1')")
    assert "stage=loss" in page.url
    again = page_at(page.url.split("/", 3)[3])
    status(again, "made: 1", "as far as loss")
    assert units(again) == units(page)


def test_every_kind_of_control_changes_the_network(page_at: PageAt):
    page = page_at("backpropagation")
    text = units(page)
    page.locator(".st-key-one_x1 input").fill("0.9")
    page.keyboard.press("Enter")
    text = changed(page, UNITS, text)
    page.locator(".st-key-one_seed button").last.click()
    text = changed(page, UNITS, text)
    pick(page, "one_activation", "tanh")
    text = changed(page, UNITS, text)
    page.locator(".st-key-one_edits input").fill("w1[1,1]=2")
    page.keyboard.press("Enter")
    text = changed(page, UNITS, text)
    widths = page.evaluate(WIDTHS)
    page.locator(".st-key-lines").get_by_text("gradient").click()
    changed(page, WIDTHS, widths)
    pick(page, "one_weight", "b2[3]")
    expect(page.locator(MAIN)).to_contain_text("From the loss back to b2[3]")
    page.locator(".st-key-one_learning_rate input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.search.includes('one_learning_rate=0.2')")
    wait_idle(page)
    again = page_at(page.url.split("/", 3)[3])
    assert units(again) == text
    expect(again.locator(MAIN)).to_contain_text("From the loss back to b2[3]")


def test_update_and_loss_function_follow_their_sliders(page_at: PageAt):
    mark = """key => document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData
        ?.find(trace => trace.mode === 'markers')?.x[0]"""
    page = page_at("backpropagation?stage=update&view=Update")
    page.wait_for_function(f"({mark})('step_sizes') === 0.1")
    page.locator(".st-key-one_learning_rate input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"({mark})('step_sizes') === 0.2")
    page.locator(".st-key-view").get_by_text("Loss function by itself").click()
    page.wait_for_function(f"Math.abs(({mark})('errors') - 0.2) < 1e-9")
    page.locator(".st-key-prediction input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"Math.abs(({mark})('errors') - 0.201) < 1e-9")
    for view in ("Chain rule of one weight", "Matrices", "Update", "Loss function by itself"):
        page.locator(".st-key-view").get_by_text(view, exact=True).click()
        wait_idle(page)
        expect(page.locator(f"{MAIN} .katex").first).to_be_visible()
        # A formula that Markdown has torn apart shows its dollar signs or an error.
        assert page.locator(f"{MAIN} .katex-error").count() == 0
        assert "$" not in page.locator(MAIN).inner_text()


def test_xor_is_solved(page_at: PageAt):
    page = page_at("backpropagation?preset=XOR,+four+examples")
    units(page)
    press(page, "train")
    status(page, "made: 643")
    expect(page.locator(MAIN)).to_contain_text("right for the first time after 643 steps")
    page.wait_for_function(
        "document.querySelector('.st-key-walk_loss .js-plotly-plot')._fullData[0].x.length === 644"
    )
    text = units(page)
    page.locator(".st-key-xor_example button").last.click()
    changed(page, UNITS, text)
    page.locator(".st-key-view").get_by_text("Matrices").click()
    expect(page.locator(f"{MAIN} .bp table").first).to_be_visible()


@pytest.mark.parametrize(("width", "dark"), [(1400, True), (800, False)])
def test_it_fits_the_window(page_at: PageAt, width: int, dark: bool):
    page = page_at("backpropagation?one_units_1=5&one_units_2=5", width=width, dark=dark)
    units(page)
    box = page.locator(".st-key-network .js-plotly-plot").bounding_box()
    assert box["x"] + box["width"] <= width
    main = page.locator(MAIN)
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth")
