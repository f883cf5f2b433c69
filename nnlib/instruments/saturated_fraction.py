"""Activations on the flat part of their function."""

from nnlib._array import Array
from nnlib.instruments.instrument import Instrument, Moment, by_layer, mean

SATURATED_BELOW = 0.1
"""A unit is saturated for an example where |f'(z)| is below this share of the largest |f'|."""


def saturated_fraction(moment: Moment) -> Array:
    """Share of (example, unit) pairs of each hidden layer that are saturated."""
    slopes = moment.relative_slopes
    return by_layer([mean((s < SATURATED_BELOW).astype(s.dtype)) for s in slopes])


INSTRUMENT = Instrument(
    "saturated_fraction",
    "hidden",
    saturated_fraction,
    title="Saturated activations by hidden layer",
    unit="share of unit-example pairs",
    scale="share",
    meaning=f"Activations whose slope is below {SATURATED_BELOW:g} of the largest the function "
    "has.",
)
