"""Rerun every result over three seeds: ``python -m nnlib.papers FILE`` writes it down."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import process_time

from nnlib.papers import PAPERS, Measured, Paper

SEEDS = (0, 1, 2)
INTRODUCTION = """# Papers: published results, rerun

`make papers` writes this file: every card of the page *Papers*, measured with the seeds {seeds}.
A result counts as reproduced with a seed if each of its numbers lies in its band. The bands come
from the papers or their theory, were set before the first rerun, and were not moved to fit; where
a number was added later, its band says so. The settings of four cards came nearer to their papers
after a first rerun: the thirty layers got twice the units and the paper's falling rate, the edge of
stability the smaller initial weights of PyTorch, more images and units, dropout wider layers, and
decoupled decay three layers instead of one and the paper's 100 epochs instead of 16.
"""


def document(papers: Iterable[Paper]) -> str:
    """Measure papers, one after another, and return what came of them as Markdown."""
    parts, rows = [], []
    for paper in papers:
        start, found, lacking = process_time(), [], paper.lacking()
        for seed in () if lacking else SEEDS:
            found.append(paper.rerun(seed))
            print(paper.name, seed, *(f"{v:.4g}" for v in found[-1].values), file=sys.stderr)
        seconds = (process_time() - start) / len(SEEDS)
        held = sum(paper.holds(measured) for measured in found)
        came = f"{held} of {len(SEEDS)} seeds | {seconds:.0f} s"
        rows.append(f"| {paper.title} | {'not measured | –' if lacking else came} |")
        parts.append(_section(paper, found, lacking))
    head = INTRODUCTION.format(seeds=", ".join(map(str, SEEDS)))
    summary = ["| Result | Reproduced | Processor time of a rerun |", "|---|---|---|", *rows]
    return "\n".join([head, *summary, "", *parts])


def _section(paper: Paper, found: Sequence[Measured], lacking: str) -> str:
    numbers = "".join(f" Seed {seed} |" for seed in SEEDS)
    lines = [
        f"## {paper.title}",
        f"\n{paper.work.markdown}",
        f"\n{paper.claim}",
        f"\n**Here.** {paper.scaled}\n",
        f"| Number | Band |{numbers}",
        "|---|---|" + "---|" * len(SEEDS),
    ]
    for i, band in enumerate(paper.bands):
        cells = "".join(f" {_cell(paper, one, i)} |" for one in found) or " – |" * len(SEEDS)
        lines.append(f"| {band.what} | {band.text} |{cells}")
    lines.append("")
    lines += [f"- {band.what}: {band.reason}" for band in paper.bands]
    missed = sum(not paper.holds(measured) for measured in found)
    if missed:
        lines.append(f"\n**Not reproduced with {missed} of the seeds.** {paper.if_not}")
    if lacking:
        lines.append(f"\n**Not measured.** {lacking}")
    return "\n".join([*lines, ""])


def _cell(paper: Paper, measured: Measured, index: int) -> str:
    band, value = paper.bands[index], measured.values[index]
    return band.say(value) if band.holds(value) else f"**{band.say(value)}** (outside)"


if __name__ == "__main__":
    (target,) = sys.argv[1:]
    Path(target).write_text(document(PAPERS.values()), "utf-8")
