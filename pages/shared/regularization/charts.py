"""Charts of penalized linear regression: the fit, coefficient paths, errors, and exact zeros."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.labs.linear_descent import Descent
from nnlib.labs.linear_draws import Errors, LinearResult
from nnlib.labs.linear_regression import TRUE_INTERCEPT, TRUE_SLOPE, LinearFits
from pages.shared.charts import theme
from pages.shared.charts.bands import median_and_range
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import drawable
from pages.shared.charts.figure import Figure
from pages.shared.charts.look import STEP

STRENGTH = "strength λ"
NO_PENALTY = "Choose a penalty in the sidebar; without one there is no strength to vary."
_MARK = theme.CLASS_COLORS[4]
_WAY_COLORS = (theme.CLASS_COLORS[3], theme.CLASS_COLORS[2])
Floats = NDArray[np.float64]
Pairs = dict[str, tuple[Floats, Floats]]


def plot_fit(result: LinearResult) -> Chart:
    """Draw the points of the first draw, the true line, and the fit."""
    drawn, ends = result.drawn, np.array(result.problem.span)
    points = {"validation": (drawn.x_val, drawn.y_val), "training": (drawn.x, drawn.y)}
    line = f"true line {TRUE_SLOPE:g}x + {TRUE_INTERCEPT:g}"
    curves = {line: (ends, TRUE_SLOPE * ends + TRUE_INTERCEPT), "fit": result.curve()}
    figure = theme.new_figure("Points and fitted polynomial", "x", "y")
    for name, (x, y) in points.items():
        _add_points(figure, name, x, y)
    styles = [(theme.BATCH, "dash"), (_MARK, "solid")]
    for (name, (x, y)), (color, dash) in zip(curves.items(), styles, strict=True):
        figure.add_scatter(
            x=x.astype(np.float32),
            y=drawable(y),
            mode="lines",
            name=name,
            line={"color": color, "width": 2.5, "dash": dash},
            hovertemplate=f"<b>{name}</b><br>x %{{x:.3f}}, y %{{y:.5g}}<extra></extra>",
        )
    figure.update_yaxes(range=_around(np.concatenate([y for _, y in points.values()])))
    return Chart(figure, "polynomial-fit", lambda: _pairs_table(points | curves))


def _add_points(figure: Figure, name: str, x: Floats, y: Floats) -> None:
    ring = name == "validation"
    figure.add_scatter(
        x=x.astype(np.float32),
        y=y.astype(np.float32),
        mode="markers",
        name=name,
        opacity=0.45 if ring else 1.0,
        marker={
            "color": theme.VALIDATION if ring else theme.TRAIN,
            "size": 5 if ring else 9,
            "symbol": "circle-open" if ring else "circle",
        },
        hovertemplate=f"<b>{name}</b><br>x %{{x:.4f}}, y %{{y:.4f}}<extra></extra>",
    )


def _around(y: Floats) -> tuple[float, float]:
    """Return a range about the points; a wild polynomial may leave it."""
    low, high = float(y.min()), float(y.max())
    margin = 0.35 * (high - low) or 1.0
    return low - margin, high + margin


def _pairs_table(pairs: Pairs) -> pd.DataFrame:
    """Return rows ``what, x, y``."""
    parts = [pd.DataFrame({"what": name, "x": x, "y": y}) for name, (x, y) in pairs.items()]
    return pd.concat(parts, ignore_index=True)


def plot_paths(result: LinearResult) -> Chart:
    """Draw every weight over the strength, with the chosen strength marked."""
    title, y_title, fits = "Coefficient paths", "weight", result.path
    if result.errors is None or fits is None:
        return Chart(theme.empty_figure(title, STRENGTH, y_title, NO_PENALTY), "coefficient-paths")
    figure = theme.new_figure(title, STRENGTH, y_title, log_x=True)
    degrees = fits.weights.shape[1]
    named = set(np.linspace(0, degrees - 1, min(degrees, 8)).round().astype(int).tolist())
    for j, color in enumerate(theme.layer_colors(degrees)):
        name = power(j + 1)
        figure.add_scatter(
            x=fits.strengths.astype(np.float32),
            y=fits.weights[:, j].astype(np.float32),
            mode="lines",
            name=name,
            showlegend=j in named,
            line={"color": color, "width": 2},
            hovertemplate=f"<b>{name}</b>: weight %{{y:.5g}}<br>λ %{{x:.3g}}<extra></extra>",
        )
    _mark_strength(figure, result.problem.strength)
    return Chart(figure, "coefficient-paths", lambda: _paths_table(fits))


def power(degree: int) -> str:
    """Return x, x², x³, …, x¹⁵."""
    raised = str(degree).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return "x" if degree == 1 else f"x{raised}"


def _paths_table(fits: LinearFits) -> pd.DataFrame:
    """Return one row a strength, with a column for each power's weight."""
    weights = {power(j + 1): column for j, column in enumerate(fits.weights.T)}
    return pd.DataFrame({"strength": fits.strengths, **weights, "exact zeros": fits.zeros})


def plot_zeros(result: LinearResult) -> Chart:
    """Draw how many weights are exactly zero over the strength."""
    title, y_title, fits = "Weights that are exactly zero", "number of weights", result.path
    if result.errors is None or fits is None:
        return Chart(theme.empty_figure(title, STRENGTH, y_title, NO_PENALTY), "exact-zeros")
    figure = theme.new_figure(title, STRENGTH, y_title, log_x=True)
    figure.add_scatter(
        x=fits.strengths.astype(np.float32),
        y=fits.zeros,
        mode="lines",
        name="exactly zero",
        line={"color": theme.CLASS_COLORS[5], "width": 2.5},
        hovertemplate="λ %{x:.3g}: %{y} exactly zero<extra></extra>",
    )
    figure.update_yaxes(_counts(fits.weights.shape[1]))
    _mark_strength(figure, result.problem.strength)
    return Chart(figure, "exact-zeros", lambda: _paths_table(fits))


def _counts(most: int) -> dict[str, object]:
    """Return the settings of an axis of whole numbers from 0."""
    return {"range": (-0.4, most + 0.6), "dtick": max(1, round(most / 5)), "tickformat": "d"}


def plot_errors(result: LinearResult) -> Chart:
    """Draw training and validation error over the strength, and the smallest validation error."""
    title, y_title, errors = "Training and validation error", "mean squared error", result.errors
    if errors is None:
        return Chart(theme.empty_figure(title, STRENGTH, y_title, NO_PENALTY), "errors-by-strength")
    figure = theme.new_figure(title, STRENGTH, y_title, log_x=True, log_y=True)
    hover = "λ %{x:.3g}: %{y:.5g}"
    for name, band, color in (
        ("training", errors.train, theme.TRAIN),
        ("validation", errors.validation, theme.VALIDATION),
    ):
        figure.add_traces(median_and_range(band, name, color, hover, log=True, of="draws"))
    x, best = errors.validation.x, errors.best
    figure.add_scatter(
        x=x[[best]],
        y=errors.validation.median[[best]].astype(np.float32),
        mode="markers",
        name="smallest validation error",
        marker={"color": theme.VALIDATION, "size": 13, "symbol": "star"},
        hovertemplate="<b>smallest median</b><br>λ %{x:.3g}, error %{y:.5g}<extra></extra>",
    )
    if errors.noise > 0:
        figure.add_scatter(
            x=x[[0, -1]],
            y=np.full(2, errors.noise, np.float32),
            mode="lines",
            name="variance of the noise",
            line={"color": theme.BATCH, "width": 1.5, "dash": "dash"},
            hovertemplate="variance of the noise %{y:.4g}<extra></extra>",
        )
    figure.update_layout(legend_traceorder="normal")  # bands would reverse it
    _mark_strength(figure, result.problem.strength)
    return Chart(figure, "errors-by-strength", lambda: _errors_table(errors))


def _errors_table(errors: Errors) -> pd.DataFrame:
    """Return rows ``draw, strength, train, validation``; draws count from 0."""
    count, draws = errors.train.values.shape
    return pd.DataFrame(
        {
            "draw": np.repeat(np.arange(draws), count),
            "strength": np.tile(errors.train.x, draws),
            "train": errors.train.values.T.ravel(),
            "validation": errors.validation.values.T.ravel(),
        }
    )


def _mark_strength(figure: Figure, strength: float) -> None:
    """Draw the chosen strength as a vertical line with its number."""
    line = {"color": theme.faded(_MARK, 0.8), "width": 1.5, "dash": "dot"}
    figure.add_shape(type="line", x0=strength, x1=strength, y0=0, y1=1, yref="y domain", line=line)
    figure.add_annotation(
        x=float(np.log10(strength)),
        y=1,
        yref="y domain",
        text=f"λ = {theme.plain_number(strength)}",
        showarrow=False,
        yanchor="top",
        xanchor="left" if strength < 0.1 else "right",
        xshift=3 if strength < 0.1 else -3,
        font={"size": 11},
    )


def plot_descent(ways: dict[str, Descent]) -> Chart:
    """Draw the number of weights that are exactly zero over gradient steps, for several ways."""
    figure = theme.new_figure(
        "Exact zeros on the way: two ways to treat |w|", STEP, "weights exactly zero", log_x=True
    )
    for (name, run), color in zip(ways.items(), _WAY_COLORS, strict=False):
        _add_way(figure, name, color, run.steps[1:], (run.weights[1:] == 0).sum(axis=1))
    most = max(run.weights.shape[1] for run in ways.values())
    figure.update_yaxes(_counts(most))
    return Chart(figure, "exact-zeros-by-step", lambda: _descent_table(ways))


def plot_small_weights(ways: dict[str, Descent], zero: Sequence[int]) -> Chart:
    """Draw the largest |w| among the weights that the minimum has at zero, over the steps.

    Parameters
    ----------
    ways : name to run
    zero : indices of the weights that are exactly zero at the minimum
    """
    title, axes = "Weights that the minimum has at zero", (STEP, "largest |w| of them")
    if not len(zero):
        reason = "At this strength no weight is zero at the minimum."
        return Chart(theme.empty_figure(title, *axes, reason), "weights-that-end-at-zero")
    figure = theme.new_figure(title, *axes, log_x=True, log_y=True)
    for (name, run), color in zip(ways.items(), _WAY_COLORS, strict=False):
        largest = np.abs(run.weights[1:, list(zero)]).max(axis=1)
        _add_way(figure, name, color, run.steps[1:], drawable(largest, log=True))
    return Chart(figure, "weights-that-end-at-zero", lambda: _descent_table(ways))


def _add_way(
    figure: Figure, name: str, color: str, steps: NDArray[np.int64], values: NDArray[np.generic]
) -> None:
    figure.add_scatter(
        x=steps,
        y=values,
        mode="lines",
        name=name,
        line={"color": color, "width": 2.5},
        hovertemplate=f"<b>{name}</b><br>step %{{x:,}}: %{{y:.3g}}<extra></extra>",
    )


def _descent_table(ways: dict[str, Descent]) -> pd.DataFrame:
    """Return rows ``way, step, exact zeros`` and each power's weight."""
    parts = [
        pd.DataFrame(
            {
                "way": name,
                "step": run.steps,
                "exact zeros": (run.weights == 0).sum(axis=1),
                **{power(j + 1): column for j, column in enumerate(run.weights.T)},
            }
        )
        for name, run in ways.items()
    ]
    return pd.concat(parts, ignore_index=True)
