"""The trace of the Hessian, whole and layer by layer, without the Hessian."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnlib._array import Array
from nnlib.curvature.lanczos import Floats
from nnlib.curvature.products import Curvature
from nnlib.network import Network


@dataclass(frozen=True)
class Trace:
    """An estimate of the sum of the eigenvalues.

    Attributes
    ----------
    whole : of the whole matrix
    error : standard error of `whole` over the probes; not a number where there is one probe only
    layers : of the block of each affine layer, weights and bias, shape (layers,); what batch
        normalization adds to a layer is in `whole` alone
    """

    whole: float
    error: float
    layers: Floats


def hutchinson(
    point: Curvature, network: Network, probes: Array, *, gauss_newton: bool = False
) -> Trace:
    """Estimate the trace of the Hessian, or of its Gauss-Newton part (Hutchinson 1990).

    For z of independent signs, zᵀ·A·z has the mean Σ A[i, i]. A layer's part of that sum has the
    trace of the layer's block as its mean, so one product serves all layers.

    Parameters
    ----------
    point : the loss around the parameters
    network : whose layers are meant
    probes : vectors of signs, shape (probes, P); see `signs`. Where their columns are orthogonal,
        as those of a Hadamard matrix, the estimate is the trace itself.
    """
    product = point.gauss_newton_vector if gauss_newton else point.hessian_vector
    parts = np.asarray(probes * product(probes), np.float64)
    sums = parts.sum(axis=-1)
    spread = sums.std(ddof=1) / np.sqrt(len(sums)) if len(sums) > 1 else np.nan
    layers = [parts[:, place].sum(axis=-1).mean() for place in layer_places(network)]
    return Trace(float(sums.mean()), float(spread), np.array(layers))


def signs(probes: int, parameters: int, rng: np.random.Generator) -> Floats:
    """Draw vectors of independent signs, shape (probes, parameters)."""
    return np.where(rng.integers(2, size=(probes, parameters)) == 1, 1.0, -1.0)


def layer_places(network: Network) -> list[slice]:
    """Return where weights and bias of each affine layer lie in the flat parameters."""
    weights = [dense.weight_slice for dense in network.dense_layers]
    return [
        slice(weight.start, weight.stop + (dense.fan_out if dense.has_bias else 0))
        for weight, dense in zip(weights, network.dense_layers, strict=True)
    ]
