"""Skip connections, and the constant that scales what they add to."""

import numpy as np

from nnlib._array import Array, Workspace
from nnlib.layers.layer import Binding, Layer


class Scale(Layer):
    """Multiplies by a constant."""

    kind = "scale"

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Array, training: bool) -> Array:
        return np.multiply(x, self.factor, out=self._output.array(x.shape))

    def backward(self, gradient: Array) -> Array:
        gradient *= self.factor
        return gradient


class SkipStart(Layer):
    """Where a skip connection leaves the network's path: the identity.

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
