"""Charts of the curvature that was followed through a run.

The histories are those of `nnlib.curvature.CurvatureRecord`, not of a trainer.
"""

import numpy as np

from nnlib.history import History
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import layer_lines, level, line, lines
from pages.shared.charts.look import AS_RECORDED, Look
from pages.shared.charts.recorded import Curve, layer_curves, run_curves
from pages.shared.charts.run_chart import Traces, run_chart
from pages.shared.charts.theme import BATCH, CLASS_COLORS

LIMITS = {
    "sgd": "2/η",
    "momentum": "(2 + 2β)/η",
    "nesterov": "(2 + 2β)/((1 + 2β)η)",
    "adagrad": "2/η",
    "rmsprop": "2/η",
    "adam": "38/η",
    "adamw": "(38 − 19ηd)/η",
}
"""The limit of each optimizer in short; Adam's at β₁ = 0.9, AdamW's with the weight decay d."""
_SHARPNESS_COLOR, _PART_COLOR = CLASS_COLORS[3], CLASS_COLORS[4]
_LIMIT_LOOK = {"width": 1.5, "dash": "dash", "shape": "hv"}


def plot_sharpness(
    history: History, optimizer: str, look: Look = AS_RECORDED, *, adaptive: bool
) -> Chart:
    """Draw the curvature that the optimizer meets, with its limit.

    Parameters
    ----------
    optimizer : its name
    adaptive : whether it divides the gradient, so that its curvature is the preconditioned one
    """
    own = _name(adaptive)
    names = {own.replace(" ", "_"): own}
    if not adaptive:
        names["gauss_newton_sharpness"] = "of the Gauss-Newton part"
    curves = run_curves(history, names)
    limit = run_curves(history, {"limit": f"limit {LIMITS[optimizer]}"}) if curves else []

    def draw(log: bool) -> Traces:
        colors = (_SHARPNESS_COLOR, _PART_COLOR)
        drawn = [lines(c, color, look, log_y=log) for c, color in zip(curves, colors, strict=False)]
        flat = [
            line(c, BATCH, over=look.over, log_y=log, style=_LIMIT_LOOK, mode="lines")
            for c in limit
        ]
        return [*(trace for each in drawn for trace in each), *flat]

    titles, columns = (f"{own.capitalize()} and its limit", own), ("curve", "curvature")
    return run_chart(history, [*curves, *limit], look, titles, "sharpness", columns, draw)


def plot_relative(history: History, look: Look = AS_RECORDED, *, adaptive: bool) -> Chart:
    """Draw that curvature in units of its limit; at 1 the steps on a quadratic begin to grow."""
    own = _name(adaptive)
    curves = run_curves(history, {"relative": f"{own} / limit"})

    def draw(log: bool) -> Traces:
        drawn = lines(curves[0], _SHARPNESS_COLOR, look, log_y=log, value_format=".4f")
        return [
            *drawn,
            level(curves, 1.0, "limit", "above it steps on a quadratic grow", look.over),
        ]

    titles = f"{own.capitalize()} in units of its limit", f"{own} / limit"
    return run_chart(
        history, curves, look, titles, "sharpness-by-limit", ("curve", "relative"), draw
    )


def plot_spectrum(history: History, look: Look = AS_RECORDED) -> Chart:
    """Draw the largest eigenvalues of the Hessian that were measured, from the first on."""
    curves = [
        c for c in layer_curves(history, "eigenvalues") if np.isfinite(c.values).any()
    ]  # of those not asked for there are none
    return _of_many(
        history, curves, look, "The largest eigenvalues of the Hessian", "eigenvalue", "eigenvalues"
    )


def plot_layers(history: History, look: Look = AS_RECORDED) -> Chart:
    """Draw the largest curvature when one layer alone moves, one line a layer."""
    curves = layer_curves(history, "layer_sharpness")
    return _of_many(
        history, curves, look, "Sharpness of each layer alone", "sharpness", "layer-sharpness"
    )


def plot_trace(history: History, look: Look = AS_RECORDED) -> Chart:
    """Draw the trace of the Hessian and what each layer's block has of it."""
    whole, layers = run_curves(history, {"trace": "whole"}), layer_curves(history, "layer_trace")

    def draw(log: bool) -> Traces:
        drawn = [t for c in whole for t in lines(c, _SHARPNESS_COLOR, look, log_y=log)]
        return drawn + layer_lines(layers, look, log_y=log)

    titles = "Trace of the Hessian, whole and by layer", "trace"
    return run_chart(history, [*whole, *layers], look, titles, "trace", ("part", "trace"), draw)


def _of_many(
    history: History, curves: list[Curve], look: Look, title: str, what: str, name: str
) -> Chart:
    def draw(log: bool) -> Traces:
        return layer_lines(curves, look, log_y=log)

    columns = ("curve", what)
    return run_chart(history, curves, look, (title, what), name, columns, draw, what="layers")


def _name(adaptive: bool) -> str:
    return "preconditioned sharpness" if adaptive else "sharpness"
