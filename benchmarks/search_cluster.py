"""How a search grows with its workers: ``python -m benchmarks.search_cluster``.

Trials a second with no worker, one and two on this machine; then a simulation with the times that
stacks really took. The searching process takes back and proposes one stack after another; a batch
is proposed when all batches before it but `ahead` - 1 are back, as `Search` does it.
"""

from __future__ import annotations

import heapq
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter, process_time

import numpy as np

import nnlib
from nnlib.search import Choice, Range, Search, executors
from nnlib.search.objectives import OBJECTIVES
from nnlib.search.space import experiment_with
from nnlib.search.stacks import Plan, stacks_of, train_stack

BUDGET, BATCH = 192, 64
ACTIVATIONS = ("relu", "tanh", "sigmoid", "gelu")
WORKERS = (8, 16, 32, 64, 128, 256, 512, 1024)
STACKS_A_WORKER = 4
"""Under way at once in the simulation: with one, every worker would wait for the slowest."""
ROUNDS = 5
"""So often every worker has so many stacks."""


@dataclass(frozen=True)
class Costs:
    """Seconds of the searching process for a stack: to propose and send it, and to take it back."""

    ask: float
    tell: float


@dataclass(frozen=True)
class Efficiency:
    """Shares of a search's time: of the workers' at work, of the searching process' at work."""

    workers: int
    busy: float
    search: float


def efficiency(
    times: Sequence[float], workers: int, costs: Costs, *, ahead: int, stacks: int, batches: int
) -> Efficiency:
    """Return what a search with so many workers would make of their time.

    Parameters
    ----------
    times : seconds that stacks took, from which those of the simulation are drawn
    ahead, stacks, batches : batches under way at once, stacks in each, and how many batches
    """
    drawn = iter(np.random.default_rng(0).choice(times, stacks * batches).tolist())
    free, back = [0.0] * workers, list[float]()
    now = work = 0.0
    left = batches
    while left or back:
        if left and len(back) <= (ahead - 1) * stacks:
            left -= 1
            for _ in range(stacks):
                now += costs.ask
                seconds = next(drawn)  # for whoever is free first
                end = max(now, heapq.heappop(free)) + seconds
                heapq.heappush(free, end)
                heapq.heappush(back, end)
                work += seconds
        else:
            now = max(now, heapq.heappop(back)) + costs.tell
    asked = stacks * batches * (costs.ask + costs.tell)
    return Efficiency(workers, work / (workers * now), asked / now)


def make_search(data: nnlib.datasets.Dataset, workers: int, ahead: int = 1) -> Search:
    """Return a search over rates and shapes with so many processes, or none beside this."""
    space: dict[str, Range | Choice] = {
        "learning_rate": Range(1e-3, 1.0),
        "activation": Choice(ACTIVATIONS),
        "depth": Range(1, 4),
    }
    base = nnlib.Experiment(nnlib.NetworkConfig(hidden=(32, 32)), nnlib.TrainingConfig(epochs=10))
    executor = executors.processes(workers) if workers else None
    return Search(
        space,
        data,
        BUDGET,
        base=base,
        batch=BATCH // ahead,
        ahead=ahead,
        sampler="qmc",
        executor=executor,
    )


def rate_of(data: nnlib.datasets.Dataset, workers: int, ahead: int) -> float:
    """Return trials a second, the first batch with the start of the processes left out."""
    search = make_search(data, workers, ahead)
    ended = 0
    while ended < BATCH:
        search.advance(seconds=1e-6)
        ended = sum(trial.outcome is not None for trial in search.trials)
    start = perf_counter()
    search.advance()
    return (BUDGET - ended) / (perf_counter() - start)


def recorded(data: nnlib.datasets.Dataset) -> tuple[list[float], Costs]:
    """Return the seconds of the stacks of a search, and those of the search for each of them.

    They are those of a processor, so what else the machine does is not in them.
    """
    search = make_search(data, 0)
    plan = Plan(OBJECTIVES["val_loss"])
    for activation in ACTIVATIONS:  # what is compiled or loaded at first
        train_stack({0: search.base.with_network(activation=activation)}, data, plan)
    times, asking, telling = [], 0.0, 0.0
    while not search.done:
        start = process_time()
        asked = search.study.ask(BATCH)
        made = {n: experiment_with(search.base, settings) for n, settings in asked.items()}
        stacks = [{n: made[n] for n in numbers} for numbers in stacks_of(made, plan)]
        for stack in stacks:
            pickle.loads(pickle.dumps((stack, plan)))
        asking += process_time() - start
        for stack in stacks:
            start = process_time()
            outcomes = train_stack(stack, data, plan)
            times.append(process_time() - start)
            start = process_time()
            for number, outcome in pickle.loads(pickle.dumps(outcomes)).items():
                search.study.tell(number, outcome)
            telling += process_time() - start
    return times, Costs(asking / len(times), telling / len(times))


def main() -> None:
    """Measure, simulate and print."""
    data = nnlib.datasets.load("breast_cancer")
    for workers in (0, 1, 2):
        name = f"{workers} workers" if workers else "in its own process"
        rates = [rate_of(data, workers, ahead) for ahead in ((1, 4) if workers else (1,))]
        said = ", ".join(f"{rate:.1f}" for rate in rates)
        print(f"{name}: {said} trials a second", flush=True)
    times, costs = recorded(data)
    print(
        f"{len(times)} stacks took {np.median(times):.2f} s each (median; {min(times):.2f} to "
        f"{max(times):.2f}), the search {1000 * costs.ask:.1f} ms to propose each of them and "
        f"{1000 * costs.tell:.1f} to take it back.\n"
    )
    for longer in (1, 10, 100):
        report(np.multiply(times, longer).tolist(), costs)


def report(times: Sequence[float], costs: Costs) -> None:
    """Print a table for stacks of these times: a batch at once, and four under way."""
    print(f"Stacks of {np.mean(times):.2f} s in the mean:\n")
    print("| workers | at work, a batch at a time | four under way | the search at work then |")
    print("|---|---|---|---|")
    for workers in WORKERS:
        whole = efficiency(
            times, workers, costs, ahead=1, stacks=STACKS_A_WORKER * workers, batches=ROUNDS
        )
        ahead = efficiency(
            times, workers, costs, ahead=STACKS_A_WORKER, stacks=workers,
            batches=STACKS_A_WORKER * ROUNDS,
        )  # fmt: skip
        print(f"| {workers:,} | {whole.busy:.0%} | {ahead.busy:.0%} | {ahead.search:.0%} |")
    print()


if __name__ == "__main__":
    main()
