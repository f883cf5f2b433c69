"""The strip above the charts, and links for lectures."""

import io
from pathlib import Path

import pytest
from driver import PageAt, wait_idle
from PIL import Image
from test_browser_smoke import SCREEN, box, first_chart

pytestmark = pytest.mark.browser


def test_play_is_one_key_from_the_main_content_and_the_strip_stays_when_one_scrolls(
    page_at: PageAt,
):
    page = page_at("classification?epochs=1", **SCREEN)
    for key in ("Tab", "Enter", "Tab"):
        page.keyboard.press(key)
    page.wait_for_function("document.activeElement.closest('.st-key-classification_play')")
    page.mouse.move(800, 500)
    page.mouse.wheel(0, 2000)
    page.wait_for_function("document.querySelector('.stMain').scrollTop > 300")
    for key in ("layers", "activation", "learning_rate", "classification_reset"):
        assert 0 <= box(page, f".st-key-{key}")["y"] < 200


def test_a_lecture_is_drawn_large_and_takes_its_settings_along(page_at: PageAt):
    page = page_at("classification?lecture=true&hide=activation,units", **SCREEN, idle=False)
    chart, strip = first_chart(page), box(page, ".st-key-strip")
    for width in (390, SCREEN["width"]):  # the title lies beside the button of the sidebar
        page.set_viewport_size({"width": width, "height": SCREEN["height"]})
        button = box(page, "[data-testid=stExpandSidebarButton]")
        assert button["x"] + button["width"] <= page.evaluate(TITLE_BEGINS)
    size = "parseFloat(getComputedStyle(document.querySelector('.st-key-layers label p')).fontSize)"
    assert page.evaluate(size) > 16
    assert strip["y"] + strip["height"] <= chart["y"]
    assert chart["y"] + chart["height"] <= SCREEN["height"]
    assert page.locator(".st-key-learning_rate").is_visible()
    assert not page.locator(".st-key-activation").is_visible()
    assert box(page, "[data-testid=stSidebar] .st-key-data")["x"] < 0
    page.get_by_test_id("stExpandSidebarButton").click()
    page.wait_for_function("document.querySelector('.st-key-data').getBoundingClientRect().x >= 0")
    assert not page.locator(".st-key-units").is_visible()
    page.locator("[data-testid=stSidebar]").get_by_text("Pages", exact=True).click()
    page.locator("[data-testid=stSidebar]").get_by_role("link", name="Dropout").click()
    page.wait_for_url("**/dropout?*")
    kept = "['lecture=true', 'hide=activation'].every(part => location.search.includes(part))"
    page.wait_for_function(kept)  # what Playwright calls the page's URL may lag behind


TITLE_BEGINS = """() => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector("h1"));
    return range.getBoundingClientRect().x;
}"""


def test_the_menu_saves_images_for_slides(page_at: PageAt):
    page = page_at("activations", **SCREEN)
    first_chart(page)
    menu = page.locator("[class*=_export] button").first
    saved = {}
    for kind in ("png", "svg"):
        if not page.locator(f"[class*=_save_{kind}] button").first.is_visible():
            menu.click()
        with page.expect_download() as got:
            page.locator(f"[class*=_save_{kind}] button").first.click()
        assert got.value.suggested_filename.startswith("activations-")
        saved[kind] = Path(got.value.path()).read_bytes()
        wait_idle(page)
    assert Image.open(io.BytesIO(saved["png"])).size == (1920, 1080)
    assert b"<svg" in saved["svg"] and b"Activations" in saved["svg"]
