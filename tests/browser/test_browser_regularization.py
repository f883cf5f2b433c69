"""The Regularization page in a real browser: it fits, and long work can be stopped."""

import pytest
from driver import PageAt, wait_idle
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_long_comparison_can_be_stopped_and_begun_again(page_at: PageAt):
    long = "regularization?lab=Networks&epochs=5000&seeds=10&points=200&width=128"
    page = page_at(long, idle=False)
    page.locator(".st-key-regularization_networks_stop button").click(timeout=30_000)
    expect(page.get_by_text("Stopped.")).to_be_visible(timeout=10_000)
    wait_idle(page)
    assert page.locator(".st-key-val_loss").count() == 0
    page.locator(".st-key-regularization_networks_begin button").click()
    stop = page.locator(".st-key-regularization_networks_stop button")
    stop.click(timeout=30_000)
    expect(page.get_by_text("Stopped.")).to_be_visible(timeout=10_000)
