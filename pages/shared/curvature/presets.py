"""The presets of the Curvature page."""

from typing import Any

from pages.shared.curvature.controls import ALPHA, FULL_BATCH, SPECTRUM
from pages.shared.presets import Preset


def _bumps(**own: Any) -> dict[str, Any]:
    """Return the settings of a small network on 80 points of the six bumps, without noise."""
    return {
        "data": "multi_gaussian",
        "multi_gaussian_n_samples": 100,
        "multi_gaussian_noise": 0.0,
        "multi_gaussian_train_fraction": 0.8,
        "multi_gaussian_test_fraction": 0.0,
        "multi_gaussian_seed": 0,
        "layers": 2,
        "units_1": 16,
        "units_2": 16,
        "activation": "tanh",
        "initializer": "he_normal",
        "initializer_scale": 1.0,
        "batch_norm": False,
        "skip": False,
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "batch_size": FULL_BATCH,
        "epochs": 6000,
        "l2": 0.0,
        "seed": 0,
        "measured": [SPECTRUM, ALPHA],
        "share": 0.8,
        **own,
    }


PRESETS = (
    Preset(
        "Progressive sharpening",
        "A small rate, 0.03: the sharpness rises for as long as the run goes on, far below 2/η.",
        _bumps(learning_rate=0.03),
    ),
    Preset(
        "Edge of stability",
        "At 0.1 the sharpness rises to 2/η and stays there, while the loss goes on falling.",
        _bumps(),
    ),
    Preset(
        "Catapult",
        "At 0.3 the sharpness begins above 2/η: the loss jumps up, the sharpness falls below the "
        "limit, and the loss falls after all.",
        _bumps(learning_rate=0.3, epochs=200, share=1.0),
    ),
    Preset(
        "Adam at its own edge",
        "With Adam it is the preconditioned sharpness that rises to its limit, 38/η.",
        _bumps(optimizer="adam", learning_rate=0.003),
    ),
    Preset(
        "Minibatches stay below",
        "Steps from 8 of the 80 examples: the sharpness settles well below 2/η.",
        _bumps(batch_size=8, epochs=1000),
    ),
)
