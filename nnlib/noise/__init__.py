"""The noise of minibatch gradients: how large it is, and which batch size it pays to take.

No example's gradient is ever made: what an affine layer had as inputs and as signal says enough of
all of them (Goodfellow 2015, "Efficient Per-Example Gradient Computations").
"""

from nnlib.noise.advice import Advice, Tried, advise, noise_of_run, try_out
from nnlib.noise.batch_tests import inner_product_test, norm_test, orthogonality_test
from nnlib.noise.course import Course, NoisePoint, steps_to_measure
from nnlib.noise.criteria import coupled_batch_size, stopping_evidence
from nnlib.noise.distances import Way, distances
from nnlib.noise.histograms import Histograms, gradient_histograms
from nnlib.noise.minibatch_gradients import MinibatchGradients, minibatch_gradients
from nnlib.noise.moments import GradientMoments, gradient_moments
from nnlib.noise.scale import NoiseScale, critical_batch_size, noise_scale, two_batch_sizes
from nnlib.noise.trade_off import (
    Fit,
    TradeOff,
    epochs_for,
    examples_of,
    fit_trade_off,
    measure_trade_off,
    steps_to_loss,
)

__all__ = [
    "Advice",
    "Course",
    "Fit",
    "GradientMoments",
    "Histograms",
    "MinibatchGradients",
    "NoisePoint",
    "NoiseScale",
    "TradeOff",
    "Tried",
    "Way",
    "advise",
    "coupled_batch_size",
    "critical_batch_size",
    "distances",
    "examples_of",
    "epochs_for",
    "fit_trade_off",
    "gradient_histograms",
    "gradient_moments",
    "inner_product_test",
    "measure_trade_off",
    "minibatch_gradients",
    "noise_scale",
    "noise_of_run",
    "norm_test",
    "orthogonality_test",
    "steps_to_loss",
    "steps_to_measure",
    "stopping_evidence",
    "try_out",
    "two_batch_sizes",
]
