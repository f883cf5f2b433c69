"""Growth: time a step and peak memory over parameters, replicas, examples and length of the run.

Each point runs in a process of its own, started as ``python -m benchmarks.growth POINT`` with a
JSON object. Memory is the peak resident size of that process less what it had after its imports.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import log, nan
from pathlib import Path
from subprocess import run
from time import perf_counter

from benchmarks.cases import CASES, Case
from benchmarks.floor import Products
from benchmarks.measure import ROOT, Say, environment
from benchmarks.own import Warm

WARM_UP_STEPS = 33  # past the first, dense records
LEAST_STEPS = 5
ENGINES = ("numpy", "compiled")
FAR_END = 2_000_000  # steps that no point reaches


@dataclass(frozen=True)
class Point:
    """What is measured: `value` is what grows."""

    axis: str
    value: int
    engine: str = "numpy"


@dataclass(frozen=True)
class Cost:
    """What it took: seconds a step, of which the floor needs `floor`, and bytes at the peak."""

    point: Point
    seconds: float
    floor: float
    bytes: int


AXES: dict[str, tuple[int, ...]] = {
    "parameters": (1_000, 10_000, 100_000, 1_000_000, 10_000_000),
    "replicas": (1, 4, 16, 64, 256),
    "examples": (1_000, 10_000, 100_000, 1_000_000),
    "steps": (1_000, 10_000, 100_000),
}
THREADS = {"parameters": 2}
WHAT = {
    "parameters": "a network with two hidden layers of equal width, 20 inputs, batch 128, Adam",
    "replicas": "the network of B, stacked",
    "examples": "the network of B; a fifth of the examples are for validation",
    "steps": "the network of B, the length of the run",
}


def points(quick: bool) -> list[Point]:
    """Return all points, or the smallest two of each axis."""
    chosen = {axis: values[:2] if quick else values for axis, values in AXES.items()}
    return [
        Point(axis, value // 10 if quick and axis == "steps" else value, engine)
        for axis, values in chosen.items()
        for engine in ENGINES
        for value in values
    ]


def case_of(point: Point) -> Case:
    """Return the case that is measured at a point."""
    base = replace(CASES["B"], steps=FAR_END)
    if point.axis == "replicas":
        return replace(base, replicas=point.value)
    if point.axis == "examples":
        return replace(base, examples=point.value * 4 // 5, validation=point.value // 5)
    if point.axis == "parameters":
        width = _width(point.value, inputs=20, outputs=2)
        return replace(
            base, inputs=20, hidden=(width, width), batch=128, optimizer="adam",
            learning_rate=1e-4, examples=2560, validation=640,
        )  # fmt: skip
    return base


def _width(parameters: int, inputs: int, outputs: int) -> int:
    """Solve width² + (inputs + outputs + 2)·width + outputs = parameters."""
    linear = inputs + outputs + 2
    root: float = (linear**2 + 4 * (parameters - outputs)) ** 0.5
    return round((root - linear) / 2)


def measure_growth(quick: bool, say: Say) -> list[Cost]:
    """Measure every point, one process after another."""
    costs = []
    for point in points(quick):
        ended = run(
            [sys.executable, "-m", "benchmarks.growth", json.dumps(asdict(point))],
            cwd=ROOT,
            env=environment(THREADS.get(point.axis, 1)),
            capture_output=True,
            text=True,
        )
        if ended.returncode:
            raise RuntimeError(f"{point} failed:\n{ended.stderr[-3000:]}")
        costs.append(Cost(point, **json.loads(ended.stdout)))
        took = f"{costs[-1].seconds * 1e6:,.0f} µs a step"
        say(f"E: {point.axis} {point.value:,}, {point.engine}: {took}")
    return costs


def slope(values: Sequence[float], costs: Sequence[float]) -> float:
    """Return the exponent of growth between the last two points: 1 is in proportion.

    NaN where nothing was measured at one of them.
    """
    if min(costs[-2:]) <= 0:
        return nan
    return log(costs[-1] / costs[-2]) / log(values[-1] / values[-2])


def peak_bytes() -> int:
    """Return the largest resident size of this process so far.

    Linux counts what the parent had into `ru_maxrss`, so there the process's own mark is read.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(ln for ln in status.read_text().splitlines() if ln.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _measure_point(point: Point) -> dict[str, float]:
    case = case_of(point)
    tiny = replace(CASES["B"], steps=100, hidden=(2,), examples=64, validation=32)
    _run(tiny, point.engine).trainer.advance(steps=2)
    before = peak_bytes()  # with what an engine loads for its first run
    own = _run(case, point.engine)
    seconds = _whole_run(own, point.value) if point.axis == "steps" else _per_step(own)
    memory = peak_bytes() - before
    floor = Products(replace(case, steps=LEAST_STEPS), 1)
    return {"seconds": seconds, "floor": _per_floor_step(floor), "bytes": memory}


def _run(case: Case, engine: str) -> Warm:
    own = Warm(case, 1)
    own.engine = engine
    own.prepare()
    return own


def _whole_run(own: Warm, steps: int) -> float:
    start = perf_counter()
    while own.trainer.step < steps:
        own.trainer.advance(steps=steps - own.trainer.step)
    return (perf_counter() - start) / steps


def _per_step(own: Warm, at_least: float = 1.5) -> float:
    own.trainer.advance(steps=WARM_UP_STEPS, seconds=2 * at_least)
    start, steps = perf_counter(), 0
    while steps < LEAST_STEPS or perf_counter() - start < at_least:
        steps += own.trainer.advance(seconds=at_least / 10)  # a slice, as a page has it
    return (perf_counter() - start) / steps


def _per_floor_step(floor: Products, at_least: float = 0.5) -> float:
    floor.run()
    start, runs = perf_counter(), 0
    while perf_counter() - start < at_least:
        floor.run()
        runs += 1
    return (perf_counter() - start) / (runs * LEAST_STEPS)


if __name__ == "__main__":
    print(json.dumps(_measure_point(Point(**json.loads(sys.argv[1])))))
