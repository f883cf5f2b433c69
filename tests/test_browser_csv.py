"""Any file in the browser: a preview or one plain sentence, and parts of columns to change."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from browser import PageAt, choose, wait_idle
from csv_files import HOSTILE, PLAIN, polluted
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as NotInTime
from test_browser_classification import upload

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
    "open quote.csv": (HOSTILE["an open quote"], "no quotation marks"),
    "NUL.csv": (HOSTILE["NULs in a table"], "not a text file"),
    "wide.csv": (HOSTILE["too many columns"], "3,000 columns; the limit is 2,000"),
    "../../etc/<i>.csv": (HOSTILE["right to left"], "rows ·"),
    "emoji.csv": (HOSTILE["emoji"], "rows ·"),
    "long names.csv": (HOSTILE["names very long"], "rows ·"),
    "book.xlsx": (workbook(), "Excel workbook"),
    "web page.csv": (HOSTILE["a web page"], "a web page"),
}


def hand_over(page: Page, name: str, content: bytes) -> None:
    """Upload bytes under a name that no disk would take."""
    page.locator(".st-key-uploader input[type=file]").set_input_files(
        {"name": name.replace("/", "∕"), "mimeType": "text/csv", "buffer": content}
    )


def test_the_nastiest_files_are_a_preview_or_a_sentence(page_at: PageAt):
    page = page_at("classification?epochs=1")
    for name, (content, words) in NASTY.items():
        hand_over(page, name, content)
        said = page.locator(MAIN).get_by_text(words).first
        try:
            said.wait_for(timeout=30_000)
        except Exception as error:
            raise AssertionError(f"{name}: {page.locator(MAIN).inner_text()[:600]}") from error
        alert = page.locator(f"{MAIN} [data-testid=stAlertContentError]")
        alert.or_(page.get_by_text("What happened to your columns")).first.wait_for(timeout=15_000)
        wait_idle(page)
        assert page.locator("[data-testid=stException]").count() == 0, name
        assert page.locator(MARKED).count() == 0, name


def choose_part(page: Page, row: int, part: str) -> None:
    """Choose the part of a column in the table, which is drawn on a canvas."""
    grid = page.locator("[data-testid=stDataFrame] .dvn-scroller").first
    grid.scroll_into_view_if_needed()
    option = page.locator("#portal").get_by_text(part, exact=True).last
    for _ in range(5):
        grid.click(position={"x": 15, "y": 35 * (row + 1) + 17})
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        try:
            option.click(timeout=2_000)
            return
        except NotInTime:
            page.keyboard.press("Escape")
    pytest.fail(f"the part {part!r} could not be chosen")


def test_a_part_is_changed_in_the_table_and_kept_by_the_link(page_at: PageAt, tmp_path: Path):
    path = tmp_path / "table.csv"
    lines = [f"{i / 3:.2f},{i % 9};{i % 7},{'uv'[i % 2]}" for i in range(90)]
    path.write_text("\n".join(["a,b;c,kind", *lines]))
    page = page_at("classification?epochs=1")
    upload(page, path)
    expect(page.get_by_text("90 rows · 3 columns · separated by comma")).to_be_visible()
    wait_idle(page)
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
    expect(again.locator(".st-key-left_out").get_by_text("a", exact=True)).to_be_visible()
    expect(again.get_by_text("90 rows · 3 columns · separated by comma")).to_be_visible()
    assert "own_delimiter=comma" in again.url
