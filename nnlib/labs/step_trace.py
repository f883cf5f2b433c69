"""One training step of a small network, laid open: every number of it, and where it comes from.

The numbers are copies of what the engine's own layers, loss and optimizer hold after a pass; the
chain rule of a single weight is written out from them and must multiply to the engine's gradient.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nnlib._array import Array
from nnlib.activations import ACTIVATIONS
from nnlib.labs.walkthrough import Position, Problem, built
from nnlib.layers import Dense
from nnlib.losses import CategoricalCrossentropy, Loss
from nnlib.network import Network
from nnlib.optimizers import SGD

DIFFERENCE = 1e-5
"""How far a weight is moved to either side for a finite difference."""


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """One dense layer and what follows it, as a step left them.

    Attributes
    ----------
    weight, new_weight : before and after the update, shape (fan_in, fan_out)
    bias, new_bias : shape (1, fan_out), zeros where the network has none
    z : pre-activations, shape (B, fan_out); in the output layer the logits
    a : activations; in the output layer the prediction that the loss takes the logits for
    derivative : f'(z) of a hidden layer, None in the output layer
    delta : dL/dz, shape (B, fan_out)
    weight_gradient, bias_gradient : like weight and bias
    """

    weight: Array
    bias: Array
    z: Array
    a: Array
    derivative: Array | None
    delta: Array
    weight_gradient: Array
    bias_gradient: Array
    new_weight: Array
    new_bias: Array

    def mean_absolute_change(self, biases: bool = True) -> float:
        """Return the mean of |new - old| over the weights, and the biases where there are any."""
        changes = [self.new_weight - self.weight]
        changes += [self.new_bias - self.bias] if biases else []
        return float(np.abs(np.concatenate([change.ravel() for change in changes])).mean())


@dataclass(frozen=True, eq=False)
class StepTrace:
    """One training step: forward, loss, backward, update.

    Attributes
    ----------
    step : updates made before this one
    x, targets : the batch, shapes (B, inputs) and (B, outputs)
    layers : from the first hidden layer to the output layer
    loss, new_loss : of the batch, before and after the update
    loss_terms : shape (B, outputs); their mean over the batch, and for all losses but softmax
        cross-entropy over the outputs too, is the loss
    predicted_change : of the loss, to first order: gradient · change of the parameters
    """

    problem: Problem
    step: int
    x: Array
    targets: Array
    layers: tuple[LayerTrace, ...]
    loss: float
    new_loss: float
    loss_terms: Array
    predicted_change: float

    @property
    def actual_change(self) -> float:
        """The change of the loss that the update made."""
        return self.new_loss - self.loss

    @property
    def at_kink(self) -> bool:
        """Whether a pre-activation is so near a kink at 0 that differences may cross it."""
        hidden = (layer.z for layer in self.layers[:-1])
        kinked = ACTIVATIONS[self.problem.activation].kinked
        return kinked and any(bool((np.abs(z) < 100 * DIFFERENCE).any()) for z in hidden)

    def inputs_of(self, layer: int) -> Array:
        """Return what layer `layer` (from 1) multiplies with its weights, shape (B, fan_in)."""
        return self.x if layer == 1 else self.layers[layer - 2].a

    def value(self, position: Position) -> float:
        """Return a weight or bias before the update."""
        layer = self.layers[position.layer - 1]
        return _pick(layer.weight, layer.bias, position)

    def new_value(self, position: Position) -> float:
        """Return a weight or bias after the update."""
        layer = self.layers[position.layer - 1]
        return _pick(layer.new_weight, layer.new_bias, position)

    def gradient(self, position: Position) -> float:
        """Return the engine's gradient of a weight or bias."""
        layer = self.layers[position.layer - 1]
        return _pick(layer.weight_gradient, layer.bias_gradient, position)


def _pick(weight: Array, bias: Array, position: Position) -> float:
    if position.source == 0:
        return float(bias[0, position.target - 1])
    return float(weight[position.source - 1, position.target - 1])


def trace_step(problem: Problem, parameters: Array, step: int) -> StepTrace:
    """Make one step from flat `parameters`, shape (P,), and keep every number of it."""
    network, x, targets, loss = built(problem)
    network.flat_parameters[...] = parameters
    with np.errstate(all="ignore"):
        logits = network.forward(x, training=True)
        value, gradient = loss.value_and_gradient(logits, targets)
        network.backward(gradient)
        before = [_layer_numbers(network, loss, index) for index in range(len(problem.widths) - 1)]
        terms = _loss_terms(loss, logits, targets)
        optimizer = SGD(network.flat_parameters.shape)
        change = optimizer.update(
            network.flat_parameters, network.flat_gradients, problem.learning_rate
        )
        predicted = float(network.flat_gradients @ change)
        network.flat_parameters += change
        new_loss = float(loss.value(network.forward(x, training=True), targets))
    layers = tuple(
        replace(layer, new_weight=dense.weight.copy(), new_bias=_bias(dense))
        for layer, dense in zip(before, network.dense_layers, strict=True)
    )
    return StepTrace(problem, step, x, targets, layers, float(value), new_loss, terms, predicted)


def _layer_numbers(network: Network, loss: Loss, index: int) -> LayerTrace:
    dense = network.dense_layers[index]
    hidden = index < len(network.activation_layers)
    activation = network.activation_layers[index] if hidden else None
    # An in-place view is the layer's workspace; the copies stay as they are.
    return LayerTrace(
        weight=dense.weight.copy(),
        bias=_bias(dense),
        z=dense.z.copy(),
        a=activation.a.copy() if activation else loss.predict(dense.z).copy(),
        derivative=activation.derivative().copy() if activation else None,
        delta=dense.signal.copy(),
        weight_gradient=dense.weight_gradient.copy(),
        bias_gradient=dense.bias_gradient.copy() if dense.has_bias else _bias(dense),
        new_weight=dense.weight,
        new_bias=_bias(dense),
    )


def _bias(dense: Dense) -> Array:
    return dense.bias.copy() if dense.has_bias else np.zeros((1, dense.fan_out))


def _loss_terms(loss: Loss, logits: Array, targets: Array) -> Array:
    """Return the loss of every example and output by itself, from the engine's own loss."""
    terms = np.empty_like(targets)
    classes = np.eye(targets.shape[1])
    for b, k in np.ndindex(terms.shape):
        if isinstance(loss, CategoricalCrossentropy):
            # With target 1 for class k alone the loss is -log p_k.
            terms[b, k] = targets[b, k] * loss.value(logits[b : b + 1], classes[k : k + 1])
        else:
            one = (slice(b, b + 1), slice(k, k + 1))
            terms[b, k] = loss.value(logits[one], targets[one])
    return terms


def restored(trace: StepTrace) -> tuple[Network, Array, Array, Loss]:
    """Return the network with the weights that it had before the update."""
    network, x, targets, loss = built(trace.problem)
    for dense, layer in zip(network.dense_layers, trace.layers, strict=True):
        dense.weight[...] = layer.weight
        if dense.has_bias:
            dense.bias[...] = layer.bias
    return network, x, targets, loss


@dataclass(frozen=True, eq=False)
class StepSizes:
    """The change of the loss by updates of several learning rates, shape (n,) each."""

    learning_rates: Array
    actual: Array
    predicted: Array


def step_sizes(trace: StepTrace, learning_rates: Sequence[float] | Array) -> StepSizes:
    """Return what an update along the gradient changes, and what first order predicts.

    To first order the change of the loss is gradient · change = -learning_rate·‖gradient‖².
    """
    network, x, targets, loss = restored(trace)
    start = network.flat_parameters.copy()
    logits = network.forward(x, training=True)
    network.backward(loss.gradient(logits, targets))
    rates = np.asarray(learning_rates, np.float64)
    squared = float(network.flat_gradients @ network.flat_gradients)
    actual = np.empty(len(rates))
    with np.errstate(all="ignore"):
        for index, rate in enumerate(rates):
            network.flat_parameters[...] = start - rate * network.flat_gradients
            value = loss.value(network.forward(x, training=True), targets)
            actual[index] = float(value) - trace.loss
    return StepSizes(rates, actual, -rates * squared)
