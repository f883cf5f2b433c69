"""The exact minimizer of a quadratic with an L1 penalty: coordinate descent, then linear equations.

It works on G = XᵀX/n, shape (d, d), and c = Xᵀy/n, shape (d,), and minimizes
w'Gw/2 - c'w + l1·Σ|w| + l2/2·Σw².
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SWEEPS = 20
_MOST_ROUNDS = 1000
_KKT_TOLERANCE = 1e-10


def minimize(gram: Floats, correlation: Floats, start: Floats, l1: float, l2: float) -> Floats:
    """Return the minimizer, shape (d,), from a start that is near it or not."""
    near = _coordinate_descent(gram, correlation, start, l1, l2)
    return _finish(gram, correlation, near, l1, l2)


def _coordinate_descent(
    gram: Floats, correlation: Floats, start: Floats, l1: float, l2: float
) -> Floats:
    """Lower the objective from `start`, shape (d,), by `_SWEEPS` sweeps."""
    weights, gradient = start.copy(), correlation - gram @ start
    diagonal = gram.diagonal().tolist()
    for _ in range(_SWEEPS):
        for j, a in enumerate(diagonal):
            old = float(weights[j])
            pull = float(gradient[j]) + a * old
            new = max(abs(pull) - l1, 0.0) / (a + l2) * (1.0 if pull > 0 else -1.0) + 0.0
            if new != old:
                gradient -= gram[j] * (new - old)
                weights[j] = new
    return weights


def _finish(gram: Floats, correlation: Floats, start: Floats, l1: float, l2: float) -> Floats:
    """Return the minimizer by an active-set search from `start`, shape (d,).

    With the signs of the non-zero weights fixed the objective is quadratic, so its minimum
    solves linear equations. On the way there, the first weight to change sign is set to zero and
    leaves; once there, the zero weight whose gradient exceeds l1 the most joins. Each round lowers
    the objective, so no set of signs comes twice (feature-sign search: Lee et al. 2007).
    """
    weights, signs = start.copy(), np.sign(start)
    matrix = gram + l2 * np.eye(len(start))
    for _ in range(_MOST_ROUNDS):
        active = np.flatnonzero(signs)
        try:
            solved = np.linalg.solve(
                matrix[np.ix_(active, active)], correlation[active] - l1 * signs[active]
            )
        except np.linalg.LinAlgError:  # more weights than points can tell apart
            return weights
        crossing = solved * signs[active] <= 0
        if crossing.any():
            here = weights[active]
            share = np.where(crossing, here / np.where(crossing, here - solved, 1.0), np.inf)
            first = int(share.argmin())
            weights[active] += share[first] * (solved - here)
            weights[active[first]], signs[active[first]] = 0.0, 0.0
            continue
        weights[active] = solved
        gradient = correlation - matrix @ weights
        excess = np.where(signs == 0, np.abs(gradient) - l1, -np.inf)
        joining = int(excess.argmax())
        if excess[joining] <= _KKT_TOLERANCE:
            return weights
        signs[joining] = np.sign(gradient[joining])
    return weights
