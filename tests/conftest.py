"""What all tests share: quiet numerical libraries, reproducible property tests, the browser."""

import os

# Several threads in the small matrix products of these tests cost more than they bring.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from browser import chromium, page_at, server
from hypothesis import settings

__all__ = ["chromium", "page_at", "server"]

settings.register_profile("project", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("project")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give browser tests a second try: a busy machine may be slower than any wait for it."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))
