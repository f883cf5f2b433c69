"""The front door in a real browser: the way to a person's own file, and from page to page.

That it names every page and trains its network anew is proved in process.
"""

import re

import pytest
from driver import PageAt, unfolded_links
from playwright.sync_api import expect

from pages.shared import layout

pytestmark = pytest.mark.browser


def test_links_lead_to_the_upload_and_from_page_to_page(page_at: PageAt):
    page = page_at("/", idle=False)
    expect(page.locator("h1")).to_have_text(layout.PRODUCT)
    expect(page).to_have_title(layout.PRODUCT)
    page.get_by_role("link", name="Train on your own CSV file").click()
    page.wait_for_function("document.title.startsWith('Classification')")
    page.wait_for_selector(".st-key-uploader input[type=file]", state="attached")
    page.wait_for_function("location.search.includes('data=Your+own+CSV+file')")
    for label, title in (("Dropout", "Dropout"), ("Home", layout.PRODUCT)):
        unfolded_links(page).filter(has_text=label).locator("a").click()
        expect(page.locator("h1")).to_have_text(title)
        expect(page).to_have_title(re.compile(f"^{title}"))
    assert page.url.endswith("/")
