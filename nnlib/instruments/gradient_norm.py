"""The gradient of each layer's weights, ahead of clipping."""

from nnlib.instruments.instrument import Instrument

INSTRUMENT = Instrument(
    "gradient_norm",
    "layer",
    lambda moment: moment.gradient_norm,
    title="Norm of the weight gradient by layer",
    unit="‖∂L/∂W‖",
    scale="log",
    meaning="How strongly the loss depends on the weights of each layer, penalties included, ahead "
    "of clipping.",
)
