"""What one process carries: steps a second of several threads, each training a run of its own.

B and D are trained with either engine, as live pages do it: a slice at a time, by turns with NumPy,
and as many at once as there are processors with compiled kernels.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import threading
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import nnlib
from benchmarks.cases import CASES
from benchmarks.measure import ROOT, environment
from benchmarks.own import Compiled, Warm
from benchmarks.tables import table

if TYPE_CHECKING:
    from pages.shared.runs import LiveRun

SESSIONS = (1, 2, 4)
CONTENDERS = {"numpy": Warm, "compiled": Compiled}


def run_of(letter: str, engine: str) -> LiveRun:
    """Return a run that goes on for longer than it is measured."""
    from pages.shared.runs import LiveRun  # Streamlit is needed by this process only

    contender = CONTENDERS[engine](CASES[letter], 1)
    trainer: nnlib.Trainer = contender.build()
    trainer.change(epochs=100_000)
    return LiveRun(trainer, running=True)


def steps_a_second(runs: list[LiveRun], seconds: float) -> float:
    """Return the steps of all runs together, each in a thread of its own."""
    end = perf_counter() + seconds

    def play(run: LiveRun) -> None:
        while perf_counter() < end:
            run.play_slice(None)

    before = sum(run.trainer.step for run in runs)
    threads = [threading.Thread(target=play, args=(run,)) for run in runs]
    start = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (sum(run.trainer.step for run in runs) - before) / (perf_counter() - start)


def measure(letter: str, engine: str, rounds: int, seconds: float) -> dict[int, float]:
    """Return the median steps a second for each number of sessions, measured in turn."""
    runs = [run_of(letter, engine) for _ in range(max(SESSIONS))]
    steps_a_second(runs, seconds)
    taken: dict[int, list[float]] = {count: [] for count in SESSIONS}
    for _ in range(rounds):
        for count in SESSIONS:
            taken[count].append(steps_a_second(runs[:count], seconds))
    return {count: median(rates) for count, rates in taken.items()}


def measure_sessions(rounds: int, seconds: float) -> str:
    """Return a Markdown table, made by a process of its own in which products have one thread."""
    command = [sys.executable, "-m", "benchmarks.sessions"]
    command += ["--rounds", str(rounds), "--seconds", str(seconds)]
    done = subprocess.run(
        command, env=environment(1), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.strip()


def main() -> None:
    """Print a table."""
    logging.disable(logging.WARNING)  # there is no page
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    rows = []
    for letter in "BD":
        for engine in CONTENDERS:
            try:
                rates = measure(letter, engine, options.rounds, options.seconds)
            except ImportError:  # without Numba
                continue
            ratio = f"{rates[2] / rates[1]:.2f}"
            rows.append((letter, engine, *(f"{rates[n]:,.0f}" for n in SESSIONS), ratio))
    print(table(["case", "engine", *map(str, SESSIONS), "2 ÷ 1"], rows, left=2))


if __name__ == "__main__":
    main()
