"""Units that no example of the minibatch reaches."""

from nnlib._array import Array, ones_row
from nnlib.instruments.instrument import Instrument, Moment, by_layer, mean

DEAD_BELOW = 1e-6
"""A unit is dead on a minibatch where |f'(z)| stays below this share for every example."""


def dead_fraction(moment: Moment) -> Array:
    """Share of units of each hidden layer that no example of the minibatch reaches."""
    reached = [(s >= DEAD_BELOW).astype(s.dtype) for s in moment.relative_slopes]
    examples = [ones_row(r.shape[-2], r.dtype) @ r for r in reached]
    return by_layer([mean((count == 0).astype(count.dtype)) for count in examples])


INSTRUMENT = Instrument(
    "dead_fraction",
    "hidden",
    dead_fraction,
    title="Dead units by hidden layer",
    unit="share of units",
    scale="share",
    meaning="Units whose slope is zero for every example of the minibatch, so that nothing passes "
    "back through them.",
)
