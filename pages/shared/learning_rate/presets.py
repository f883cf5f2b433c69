"""The presets of the Learning rate page."""

from typing import Any

from nnlib.config import NetworkConfig
from nnlib.schedules import SCHEDULES
from pages.shared.learning_rate import controls
from pages.shared.presets import Preset


def _moons(view: str, **own: Any) -> dict[str, Any]:
    """Return the settings of a network on the two moons, as the page opens with it."""
    network = NetworkConfig()
    units = {f"units_{i}": width for i, width in enumerate(network.hidden, 1)}
    return {
        "view": view,
        "data": "moons",
        "layers": len(network.hidden),
        **units,
        "activation": network.activation,
        "initializer": network.initializer,
        "initializer_scale": 1.0,
        "batch_norm": False,
        "skip": False,
        "dropout": 0.0,
        "optimizer": "sgd",
        "batch_size": 32,
        "epochs": 30,
        "seeds": 5,
        "seed": 0,
        **own,
    }


PRESETS = (
    Preset(
        "Creep, arrive, jump, diverge",
        "Gradient descent on a parabola at 0.01, 0.1, 0.5, 0.8, 1 and 1.05: its limit is 1.",
        {
            "view": controls.QUADRATIC,
            "quadratic_rates": list(controls.DEFAULT_RATES),
            "own_rate": 0.8,
            "quadratic_start": 3.0,
            "quadratic_steps": 30,
        },
    ),
    Preset(
        "Too large, yet finite",
        "25 rates from 0.0001 to 100 on the two moons, and a closer look at 1 and at 10, where the "
        "ReLU layers die.",
        _moons(
            controls.MANY_RATES,
            rate_count=25,
            rate_low=1e-4,
            rate_high=100.0,
            picked=["η = 1", "η = 10"],
        ),
    ),
    Preset(
        "Range test",
        "One short run on the two moons while the rate rises from 0.00001 to 10.",
        _moons(
            controls.RANGE_TEST, test_low=1e-5, test_high=10.0, test_steps=100, test_smoothing=0.9
        ),
    ),
    Preset(
        "Schedules from a high rate",
        "Every schedule on the two moons from a peak rate of 2.",
        _moons(controls.SCHEDULES_VIEW, schedules=list(SCHEDULES), learning_rate=2.0),
    ),
)
