"""The simple noise scale: how the noise of an example's gradient compares with the gradient."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nnlib.noise.moments import GradientMoments, Values


@dataclass(frozen=True)
class NoiseScale:
    """Noise and signal of the gradient of one example.

    Attributes
    ----------
    trace : tr Σ, the sum of the variances of all parameters' gradients
    squared_gradient : |G|²; where it is estimated it may come out below 0, if the noise is large
    """

    trace: float
    squared_gradient: float

    @property
    def value(self) -> float:
        """The quotient tr Σ / |G|², in examples; infinite where no gradient was to be made out.

        Both parts are estimated without bias; their quotient is not quite.
        """
        if self.squared_gradient > 0:
            return self.trace / self.squared_gradient
        return np.inf if self.trace else np.nan

    def signal_to_noise(self, batch_size: float) -> float:
        """Return √B·|G| / √tr Σ of a minibatch, its gradient's mean over its deviation."""
        signal = max(self.squared_gradient, 0.0)
        return float(np.sqrt(batch_size * signal / self.trace)) if self.trace else np.inf

    def cosine(self, batch_size: float) -> float:
        """Return about the cosine between two minibatches' gradients, 1 / (1 + B_simple/B).

        The mean of their product is |G|², and that of their squared norms |G|² + tr Σ/B.
        """
        return 1 / (1 + self.value / batch_size)


def noise_scale(moments: GradientMoments) -> NoiseScale:
    """Return the simple noise scale of McCandlish et al. (2018).

    Of a sample, the noise in |G|² is taken off; of all examples there is none.
    """
    return by_layer(moments, slice(None))


def layer_scales(moments: GradientMoments) -> list[NoiseScale]:
    """Return the noise scale of each layer by itself."""
    return [by_layer(moments, slice(i, i + 1)) for i in range(len(moments.layers))]


def by_layer(moments: GradientMoments, layers: slice) -> NoiseScale:
    """Return the noise scale of some layers together."""
    trace = float(moments.trace[layers].sum())
    squared = float(moments.squared_mean[layers].sum())
    return NoiseScale(trace, squared if moments.whole else squared - trace / moments.examples)


def two_batch_sizes(
    small_squared: float, large_squared: float, small: int, large: int
) -> NoiseScale:
    """Return the noise scale from gradients of two batch sizes (McCandlish et al., appendix A.1).

    It needs no gradients of single examples, so it serves with batch normalization as well, as far
    as the mean gradient does not depend on the batch size there.

    Parameters
    ----------
    small_squared, large_squared : mean squared norm of the gradients of either size
    small, large : the sizes

    Raises
    ------
    ValueError
        if the large size is not larger
    """
    if not 0 < small < large:
        raise ValueError("The noise scale needs a smaller and a larger batch size.")
    squared = (large * large_squared - small * small_squared) / (large - small)
    return NoiseScale((small_squared - large_squared) / (1 / small - 1 / large), squared)


def critical_batch_size(scales: Iterable[NoiseScale], batch_size: int) -> float:
    """Return the noise scale of a whole run, from those at evenly spaced steps of it.

    A step at batch size B makes 1 / (1 + B_noise/B) of the progress of a step with the exact
    gradient (McCandlish et al. 2018). With the B_noise of each step, the examples that
    a run needs at least are the sum of B_noise over such whole steps, so that E_min / S_min is the
    mean of B_noise, weighted by the progress.

    Parameters
    ----------
    scales : at least one
    batch_size : of the run
    """
    values: Values = np.array([scale.value for scale in scales])
    values = values[~np.isnan(values)]
    if not len(values):
        return np.nan
    progress = 1 / (1 + values / batch_size)
    if not progress.any():
        return np.inf
    examples = batch_size * (1 - progress)  # B_noise times the progress, also where it is infinite
    return float(examples.sum() / progress.sum())
