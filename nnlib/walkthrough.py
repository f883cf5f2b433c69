"""One training step of a small network, laid open: every number of it, and where it comes from.

The numbers are copies of what the engine's own layers, loss and optimizer hold after a pass; the
chain rule of a single weight is written out from them and must multiply to the engine's gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nnlib._array import Array
from nnlib.config import NetworkConfig
from nnlib.losses import LOSSES, CategoricalCrossentropy, Loss
from nnlib.network import Network, build_network
from nnlib.optimizers import SGD

MOST_STEPS = 5000
KINKED = frozenset({"relu", "leaky_relu"})
DIFFERENCE = 1e-5
"""How far a weight is moved to either side for a finite difference."""
_RECTIFIERS = frozenset({"relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus"})


@dataclass(frozen=True)
class Position:
    """One weight or bias.

    Attributes
    ----------
    layer : from 1 (the first hidden layer) to the output layer
    source : the unit of the layer before, from 1; 0 for a bias
    target : the unit of this layer, from 1
    """

    layer: int
    source: int
    target: int

    @property
    def name(self) -> str:
        """Return ``w2[1,3]``, from unit 1 to unit 3 of layer 2, or ``b2[3]``."""
        if self.source == 0:
            return f"b{self.layer}[{self.target}]"
        return f"w{self.layer}[{self.source},{self.target}]"


@dataclass(frozen=True)
class Edit:
    """A weight set by hand, ahead of the forward pass of a step (from 0)."""

    position: Position
    value: float
    step: int = 0


@dataclass(frozen=True)
class Problem:
    """Everything that determines a walk: the network, one batch, the loss and plain SGD.

    Attributes
    ----------
    inputs, targets : the batch, B rows each; their widths are those of the network
    loss : a name in `LOSSES`
    edits : in the order in which they are made
    """

    inputs: tuple[tuple[float, ...], ...]
    targets: tuple[tuple[float, ...], ...]
    hidden: tuple[int, ...] = (4, 4)
    activation: str = "relu"
    loss: str = "binary_crossentropy"
    seed: int = 0
    learning_rate: float = 0.1
    edits: tuple[Edit, ...] = ()

    def __post_init__(self) -> None:
        if not self.inputs or len(self.inputs) != len(self.targets):
            raise ValueError("Every example needs inputs and targets.")
        for rows in (self.inputs, self.targets):
            if len({len(row) for row in rows}) != 1 or not np.isfinite(rows).all():
                raise ValueError("Examples must be finite numbers, as many in each row.")

    @property
    def widths(self) -> tuple[int, ...]:
        """Units a layer, inputs and outputs included."""
        return (len(self.inputs[0]), *self.hidden, len(self.targets[0]))

    @property
    def initializer(self) -> str:
        """He's rule for functions that are zero or small on one side, else Glorot's."""
        return "he_normal" if self.activation in _RECTIFIERS else "glorot_normal"

    def has(self, position: Position) -> bool:
        """Return whether the network has this weight or bias."""
        widths = self.widths
        return (
            1 <= position.layer < len(widths)
            and 0 <= position.source <= widths[position.layer - 1]
            and 1 <= position.target <= widths[position.layer]
        )

    def positions(self) -> list[Position]:
        """Return every weight and bias, layer by layer, the biases of a layer last."""
        found = []
        for layer, (fan_in, fan_out) in enumerate(
            zip(self.widths, self.widths[1:], strict=False), 1
        ):
            for source in (*range(1, fan_in + 1), 0):
                found += [Position(layer, source, target) for target in range(1, fan_out + 1)]
        return found


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """One dense layer and what follows it, as a step left them.

    Attributes
    ----------
    weight, new_weight : before and after the update, shape (fan_in, fan_out)
    bias, new_bias : shape (1, fan_out)
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

    @property
    def mean_absolute_change(self) -> float:
        """Mean of |new - old| over the weights and biases of the layer."""
        changes = (self.new_weight - self.weight, self.new_bias - self.bias)
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
        """Whether a (leaky) ReLU's pre-activation is so near 0 that differences may cross it."""
        hidden = (layer.z for layer in self.layers[:-1])
        kinked = self.problem.activation in KINKED
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


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The parameters and the loss at every step of a walk.

    Attributes
    ----------
    parameters : flat, before each step and after the last, shape (n + 1, P)
    losses : shape (n + 1,)
    right : which examples are predicted rightly, shape (n + 1, B)
    overflowed : whether it was cut short because the next update is not finite
    """

    parameters: Array
    losses: Array
    right: np.ndarray
    overflowed: bool

    @property
    def steps(self) -> int:
        """Updates made."""
        return len(self.losses) - 1

    @property
    def solved_at(self) -> int | None:
        """The first number of steps after which every example is right, or None."""
        solved = np.flatnonzero(self.right.all(axis=1))
        return int(solved[0]) if len(solved) else None

    def until(self, steps: int) -> Trajectory:
        """Return the first `steps` steps; it has overflowed only if those are not all there."""
        rows = slice(steps + 1)
        cut = self.overflowed and steps > self.steps
        return Trajectory(self.parameters[rows], self.losses[rows], self.right[rows], cut)


def _pick(weight: Array, bias: Array, position: Position) -> float:
    if position.source == 0:
        return float(bias[0, position.target - 1])
    return float(weight[position.source - 1, position.target - 1])


def walk(problem: Problem, steps: int) -> Trajectory:
    """Train with plain SGD on the whole batch and keep the parameters of every step.

    It ends early where an update or its loss would not be finite.
    """
    network, x, targets, loss = built(problem)
    optimizer = SGD(network.flat_parameters.shape)
    parameters, losses, right, overflowed = [], [], [], False
    with np.errstate(all="ignore"):  # an overflow ends the walk, and the result says so
        for step in range(steps + 1):
            _edit(network, problem, step)
            logits = network.forward(x, training=True)
            value, gradient = loss.value_and_gradient(logits, targets)
            if not (np.isfinite(value) and np.isfinite(network.flat_parameters).all()):
                overflowed = step > 0
                break
            parameters.append(network.flat_parameters.copy())
            losses.append(float(value))
            right.append(correct(loss.predict(logits), targets))
            network.backward(gradient, input_gradient=False)
            network.flat_parameters += optimizer.update(
                network.flat_parameters, network.flat_gradients, problem.learning_rate
            )
    if not losses:
        raise ValueError("The loss of the initial weights is not finite; use smaller numbers.")
    return Trajectory(np.array(parameters), np.array(losses), np.array(right), overflowed)


def correct(prediction: Array, targets: Array) -> np.ndarray:
    """Return which examples are right, shape (B,).

    One output: on the target's side of 0.5; several: the largest where the target's largest is.
    """
    if prediction.shape[1] == 1:
        same: np.ndarray = (prediction[:, 0] > 0.5) == (targets[:, 0] > 0.5)
    else:
        same = prediction.argmax(axis=1) == targets.argmax(axis=1)
    return same


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
        replace(layer, new_weight=dense.weight.copy(), new_bias=dense.bias.copy())
        for layer, dense in zip(before, network.dense_layers, strict=True)
    )
    return StepTrace(problem, step, x, targets, layers, float(value), new_loss, terms, predicted)


def built(problem: Problem) -> tuple[Network, Array, Array, Loss]:
    """Return the initial network of a problem, its batch and its loss."""
    config = NetworkConfig(
        hidden=problem.hidden, activation=problem.activation, initializer=problem.initializer
    )
    rng = np.random.default_rng(problem.seed)
    widths = problem.widths
    network = build_network(config, widths[0], widths[-1], rng, dtype=np.float64)
    return network, np.array(problem.inputs), np.array(problem.targets), LOSSES[problem.loss]


def _edit(network: Network, problem: Problem, step: int) -> None:
    for edit in problem.edits:
        if edit.step == step and problem.has(edit.position):
            dense = network.dense_layers[edit.position.layer - 1]
            array = dense.bias if edit.position.source == 0 else dense.weight
            array[max(edit.position.source - 1, 0), edit.position.target - 1] = edit.value


def _layer_numbers(network: Network, loss: Loss, index: int) -> LayerTrace:
    dense = network.dense_layers[index]
    hidden = index < len(network.activation_layers)
    activation = network.activation_layers[index] if hidden else None
    # An in-place view is the layer's workspace; the copies stay as they are.
    return LayerTrace(
        weight=dense.weight.copy(),
        bias=dense.bias.copy(),
        z=dense.z.copy(),
        a=activation.a.copy() if activation else loss.predict(dense.z).copy(),
        derivative=activation.derivative().copy() if activation else None,
        delta=dense.signal.copy(),
        weight_gradient=dense.weight_gradient.copy(),
        bias_gradient=dense.bias_gradient.copy(),
        new_weight=dense.weight,
        new_bias=dense.bias,
    )


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
        dense.weight[...], dense.bias[...] = layer.weight, layer.bias
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


XOR = Problem(
    inputs=((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)),
    targets=((0.0,), (1.0,), (1.0,), (0.0,)),
    hidden=(4,),
    activation="sigmoid",
    seed=0,
    learning_rate=1.0,
)
"""Exclusive or by a 2-4-1 sigmoid network and binary cross-entropy."""

ONE_EXAMPLE = Problem(inputs=((0.5, 0.1, 0.2),), targets=((1.0,),), seed=4)
"""One example through a 3-4-4-1 ReLU network; in each hidden layer some units are off."""
