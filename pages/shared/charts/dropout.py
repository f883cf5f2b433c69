"""Charts of dropout: its draws on a matrix, runs at several rates, first-layer weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from nnlib.datasets import Dataset
from nnlib.monte_carlo_dropout import DropoutDraws, SeedBand, dropout_variance
from pages.shared.charts.curves import NOTHING_YET, STEP, drawable, log_ticks
from pages.shared.charts.images import first_layer_weights_data, plot_first_layer_weights
from pages.shared.charts.points import class_points, feature_title, value_points
from pages.shared.charts.theme import (
    CLASS_COLORS,
    DIVERGING,
    LOG_AXIS,
    SEQUENTIAL,
    TRAIN,
    VALIDATION,
    empty_figure,
    escape,
    faded,
    new_figure,
    plain_number,
)

if TYPE_CHECKING:
    import pandas as pd

_GRAY = CLASS_COLORS[8]
_DIVERGED = "The weights are not finite numbers: the run diverged."
_MOST_LINES = 128
_SQUARE_HEIGHT = 440


def rate_name(rate: float) -> str:
    """Return a dropout rate as legends name it."""
    return f"rate {plain_number(rate)}" if rate else "no dropout"


def rate_color(index: int) -> str:
    """Return the color of the rate at this place among those compared."""
    return CLASS_COLORS[index % len(CLASS_COLORS)]


def plot_matrices(draws: DropoutDraws) -> go.Figure:
    """Draw input, mask and output of one draw below each other, entry below entry."""
    figure = new_figure("One draw: input, mask, output", "", "", height=440)
    keep = plain_number(draws.keep)
    parts = (
        ("input x", draws.x),
        (f"mask m: 1 with probability p = {keep}, else 0", draws.mask),
        (f"output x·m / {keep}", draws.output),
    )
    rows, columns = draws.x.shape
    settings: dict[str, Any] = {"annotations": []}
    for i, (name, values) in enumerate(parts):
        suffix = "" if i == 0 else str(i + 1)
        top = 0.94 - i * 0.355
        settings[f"xaxis{suffix}"] = _bare(f"y{suffix}", (-0.5, columns - 0.5))
        settings[f"yaxis{suffix}"] = _bare(f"x{suffix}", (rows - 0.5, -0.5)) | {
            "domain": (max(top - 0.25, 0), top)
        }
        settings["annotations"].append(_above(name, top))
        figure.add_traces([_cells(name, values, suffix, draws.mask), _numbers(values, suffix)])
    return figure.update_layout(settings)


def _bare(anchor: str, span: tuple[float, float]) -> dict[str, Any]:
    return {
        "anchor": anchor,
        "range": span,
        "showticklabels": False,
        "ticks": "",
        "showgrid": False,
        "showline": False,
        "fixedrange": True,
    }


def _above(text: str, y: float) -> dict[str, Any]:
    return {
        "text": text,
        "x": 0,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
    }


def _cells(
    name: str, values: NDArray[np.float64], suffix: str, mask: NDArray[np.float64]
) -> dict[str, Any]:
    """Return one matrix with its numbers; what is kept is colored."""
    return {
        "type": "heatmap",
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "z": mask,
        "zmin": 0,
        "zmax": 1,
        "colorscale": [(0, faded(_GRAY, 0.12)), (1, faded(TRAIN, 0.4))],
        "showscale": False,
        "xgap": 3,
        "ygap": 3,
        "customdata": values,
        "hovertemplate": f"{name}<br>%{{customdata:.6g}}<extra></extra>",
    }


def _numbers(values: NDArray[np.float64], suffix: str) -> dict[str, Any]:
    """Return the numbers of a matrix; a heat map's own text would be dark on a dark page."""
    row, column = np.indices(values.shape)
    return {
        "type": "scatter",
        "mode": "text",
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "x": column.ravel(),
        "y": row.ravel(),
        "text": [plain_number(value, 4) for value in values.ravel()],
        "textfont": {"size": 15},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def matrices_data(draws: DropoutDraws) -> pd.DataFrame:
    """Return rows ``row, column, input, mask, output``; rows and columns count from 1."""
    import pandas as pd

    row, column = (index.ravel() + 1 for index in np.indices(draws.x.shape))
    return pd.DataFrame(
        {
            "row": row,
            "column": column,
            "input": draws.x.ravel(),
            "mask": draws.mask.ravel().astype(int),
            "output": draws.output.ravel(),
        }
    )


def plot_running_means(draws: DropoutDraws) -> go.Figure:
    """Draw the mean output over the first n draws for every entry, relative to its input."""
    figure = new_figure(
        "The mean over draws converges to the input",
        "number of draws n",
        "mean output / input",
        log_x=True,
        height=440,
    )
    counts = draws.counts.astype(np.int32)
    error = 2 * np.sqrt(dropout_variance(1.0, draws.keep) / counts)
    around = np.concatenate([1 + error, (1 - error)[::-1]]).astype(np.float32)
    band = {
        "type": "scatter",
        "name": "1 ± 2 standard errors, by the formula",
        "x": np.concatenate([counts, counts[::-1]]),
        "y": around,
        "fill": "toself",
        "fillcolor": faded(_GRAY, 0.2),
        "line": {"width": 0},
        "mode": "lines",
        "hoverinfo": "skip",
    }
    figure.add_trace(band)
    colors = [SEQUENTIAL[i % len(SEQUENTIAL)] for i in range(draws.x.size)]
    for i, (index, x) in enumerate(np.ndenumerate(draws.x)):
        name = plain_number(x)
        figure.add_trace(
            {
                "type": "scatter",
                "mode": "lines",
                "name": f"x = {name}",
                "x": counts,
                "y": (draws.running_mean[(slice(None), *index)] / x).astype(np.float32),
                "line": {"color": colors[i], "width": 1.5},
                "showlegend": i in (0, draws.x.size - 1),
                "customdata": draws.running_mean[(slice(None), *index)],
                "hovertemplate": f"<b>x = {name}</b><br>mean of %{{x:,}} draws: "
                "%{customdata:.5g}<extra></extra>",
            }
        )
    return figure


def running_means_data(draws: DropoutDraws) -> pd.DataFrame:
    """Return rows ``draws, input, mean output``."""
    import pandas as pd

    size = draws.x.size
    return pd.DataFrame(
        {
            "draws": np.repeat(draws.counts, size),
            "input": np.tile(draws.x.ravel(), len(draws.counts)),
            "mean output": draws.running_mean.ravel(),
        }
    )


def plot_variances(draws: DropoutDraws) -> go.Figure:
    """Draw the measured variance of every entry and the curve that the formula gives."""
    figure = new_figure(
        "Variance of the output: measured and by the formula",
        "input x",
        "variance of the output",
    )
    grid = np.linspace(0, float(draws.x.max()) * 1.05, 60)
    keep = plain_number(draws.keep)
    figure.add_traces(
        [
            {
                "type": "scatter",
                "mode": "lines",
                "name": f"x²·(1 − p) / p with p = {keep}",
                "x": grid.astype(np.float32),
                "y": dropout_variance(grid, draws.keep).astype(np.float32),
                "line": {"color": _GRAY, "width": 2, "dash": "dot"},
                "hovertemplate": "x = %{x:.3g}<br>formula %{y:.5g}<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "markers",
                "name": f"sample variance of {draws.counts[-1]:,} draws",
                "x": draws.x.ravel().astype(np.float32),
                "y": draws.variance.ravel().astype(np.float32),
                "marker": {"color": VALIDATION, "size": 9},
                "customdata": dropout_variance(draws.x, draws.keep).ravel(),
                "hovertemplate": "x = %{x:.3g}<br>measured %{y:.5g}<br>"
                "formula %{customdata:.5g}<extra></extra>",
            },
        ]
    )
    return figure.update_yaxes(rangemode="tozero")


def variances_data(draws: DropoutDraws) -> pd.DataFrame:
    """Return rows ``input, sample variance, formula``."""
    import pandas as pd

    return pd.DataFrame(
        {
            "input": draws.x.ravel(),
            "sample variance": draws.variance.ravel(),
            "formula": dropout_variance(draws.x, draws.keep).ravel(),
        }
    )


def plot_bands(
    bands: Sequence[SeedBand],
    title: str,
    y_title: str,
    *,
    steps_per_epoch: int = 1,
    log_y: bool = False,
    share: bool = False,
) -> go.Figure:
    """Draw one line a rate, the median over seeds, in a band from the smallest to the largest.

    Parameters
    ----------
    bands : sequence of SeedBand
    title, y_title : str
    steps_per_epoch : int
        For the epoch on hover.
    log_y : bool
    share : bool
        Whether the values are shares of 1, shown in percent.
    """
    if not bands or not len(bands[0].steps):
        return empty_figure(title, STEP, y_title, NOTHING_YET)
    figure = new_figure(title, STEP, y_title, log_y=log_y)
    value = "%{y:.2%}" if share else "%{y:.5g}"
    figure.add_traces(
        [t for i, b in enumerate(bands) for t in _band(b, i, log_y, value, steps_per_epoch)]
    )
    if log_y:
        figure.update_yaxes(log_ticks(np.concatenate([b.median for b in bands])))
    if share:
        figure.update_yaxes(tickformat="~%")
    return figure.update_xaxes(rangemode="nonnegative", tickformat=",")


def _band(
    band: SeedBand, index: int, log_y: bool, value: str, steps_per_epoch: int
) -> list[dict[str, Any]]:
    color, name = rate_color(index), rate_name(band.rate)
    steps = band.steps.astype(np.int32)
    edge = {
        "type": "scatter",
        "mode": "lines",
        "x": steps,
        "line": {"width": 0, "color": color},
        "hoverinfo": "skip",
        "showlegend": False,
        "legendgroup": name,
    }
    return [
        edge | {"y": drawable(band.low, log=log_y)},
        edge
        | {"y": drawable(band.high, log=log_y), "fill": "tonexty", "fillcolor": faded(color, 0.15)},
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "legendgroup": name,
            "x": steps,
            "y": drawable(band.median, log=log_y),
            "line": {"color": color, "width": 2},
            "customdata": (steps / steps_per_epoch).astype(np.float32),
            "hovertemplate": f"<b>{name}</b>, median: {value}<br>"
            "step %{x:,} · epoch %{customdata:.2f}<extra></extra>",
        },
    ]


def bands_data(bands: Sequence[SeedBand], column: str = "step") -> pd.DataFrame:
    """Return rows ``rate, step, median, smallest, largest``; `column` names the second one."""
    import pandas as pd

    empty = np.empty(0)
    return pd.DataFrame(
        {
            "rate": np.concatenate([empty, *(np.full(len(b.steps), b.rate) for b in bands)]),
            column: np.concatenate([empty.astype(int), *(b.steps for b in bands)]),
            "median": np.concatenate([empty, *(b.median for b in bands)]),
            "smallest": np.concatenate([empty, *(b.low for b in bands)]),
            "largest": np.concatenate([empty, *(b.high for b in bands)]),
        }
    )


def plot_final(
    train: Sequence[SeedBand], validation: Sequence[SeedBand], quantity: str
) -> go.Figure:
    """Draw training and validation value at the end of the runs over the dropout rate."""
    title = f"At the end of training: {quantity} by dropout rate"
    if not train or not len(train[0].steps):
        return empty_figure(title, "dropout rate", quantity, NOTHING_YET)
    figure = new_figure(title, "dropout rate", quantity)
    for name, color, bands in (
        ("training", TRAIN, train),
        ("validation", VALIDATION, validation),
    ):
        figure.add_trace(_final(name, color, bands))
    if quantity == "accuracy":
        figure.update_yaxes(tickformat="~%")
    return figure


def _final(name: str, color: str, bands: Sequence[SeedBand]) -> dict[str, Any]:
    median, low, high = (
        np.array([getattr(band, part)[-1] if len(band.steps) else np.nan for band in bands])
        for part in ("median", "low", "high")
    )
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [band.rate for band in bands],
        "y": drawable(median),
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": drawable(high - median),
            "arrayminus": drawable(median - low),
            "thickness": 1.5,
        },
        "line": {"color": color, "width": 2},
        "marker": {"color": color, "size": 8},
        "customdata": np.stack([low, high], axis=1),
        "hovertemplate": f"<b>{name}</b>, rate %{{x:g}}<br>median %{{y:.5g}}<br>"
        "seeds: %{customdata[0]:.5g} to %{customdata[1]:.5g}<extra></extra>",
    }


def final_data(train: Sequence[SeedBand], validation: Sequence[SeedBand]) -> pd.DataFrame:
    """Return rows ``rate, step, median, smallest, largest, split`` of the last records."""
    import pandas as pd

    tables = []
    for split, bands in (("training", train), ("validation", validation)):
        table = bands_data(bands).groupby("rate", as_index=False).last()
        tables.append(table.assign(split=split))
    return pd.concat(tables, ignore_index=True)


def plot_layer_profile(profile: Sequence[SeedBand]) -> go.Figure:
    """Draw the late gradient norm of every layer, one line a rate with the range over seeds."""
    title = "Gradient norm by layer, last quarter of training"
    axes = ("layer, from input to output", "‖∂L/∂W‖")
    if not profile or not len(profile[0].steps):
        return empty_figure(title, *axes, NOTHING_YET)
    figure = new_figure(title, *axes, log_y=True)
    for i, band in enumerate(profile):
        median = drawable(band.median, log=True)
        name = rate_name(band.rate)
        figure.add_trace(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": band.steps.astype(np.int32),
                "y": median,
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": drawable(band.high - band.median),
                    "arrayminus": drawable(band.median - band.low),
                    "thickness": 1.5,
                },
                "line": {"color": rate_color(i), "width": 2},
                "marker": {"size": 8},
                "hovertemplate": f"<b>{name}</b>, layer %{{x}}: %{{y:.4g}}<extra></extra>",
            }
        )
    figure.update_yaxes(LOG_AXIS | log_ticks(np.concatenate([b.median for b in profile])))
    return figure.update_xaxes(dtick=1)


def plot_first_layer(
    data: Dataset, weight: NDArray[Any], bias: NDArray[Any], rate: float
) -> go.Figure:
    """Draw first-layer weights: as lines over 2-D data, as images, or as a matrix.

    Parameters
    ----------
    data : Dataset
    weight : ndarray of shape (inputs, units)
    bias : ndarray of shape (units,)
    rate : float
        The dropout rate the weights were trained with, for the title.
    """
    title = f"First layer, {rate_name(rate)}"
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        return empty_figure(title, "", "", _DIVERGED, height=_SQUARE_HEIGHT)
    if data.image_shape is not None:
        figure = plot_first_layer_weights(weight, data.image_shape)
        name = f"{title}: {figure.layout.title.text.removeprefix('First-layer weights of ')}"
        return figure.update_layout(title_text=name, uirevision=name)
    if data.n_features == 2:
        return _unit_lines(data, weight, bias, title)
    return _weight_matrix(data, weight, title)


def _unit_lines(data: Dataset, weight: NDArray[Any], bias: NDArray[Any], title: str) -> go.Figure:
    """Draw, for every unit, the line where its pre-activation w·x + b is 0."""
    points = np.concatenate([data.X_train, data.X_val]).astype(float)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.1 * np.maximum(high - low, 1e-9)
    low, high = low - margin, high + margin
    figure = new_figure(
        f"{title}: where each unit's w·x + b is 0",
        feature_title(data, 0),
        feature_title(data, 1),
        height=_SQUARE_HEIGHT,
    )
    regression = data.task == "regression"
    traces = value_points(data) if regression else class_points(data)
    for trace in traces:
        trace["opacity"] = 0.45
    norms = np.linalg.norm(weight, axis=0)
    shown = np.argsort(-norms)[:_MOST_LINES]
    reach = float(np.linalg.norm(high - low))
    center = (low + high) / 2
    for unit in shown:
        traces.append(_unit_line(unit, weight[:, unit], bias[unit], norms, center, reach))
    figure.add_traces([t for t in traces if t])
    settings: dict[str, Any] = {
        "xaxis_range": (low[0], high[0]),
        "yaxis_range": (low[1], high[1]),
        "yaxis_showgrid": False,
    }
    if regression:
        settings["coloraxis"] = {"colorscale": [(i / 9, c) for i, c in enumerate(SEQUENTIAL)]}
    return figure.update_layout(settings)


def _unit_line(
    unit: int,
    w: NDArray[Any],
    b: float,
    norms: NDArray[Any],
    center: NDArray[np.float64],
    reach: float,
) -> dict[str, Any]:
    """Return the part of the line near the data; nothing for a unit that has no line."""
    norm = float(norms[unit])
    if norm == 0:
        return {}
    normal = w / norm
    foot = center - (float(center @ w) + float(b)) / norm * normal
    along = np.array([-normal[1], normal[0]])
    ends = foot + np.outer([-reach, reach], along)
    share = norm / float(norms.max())
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "unit",
        "x": ends[:, 0].astype(np.float32),
        "y": ends[:, 1].astype(np.float32),
        "line": {"color": faded(CLASS_COLORS[4], round(0.15 + 0.75 * share, 3)), "width": 1.5},
        "showlegend": False,
        "hovertemplate": f"unit {unit + 1}: ‖w‖ = {plain_number(norm)}, b = "
        f"{plain_number(float(b))}<extra></extra>",
    }


def _weight_matrix(data: Dataset, weight: NDArray[Any], title: str) -> go.Figure:
    figure = new_figure(f"{title}: weights", "unit", "input", height=_SQUARE_HEIGHT)
    largest = float(np.abs(weight).max()) or 1.0
    names = [escape(name) for name in data.feature_names]
    figure.add_trace(
        {
            "type": "heatmap",
            "z": weight.astype(np.float32),
            "x0": 1,
            "y": np.arange(len(names)),
            "customdata": np.repeat(np.array(names, object)[:, np.newaxis], weight.shape[1], 1),
            "colorscale": DIVERGING,
            "zmin": -largest,
            "zmax": largest,
            "colorbar": {"title": {"text": "weight"}, "thickness": 14},
            "hovertemplate": "unit %{x}, %{customdata}: %{z:.4g}<extra></extra>",
        }
    )
    few = len(names) <= 30
    ticks = {"tickvals": list(range(len(names))), "ticktext": names} if few else {}
    return figure.update_yaxes(autorange="reversed", showgrid=False, **ticks)


def first_layer_data(weight: NDArray[Any], bias: NDArray[Any]) -> pd.DataFrame:
    """Return rows ``unit, input, weight, bias`` of all units."""
    table = first_layer_weights_data(weight, count=weight.shape[1])
    return table.assign(bias=np.repeat(bias, weight.shape[0]))
