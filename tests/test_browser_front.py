"""The front door in a real browser, in light and dark."""

import pytest
from browser import PageAt, wait_idle

from pages.shared import layout

pytestmark = pytest.mark.browser

LABELS = [page.label for pages in layout.existing_pages().values() for page in pages]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1400, 800])
def test_front_door_opens_and_names_every_page(page_at: PageAt, dark: bool, width: int):
    page = page_at("/", width=width, dark=dark)
    assert page.title() == layout.PRODUCT
    assert page.locator("h1").inner_text() == layout.PRODUCT
    cards = page.locator("[data-testid=stMain] [data-testid=stPageLink]")
    assert [link.inner_text().strip().splitlines()[-1] for link in cards.all()] == LABELS
    background = page.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    )
    assert background == ("rgb(15, 20, 32)" if dark else "rgb(255, 255, 255)")


@pytest.mark.parametrize("label", LABELS)
def test_sidebar_links_lead_to_their_pages(page_at: PageAt, label: str):
    page = page_at("/")
    links = page.locator("[data-testid=stSidebar] [data-testid=stPageLink]")
    links.filter(has_text=label).locator("a").click()
    page.wait_for_function("document.title.includes(' · ')")
    wait_idle(page)
    assert page.title().endswith(layout.PRODUCT)
