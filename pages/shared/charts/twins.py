"""Charts of two runs side by side: how far they get from each other, beside what a seed does."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlib.twins import Twins
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import line, run_figure
from pages.shared.charts.look import AS_RECORDED, STEPS
from pages.shared.charts.recorded import Curve, curves_table
from pages.shared.charts.theme import BATCH

SEED = "another seed of this run"


class Other(NamedTuple):
    """The run beside the present one: its name, its color, and the steps in an epoch."""

    name: str
    color: str
    steps_per_epoch: int


def plot_outputs_apart(twins: Twins, other: Other) -> Chart:
    """Draw how far what the two predict lies apart over the steps."""
    return _apart(
        twins,
        other,
        (twins.outputs, twins.seed_outputs),
        ("Predictions: distance over the steps", "root mean square difference"),
        "twin-predictions",
    )


def plot_parameters_apart(twins: Twins, other: Other) -> Chart:
    """Draw how far the parameters lie apart over the steps."""
    return _apart(
        twins,
        other,
        (twins.parameters, twins.seed_parameters),
        ("Weights and biases: distance over the steps", "‖θ of this run − θ of the other‖"),
        "twin-parameters",
    )


def plot_losses_apart(twins: Twins, other: Other) -> Chart:
    """Draw the difference of the losses over the steps; below 0 the other run is better."""
    own, kept, seed = twins.losses.T
    return _apart(
        twins,
        other,
        (kept - own, seed - own),
        ("The other's validation loss less that of this run", "difference of the losses"),
        "twin-losses",
        log_y=False,
    )


def _apart(
    twins: Twins,
    other: Other,
    values: tuple[NDArray[np.floating], NDArray[np.floating]],
    titles: tuple[str, str],
    name: str,
    *,
    log_y: bool = True,
) -> Chart:
    steps = twins.steps.astype(np.int64)
    curves = [
        Curve(label, steps, steps / other.steps_per_epoch, each.astype(np.float64))
        for label, each in zip((other.name, SEED), values, strict=True)
        if np.isfinite(each).any()
    ]
    figure = run_figure(*titles, curves, AS_RECORDED, log_y=log_y)
    styles = {other.name: (other.color, "solid"), SEED: (BATCH, "dash")}
    for curve in curves:
        color, dash = styles[curve.name]
        figure.add_trace(line(curve, color, log_y=log_y, style={"dash": dash}))
    return Chart(figure, name, lambda: curves_table(curves, "pair", "difference"), STEPS)
