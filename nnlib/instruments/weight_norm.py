"""The size of each layer's weights."""

from nnlib.instruments.instrument import Instrument

INSTRUMENT = Instrument(
    "weight_norm",
    "layer",
    lambda moment: moment.weight_norm,
    title="Norm of the weights by layer",
    unit="‖W‖",
    scale="log",
    meaning="How large the weights of each layer are, biases left out.",
)
