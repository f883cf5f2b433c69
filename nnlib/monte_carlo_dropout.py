"""Dropout looked at closely: its random draws, runs at several rates, and passes with it left on.

The draws come from the `Dropout` layer that networks are trained with. Every function that draws
takes its generator, so the same seed gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.config import Experiment
from nnlib.layers import Binding, Dropout
from nnlib.losses import LOSS_OF_TASK, LOSSES
from nnlib.network import Network, build_network
from nnlib.randomness import Streams
from nnlib.training import Trainer

Floats = npt.NDArray[np.float64]

SAMPLES_KEPT = 10
"""So many single passes are kept beside their mean."""
_MOST_POINTS = 120  # on the axis of draws


@dataclass(frozen=True, eq=False)
class DropoutDraws:
    """Many independent draws of dropout on one matrix.

    Attributes
    ----------
    x : what is drawn on, shape (n, d)
    keep : probability of keeping an entry
    mask, output : of the first draw, shape (n, d); the mask holds 0 and 1
    counts : numbers of draws, ascending, shape (k,)
    running_mean : mean output over that many first draws, shape (k, n, d)
    variance : unbiased sample variance over all draws, shape (n, d)
    """

    x: Floats
    keep: float
    mask: Floats
    output: Floats
    counts: npt.NDArray[np.int64]
    running_mean: Floats
    variance: Floats


def dropout_variance(x: npt.ArrayLike, keep: float) -> Floats:
    """Return the variance of inverted dropout's output, x²·(1 - keep) / keep.

    The output is x·m / keep with m = 1 of probability `keep`, else 0. Its mean is x and its second
    moment x² / keep, whatever x is.

    Raises
    ------
    ValueError
        if `keep` is not above 0 and at most 1
    """
    if not 0 < keep <= 1:
        raise ValueError(f"The keep probability must be above 0 and at most 1, not {keep}.")
    variance: Floats = np.square(np.asarray(x, np.float64)) * (1 - keep) / keep
    return variance


def draw_dropout(
    x: npt.ArrayLike, keep: float, count: int, rng: np.random.Generator
) -> DropoutDraws:
    """Draw inverted dropout `count` times on a matrix with the library's own layer.

    Parameters
    ----------
    x : shape (n, d)
    keep : probability of keeping an entry, above 0 and at most 1; the layer's rate is 1 - keep
    count : number of draws, at least 2

    Raises
    ------
    ValueError
        if `keep` or `count` is out of bounds
    """
    dropout_variance(x, keep)
    if count < 2:
        raise ValueError(f"A variance needs at least 2 draws, not {count}.")
    matrix = np.asarray(x, np.float64)
    n, d = matrix.shape
    layer = _bound(1 - keep, rng, np.float64)
    outputs = layer.forward(np.tile(matrix, (count, 1)), training=True).reshape(count, n, d)
    assert layer.mask is not None  # a forward pass in training mode has made one
    mask = (layer.mask[:n] > 0).astype(np.float64)
    counts = np.unique(np.geomspace(1, count, _MOST_POINTS).round().astype(np.int64))
    means = np.cumsum(outputs, axis=0)[counts - 1] / counts[:, np.newaxis, np.newaxis]
    variance = np.asarray(outputs.var(axis=0, ddof=1))
    return DropoutDraws(matrix, keep, mask, outputs[0].copy(), counts, means, variance)


def _bound(rate: float, rng: np.random.Generator, dtype: npt.DTypeLike) -> Dropout:
    """Return a dropout layer on its own, outside any network."""
    layer = Dropout(rate, Streams([rng]))
    layer.bind(Binding({}, {}, {}, {}, (), dtype))
    return layer


def rate_experiments(
    experiment: Experiment, rates: Sequence[float], seeds: Sequence[int]
) -> list[Experiment]:
    """Return one experiment a rate and seed, seeds varying fastest; they train as one stack.

    Runs of one seed share initial weights, minibatches and the uniform numbers behind the masks.
    """
    return [
        experiment.with_network(dropout=rate).with_training(seed=seed)
        for rate in rates
        for seed in seeds
    ]


@dataclass(frozen=True, eq=False)
class SeedBand:
    """What the runs of one dropout rate have recorded; arrays of shape (records,) or (layers,).

    Attributes
    ----------
    steps : where it was recorded; of a profile over layers, the layers' numbers from 1
    median, low, high : over the seeds; NaN where a run has diverged
    """

    rate: float
    steps: npt.NDArray[np.int64]
    median: Floats
    low: Floats
    high: Floats


def seed_bands(trainer: Trainer, series: str, layer: int | None = None) -> list[SeedBand]:
    """Return median and range over the seeds, one band a dropout rate, by rising rate.

    Parameters
    ----------
    trainer : a stack of runs
    series : name in the history
    layer : which layer, where the series has one number a layer

    Returns
    -------
    list of SeedBand, empty where the series was not recorded
    """
    if series not in trainer.history:
        return []
    values = trainer.history[series]
    values = values if layer is None else values[..., layer]
    return _bands(trainer, trainer.history.steps(series), values)


def layer_profile(trainer: Trainer, series: str = "gradient_norm") -> list[SeedBand]:
    """Return one number a layer and rate: the median over the records of the last quarter.

    Median and range over the seeds are taken of that number.
    """
    steps = trainer.history.steps(series)
    late = trainer.history[series][steps >= 0.75 * steps[-1]]
    by_layer = np.median(late, axis=0).T
    return _bands(trainer, np.arange(1, len(by_layer) + 1), by_layer)


def _bands(trainer: Trainer, steps: npt.NDArray[np.int64], values: Floats) -> list[SeedBand]:
    """Reduce values of shape (m, R) over the runs of each rate."""
    rates = np.array([experiment.network.dropout for experiment in trainer.experiments])
    bands = []
    for rate in np.unique(rates):
        runs = values[:, rates == rate]  # np.median and the extremes pass a NaN on
        bands.append(
            SeedBand(
                float(rate), steps, np.median(runs, axis=1), runs.min(axis=1), runs.max(axis=1)
            )
        )
    return bands


@dataclass(frozen=True, eq=False)
class MonteCarloPrediction:
    """What T passes with dropout left on predict for n examples (Gal & Ghahramani 2016).

    Attributes
    ----------
    passes : T
    mean : over the passes, shape (n, k): class probabilities (two columns for a binary task), or
        regression values in the target's own units
    deviation : standard deviation over the passes, the mean squared difference's root, (n, k)
    predictive_entropy : entropy of the mean probabilities in nats, (n,); None for a regression
    mutual_information : that less the mean entropy of the single passes, (n,), never below 0: how
        far the passes disagree; None for a regression
    samples : the first passes, shape (at most `SAMPLES_KEPT`, n, k)
    """

    passes: int
    mean: Floats
    deviation: Floats
    predictive_entropy: Floats | None
    mutual_information: Floats | None
    samples: Floats


def predict_with_dropout(
    trainer: Trainer,
    x: npt.ArrayLike,
    passes: int,
    rng: np.random.Generator,
    *,
    replica: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> MonteCarloPrediction:
    """Predict `passes` times with dropout on, at the rate the network was trained with.

    Each pass draws one mask a layer and uses it for all examples, so a pass is the prediction of
    one thinned network. For a single example that is the same distribution as with masks of its
    own.

    Parameters
    ----------
    trainer : a single run, or a stack of which `replica` names one
    x : shape (n, n_features)
    passes : at least 1
    replica : index in the stack
    progress : called with the share of the passes made

    Raises
    ------
    ValueError
        if `passes` is below 1, or the network has batch normalization, whose training mode would
        mix the examples
    """
    if passes < 1:
        raise ValueError(f"At least one pass is needed, not {passes}.")
    network, masked = _single_network(trainer, replica, rng)
    inputs = np.asarray(x, network.dtype)
    with np.errstate(all="ignore"):  # a run that diverged predicts what is not finite
        return _passes(trainer, network, masked, inputs, passes, progress)


def _passes(
    trainer: Trainer,
    network: Network,
    masked: list[tuple[Dropout, int]],
    inputs: Array,
    passes: int,
    progress: Callable[[float], None] | None,
) -> MonteCarloPrediction:
    mean = deviation = entropy = np.zeros(())
    samples = []
    for done in range(1, passes + 1):
        for layer, width in masked:
            # Dropout of ones is the mask, divided by the keep probability as in training.
            ones = np.ones((1, width), network.dtype)
            layer.frozen = False
            layer.forward(ones, training=True)
            layer.frozen = True
        outputs = _outputs(trainer, network.forward(inputs, training=True))
        difference = outputs - mean  # Welford's update loses no digits
        mean = mean + difference / done
        deviation = deviation + difference * (outputs - mean)
        entropy = entropy + entropy_of(outputs)
        if done <= SAMPLES_KEPT:
            samples.append(outputs)
        if progress is not None:
            progress(done / passes)
    spread = np.sqrt(deviation / passes)
    if trainer.data.task == "regression":
        return MonteCarloPrediction(passes, mean, spread, None, None, np.stack(samples))
    total = entropy_of(mean)
    disagreement = np.maximum(total - entropy / passes, 0)  # never negative but for rounding
    return MonteCarloPrediction(passes, mean, spread, total, disagreement, np.stack(samples))


def _single_network(
    trainer: Trainer, replica: int | None, rng: np.random.Generator
) -> tuple[Network, list[tuple[Dropout, int]]]:
    """Return a copy of one replica's network, and its dropout layers with their widths."""
    index = () if replica is None else (replica,)
    config = trainer.experiments[replica or 0].network
    if config.batch_norm:
        raise ValueError("Monte Carlo dropout needs a network without batch normalization.")
    data, dtype = trainer.data, trainer.network.dtype
    network = build_network(
        config, data.n_features, data.n_outputs, rng, dropout_streams=Streams([rng]), dtype=dtype
    )
    network.flat_parameters[...] = trainer.network.flat_parameters[index]
    dropouts = [layer for layer in network.layers if isinstance(layer, Dropout)]
    return network, list(zip(dropouts, config.hidden, strict=False))


def predict_without_dropout(
    trainer: Trainer, x: npt.ArrayLike, *, replica: int | None = None
) -> Floats:
    """Return what evaluation mode predicts, shape (n, k), as `MonteCarloPrediction.mean` is."""
    index = () if replica is None else (replica,)
    inputs = np.asarray(x, trainer.network.dtype)
    with np.errstate(all="ignore"):
        return _outputs(trainer, trainer.network.predict_logits(inputs)[index])


def _outputs(trainer: Trainer, logits: Array) -> Floats:
    """Return class probabilities, or values in the target's own units, shape (n, k)."""
    data = trainer.data
    loss = LOSSES[LOSS_OF_TASK[data.task]]
    wide = logits.astype(np.float64)  # in float32 a probability of 1 - 1e-8 would be 1
    if data.task == "regression":
        return np.asarray(wide * data.target_scale + data.target_mean)
    if data.task == "binary":
        return np.concatenate([loss.predict(-wide), loss.predict(wide)], axis=-1)
    return np.asarray(loss.predict(wide))


def grid_around(
    x: npt.ArrayLike, margin: float, resolution: int
) -> tuple[list[Floats], npt.NDArray[np.float32]]:
    """Return a grid over one or two features that reaches beyond the points.

    Parameters
    ----------
    x : points, shape (n, 1) or (n, 2)
    margin : how far the grid goes on each side, as a share of the points' range
    resolution : grid points along each feature

    Returns
    -------
    axes : one array of shape (resolution,) a feature
    points : shape (resolution ** features, features), the first feature varying fastest
    """
    points = np.asarray(x, np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.where(high > low, margin * (high - low), 1.0)
    axes = [
        np.linspace(start, end, resolution)
        for start, end in zip(low - room, high + room, strict=True)
    ]
    grid = np.stack([a.ravel() for a in np.meshgrid(*axes)], axis=1).astype(np.float32)
    return axes, grid


def entropy_of(probabilities: npt.ArrayLike) -> Floats:
    """Return -Σ p·log p over the last axis in nats, with 0·log 0 = 0."""
    p = np.asarray(probabilities, np.float64)
    logarithm = np.log(p, out=np.zeros_like(p), where=p > 0)
    entropy: Floats = -(p * logarithm).sum(axis=-1)
    return entropy


def root_mean_squared_error(predicted: npt.ArrayLike, target: npt.ArrayLike) -> float:
    """Return √(mean (predicted - target)²) over examples and targets, in the target's unit.

    Parameters
    ----------
    predicted : shape (n, k)
    target : shape (n, k), or (n,) for a single target
    """
    values = np.asarray(predicted, np.float64)
    difference = values - np.asarray(target, np.float64).reshape(values.shape)
    return float(np.sqrt(np.square(difference).mean()))


def negative_log_likelihood(probabilities: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Return the mean of -log p of the true class in nats.

    Parameters
    ----------
    probabilities : shape (n, classes)
    labels : class codes, shape (n,)
    """
    p = np.asarray(probabilities, np.float64)
    chosen = p[np.arange(len(p)), np.asarray(labels, np.int64)]
    return float(-np.log(np.maximum(chosen, np.finfo(np.float64).tiny)).mean())
