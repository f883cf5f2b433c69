"""The method of Lanczos: the ends of a symmetric matrix's spectrum from products with it alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_MOST_NUMBERS = 1 << 27  # of the basis: 1 GB
_NOTHING = 1e-12  # of the largest eigenvalue: what is left of a vector then is rounding


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues at both ends of a spectrum.

    Attributes
    ----------
    largest : descending, shape (a,)
    smallest : ascending, shape (b,)
    largest_vectors, smallest_vectors : their unit eigenvectors, shapes (a, n) and (b, n)
    largest_residuals, smallest_residuals : ‖A·v - λ·v‖ of each: so near to λ there is an
        eigenvalue of A for sure
    products : how many were made
    converged : whether every residual is as small as was asked for
    """

    largest: Floats
    smallest: Floats
    largest_vectors: Floats
    smallest_vectors: Floats
    largest_residuals: Floats
    smallest_residuals: Floats
    products: int
    converged: bool


def lanczos(
    product: Callable[[Floats], npt.ArrayLike],
    start: Floats,
    *,
    largest: int = 1,
    smallest: int = 1,
    tolerance: float = 1e-3,
    least: int = 1,
    most: int = 100,
    rng: np.random.Generator | None = None,
) -> Spectrum:
    """Return the largest and the smallest eigenvalues of a symmetric matrix A.

    Lanczos (1950), with every new vector made orthogonal to all earlier ones, twice (Parlett 1998,
    "The Symmetric Eigenvalue Problem", §6.9 and §13): without it, rounding brings back what was
    found. Where the vectors made so far span all that A makes of the start, it goes on with a
    random one. Unlike power iteration, which finds the largest |λ| only, it tells the signs.

    An eigenvalue that occurs several times may be found fewer times, for A makes of a start only
    one vector that belongs to it; ``tolerance=0, most=n`` gives the whole spectrum.

    Parameters
    ----------
    product : v -> A·v, shape (n,)
    start : first vector, shape (n,); what has no part of an eigenvector misses it, so a random
        one, or one with a random part
    largest, smallest : how many of each end
    tolerance : of the residuals, as a share of the largest |λ|. A small residual says that there
        is an eigenvalue, not that it is the outermost, which is as good as sure only where the
        tolerance is small beside that eigenvalue itself: a smallest one near 0 needs a smaller one.
    least, most : so many products at least, and at most. A start that is an eigenvector already
        hides all others, but for what further products make of its random part.
    rng : what further random vectors are drawn from; by default one with seed 0

    Raises
    ------
    ValueError
        if nothing is asked for, the start is 0 or not finite, or there are fewer eigenvalues
    FloatingPointError
        if a product is not finite
    """
    start, n = np.asarray(start, np.float64), np.size(start)
    most = min(most, n, max(1, _MOST_NUMBERS // n))
    wanted = largest + smallest
    if min(largest, smallest) < 0 or not wanted > 0 or max(largest, smallest) > most:
        raise ValueError(f"Ask for 1 to {most} eigenvalues at either end.")
    needed = max(least, wanted + 1)
    norm = np.linalg.norm(start)
    if not 0 < norm < np.inf:
        raise ValueError("The first vector must be finite and not 0.")
    rng = np.random.default_rng(0) if rng is None else rng
    basis = np.empty((most + 1, n))
    basis[0] = start / norm
    matrix = np.zeros((most + 1, most + 1))  # A in the basis
    for m in range(1, most + 1):
        beta = _extend(product, basis, matrix, m, rng)
        values, vectors = np.linalg.eigh(matrix[:m, :m])
        residuals = abs(beta * vectors[-1])
        ends = np.r_[m - largest : m, :smallest] if m >= max(largest, smallest) else np.arange(0)
        limit = tolerance * abs(values).max()
        # A start within a subspace that A maps to itself has residuals of 0 before all are found.
        done = len(ends) and (m == n or (residuals[ends] <= limit).all() and m >= needed)
        if done:
            break
    top, low = np.arange(m - 1, m - 1 - largest, -1), np.arange(smallest)
    return Spectrum(
        values[top], values[low],
        vectors[:, top].T @ basis[:m], vectors[:, low].T @ basis[:m],
        residuals[top], residuals[low], m, bool(done),
    )  # fmt: skip


def _extend(
    product: Callable[[Floats], npt.ArrayLike],
    basis: Floats,
    matrix: Floats,
    m: int,
    rng: np.random.Generator,
) -> float:
    """Put one more vector into the basis of m; return the length that A gives it beyond them."""
    rest = np.array(product(basis[m - 1]), np.float64)
    if not np.isfinite(rest).all():
        raise FloatingPointError("The product with a vector is not finite.")
    matrix[m - 1, m - 1] = basis[m - 1] @ rest
    _make_orthogonal(rest, basis[:m])
    beta = float(np.linalg.norm(rest))
    if beta <= _NOTHING * max(abs(matrix).max(), np.finfo(float).tiny):
        beta, rest = 0.0, rng.normal(size=rest.size)
        _make_orthogonal(rest, basis[:m])
    basis[m] = rest / max(float(np.linalg.norm(rest)), np.finfo(float).tiny)
    matrix[m, m - 1] = matrix[m - 1, m] = beta
    return beta


def _make_orthogonal(vector: Floats, basis: Floats) -> None:
    for _ in range(2):
        vector -= (basis @ vector) @ basis
