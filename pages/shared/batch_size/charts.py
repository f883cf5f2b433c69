"""Charts of the noise of a run along its way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.history import History
from nnlib.noise import Histograms, NoisePoint
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import layer_lines, level, lines
from pages.shared.charts.look import AS_RECORDED, TITLES, Look
from pages.shared.charts.recorded import Curve, curves_table
from pages.shared.charts.run_chart import Traces, run_chart
from pages.shared.charts.theme import (
    CLASS_COLORS,
    TRAIN,
    empty_figure,
    layer_colors,
    new_figure,
)

NO_POINTS = "Nothing has been measured yet."
ONLY_SGD = "CABS is for SGD without momentum."
_SIZE = "|∂L/∂θ| of a parameter"
_SHARE = "share of the layer's parameters"


def plot_noise_scale(
    points: Sequence[NoisePoint], history: History, batch_size: int, look: Look = AS_RECORDED
) -> Chart:
    """Draw the noise scale along the run, beside the batch size of the run."""
    curves = _curves(points, history, {"noise scale": lambda p: p.scale.value})

    def draw(log: bool) -> Traces:
        size = level(curves, batch_size, "batch size", over=look.over)
        return [*lines(curves[0], TRAIN, look, log_y=log), size]

    titles, columns = ("Noise scale of the gradient", "examples"), ("series", "examples")
    return run_chart(history, curves, look, titles, "noise-scale", columns, draw, log_y=True)


def plot_cosines(
    points: Sequence[NoisePoint], history: History, batch_size: int, look: Look = AS_RECORDED
) -> Chart:
    """Draw the cosine between minibatches' gradients, measured and as the noise scale has it."""
    curves = _curves(
        points,
        history,
        {
            "measured": lambda p: p.cosine,
            "by the noise scale": lambda p: p.scale.cosine(batch_size),
        },
    )

    def draw(log: bool) -> Traces:
        measured, theory = curves
        return [
            *lines(measured, CLASS_COLORS[2], look, log_y=log),
            *lines(theory, TRAIN, look, log_y=log, style={"dash": "dash"}),
        ]

    titles = ("Cosine between the gradients of two minibatches", "cosine")
    columns = ("series", "cosine")
    return run_chart(history, curves, look, titles, "minibatch-cosines", columns, draw)


def plot_signal_to_noise(
    points: Sequence[NoisePoint], history: History, look: Look = AS_RECORDED
) -> Chart:
    """Draw the signal-to-noise ratio of a minibatch's gradient, one line a layer."""
    curves = _layer_curves(points, history, lambda p: p.signal_to_noise)

    def draw(log: bool) -> Traces:
        equal = level(curves, 1.0, "as much noise as signal", over=look.over)
        return [*layer_lines(curves, look, log_y=log), equal]

    titles = ("Signal-to-noise ratio of a minibatch's gradient by layer", "√B·‖G‖ / √tr Σ")
    columns = ("layer", "ratio")
    return run_chart(
        history, curves, look, titles, "signal-to-noise", columns, draw, log_y=True, what="layers"
    )


def plot_tests(points: Sequence[NoisePoint], history: History, look: Look = AS_RECORDED) -> Chart:
    """Draw the smallest parameter with which a minibatch passes each test of its size."""
    curves = _curves(
        points,
        history,
        {
            "norm test": lambda p: p.norm,
            "inner product test": lambda p: p.inner_product,
            "orthogonality test": lambda p: p.orthogonality,
        },
    )

    def draw(log: bool) -> Traces:
        far = level(curves, 1.0, "as far off as the gradient is long", over=look.over)
        colored = zip(curves, CLASS_COLORS, strict=False)
        return [*(t for c, color in colored for t in lines(c, color, look, log_y=log)), far]

    titles = ("Is the batch large enough? The smallest parameter that passes", "θ or ν")
    columns = ("test", "parameter")
    return run_chart(history, curves, look, titles, "batch-tests", columns, draw, log_y=True)


def plot_coupled_batch(
    points: Sequence[NoisePoint],
    history: History,
    batch_size: int,
    look: Look = AS_RECORDED,
    *,
    momentum: bool = False,
) -> Chart:
    """Draw the batch size that CABS would take at each point, beside that of the run.

    Parameters
    ----------
    momentum : whether the run has it, for which the rule is not made
    """
    curves = _curves(points, history, {"CABS": lambda p: p.coupled_batch})
    titles = ("Batch size by CABS, for the learning rate in effect", "examples")
    if momentum:
        figure = empty_figure(titles[0], TITLES[look.over], titles[1], ONLY_SGD)
        return Chart(figure, "coupled-batch-size")

    def draw(log: bool) -> Traces:
        size = level(curves, batch_size, "batch size", over=look.over)
        return [*lines(curves[0], CLASS_COLORS[4], look, log_y=log), size]

    columns = ("series", "examples")
    return run_chart(history, curves, look, titles, "coupled-batch-size", columns, draw, log_y=True)


def plot_evidence(
    points: Sequence[NoisePoint], history: History, look: Look = AS_RECORDED
) -> Chart:
    """Draw how far the gradient stands out from its noise: 1 less the evidence to stop."""
    curves = _curves(points, history, {"mean of N·G²/σ²": lambda p: 1 - p.evidence})

    def draw(log: bool) -> Traces:
        stop = level(curves, 1.0, "stop below this", "no more than noise", look.over)
        return [*lines(curves[0], CLASS_COLORS[3], look, log_y=log), stop]

    titles = ("Early-stopping evidence: is the gradient more than noise?", "mean of N·G²/σ²")
    columns = ("series", "mean")
    return run_chart(history, curves, look, titles, "evidence-to-stop", columns, draw, log_y=True)


def plot_distances(
    points: Sequence[NoisePoint], history: History, look: Look = AS_RECORDED
) -> Chart:
    """Draw how far each layer's weights are from the start (lines), and how long the way was.

    They are sums over the steps and not noisy, so there is nothing to smooth.
    """
    look = replace(look, smoothing=0.0)
    away = _layer_curves(points, history, lambda p: p.distance)
    travelled = _layer_curves(points, history, lambda p: p.travelled)

    def draw(log: bool) -> Traces:
        drawn = layer_lines(away, look, log_y=log)
        for trace in layer_lines(travelled, look, log_y=log, style={"dash": "dash"}):
            name = f"{trace['name']}, travelled"
            hover = trace["hovertemplate"].replace(trace["name"], name, 1)
            drawn.append(trace | {"name": name, "hovertemplate": hover, "showlegend": False})
        return drawn

    titles = ("Distance from the start, and the way travelled (dashed)", "‖W − W₀‖, Σ‖ΔW‖")
    columns = ("layer", "distance")
    chart = run_chart(
        history, away, look, titles, "distances", columns, draw, log_y=True, what="layers"
    )
    return replace(chart, table=partial(_distances_table, away, travelled, look))


def _distances_table(away: Sequence[Curve], travelled: Sequence[Curve], look: Look) -> pd.DataFrame:
    table = curves_table(away, "layer", "distance", look)
    return table.assign(travelled=curves_table(travelled, "layer", "travelled")["travelled"])


def plot_histograms(point: NoisePoint | None, layers: Sequence[str]) -> Chart:
    """Draw how the sizes of the gradient's entries are distributed in each layer."""
    title = "Histogram of the gradient by layer"
    if point is None:
        return Chart(empty_figure(title, _SIZE, _SHARE, NO_POINTS), "gradient-histograms")
    found = point.histograms
    figure = new_figure(f"{title}, step {point.step:,}", _SIZE, _SHARE, log_x=True)
    figure.update_layout(uirevision=title)
    centers = 10 ** ((found.edges[1:] + found.edges[:-1]) / 2)
    used = np.flatnonzero(found.shares.any(axis=0))
    span = slice(max(used.min() - 1, 0), used.max() + 2) if len(used) else slice(None)
    for i, (name, color) in enumerate(zip(layers, layer_colors(len(layers)), strict=True)):
        zeros = found.zeros[i]
        figure.add_scatter(
            x=centers[span],
            y=found.shares[i, span],
            name=f"{name}, {zeros:.0%} zero" if zeros else name,
            mode="lines",
            line={"color": color, "width": 2, "shape": "hvh"},
            hovertemplate=f"<b>{name}</b><br>around %{{x:.1e}}: %{{y:.1%}}<extra></extra>",
        )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return Chart(figure, "gradient-histograms", partial(_histograms_table, found, tuple(layers)))


def _histograms_table(found: Histograms, layers: Sequence[str]) -> pd.DataFrame:
    bins = len(found.edges) - 1
    return pd.DataFrame(
        {
            "layer": np.repeat(layers, bins),
            "from": np.tile(10 ** found.edges[:-1], len(layers)),
            "to": np.tile(10 ** found.edges[1:], len(layers)),
            "share": found.shares.ravel(),
        }
    )


def _curves(
    points: Sequence[NoisePoint],
    history: History,
    named: Mapping[str, Callable[[NoisePoint], float]],
) -> list[Curve]:
    if not points:
        return []
    return [
        _curve(name, points, history, np.array([read(point) for point in points]))
        for name, read in named.items()
    ]


def _layer_curves(
    points: Sequence[NoisePoint], history: History, read: Callable[[NoisePoint], NDArray[Any]]
) -> list[Curve]:
    if not points:
        return []
    columns = np.array([read(point) for point in points]).T
    return [
        _curve(name, points, history, values)
        for name, values in zip(history.layer_names, columns, strict=True)
    ]


def _curve(
    name: str, points: Sequence[NoisePoint], history: History, values: NDArray[Any]
) -> Curve:
    steps = np.array([point.step for point in points])
    return Curve(name, steps, steps / history.steps_per_epoch, values, history.clock.at(steps))
