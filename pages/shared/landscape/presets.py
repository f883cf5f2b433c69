"""The presets of the Loss landscape page."""

from typing import Any

from pages.shared.landscape import controls
from pages.shared.presets import Preset


def _of(view: str, **own: Any) -> dict[str, Any]:
    """Return the settings of a network on the digits, and of a view."""
    return {
        "view": view,
        "data": "digits",
        "layers": 2,
        "units_1": 32,
        "units_2": 32,
        "activation": "relu",
        "initializer": "he_normal",
        "initializer_scale": 1.0,
        "batch_norm": False,
        "skip": False,
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "batch_size": 32,
        "epochs": 20,
        "l2": 0.0,
        "seed": 0,
        **own,
    }


def _plane(directions: str, **own: Any) -> dict[str, Any]:
    return _of(
        controls.PLANE,
        directions=directions,
        resolution=41,
        split=controls.TRAIN,
        log_height=True,
        **own,
    )


PRESETS = (
    Preset(
        "The path's own plane",
        "A run on the digits in the plane of its first two principal components.",
        _plane(controls.PCA),
    ),
    Preset(
        "A random plane",
        "The same run in a plane of random directions, in which next to nothing of its path lies.",
        _plane(controls.RANDOM, draw=0, half_width=1.0),
    ),
    Preset(
        "With batch normalization",
        "The random plane around the end of the same network with batch normalization.",
        _plane(controls.RANDOM, draw=0, half_width=1.0, batch_norm=True),
    ),
    Preset(
        "Between two seeds",
        "Two runs on the digits from other initial weights: both learn, and a barrier is between.",
        _of(controls.LINE, pair=controls.SEEDS, other_seed=1),
    ),
    Preset(
        "Settled at once",
        "Runs on the digits from the same initial weights, connected whatever they share.",
        _of(controls.PARTING, pairs=2),
    ),
    Preset(
        "Settled on the way",
        "Runs on the spiral: with one seed the order of the first examples decides where they end.",
        _of(
            controls.PARTING,
            pairs=2,
            data="spiral",
            units_1=16,
            units_2=16,
            learning_rate=0.2,
            epochs=100,
        ),
    ),
    Preset(
        "Smoother by normalization",
        "Eight layers on the digits with and without batch normalization, along the gradient.",
        _of(
            controls.GRADIENT,
            layers=8,
            batch_size=128,
            **{f"units_{layer}": 64 for layer in range(1, 9)},
        ),
    ),
)
