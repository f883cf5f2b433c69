"""Numbers from PyTorch, Keras and mpmath; ``make_reference.py`` says how they were made."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def load_reference() -> dict[str, Any]:
    """Return the content of ``trajectories.json``; do not change it, it is shared."""
    content: dict[str, Any] = json.loads(Path(__file__).with_name("trajectories.json").read_text())
    return content
