"""What a measurement of curvature costs beside a step, counted and not timed.

A cadence that went by the clock would give another record each time; what is counted here follows
from the experiment alone. The constants are microseconds on one core of the machine on which they
were fitted, those of a measurement on the high side: only ratios matter, and what a measurement
took in truth is shown beside them.
"""

from __future__ import annotations

from typing import NamedTuple

from nnlib.training import Trainer


class Prices(NamedTuple):
    """Of a layer's calls, of one multiplication and addition, and of one unit of one example.

    `smooth` comes on top for a unit whose activation takes an exponential.
    """

    calls: float
    multiplication: float
    unit: float
    smooth: float


_STEP = {
    "numpy": Prices(6.5, 6e-5, 0.002, 0.009),
    "compiled": Prices(0.2, 3.5e-5, 0.001, 0.004),
}
_PASS = Prices(20, 8e-5, 0.007, 0.006)  # at the point, or through all layers and back
_PARAMETER = 1e-3  # of the update, in one step
_MEASUREMENT = 600.0  # what is there once a measurement
_KINKED = ("linear", "relu", "leaky_relu")


def step_cost(trainer: Trainer) -> float:
    """Return the cost of a step of the run's engine."""
    passed = _passes(trainer, _STEP[trainer.history.engine], trainer._minibatches.size, 2, 3)
    return passed + _PARAMETER * trainer.network.n_parameters


def measurement_cost(trainer: Trainer, products: int, *, alpha: bool = False) -> float:
    """Return the cost of a measurement with so many products on the examples it is taken on.

    A product goes through the layers forward and backward as a step does, with twice the matrix
    products in all layers but the first; ahead of them come the two passes at the point. For α
    there are two more points, each with one pass forward, on a minibatch.
    """
    examples = len(trainer._evaluator.splits["train"][0])
    point = _passes(trainer, _PASS, examples, 3, 3)
    cost = _MEASUREMENT + point + products * _passes(trainer, _PASS, examples, 2, 6)
    if alpha:
        cost += _MEASUREMENT + 2 * _passes(trainer, _PASS, trainer._minibatches.size, 4, 5)
    return cost


def _passes(trainer: Trainer, prices: Prices, examples: int, first: int, others: int) -> float:
    """Return the cost of passes with so many matrix products in the first and the other layers."""
    network = trainer.network
    sizes = [dense.fan_in * dense.fan_out for dense in network.dense_layers]
    multiplications = first * sizes[0] + others * sum(sizes[1:])
    units = sum(dense.fan_out for dense in network.dense_layers)
    smooth = any(layer.function.name not in _KINKED for layer in network.activation_layers)
    of_a_unit = prices.unit + prices.smooth * smooth
    of_an_example = prices.multiplication * multiplications + of_a_unit * units
    return prices.calls * len(network.layers) + examples * of_an_example
