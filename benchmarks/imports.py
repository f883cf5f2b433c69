"""Cold start: how much longer ``import nnlib`` takes than ``import numpy``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from statistics import median
from subprocess import run
from time import perf_counter

from benchmarks.measure import ROOT

REACH = 0.15


@dataclass(frozen=True)
class ImportTime:
    """Seconds of a whole process that imports, at the median."""

    numpy: float
    nnlib: float

    @property
    def over_numpy(self) -> float:
        """Seconds that nnlib adds."""
        return self.nnlib - self.numpy


def measure_imports(rounds: int) -> ImportTime:
    """Start processes in turn, after one each that is not counted."""
    times: dict[str, list[float]] = {"numpy": [], "nnlib": []}
    for counted in range(rounds + 1):
        for module, seconds in times.items():
            start = perf_counter()
            run([sys.executable, "-c", f"import {module}"], cwd=ROOT, check=True)
            if counted:
                seconds.append(perf_counter() - start)
    return ImportTime(median(times["numpy"]), median(times["nnlib"]))
