"""Charts of the straight lines between networks, and of the barriers on them."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from nnlib.comparison import median_over_seeds
from nnlib.landscape import Line, Parting
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import drawable
from pages.shared.charts.theme import BATCH, TRAIN, VALIDATION, layer_colors, new_figure

PLACE = "t (0: first run, 1: second run)"
STABLE = 0.02
"""Frankle et al. 2020 call runs linearly connected where the error barrier is below."""
_SPLITS = {"train": ("training", TRAIN), "val": ("validation", VALIDATION)}


def plot_line(line: Line, what: str) -> Chart:
    """Draw a loss or a score along a line.

    Parameters
    ----------
    what : "loss", or the name of the score
    """
    label = {"r2": "R²"}.get(what, what)
    title = f"{label[0].upper()}{label[1:]} between the runs"
    figure = new_figure(title, PLACE, label)
    for split, (name, color) in _SPLITS.items():
        figure.add_scatter(
            mode="lines+markers",
            name=name,
            x=line.places,
            y=drawable(line.measured[f"{split}_{what}"]),
            line={"color": color, "width": 2},
            marker={"color": color, "size": 4},
            hovertemplate=f"<b>{name}</b>, t = %{{x:.3f}}<br>{label} %{{y:.6g}}<extra></extra>",
        )
    return Chart(figure, f"{what}-between-runs", partial(_line_table, line))


def _line_table(line: Line) -> pd.DataFrame:
    """Return one row a point of the line."""
    return pd.DataFrame({"t": line.places, **line.measured})


def plot_barriers(found: Parting, what: str) -> Chart:
    """Draw the barrier between runs over the number of steps that they share.

    Parameters
    ----------
    what : "loss", or "accuracy", whose barrier is one of the error
    """
    error = what != "loss"
    title = f"{'Error' if error else 'Loss'} barrier by the steps in common"
    figure = new_figure(title, "shared steps", "barrier")
    at = np.arange(len(found.steps))
    hover = "%{customdata:,} shared steps<br>barrier %{y:.4g}<extra></extra>"
    for split, (name, color) in _SPLITS.items():
        values = found.barriers(f"{split}_{what}")
        draws = values.shape[1]
        figure.add_scatter(
            mode="lines",
            name=f"{name}, median" if draws > 1 else name,
            x=at,
            y=drawable(median_over_seeds(values)),
            customdata=found.steps,
            line={"color": color, "width": 2},
            hovertemplate=f"<b>{name}</b>, {hover}",
        )
        figure.add_scatter(
            mode="markers",
            name=f"{name}, each pair",
            x=np.repeat(at, draws),
            y=drawable(values.ravel()),
            customdata=np.repeat(found.steps, draws),
            marker={"color": color, "size": 6, "opacity": 0.6},
            hovertemplate=f"<b>{name}</b>, one pair, {hover}",
        )
    if error:
        figure.add_scatter(
            mode="lines",
            name="2 % of Frankle et al.",
            x=at[[0, -1]],
            y=[STABLE, STABLE],
            line={"color": BATCH, "width": 1.5, "dash": "dash"},
            hovertemplate="below, runs count as linearly connected<extra></extra>",
        )
        figure.update_yaxes(tickformat=".1~%")
    figure.update_xaxes(tickvals=at, ticktext=[f"{step:,}" for step in found.steps])
    return Chart(figure, "barriers", partial(_barrier_table, found))


def _barrier_table(found: Parting) -> pd.DataFrame:
    """Return one row a pair of runs: the steps shared, which pair, and its barriers."""
    rows: list[dict[str, Any]] = []
    for step, lines in zip(found.steps.tolist(), found.lines, strict=True):
        for draw, line in enumerate(lines):
            barriers = {_barrier_name(name): line.barrier(name) for name in line.measured}
            rows.append({"shared_steps": step, "pair": draw + 1, **barriers,
                         "distance": line.distance})  # fmt: skip
    return pd.DataFrame(rows)


def _barrier_name(measured: str) -> str:
    return f"{measured.replace('accuracy', 'error').replace('r2', 'one_minus_r2')}_barrier"


def plot_lines(found: Parting) -> Chart:
    """Draw the training loss along the lines of the first pair, one for each number of steps."""
    firsts = [lines[0] for lines in found.lines]
    figure = new_figure("Training loss between the first pair", PLACE, "loss")
    for step, line, color in zip(
        found.steps.tolist(), firsts, layer_colors(len(firsts)), strict=True
    ):
        figure.add_scatter(
            mode="lines",
            name=f"{step:,} shared",
            x=line.places,
            y=drawable(line.measured["train_loss"]),
            line={"color": color, "width": 2},
            hovertemplate=f"<b>{step:,} shared steps</b>, t = %{{x:.3f}}<br>loss %{{y:.6g}}"
            "<extra></extra>",
        )
    return Chart(figure, "lines-between-parted-runs", partial(_lines_table, found, firsts))


def _lines_table(found: Parting, lines: Sequence[Line]) -> pd.DataFrame:
    """Return one row a point of a line of the first pair."""
    tables = [_line_table(line) for line in lines]
    for step, table in zip(found.steps.tolist(), tables, strict=True):
        table.insert(0, "shared_steps", step)
    return pd.concat(tables, ignore_index=True)
