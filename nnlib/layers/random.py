"""Layers that draw random numbers in training and are the identity in evaluation."""

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.layers.layer import Binding, Layer
from nnlib.randomness import Streams


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

    Santurkar et al. (2018) put it behind batch normalization to undo what that does to
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
