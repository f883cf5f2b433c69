"""Measuring a case: one process a contender, which take turns, one at a time.

A contender whose best number of threads is not given is first tried with each, and takes part
with the better one. The first round of each process is not counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile
from typing import Any

from benchmarks.cases import Case
from benchmarks.plan import Goal

ROOT = Path(__file__).resolve().parents[1]
Say = Callable[[str], None]


class ContenderFailed(Exception):
    """A contender's process ended with an error."""


class Missing(Exception):
    """A contender's library is not installed."""


@dataclass
class Measured:
    """The counted rounds of one contender.

    Attributes
    ----------
    trials : seconds of the trial at each number of threads
    seconds, losses : one a round
    busy : processor seconds over seconds, one a round: how many cores were at work
    """

    name: str
    version: str
    threads: int
    trials: dict[int, float]
    seconds: list[float] = field(default_factory=list)
    losses: list[float | None] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Seconds of the middle round."""
        return median(self.seconds)


@dataclass
class CaseResult:
    """All contenders of a case by name, and why others are not there."""

    case: Case
    measured: dict[str, Measured] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def ratio(self, goal: Goal) -> float | None:
        """Return the median over the rounds of the ratio within a round."""
        own, other = self.measured.get(goal.own), self.measured.get(goal.other)
        if own is None or other is None:
            return None
        return median(map(goal.ratio, own.seconds, other.seconds))


class Worker:
    """The process of one contender at one number of threads."""

    def __init__(self, name: str, case: Case, threads: int) -> None:
        self.name, self.threads = name, threads
        self._errors = TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        command = [sys.executable, "-m", "benchmarks.worker", name, str(threads)]
        self._process = subprocess.Popen(
            [*command, json.dumps(asdict(case))],
            cwd=ROOT,
            env=environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            bufsize=1,
        )
        try:
            answer = self._answer()
            if "missing" in answer:
                raise Missing(answer["missing"])
        except Exception:
            self.close()
            raise
        self.version: str = answer["version"]

    def round(self) -> dict[str, Any]:
        """Run once; return seconds, processor seconds and loss."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            raise ContenderFailed(f"{self.name} failed:\n{self._errors.read()[-3000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._errors.close()


def environment(threads: int) -> dict[str, str]:
    """Return the environment in which every library uses so many threads.

    OpenBLAS chooses its kernels itself, whatever the shell says.
    """
    count = str(threads)
    eigen = "true" if threads > 1 else "false"
    chosen = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    return {name: value for name, value in os.environ.items() if name not in chosen} | {
        "OPENBLAS_NUM_THREADS": count,
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "VECLIB_MAXIMUM_THREADS": count,
        "NPROC": count,  # the size of JAX's thread pool
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={eigen}",
        "JAX_PLATFORMS": "cpu",
        "KERAS_BACKEND": "jax" if find_spec("jax") else "torch",
    }


def measure_case(case: Case, names: Sequence[str], rounds: int, say: Say) -> CaseResult:
    """Run every contender `rounds` times, in turn."""
    result = CaseResult(case)
    workers: list[Worker] = []
    try:
        for name in names:
            try:
                worker, trials = _better_threads(name, case)
            except Missing as missing:
                result.missing[name] = str(missing)
                say(f"{case.letter}: {name} is missing ({missing})")
                continue
            workers.append(worker)
            result.measured[name] = Measured(name, worker.version, worker.threads, trials)
            say(f"{case.letter}: {name} is ready, {worker.threads} thread(s)")
        for _ in range(rounds):
            for worker in workers:
                _count(result.measured[worker.name], worker.round())
    finally:
        for worker in workers:
            worker.close()
    return result


def _better_threads(name: str, case: Case) -> tuple[Worker, dict[int, float]]:
    """Try each number of threads; keep the process of the faster one."""
    best: Worker | None = None
    trials: dict[int, float] = {}
    for threads in case.threads:
        worker = Worker(name, case, threads)
        worker.round()
        trials[threads] = worker.round()["seconds"]
        if best is None or trials[threads] < trials[best.threads]:
            worker, best = best or worker, worker
        if worker is not best:
            worker.close()
    assert best is not None
    return best, trials


def _count(measured: Measured, answer: dict[str, Any]) -> None:
    measured.seconds.append(answer["seconds"])
    measured.losses.append(answer["loss"])
    measured.busy.append(answer["processor"] / answer["seconds"])
