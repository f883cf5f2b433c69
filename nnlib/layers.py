"""Layers: a forward and a backward pass over arrays with any leading replica axes.

A batch is (…, B, D), a weight (…, D_in, D_out), a bias (…, 1, D_out), so ``x @ W + b`` is one
expression for one network and for a stack of them. Parameters and gradients are views into the
network's flat buffers, bound once; outputs live in reused workspaces and hold until the next pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nnlib._array import Array, Workspace, ones_row
from nnlib.activations import Activation
from nnlib.randomness import Streams

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Binding:
    """What a layer is bound to: its own views into the network's buffers, by short name."""

    parameters: Mapping[str, Array]
    gradients: Mapping[str, Array]
    state: Mapping[str, Array]
    batch_state: Mapping[str, Array]
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
        # For small matrices `dot` is faster, but it does not know stacks of them.
        self._product: Callable[..., Array] = np.matmul if to.lead else np.ndarray.dot

    def forward(self, x: Array, training: bool) -> Array:
        """Return the output for a batch, shape (…, B, D_out)."""
        raise NotImplementedError

    def backward(self, gradient: Array) -> Array:
        """Take dL/d output, store parameter gradients, return dL/d input.

        The array passed in may be overwritten.
        """
        raise NotImplementedError


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
        self._weight_transposed = self.weight.swapaxes(-1, -2)
        self._input_gradient = Workspace(to.dtype)

    def forward(self, x: Array, training: bool) -> Array:
        self.x = x
        out = self._output.array((*self.lead, x.shape[-2], self.fan_out))
        self.z = self._product(x, self.weight, out)
        if self.has_bias:
            self.z += self.bias
        return self.z

    def backward(self, gradient: Array) -> Array:
        self.signal = gradient
        self._product(self.x.swapaxes(-1, -2), gradient, self.weight_gradient)
        if self.has_bias:
            ones = ones_row(gradient.shape[-2], gradient.dtype)
            self._product(ones, gradient, self.bias_gradient)
        if not self.input_gradient_needed:
            return gradient
        out = self._input_gradient.array((*self.lead, gradient.shape[-2], self.fan_in))
        return self._product(gradient, self._weight_transposed, out)


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
        self._batch_mean = to.batch_state["running_mean"]
        self._batch_var = to.batch_state["running_var"]
        self._centered, self._product_space = Workspace(to.dtype), Workspace(to.dtype)

    def forward(self, x: Array, training: bool) -> Array:
        self._training = training
        out = self._output.array(x.shape)
        mean = self._mean(x) if training else self.running_mean
        self.centered = np.subtract(x, mean, out=self._centered.array(x.shape))
        var = self._mean(np.square(self.centered, out=out)) if training else self.running_var
        if training:
            self._report(mean, var, x.shape[-2])
        self.inverse_deviation = 1 / np.sqrt(var + self.epsilon)
        self.gain = self.inverse_deviation * self.scale
        np.multiply(self.centered, self.gain, out=out)
        out += self.shift
        return out

    def _mean(self, x: Array) -> Array:
        """Mean over the batch, shape (…, 1, D)."""
        batch = x.shape[-2]
        mean: Array = self._product(ones_row(batch, x.dtype), x)
        mean *= 1 / batch
        return mean

    def _report(self, mean: Array, var: Array, batch: int) -> None:
        """Leave the estimates for the network, which moves all running statistics at once."""
        if batch < 2:
            mean, var, factor = self.running_mean, self.running_var, 1.0
        else:
            factor = batch / (batch - 1)
        self._batch_mean[...] = mean
        np.multiply(var, factor, out=self._batch_var)

    def backward(self, gradient: Array) -> Array:
        # With c = centered: d shift = Σ g, d scale = Σ g·c / σ and
        # dx = gain·(g - mean(g) - c·mean(g·c) / σ²); the means vanish in evaluation, where the
        # statistics are constants.
        batch = gradient.shape[-2]
        ones = ones_row(batch, gradient.dtype)
        self._product(ones, gradient, self.shift_gradient)
        product = self._product_space.array(gradient.shape)
        np.multiply(gradient, self.centered, out=product)
        self._product(ones, product, self.scale_gradient)
        self.scale_gradient *= self.inverse_deviation
        gradient *= self.gain
        if self._training:
            share = self.gain * (1 / batch)
            slope = share * self.inverse_deviation
            slope *= self.scale_gradient
            share *= self.shift_gradient
            np.multiply(self.centered, slope, out=product)
            product += share
            gradient -= product
        return gradient


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


class Noise(Layer):
    """Random affine noise y = scale·x + shift of every training step; the identity in evaluation.

    Santurkar et al. (2018, appendix A) put it behind batch normalization to undo what that does to
    the distribution of a unit: for each unit and step a mean shift μ ~ U(-n, n) and a mean scale
    σ ~ U(1, 1 + n/2), and around them for each example a shift ~ U(μ - n/5, μ + n/5) and a scale
    ~ N(σ, n/5). Their constants are those of n = 0.5.

    Parameters
    ----------
    strength : n; 0 gives the identity
    streams : the layer's own random streams
    """

    kind = "noise"

    def __init__(self, strength: float, streams: Streams) -> None:
        super().__init__()
        self.strength, self.streams = strength, streams
        self.frozen = False  # True: reuse the last draw, for gradient checks
        self.scale: Array | None = None

    def forward(self, x: Array, training: bool) -> Array:
        if not training:
            self.scale = None
            return x
        if self.scale is None or not self.frozen:
            self.scale, self.shift = self._draw(x.shape[-2:], x.dtype)
        out = np.multiply(x, self.scale, out=self._output.array(x.shape))
        out += self.shift
        return out

    def _draw(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> tuple[Array, Array]:
        """Return scale and shift of every example and unit, shape (B, D) or (R, B, D)."""
        unit, example, n = (1, shape[-1]), self.strength / 5, self.strength
        shift = n * (2 * self.streams.uniform(unit) - 1)
        scale = 1 + n / 2 * self.streams.uniform(unit)
        shift = shift + example * (2 * self.streams.uniform(shape) - 1)
        scale = scale + example * self.streams.normal(shape)
        return scale.astype(dtype, copy=False), shift.astype(dtype, copy=False)

    def backward(self, gradient: Array) -> Array:
        if self.scale is not None:
            gradient *= self.scale
        return gradient


class SkipStart(Layer):
    """Where a skip connection leaves the network's path (He et al. 2016): the identity.

    Between it and its `SkipEnd` lies the function F of y = x + F(x).
    """

    kind = "skip_start"
    skipped_gradient: Array

    def forward(self, x: Array, training: bool) -> Array:
        self.x = x
        return x

    def backward(self, gradient: Array) -> Array:
        gradient += self.skipped_gradient
        return gradient


class SkipEnd(Layer):
    """Where a skip connection comes back: adds what went into its `SkipStart`."""

    kind = "skip_end"

    def __init__(self, start: SkipStart) -> None:
        super().__init__()
        self.start = start

    def bind(self, to: Binding) -> None:
        super().bind(to)
        self._gradient = Workspace(to.dtype)

    def forward(self, x: Array, training: bool) -> Array:
        return np.add(x, self.start.x, out=self._output.array(x.shape))

    def backward(self, gradient: Array) -> Array:
        # a copy, since the layers on the way overwrite the gradient
        self.start.skipped_gradient = self._gradient.array(gradient.shape)
        np.copyto(self.start.skipped_gradient, gradient)
        return gradient
