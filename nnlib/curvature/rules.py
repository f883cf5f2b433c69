"""How each layer passes on a change of the parameters, and of the gradient behind it.

The R-operator of Pearlmutter (1994), "Fast Exact Multiplication by the Hessian": R{q} is the
derivative of any quantity q of the two passes when the parameters move along a vector. It goes
through the layers as the passes do: R{output} from R{input} forward, R{dL/d input} from
R{dL/d output} backward. A rule keeps what its layer had at the point, copied, so that later passes
of the network change nothing. Leading axes of a vector go along, as those of replicas do.
"""

from collections.abc import Callable, Mapping

import numpy as np

from nnlib._array import Array
from nnlib.curvature.second_derivatives import second_derivative
from nnlib.layers import (
    ActivationLayer,
    BatchNorm,
    Dense,
    Dropout,
    Layer,
    Noise,
    Scale,
    SkipEnd,
    SkipStart,
)  # fmt: skip

Parts = Mapping[str, Array]
"""A layer's part of a vector or of a product, by the names of its parameters."""


class Rule:
    """One layer at the point; by itself the rule of the identity.

    Attributes
    ----------
    gradient : dL/d output at the point, shape (…, B, D)
    """

    gradient: Array

    def forward(self, change: Array, vector: Parts) -> Array:
        """Return R{output} from R{input}."""
        return change

    def backward(self, change: Array, vector: Parts, product: Parts, exact: bool) -> Array:
        """Return R{dL/d input} from R{dL/d output}; write R{dL/d parameters} to `product`.

        `exact` is False for the Gauss-Newton product, where the network counts as linear in its
        parameters: what has the gradient itself in it is left out.
        """
        return change


class DenseRule(Rule):
    """z = x·W + b; the first of a network has an x that never changes."""

    def __init__(self, layer: Dense, first: bool) -> None:
        self._x, self._weight, self._first = layer.x.copy(), layer.weight.copy(), first

    def forward(self, change: Array, vector: Parts) -> Array:
        self._change = change
        moved = self._x @ vector["weight"]
        if not self._first:
            moved += change @ self._weight
        return moved + vector["bias"] if "bias" in vector else moved

    def backward(self, change: Array, vector: Parts, product: Parts, exact: bool) -> Array:
        weight = self._x.swapaxes(-1, -2) @ change
        if exact and not self._first:
            weight = weight + self._change.swapaxes(-1, -2) @ self.gradient
        product["weight"][...] = weight
        if "bias" in product:
            product["bias"][...] = _sum(change)
        if self._first:
            return change
        passed = change @ self._weight.swapaxes(-1, -2)
        if exact:
            passed += self.gradient @ vector["weight"].swapaxes(-1, -2)
        return passed


class ActivationRule(Rule):
    """a = f(z)."""

    def __init__(self, layer: ActivationLayer) -> None:
        self._slope = layer.function.derivative(layer.z)
        self._curvature = second_derivative(layer.function, layer.z)

    def forward(self, change: Array, vector: Parts) -> Array:
        self._change = change
        return self._slope * change

    def backward(self, change: Array, vector: Parts, product: Parts, exact: bool) -> Array:
        passed = self._slope * change
        if exact:
            passed += self._curvature * self._change * self.gradient
        return passed


class BatchNormRule(Rule):
    """y = scale·u + shift with u = (x - mean)·s and s = 1 / √(var + epsilon).

    With h = scale·dL/dy, dL/dx = s·(h - mean(h) - u·mean(h·u)). In evaluation mean and s are
    constants, and dL/dx = s·h.
    """

    def __init__(self, layer: BatchNorm) -> None:
        self._s, self._scale = layer.inverse_deviation.copy(), layer.scale.copy()
        self._u = layer.centered * self._s
        self._training = layer._training

    def forward(self, change: Array, vector: Parts) -> Array:
        if self._training:
            change = change - _mean(change)
        self._change = change * self._s  # R{u}
        self._relative = np.zeros_like(change[..., :1, :])  # R{s} / s = -½·s²·R{var}
        if self._training:
            self._relative = -_mean(self._u * self._change)
            self._change += self._u * self._relative
        moved: Array = vector["scale"] * self._u + self._scale * self._change
        return moved + vector["shift"]

    def backward(self, change: Array, vector: Parts, product: Parts, exact: bool) -> Array:
        product["shift"][...] = _sum(change)
        along = change * self._u  # R{dL/dy · u}
        moved = self._scale * change  # R{h}
        h = self._scale * self.gradient
        if exact:
            along = along + self.gradient * self._change
            moved = moved + vector["scale"] * self.gradient
        product["scale"][...] = _sum(along)
        passed: Array = moved
        if self._training:
            slope = _mean(moved * self._u + (h * self._change if exact else 0))
            passed = moved - _mean(moved) - self._u * slope
        if exact:
            if self._training:
                passed = passed - self._change * _mean(h * self._u)
                h = h - _mean(h) - self._u * _mean(h * self._u)
            passed = passed + self._relative * h
        passed = passed * self._s
        return passed


class FactorRule(Rule):
    """y = factor·x (+ a constant): dropout's mask and noise as they were drawn, and constants."""

    def __init__(self, factor: Array | float | None) -> None:
        self._factor = 1.0 if factor is None else np.array(factor)

    def forward(self, change: Array, vector: Parts) -> Array:
        return change * self._factor

    def backward(self, change: Array, vector: Parts, product: Parts, exact: bool) -> Array:
        return change * self._factor


class SkipStartRule(Rule):
    """Where a skip connection leaves."""

    def forward(self, change: Array, vector: Parts) -> Array:
        self.skipped = change
        return change

    def backward(self, change: Array, vector: Parts, product: Parts, exact: bool) -> Array:
        return change + self.skipped


class SkipEndRule(Rule):
    """Where a skip connection comes back."""

    def __init__(self, start: SkipStartRule) -> None:
        self._start = start

    def forward(self, change: Array, vector: Parts) -> Array:
        return change + self._start.skipped

    def backward(self, change: Array, vector: Parts, product: Parts, exact: bool) -> Array:
        self._start.skipped = change
        return change


def rules_of(layers: list[Layer]) -> list[Rule]:
    """Return the rules of layers that have just made a forward pass.

    Raises TypeError if there is no rule for a layer, or the first one is not affine.
    """
    if not isinstance(layers[0], Dense):
        raise TypeError("Curvature needs a network whose first layer is affine.")
    rules: dict[int, Rule] = {}
    for layer in layers:
        rules[id(layer)] = _rule_of(layer, layer is layers[0], rules)
    return list(rules.values())


def _rule_of(layer: Layer, first: bool, rules: Mapping[int, Rule]) -> Rule:
    if isinstance(layer, SkipEnd):
        start = rules[id(layer.start)]
        assert isinstance(start, SkipStartRule)
        return SkipEndRule(start)
    makers: dict[type[Layer], Callable[..., Rule]] = {
        Dense: lambda x: DenseRule(x, first),
        ActivationLayer: ActivationRule,
        BatchNorm: BatchNormRule,
        Dropout: lambda x: FactorRule(x.mask),
        Noise: lambda x: FactorRule(x.scale),
        Scale: lambda x: FactorRule(x.factor),
        SkipStart: lambda _: SkipStartRule(),
    }
    if type(layer) not in makers:
        raise TypeError(f"There is no rule for the curvature of a {layer.kind} layer.")
    return makers[type(layer)](layer)


def _sum(x: Array) -> Array:
    total: Array = x.sum(axis=-2, keepdims=True)
    return total


def _mean(x: Array) -> Array:
    mean: Array = x.mean(axis=-2, keepdims=True)
    return mean
