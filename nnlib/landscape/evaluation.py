"""Loss and score of one network at many points of its weights."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from nnlib.building import build_network
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.evaluation import evaluation_splits, measure, score_name
from nnlib.losses import LOSS_OF_TASK, LOSSES
from nnlib.network import Network

_MOST_NUMBERS = 2**21
"""So many activations of the widest layer at once; more of them leave the processor's caches."""
_MOST_AT_ONCE = 64


def losses_at(
    experiment: Experiment,
    data: Dataset,
    points: npt.NDArray[np.floating],
    *,
    splits: Sequence[str] = ("train",),
    progress: Callable[[float], None] | None = None,
    dtype: npt.DTypeLike = np.float32,
) -> dict[str, npt.NDArray[np.float64]]:
    """Return loss and score at every point, without dropout and penalties.

    They are those that a run records: on a sample of the training split, and on validation. Batch
    normalization takes the mean and variance of that training sample with the weights of the
    point, see `Network.renew_statistics`: running statistics are of other weights.

    Parameters
    ----------
    experiment : whose network it is
    points : flat parameters, shape (n, P), as in `Network.flat_parameters`
    splits : "train", "val"; one that the data do not have is left out
    progress : called with the share of the work done, from 0 to 1

    Returns
    -------
    measured : "train_loss", "train_accuracy" or "train_r2", …, shape (n,) each
    """
    given, score = evaluation_splits(data, dtype), score_name(data)
    chosen = [split for split in splits if split in given]
    network = _stack(experiment, data, len(points), len(given["train"][0]), dtype)
    loss, at_once = LOSSES[LOSS_OF_TASK[data.task]], network.lead[0]
    found = {
        f"{split}_{what}": np.empty(len(points)) for split in chosen for what in ("loss", score)
    }
    for start in range(0, len(points), at_once):
        part = points[start : start + at_once]
        network.flat_parameters[: len(part)] = part
        network.flat_parameters[len(part) :] = part[0]  # the last part may be a small one
        with np.errstate(all="ignore"):
            network.renew_statistics(given["train"][0])
        for split in chosen:
            for what, values in measure(network.predict_logits, loss, *given[split], score).items():
                found[f"{split}_{what}"][start : start + len(part)] = values[: len(part)]
        if progress is not None:
            progress(min(1.0, (start + at_once) / len(points)))
    return found


def _stack(
    experiment: Experiment, data: Dataset, points: int, rows: int, dtype: npt.DTypeLike
) -> Network:
    """Return a stack of as many networks as are worth evaluating at once."""
    width = max(*experiment.network.hidden, data.n_outputs, 1)
    at_once = min(max(1, _MOST_NUMBERS // (rows * width)), _MOST_AT_ONCE, max(1, points))
    rng = np.random.default_rng(0)
    return build_network(
        experiment.network, data.n_features, data.n_outputs, rng, dtype=dtype, lead=(at_once,)
    )
