"""The Backpropagation page in a real browser: its formulas are typeset in every view.

That its controls and buttons change what it shows is proved in process.
"""

import pytest
from driver import PageAt, wait_idle
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

MAIN = "[data-testid=stMain]"


def test_a_step_is_made_and_every_view_has_its_formulas(page_at: PageAt):
    page = page_at("backpropagation?stage=loss")
    line = page.locator(MAIN).get_by_text("Steps made:")
    for name, words in (("backward", "as far as backward"), ("update", "after the update")):
        page.locator(f".st-key-backpropagation_{name} button").first.click()
        expect(line).to_contain_text(words)
    page.wait_for_function("location.search.includes('stage=update')")
    for view in ("Chain rule of one weight", "Matrices", "Update", "Loss function by itself"):
        page.locator(".st-key-view").get_by_text(view, exact=True).click()
        wait_idle(page)
        expect(page.locator(f"{MAIN} .katex").first).to_be_visible()
        # A formula that Markdown has torn apart shows its dollar signs or an error.
        assert page.locator(f"{MAIN} .katex-error").count() == 0
        assert "$" not in page.locator(MAIN).inner_text()
