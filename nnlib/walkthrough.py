"""One training step of a small network, laid open: every number of it, and where it comes from.

The numbers are copies of what the engine's own layers, loss and optimizer hold after a pass; the
chain rule of a single weight is written out from them and must multiply to the engine's gradient.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nnlib._array import Array
from nnlib.config import NetworkConfig
from nnlib.gradient_check import check_gradients
from nnlib.losses import LOSSES, CategoricalCrossentropy, Loss
from nnlib.network import Network, build_network
from nnlib.optimizers import SGD

MOST_STEPS = 5000
_RECTIFIERS = frozenset({"relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus"})
_KINKED = frozenset({"relu", "leaky_relu"})
_DIFFERENCE = 1e-5


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
        kinked = self.problem.activation in _KINKED
        return kinked and any(bool((np.abs(z) < 100 * _DIFFERENCE).any()) for z in hidden)

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


@dataclass(frozen=True)
class Term:
    """One summand w·delta: a way by which a unit acts on the layer after it."""

    target: int
    weight: float
    delta: float


@dataclass(frozen=True)
class Delta:
    """dL/dz of one unit in one example, and the factors it is the product of.

    For a hidden unit delta = derivative · sum of weight·delta over `terms`; for an output unit
    delta = factor · (prediction - target).
    """

    layer: int
    unit: int
    value: float
    derivative: float | None = None
    terms: tuple[Term, ...] = ()
    prediction: float = 0.0
    target: float = 0.0
    factor: float = 1.0

    @property
    def product(self) -> float:
        """The factors multiplied out, which must be `value`."""
        if self.derivative is None:
            return self.factor * (self.prediction - self.target)
        return self.derivative * sum(term.weight * term.delta for term in self.terms)


@dataclass(frozen=True, eq=False)
class ChainRule:
    """The gradient of one weight, written out.

    Attributes
    ----------
    deltas : of one example, from the output layer back to the weight's own unit
    activations : a of the unit the weight comes from (1 for a bias), one an example
    unit_deltas : delta of the unit the weight goes to, one an example
    gradient : sum of activations · unit_deltas over the batch
    engine_gradient : what back-propagation stored
    numeric_gradient : central difference of the loss
    crosses_kink : whether a ReLU's pre-activation changes its sign between the two differences,
        so that there is no derivative to compare with
    """

    position: Position
    deltas: tuple[Delta, ...]
    activations: Array
    unit_deltas: Array
    gradient: float
    engine_gradient: float
    numeric_gradient: float
    crosses_kink: bool

    @property
    def relative_error(self) -> float:
        """|written out - numeric| / max of both magnitudes; 0 where both are 0."""
        return relative_error(self.gradient, self.numeric_gradient)


def relative_error(a: float, b: float) -> float:
    """Return |a - b| / max(|a|, |b|), and 0 where both are 0."""
    largest = max(abs(a), abs(b))
    return abs(a - b) / largest if largest else 0.0


def _pick(weight: Array, bias: Array, position: Position) -> float:
    if position.source == 0:
        return float(bias[0, position.target - 1])
    return float(weight[position.source - 1, position.target - 1])


# ------------------------------------------------------------------- a walk


def walk(problem: Problem, steps: int) -> Trajectory:
    """Train with plain SGD on the whole batch and keep the parameters of every step.

    It ends early where an update or its loss would not be finite.
    """
    network, x, targets, loss = _built(problem)
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
    network, x, targets, loss = _built(problem)
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


def _built(problem: Problem) -> tuple[Network, Array, Array, Loss]:
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


# ----------------------------------------------------------- the chain rule


def chain_rule(trace: StepTrace, position: Position, example: int = 0) -> ChainRule:
    """Write out the gradient of a weight factor by factor, and check it by a difference.

    With delta = dL/dz: dL/dw_ij = Σ over the batch of a_i·delta_j; for a hidden unit delta_j =
    f'(z_j)·Σ_k w_jk·delta_k over the layer after it (Rumelhart, Hinton & Williams 1986).

    Parameters
    ----------
    trace : of the step
    position : the weight or bias
    example : row of the batch whose deltas are written out

    Raises
    ------
    ValueError
        if the network has no such weight
    """
    if not trace.problem.has(position):
        raise ValueError(f"The network has no weight {position.name}.")
    layer = trace.layers[position.layer - 1]
    batch = len(trace.x)
    inputs = trace.inputs_of(position.layer)
    activations = np.ones(batch) if position.source == 0 else inputs[:, position.source - 1]
    unit_deltas = layer.delta[:, position.target - 1]
    numeric, crosses = _difference(trace, position)
    return ChainRule(
        position,
        _deltas(trace, position, example),
        activations.copy(),
        unit_deltas.copy(),
        float(activations @ unit_deltas),
        trace.gradient(position),
        numeric,
        crosses,
    )


def _deltas(trace: StepTrace, position: Position, example: int) -> tuple[Delta, ...]:
    """Return the deltas that the weight's own unit needs, the output layer's first."""
    last = len(trace.layers)
    own = position.target
    found = []
    for layer in range(last, position.layer - 1, -1):
        width = trace.layers[layer - 1].z.shape[1]
        units = [own] if layer == position.layer else range(1, width + 1)
        make = _output_delta if layer == last else _hidden_delta
        found += [make(trace, layer, unit, example) for unit in units]
    return tuple(found)


def _output_delta(trace: StepTrace, layer: int, unit: int, example: int) -> Delta:
    numbers, column = trace.layers[layer - 1], unit - 1
    return Delta(
        layer,
        unit,
        float(numbers.delta[example, column]),
        prediction=float(numbers.a[example, column]),
        target=float(trace.targets[example, column]),
        factor=output_factor(trace.problem.loss, *trace.targets.shape),
    )


def output_factor(loss: str, batch: int, outputs: int) -> float:
    """Return c of dL/dz = c·(prediction - target): what the mean over the batch divides by.

    1/B for softmax cross-entropy, 1/(B·K) for the binary one, 2/(B·K) for the squared error.
    """
    if loss == "categorical_crossentropy":
        return 1 / batch
    return (2 if loss == "mean_squared_error" else 1) / (batch * outputs)


def _hidden_delta(trace: StepTrace, layer: int, unit: int, example: int) -> Delta:
    numbers, after = trace.layers[layer - 1], trace.layers[layer]
    assert numbers.derivative is not None  # only the output layer has none
    terms = tuple(
        Term(k + 1, float(after.weight[unit - 1, k]), float(after.delta[example, k]))
        for k in range(after.z.shape[1])
    )
    value = float(numbers.delta[example, unit - 1])
    return Delta(layer, unit, value, float(numbers.derivative[example, unit - 1]), terms)


def _difference(trace: StepTrace, position: Position) -> tuple[float, bool]:
    """Return the central difference of the loss, and whether a ReLU switches in between."""
    network, x, targets, loss = _restored(trace)
    dense = network.dense_layers[position.layer - 1]
    array = dense.bias if position.source == 0 else dense.weight
    where = max(position.source - 1, 0), position.target - 1
    original = array[where]
    values, signs = [], []
    for step in (_DIFFERENCE, -_DIFFERENCE):
        array[where] = original + step
        values.append(float(loss.value(network.forward(x, training=True), targets)))
        signs.append(np.concatenate([(a.z > 0).ravel() for a in network.activation_layers]))
    crosses = trace.problem.activation in _KINKED and bool((signs[0] != signs[1]).any())
    return (values[0] - values[1]) / (2 * _DIFFERENCE), crosses


def _restored(trace: StepTrace) -> tuple[Network, Array, Array, Loss]:
    """Return the network with the weights that it had before the update."""
    network, x, targets, loss = _built(trace.problem)
    for dense, layer in zip(network.dense_layers, trace.layers, strict=True):
        dense.weight[...], dense.bias[...] = layer.weight, layer.bias
    return network, x, targets, loss


def whole_network_error(trace: StepTrace) -> float:
    """Return `check_gradients` of every weight and bias before the update."""
    network, x, targets, loss = _restored(trace)
    return check_gradients(network, loss, x, targets)


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
    network, x, targets, loss = _restored(trace)
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


# ------------------------------------------------------- the loss by itself


@dataclass(frozen=True, eq=False)
class OutputErrors:
    """Two losses of one prediction p of one sigmoid output, and their gradients, shape (n,) each.

    Attributes
    ----------
    squared, crossentropy : (p - y)² and -y·log p - (1 - y)·log(1 - p)
    squared_by_p, crossentropy_by_p : d loss / dp
    squared_by_z, crossentropy_by_z : d loss / dz for p = sigmoid(z), which is d loss / dp times
        p·(1 - p); of the cross-entropy p - y remains
    """

    prediction: Array
    target: float
    squared: Array
    crossentropy: Array
    squared_by_p: Array
    crossentropy_by_p: Array
    squared_by_z: Array
    crossentropy_by_z: Array


def output_errors(prediction: Sequence[float] | Array, target: float) -> OutputErrors:
    """Return both losses and their gradients at predictions strictly between 0 and 1."""
    p = np.asarray(prediction, np.float64)
    if not ((p > 0) & (p < 1)).all():
        raise ValueError("Predictions must lie strictly between 0 and 1.")
    logits = np.log(p / (1 - p))
    squared, entropy = LOSSES["mean_squared_error"], LOSSES["binary_crossentropy"]
    y = np.full_like(p, target)
    columns = [array[:, np.newaxis, np.newaxis] for array in (p, logits, y)]
    slope = p * (1 - p)
    squared_by_p = squared.gradient(columns[0], columns[2]).ravel()
    entropy_by_z = entropy.gradient(columns[1], columns[2]).ravel()
    return OutputErrors(
        p,
        target,
        squared.value(columns[0], columns[2]),
        entropy.value(columns[1], columns[2]),
        squared_by_p,
        entropy_by_z / slope,
        squared_by_p * slope,
        entropy_by_z,
    )


@dataclass(frozen=True, eq=False)
class SoftmaxChain:
    """The gradient of softmax cross-entropy by the chain rule, factor by factor.

    Attributes
    ----------
    logits, prediction, target : shape (K,)
    by_prediction : dL/dp_j = -y_j / p_j
    jacobian : dp_j/dz_k = p_j·([j = k] - p_k), shape (K, K)
    by_logit : Σ_j dL/dp_j · dp_j/dz_k
    engine : the gradient that `CategoricalCrossentropy` gives, p - y
    """

    logits: Array
    prediction: Array
    target: Array
    by_prediction: Array
    jacobian: Array
    by_logit: Array
    engine: Array


def softmax_chain(logits: Sequence[float], target: int) -> SoftmaxChain:
    """Return the gradient for logits of shape (K,) and a target class from 0."""
    loss = LOSSES["categorical_crossentropy"]
    z = np.array([logits], np.float64)
    y = np.eye(z.shape[1])[target]
    p = loss.predict(z)[0]
    by_prediction = -y / p
    jacobian = np.diag(p) - np.outer(p, p)
    engine = loss.gradient(z, y[np.newaxis])[0]
    return SoftmaxChain(z[0], p, y, by_prediction, jacobian, by_prediction @ jacobian, engine)


# ------------------------------------------------------------ texts for URLs

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_EDIT = re.compile(rf"(?:w(\d+)\[(\d+),(\d+)\]|b(\d+)\[(\d+)\])(?:@(\d+))?=({_NUMBER})", re.ASCII)


def format_edits(edits: Sequence[Edit]) -> str:
    """Return edits as ``w2[1,3]=0.25; b1[2]@7=-1``; ``@7`` means ahead of step 7 (from 0)."""
    return "; ".join(
        f"{edit.position.name}{f'@{edit.step}' if edit.step else ''}={edit.value!r}"
        for edit in edits
    )


def parse_edits(text: str) -> tuple[Edit, ...]:
    """Read what `format_edits` writes.

    Raises
    ------
    ValueError
        with the part that cannot be read
    """
    edits = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        found = _EDIT.fullmatch(part.replace(" ", ""))
        value = float(found[7]) if found else np.nan
        if found is None or not np.isfinite(value):
            raise ValueError(f"“{part[:40]}” is not an edit such as w2[1,3]=0.25 or b1[2]@7=-1.")
        layer, source, target = (
            (found[1], found[2], found[3]) if found[1] else (found[4], "0", found[5])
        )
        if found[1] and int(source) == 0:
            raise ValueError(f"“{part[:40]}”: units are counted from 1.")
        position = Position(int(layer), int(source), int(target))
        edits.append(Edit(position, value, int(found[6] or 0)))
    return tuple(edits)


def with_edit(edits: Sequence[Edit], edit: Edit) -> tuple[Edit, ...]:
    """Return the edits with one more, which replaces one of the same weight at the same step."""
    same = (edit.position, edit.step)
    return (*(old for old in edits if (old.position, old.step) != same), edit)


def format_examples(inputs: Sequence[Sequence[float]], targets: Sequence[Sequence[float]]) -> str:
    """Return a batch as ``0 0 > 0; 0 1 > 1``."""
    return "; ".join(
        f"{' '.join(f'{v:g}' for v in x)} > {' '.join(f'{v:g}' for v in y)}"
        for x, y in zip(inputs, targets, strict=True)
    )


def parse_examples(
    text: str, n_inputs: int, n_outputs: int, most: int = 8
) -> tuple[tuple[tuple[float, ...], ...], tuple[tuple[float, ...], ...]]:
    """Read what `format_examples` writes.

    Raises
    ------
    ValueError
        if an example is not `n_inputs` numbers, ``>``, `n_outputs` numbers, or there are more
        than `most`
    """
    inputs, targets = [], []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        sides = [side.split() for side in part.split(">")]
        numbers = [word for side in sides for word in side]
        if [len(side) for side in sides] != [n_inputs, n_outputs] or not all(
            re.fullmatch(_NUMBER, word) and abs(float(word)) <= 1e3 for word in numbers
        ):
            raise ValueError(
                f"“{part[:40]}” is not {n_inputs} inputs, “>” and {n_outputs} target numbers."
            )
        inputs.append(tuple(float(word) for word in sides[0]))
        targets.append(tuple(float(word) for word in sides[1]))
    if not 1 <= len(inputs) <= most:
        raise ValueError(f"Between 1 and {most} examples, with “;” in between.")
    return tuple(inputs), tuple(targets)


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
