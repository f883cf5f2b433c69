"""What following the curvature costs a run: ``python -m benchmarks.curvature``.

A measurement is timed beside the steps around it, and a run is followed at a share that is counted,
to see which share it is by the clock.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter

import numpy as np

import nnlib
from benchmarks.cases import CASES, Case
from benchmarks.own import dataset, experiments
from nnlib.curvature import CurvatureFollower, Meter, Quantities, Stride

SHARES = {"B": 0.05, "A": 0.3}
IMAGES = 1000
TURNS, STEP_SECONDS, RUN_SECONDS = 9, 0.1, 6.0
MEASURED: Mapping[str, Quantities] = {
    "sharpness": Quantities(),
    "5 eigenvalues": Quantities(eigenvalues=5),
    "with Gauss-Newton": Quantities(gauss_newton=True),
    "with each layer": Quantities(layers=True),
    "with the trace from 8 products": Quantities(probes=8),
    "with Takeuchi's criterion": Quantities(information=True),
}


def trainer_of(case: Case, engine: str) -> nnlib.Trainer:
    """Return a trainer whose run is longer than what is measured, of at most 1,000 images."""
    case = replace(case, examples=min(case.examples, IMAGES))
    experiment = experiments(case)[0].with_training(epochs=100_000)
    return nnlib.Trainer(experiment, dataset(case), engine=engine)


def steps_of_a_measurement(case: Case, engine: str, quantities: Quantities) -> tuple[float, float]:
    """Return the median time of a measurement, in steps, and the median number of its products."""
    trainer, meter = trainer_of(case, engine), Meter()
    trainer.advance(steps=5)
    meter.measure(trainer, quantities)  # the first one has nothing to begin with
    ratios, products = [], []
    for _ in range(TURNS):
        start = trainer.seconds
        steps = trainer.advance(seconds=STEP_SECONDS)
        step = (trainer.seconds - start) / steps
        start = perf_counter()
        meter.measure(trainer, quantities)
        ratios.append((perf_counter() - start) / step)
        products.append(meter.products)
    return float(np.median(ratios)), float(np.median(products))


def steps_of_alpha(case: Case, engine: str) -> float:
    """Return the median time of measuring α, in steps, the step itself left out."""
    trainer, ratios = trainer_of(case, engine), []
    trainer.advance(steps=5)
    for _ in range(TURNS):
        start = trainer.seconds
        steps = trainer.advance(seconds=STEP_SECONDS)
        step = (trainer.seconds - start) / steps
        start, before = perf_counter(), trainer.seconds
        stride = Stride(trainer)
        trainer.advance(steps=1)
        stride.position()
        ratios.append((perf_counter() - start - (trainer.seconds - before)) / step)
    return float(np.median(ratios))


def main(engines: list[str]) -> None:
    """Print a line a case, an engine, and what is measured."""
    for letter, share in SHARES.items():
        case = CASES[letter]
        for engine in engines or ["numpy"]:
            for name, quantities in MEASURED.items():
                steps, products = steps_of_a_measurement(case, engine, quantities)
                print(f"{case.title}, {engine}: {name}: {steps:.0f} steps, {products:.0f} products")
            print(f"{case.title}, {engine}: α: {steps_of_alpha(case, engine):.0f} steps")
            follower, trainer = CurvatureFollower(share=share), trainer_of(case, engine)
            follower.advance(trainer, seconds=RUN_SECONDS)
            count = len(follower.record_of(trainer).history["sharpness"])
            by_the_clock = follower.time_share(trainer)
            print(
                f"{case.title}, {engine}: share {share:.0%} by count, {by_the_clock:.1%} by the "
                f"clock; {count} measurements in {trainer.step:,} steps"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
