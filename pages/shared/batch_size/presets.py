"""The presets of the Batch size page."""

from typing import Any

from pages.shared.batch_size import controls
from pages.shared.presets import Preset


def _of(view: str, data: str, **own: Any) -> dict[str, Any]:
    """Return the settings of a small network on a data set, trained with SGD."""
    return {
        "view": view,
        "data": data,
        "layers": 1,
        "units_1": 32,
        "activation": "relu",
        "initializer": "he_normal",
        "initializer_scale": 1.0,
        "optimizer": "sgd",
        "epochs" if view != controls.MAP else "map_epochs": 20,
        "seed": 0,
        **own,
    }


_MAP = {
    "target_loss": 0.2,
    "map_seeds": 3,
    "smallest": 2,
    "largest": 256,
    "rate_low": 0.03,
    "rate_high": 3.0,
    "rate_count": 7,
    "most_steps": 200,
}
PRESETS = (
    Preset(
        "Noise that grows",
        "A run on the digits: its noise scale rises by more than tenfold while the loss falls.",
        _of(controls.LIVE, "digits", learning_rate=0.2, batch_size=16),
    ),
    Preset(
        "Steps against examples",
        "The digits at every batch size from 2 to 256 and seven rates, with the fitted trade-off.",
        _of(controls.MAP, "digits", **_MAP),
    ),
    Preset(
        "A batch that is too small",
        "The digits with a batch of 4: a larger one is advised, and both are run.",
        _of(controls.ADVICE, "digits", learning_rate=0.1, batch_size=4, target_loss=0.2, seeds=5),
    ),
    Preset(
        "A batch that is too large",
        "The digits with a batch of 256: a smaller one is advised, and both are run.",
        _of(controls.ADVICE, "digits", learning_rate=1.0, batch_size=256, target_loss=0.2, seeds=5),
    ),
)
