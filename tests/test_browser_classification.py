"""The main journey in a real browser: own CSV, live training, changes, downloads read back."""

import csv
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from browser import PageAt, press, wait_idle
from PIL import Image
from playwright.sync_api import Download, Page, expect
from sklearn.datasets import load_breast_cancer, load_wine

import nnlib

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)

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
    return box.locator("[data-testid=stMetricValue]").inner_text()


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
    expect(page.locator(MAIN).get_by_text("What happened to your columns")).to_be_visible()
    expect(page.locator(".st-key-target input")).to_have_value("cultivar")
    wait_for_step(page, 20)
    losses, norms = wait_for_chart(page, "losses"), wait_for_chart(page, "gradient_norms")
    plot = page.locator(".st-key-losses .js-plotly-plot")
    plot.evaluate("element => { element.dataset.seen = 'before the redraws'; }")
    wait_for_step(page, step(page) + 60)
    assert plot.get_attribute("data-seen") == "before the redraws"  # changed in place
    wait_for_chart(page, "losses", more_than=losses)
    wait_for_chart(page, "gradient_norms", more_than=norms)

    click(page, "pause")
    expect(page.locator(".st-key-classification_play button").first).to_be_visible()
    paused = step(page)
    page.wait_for_timeout(1000)
    assert step(page) == paused

    press(page, "learning_rate", "ArrowRight")
    expect(page.locator(".st-key-losses")).to_contain_text("learning rate 0.01 → 0.02")
    assert step(page) == paused
    click(page, "play")
    wait_for_step(page, paused + 10)
    click(page, "pause")
    expect(page.locator(".st-key-classification_play button").first).to_be_visible()
    wait_idle(page)

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
    assert got.value.suggested_filename == "losses.png"
    shown = page.locator(".st-key-losses .js-plotly-plot").bounding_box()
    picture = Image.open(io.BytesIO(content(got.value)))
    assert picture.width == pytest.approx(2 * shown["width"], abs=4)

    open_tab(page, "Export")
    history = list(csv.DictReader(io.StringIO(download(page, "classification_history").decode())))
    assert {"train_loss", "val_loss", "gradient_norm"} <= {row["series"] for row in history}
    assert {row["layer"] for row in history if row["series"] == "gradient_norm"} == {
        "dense_1",
        "dense_2",
        "dense_3",
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


def test_run_is_there_after_visiting_another_page(page_at: PageAt, tmp_path: Path):
    frame = load_breast_cancer(as_frame=True).frame
    path = tmp_path / "tumors.csv"
    frame.to_csv(path, index=False, sep=";")
    page = page_at("classification?epochs=50")
    upload(page, path)
    wait_for_rows(page, 569)
    wait_for_step(page, 750)  # 455 training rows in minibatches of 32, 50 times
    links = page.locator("[data-testid=stSidebar] [data-testid=stPageLink]")
    links.filter(has_text="Home").click()
    page.wait_for_function("!document.title.includes('Classification')")
    links.filter(has_text="Classification").click()
    page.wait_for_function("document.title.includes('Classification')")
    wait_for_chart(page, "losses")
    wait_for_step(page, 750, at_most=750)
    expect(page.locator(MAIN)).to_contain_text("tumors.csv")


def test_mnist_reaches_its_accuracy_and_shows_images(page_at: PageAt):
    page = page_at(
        "classification?data=MNIST,+5,000+images&units_1=128&units_2=64&batch_size=128"
        "&learning_rate=0.002&epochs=5"
    )
    wait_for_step(page, 5 * 32)  # 4,000 training images, the last minibatch of an epoch is short
    wait_idle(page)
    assert step(page) == 5 * 32
    assert float(metric(page, "Val. accuracy").rstrip("%")) >= 91
    open_tab(page, "Images")
    for key in ("worst", "filters"):
        page.locator(f".st-key-{key} .js-plotly-plot .heatmaplayer image").first.wait_for()
    click(page, "reset")
    page.wait_for_function("document.body.innerText.includes('Epoch 0.0 of 5')")
    click(page, "epoch")
    wait_for_step(page, 32, at_most=32)


@pytest.mark.parametrize(
    ("width", "dark"), [(1400, False), (1400, True), (800, False), (800, True)]
)
def test_page_looks_right_at_both_widths_in_light_and_dark(
    page_at: PageAt, tmp_path: Path, width: int, dark: bool
):
    page = page_at("classification", width=width, height=1250, dark=dark)
    page.wait_for_function("document.body.innerText.includes('Epoch 100.0 of 100')")
    wait_for_chart(page, "losses")
    wait_idle(page)
    colors = page.evaluate(
        """() => [
            document.querySelector('.st-key-losses .main-svg').style.background,
            getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor,
        ]"""
    )
    assert colors[0] == colors[1]
    boxes = [chart.bounding_box() for chart in page.locator(".js-plotly-plot").all()]
    assert len(boxes) == 6
    assert all(box["width"] > 330 and box["x"] + box["width"] <= width for box in boxes)
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    picture = SCREENSHOTS if width == 1400 and not dark and SCREENSHOTS else tmp_path
    page.screenshot(path=picture / "classification.png")


@pytest.mark.parametrize(
    ("name", "content_bytes", "sentence"),
    [
        ("empty.csv", b"", "empty"),
        ("one.csv", b"a\n1\n2\n3\n", "column"),
        ("one_class.csv", b"a,target\n" + b"1,x\n2,x\n3,x\n" * 5, "same value"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "PNG"),
    ],
)
def test_bad_files_get_a_sentence(
    page_at: PageAt, tmp_path: Path, name: str, content_bytes: bytes, sentence: str
):
    path = tmp_path / name
    path.write_bytes(content_bytes)
    page = page_at("classification")
    upload(page, path)
    alert = page.locator(f"{MAIN} [data-testid=stAlert]")
    expect(alert).to_be_visible(timeout=15_000)
    expect(alert).to_contain_text(sentence, ignore_case=True)
