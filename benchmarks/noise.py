"""What measuring the noise of gradients costs: ``python -m benchmarks.noise``.

Each measurement is timed beside the steps around it; the median is printed in steps.
"""

from collections.abc import Callable, Mapping
from time import perf_counter

import numpy as np

import nnlib
from benchmarks.cases import CASES, Case
from benchmarks.curvature import STEP_SECONDS, TURNS, trainer_of
from nnlib import noise

Measure = Callable[[nnlib.Trainer], object]


def moments_of(trainer: nnlib.Trainer) -> noise.GradientMoments:
    """Return the statistics of all training examples' gradients."""
    data, network = trainer.data, trainer.network
    x, targets = data.features("train"), data.targets("train", network.dtype)
    return noise.gradient_moments(network, trainer.loss, x, targets, whole=True)


def cosines_of(trainer: nnlib.Trainer) -> noise.MinibatchGradients:
    """Return what eight minibatches' gradients have in common."""
    data, network = trainer.data, trainer.network
    x, targets = data.features("train"), data.targets("train", network.dtype)
    size, rng = trainer.config.batch_size, np.random.default_rng(0)
    return noise.minibatch_gradients(network, trainer.loss, x, targets, size, rng)


def criteria_of(trainer: nnlib.Trainer) -> tuple[float, float]:
    """Return the batch size of CABS and the evidence to stop, both of the same statistics."""
    moments = moments_of(trainer)
    return noise.coupled_batch_size(moments, 0.1), noise.stopping_evidence(moments)


MEASURED: Mapping[str, Measure] = {
    "noise scale, tests, signal-to-noise": moments_of,
    "those and histograms": lambda trainer: noise.gradient_histograms(moments_of(trainer)),
    "those and CABS, evidence to stop": criteria_of,
    "cosines of 8 minibatches": cosines_of,
}


def steps_of_a_measurement(case: Case, measure: Measure) -> float:
    """Return the median time of a measurement, in steps of NumPy's engine."""
    trainer, ratios = trainer_of(case, "numpy"), []
    trainer.advance(steps=5)
    for _ in range(TURNS):
        start = trainer.seconds
        steps = trainer.advance(seconds=STEP_SECONDS)
        step = (trainer.seconds - start) / steps
        start = perf_counter()
        measure(trainer)
        ratios.append((perf_counter() - start) / step)
    return float(np.median(ratios))


def cost_of_the_way(case: Case) -> float:
    """Return the time of following a run step by step, over that of the run."""
    trainer = trainer_of(case, "numpy")
    trainer.advance(seconds=1.0)
    start = perf_counter()
    noise.Way(trainer).go_to(trainer.step)
    return (perf_counter() - start) / trainer.seconds


def main() -> None:
    """Print a line a case and measurement."""
    for letter in ("B", "A"):
        case = CASES[letter]
        for name, measure in MEASURED.items():
            print(f"{case.title}: {name}: {steps_of_a_measurement(case, measure):.1f} steps")
        print(f"{case.title}: the way travelled: {cost_of_the_way(case):.2f} of the run")


if __name__ == "__main__":
    main()
