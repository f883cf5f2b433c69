"""The back-propagated signal: the gradient of each layer's pre-activations."""

from nnlib._array import Array, l2_norm
from nnlib.instruments.instrument import Instrument, Moment, by_layer, flat


def signal_norm(moment: Moment) -> Array:
    """‖dL/dz‖ of each layer over the whole minibatch, shape (…, layers)."""
    return by_layer([l2_norm(flat(dense.signal)) for dense in moment.network.dense_layers])


INSTRUMENT = Instrument(
    "signal_norm",
    "layer",
    signal_norm,
    title="Norm of the back-propagated signal by layer",
    unit="‖∂L/∂z‖",
    scale="log",
    meaning="What arrives at each layer on the way back through the network.",
)
