"""How widely the activations of each hidden layer spread."""

import numpy as np

from nnlib._array import Array, l2_norm
from nnlib.instruments.instrument import Instrument, Moment, by_layer, flat


def activation_std(moment: Moment) -> Array:
    """Return the standard deviation over units and minibatch, shape (…, hidden)."""
    layers = moment.network.activation_layers
    centered = [
        flat(layer.a) - mean[..., np.newaxis]
        for layer, mean in zip(layers, moment.activation_mean, strict=True)
    ]
    return by_layer([l2_norm(c) / c.shape[-1] ** 0.5 for c in centered])


INSTRUMENT = Instrument(
    "activation_std",
    "hidden",
    activation_std,
    title="Standard deviation of the activations by hidden layer",
    unit="std. deviation",
    meaning="How widely the activations spread over the units and the minibatch.",
)
