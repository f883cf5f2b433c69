"""Layers: a forward and a backward pass over arrays with any leading replica axes.

A batch is (…, B, D), a weight (…, D_in, D_out), a bias (…, 1, D_out), so ``x @ W + b`` is one
expression for one network and for a stack of them. Parameters and gradients are views into the
network's flat buffers, bound once; outputs live in reused workspaces and hold until the next pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nnlib._array import Array, Workspace
from nnlib.activations import Activation
from nnlib.randomness import Streams

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Binding:
    """What a layer is bound to: its own views into the network's buffers, by short name."""

    parameters: Mapping[str, Array]
    gradients: Mapping[str, Array]
    state: Mapping[str, Array]
    lead: tuple[int, ...]
    dtype: npt.DTypeLike


class Layer:
    """One step of the network; subclasses give `forward` and `backward`."""

    kind: ClassVar[str]

    def __init__(self) -> None:
        self.name = self.kind
        self.lead: tuple[int, ...] = ()

    def parameter_shapes(self) -> Shapes:
        """Return the shapes of the trainable arrays, without leading axes."""
        return {}

    def state_shapes(self) -> Shapes:
        """Return the shapes of arrays that are kept but not trained."""
        return {}

    def bind(self, to: Binding) -> None:
        """Take the views that this layer works on and make its workspaces."""
        self.lead = to.lead
        self._output = Workspace(to.dtype)

    def forward(self, x: Array, training: bool) -> Array:
        """Return the output for a batch, shape (…, B, D_out)."""
        raise NotImplementedError

    def backward(self, gradient: Array) -> Array:
        """Take dL/d output, store parameter gradients, return dL/d input.

        The array passed in may be overwritten.
        """
        raise NotImplementedError

    def _like_output(self, x: Array, features: int) -> Array:
        return self._output.array((*self.lead, x.shape[-2], features))


class Dense(Layer):
    """Affine map z = x·W + b.

    Attributes after a pass
    -----------------------
    z : the pre-activation, shape (…, B, fan_out)
    signal : dL/dz, the back-propagated signal, shape (…, B, fan_out)
    """

    kind = "dense"

    def __init__(self, fan_in: int, fan_out: int, bias: bool = True) -> None:
        super().__init__()
        self.fan_in, self.fan_out, self.has_bias = fan_in, fan_out, bias
        self.weight_slice = slice(0, 0)  # where the weight lies in the flat buffers
        self.input_gradient_needed = True

    def parameter_shapes(self) -> Shapes:
        shapes: Shapes = {"weight": (self.fan_in, self.fan_out)}
        return shapes | ({"bias": (1, self.fan_out)} if self.has_bias else {})

    def bind(self, to: Binding) -> None:
        super().bind(to)
        self.weight, self.weight_gradient = to.parameters["weight"], to.gradients["weight"]
        if self.has_bias:
            self.bias, self.bias_gradient = to.parameters["bias"], to.gradients["bias"]
        self._input_gradient = Workspace(to.dtype)

    def forward(self, x: Array, training: bool) -> Array:
        self.x = x
        self.z = np.matmul(x, self.weight, out=self._like_output(x, self.fan_out))
        if self.has_bias:
            self.z += self.bias
        return self.z

    def backward(self, gradient: Array) -> Array:
        self.signal = gradient
        np.matmul(self.x.swapaxes(-1, -2), gradient, out=self.weight_gradient)
        if self.has_bias:
            np.add.reduce(gradient, axis=-2, keepdims=True, out=self.bias_gradient)
        if not self.input_gradient_needed:
            return gradient
        out = self._input_gradient.array((*self.lead, gradient.shape[-2], self.fan_in))
        return np.matmul(gradient, self.weight.swapaxes(-1, -2), out=out)


class ActivationLayer(Layer):
    """Elementwise activation a = f(z); keeps `z` and `a` of the last pass."""

    kind = "activation"

    def __init__(self, function: Activation) -> None:
        super().__init__()
        self.function = function

    def bind(self, to: Binding) -> None:
        super().bind(to)
        self._derivative = Workspace(to.dtype)

    def forward(self, x: Array, training: bool) -> Array:
        self.z = x
        self.a = self.function.value(x, out=self._output.array(x.shape))
        return self.a

    def backward(self, gradient: Array) -> Array:
        return self.function.backward(gradient, self.z, self._derivative.array(self.z.shape))

    def derivative(self) -> Array:
        """Return f'(z) of the last pass, shape (…, B, D); holds until the next call."""
        return self.function.derivative(self.z, out=self._derivative.array(self.z.shape))


class BatchNorm(Layer):
    """Batch normalization y = scale·(x - mean) / √(var + epsilon) + shift (Ioffe & Szegedy 2015).

    Follows PyTorch: `momentum` 0.1 weighs the *new* value (Keras' 0.99 weighs the old one),
    epsilon is 1e-5 (Keras: 1e-3), and the running variance takes the unbiased estimate (Keras:
    the biased one). A batch of one example has no variance: its output is `shift` and the running
    statistics stay as they were (PyTorch raises).
    """

    kind = "batch_norm"

    def __init__(self, features: int, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.features, self.momentum, self.epsilon = features, momentum, epsilon
        self._training = False

    def parameter_shapes(self) -> Shapes:
        return {"scale": (1, self.features), "shift": (1, self.features)}

    def state_shapes(self) -> Shapes:
        return {"running_mean": (1, self.features), "running_var": (1, self.features)}

    def bind(self, to: Binding) -> None:
        super().bind(to)
        self.scale, self.scale_gradient = to.parameters["scale"], to.gradients["scale"]
        self.shift, self.shift_gradient = to.parameters["shift"], to.gradients["shift"]
        self.running_mean, self.running_var = to.state["running_mean"], to.state["running_var"]
        self._normalized, self._product = Workspace(to.dtype), Workspace(to.dtype)

    def forward(self, x: Array, training: bool) -> Array:
        self._training = training
        mean = _batch_mean(x) if training else self.running_mean
        self.normalized = np.subtract(x, mean, out=self._normalized.array(x.shape))
        out = self._output.array(x.shape)
        if training:
            var = _batch_mean(np.square(self.normalized, out=out))
            self._update_running_statistics(mean, var, x.shape[-2])
        else:
            var = self.running_var
        self.inverse_deviation = 1 / np.sqrt(var + self.epsilon)
        self.normalized *= self.inverse_deviation
        np.multiply(self.normalized, self.scale, out=out)
        out += self.shift
        return out

    def _update_running_statistics(self, mean: Array, var: Array, batch: int) -> None:
        if batch < 2:
            return
        self.running_mean += self.momentum * (mean - self.running_mean)
        self.running_var += self.momentum * (var * (batch / (batch - 1)) - self.running_var)

    def backward(self, gradient: Array) -> Array:
        # With n = normalized: dx = scale/σ · (g - mean(g) - n·mean(g·n)); the means vanish in
        # evaluation, where the statistics are constants.
        np.add.reduce(gradient, axis=-2, keepdims=True, out=self.shift_gradient)
        product = self._product.array(gradient.shape)
        np.multiply(gradient, self.normalized, out=product)
        np.add.reduce(product, axis=-2, keepdims=True, out=self.scale_gradient)
        if self._training:
            batch = gradient.shape[-2]
            gradient -= self.shift_gradient / batch
            np.multiply(self.normalized, self.scale_gradient / batch, out=product)
            gradient -= product
        gradient *= self.scale * self.inverse_deviation
        return gradient


def _batch_mean(x: Array) -> Array:
    """Mean over the batch, shape (…, 1, D); `ndarray.mean` has more overhead than this."""
    mean: Array = np.add.reduce(x, axis=-2, keepdims=True)
    mean *= 1 / x.shape[-2]
    return mean


class Dropout(Layer):
    """Inverted dropout (Srivastava et al. 2014): zero with probability `rate`, scale the rest.

    The kept units are divided by 1 - rate, so that evaluation is the identity.

    Parameters
    ----------
    rate : probability of dropping a unit, in [0, 1); a number, or shape (R, 1, 1) for a stack
    streams : the layer's own random streams
    """

    kind = "dropout"

    def __init__(self, rate: float | Array, streams: Streams) -> None:
        super().__init__()
        self.rate, self.streams = rate, streams
        self.frozen = False  # True: reuse the last mask, for gradient checks
        self.mask: Array | None = None

    def bind(self, to: Binding) -> None:
        super().bind(to)
        rate = np.asarray(self.rate, np.float64)
        self._threshold = rate.astype(np.float32)  # as the draws that it is compared with
        self._kept_scale = (1 / (1 - rate)).astype(to.dtype)

    def forward(self, x: Array, training: bool) -> Array:
        if not training:
            self.mask = None
            return x
        if self.mask is None or not self.frozen:
            self.mask = self._draw_mask(x.shape[-2:])
        return np.multiply(x, self.mask, out=self._output.array(x.shape))

    def _draw_mask(self, shape: tuple[int, ...]) -> Array:
        kept = self.streams.uniform(shape) >= self._threshold
        mask: Array = kept * self._kept_scale
        return mask

    def backward(self, gradient: Array) -> Array:
        if self.mask is not None:
            gradient *= self.mask
        return gradient
