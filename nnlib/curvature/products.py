"""Products of the Hessian, and of its Gauss-Newton part, with vectors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnlib._array import Array
from nnlib.curvature.rules import Rule, rules_of
from nnlib.curvature.second_derivatives import loss_product
from nnlib.layers import Layer
from nnlib.losses import Loss
from nnlib.network import Network
from nnlib.undisturbed import undisturbed


class Curvature:
    """The loss of a batch around a network's parameters, to make products at once and later.

    What the point is made of is copied: the network may train on, and neither its running
    statistics nor the streams of its dropout and noise move.

    Parameters
    ----------
    network : in float64 for products to 1e-12; in float32 they are good to about 1e-6
    loss : that is minimized
    x, targets : a batch, shapes (B, D_in) and (B, D_out), or with leading axes
    training : batch normalization by the batch, through whose statistics the products go, and
        dropout and noise drawn once, as the next training step draws them; otherwise as in
        evaluation
    l2 : strength of that penalty on the weights, as in `regularizers.penalty`

    Attributes
    ----------
    gradient : of the loss at the point, shape (…, P)
    logits : of the batch, shape (…, B, D_out)

    Raises
    ------
    TypeError
        if a layer is of a kind that has no rule, or the first one is not affine
    """

    def __init__(
        self,
        network: Network,
        loss: Loss,
        x: Array,
        targets: Array,
        *,
        training: bool = True,
        l2: float = 0.0,
    ) -> None:
        self.n_parameters, self.lead, self.dtype = network.n_parameters, network.lead, network.dtype
        x, targets = np.asarray(x, self.dtype), np.asarray(targets, self.dtype)
        self._penalty = 2 * l2 * network.weight_mask()
        self._names = [layer.name for layer in network.layers]
        self._shapes = _shapes_of(network)
        with undisturbed(network):
            self.logits = logits = network.forward(x, training=training).copy()
            self._rules = rules_of(network.layers)
            self._loss_product = loss_product(loss, logits, targets)
            _go_back(network.layers, self._rules, loss.gradient(logits, targets))
            self.gradient = network.flat_gradients + self._penalty * network.flat_parameters

    def hessian_vector(self, vectors: Array) -> Array:
        """Return H·v exactly, to rounding, by the R-operator of Pearlmutter (1994).

        Parameters
        ----------
        vectors : shape (…, P), with the network's replica axes last of the leading ones: many
            vectors go through at once

        Returns
        -------
        products : of the same shape
        """
        return self._product(vectors, exact=True)

    def gauss_newton_vector(self, vectors: Array) -> Array:
        """Return G·v with G = Jᵀ·H_loss·J, J = d logits / d parameters (Schraudolph 2002).

        The Hessian without the curvature of the network itself. It has no negative eigenvalue where
        the loss is convex in the logits, which of the losses only the sigmoid's squared error is
        not.

        Parameters
        ----------
        vectors : shape (…, P), as in `hessian_vector`
        """
        return self._product(vectors, exact=False)

    def slopes(self, vectors: Array) -> Array:
        """Return the derivative of each example's loss along vectors, shape (…, B).

        One pass forward, of the loss without the penalty. With batch normalization by the batch,
        all of its examples move.

        Parameters
        ----------
        vectors : shape (…, P), as in `hessian_vector`
        """
        change = self._forward(self._parts(np.asarray(vectors, self.dtype)))
        each: Array = np.vecdot(change, self._rules[-1].gradient) * self.logits.shape[-2]
        return each

    def _product(self, vectors: Array, exact: bool) -> Array:
        vectors = np.asarray(vectors, self.dtype)
        shape = (*self.lead, self.n_parameters)
        if vectors.shape[vectors.ndim - len(shape) :] != shape:
            raise ValueError(f"Vectors must be of shape (…, {', '.join(map(str, shape))}).")
        product = np.empty_like(vectors, order="C")
        parts, written = self._parts(vectors), self._parts(product)
        change = self._loss_product(self._forward(parts))
        for rule, name in zip(reversed(self._rules), reversed(self._names), strict=True):
            change = rule.backward(change, parts[name], written[name], exact)
        return product + self._penalty * vectors

    def _forward(self, parts: Mapping[str, Mapping[str, Array]]) -> Array:
        """Return how the logits change."""
        change: Array = np.zeros((), self.dtype)  # the examples stay as they are
        for rule, name in zip(self._rules, self._names, strict=True):
            change = rule.forward(change, parts[name])
        return change

    def _parts(self, flat: Array) -> dict[str, Mapping[str, Array]]:
        parts: dict[str, dict[str, Array]] = {name: {} for name in self._names}
        for (name, key), (place, shape) in self._shapes.items():
            parts[name][key] = flat[..., place].reshape(*flat.shape[:-1], *shape)
        return {**parts}


def hessian_vector(
    network: Network, x: Array, targets: Array, loss: Loss, vectors: Array, *, training: bool = True
) -> Array:
    """Return H·v of the loss of a batch; see `Curvature`, which serves where there are more.

    Parameters
    ----------
    vectors : shape (…, P)
    """
    return Curvature(network, loss, x, targets, training=training).hessian_vector(vectors)


def gauss_newton_vector(
    network: Network, x: Array, targets: Array, loss: Loss, vectors: Array, *, training: bool = True
) -> Array:
    """Return G·v of the loss of a batch; see `Curvature.gauss_newton_vector`."""
    return Curvature(network, loss, x, targets, training=training).gauss_newton_vector(vectors)


Places = dict[tuple[str, str], tuple[slice, tuple[int, ...]]]


def _shapes_of(network: Network) -> Places:
    """Return by layer and name where each parameter lies, and its shape without replicas."""
    places: Places = {}
    for name, array in network.parameters().items():
        layer, _, key = name.partition(".")
        places[layer, key] = (network.slices[name], array.shape[len(network.lead) :])
    return places


def _go_back(layers: list[Layer], rules: list[Rule], gradient: Array) -> None:
    """Make the backward pass, and leave each rule the gradient that arrives at its layer."""
    for layer, rule in zip(reversed(layers), reversed(rules), strict=True):
        rule.gradient = gradient.copy()
        gradient = layer.backward(gradient)
