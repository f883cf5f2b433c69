"""The report of a load test, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from load.beside import Beside
from load.crowd import MOVES_EVERY, Crowd, quantile
from load.cycles import WARM_UP, Cycles
from load.server import KEPT_SECONDS


@dataclass
class Results:
    """All that was measured, on what, and how busy the machine was otherwise."""

    machine: str
    load: tuple[float, float]  # runnable processes before and after, by the system's own count
    crowds: list[Crowd] = field(default_factory=list)
    besides: list[Beside] = field(default_factory=list)
    cycles: Cycles | None = None
    tracebacks: int = 0


def report(results: Results) -> str:
    """Return the whole report."""
    parts = [
        "# Results of `make load`",
        f"{results.machine} The machine's load average over the minute before was "
        f"{results.load[0]:.1f}, at the end {results.load[1]:.1f}. Tracebacks in the server's "
        f"log: {results.tracebacks}.",
        *(_crowds(results.crowds) if results.crowds else []),
        *(_besides(results.besides) if results.besides else []),
        *(_cycles(results.cycles) if results.cycles else []),
    ]
    return "\n\n".join(parts) + "\n"


def _crowds(crowds: Sequence[Crowd]) -> list[str]:
    low, high = MOVES_EVERY
    rows = [
        (
            c.sessions,
            f"{quantile(c.moves, 0.5):.2f} s",
            f"{quantile(c.moves, 0.95):.2f} s",
            f"{median(c.redraws) / c.seconds:.2f}",
            f"{min(c.redraws) / c.seconds:.2f}",
            f"{sum(c.steps) / c.seconds:,.0f}",
            f"{median(c.steps):,.0f}",
            f"{min(c.steps):,.0f}",
            f"{c.busy:.2f}",
            f"{c.received / 2**20:.1f}",
            c.misses,
        )
        for c in crowds
    ]
    head = (
        "Sessions", "Slider, p50", "Slider, p95", "Redraws/s each, median", "smallest",
        "Steps/s, all", "Steps each, median", "smallest", "Cores in use", "MiB/s sent", "Misses",
    )  # fmt: skip
    memory = [
        (c.sessions, f"{c.before:.0f}", f"{c.during:.0f}", f"{c.memory_each:.2f}", f"{c.after:.0f}")
        for c in crowds
    ]
    return [
        "## Many sessions that train live",
        f"Each session has the Classification page open, trains its default network at full speed "
        f"and moves the learning rate every {low:g} to {high:g} s, for "
        f"{crowds[0].seconds:.0f} s. *Slider* is the time from a move until all charts have come "
        "anew. *Misses* are messages that the server took for known and a browser no longer has, "
        "each a dialog that freezes the page. The clients run on the same machine.",
        _table(head, rows),
        "Resident memory of the server, in MiB, before the sessions, with them, and after they "
        f"are closed and forgotten (here {KEPT_SECONDS} s after closing; Streamlit's default is "
        "120 s, and it looks only when another session closes):",
        _table(("Sessions", "Before", "With them", "A session", "After"), memory),
    ]


def _besides(besides: Sequence[Beside]) -> list[str]:
    rows = [
        (
            b.sweepers,
            f"{quantile(b.moves, 0.5):.2f} s",
            f"{quantile(b.moves, 0.95):.2f} s",
            f"{quantile(b.gaps, 0.5):.2f} s",
            f"{quantile(b.gaps, 0.95):.2f} s",
            f"{median(b.sweeps):.2f} s" if b.sweeps else "",
            len(b.sweeps),
        )
        for b in besides
    ]
    head = (
        "Sessions that sweep", "Slider, p50", "Slider, p95", "Between redraws, p50", "p95",
        "A sweep, median", "Sweeps",
    )  # fmt: skip
    return [
        "## A live session beside sweeps",
        "One session trains live as above, while others do nothing but open the Dropout page and "
        "train its networks at several rates with ten seeds each.",
        _table(head, rows),
    ]


def _cycles(cycles: Cycles) -> list[str]:
    samples = cycles.samples
    shown = samples[:: max(len(samples) // 10, 1)]
    if shown[-1] != samples[-1]:
        shown.append(samples[-1])
    return [
        "## Open, train, close",
        f"{cycles.count} sessions, two at a time; every other one uploads a CSV file of its own of "
        f"{cycles.uploaded / 1e6:.1f} MB and trains on it. Resident memory grew by "
        f"{cycles.growth:.0f} KiB a session after the first {WARM_UP:.0%} (least squares), and was "
        f"{cycles.idle:.0f} MiB once all were forgotten.",
        _table(
            ("Sessions so far", *(f"{n}" for n, _ in shown)),
            [("MiB", *(f"{mib:.0f}" for _, mib in shown))],
        ),
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---:"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
