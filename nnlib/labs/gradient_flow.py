"""How the back-propagated signal fares on its way through a network: verdict, theory, weight scale.

The theory is that of `nnlib.labs.propagation`: in the limit of infinite width, with independent
weights of mean zero, a layer multiplies the variance of the pre-activations by q_{l+1} / q_l and,
on the way back, that of dL/dz by χ = fan_out · var(w) · E[f'(z)²]. Glorot & Bengio (2010, section
4.2) take f'(z) = 1, so that fan · var(w) = 1 keeps both; He et al. (2015, section 2.2) count that
ReLU lets half of the values through, so that fan · var(w) = 2 does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.activations import ACTIVATIONS, Activation
from nnlib.config import Experiment, NetworkConfig
from nnlib.datasets.dataset import Dataset
from nnlib.initializers import weight_variance
from nnlib.instruments import INSTRUMENTS
from nnlib.labs.propagation import RandomStack, propagate
from nnlib.training import Trainer

LIMIT = 1.25
"""A layer that makes the signal grow by more than this lets it explode, its inverse vanish.

With 1 / 1.25 = 0.8 a layer, about a hundredth is left after 20 layers.
"""
MUCH = 100.0
"""A signal that has changed by more than this in all has changed much, layer by layer or not."""
SCALES = tuple(float(f"{s:.3g}") for s in np.geomspace(0.25, 8, 21))
"""Weight scales √(n·var(w)) of the sweep."""

_STACKED_WEIGHTS = 1_000_000  # in a stack of untrained networks, which bounds its memory
_INPUTS = 20  # random inputs of the sweep

Kind = Literal["healthy", "vanishing", "exploding", "no signal", "not finite", "one layer"]
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Verdict:
    """What became of the signal between the last and the first hidden layer.

    Attributes
    ----------
    kind : "vanishing" where the factor is below 1 / `LIMIT`, "exploding" where it is above
        `LIMIT`, whatever the number of layers
    ratio : norm of dL/dz at the first hidden layer, divided by that at the last
    layers : how many hidden layers there are
    """

    kind: Kind
    ratio: float
    layers: int

    @property
    def factor(self) -> float:
        """By what each layer multiplies the norm on the way back, the geometric mean."""
        return float(self.ratio ** (1 / (self.layers - 1))) if self.layers > 1 else 1.0

    @property
    def adds_up(self) -> bool:
        """Whether factors that are healthy by themselves have come to much over the layers."""
        return self.kind == "healthy" and not 1 / MUCH <= self.ratio <= MUCH


def judge(signal: Sequence[float] | Array) -> Verdict:
    """Judge the norms of dL/dz of the hidden layers, from the first to the last.

    Parameters
    ----------
    signal : shape (hidden layers,); for layers of different width, divide each by √width first
    """
    norms = np.asarray(signal, np.float64)
    count = len(norms)
    if not np.isfinite(norms).all():
        return Verdict("not finite", float("nan"), count)
    if not norms.any():
        return Verdict("no signal", float("nan"), count)
    if count == 1:
        return Verdict("one layer", 1.0, count)
    verdict = Verdict("healthy", float(norms[0] / norms[-1]) if norms[-1] else inf, count)
    if verdict.factor > LIMIT:
        return replace(verdict, kind="exploding")
    return replace(verdict, kind="vanishing") if verdict.factor < 1 / LIMIT else verdict


@dataclass(frozen=True, eq=False)
class InitialFlow:
    """What the first minibatch meets in untrained networks, one row a seed.

    Attributes
    ----------
    signal : norm of dL/dz of each hidden layer, shape (seeds, hidden)
    gradient : norm of dL/dW of each layer, the output layer last, shape (seeds, hidden + 1)
    activation_std : standard deviation over units and examples, shape (seeds, hidden)
    """

    signal: Vector
    gradient: Vector
    activation_std: Vector

    @property
    def relative_signal(self) -> Vector:
        """The signal divided by that of the last hidden layer; NaN where that is zero."""
        last = self.signal[:, -1:]
        return np.divide(
            self.signal, last, out=np.full_like(self.signal, np.nan), where=np.asarray(last > 0)
        )

    @property
    def typical_signal(self) -> Vector:
        """The median over the seeds of the relative signal, shape (hidden,).

        Of the signal itself where a seed has none at the last hidden layer.
        """
        relative = self.relative_signal
        whole = np.isfinite(relative).all()
        return np.asarray(np.median(relative if whole else self.signal, axis=0))


def measure_initial(experiment: Experiment, data: Dataset, seeds: int) -> InitialFlow:
    """Measure untrained networks of several seeds, in float64, which does not underflow here.

    Parameters
    ----------
    experiment : its seed is the first; it needs a hidden layer
    seeds : how many, at least 1
    """
    first = experiment.training.seed
    runs = [experiment.with_training(seed=first + i) for i in range(seeds)]
    together = max(1, _STACKED_WEIGHTS // weight_count(experiment.network, data))
    parts = [_first_records(runs[i : i + together], data) for i in range(0, seeds, together)]
    signal, gradient, deviation = (np.concatenate(part) for part in zip(*parts, strict=True))
    return InitialFlow(signal[:, :-1], gradient, deviation)


def _first_records(runs: list[Experiment], data: Dataset) -> list[Vector]:
    """Return signal norm, gradient norm and deviation, each (runs, layers), of one stack."""
    wanted = ("signal_norm", "gradient_norm", "activation_std")
    instruments = [INSTRUMENTS[name] for name in wanted]
    trainer = Trainer(runs, data, dtype=np.float64, instruments=instruments)
    trainer.advance(steps=1)
    return [np.array(trainer.history[name][0]) for name in wanted]


def weight_count(network: NetworkConfig, data: Dataset) -> int:
    """Return how many weights the dense layers of a network have, biases left out."""
    widths = (data.n_features, *network.hidden, data.n_outputs)
    return sum(a * b for a, b in pairwise(widths))


@dataclass(frozen=True, eq=False)
class Prediction:
    """What theory says of an untrained network.

    Attributes
    ----------
    activation_std : of each hidden layer, shape (hidden,)
    relative_signal : norm of dL/dz relative to the last hidden layer, shape (hidden,)
    forward, backward : by what each layer but the first multiplies the variance of z, and by
        what it multiplies that of dL/dz on the way back to the layer before, (hidden - 1,)
    """

    activation_std: Vector
    relative_signal: Vector
    forward: Vector
    backward: Vector


def why_no_theory(network: NetworkConfig) -> str:
    """Say why theory has nothing to say of a network; an empty string where it has."""
    if network.batch_norm:
        return "batch normalization makes the units of a minibatch depend on each other"
    if network.skip:
        return "it leaves skip connections out"
    if network.initializer == "zeros":
        return "all weights are zero"
    return ""


def predict(network: NetworkConfig, inputs: Array) -> Prediction:
    """Return what theory says of hidden layers of one width.

    Parameters
    ----------
    network : without batch normalization and skip connections, its weights not all zero
    inputs : training features, shape (n, d); their mean squared length stands for all of them

    Raises
    ------
    ValueError
        where theory does not apply (`why_no_theory`), or the widths differ
    """
    if why_no_theory(network) or len(set(network.hidden)) != 1:
        raise ValueError("Theory applies to plain networks with hidden layers of one width.")
    width = network.hidden[0]
    first = weight_variance(
        network.initializer, inputs.shape[1], width, network.initializer_scale
    ) * float(np.square(inputs, dtype=np.float64).sum(axis=1).mean())
    stack = RandomStack(
        ACTIVATIONS[network.activation],
        network.initializer,
        network.initializer_scale,
        width,
        len(network.hidden),
    )
    # `propagate` begins with gain · deviation²; this deviation makes that the first layer's q.
    theory = propagate(replace(stack, deviation=sqrt(first / stack.gain)))
    return Prediction(
        np.sqrt(theory.variance),
        np.sqrt(theory.signal_variance / theory.signal_variance[-1]),
        theory.pre_variance[1:] / theory.pre_variance[:-1],
        theory.signal_variance[:-1] / theory.signal_variance[1:],
    )


@dataclass(frozen=True, eq=False)
class ScaleSweep:
    """What a layer does to the norm of the signal on its way back, over the weights' scale.

    Attributes
    ----------
    activation : its name
    scales : √(n · var(w)), shape (scales,)
    predicted, measured : factor per layer, the geometric mean over the stack, (scales,)
    """

    activation: str
    scales: Vector
    predicted: Vector
    measured: Vector


def sweep_scale(
    activation: str, width: int, depth: int, rng: np.random.Generator, scales: Sequence[float] = ()
) -> ScaleSweep:
    """Scale the weights of one random stack and push a random signal back through it.

    Inputs are N(0, 1), and the same at every scale; depth is at least 2.
    """
    function, chosen = ACTIVATIONS[activation], np.array(scales or SCALES, np.float64)
    # The variance of LeCun's rule is scale² / fan_in, so its scale is √(n · var(w)).
    stacks = [RandomStack(function, "lecun_normal", scale, width, depth) for scale in chosen]
    theory = np.array([propagate(stack).signal_variance for stack in stacks])
    return ScaleSweep(
        activation,
        chosen,
        _factors(theory[:, 0], theory[:, -1], depth),
        _factors(*_push_back(function, chosen, width, depth, rng), depth),
    )


def _push_back(
    function: Activation, scales: Vector, width: int, depth: int, rng: np.random.Generator
) -> tuple[Vector, Vector]:
    """Return the mean square of dL/dz at the first and at the last layer, each (scales,)."""
    weights = rng.normal(0, sqrt(1 / width), (depth, width, width))
    scale = scales[:, np.newaxis, np.newaxis]
    a: Array = rng.normal(size=(_INPUTS, width))
    slopes = []
    for weight in weights:
        z = scale * (a @ weight)
        slopes.append(function.derivative(z))
        a = function.value(z)
    last = signal = rng.normal(size=(_INPUTS, width)) * slopes[-1]
    for weight, slope in zip(weights[:0:-1], slopes[-2::-1], strict=True):
        signal = scale * (signal @ weight.T) * slope
    return np.square(signal).mean(axis=(1, 2)), np.square(last).mean(axis=(1, 2))


def _factors(first: Vector, last: Vector, depth: int) -> Vector:
    """Return the geometric mean of the layers' factors on the norm; 0 where nothing arrives."""
    ratio = np.divide(first, last, out=np.zeros_like(first), where=last > 0)
    return np.asarray(ratio ** (1 / (2 * (depth - 1))))
