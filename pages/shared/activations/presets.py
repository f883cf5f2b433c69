"""The presets of the Activations page."""

from typing import Any

from nnlib.labs.propagation import RandomStack
from pages.shared.activations.controls import FUNCTIONS, LAB, LAYERS
from pages.shared.presets import Preset


def _through_layers(activation: str, initializer: str, **changed: Any) -> dict[str, Any]:
    """Return the settings of the random stack, those of the page's first look but for some."""
    stack = {
        "mean": 0.0,
        "deviation": 1.0,
        "scale": 1.0,
        "width": RandomStack.width,
        "depth": RandomStack.depth,
        "seed": 0,
        "quantity": "activations",
    }
    chosen = {"lab": LAYERS, "activation": activation, "initializer": initializer}
    return chosen | stack | changed


PRESETS = (
    Preset(
        "Around zero",
        "Sigmoid, tanh, ReLU and GELU with their derivatives, from z = -4 to 4.",
        {"lab": FUNCTIONS, "functions": ["sigmoid", "tanh", "relu", "gelu"], "reach": 4.0},
    ),
    Preset(
        "Narrow and deep",
        "50 ReLU layers of 16 units with He's rule: theory keeps the variance, most networks lose "
        "it.",
        _through_layers("relu", "he_normal", width=16, depth=50),
    ),
    Preset(
        "Sigmoid, deep",
        "30 sigmoid layers with Glorot's rule: the signal that is sent back all but vanishes.",
        _through_layers("sigmoid", "glorot_normal", depth=30),
    ),
    Preset(
        "Self-normalizing",
        "SELU with LeCun's rule brings inputs of mean 2 back to mean near 0 and variance near 1.",
        _through_layers("selu", "lecun_normal", mean=2.0, depth=30),
    ),
    Preset(
        "Born dead",
        "Of ReLU networks with 50 layers of 3 units, nearly all are constant before training.",
        {
            "lab": LAB,
            "dead_width": 3,
            "dead_depth": 50,
            "dead_initializer": "he_normal",
            "networks": 2_000,
            "dead_seed": 0,
        },
    ),
)
