"""The gradient of one weight, written out factor by factor and checked by a difference."""

from dataclasses import dataclass

import numpy as np

from nnlib._array import Array
from nnlib.activations import ACTIVATIONS
from nnlib.gradient_check import check_gradients
from nnlib.labs.step_trace import DIFFERENCE, StepTrace, restored
from nnlib.labs.walkthrough import Position


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
    delta = factor · (prediction - target), times the slope of the function that gives the
    prediction where the loss does not cancel it.
    """

    layer: int
    unit: int
    value: float
    derivative: float | None = None
    terms: tuple[Term, ...] = ()
    prediction: float = 0.0
    target: float = 0.0
    factor: float = 1.0
    slope: float | None = None

    @property
    def product(self) -> float:
        """The factors multiplied out, which must be `value`."""
        if self.derivative is None:
            slope = 1.0 if self.slope is None else self.slope
            return self.factor * (self.prediction - self.target) * slope
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
    prediction, loss = float(numbers.a[example, column]), trace.problem.loss
    return Delta(
        layer,
        unit,
        float(numbers.delta[example, column]),
        prediction=prediction,
        target=float(trace.targets[example, column]),
        factor=output_factor(loss, *trace.targets.shape),
        slope=prediction * (1 - prediction) if loss == "sigmoid_squared_error" else None,
    )


def output_factor(loss: str, batch: int, outputs: int) -> float:
    """Return c of dL/dz = c·(prediction - target): what the mean over the batch divides by.

    1/B for softmax cross-entropy, 1/(B·K) for the binary one, 2/(B·K) for the squared error, also
    that of a sigmoid, which has the factor p·(1 - p) beside it.
    """
    if loss == "categorical_crossentropy":
        return 1 / batch
    return (2 if "squared" in loss else 1) / (batch * outputs)


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
    network, x, targets, loss = restored(trace)
    dense = network.dense_layers[position.layer - 1]
    array = dense.bias if position.source == 0 else dense.weight
    where = max(position.source - 1, 0), position.target - 1
    original = array[where]
    values, signs = [], []
    for step in (DIFFERENCE, -DIFFERENCE):
        array[where] = original + step
        values.append(float(loss.value(network.forward(x, training=True), targets)))
        signs.append(np.concatenate([(a.z > 0).ravel() for a in network.activation_layers]))
    kinked = ACTIVATIONS[trace.problem.activation].kinked
    crosses = kinked and bool((signs[0] != signs[1]).any())
    return (values[0] - values[1]) / (2 * DIFFERENCE), crosses


def whole_network_error(trace: StepTrace) -> float:
    """Return `check_gradients` of every weight and bias before the update."""
    network, x, targets, loss = restored(trace)
    return check_gradients(network, loss, x, targets)
