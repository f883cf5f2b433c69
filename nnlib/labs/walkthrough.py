"""A network small enough to see whole, one batch, and its training by plain SGD, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnlib._array import Array
from nnlib.activations import ACTIVATIONS
from nnlib.building import build_network
from nnlib.config import NetworkConfig
from nnlib.layers import ActivationLayer, Dense, Layer
from nnlib.losses import LOSSES, Loss
from nnlib.network import Network
from nnlib.optimizers import SGD

MOST_STEPS = 5000


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
    biases : whether the units have any
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
    biases: bool = True

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
        """The rule that suits the activation."""
        return ACTIVATIONS[self.activation].suited_initializer

    def has(self, position: Position) -> bool:
        """Return whether the network has this weight or bias."""
        widths = self.widths
        return (
            1 <= position.layer < len(widths)
            and (0 if self.biases else 1) <= position.source <= widths[position.layer - 1]
            and 1 <= position.target <= widths[position.layer]
        )

    def positions(self) -> list[Position]:
        """Return every weight and bias, layer by layer, the biases of a layer last."""
        found = []
        for layer, (fan_in, fan_out) in enumerate(
            zip(self.widths, self.widths[1:], strict=False), 1
        ):
            for source in (*range(1, fan_in + 1), *([0] if self.biases else [])):
                found += [Position(layer, source, target) for target in range(1, fan_out + 1)]
        return found


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


def built(problem: Problem) -> tuple[Network, Array, Array, Loss]:
    """Return the initial network of a problem, its batch and its loss."""
    config = NetworkConfig(
        hidden=problem.hidden, activation=problem.activation, initializer=problem.initializer
    )
    rng = np.random.default_rng(problem.seed)
    widths = problem.widths
    network = build_network(config, widths[0], widths[-1], rng, dtype=np.float64)
    if not problem.biases:
        network = _without_biases(network, problem)
    return network, np.array(problem.inputs), np.array(problem.targets), LOSSES[problem.loss]


def _without_biases(network: Network, problem: Problem) -> Network:
    """Return the network with the same weights and no biases."""
    layers: list[Layer] = []
    for fan_in, fan_out in zip(problem.widths, problem.widths[1:], strict=False):
        function = ActivationLayer(ACTIVATIONS[problem.activation])
        layers += [Dense(fan_in, fan_out, bias=False), function]
    bare = Network(layers[:-1], dtype=np.float64)
    for dense, original in zip(bare.dense_layers, network.dense_layers, strict=True):
        dense.weight[...] = original.weight
    return bare


def _edit(network: Network, problem: Problem, step: int) -> None:
    for edit in problem.edits:
        if edit.step == step and problem.has(edit.position):
            dense = network.dense_layers[edit.position.layer - 1]
            array = dense.bias if edit.position.source == 0 else dense.weight
            array[max(edit.position.source - 1, 0), edit.position.target - 1] = edit.value


XOR = Problem(
    inputs=((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)),
    targets=((0.0,), (1.0,), (1.0,), (0.0,)),
    hidden=(4,),
    activation="sigmoid",
    seed=0,
    learning_rate=1.0,
)
"""Exclusive or by a 2-4-1 sigmoid network and binary cross-entropy."""

NO_BIASES = Problem(
    inputs=((0.0, 0.0, 1.0), (0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 1.0)),
    targets=XOR.targets,
    hidden=(4,),
    activation="sigmoid",
    loss="sigmoid_squared_error",
    seed=0,
    learning_rate=1.0,
    biases=False,
)
"""Exclusive or by a 3-4-1 sigmoid network without biases and the squared error of its output.

The third input is always 1, which gives the hidden units what a bias would.
"""

ONE_EXAMPLE = Problem(inputs=((0.5, 0.1, 0.2),), targets=((1.0,),), seed=4)
"""One example through a 3-4-4-1 ReLU network; in each hidden layer some units are off."""
