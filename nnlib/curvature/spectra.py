"""The eigenvalues of the Hessian at both ends of its spectrum."""

from __future__ import annotations

import numpy as np

from nnlib._array import Array
from nnlib.curvature.lanczos import Floats, Spectrum, lanczos
from nnlib.curvature.products import Curvature
from nnlib.losses import Loss
from nnlib.network import Network

ALL = slice(None)
_RANDOM_PART = 0.1
"""Of a start from earlier vectors: directions they lack would not be found."""


def hessian_eigenvalues(
    network: Network,
    x: Array,
    targets: Array,
    loss: Loss,
    *,
    largest: int = 1,
    smallest: int = 1,
    training: bool = True,
    gauss_newton: bool = False,
    l2: float = 0.0,
    tolerance: float = 1e-3,
    most: int = 100,
    before: Spectrum | None = None,
    rng: np.random.Generator | None = None,
) -> Spectrum:
    """Return the largest and the smallest eigenvalues of the Hessian of the loss of a batch.

    Parameters
    ----------
    network : a single one; float64 where more than some five digits matter
    x, targets : a batch, shapes (B, D_in) and (B, D_out)
    largest, smallest, tolerance, most : see `lanczos`
    training, l2 : see `Curvature`
    gauss_newton : of the Gauss-Newton matrix instead
    before : the spectrum of a point nearby, such as some steps earlier: its vectors are where the
        search begins, which saves products
    rng : of the first vector; by default one with seed 0

    Raises
    ------
    ValueError
        if the network is a stack, or `lanczos` is asked for what it cannot give
    FloatingPointError
        if the run has diverged
    """
    point = Curvature(network, loss, x, targets, training=training, l2=l2)
    return eigenvalues(
        point, largest=largest, smallest=smallest, gauss_newton=gauss_newton, tolerance=tolerance,
        most=most, before=before, rng=rng,
    )  # fmt: skip


def eigenvalues(
    point: Curvature,
    *,
    largest: int = 1,
    smallest: int = 1,
    gauss_newton: bool = False,
    part: slice = ALL,
    preconditioner: Array | None = None,
    tolerance: float = 1e-3,
    least: int = 1,
    most: int = 100,
    before: Spectrum | None = None,
    rng: np.random.Generator | None = None,
) -> Spectrum:
    """Return eigenvalues at a point that serves for more than that; see `hessian_eigenvalues`.

    Parameters
    ----------
    part : of the block of these parameters, such as a layer's
    preconditioner : positive, shape (P,): the eigenvalues of P⁻¹·H then, with the vectors of the
        symmetric P^-½·H·P^-½, which has the same ones
    """
    if point.lead:
        raise ValueError("Eigenvalues are of one network: take a replica of the stack.")
    multiply = point.gauss_newton_vector if gauss_newton else point.hessian_vector
    whole = np.zeros(point.n_parameters)
    root = 1.0 if preconditioner is None else 1 / np.sqrt(preconditioner[part].astype(np.float64))

    def product(vector: Floats) -> Floats:
        whole[part] = root * vector
        return np.asarray(root * multiply(whole)[part], np.float64)

    rng = np.random.default_rng(0) if rng is None else rng
    start = rng.normal(size=len(whole[part]))
    if before is not None:
        known = np.concatenate([before.largest_vectors, before.smallest_vectors]).sum(axis=0)
        start *= _RANDOM_PART * np.linalg.norm(known) / np.linalg.norm(start)
        start += known
    with np.errstate(over="ignore", invalid="ignore"):  # found in the product
        return lanczos(
            product, start, largest=largest, smallest=smallest, tolerance=tolerance, least=least,
            most=most, rng=rng,
        )  # fmt: skip
