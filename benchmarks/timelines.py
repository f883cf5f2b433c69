"""What a timeline costs, and how long looking back takes: ``python -m benchmarks.timelines``.

Two trainers of the same run, one with a timeline, train in turn; the cost is the median over the
pairs of turns. Then random steps of the run are looked at again.
"""

from time import perf_counter

import numpy as np

import nnlib
from benchmarks.cases import CASES, Case
from benchmarks.own import dataset, experiments

TURNS, TURN_SECONDS = 60, 0.2
LOOKS = 20


def trainer_of(case: Case, timeline: nnlib.Timeline | None) -> nnlib.Trainer:
    """Return a trainer whose run is longer than what is measured."""
    experiment = experiments(case)[0].with_training(epochs=100_000)
    return nnlib.Trainer(experiment, dataset(case), engine="numpy", timeline=timeline)


def cost(with_one: nnlib.Trainer, without: nnlib.Trainer) -> float:
    """Return the median share of time that the timeline adds, over pairs of turns."""
    steps = with_one.advance(seconds=TURN_SECONDS)
    without.advance(steps=steps)
    shares = []
    for turn in range(TURNS):
        seconds = {}
        for trainer in (with_one, without) if turn % 2 else (without, with_one):
            start = perf_counter()
            trainer.advance(steps=steps)
            seconds[trainer] = perf_counter() - start
        shares.append(seconds[with_one] / seconds[without] - 1)
    return float(np.median(shares))


def looks(trainer: nnlib.Trainer) -> list[float]:
    """Return the seconds that looking at each of some random steps takes."""
    taken = []
    for step in np.random.default_rng(0).integers(trainer.step, size=LOOKS).tolist():
        start = perf_counter()
        trainer.at(step)
        taken.append(perf_counter() - start)
    return taken


def main() -> None:
    """Print a line a case."""
    for letter in "BA":
        case = CASES[letter]
        timeline = nnlib.Timeline()
        kept = trainer_of(case, timeline)
        share = cost(kept, trainer_of(case, None))
        taken = np.array(looks(kept)) * 1000
        print(
            f"{case.title}: timeline {share:+.1%} of the time; {kept.seconds:.0f} s trained, "
            f"{kept.step:,} steps, {len(timeline.snapshots)} snapshots, "
            f"{timeline.nbytes / 2**20:.1f} MB; a step again in {np.median(taken):.0f} ms "
            f"(at most {taken.max():.0f})"
        )


if __name__ == "__main__":
    main()
