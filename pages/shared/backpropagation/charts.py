"""Charts beside the network: loss over steps, step sizes, and the loss of one prediction."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from nnlib.labs.output_errors import OutputErrors
from nnlib.labs.step_trace import StepSizes
from nnlib.labs.walkthrough import Trajectory
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import drawable
from pages.shared.charts.figure import Figure
from pages.shared.charts.theme import CLASS_COLORS, empty_figure, new_figure, plain_number

_SQUARED, _ENTROPY, _NOW = CLASS_COLORS[0], CLASS_COLORS[1], CLASS_COLORS[3]
_LOSSES = (("squared error", "squared", _SQUARED), ("cross-entropy", "crossentropy", _ENTROPY))


def _line(name: str, x: Any, y: Any, color: str, hover: str, **line: Any) -> dict[str, Any]:
    return {
        "mode": "lines",
        "name": name,
        "x": x,
        "y": drawable(np.asarray(y, np.float64)),
        "line": {"color": color, "width": 2, **line},
        "hovertemplate": f"<b>{name}</b>: %{{y:.6g}}<br>{hover}<extra></extra>",
    }


def _point(x: float, y: float, color: str, hover: str) -> dict[str, Any]:
    return {
        "mode": "markers",
        "x": [x],
        "y": drawable(np.array([y])),
        "marker": {"color": color, "size": 11},
        "showlegend": False,
        "hovertemplate": f"{hover}<extra></extra>",
        "cliponaxis": False,
    }


def plot_loss_curve(trajectory: Trajectory, step: int) -> Chart:
    """Draw the loss after each number of steps, with the present one marked."""
    title = f"Loss over {trajectory.steps:,} steps"
    if trajectory.steps < 1:
        nothing = empty_figure("Loss over the steps", "step", "loss", "No step has been made yet.")
        return Chart(nothing, "loss", partial(_loss_table, trajectory))
    figure = new_figure(title, "step", "loss", height=300)
    steps = np.arange(trajectory.steps + 1, dtype=np.int32)
    figure.add_trace(_line("loss", steps, trajectory.losses, _SQUARED, "after %{x:,} steps"))
    now = min(step, trajectory.steps)
    value = float(trajectory.losses[now])
    hover = f"<b>now</b>: loss {plain_number(value, 6)}<br>after {now:,} steps"
    figure.add_trace(_point(now, value, _NOW, hover))
    figure.update_yaxes(rangemode="tozero")
    figure.update_layout(showlegend=False)
    return Chart(figure, "loss", partial(_loss_table, trajectory))


def _loss_table(trajectory: Trajectory) -> pd.DataFrame:
    """Return rows ``step, loss, right``; `right` counts the examples that are right."""
    return pd.DataFrame(
        {
            "step": np.arange(trajectory.steps + 1),
            "loss": trajectory.losses,
            "right": trajectory.right.sum(axis=1),
        }
    )


def plot_step_sizes(sizes: StepSizes, learning_rate: float, actual: float) -> Chart:
    """Draw the change of the loss by one update against its learning rate.

    Parameters
    ----------
    sizes : from 0 upwards
    learning_rate, actual : the update that is made, and the change by it
    """
    title, table = "What one update of this gradient changes", partial(_step_sizes_table, sizes)
    if not len(sizes.learning_rates):
        nothing = empty_figure(title, "learning rate", "change of the loss", "No learning rates.")
        return Chart(nothing, "step-sizes", table)
    figure = new_figure(title, "learning rate", "change of the loss", height=320)
    hover = "learning rate %{x:.4g}"
    rates = sizes.learning_rates.astype(np.float32)
    figure.add_trace(
        _line("first order, −η·‖g‖²", rates, sizes.predicted, _SQUARED, hover, dash="dash")
    )
    figure.add_trace(_line("actual", rates, sizes.actual, _ENTROPY, hover))
    rate = plain_number(learning_rate, 4)
    text = f"<b>this update</b>: {plain_number(actual, 6)}<br>learning rate {rate}"
    figure.add_trace(_point(learning_rate, actual, _NOW, text))
    return Chart(figure, "step-sizes", table)


def _step_sizes_table(sizes: StepSizes) -> pd.DataFrame:
    """Return rows ``learning rate, actual, first order``."""
    return pd.DataFrame(
        {
            "learning rate": sizes.learning_rates,
            "actual": sizes.actual,
            "first order": sizes.predicted,
        }
    )


_PARTS = {
    "": ("Loss of one prediction", "loss"),
    "_by_p": ("Gradient with respect to the prediction p", "dL/dp"),
    "_by_z": ("Gradient with respect to the logit z", "dL/dz"),
}
PARTS = tuple(_PARTS)
"""What `plot_output_errors` draws: the losses, their gradients by p, and by the logit."""


def plot_output_errors(curves: OutputErrors, now: OutputErrors, part: str = "") -> Chart:
    """Draw both losses, or a gradient of them, over the prediction.

    Parameters
    ----------
    curves : over the axis
    now : at the one prediction to mark
    part : of `PARTS`
    """
    title, y_title = _PARTS[part]
    heading = f"{title}, target {plain_number(curves.target)}"
    name, table = f"loss-of-one-prediction{part}".replace("_", "-"), partial(_errors_table, curves)
    if not len(curves.prediction):
        return Chart(empty_figure(heading, "prediction p", y_title, "No predictions."), name, table)
    figure = new_figure(heading, "prediction p", y_title, height=320)
    for loss, field, color in _LOSSES:
        values = getattr(curves, field + part)
        figure.add_trace(_line(loss, curves.prediction, values, color, "at p = %{x:.4g}"))
    for loss, field, color in _LOSSES:
        value, p = float(getattr(now, field + part)[0]), float(now.prediction[0])
        figure.add_trace(
            _point(
                p,
                value,
                color,
                f"<b>{loss}</b>: {plain_number(value, 6)}<br>at p = {plain_number(p, 4)}",
            )
        )
    figure.update_xaxes(range=(0, 1))
    if part != "_by_z":  # the cross-entropy's poles would leave the rest a flat line
        signed = (-10, 1) if curves.target > 0.5 else (-1, 10)
        low, high = (-0.1, 5) if part == "" else signed
        figure.update_yaxes(range=_including(low, high, figure))
    return Chart(figure, name, table)


def _including(low: float, high: float, figure: Figure) -> Sequence[float]:
    """Return a range that also holds the marked points."""
    marked = [float(trace["y"][0]) for trace in figure.traces if trace["mode"] == "markers"]
    return min(low, *(1.05 * y for y in marked)), max(high, *(1.05 * y for y in marked))


def _errors_table(curves: OutputErrors) -> pd.DataFrame:
    """Return one row a prediction, with both losses and their gradients."""
    fields = [field + part for _, field, _ in _LOSSES for part in PARTS]
    return pd.DataFrame(
        {"prediction": curves.prediction} | {name: getattr(curves, name) for name in fields}
    )
