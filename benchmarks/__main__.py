"""Run the benchmarks: ``python -m benchmarks``, or a part with ``--only A,B,pages``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from benchmarks.breakdown import measure_breakdown
from benchmarks.cases import CASES
from benchmarks.diagnosis import SETS, measure_diagnosis
from benchmarks.growth import measure_growth
from benchmarks.growth_chart import write_chart
from benchmarks.imports import measure_imports
from benchmarks.measure import measure_case
from benchmarks.pages import MOVES, measure_pages
from benchmarks.plan import PARTICIPANTS
from benchmarks.report import report
from benchmarks.results import Results
from benchmarks.sessions import measure_sessions

FOLDER = Path(__file__).parent
PARTS = (*CASES, "E", "sessions", "imports", "diagnosis", "pages")
ROUNDS, IMPORT_ROUNDS = 5, 15


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for; write the report of a whole session, print that of a part."""
    options = _options(arguments)
    results = measure(options)
    text = report(results)
    if options.quick or set(options.only) != set(PARTS):
        print(text)
    else:
        (FOLDER / "RESULTS.md").write_text(text, encoding="utf-8")
        print(f"Written to {FOLDER / 'RESULTS.md'}")


def measure(options: argparse.Namespace) -> Results:
    """Measure part after part."""
    rounds = 1 if options.quick else options.rounds
    results = Results(rounds)
    for letter in (part for part in CASES if part in options.only):
        case = CASES[letter].quick() if options.quick else CASES[letter]
        names = [n for n in PARTICIPANTS[letter] if not options.libraries or _of(n, options)]
        results.cases.append(measure_case(case, names, rounds, say))
        if not options.quick:
            results.breakdowns[letter] = measure_breakdown(case)
    if "E" in options.only:
        results.growth = measure_growth(options.quick, say)
        _draw_growth(results, keep=not options.quick)
    if "sessions" in options.only:
        results.sessions = measure_sessions(rounds, 0.05 if options.quick else 1.0)
    if "imports" in options.only:
        results.imports = measure_imports(1 if options.quick else IMPORT_ROUNDS)
    if "diagnosis" in options.only:
        results.diagnosis = measure_diagnosis(SETS[:1] if options.quick else SETS)
    if "pages" in options.only:
        _measure_pages(results, 2 if options.quick else MOVES)
    return results


def say(text: str) -> None:
    """Report progress."""
    print(f"{perf_counter() - START:6.0f} s  {text}", file=sys.stderr, flush=True)


def _draw_growth(results: Results, keep: bool) -> None:
    if not keep:
        return
    try:
        write_chart(results.growth, FOLDER / "growth.svg")
        results.chart = "growth.svg"
    except (ImportError, RuntimeError, ValueError) as error:
        results.notes.append(f"**Missing: the picture of the growth** ({_first_line(error)}).")


def _measure_pages(results: Results, moves: int) -> None:
    try:
        from playwright.sync_api import Error
    except ImportError as error:
        results.notes.append(f"**Missing: the pages** ({error}).")
        return
    try:
        results.pages = measure_pages(moves, say)
    except (Error, RuntimeError) as error:
        results.notes.append(f"**Missing: the pages** ({_first_line(error)}).")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _of(name: str, options: argparse.Namespace) -> bool:
    return name.split(":")[0] in options.libraries


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", type=_words, default=PARTS, help=f"parts of {','.join(PARTS)}; all by default"
    )
    parser.add_argument(
        "--libraries", type=_words, default=(), help="for instance nnlib,floor,sklearn"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="counted rounds of each case")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does everything run?")
    options = parser.parse_args(arguments)
    unknown = set(options.only) - set(PARTS)
    if unknown:
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}")
    return options


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


START = perf_counter()
if __name__ == "__main__":
    main()
