"""What holds weights and gradients small: penalties, clipping, and the max-norm constraint.

Everything here works in place on arrays with leading axes; strengths are numbers, or arrays that
broadcast against them for a stack of replicas.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nnlib._array import Array, l2_norm
from nnlib.network import Network

Strength = float | Array


def penalty(weights: Array, l1: Strength, l2: Strength) -> Array:
    """Return l1·Σ|w| + l2·Σw² over the last axis, the elastic-net penalty in Keras' convention.

    PyTorch's ``weight_decay=d`` has the gradient d·w, which is ``l2 = d / 2`` here.

    Parameters
    ----------
    weights : shape (…, n)

    Returns
    -------
    penalty : shape (…,)
    """
    value: Array = l1 * np.abs(weights).sum(axis=-1) + l2 * np.vecdot(weights, weights)
    return value


def add_penalty_gradient(gradient: Array, weights: Array, l1: Strength, l2: Strength) -> None:
    """Add l1·sign(w) + 2·l2·w to `gradient`; at w = 0 the L1 term is 0."""
    if np.any(l1):
        gradient += l1 * np.sign(weights)
    if np.any(l2):
        gradient += (2 * l2) * weights


def clip_by_norm(gradient: Array, limit: Strength) -> None:
    """Scale each replica's whole gradient so that its norm does not pass `limit`.

    PyTorch's ``clip_grad_norm_``: factor min(1, limit / (norm + 1e-6)); a limit of 0 is off.
    It limits the step of an optimizer that is not `scale_free`.

    Parameters
    ----------
    gradient : shape (…, P)
    limit : number, or shape (…, 1)
    """
    norm = l2_norm(gradient)[..., np.newaxis]
    factor = np.minimum(1, limit / (norm + 1e-6))
    gradient *= np.where(np.equal(limit, 0), 1, factor).astype(gradient.dtype)


def clip_by_value(gradient: Array, limit: Strength) -> None:
    """Clip every component to [-limit, limit]; a limit of 0 is off."""
    bound = np.where(np.equal(limit, 0), np.inf, limit).astype(gradient.dtype)
    np.clip(gradient, -bound, bound, out=gradient)


def project_max_norm(weight: Array, limit: Strength) -> None:
    """Scale down each unit's incoming weights to norm `limit` (Srivastava et al. 2014, §5.1).

    Parameters
    ----------
    weight : shape (…, fan_in, fan_out); the incoming weights of a unit are a column
    limit : number, or shape (…, 1, 1); 0 is off
    """
    norm = l2_norm(weight.swapaxes(-1, -2))[..., np.newaxis, :]
    factor = np.divide(limit, norm, out=np.ones_like(norm), where=norm > limit)
    weight *= np.where(np.equal(limit, 0), 1, factor).astype(weight.dtype)


@dataclass(frozen=True)
class Rule:
    """One of the above as a part of the training loop.

    Attributes
    ----------
    stage : "penalty" where it adds to the gradient, "limit" where it bounds the gradient after it
        was measured, "projection" where it bounds the weights after the step
    reads : the training settings that are its strengths; it is in use where one is not 0
    apply : called with the network and the strengths in that order, each a number or (R, 1)
    """

    stage: Literal["penalty", "limit", "projection"]
    reads: tuple[str, ...]
    apply: Callable[..., None]


def _add_penalties(network: Network, l1: Strength, l2: Strength) -> None:
    l1, l2 = _column(l1), _column(l2)
    for dense in network.dense_layers:
        add_penalty_gradient(dense.weight_gradient, dense.weight, l1, l2)


def _project(network: Network, limit: Strength) -> None:
    limit = _column(limit)
    for dense in network.dense_layers:
        project_max_norm(dense.weight, limit)


def _column(strength: Strength) -> Strength:
    """Make a strength of shape (R, 1) broadcast against weights (R, fan_in, fan_out)."""
    return strength if isinstance(strength, float) else strength[..., np.newaxis]


RULES = (
    Rule("penalty", ("l1", "l2"), _add_penalties),
    Rule("limit", ("clip_value",), lambda n, limit: clip_by_value(n.flat_gradients, limit)),
    Rule("limit", ("clip_norm",), lambda n, limit: clip_by_norm(n.flat_gradients, limit)),
    Rule("projection", ("max_norm",), _project),
)
"""Every rule of the training loop, in the order in which they act."""
