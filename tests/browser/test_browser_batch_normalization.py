"""The Batch normalization page in a real browser: a preset of its menu, a field by the keyboard.

That its controls change its charts, and that a preset is a link, is proved in process.
"""

import pytest
from driver import PageAt, press, redrawn
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_preset_is_chosen_in_its_menu_and_its_numbers_can_be_edited(page_at: PageAt):
    page = page_at("batch_normalization")
    with redrawn(page, "batch"):
        press(page, "size")
    page.get_by_role("button", name="Presets").click()
    page.get_by_role("button", name="Unlike features, own γ and β").click()
    page.wait_for_function("location.search.includes('gammas')")
    numbers = page.locator(".st-key-numbers input")
    expect(numbers).to_have_value("1, 200, 0.01; 2, 180, 0.03; 3, 240, 0.02; 4, 210, 0.05")
    with redrawn(page, "small_batch"):
        numbers.fill("1, 2, 3; 4, 5, 7")
        numbers.press("Enter")
