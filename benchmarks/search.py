"""Searches against scikit-learn's, by the clock: ``python -m benchmarks.search``.

Three ways to search the learning rate and the L2 strength of one network with the same sampler of
Optuna: `nnlib.search`, whose trials train stacked; the same, one trial after another; and
scikit-learn's MLPClassifier. All train as many epochs with Adam and minibatches of one size, from
weights of one distribution (scikit-learn draws the biases from it as well). The last has a budget
of trials, the others have its time. Seconds are those of a processor, so what else the machine does
hardly counts; all train on one thread where OMP_NUM_THREADS=1 says so. Each seed is one study and
one draw of the weights: for every seed the lowest losses of both are compared.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import nnlib
from nnlib.datasets import Dataset
from nnlib.paired import paired_difference
from nnlib.search import Outcome, Range, Search

SETS = ("breast_cancer", "wine", "digits", "mnist_5k")
BUDGET, EPOCHS, BATCH_SIZE, HIDDEN = 60, 20, 32, (32,)
RATES, STRENGTHS = (1e-4, 0.3), (1e-6, 1e-1)
SEEDS, STORED, SLICE = 6, 1000, 0.05
SAME = 1e-4
"""Losses that differ by less are equally good."""


@dataclass(frozen=True)
class Found:
    """How many trials one way had ended when the last of them did, and the lowest loss."""

    trials: int
    seconds: float
    best: float

    @property
    def rate(self) -> float:
        """Trials a second."""
        return self.trials / self.seconds


def by_nnlib(data: Dataset, seconds: float, batch: int | None, seed: int) -> Found:
    """Search for so long with stacks of so many trials, or as many as are usual."""
    network = nnlib.NetworkConfig(hidden=HIDDEN, initializer="glorot_uniform")
    training = nnlib.TrainingConfig(epochs=EPOCHS, batch_size=BATCH_SIZE, seed=seed)
    space = {"learning_rate": Range(*RATES), "l2": Range(*STRENGTHS)}
    start = process_time()
    base = nnlib.Experiment(network, training)
    search = Search(space, data, 10**6, base=base, batch=batch, seed=seed)
    ended, passed = 0, 0.0
    while (now := process_time() - start) < seconds:
        search.advance(seconds=SLICE)
        count = sum(trial.outcome is not None for trial in search.trials)
        if count > ended:
            ended, passed = count, process_time() - start
    best = search.best
    return Found(ended, passed or now, float("inf") if best is None else best.value or 0)


def by_sklearn(data: Dataset, budget: int, seed: int) -> Found:
    """Search with scikit-learn's network, one trial after another."""
    import optuna
    from sklearn.metrics import log_loss
    from sklearn.neural_network import MLPClassifier

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    best, start = float("inf"), process_time()
    for _ in range(budget):
        trial = study.ask()
        rate = trial.suggest_float("rate", *RATES, log=True)
        strength = trial.suggest_float("l2", *STRENGTHS, log=True)
        network = MLPClassifier(
            HIDDEN,
            learning_rate_init=rate,
            alpha=2 * strength * BATCH_SIZE,  # theirs is alpha / 2 over the rows of a batch
            batch_size=BATCH_SIZE,
            max_iter=EPOCHS,
            n_iter_no_change=EPOCHS,
            random_state=seed,
        )
        network.fit(data.X_train, data.y_train)
        predicted = network.predict_proba(data.X_val)
        loss = float(log_loss(data.y_val, predicted, labels=network.classes_))
        study.tell(trial, loss)
        best = min(best, loss)
    return Found(budget, process_time() - start, best)


def opening(trials: int) -> tuple[float, float]:
    """Return the seconds in which a stored study of so many trials, with their curves, opens.

    The other number is of the slowest of its charts: seconds until it is as the browser gets it.
    """
    space = {"x": Range(0, 1), "y": Range(0, 1)}
    options: dict[str, Any] = {"objective": lambda s: s["x"], "sampler": "qmc"}
    with TemporaryDirectory() as folder:
        place = Path(folder) / "study.journal"
        search = Search(space, None, trials, storage=place, **options)
        while not search.done:
            for number, settings in search.study.ask(50).items():
                curve = {part: settings["x"] for part in range(1, 21)}
                value = settings["x"]
                outcome = Outcome("done", value, "", (value,), curve, 100)
                search.study.tell(number, outcome)
        start = perf_counter()
        again = Search(space, None, trials, storage=place, **options)
        assert len(again.trials) == trials
        return perf_counter() - start, drawing(again)


def drawing(search: Search) -> float:
    """Return the seconds that the slowest of the page's charts takes, from the search on."""
    from pages.shared.sweeps import charts, charts_front, charts_knobs, charts_parallel

    taken = []
    for plot in (
        charts.plot_history,
        charts.plot_curves,
        charts_front.plot_front,
        charts_parallel.plot_parallel,
        partial(charts_knobs.plot_slice, name="x"),
        partial(charts_knobs.plot_two, x="x", y="y"),
    ):
        start = perf_counter()
        plot(charts.record_of(search)).figure.to_json()
        taken.append(perf_counter() - start)
    return max(taken)


def report(name: str, ways: dict[str, list[Found]]) -> str:
    """Return a line of the table: of the seeds the mean rates, and the losses compared."""
    rates = " | ".join(f"{mean(found.rate for found in each):.2f}" for each in ways.values())
    ours, theirs = ways["stacked"], ways["scikit-learn"]
    times = [a.rate / b.rate for a, b in zip(ours, theirs, strict=True)]
    best = " | ".join(f"{mean(found.best for found in each):.4f}" for each in ways.values())
    better = sum(a.best < b.best + SAME for a, b in zip(ours, theirs, strict=True))
    pair = paired_difference([f.best for f in theirs], [f.best for f in ours], ratio=False)
    said = f"{better} of {len(ours)}; {pair.center:+.4f} ({pair.low:+.4f} to {pair.high:+.4f})"
    return f"| {name} | {rates} | {min(times):.1f} to {max(times):.1f} × | {best} | {said} |"


def main(arguments: list[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--budget", type=int, default=BUDGET)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")  # scikit-learn's, of runs that may still improve
    names = "stacked | one by one | scikit-learn"
    print(
        f"| data | trials a second: {names} | stacked / scikit-learn | lowest loss: {names} | "
        "stacked as good or better; its difference (95 %) |"
    )
    print("|" + "---|" * 9)
    by_nnlib(nnlib.datasets.load("wine"), 0.1, None, 0)  # what is loaded or compiled at first
    for name in options.sets.split(","):
        data = nnlib.datasets.load(name)
        ways: dict[str, list[Found]] = {"stacked": [], "one by one": [], "scikit-learn": []}
        for seed in range(options.seeds):
            theirs = by_sklearn(data, options.budget, seed)
            ways["scikit-learn"].append(theirs)
            ways["stacked"].append(by_nnlib(data, theirs.seconds, None, seed))
            if not seed:
                ways["one by one"].append(by_nnlib(data, theirs.seconds, 1, seed))
        print(report(name, ways), flush=True)
    opened, drawn = opening(STORED)
    print(
        f"\nA stored study of {STORED:,} trials opens in {opened:.2f} s, the slowest of its charts"
    )
    print(f"is made in {drawn:.2f} s.")


if __name__ == "__main__":
    main()
