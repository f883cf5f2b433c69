"""Optimizers: each turns a gradient into the change to be added to the parameters.

The rules and defaults are PyTorch's; where Keras differs, the docstring says so. Arrays are flat,
(…, P), state is allocated once, and `update` returns a buffer that the next call reuses, so the
size of an update can be measured between the gradient and the step.

SGD and momentum make a step as long as the gradient says, so that a clipped gradient limits it.
Adagrad, RMSprop, Adam and AdamW divide each component by its recent size, which cancels a factor
on all gradients: clipping every gradient leaves their steps as long as they were, but for epsilon,
and only single outliers are damped.
"""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.kept import KeptAttributes

Rate = float | Array


class Optimizer(KeptAttributes):
    """Base of all optimizers.

    Parameters
    ----------
    shape : of the flat parameters, (…, P)

    Attributes
    ----------
    scale_free : whether a factor on all gradients leaves the steps as they are, but for epsilon
    """

    name: ClassVar[str]
    scale_free: ClassVar[bool] = False
    label: ClassVar[str]
    """The name as people write it."""
    reads: ClassVar[tuple[str, ...]] = ()
    """The fields of `TrainingConfig` that are its own, as keywords of the constructor."""
    kept_names: ClassVar[tuple[str, ...]] = ("steps",)

    def __init__(self, shape: tuple[int, ...], dtype: npt.DTypeLike = np.float64) -> None:
        self.steps = 0
        self._change: Array = np.zeros(shape, dtype)

    def update(self, parameters: Array, gradient: Array, learning_rate: Rate) -> Array:
        """Return the change to add to `parameters`, shape (…, P).

        Parameters
        ----------
        learning_rate : a number, or shape (…, 1) for a stack of replicas
        """
        self.steps += 1
        return self._update(parameters, gradient, learning_rate)

    def _update(self, parameters: Array, gradient: Array, learning_rate: Rate) -> Array:
        raise NotImplementedError

    def decay_only(self, mask: Array) -> None:
        """Restrict decoupled weight decay, where the rule has any, to the ones of a (P,) mask."""


class SGD(Optimizer):
    """change = -learning_rate · gradient."""

    name = "sgd"
    label = "SGD"

    def _update(self, parameters: Array, gradient: Array, learning_rate: Rate) -> Array:
        return np.multiply(gradient, -learning_rate, out=self._change)


class Momentum(Optimizer):
    """velocity ← momentum·velocity + gradient; change = -learning_rate · velocity.

    Keras multiplies the gradient, not the velocity, by the learning rate; the two differ when the
    rate changes during the run.
    """

    name = "momentum"
    label = "momentum"
    reads = ("momentum",)
    kept_names = ("steps", "_velocity")

    def __init__(
        self, shape: tuple[int, ...], dtype: npt.DTypeLike = np.float64, momentum: float = 0.9
    ) -> None:
        super().__init__(shape, dtype)
        self.momentum = momentum
        self._velocity: Array = np.zeros(shape, dtype)

    def _update(self, parameters: Array, gradient: Array, learning_rate: Rate) -> Array:
        self._velocity *= self.momentum
        self._velocity += gradient
        return np.multiply(self._velocity, -learning_rate, out=self._change)


class Nesterov(Momentum):
    """As momentum, but change = -learning_rate · (gradient + momentum·velocity).

    The change of variable of Bengio et al. (2013), section 3.5, as PyTorch and Keras write it: the
    parameters are the look-ahead points at which the gradient is taken. Those of Nesterov (1983)
    and Sutskever et al. (2013) are parameters + learning_rate·momentum·velocity, as long as the
    learning rate stays the same.
    """

    name = "nesterov"
    label = "Nesterov momentum"

    def _update(self, parameters: Array, gradient: Array, learning_rate: Rate) -> Array:
        self._velocity *= self.momentum
        self._velocity += gradient
        np.multiply(self._velocity, self.momentum, out=self._change)
        self._change += gradient
        self._change *= -learning_rate
        return self._change


class Adagrad(Optimizer):
    """square_sum ← square_sum + g²; change = -learning_rate · g / (√square_sum + epsilon).

    Duchi et al. (2011). Keras starts `square_sum` at 0.1 instead of 0 and has epsilon 1e-7.
    """

    name = "adagrad"
    scale_free = True
    label = "Adagrad"
    kept_names = ("steps", "_square_sum")

    def __init__(
        self, shape: tuple[int, ...], dtype: npt.DTypeLike = np.float64, epsilon: float = 1e-10
    ) -> None:
        super().__init__(shape, dtype)
        self.epsilon = epsilon
        self._square_sum: Array = np.zeros(shape, dtype)

    def _update(self, parameters: Array, gradient: Array, learning_rate: Rate) -> Array:
        self._square_sum += np.square(gradient, out=self._change)
        return _scaled_step(gradient, self._square_sum, self.epsilon, learning_rate, self._change)


class RMSprop(Optimizer):
    """square_mean ← decay·square_mean + (1 - decay)·g²; step as in Adagrad with the mean.

    Tieleman & Hinton (2012), lecture 6.5. PyTorch: decay 0.99, epsilon 1e-8 outside the root;
    Keras: decay 0.9, epsilon 1e-7 inside the root.
    """

    name = "rmsprop"
    scale_free = True
    label = "RMSprop"
    kept_names = ("steps", "_square_mean")

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: npt.DTypeLike = np.float64,
        decay: float = 0.99,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(shape, dtype)
        self.decay, self.epsilon = decay, epsilon
        self._square_mean: Array = np.zeros(shape, dtype)

    def _update(self, parameters: Array, gradient: Array, learning_rate: Rate) -> Array:
        square = np.square(gradient, out=self._change)
        square *= 1 - self.decay
        self._square_mean *= self.decay
        self._square_mean += square
        return _scaled_step(gradient, self._square_mean, self.epsilon, learning_rate, self._change)


class Adam(Optimizer):
    """Adaptive moments (Kingma & Ba 2015, algorithm 1), with PyTorch's defaults.

    m ← β₁·m + (1 - β₁)·g; v ← β₂·v + (1 - β₂)·g²;
    change = -learning_rate · m̂ / (√v̂ + epsilon), m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ).

    Keras adds epsilon (1e-7) to √v and not to √v̂, the paper's "ε̂" form. The moments are stored
    divided by 1 - β, which saves a pass over each; the constants go into the step size.
    """

    name = "adam"
    scale_free = True
    label = "Adam"
    kept_names = ("steps", "_scaled_mean", "_scaled_square")

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: npt.DTypeLike = np.float64,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(shape, dtype)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self._scaled_mean: Array = np.zeros(shape, dtype)  # m / (1 - β₁)
        self._scaled_square: Array = np.zeros(shape, dtype)  # v / (1 - β₂)

    def _update(self, parameters: Array, gradient: Array, learning_rate: Rate) -> Array:
        square = np.square(gradient, out=self._change)
        self._scaled_mean *= self.beta_1
        self._scaled_mean += gradient
        self._scaled_square *= self.beta_2
        self._scaled_square += square
        mean_factor = (1 - self.beta_1) / (1 - self.beta_1**self.steps)
        root_factor = float(np.sqrt((1 - self.beta_2) / (1 - self.beta_2**self.steps)))
        return _scaled_step(
            self._scaled_mean,
            self._scaled_square,
            self.epsilon / root_factor,
            learning_rate * (mean_factor / root_factor),
            self._change,
        )


class AdamW(Adam):
    """Adam with decoupled weight decay: change -= learning_rate·weight_decay·w.

    Loshchilov & Hutter (2019); PyTorch's decay 0.01 (Keras: 0.004). Both libraries decay every
    parameter unless told otherwise, as `decay_only` does.
    """

    name = "adamw"
    label = "AdamW"
    reads = ("weight_decay",)

    def __init__(
        self, shape: tuple[int, ...], dtype: npt.DTypeLike = np.float64, weight_decay: float = 0.01
    ) -> None:
        super().__init__(shape, dtype)
        self._decay: Array = np.full(shape[-1:], weight_decay, dtype)

    def decay_only(self, mask: Array) -> None:
        """Restrict the decay to the ones of a (P,) mask."""
        self._decay *= mask

    def _update(self, parameters: Array, gradient: Array, learning_rate: Rate) -> Array:
        change = super()._update(parameters, gradient, learning_rate)
        change -= learning_rate * self._decay * parameters
        return change


def _scaled_step(
    direction: Array, square: Array, epsilon: float, learning_rate: Rate, out: Array
) -> Array:
    """Return -learning_rate · direction / (√square + epsilon) in `out`."""
    np.sqrt(square, out=out)
    out += epsilon
    np.divide(direction, out, out=out)
    out *= -learning_rate
    return out


OPTIMIZERS: dict[str, type[Optimizer]] = {
    optimizer.name: optimizer
    for optimizer in (SGD, Momentum, Nesterov, Adagrad, RMSprop, Adam, AdamW)
}
"""Every optimizer by name."""


def make_optimizer(
    name: str, shape: tuple[int, ...], dtype: npt.DTypeLike, *, decay_mask: Array, **settings: float
) -> Optimizer:
    """Return the optimizer of this name with those of the settings that it reads."""
    rule = OPTIMIZERS[name]
    optimizer = rule(shape, dtype, **{setting: settings[setting] for setting in rule.reads})
    optimizer.decay_only(decay_mask)
    return optimizer
