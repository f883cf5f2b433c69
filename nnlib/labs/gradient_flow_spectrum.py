"""The Jacobian's spectrum and the rank of the activations in untrained networks, layer by layer."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.network import Network
from nnlib.probes import jacobians
from nnlib.training import Trainer

EXAMPLES = 64
"""So many training examples' activations are taken for the rank."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class InitialSpectrum:
    """What untrained networks of several seeds do to all directions at once.

    Attributes
    ----------
    values : singular values of ∂z_L/∂z_l, from the last hidden layer L back to each hidden layer
        l, at the first training example, largest first, shape (seeds, hidden, units); what
        rounding hides is 0. None where there are none, and then `reason` says why.
    rank : effective rank of the activations of each hidden layer, shape (seeds, hidden)
    examples : how many were taken for the rank
    """

    values: Floats | None
    reason: str
    rank: Floats
    examples: int

    def quantities(self) -> dict[str, Floats]:
        """Return the values in four numbers a layer, each of shape (seeds, hidden)."""
        if self.values is None:
            return {}
        return {
            "largest": self.values[..., 0],
            "root mean square": np.sqrt(np.square(self.values).mean(axis=-1)),
            "median": np.asarray(np.median(self.values, axis=-1)),
            "smallest": self.values[..., -1],
        }


def measure_spectrum(
    experiment: Experiment,
    data: Dataset,
    seeds: int,
    progress: Callable[[float], None] | None = None,
) -> InitialSpectrum:
    """Measure untrained networks of several seeds, in float64; arguments as `measure_initial`."""
    spectra, ranks, reason = [], [], ""
    x = np.asarray(data.X_train[:EXAMPLES], np.float64)
    for i in range(seeds):
        run = experiment.with_training(seed=experiment.training.seed + i)
        network = Trainer(run, data, dtype=np.float64).network
        ranks.append(_ranks(network, x))
        reason = jacobians.why_no_jacobians(network)
        if not reason:
            spectra.append(_values(network, x[:1]))
        if progress is not None:
            progress((i + 1) / seeds)
    values = None if reason else np.array(spectra)
    return InitialSpectrum(values, reason, np.array(ranks), len(x))


def _values(network: Network, x: Floats) -> Floats:
    """Return the singular values at one example, shape (hidden, units)."""
    found = [jacobians.singular_values(j)[0] for j in jacobians.signal_jacobians(network, x)]
    values = np.array(found[::-1])
    # Each product rounds to about ε times the units; as `numpy.linalg.matrix_rank` has it.
    hidden = values[:, :1] * np.finfo(np.float64).eps * values.shape[1] * len(values)
    return np.where(values > hidden, values, 0.0)


def _ranks(network: Network, x: Floats) -> Floats:
    network.renew_statistics(x)
    network.forward(x)
    return np.array([jacobians.effective_rank(layer.a) for layer in network.activation_layers])
