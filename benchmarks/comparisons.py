"""Comparisons over seeds: seconds that the pages compute for them, by either engine.

``python -m benchmarks.comparisons``. A page is opened with a seed that it has not had, and run once
more, when the result is remembered: the difference is the computing. It runs in this process,
without a browser; the median of some seeds counts.
"""

from __future__ import annotations

import os
from pathlib import Path
from statistics import median
from time import perf_counter

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parent.parent
COMPARISONS = {
    "Learning rate: many rates": ("learning_rate?view=Many rates", "seed"),
    "Learning rate: schedules": ("learning_rate?view=Schedules", "seed"),
    "Batch size: steps and examples": ("batch_size?view=Steps and examples", "seed"),
    "Batch normalization: learning rates": ("batch_normalization?view=Learning rates", "seed"),
    "Vanishing gradients: remedies": ("vanishing_gradients?view=Remedies", "seed"),
    "Vanishing gradients: weight scale": ("vanishing_gradients?view=Weight scale", "seed"),
    "Regularization: networks": ("regularization?lab=Networks", "seed"),
    "Dropout: several rates": ("dropout?view=Several rates", "first_seed"),
    "Luck of the seed": ("luck", "seed"),
}
SEEDS = (11, 12, 13)
"""After a first one, which is not counted."""


def seconds_of(address: str, seed_name: str) -> float:
    """Return the seconds that a page computes for a comparison."""
    return median([_computing(address, seed_name, seed) for seed in (10, *SEEDS)][1:])


def _computing(address: str, seed_name: str, seed: int) -> float:
    page, _, query = address.partition("?")
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=600)
    app.switch_page(f"pages/{page}.py")
    for setting in filter(None, (query, f"{seed_name}={seed}")):
        name, value = setting.split("=")
        app.query_params[name] = value
    first, again = _seconds(app), _seconds(app)
    return first - again


def _seconds(app: AppTest) -> float:
    began = perf_counter()
    app.run()
    if app.exception:
        raise RuntimeError(app.exception[0].value)
    return perf_counter() - began


def main() -> None:
    """Print a line a comparison."""
    for name, (address, seed) in COMPARISONS.items():
        times = []
        for engine in ("numpy", "auto"):
            os.environ["NNLIB_ENGINE"] = engine
            times.append(seconds_of(address, seed))
        by_numpy, by_auto = times
        print(
            f"{name}: {by_numpy:.2f} s by NumPy, {by_auto:.2f} s with the engine chosen of itself"
        )


if __name__ == "__main__":
    main()
