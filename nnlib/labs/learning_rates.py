"""Learning rates on a quadratic, where theory is exact."""

from typing import Literal

from nnlib.labs.surfaces import Objective

CURVATURE = 2.0
"""f'' of the quadratic."""
STABILITY_LIMIT = 2 / CURVATURE
"""Gradient descent on the quadratic converges for rates strictly between 0 and this."""
BEST_RATE = 1 / CURVATURE
"""With this rate gradient descent on the quadratic arrives in one step."""

QUADRATIC = Objective(
    name="quadratic",
    label="Quadratic",
    formula="f(x) = x^2 + 2x + 1",
    # As a square, which loses no digits near the minimum.
    value=lambda x: (x + 1) * (x + 1),
    partials=lambda x: (2 * (x + 1),),
    ranges=((-8.0, 6.0),),
    start=(3.0,),
    learning_rate=0.1,
    minima=((-1.0,),),
    lowest=0.0,
    eigenvalues=(CURVATURE,),
)

Behavior = Literal["smooth", "one step", "alternating", "forever", "diverging"]


def factor_per_step(rate: float) -> float:
    """Return 1 - rate·f'': each step multiplies the distance to the minimum by this."""
    return 1 - rate * CURVATURE


def behavior(rate: float) -> Behavior:
    """Say what gradient descent on the quadratic does at a positive rate.

    With the factor 1 - rate·f'' it comes from one side ("smooth", in (0, 1)), arrives in "one
    step" (0), jumps over the minimum and still converges ("alternating", in (-1, 0)), alternates
    between two points "forever" (-1), or moves away, "diverging".
    """
    factor = factor_per_step(rate)
    if factor == 0:
        return "one step"
    if factor > 0:
        return "smooth"
    if factor == -1:
        return "forever"
    return "alternating" if factor > -1 else "diverging"
