"""Two rules that the noise of the gradient gives: a batch size, and when to stop training."""

import numpy as np

from nnlib.noise.moments import GradientMoments


def coupled_batch_size(moments: GradientMoments, learning_rate: float) -> float:
    """Return η·tr Σ / L, the batch size that CABS takes for the next step, in examples.

    Balles, Romero & Hennig (2017), "Coupling adaptive batch sizes with learning rates": the
    variance of a minibatch's gradient is L/η then, and shrinks as the loss does. It is for SGD
    without momentum, and takes the smallest loss there can be to be 0.

    Parameters
    ----------
    learning_rate : η, as it is in effect
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.divide(learning_rate * moments.trace.sum(), moments.loss))


def stopping_evidence(moments: GradientMoments) -> float:
    """Return 1 - (1/D)·Σ n·G²/σ² over the D parameters; above 0 it says that training should stop.

    The evidence-based criterion of Mahsereci, Balles, Lassner & Hennig (2017), "Early stopping
    without a validation set". If the loss of the population had no gradient here, that of n
    examples drawn from it would be normal with variance σ²/n, and each n·G²/σ² would be 1 on
    average. Where the mean is below 1, the gradient says no more than which examples were drawn.
    The correlations between parameters are left out, as there.

    Parameters whose gradient is 0 for every example, such as those of a dead unit, tell nothing
    and are none of the D; not a number where there are no others.
    """
    n, squared = moments.examples, np.square(moments.mean)
    variance = np.maximum(moments.mean_square - squared, 0) * (n / (n - 1))  # of the population
    live = moments.mean_square > 0
    if not live.any():
        return np.nan
    with np.errstate(divide="ignore"):
        return float(1 - np.mean(n * squared[live] / variance[live]))
