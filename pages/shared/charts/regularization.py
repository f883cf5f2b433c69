"""Charts of penalized linear regression: the fit, coefficient paths, errors, and exact zeros."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from nnlib.linear_regression import Descent, LinearFits
from pages.shared.charts.curves import drawable
from pages.shared.charts.theme import (
    BATCH,
    CLASS_COLORS,
    TRAIN,
    VALIDATION,
    empty_figure,
    faded,
    layer_colors,
    new_figure,
    plain_number,
)

if TYPE_CHECKING:
    import pandas as pd

STRENGTH = "strength λ"
NO_PENALTY = "Choose a penalty in the sidebar; without one there is no strength to vary."
_MARK = CLASS_COLORS[4]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Errors:
    """Mean squared errors over strength, of several draws of the data.

    `train` and `validation` have shape (draws, strengths); the first draw is the one whose fit is
    shown. `noise` is the variance of the noise.
    """

    strengths: Floats
    train: Floats
    validation: Floats
    noise: float

    @property
    def best(self) -> int:
        """Index of the strength with the smallest median validation error."""
        return int(np.median(self.validation, axis=0).argmin())


def plot_fit(
    points: dict[str, tuple[Floats, Floats]], curves: dict[str, tuple[Floats, Floats]]
) -> go.Figure:
    """Draw points and fitted curves.

    Parameters
    ----------
    points : {"training": (x, y), "validation": (x, y)}
    curves : name to (x, y): the true line, then the fits
    """
    figure = new_figure("Points and fitted polynomial", "x", "y")
    colors = {"training": TRAIN, "validation": VALIDATION}
    for name, (x, y) in points.items():
        ring = name == "validation"
        figure.add_scatter(
            x=x.astype(np.float32),
            y=y.astype(np.float32),
            mode="markers",
            name=name,
            opacity=0.45 if ring else 1.0,
            marker={
                "color": colors[name],
                "size": 5 if ring else 9,
                "symbol": "circle-open" if ring else "circle",
            },
            hovertemplate=f"<b>{name}</b><br>x %{{x:.4f}}, y %{{y:.4f}}<extra></extra>",
        )
    styles = [(BATCH, "dash"), (_MARK, "solid"), (CLASS_COLORS[2], "dot")]
    for (name, (x, y)), (color, dash) in zip(curves.items(), styles, strict=False):
        figure.add_scatter(
            x=x.astype(np.float32),
            y=drawable(y),
            mode="lines",
            name=name,
            line={"color": color, "width": 2.5, "dash": dash},
            hovertemplate=f"<b>{name}</b><br>x %{{x:.3f}}, y %{{y:.5g}}<extra></extra>",
        )
    return figure.update_yaxes(range=_around(np.concatenate([y for _, y in points.values()])))


def _around(y: Floats) -> tuple[float, float]:
    """Return a range about the points; a wild polynomial may leave it."""
    low, high = float(y.min()), float(y.max())
    margin = 0.35 * (high - low) or 1.0
    return low - margin, high + margin


def fit_data(
    points: dict[str, tuple[Floats, Floats]], curves: dict[str, tuple[Floats, Floats]]
) -> pd.DataFrame:
    """Return rows ``what, x, y``: points first, then curves."""
    import pandas as pd

    parts = [*points.items(), *curves.items()]
    return pd.concat([pd.DataFrame({"what": name, "x": x, "y": y}) for name, (x, y) in parts])


def plot_paths(fits: LinearFits | None, strength: float) -> go.Figure:
    """Draw every weight over the strength, with the chosen strength marked."""
    title, y_title = "Coefficient paths", "weight"
    if fits is None:
        return empty_figure(title, STRENGTH, y_title, NO_PENALTY)
    figure = new_figure(title, STRENGTH, y_title, log_x=True)
    degrees = fits.weights.shape[1]
    named = set(np.linspace(0, degrees - 1, min(degrees, 8)).round().astype(int).tolist())
    for j, color in enumerate(layer_colors(degrees)):
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
    return _mark_strength(figure, strength)


def power(degree: int) -> str:
    """Return x, x², x³, …, x¹⁵."""
    raised = str(degree).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return "x" if degree == 1 else f"x{raised}"


def paths_data(fits: LinearFits | None) -> pd.DataFrame:
    """Return one row a strength, with a column for each power's weight."""
    import pandas as pd

    if fits is None:
        return pd.DataFrame({"strength": [], "exact zeros": []})
    weights = {power(j + 1): column for j, column in enumerate(fits.weights.T)}
    return pd.DataFrame({"strength": fits.strengths, **weights, "exact zeros": fits.zeros})


def plot_zeros(fits: LinearFits | None, strength: float) -> go.Figure:
    """Draw how many weights are exactly zero over the strength."""
    title, y_title = "Weights that are exactly zero", "number of weights"
    if fits is None:
        return empty_figure(title, STRENGTH, y_title, NO_PENALTY)
    figure = new_figure(title, STRENGTH, y_title, log_x=True)
    figure.add_scatter(
        x=fits.strengths.astype(np.float32),
        y=fits.zeros,
        mode="lines",
        name="exactly zero",
        line={"color": CLASS_COLORS[5], "width": 2.5},
        hovertemplate="λ %{x:.3g}: %{y} exactly zero<extra></extra>",
    )
    figure.update_yaxes(range=(-0.4, fits.weights.shape[1] + 0.6), tickformat="d")
    return _mark_strength(figure, strength)


def plot_errors(errors: Errors | None, strength: float) -> go.Figure:
    """Draw training and validation error over the strength, and the smallest validation error."""
    title, y_title = "Training and validation error", "mean squared error"
    if errors is None:
        return empty_figure(title, STRENGTH, y_title, NO_PENALTY)
    figure = new_figure(title, STRENGTH, y_title, log_x=True, log_y=True)
    x = errors.strengths.astype(np.float32)
    for name, values, color in (
        ("training", errors.train, TRAIN),
        ("validation", errors.validation, VALIDATION),
    ):
        figure.add_traces(band(x, values, color, name, "λ %{x:.3g}", log_y=True))
    best, median = errors.best, np.median(errors.validation, axis=0)
    figure.add_scatter(
        x=x[[best]],
        y=median[[best]].astype(np.float32),
        mode="markers",
        name="smallest validation error",
        marker={"color": VALIDATION, "size": 13, "symbol": "star"},
        hovertemplate="<b>smallest median</b><br>λ %{x:.3g}, error %{y:.5g}<extra></extra>",
    )
    if errors.noise > 0:
        figure.add_scatter(
            x=x[[0, -1]],
            y=np.full(2, errors.noise, np.float32),
            mode="lines",
            name="variance of the noise",
            line={"color": BATCH, "width": 1.5, "dash": "dash"},
            hovertemplate="variance of the noise %{y:.4g}<extra></extra>",
        )
    return _mark_strength(figure, strength)


def errors_data(errors: Errors | None) -> pd.DataFrame:
    """Return rows ``draw, strength, train, validation``; draws count from 0."""
    import pandas as pd

    if errors is None:
        return pd.DataFrame({"draw": [], "strength": [], "train": [], "validation": []})
    draws, count = errors.train.shape
    return pd.DataFrame(
        {
            "draw": np.repeat(np.arange(draws), count),
            "strength": np.tile(errors.strengths, draws),
            "train": errors.train.ravel(),
            "validation": errors.validation.ravel(),
        }
    )


def band(
    x: NDArray[Any], values: Floats, color: str, name: str, place: str, *, log_y: bool = False
) -> list[dict[str, Any]]:
    """Return traces for the median of `values`, shape (runs, x), and their smallest and largest.

    `place` is the hover's text for x.
    """
    low, high = (drawable(f(values, axis=0), log=log_y) for f in (np.min, np.max))
    edge = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "line": {"width": 0, "color": color},
        "showlegend": False,
        "legendgroup": name,
        "hoverinfo": "skip",
    }
    median = {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "legendgroup": name,
        "x": x,
        "y": drawable(np.median(values, axis=0), log=log_y),
        "line": {"color": color, "width": 2.5},
        "customdata": np.stack([low, high], axis=1),
        "hovertemplate": f"<b>{name}</b>: %{{y:.5g}}<br>{place}<br>"
        "smallest %{customdata[0]:.4g}, largest %{customdata[1]:.4g}<extra></extra>",
    }
    if len(values) < 2:
        return [median]
    fill = {"fill": "tonexty", "fillcolor": faded(color, 0.16)}
    return [edge | {"y": low}, edge | {"y": high} | fill, median]


def plot_descent(ways: dict[str, Descent]) -> go.Figure:
    """Draw the number of weights that are exactly zero over gradient steps, for several ways."""
    figure = new_figure(
        "Exact zeros on the way: two ways to treat |w|", "step", "weights exactly zero", log_x=True
    )
    most = 1
    for (name, run), color in zip(ways.items(), (CLASS_COLORS[3], CLASS_COLORS[2]), strict=False):
        most = max(most, run.weights.shape[1])
        figure.add_scatter(
            x=run.steps[1:],
            y=(run.weights[1:] == 0).sum(axis=1),
            mode="lines",
            name=name,
            line={"color": color, "width": 2.5},
            hovertemplate=f"<b>{name}</b><br>step %{{x:,}}: %{{y}} exactly zero<extra></extra>",
        )
    return figure.update_yaxes(range=(-0.4, most + 0.6), tickformat="d")


def plot_small_weights(ways: dict[str, Descent], zero: Sequence[int]) -> go.Figure:
    """Draw the largest |w| among the weights that the minimum has at zero, over the steps.

    Parameters
    ----------
    ways : name to run
    zero : indices of the weights that are exactly zero at the minimum
    """
    title = "Weights that the minimum has at zero"
    axes = ("step", "largest |w| of them")
    if not len(zero):
        return empty_figure(title, *axes, "At this strength no weight is zero at the minimum.")
    figure = new_figure(title, *axes, log_x=True, log_y=True)
    for (name, run), color in zip(ways.items(), (CLASS_COLORS[3], CLASS_COLORS[2]), strict=False):
        largest = np.abs(run.weights[1:, list(zero)]).max(axis=1)
        figure.add_scatter(
            x=run.steps[1:],
            y=drawable(largest, log=True),
            mode="lines",
            name=name,
            line={"color": color, "width": 2},
            hovertemplate=f"<b>{name}</b><br>step %{{x:,}}: %{{y:.3g}}<extra></extra>",
        )
    return figure


def descent_data(ways: dict[str, Descent]) -> pd.DataFrame:
    """Return rows ``way, step, exact zeros`` and each power's weight."""
    import pandas as pd

    return pd.concat(
        [
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
    )


def _mark_strength(figure: go.Figure, strength: float) -> go.Figure:
    """Draw the chosen strength as a vertical line with its number."""
    line = {"color": faded(_MARK, 0.8), "width": 1.5, "dash": "dot"}
    figure.add_shape(type="line", x0=strength, x1=strength, y0=0, y1=1, yref="y domain", line=line)
    return figure.add_annotation(
        x=float(np.log10(strength)),
        y=1,
        yref="y domain",
        text=f"λ = {plain_number(strength)}",
        showarrow=False,
        yanchor="top",
        xanchor="left" if strength < 0.1 else "right",
        xshift=3 if strength < 0.1 else -3,
        font={"size": 11},
    )
