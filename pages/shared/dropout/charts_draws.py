"""Charts of dropout on a matrix: one draw, the mean over many, and the variance."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.labs.dropout_draws import DropoutDraws, dropout_variance
from pages.shared.charts import theme
from pages.shared.charts.bands import fill_between
from pages.shared.charts.chart import Chart

_GRAY = theme.CLASS_COLORS[8]


def plot_matrices(draws: DropoutDraws) -> Chart:
    """Draw input, mask and output of one draw below each other, entry below entry."""
    figure = theme.new_figure("One draw: input, mask, output", "", "", height=440)
    keep = theme.plain_number(draws.keep)
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
    figure.update_layout(settings)
    return Chart(figure, "dropout-one-draw", lambda: _matrices_table(draws))


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
        "colorscale": [(0, theme.faded(_GRAY, 0.12)), (1, theme.faded(theme.TRAIN, 0.4))],
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
        "mode": "text",
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "x": column.ravel(),
        "y": row.ravel(),
        "text": [theme.plain_number(value, 4) for value in values.ravel()],
        "textfont": {"size": 15},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _matrices_table(draws: DropoutDraws) -> pd.DataFrame:
    """Return rows ``row, column, input, mask, output``; rows and columns count from 1."""
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


def plot_running_means(draws: DropoutDraws) -> Chart:
    """Draw the mean output over the first n draws for every entry, relative to its input."""
    figure = theme.new_figure(
        "The mean over draws converges to the input",
        "number of draws n",
        "mean output / input",
        log_x=True,
        height=440,
    )
    counts = draws.counts.astype(np.int32)
    error = 2 * np.sqrt(dropout_variance(1.0, draws.keep) / counts)
    name = "1 ± 2 standard errors, by the formula"
    figure.add_traces(fill_between(counts, 1 - error, 1 + error, _GRAY, name=name))
    colors = [theme.SEQUENTIAL[i % len(theme.SEQUENTIAL)] for i in range(draws.x.size)]
    for i, (index, x) in enumerate(np.ndenumerate(draws.x)):
        name = theme.plain_number(x)
        figure.add_trace(
            {
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
    return Chart(figure, "dropout-mean", lambda: _means_table(draws))


def _means_table(draws: DropoutDraws) -> pd.DataFrame:
    """Return rows ``draws, input, mean output``."""
    size = draws.x.size
    return pd.DataFrame(
        {
            "draws": np.repeat(draws.counts, size),
            "input": np.tile(draws.x.ravel(), len(draws.counts)),
            "mean output": draws.running_mean.ravel(),
        }
    )


def plot_variances(draws: DropoutDraws) -> Chart:
    """Draw the measured variance of every entry and the curve that the formula gives."""
    figure = theme.new_figure(
        "Variance of the output: measured and by the formula", "input x", "variance of the output"
    )
    grid = np.linspace(0, float(draws.x.max()) * 1.05, 60)
    keep = theme.plain_number(draws.keep)
    figure.add_traces(
        [
            {
                "mode": "lines",
                "name": f"x²·(1 − p) / p with p = {keep}",
                "x": grid.astype(np.float32),
                "y": dropout_variance(grid, draws.keep).astype(np.float32),
                "line": {"color": _GRAY, "width": 2, "dash": "dot"},
                "hovertemplate": "x = %{x:.3g}<br>formula %{y:.5g}<extra></extra>",
            },
            {
                "mode": "markers",
                "name": f"sample variance of {draws.counts[-1]:,} draws",
                "x": draws.x.ravel().astype(np.float32),
                "y": draws.variance.ravel().astype(np.float32),
                "marker": {"color": theme.VALIDATION, "size": 9},
                "customdata": dropout_variance(draws.x, draws.keep).ravel(),
                "hovertemplate": "x = %{x:.3g}<br>measured %{y:.5g}<br>"
                "formula %{customdata:.5g}<extra></extra>",
            },
        ]
    )
    figure.update_yaxes(rangemode="tozero")
    return Chart(figure, "dropout-variance", lambda: _variances_table(draws))


def _variances_table(draws: DropoutDraws) -> pd.DataFrame:
    """Return rows ``input, sample variance, formula``."""
    return pd.DataFrame(
        {
            "input": draws.x.ravel(),
            "sample variance": draws.variance.ravel(),
            "formula": dropout_variance(draws.x, draws.keep).ravel(),
        }
    )
