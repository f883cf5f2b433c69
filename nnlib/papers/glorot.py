"""Glorot & Bengio 2010: the mean singular value of a layer's Jacobian, by initializer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnlib._array import Array
from nnlib.activations import ACTIVATIONS
from nnlib.datasets.dataset import Dataset
from nnlib.initializers import INITIALIZERS
from nnlib.papers.paper import Band, Curve, Floats, Measured, Paper, Picture, Progress, Work
from nnlib.papers.runs import mnist, part
from nnlib.probes.jacobians import singular_values, through_layer

WORK = Work(
    "Glorot, X., Bengio, Y.",
    2010,
    "Understanding the difficulty of training deep feedforward neural networks",
    "AISTATS, PMLR 9, 249–256",
    "https://proceedings.mlr.press/v9/glorot10a.html",
)
LAYERS = 5
RULES = {"normalized": ("glorot_uniform", 1.0), "standard": ("lecun_uniform", 3**-0.5)}
"""Initializer and scale: U[-1/√n, 1/√n] has a third of the variance of LeCun's rule."""


@dataclass(frozen=True, eq=False)
class _Pass:
    weights: list[Array]
    slopes: list[Array]
    """f'(z) of each hidden layer, (images, units)."""


def measure(
    rng: np.random.Generator,
    progress: Progress,
    *,
    width: int = 500,
    images: int = 2,
    signals: int = 100,
) -> Measured:
    """Draw five layers by each rule; take their Jacobians, and send a signal back."""
    x = _pixels(mnist(max(signals, 50), 50, rng))[:signals]
    curves, singular, falls = [], [], []
    for i, (name, (rule, scale)) in enumerate(RULES.items()):
        made = _forward(x, rule, scale, width, rng)
        singular.append(_mean_singular(made, images, part(progress, i, len(RULES))))
        signal = _signal(made, rng)
        falls.append(float(signal[0] / signal[-1]))
        curves.append(Curve(name, np.arange(1.0, LAYERS + 1), signal / signal[-1]))
    picture = Picture(
        "Signal sent back, relative to the last hidden layer",
        "hidden layer",
        "deviation of dL/dz",
        tuple(curves),
        {"(1/√3)⁴": 1 / 9},
        log_y=True,
    )
    return Measured((*singular, *falls), picture)


def _pixels(data: Dataset) -> Floats:
    """Return images with pixels from 0 to 1, shape (n, 784)."""
    x = np.asarray(data.X_train, np.float64)
    pixels: Floats = (x - x.min()) / (x.max() - x.min())
    return pixels


def _forward(x: Floats, rule: str, scale: float, width: int, rng: np.random.Generator) -> _Pass:
    tanh = ACTIVATIONS["tanh"]
    weights: list[Array] = []
    slopes: list[Array] = []
    a: Array = x
    for _ in range(LAYERS):
        weights.append(INITIALIZERS[rule](rng, a.shape[1], width, scale))
        z = a @ weights[-1]
        slopes.append(tanh.derivative(z))
        a = tanh.value(z)
    return _Pass(weights, slopes)


def _mean_singular(made: _Pass, images: int, progress: Progress) -> float:
    """Return the mean over singular values, layers and images of da(l+1)/da(l)."""
    found = []
    for image in range(images):
        for layer in range(1, LAYERS):
            jacobian = through_layer(made.weights[layer], made.slopes[layer][image])
            found.append(singular_values(jacobian).mean())
            progress(len(found) / (images * (LAYERS - 1)))
    return float(np.mean(found))


def _signal(made: _Pass, rng: np.random.Generator) -> Floats:
    """Return the deviation of dL/dz by layer for a random dL/da at the last, shape (layers,)."""
    gradient, deviations = rng.normal(size=made.slopes[-1].shape), []
    for layer in range(LAYERS - 1, -1, -1):
        gradient = gradient * made.slopes[layer]
        deviations.append(gradient.std())
        gradient = gradient @ made.weights[layer].T
    return np.array(deviations[::-1])


PAPER = Paper(
    name="glorot",
    title="The normalized initialization keeps the signal",
    work=WORK,
    claim="In a tanh network the mean singular value of the Jacobian from one hidden layer to the "
    "next is about 0.8 at the start with the normalized initialization, and about 0.5 with the "
    "standard one, uniform within 1/√n; so with that the back-propagated signal shrinks from layer "
    "to layer.",
    scaled="Five hidden layers of 500 units instead of 1000; two images of MNIST, pixels from 0 to "
    "1, for the Jacobians and 100 for the signal.",
    expect="Four layers further back the signal of the standard rule is a tenth; that of the "
    "normalized one loses less than half.",
    bands=(
        Band("Normalized: mean singular value", 0.75, 0.85, "What rounds to the paper's 0.8."),
        Band("Standard: mean singular value", 0.45, 0.55, "What rounds to the paper's 0.5."),
        Band(
            "Normalized: signal at the first layer over the last",
            0.5,
            1.0,
            "In the linear limit 1 (the paper's equations 5 and 6); the slope of tanh takes "
            "something away.",
        ),
        Band(
            "Standard: signal at the first layer over the last",
            0.055,
            0.22,
            "In the linear limit (1/√3)⁴ = 0.11, within a factor of 2.",
        ),
    ),
    measure=measure,
    if_not="Larger inputs drive tanh off its linear part, where its slope is smaller: with "
    "standardized pixels all the numbers are lower.",
    page="vanishing_gradients",
    differs="256 units a layer and standardized pixels. The standard rule is LeCun's "
    "uniform one at an initial scale of 0.577, for which the page has 0.5.",
    values={
        "view": "Before training",
        "data": "mnist_5k",
        "depth": 5,
        "width": 256,
        "activation": "tanh",
        "initializer": "glorot_uniform",
        "seeds": 3,
    },
    seconds=2,
)
