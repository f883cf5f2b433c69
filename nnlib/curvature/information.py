"""Takeuchi's information criterion: from noise and curvature, how far a fit will not carry over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnlib._array import Array
from nnlib.curvature.lanczos import Floats
from nnlib.curvature.second_derivatives import loss_product
from nnlib.losses import Loss
from nnlib.network import Network
from nnlib.noise.moments import gradient_moments, layer_slice
from nnlib.undisturbed import undisturbed


@dataclass(frozen=True)
class Takeuchi:
    """Two approximations of tr(C·H⁻¹); over the number of training examples, of a loss's gap.

    C is the mean of g·gᵀ over the examples' gradients g, not centered, H the Hessian. At the
    minimum of the training loss, tr(C·H⁻¹)/N is what the loss of new examples is expected to
    exceed that of the N training examples by (Takeuchi 1976; Thomas et al. 2020, "On the interplay
    between noise and curvature and its effect on optimization and generalization"). Here, as in
    Cockpit (Schneider, Dangel & Hennig 2021), it is not that trace but what can be had without a
    matrix. The Gauss-Newton part G stands for H: it has no negative eigenvalues where the loss is
    convex in the logits.

    Attributes
    ----------
    by_traces : tr C / tr G
    by_diagonals : Σ C[j, j] / G[j, j], which is exact where G is diagonal; parameters that move
        the loss of no example are left out
    """

    by_traces: float
    by_diagonals: float


def takeuchi(network: Network, loss: Loss, x: Array, targets: Array) -> Takeuchi:
    """Return both approximations, penalties left out; the network stays as it is.

    Parameters
    ----------
    network, x, targets : as of `gradient_moments`: a single one, without batch normalization, in
        evaluation mode
    """
    noise = gradient_moments(network, loss, x, targets).mean_square
    curvature = gauss_newton_diagonal(network, loss, x, targets)
    live = (noise > 0) | (curvature > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_traces = float(np.divide(noise.sum(), curvature.sum()))
        return Takeuchi(by_traces, float((noise[live] / curvature[live]).sum()))


def gauss_newton_diagonal(network: Network, loss: Loss, x: Array, targets: Array) -> Floats:
    """Return the diagonal of the Gauss-Newton matrix exactly, shape (P,).

    With the eigenvalues λ and the eigenvectors v of the Hessian of an example's loss in its K
    logits, G is the sum over examples and v of λ·(Jᵀv)(Jᵀv)ᵀ. Each Jᵀv is a gradient, a·dᵀ in a
    layer with inputs a, so that K backward passes give the diagonal, (a²)ᵀ·Σ λ·d².
    """
    diagonal = np.zeros(network.n_parameters)
    with undisturbed(network):
        logits = network.forward(np.asarray(x, network.dtype)).astype(np.float64)
        unit = np.eye(logits.shape[-1])[:, np.newaxis]
        change = np.broadcast_to(unit, (len(unit), *logits.shape))  # of one logit, each example's
        hessians = loss_product(loss, logits, np.asarray(targets, np.float64))(change)
        values, vectors = np.linalg.eigh(hessians.swapaxes(0, 1))
        sums = [np.zeros((len(logits), dense.fan_out)) for dense in network.dense_layers]
        for k in range(len(unit)):
            network.backward(vectors[..., k].astype(network.dtype), input_gradient=False)
            for dense, total in zip(network.dense_layers, sums, strict=True):
                total += values[:, k, np.newaxis] * np.square(dense.signal)
        for dense, total in zip(network.dense_layers, sums, strict=True):
            a = dense.x.astype(np.float64)
            if dense.has_bias:  # a bias is the weight of an input that is 1
                a = np.column_stack([a, np.ones(len(a))])
            diagonal[layer_slice(network, dense)] = (np.square(a).T @ total).ravel()
    return diagonal
