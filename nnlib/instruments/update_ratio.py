"""The size of an update relative to the weights it changes."""

from nnlib._array import Array, safe_divide
from nnlib.instruments.instrument import Instrument, Moment, layer_norms

RULE_OF_THUMB = 1e-3
"""A rough guide, from the notes of Stanford's course CS231n (A. Karpathy), "Neural Networks Part 3:
Learning and Evaluation", section "Ratio of weights:updates"."""


def update_ratio(moment: Moment) -> Array:
    """‖change of W‖ / ‖W‖ of each layer in this step, shape (…, layers)."""
    return safe_divide(layer_norms(moment.network, moment.change), moment.weight_norm)


INSTRUMENT = Instrument(
    "update_ratio",
    "layer",
    update_ratio,
    title="Size of an update relative to the weights",
    unit="‖ΔW‖ / ‖W‖",
    scale="log",
    meaning="How much of its own size each layer's weights change in one step.",
    guide=(RULE_OF_THUMB, "0.001, a rule of thumb (CS231n notes), no law"),
)
