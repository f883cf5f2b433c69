"""The Images tab in a real browser: the matrix is clicked, a digit is drawn and uploaded."""

import io

import pytest
from driver import PageAt, wait_idle
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

RUN = "classification?data=Digits+8%C3%978&epochs=10&classification_pace=full+speed&details=Images"
TITLE = "key => document.querySelector(`.st-key-${key} .gtitle`)?.textContent ?? ''"
VALUES = """key => JSON.stringify(
    (document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData ?? [])
        .map(t => [Array.from(t.y ?? []), Array.from(t.z ?? []).map(row => Array.from(row))]))"""


def read(page: Page, script: str, key: str) -> str:
    page.wait_for_function(f"key => ({script})(key).length > 2", arg=key)
    return page.evaluate(script, key)


def wait_changed(page: Page, script: str, key: str, before: str) -> str:
    page.wait_for_function(
        f"([key, before]) => ({script})(key).length > 2 && ({script})(key) !== before",
        arg=[key, before],
    )
    return page.evaluate(script, key)


def test_the_matrix_is_clicked_and_a_digit_is_drawn_cleared_and_uploaded(page_at: PageAt):
    page = page_at(RUN, idle=False)
    page.wait_for_function("document.body.innerText.includes('Epoch 10.0 of 10')")
    wait_idle(page)
    before = read(page, TITLE, "worst")
    assert before.startswith("The most confident mistakes")
    plot = page.locator(".st-key-image_confusion .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    # Ten classes a side: the fourth row and column, where 3 is read as 3.
    plot.click(position={"x": 0.35 * box["width"], "y": 0.35 * box["height"]})
    after = wait_changed(page, TITLE, "worst", before)
    assert after.startswith("The least sure 3 that are read correctly: 12 of")
    page.wait_for_function("location.search.includes('shown_actual=3')")

    page.locator(".st-key-image_view").get_by_text("Your own digit", exact=True).click()
    canvas = page.locator("canvas[aria-label^=Drawing]")
    canvas.scroll_into_view_if_needed()
    wait_idle(page)
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.1 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.9 * box["height"], steps=4)
    page.mouse.up()
    drawn = read(page, VALUES, "own_image")
    read(page, VALUES, "saliency")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.locator("body")).to_contain_text("Draw a digit on the board, or upload")
    image = Image.new("L", (200, 200), 255)
    ImageDraw.Draw(image).ellipse((60, 40, 140, 160), outline=0, width=15)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    file = {"name": "zero.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
    page.locator(".st-key-digit_file input[type=file]").set_input_files(file)
    assert read(page, VALUES, "own_image") != drawn
