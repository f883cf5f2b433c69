"""Measure how many people one server carries: ``python -m load``."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from load.beside import measure_beside
from load.crowd import measure_crowd
from load.cycles import measure_cycles
from load.report import Results, report
from load.server import ROOT, Server, serving

RESULTS = ROOT / "load" / "RESULTS.md"
SESSIONS = (1, 5, 20, 50)
SWEEPERS = (0, 1, 3)
SECONDS, CYCLES = 40.0, 200


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the report; a quick run prints it instead."""
    options = _options(arguments)
    before = os.getloadavg()[0]
    results = Results(_machine(), (before, before))
    sizes = ((1, 3), (0, 1), 4.0, 20) if options.quick else (SESSIONS, SWEEPERS, SECONDS, CYCLES)
    with TemporaryDirectory() as folder:
        with serving(Path(folder) / "crowd.log") as server:
            asyncio.run(_measure_sessions(server, results, *sizes[:3]))
            results.tracebacks += server.tracebacks()
        # A fresh server, so that the crowd's memory does not hide a leak.
        with serving(Path(folder) / "cycles.log") as server:
            results.cycles = asyncio.run(measure_cycles(server, sizes[3], say))
            results.tracebacks += server.tracebacks()
    results.load = (before, os.getloadavg()[0])
    text = report(results)
    if options.quick:
        print(text)
    else:
        RESULTS.write_text(text, encoding="utf-8")
        say(f"written to {RESULTS}")


async def _measure_sessions(
    server: Server,
    results: Results,
    sessions: Sequence[int],
    sweepers: Sequence[int],
    seconds: float,
) -> None:
    await measure_crowd(server, 1, 2.0)  # imports and caches
    for count in sessions:
        results.crowds.append(await measure_crowd(server, count, seconds))
        say(f"{count} sessions trained live")
    for count in sweepers:
        results.besides.append(await measure_beside(server, count, seconds))
        say(f"one session beside {count} that sweep")


def say(text: str) -> None:
    """Report progress."""
    print(f"{perf_counter() - START:6.0f} s  {text}", file=sys.stderr, flush=True)


def _machine() -> str:
    cores = len(os.sched_getaffinity(0))
    info = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((ln.split(":", 1)[1].strip() for ln in info if ln.startswith("model name")), "")
    return (
        f"{date.today():%Y-%m-%d}, {model or platform.machine()}, {cores} cores; Python "
        f"{platform.python_version()}, streamlit {version('streamlit')}, numpy {version('numpy')}."
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m load", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does everything run?")
    return parser.parse_args(arguments)


START = perf_counter()
if __name__ == "__main__":
    main()
