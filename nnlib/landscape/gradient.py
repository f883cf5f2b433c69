"""Loss and gradient along the direction of the step: how far the gradient can be trusted."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.losses import Loss
from nnlib.network import Network
from nnlib.training import Trainer

Floats = npt.NDArray[np.float64]
LENGTHS = np.linspace(0.5, 4, 8)
"""Step lengths in units of the learning rate, the range of Santurkar et al. 2018, figure 4."""


@dataclass(frozen=True, eq=False)
class AlongGradient:
    """What minibatches of a run have along their gradients, at some of its steps.

    Attributes
    ----------
    steps : shape (n,)
    low, high : the smallest and the largest loss along the gradient, shape (n,)
    change : the largest distance of the gradient there from the gradient here, shape (n,)
    """

    steps: npt.NDArray[np.int64]
    low: Floats
    high: Floats
    change: Floats

    @property
    def ranges(self) -> Floats:
        """The largest minus the smallest loss, shape (n,)."""
        return np.asarray(self.high - self.low)


def look_along_gradient(
    experiment: Experiment,
    data: Dataset,
    looks: int = 60,
    progress: Callable[[float], None] | None = None,
) -> AlongGradient:
    """Train a run and look along the gradient of a minibatch, drawn for it, on the way.

    Parameters
    ----------
    looks : about so many, the first of them ahead of the first step
    progress : called with the share of the work done, from 0 to 1
    """
    trainer = Trainer(experiment, data, instruments=(), evaluations=False)
    rng, targets = np.random.default_rng(experiment.training.seed), data.targets("train")
    rate, size = experiment.training.learning_rate, experiment.training.batch_size
    every, found = max(1, trainer.total_steps // looks), []
    while True:
        rows = rng.choice(len(targets), size)
        seen = along_the_gradient(
            trainer.network, trainer.loss, data.X_train[rows], targets[rows], rate
        )
        found.append((trainer.step, *seen))
        if progress is not None:
            progress(min(1.0, trainer.step / trainer.total_steps))
        if trainer.done:
            break
        trainer.advance(steps=every)
    steps, low, high, change = np.array(found, float).T
    return AlongGradient(steps.astype(np.int64), low, high, change)


def along_the_gradient(
    network: Network, loss: Loss, x: Array, targets: Array, rate: float
) -> tuple[float, float, float]:
    """Return how loss and gradient of a batch differ along its gradient; the network stays.

    Santurkar et al. 2018, "How Does Batch Normalization Help Optimization?", figure 4.

    Parameters
    ----------
    rate : the steps are `LENGTHS` times this long, in units of the gradient

    Returns
    -------
    low, high : the smallest and the largest loss at the steps
    change : the largest distance of the gradient there from the gradient here
    """
    weights, state = network.flat_parameters.copy(), network.flat_state.copy()
    with np.errstate(all="ignore"):
        gradient = _gradient(network, loss, x, targets)[1]
        losses, distances = [], []
        for length in LENGTHS:
            network.flat_parameters[...] = weights - length * rate * gradient
            value, there = _gradient(network, loss, x, targets)
            losses.append(value)
            distances.append(float(np.linalg.norm(there - gradient)))
    network.flat_parameters[...], network.flat_state[...] = weights, state
    return min(losses), max(losses), max(distances)


def _gradient(network: Network, loss: Loss, x: Array, targets: Array) -> tuple[float, Array]:
    value, gradient = loss.value_and_gradient(network.forward(x, training=True), targets)
    network.backward(gradient, input_gradient=False)
    return float(value), network.flat_gradients.copy()
