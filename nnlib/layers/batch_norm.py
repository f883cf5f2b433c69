"""Batch normalization."""

import numpy as np

from nnlib._array import Array, Workspace, ones_row
from nnlib.layers.layer import Binding, Layer, Shapes


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
