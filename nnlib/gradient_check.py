"""Gradient check: back-propagation against central differences of the loss."""

from collections.abc import Callable

import numpy as np

from nnlib._array import Array
from nnlib.layers import Dropout, Noise
from nnlib.losses import Loss
from nnlib.network import Network
from nnlib.regularizers import add_penalty_gradient, penalty


def check_gradients(
    network: Network,
    loss: Loss,
    x: Array,
    targets: Array,
    *,
    l1: float = 0.0,
    l2: float = 0.0,
    step: float = 1e-5,
    max_coordinates: int = 200,
    rng: np.random.Generator | None = None,
) -> float:
    """Compare the gradient of the training loss with central differences.

    Dropout masks and noise are drawn once and frozen, batch normalization works in training mode.
    Each replica is perturbed at the same coordinate at once, since replicas do not depend on each
    other.

    Parameters
    ----------
    network : in float64; its parameters are left as they were
    x, targets : a batch, shapes (B, D_in) and (B, D_out), or with leading axes
    step : of the differences
    max_coordinates : where the network has more parameters, so many are drawn by `rng` (by
        default one with seed 0)

    Returns
    -------
    error : the largest over replicas and over parameter arrays of ‖analytic - numeric‖ /
        max(‖analytic‖, ‖numeric‖, 1e-4·‖whole gradient‖), norms over the checked coordinates of
        the array. The last term keeps arrays whose true gradient is zero out of the ratio of
        two rounding errors.

    Raises
    ------
    ValueError
        if the network is not in float64, where differences would be all rounding error
    """
    if network.dtype != np.float64:
        raise ValueError("Gradients are checked in float64; build the network with that dtype.")
    objective = _objective(network, loss, x, targets, l1, l2)
    random = [layer for layer in network.layers if isinstance(layer, Dropout | Noise)]
    state = network.flat_state.copy()
    objective()  # draws masks and noise
    for layer in random:
        layer.frozen = True
    try:
        analytic = _analytic_gradient(network, loss, x, targets, l1, l2)
        coordinates = _coordinates(network.n_parameters, max_coordinates, rng)
        numeric = _numeric_gradient(network, objective, coordinates, step)
    finally:
        for layer in random:
            layer.frozen = False
        network.flat_state[...] = state
    return _largest_error(network, analytic[..., coordinates], numeric, coordinates)


def _objective(
    network: Network, loss: Loss, x: Array, targets: Array, l1: float, l2: float
) -> Callable[[], Array]:
    def objective() -> Array:
        value = loss.value(network.forward(x, training=True), targets)
        for dense in network.dense_layers:
            weights = network.flat_parameters[..., dense.weight_slice]
            value = value + penalty(weights, l1, l2)
        return value

    return objective


def _analytic_gradient(
    network: Network, loss: Loss, x: Array, targets: Array, l1: float, l2: float
) -> Array:
    logits = network.forward(x, training=True)
    network.backward(loss.gradient(logits, targets))
    for dense in network.dense_layers:
        add_penalty_gradient(dense.weight_gradient, dense.weight, l1, l2)
    return network.flat_gradients.copy()


def _coordinates(n: int, limit: int, rng: np.random.Generator | None) -> np.ndarray:
    if n <= limit:
        return np.arange(n)
    generator = np.random.default_rng(0) if rng is None else rng
    return np.sort(generator.choice(n, limit, replace=False))


def _numeric_gradient(
    network: Network, objective: Callable[[], Array], coordinates: np.ndarray, step: float
) -> Array:
    parameters = network.flat_parameters
    numeric = np.empty((*network.lead, len(coordinates)))
    for column, coordinate in enumerate(coordinates):
        original = parameters[..., coordinate].copy()
        parameters[..., coordinate] = original + step
        above = objective()
        parameters[..., coordinate] = original - step
        below = objective()
        parameters[..., coordinate] = original
        numeric[..., column] = (above - below) / (2 * step)
    return numeric


def _largest_error(
    network: Network, analytic: Array, numeric: Array, coordinates: np.ndarray
) -> float:
    whole = np.linalg.norm(analytic, axis=-1)
    worst = 0.0
    for span in network.slices.values():
        inside = (coordinates >= span.start) & (coordinates < span.stop)
        a, n = analytic[..., inside], numeric[..., inside]
        size = np.maximum(np.linalg.norm(a, axis=-1), np.linalg.norm(n, axis=-1))
        size = np.maximum(size, np.maximum(1e-4 * whole, 1e-12))
        worst = max(worst, float(np.max(np.linalg.norm(a - n, axis=-1) / size)))
    return worst
