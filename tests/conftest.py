"""What all tests share: quiet numerical libraries, reproducible property tests, the browser."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

# Several threads in the small matrix products of these tests cost more than they bring.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# What the tests compare bit for bit is NumPy's; those of the compiled engine ask for it by name.
os.environ["NNLIB_ENGINE"] = "numpy"

import pytest
from driver import chromium, context, page_at, server, shared_context, spare_pages
from hypothesis import settings

if TYPE_CHECKING:
    from scheduling import Shared
    from xdist.remote import Producer

__all__ = ["chromium", "context", "page_at", "server", "shared_context", "spare_pages"]

settings.register_profile("project", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("project")


def pytest_collection_finish() -> None:
    """Take modules and thousands of tests out of the sight of the garbage collector."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shared | None:
    """Divide the tests among workers by `scheduling`, where they are to be divided at all."""
    from scheduling import Shared

    return Shared(config, log) if config.getvalue("dist") == "load" else None
