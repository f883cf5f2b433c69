"""Charts of where a run's steps end in their parabola, and of what its fit will not carry over."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.history import History
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import level, lines
from pages.shared.charts.look import AS_RECORDED, Look
from pages.shared.charts.recorded import Curve, run_curves
from pages.shared.charts.run_chart import Traces, run_chart
from pages.shared.charts.theme import (
    BATCH,
    CLASS_COLORS,
    TRAIN,
    VALIDATION,
    empty_figure,
    new_figure,
)

LAST = 0.1
"""Of the steps, how many are the late ones."""
_ALPHA = "α: −1 start, 0 minimum, 1 across"
_EDGES = np.round(np.arange(-2.05, 3.06, 0.1), 2)  # -1, 0 and 1 are the middle of a bar
_SHARE = "share of the measured steps"
_PREDICTED = {"information_by_traces": "TIC/N by traces",
              "information_by_diagonals": "TIC/N by diagonals"}  # fmt: skip


def plot_alpha(history: History, look: Look = AS_RECORDED) -> Chart:
    """Draw where each measured step has ended in the parabola of its own minibatch."""
    curves = run_curves(history, {"alpha": "α"})

    def draw(log: bool) -> Traces:
        marks = {0.0: "minimum", 1.0: "as high as the start"}
        return [
            *lines(curves[0], CLASS_COLORS[4], look, log_y=log),
            *(level(curves, value, name, over=look.over) for value, name in marks.items()),
        ]

    titles = "α: where steps end in their parabola", _ALPHA
    return run_chart(history, curves, look, titles, "alpha", ("curve", "alpha"), draw)


def plot_alphas(history: History, step: int) -> Chart:
    """Draw how α is distributed over the measured steps up to one, and over their last tenth.

    What is below or above all bars counts to the outermost bars.
    """
    steps, values = history.steps("alpha"), history["alpha"]
    values, steps = values[steps <= step], steps[steps <= step]
    title = "Distribution of α"
    if not len(values):
        return Chart(empty_figure(title, _ALPHA, _SHARE, "No step has been measured."), "alphas")
    shares = {
        "all": _shares(values),
        "the last tenth": _shares(values[steps >= (1 - LAST) * step]),
    }
    figure = new_figure(f"{title} up to step {step:,}", _ALPHA, _SHARE)
    figure.update_layout(uirevision=title)
    middle = (_EDGES[1:] + _EDGES[:-1]) / 2
    for (name, share), color in zip(shares.items(), (BATCH, TRAIN), strict=True):
        figure.add_scatter(
            x=middle, y=share, name=name, mode="lines", fill="tozeroy",
            line={"color": color, "width": 1.5, "shape": "hvh"},
            hovertemplate=f"<b>{name}</b><br>α around %{{x:.2f}}: %{{y:.1%}}<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return Chart(figure, "alphas", partial(_shares_table, shares))


def plot_gap(history: History, losses: History, examples: int, look: Look = AS_RECORDED) -> Chart:
    """Draw Takeuchi's criterion over the examples, beside the gap that it is to predict.

    Parameters
    ----------
    history : of the curvature
    losses : of the run
    examples : N, the size of the training split
    """
    predicted = [
        replace(curve, values=curve.values / examples) for curve in run_curves(history, _PREDICTED)
    ]
    measured = _measured_gap(losses) if predicted else []

    def draw(log: bool) -> Traces:
        colors = (CLASS_COLORS[3], CLASS_COLORS[4], VALIDATION)
        colored = zip([*predicted, *measured], colors, strict=False)
        return [t for curve, color in colored for t in lines(curve, color, look, log_y=log)]

    titles = "Takeuchi's criterion / N, and the gap", "loss"
    curves = [*predicted, *measured]
    return run_chart(history, curves, look, titles, "takeuchi", ("curve", "loss"), draw, log_y=True)


def _measured_gap(losses: History) -> list[Curve]:
    """Return validation loss less training loss, where both were recorded."""
    curves = {c.name: c for c in run_curves(losses, {"train_loss": "train", "val_loss": "val"})}
    if len(curves) < 2:
        return []
    train, val = curves["train"], curves["val"]
    _, at, there = np.intersect1d(val.steps, train.steps, return_indices=True)
    seconds = np.broadcast_to(val.seconds, val.steps.shape)
    gap = val.values[at] - train.values[there]
    name = "validation − training loss"
    return [Curve(name, val.steps[at], val.epochs[at], gap, seconds[at])]


def _shares(values: NDArray[Any]) -> NDArray[np.float64]:
    counts = np.histogram(np.clip(values, _EDGES[0], _EDGES[-1]), _EDGES)[0]
    return counts / max(len(values), 1)


def _shares_table(shares: Mapping[str, NDArray[np.float64]]) -> pd.DataFrame:
    bars = len(_EDGES) - 1
    return pd.DataFrame(
        {
            "steps": np.repeat(list(shares), bars),
            "from": np.tile(_EDGES[:-1], len(shares)),
            "to": np.tile(_EDGES[1:], len(shares)),
            "share": np.concatenate(list(shares.values())),
        }
    )
