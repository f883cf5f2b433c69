"""Settings of the Classification page that are one click away."""

from typing import Any

from pages.shared.presets import Preset


def _values(data: str, hidden: tuple[int, ...], **own: Any) -> dict[str, Any]:
    """Return all that a picture depends on: the page's defaults, but for what is given."""
    return {
        "draw": False,
        "data": data,
        "layers": len(hidden),
        **{f"units_{i}": width for i, width in enumerate(hidden, 1)},
        "activation": "relu",
        "initializer": "he_normal",
        "initializer_scale": 1.0,
        "batch_norm": False,
        "skip": False,
        "dropout": 0.0,
        "optimizer": "adam",
        "learning_rate": 0.01,
        "schedule": "constant",
        "batch_size": 32,
        "epochs": 100,
        "l1": 0.0,
        "l2": 0.0,
        "max_norm": 0.0,
        "clip_norm": 0.0,
        "clip_value": 0.0,
        "patience": 0,
        "target_loss": 0.0,
        "class_weight": "none",
        "seed": 0,
    } | own


DIGITS = Preset(
    "784-128-64-10",
    "Handwritten digits of MNIST: 784 inputs, 128 and 64 hidden units, 10 classes, Adam with "
    "minibatches of 128 for 5 epochs.",
    _values("mnist_5k", (128, 64), learning_rate=0.001, batch_size=128, epochs=5)
    | {"mnist_5k_n_samples": 5000, "mnist_5k_train_fraction": 0.8, "mnist_5k_test_fraction": 0.0},
)
SIGMOIDS = Preset(
    "Four sigmoid layers",
    "Two spirals and a deep sigmoid network with a normal initializer, whose first layers get "
    "hardly any gradient.",
    _values("spiral", (16, 16, 16, 16), activation="sigmoid", initializer="normal"),
)
FEW_POINTS = Preset(
    "50 points, 100 units",
    "Two noisy spirals of 50 points and two layers of 100 units, which learn the points by heart.",
    _values("spiral", (100, 100), epochs=500)
    | {"spiral_n_samples": 50, "spiral_noise": 0.1, "spiral_arms": 2},
)
PRESETS = (DIGITS, SIGMOIDS, FEW_POINTS)
