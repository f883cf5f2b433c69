"""The main journey in a real browser: own CSV, live training, changes, downloads read back."""

import csv
import io
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from driver import PageAt, press, unfolded_links, wait_idle
from PIL import Image
from playwright.sync_api import Download, Page, expect
from sklearn.datasets import load_wine

import nnlib
from pages.shared.origins import read_origin

pytestmark = pytest.mark.browser

# `make screenshots` sets it to the folder of the pictures in the README.
SCREENSHOTS = Path(os.environ["SCREENSHOTS"]) if "SCREENSHOTS" in os.environ else None
MAIN = "[data-testid=stMain]"


def wine_csv(directory: Path) -> Path:
    """Write the wine data with a text column and a few blanks."""
    frame = load_wine(as_frame=True).frame
    frame["region"] = np.where(frame["alcohol"] > 13, "upper valley", "lower valley")
    frame["target"] = frame["target"].map({0: "barolo", 1: "grignolino", 2: "barbera"})
    frame.loc[[3, 50, 120], "malic_acid"] = np.nan
    frame.loc[[7, 90], "region"] = np.nan
    path = directory / "wine.csv"
    frame.rename(columns={"target": "cultivar"}).to_csv(path, index=False)
    return path


def upload(page: Page, path: Path, key: str = "uploader") -> None:
    page.locator(f".st-key-{key} input[type=file]").set_input_files(path)


def metric(page: Page, label: str) -> str:
    name = page.get_by_text(label, exact=True)
    box = page.locator("[data-testid=stMetric]").filter(has=name)
    # While a new run takes the old one's place, both are there for a moment.
    return box.locator("[data-testid=stMetricValue]").first.inner_text()


def step(page: Page) -> int:
    return int(metric(page, "Step").split()[0].replace(",", ""))


def wait_for_step(page: Page, at_least: int, at_most: float = 1e9) -> None:
    page.wait_for_function(
        """([least, most]) => {
            const values = [...document.querySelectorAll('[data-testid=stMetric]')]
                .filter(box => /^Step\\s/.test(box.innerText))
                .map(box => box.querySelector('[data-testid=stMetricValue]').innerText);
            const shown = values.length ? Number(values[0].replaceAll(',', '')) : -1;
            return least <= shown && shown <= most;
        }""",
        arg=[at_least, at_most],
        timeout=30_000,
    )


def wait_for_rows(page: Page, count: int) -> None:
    """Wait until the page shows the uploaded file and no longer the run before it."""
    expect(page.get_by_text(f"{count} rows")).to_be_visible()
    wait_idle(page)


POINTS = """key => (document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData ?? [])
    .reduce((n, trace) => n + (trace.x?.length ?? 0), 0)"""


def wait_for_chart(page: Page, key: str, more_than: int = 0) -> int:
    """Wait until the lines of a chart have more points together; return how many."""
    page.wait_for_function(
        f"([key, least]) => ({POINTS})(key) > least", arg=[key, more_than], timeout=30_000
    )
    return page.evaluate(POINTS, key)


def click(page: Page, key: str) -> None:
    page.locator(f".st-key-classification_{key} button").first.click()


def pause(page: Page) -> None:
    """Press Pause, and wait until the page shows where it ended: the button says so ahead of it."""
    expect(page.locator(".st-key-tick")).to_have_count(1)  # also of the first redraw after Play
    click(page, "play")
    expect(page.locator(".st-key-classification_play button").first).to_contain_text("Play")
    expect(page.locator(".st-key-tick")).to_have_count(0)
    wait_idle(page)


def open_tab(page: Page, name: str) -> None:
    tab = page.get_by_role("tab", name=name)
    tab.scroll_into_view_if_needed()
    wait_idle(page)
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")


def content(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


def download(page: Page, key: str) -> bytes:
    with page.expect_download() as got:
        page.locator(f".st-key-{key} button").first.click()
    return content(got.value)


@pytest.fixture
def wine(tmp_path: Path) -> Path:
    return wine_csv(tmp_path)


def test_train_on_own_csv_live(page_at: PageAt, wine: Path):
    page = page_at("classification?epochs=100000&classification_pace=10+steps", idle=False)
    wait_for_step(page, 1)
    upload(page, wine)
    expect(page.locator(MAIN).get_by_text("predicts cultivar")).to_be_visible()
    expect(page.locator(".st-key-target input")).to_have_value("cultivar")
    wait_for_step(page, 20)
    losses, norms = wait_for_chart(page, "losses"), wait_for_chart(page, "gradient_norms")
    plot = page.locator(".st-key-losses .js-plotly-plot")
    plot.evaluate("element => { element.dataset.seen = 'before the redraws'; }")
    wait_for_step(page, step(page) + 60)
    assert plot.get_attribute("data-seen") == "before the redraws"  # changed in place
    wait_for_chart(page, "losses", more_than=losses)
    wait_for_chart(page, "gradient_norms", more_than=norms)

    pause(page)
    paused = step(page)
    page.wait_for_timeout(1000)
    assert step(page) == paused

    press(page, "learning_rate", "ArrowRight")
    expect(page.locator(".st-key-losses")).to_contain_text("learning rate 0.01 → 0.02")
    assert step(page) == paused
    click(page, "play")
    wait_for_step(page, paused + 10)
    pause(page)

    paused = step(page)
    click(page, "step")
    wait_for_step(page, paused + 1)
    assert step(page) == paused + 1
    click(page, "epoch")
    wait_for_step(page, paused + 6)
    assert step(page) == paused + 6  # 142 training rows in minibatches of 32
    click(page, "reset")
    wait_for_step(page, 0, at_most=0)

    page.locator(".st-key-layers button").last.click()
    expect(page.locator(".st-key-units_3")).to_be_visible()
    wait_idle(page)
    click(page, "epoch")
    wait_for_step(page, 5)


def test_downloads_read_back(page_at: PageAt, wine: Path):
    page = page_at("classification?epochs=20")
    upload(page, wine)
    wait_for_rows(page, 178)
    wait_for_step(page, 100)
    wait_idle(page)
    page.locator(".st-key-losses_export button").first.click()
    html = download(page, "losses_html").decode()
    assert "Plotly.newPlot" in html and "<script src=" not in html
    rows = list(csv.DictReader(io.StringIO(download(page, "losses_csv").decode())))
    assert len(rows) > 5
    page.keyboard.press("Escape")

    page.locator(".st-key-losses .js-plotly-plot").hover()
    with page.expect_download() as got:
        page.locator(".st-key-losses .modebar-btn[data-title*=Download]").click()
    name = got.value.suggested_filename
    assert name.startswith("classification-") and name.endswith("-losses.png")
    shown = page.locator(".st-key-losses .js-plotly-plot").bounding_box()
    picture = Image.open(io.BytesIO(content(got.value)))
    origin = read_origin(content(got.value), frozenset({"classification"}))
    assert (origin.step, origin.query["epochs"]) == (100, ["20"])
    assert picture.width == pytest.approx(2 * shown["width"], abs=4)

    open_tab(page, "Export")
    history = list(csv.DictReader(io.StringIO(download(page, "classification_history").decode())))
    assert {"train_loss", "val_loss", "gradient_norm"} <= {row["series"] for row in history}
    assert {row["layer"] for row in history if row["series"] == "gradient_norm"} == {
        "hidden 1",
        "hidden 2",
        "output",
    }
    document = json.loads(download(page, "classification_experiment"))
    assert document["run"]["steps"] == 100 and document["training"]["epochs"] == 20
    model = nnlib.load_model(io.BytesIO(download(page, "classification_model")))
    assert model.class_names == ("barbera", "barolo", "grignolino")
    predicted = list(
        csv.DictReader(io.StringIO(download(page, "classification_predictions").decode()))
    )
    correct = np.mean([row["actual"] == row["predicted"] for row in predicted])
    assert len(predicted) == 36 and correct > 0.85
    assert f"{correct:.1%}" == metric(page, "Val. accuracy")

    upload(page, wine, key="classification_new_rows")
    page.locator(".st-key-classification_new_predictions button").first.wait_for()
    again = list(
        csv.DictReader(io.StringIO(download(page, "classification_new_predictions").decode()))
    )
    assert len(again) == 178
    assert np.mean([row["cultivar"] == row["predicted"] for row in again]) > 0.9


def test_back_leads_to_the_settings_and_the_run_that_one_left(page_at: PageAt):
    page = page_at("classification?epochs=5&learning_rate=0.1")
    wait_for_step(page, 65)
    unfolded_links(page).filter(has_text="Gradient descent").click()
    expect(page).to_have_url(re.compile("gradient_descent"))
    wait_idle(page)
    page.go_back()
    expect(page).to_have_url(re.compile(r"classification\?.*learning_rate=0\.1"))
    wait_idle(page)
    assert step(page) == 65


@pytest.mark.skipif(not SCREENSHOTS, reason="only for make screenshots")
def test_page_looks_right(page_at: PageAt):
    page = page_at("classification", width=1400, height=1250)
    page.wait_for_function("document.body.innerText.includes('Epoch 100.0 of 100')")
    wait_for_chart(page, "losses")
    wait_idle(page)
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    page.screenshot(path=Path(str(SCREENSHOTS)) / "classification.png")


def test_a_button_that_its_own_click_disables_changes_the_whole_page(page_at: PageAt):
    page = page_at("classification?epochs=2&classification_pace=full+speed&step=25")
    wait_for_step(page, 25)
    click(page, "step")
    wait_for_step(page, 26)
    expect(page.locator(".st-key-kept_runs summary")).to_contain_text("Kept runs: none")
    page.locator(".st-key-keep_run button").first.click()
    expect(page.locator(".st-key-kept_runs summary")).to_contain_text("Kept runs: 1")
    press(page, "step_shown", "ArrowLeft")
    page.locator(".st-key-go_on button").first.click()
    expect(page.locator(".st-key-classification_play")).not_to_contain_text("again")


def test_the_slider_of_the_past_goes_by_keys_and_the_past_plays_by_itself(page_at: PageAt):
    page = page_at("classification?epochs=5000&classification_pace=10+steps&replay_speed=5+steps/s")
    wait_for_step(page, 60)
    play = page.locator(".st-key-classification_play button").first
    pause(page)
    slider = page.locator(".st-key-step_shown input[type=range]")
    last = int(slider.get_attribute("max", timeout=20_000) or 0)
    slider.focus()
    for shown in (last - 1, last - 2):  # the keyboard's focus stays on it
        page.keyboard.press("ArrowLeft")
        wait_for_step(page, shown, shown)
    expect(page).to_have_url(re.compile(f"step={last - 2}"))
    page.keyboard.press("Home")
    wait_for_step(page, 0, 0)
    replay = page.locator(".st-key-replay button").first
    replay.click()
    expect(replay).to_contain_text("Pause")
    wait_for_step(page, 5, last - 1)
    expect(slider).not_to_have_value("0")
    expect(play).to_contain_text("Play")
    replay.click()
    expect(replay).to_contain_text("Replay")
    expect(page).to_have_url(re.compile(r"step=\d+"))
    paused = int(re.search(r"[?&]step=(\d+)", page.url)[1])
    assert 5 <= paused < last
    expect(slider).to_have_value(str(paused))
    wait_for_step(page, paused, paused)
