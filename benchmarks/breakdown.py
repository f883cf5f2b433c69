"""Where a step's time goes: the functions of nnlib and the NumPy calls that take most of it."""

from __future__ import annotations

import cProfile
import json
import pstats
import sys
from dataclasses import asdict
from pathlib import Path
from subprocess import run
from typing import Any

from benchmarks.cases import Case
from benchmarks.measure import ROOT, environment
from benchmarks.own import Warm

ROWS = 12


def measure_breakdown(case: Case) -> list[tuple[str, float]]:
    """Return (function, share of the time spent in itself), the largest first, of one run.

    It runs in a process of its own with one thread; the profiler makes cheap calls look dearer.
    """
    ended = run(
        [sys.executable, "-m", "benchmarks.breakdown", json.dumps(asdict(case))],
        cwd=ROOT,
        env=environment(1),
        capture_output=True,
        text=True,
        check=True,
    )
    return [(name, share) for name, share in json.loads(ended.stdout)]


def _profile(case: Case) -> list[tuple[str, float]]:
    own = Warm(case, 1)
    own.prepare()
    profile = cProfile.Profile()
    profile.runcall(own.run)
    stats: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    total = sum(entry[2] for entry in stats.values())
    rows = sorted(((_name(*key), entry[2] / total) for key, entry in stats.items()), key=_share)
    return rows[:ROWS]


def _share(row: tuple[str, float]) -> float:
    return -row[1]


def _name(file: str, line: int, function: str) -> str:
    if file == "~":  # written in C
        return function.strip("<>").removeprefix("built-in method ")
    return f"{Path(file).name}:{line} {function}"


if __name__ == "__main__":
    print(json.dumps(_profile(Case.from_json(sys.argv[1]))))
