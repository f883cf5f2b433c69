"""Monte Carlo dropout: predictions with dropout left on, their mean and their spread.

Every function that draws takes its generator, so the same seed gives the same numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.layers import Dropout
from nnlib.losses import LOSS_OF_TASK, LOSSES
from nnlib.network import Network
from nnlib.sweeps import single_network
from nnlib.training import Trainer

Floats = npt.NDArray[np.float64]

SAMPLES_KEPT = 10
"""So many single passes are kept beside their mean."""


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
    network, masked = _masked_network(trainer, replica, rng)
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


def _masked_network(
    trainer: Trainer, replica: int | None, rng: np.random.Generator
) -> tuple[Network, list[tuple[Dropout, int]]]:
    """Return a copy of one replica's network, and its dropout layers with their widths."""
    config = trainer.experiments[replica or 0].network
    if config.batch_norm:
        raise ValueError("Monte Carlo dropout needs a network without batch normalization.")
    network = single_network(trainer, replica, rng)
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
