"""The report: Markdown of everything that was measured, beside what is aimed at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from statistics import median

from benchmarks import diagnosis, growth, imports, machine, pages
from benchmarks.growth import Cost
from benchmarks.imports import ImportTime
from benchmarks.measure import CaseResult, Measured
from benchmarks.pages import PageTime
from benchmarks.plan import GOALS, LABELS
from benchmarks.results import Results
from benchmarks.tables import table

MARKS = {True: "yes", False: "**no**"}
SPREAD = 1.5
_SESSIONS = (
    "Steps a second of one, two and four threads of one process together, each training a run of "
    "its own as a live page does it, with standard instruments and evaluations. Aimed at: two "
    "compiled carry 1.35 times (B) and 1.9 times (D) what one does."
)


def report(results: Results) -> str:
    """Return the whole report."""
    parts = [*_head(results), *_summary(results)]
    for case in results.cases:
        parts += _case(case, results.breakdowns.get(case.case.letter, []))
    if results.growth:
        parts += _growth(results.growth, results.chart)
    if results.sessions:
        parts += ["## Sessions", _SESSIONS, results.sessions]
    if results.imports:
        parts += _imports(results.imports)
    if results.pages:
        parts += _pages(results.pages)
    return "\n\n".join(parts) + "\n"


def _head(results: Results) -> Iterator[str]:
    yield "# Results of `make bench`"
    yield (
        f"{date.today():%Y-%m-%d}, {machine.processor()}, {machine.memory()} of memory. "
        f"{machine.versions()}. {machine.blas()}"
    )
    yield (
        f"Every contender is a process of its own; they take turns, one at a time, "
        f"{results.rounds} round(s) after one that is not counted. Times are medians over the "
        "rounds, ratios are medians of the ratios within a round. All compute the same: float32, "
        "same network, batch size, optimizer, learning rate, number of steps and initial weights "
        "(scikit-learn draws its own), and a fresh shuffle each epoch. nnlib runs with its "
        "standard instruments (losses on training sample and validation split, gradient, signal "
        "and weight norms, update ratios, activation statistics); the others measure nothing on "
        "the way. Where a case names several numbers of threads, each contender takes the one "
        "that is faster for it in a trial of one round each."
    )
    for note in (*results.notes, *_missing(results.cases), *_disturbed(results.cases)):
        yield f"- {note}"


def _missing(cases: Sequence[CaseResult]) -> list[str]:
    notes = {
        f"**Missing: {LABELS[name]}** ({reason})."
        for case in cases
        for name, reason in case.missing.items()
    }
    return sorted(notes) or (["No contender is missing."] if cases else [])


def _disturbed(cases: Sequence[CaseResult]) -> Iterator[str]:
    """Name the rows whose rounds differ too much to be trusted."""
    for case in cases:
        rows = [m for m in case.measured.values() if max(m.seconds) > SPREAD * min(m.seconds)]
        if rows:
            names = ", ".join(LABELS[m.name] for m in rows)
            yield (
                f"**Disturbed, case {case.case.letter}**: the slowest round took more than "
                f"{SPREAD} times the fastest ({names}); other programs were probably running, and "
                "ratios with these rows are rough."
            )


def _summary(results: Results) -> Iterator[str]:
    rows = [*_case_goals(results.cases), *_other_goals(results)]
    yield "## Against what is aimed at"
    yield table(["", "compared", "reach", "ratio", "reached"], rows, left=2)


def _case_goals(cases: Sequence[CaseResult]) -> Iterator[Sequence[str]]:
    by_letter = {case.case.letter: case for case in cases}
    for goal in GOALS:
        if goal.case not in by_letter:
            continue
        ratio = by_letter[goal.case].ratio(goal)
        unit = "× the time of" if goal.is_floor else "× as fast as"
        sign = "≤" if goal.is_floor else "≥"
        what = f"{LABELS[goal.own]} {unit} {LABELS[goal.other]}"
        found = ("missing", "") if ratio is None else (f"{ratio:.2f}", MARKS[goal.reached(ratio)])
        yield goal.case, what, f"{sign} {goal.reach:g}", *found


def _other_goals(results: Results) -> Iterator[Sequence[str]]:
    for one in results.diagnosis:
        what = f"share of a default run's time, {one.data}: diagnosis as it goes on / training"
        reached = MARKS[one.share <= diagnosis.REACH]
        yield "", what, f"≤ {diagnosis.REACH}", f"{one.share:.4f}", reached
    if results.imports:
        over = results.imports.over_numpy
        what = "seconds that `import nnlib` adds to `import numpy`"
        yield "", what, f"≤ {imports.REACH}", f"{over:.2f}", MARKS[over <= imports.REACH]
    measured = [page for page in results.pages if not page.problem]
    if measured:
        ratio = median(page.ratio for page in measured)
        what = "slider to last chart, × the empty page's time, the median page"
        yield "", what, f"≤ {pages.REACH:g}", f"{ratio:.2f}", MARKS[ratio <= pages.REACH]


def _case(result: CaseResult, breakdown: list[tuple[str, float]]) -> Iterator[str]:
    case = result.case
    yield f"## {case.letter}. {case.title}"
    if not result.measured:
        return
    own = result.measured.get("nnlib:warm")
    steps = case.steps * case.replicas
    unit = "µs a replica-step" if case.replicas > 1 else "µs a step"
    trial = "trial: ms at " + ", ".join(map(str, case.threads))
    head = ["", trial, "threads", "ms", "fastest–slowest", unit, "time ÷ nnlib", "final loss"]
    yield table(head, (_row(measured, own, steps) for measured in result.measured.values()))
    if case.note:
        yield case.note
    if breakdown:
        yield "Where nnlib's time goes (share of each function itself, under the profiler):"
        yield table(
            ["function", "share"], ((f"`{name}`", f"{share:.0%}") for name, share in breakdown)
        )


def _row(measured: Measured, own: Measured | None, steps: int) -> Sequence[str]:
    low, high = min(measured.seconds) * 1e3, max(measured.seconds) * 1e3
    loss = measured.losses[-1]
    return (
        LABELS[measured.name],
        ", ".join(_digits(seconds * 1e3) for seconds in measured.trials.values()),
        f"{measured.threads}",
        _digits(measured.median * 1e3),
        f"{_digits(low)}–{_digits(high)}",
        _digits(measured.median / steps * 1e6),
        f"{measured.median / own.median:.2f}" if own else "",
        "" if loss is None else f"{loss:.3g}",
    )


def _digits(value: float) -> str:
    """Three digits, and no exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _growth(costs: Sequence[Cost], chart: str) -> Iterator[str]:
    yield "## E. Growth"
    yield (
        "Time a step, and peak memory: the largest resident size of a fresh process less what it "
        "had after a small run with the same engine, the data set included. The exponent says "
        "how cost grows over the last interval of an axis: 1 is in proportion, 0 is not at all."
    )
    if chart:
        yield f"![Time a step and peak memory over parameters, replicas, examples]({chart})"
    for axis, what in growth.WHAT.items():
        along = [cost for cost in costs if cost.point.axis == axis]
        if len(along) > 1:
            yield from _axis(axis, what, along)


def _axis(axis: str, what: str, costs: Sequence[Cost]) -> Iterator[str]:
    of = {engine: [c for c in costs if c.point.engine == engine] for engine in growth.ENGINES}
    threads = growth.THREADS.get(axis, 1)
    yield f"**{axis.capitalize()}**: {what}; {threads} thread(s). " + " ".join(
        _exponents(engine, along) for engine, along in of.items() if len(along) > 1
    )
    floor = axis == "parameters"
    head = [axis, *(f"{what}, {engine}" for engine in of for what in ("µs a step", "peak MB"))]
    head += ["µs of matrix products"] if floor else []
    yield table(head, (_point(row, floor) for row in zip(*of.values(), strict=True)), left=0)


def _exponents(engine: str, costs: Sequence[Cost]) -> str:
    values = [cost.point.value for cost in costs]
    time = growth.slope(values, [cost.seconds for cost in costs])
    memory = growth.slope(values, [cost.bytes for cost in costs])
    return f"Exponent of time {time:.2f}, of memory {memory:.2f} ({engine})."


def _point(costs: Sequence[Cost], floor: bool) -> Sequence[str]:
    first = costs[0]
    row = [f"{first.point.value:,}"]
    for cost in costs:
        row += [_digits(cost.seconds * 1e6), f"{cost.bytes / 1e6:,.1f}"]
    return [*row, _digits(first.floor * 1e6)] if floor else row


def _imports(times: ImportTime) -> Iterator[str]:
    yield "## Cold start"
    yield (
        f"A process that imports numpy takes {times.numpy:.3f} s, one that imports nnlib "
        f"{times.nnlib:.3f} s: {times.over_numpy:.3f} s more."
    )


def _pages(times: Sequence[PageTime]) -> Iterator[str]:
    yield "## Pages"
    yield (
        "Seconds from an arrow key on a slider to the last chart redrawn, in Chromium, at the "
        "median of the moves; the empty page shows as many charts by `st.plotly_chart`. No slider "
        "value comes up twice, so no result comes from the cache."
    )
    head = ["page", "slider", "charts", "moves", "s", "empty page, s", "ratio"]
    yield table(head, map(_page, times), left=2)


def _page(page: PageTime) -> Sequence[str]:
    if page.problem:
        return page.name, f"not measured: {page.problem}", "", "", "", "", ""
    return (
        page.name,
        page.slider,
        f"{page.charts}",
        f"{len(page.seconds)}",
        f"{median(page.seconds):.2f}",
        f"{median(page.empty):.2f}",
        f"{page.ratio:.2f}",
    )
