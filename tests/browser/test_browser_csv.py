"""Any file in the browser: a preview or one plain sentence, and parts of columns to change."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from csv_files import HOSTILE, PLAIN, polluted
from driver import UPLOAD_MEGABYTES, PageAt, choose, wait_idle
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as NotInTime
from test_browser_classification import upload
from test_browser_smoke import IN_SIGHT, SCREEN, first_chart

from nnlib.datasets.tables.limits import MEGABYTE
from pages.shared.own_file.view import SETTINGS

pytestmark = pytest.mark.browser
MAIN = "[data-testid=stMain]"
MARKED = f"{MAIN} b, {MAIN} i"


def workbook() -> bytes:
    out = io.BytesIO()
    frame = pd.read_csv(io.BytesIO(PLAIN)).rename(columns={"name": "=1+1", "age": "<i>age</i>"})
    frame.to_excel(out, index=False)
    return out.getvalue()


# What the page says; of a table what stands in its first line.
NASTY = {
    "UTF-16, semicolons, preamble, footer.csv": (
        polluted(("semicolons", "UTF-16 without mark", "preamble", "footer")),
        "separated by semicolon",
    ),
    "bomb.csv.gz": (HOSTILE["a gzip bomb"], "unpacks to more than 50 MB"),
    "pickle.csv": (HOSTILE["a pickle"], "a Python pickle, which is never opened"),
    "markup.csv": (
        polluted(("markup", "quotes in cells")).replace(b"weight", b"<b>w</b> **x** $y$ :red[z]"),
        "separated by comma",
    ),
    "formulas.csv": (polluted(("formulas", "newlines in cells", "long rows")), "rows ·"),
    "open quote.csv": (HOSTILE["an open quote"], "rows ·"),
    "NUL.csv": (HOSTILE["NULs in a table"], "rows ·"),
    "wide.csv": (HOSTILE["too many columns"], "3,000 columns; the limit is 2,000"),
    "../../etc/<i>.csv": (HOSTILE["right to left"], "rows ·"),
    "emoji.csv": (HOSTILE["emoji"], "rows ·"),
    "long names.csv": (HOSTILE["names very long"], "rows ·"),
    "book.xlsx": (workbook(), "Excel workbook"),
    "web page.csv": (HOSTILE["a web page"], "a web page"),
}


def hand_over(page: Page, name: str, content: bytes) -> None:
    """Upload bytes under a name that no disk would take, and wait until the page has taken them.

    Of two files that are handed over at once, the browser may keep the first.
    """
    name = name.replace("/", "∕")
    page.locator(".st-key-uploader input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    sidebar = page.locator("[data-testid=stSidebar]")
    expect(sidebar.get_by_text(f"Taken: {name}.")).to_be_visible()


def test_the_nastiest_files_are_a_preview_or_a_sentence(page_at: PageAt):
    page = page_at("classification?epochs=1")
    for name, (content, words) in NASTY.items():
        hand_over(page, name, content)
        said = page.locator(MAIN).get_by_text(words).first
        try:
            said.wait_for(timeout=30_000)
        except Exception as error:
            shown = " ".join(page.locator(MAIN).inner_text().split())
            raise AssertionError(f"{name} at {page.url}: {shown[:3000]}") from error
        alert = page.locator(f"{MAIN} [data-testid=stAlertContentError]")
        alert.or_(page.get_by_text(SETTINGS)).first.wait_for(timeout=15_000)
        wait_idle(page)
        assert page.locator("[data-testid=stException]").count() == 0, name
        assert page.locator(MARKED).count() == 0, name


def test_a_file_beyond_the_limit_is_refused_in_words_and_the_rest_goes_on(
    page_at: PageAt, tmp_path: Path
):
    limit = UPLOAD_MEGABYTES * MEGABYTE
    sizes = {"within.csv": limit, "beyond.csv": limit + 10_000}
    line = b"1.5,2.5," + b"x" * 990 + b",u\n"
    for name, size in sizes.items():
        content = b"a,b,c,kind\n" + line * (size // len(line))
        (tmp_path / name).write_bytes(content.ljust(size)[:size])
    page = page_at("classification?epochs=1")
    sidebar = page.locator("[data-testid=stSidebar]")
    upload(page, tmp_path / "beyond.csv")
    expect(sidebar.get_by_text("No file of yours is taken yet; a larger one is")).to_be_visible()
    refused = f"File must be {UPLOAD_MEGABYTES}.0MB or smaller"
    expect(sidebar.get_by_text(refused)).to_have_count(1)
    assert "data=" not in page.url  # it trains the spiral, and says so
    upload(page, tmp_path / "within.csv")
    expect(sidebar.get_by_text("Taken: within.csv.")).to_be_visible()


def choose_part(page: Page, row: int, part: str) -> None:
    """Choose the part of a column in the table, which is drawn on a canvas.

    A redraw of the page may swallow the choice: what counts is that the address has it.
    """
    grid = page.locator("[data-testid=stDataFrame] .dvn-scroller").first
    grid.scroll_into_view_if_needed()
    option = page.locator("#portal").get_by_text(part, exact=True).last
    for _ in range(5):
        grid.click(position={"x": 15, "y": 35 * (row + 1) + 17})
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        try:
            option.click(timeout=2_000)
            page.wait_for_function("location.search.includes('left_out=')", timeout=10_000)
            return
        except NotInTime:
            page.keyboard.press("Escape")
    pytest.fail(f"the part {part!r} could not be chosen")


def test_a_part_is_changed_in_the_table_and_kept_by_the_link(page_at: PageAt, tmp_path: Path):
    path = tmp_path / "table.csv"
    lines = [f"{i / 3:.2f},{i % 9};{i % 7},{'uv'[i % 2]}" for i in range(90)]
    path.write_text("\n".join(["a,b;c,kind", *lines]))
    page = page_at("classification?epochs=1", **SCREEN)
    upload(page, path)
    expect(page.get_by_text("90 rows · 3 columns · separated by comma")).to_be_visible()
    page.locator(".st-key-classification_reset button").first.click()
    expect(page.get_by_text("Epoch 0.0 of 1")).to_be_visible()
    wait_idle(page)
    assert first_chart(page)["y"] < IN_SIGHT  # ahead of a run charts come first
    page.get_by_text(SETTINGS).click()
    page.get_by_text("How the file is read").click()
    choose(page, "own_delimiter", "semicolon")
    expect(page.get_by_text("90 rows · 2 columns · separated by semicolon")).to_be_visible()
    choose(page, "own_delimiter", "comma")
    expect(page.get_by_text("90 rows · 3 columns · separated by comma")).to_be_visible()
    wait_idle(page)
    choose_part(page, 0, "ignored")
    left_out = page.locator(".st-key-left_out")
    expect(left_out.get_by_text("a", exact=True)).to_be_visible()
    page.wait_for_function("location.search.includes('left_out=a')")
    wait_idle(page)
    again = page_at(page.url.split("/", 3)[3])
    upload(again, path)
    # Nothing is left to learn from, so the settings lie open.
    expect(again.locator(".st-key-left_out").get_by_text("a", exact=True)).to_be_visible()
    expect(again.get_by_text("90 rows · 3 columns · separated by comma")).to_be_visible()
    assert "own_delimiter=comma" in again.url
