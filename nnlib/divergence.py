"""Where the numbers of a run stopped being finite, replica by replica."""

import numpy as np
import numpy.typing as npt

from nnlib.history import Divergence, History
from nnlib.kept import KeptAttributes
from nnlib.network import Network


class DivergenceWatch(KeptAttributes):
    """Notes in the history when a replica's numbers stop being finite.

    Attributes
    ----------
    diverged : which replicas have, shape (…,)
    all : whether no replica is left
    """

    kept_names = ("diverged", "all")

    def __init__(self, network: Network, history: History) -> None:
        self._network, self._history = network, history
        self.diverged = np.zeros(network.lead, bool)
        self.all = False

    def note(self, finite: npt.NDArray[np.bool_], step: int) -> None:
        """Note the replicas that are not finite after so many updates; `finite` has shape (…,)."""
        for replica in np.ndindex(self._network.lead):
            if finite[replica] or self.diverged[replica]:
                continue
            layer, what = locate_nonfinite(self._network, replica)
            self._history.divergences.append(Divergence(step, layer, what, replica))
            self.diverged[replica] = True
        self.all = bool(self.diverged.all())


def locate_nonfinite(network: Network, replica: tuple[int, ...] = ()) -> tuple[str, str]:
    """Return the layer in which non-finite numbers began, and in which quantity.

    Weights become non-finite by a gradient that overflowed on its way back, so the layer nearest
    to the output is where that began; pre-activations overflow on the way forward, so there it is
    the layer nearest to the input. With all of them finite, the loss itself overflowed.
    """
    layers = list(zip(network.layer_names, network.dense_layers, strict=True))
    for name, dense in reversed(layers):
        if not np.isfinite(dense.weight[replica]).all():
            return name, "weights"
    for name, dense in layers:
        if not np.isfinite(dense.z[replica]).all():
            return name, "pre-activations"
    return layers[-1][0], "loss"
