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
    cards = page.locator("[class*=st-key-cards_] [data-testid=stPageLink]")
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


def test_a_network_trains_on_load_and_once_more_on_demand(page_at: PageAt):
    page = page_at("/")
    chart = ".st-key-losses .js-plotly-plot"
    last_step = f"""() => {{
        const lines = document.querySelector("{chart}")?._fullData ?? [];
        return Math.max(0, ...lines.flatMap(line => Array.from(line.x ?? [])));
    }}"""
    page.wait_for_function(f"{last_step}".replace("return ", "return 780 === "), timeout=30_000)
    page.locator(".st-key-front_again button").first.click()
    page.wait_for_function(f"{last_step}".replace("return ", "return 700 > "))
    page.wait_for_function(f"{last_step}".replace("return ", "return 780 === "), timeout=30_000)
    for key in ("surface", "norms"):
        assert page.evaluate(
            f"document.querySelector('.st-key-{key} .js-plotly-plot')._fullData.length"
        )


def test_the_way_to_ones_own_file_opens_the_upload(page_at: PageAt):
    page = page_at("/")
    page.get_by_role("link", name="Train on your own CSV file").click()
    page.wait_for_function("document.title.startsWith('Classification')")
    page.wait_for_selector(".st-key-uploader input[type=file]", state="attached")
    assert "data=Your+own+CSV+file" in page.url
