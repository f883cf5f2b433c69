"""One way through the runs of a page: keep, compare, scrub, fork, export, open again."""

import re
from pathlib import Path

import pytest
from driver import PageAt, press, wait_idle
from playwright.sync_api import Page, expect
from test_browser_classification import download, step, wait_for_chart, wait_for_step

pytestmark = pytest.mark.browser

CURVES = """() => document.querySelector(".st-key-losses .js-plotly-plot")._fullData
    .filter((line) => ["training", "validation"].includes(line.name))
    .map((line) => [line.name, Array.from(line.x), Array.from(line.y)])"""


def push(page: Page, key: str) -> None:
    page.locator(f".st-key-{key} button").first.click()
    wait_idle(page)


def curves(page: Page) -> list[object]:
    found: list[object] = page.evaluate(CURVES)
    return found


def test_a_run_is_kept_compared_scrubbed_forked_and_found_again_by_its_figure(
    page_at: PageAt, tmp_path: Path
):
    page = page_at("classification?epochs=20&classification_pace=full+speed", idle=False)
    wait_for_step(page, 260)
    push(page, "keep_run")
    press(page, "learning_rate")
    wait_for_step(page, 260)
    page.locator(".st-key-kept_runs summary").first.click()
    push(page, "kept_compare")
    expect(page.get_by_text("same bits up to step 0; at step 1 they part")).to_be_visible()
    wait_for_chart(page, "twin_outputs")

    slider = page.locator(".st-key-step_shown input[type=range]").last
    for _ in range(5):  # a redraw takes back what is filled in: only a key tells it
        slider.fill("201")
        press(page, "step_shown", "ArrowLeft")
        if slider.input_value() == "200":
            break
    wait_for_step(page, 200, at_most=200)
    expect(page).to_have_url(re.compile("step=200"))
    push(page, "go_on")
    page.locator(".st-key-batch_norm label").first.click()
    wait_for_step(page, 260)
    wait_idle(page)
    page.locator(".st-key-losses_export button").first.click()
    figure = tmp_path / "losses.png"
    figure.write_bytes(download(page, "losses_save_png"))
    seen = curves(page)
    assert min(seen[0][1]) == 200

    fresh = page_at("/", idle=False)  # its run plays, and is left on the way
    fresh.locator(".st-key-figure_file input[type=file]").set_input_files(figure)
    expect(fresh.get_by_text("trained again to step 260")).to_be_visible(timeout=30_000)
    wait_idle(fresh)
    assert step(fresh) == 260 and curves(fresh) == seen
