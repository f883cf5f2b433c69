"""The mean activation of each hidden layer."""

from nnlib._array import Array
from nnlib.instruments.instrument import Instrument, Moment, by_layer


def activation_mean(moment: Moment) -> Array:
    """Mean activation over units and minibatch of each hidden layer, shape (…, hidden)."""
    return by_layer(moment.activation_mean)


INSTRUMENT = Instrument(
    "activation_mean",
    "hidden",
    activation_mean,
    title="Mean activation by hidden layer",
    unit="mean activation",
    meaning="The mean over the units and the minibatch of what each hidden layer gives.",
)
