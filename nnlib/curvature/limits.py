"""How much curvature each optimizer's steps bear: its limit, and by what it divides the gradient.

On a quadratic with curvature λ along a direction, the steps of an optimizer are a linear recursion,
which stays bounded up to some λ and grows beyond it. For plain gradient descent that is 2/η; Cohen
et al. (2021, "Gradient descent on neural networks typically occurs at the edge of stability") give
it for momentum, and Cohen et al. (2022, "Adaptive gradient methods at the edge of stability") for
rules that divide the gradient by a P: there P⁻¹·H takes the place of the Hessian H. Here each is
worked out for the update as `nnlib.optimizers` writes it. All leave out that P moves, clipping,
projections, and minibatches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nnlib._array import Array
from nnlib.optimizers import SGD, Adagrad, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSprop


def stability_limit(optimizer: Optimizer, learning_rate: float) -> float:
    """Return the largest curvature λ at which the steps on a quadratic do not grow.

    With η the learning rate as it is in effect and x = η·λ, a step maps (w, velocity) linearly, and
    with the trace T and the determinant D of that map the steps shrink where |T| < 1 + D and
    D < 1. All limits but 0 come from T = -(1 + D): steps that change sides every time.

    - SGD: w ← (1 - x)·w, so λ = 2/η.
    - momentum β, velocity ← β·velocity + λ·w, w ← w - η·velocity: T = 1 + β - x, D = β, so
      λ = (2 + 2β)/η.
    - Nesterov's, w ← w - η·(λ·w + β·velocity): T = (1 + β)(1 - x), D = β·(1 - x), so
      λ = (2 + 2β)/((1 + 2β)·η).
    - Adagrad and RMSprop: as SGD, of P⁻¹·H.
    - Adam: the mean m is a velocity times 1 - β₁, so η counts (1 - β₁)-fold:
      λ = (2 + 2β₁)/((1 - β₁)·η), 38/η at β₁ = 0.9, of P⁻¹·H.
    - AdamW with decay d: T = 1 + β₁ - η·d - (1 - β₁)·x, D = β₁·(1 - η·d), so
      λ = (1 + β₁)(2 - η·d)/((1 - β₁)·η); for what it does not decay, the biases, as Adam.

    Raises
    ------
    TypeError
        if the optimizer is of a kind that has no limit here
    """
    kind: Any = type(optimizer)
    if kind not in _LIMITS:
        raise TypeError(f"There is no limit for the optimizer {optimizer.name}.")
    return _LIMITS[kind](optimizer, learning_rate)


def preconditioner(optimizer: Optimizer) -> Array | None:
    """Return P, by which the optimizer has divided the gradient in its last step, shape (…, P).

    None where it divides by nothing, or has made no step. Adagrad and RMSprop: √square + epsilon.
    Adam: (1 - β₁ᵗ)·(√v̂ + epsilon), for its step is -η·m̂/(√v̂ + epsilon) with the bias-corrected
    m̂ = m/(1 - β₁ᵗ) and v̂ = v/(1 - β₂ᵗ).
    """
    steps = optimizer.steps
    if not steps:
        return None
    if isinstance(optimizer, Adagrad):
        divisor: Array = np.sqrt(optimizer._square_sum) + optimizer.epsilon
    elif isinstance(optimizer, RMSprop):
        divisor = np.sqrt(optimizer._square_mean) + optimizer.epsilon
    elif isinstance(optimizer, Adam):
        factor = (1 - optimizer.beta_2) / (1 - optimizer.beta_2**steps)
        divisor = np.sqrt(optimizer._scaled_square * factor) + optimizer.epsilon
        divisor = divisor * (1 - optimizer.beta_1**steps)
    else:
        return None
    return divisor


def _of_sgd(optimizer: Any, rate: float) -> float:
    return 2 / rate


def _of_momentum(optimizer: Any, rate: float) -> float:
    return 2 * (1 + float(optimizer.momentum)) / rate


def _of_nesterov(optimizer: Any, rate: float) -> float:
    return _of_momentum(optimizer, rate) / (1 + 2 * float(optimizer.momentum))


def _of_adam(optimizer: Any, rate: float) -> float:
    beta = float(optimizer.beta_1)
    return 2 * (1 + beta) / ((1 - beta) * rate)


def _of_adamw(optimizer: Any, rate: float) -> float:
    return _of_adam(optimizer, rate) * (1 - rate * float(optimizer._decay.max()) / 2)


_LIMITS: Mapping[type[Optimizer], Callable[[Any, float], float]] = {
    SGD: _of_sgd,
    Momentum: _of_momentum,
    Nesterov: _of_nesterov,
    Adagrad: _of_sgd,
    RMSprop: _of_sgd,
    Adam: _of_adam,
    AdamW: _of_adamw,
}
