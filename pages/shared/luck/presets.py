"""The presets of the Luck page."""

from typing import Any

from pages.shared.presets import Preset


def _collapse(width: int) -> dict[str, Any]:
    """Return the problem of Lu et al. (2019) at a width."""
    return {
        "data": "absolute_value",
        "layers": 9,
        **{f"units_{i + 1}": width for i in range(9)},
        "activation": "relu",
        "initializer": "he_normal",
        "initializer_scale": 1.0,
        "batch_norm": False,
        "skip": False,
        "dropout": 0.0,
        "optimizer": "adam",
        "learning_rate": 0.01,
        "batch_size": 32,
        "epochs": 50,
        "luck_seeds": 100,
    }


PRESETS = (
    Preset(
        "Ten layers of width 2 on |x|",
        "The problem of Lu et al. (2019): nearly every network ends as a constant.",
        _collapse(2),
    ),
    Preset(
        "The same with width 8",
        "Hardly one ends as a constant now.",
        _collapse(8),
    ),
)
