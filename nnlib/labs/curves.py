"""Test functions of one variable with exact slopes, for watching gradient descent."""

import numpy as np

from nnlib.labs.surfaces import Coordinate, Objective

_DEEP_WELL = -1.4729976011140302
"""The lowest root of 4x³ - 8x + 1."""


def _double_well(x: Coordinate) -> Coordinate:
    square = x * x
    return square * square - 4 * square + x + 5


_FAR = ((-12.0, 12.0),)

CURVES: dict[str, Objective] = {
    curve.name: curve
    for curve in (
        Objective(
            name="parabola",
            label="Parabola",
            formula="f(x) = x^2 + 5",
            value=lambda x: x * x + 5,
            partials=lambda x: (2 * x,),
            ranges=((-6.0, 6.0),),
            starts=_FAR,
            start=(5.0,),
            learning_rate=0.1,
            minima=((0.0,),),
            lowest=5.0,
            eigenvalues=(2.0,),
        ),
        Objective(
            name="double_well",
            label="Quartic with two minima",
            formula="f(x) = x^4 - 4x^2 + x + 5",
            value=_double_well,
            partials=lambda x: (4 * x * x * x - 8 * x + 1,),
            ranges=((-2.6, 2.6),),
            start=(2.2,),
            learning_rate=0.02,
            minima=((_DEEP_WELL,),),
            lowest=_double_well(_DEEP_WELL),
        ),
        Objective(
            name="absolute",
            label="Absolute value",
            formula="f(x) = |x|",
            value=abs,
            partials=lambda x: (np.sign(x),),  # at 0 the subgradient 0
            ranges=((-6.0, 6.0),),
            starts=_FAR,
            start=(5.0,),
            learning_rate=0.3,
            minima=((0.0,),),
            lowest=0.0,
        ),
        Objective(
            name="noisy",
            label="Parabola with noisy gradients",
            formula="f(x) = x^2 + 5",
            value=lambda x: x * x + 5,
            partials=lambda x: (2 * x,),
            ranges=((-6.0, 6.0),),
            starts=_FAR,
            start=(5.0,),
            learning_rate=0.1,
            minima=((0.0,),),
            lowest=5.0,
            eigenvalues=(2.0,),
        ),
    )
}
"""Every function of one variable by name; the noise of the last is added by the descent."""
