"""Charts of which columns matter, and of how predictions follow one column."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.probes.inspection import Column, PartialDependence
from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure
from pages.shared.charts.theme import (
    CLASS_COLORS,
    VALIDATION,
    empty_figure,
    escape,
    faded,
    new_figure,
)

MOST_BARS = 25
NOT_FINITE = "The predictions are not finite numbers: the run diverged."
_LONGEST_NAME = 24
_MOST_LINES = 10


def plot_importance(changes: NDArray[np.float64], columns: Sequence[Column], what: str) -> Chart:
    """Draw the mean change by column, the largest on top, with the single shuffles as dots.

    Parameters
    ----------
    changes : shape (columns, repeats); positive where the column helps
    what : the measure with its direction, such as "increase of the validation loss"
    """
    table = partial(_importance_table, changes, columns, what)
    title, axes = "Permutation importance", (what, "column")
    if not np.isfinite(changes).all() or not changes.size:
        return Chart(empty_figure(title, *axes, NOT_FINITE), "permutation-importance", table)
    mean = changes.mean(axis=1)
    order, note = _largest(mean)
    names = [escape(columns[i].name) for i in order]
    repeats = changes.shape[1]
    figure = _bars(f"{title}{note}", axes, mean[order], names)
    figure.update_trace(
        0,
        customdata=changes[order].std(axis=1).astype(np.float32),
        hovertemplate="<b>%{text}</b><br>mean %{x:.4g}<br>standard deviation over "
        f"{repeats} shuffles %{{customdata:.3g}}<extra></extra>",
    )
    figure.add_scatter(
        x=changes[order].ravel().astype(np.float32),
        y=np.repeat(np.arange(len(order)), repeats),
        mode="markers",
        name="one shuffle",
        marker={"color": VALIDATION, "size": 5, "opacity": 0.8},
        hovertemplate="one shuffle: %{x:.4g}<extra></extra>",
    )
    return Chart(figure, "permutation-importance", table)


def _importance_table(
    changes: NDArray[np.float64], columns: Sequence[Column], what: str
) -> pd.DataFrame:
    """Return rows ``column, repeat, <what>`` of every shuffle; repeats count from 1."""
    repeats = changes.shape[1]
    names = [column.name for column in columns for _ in range(repeats)]
    repeat = np.tile(np.arange(1, repeats + 1), len(columns))
    return pd.DataFrame({"column": names, "repeat": repeat, what: changes.ravel()})


def plot_sensitivity(
    absolute: NDArray[np.float64], signed: NDArray[np.float64], names: Sequence[str], output: str
) -> Chart:
    """Draw the mean size of the gradient of an output by input, the largest on top.

    Parameters
    ----------
    absolute, signed : shape (inputs,); mean of the gradient's absolute value, and of the gradient
    names : of the inputs
    output : what is differentiated; already escaped
    """
    table = partial(_sensitivity_table, absolute, signed, names)
    title, axes = "Saliency: mean |gradient| by input", (f"mean |∂ {output} / ∂ input|", "input")
    if not np.isfinite(absolute).all():
        return Chart(empty_figure(title, *axes, NOT_FINITE), "saliency", table)
    order, note = _largest(absolute)
    shown = [escape(names[i]) for i in order]
    figure = _bars(f"{title}{note}", axes, absolute[order], shown)
    figure.update_trace(
        0,
        customdata=signed[order].astype(np.float32),
        hovertemplate="<b>%{text}</b><br>mean size %{x:.4g}<br>mean with sign %{customdata:.4g}"
        "<extra></extra>",
    )
    return Chart(figure, "saliency", table)


def _sensitivity_table(
    absolute: NDArray[np.float64], signed: NDArray[np.float64], names: Sequence[str]
) -> pd.DataFrame:
    """Return rows ``input, mean absolute gradient, mean gradient``."""
    return pd.DataFrame(
        {"input": list(names), "mean absolute gradient": absolute, "mean gradient": signed}
    )


def _largest(values: NDArray[np.float64]) -> tuple[NDArray[np.intp], str]:
    """Return the places of the largest values, the largest first, and a note on how many."""
    order = np.argsort(-values, kind="stable")[:MOST_BARS]
    return order, f", the first {MOST_BARS} of {len(values)}" if len(values) > MOST_BARS else ""


def _bars(
    title: str, axes: tuple[str, str], values: NDArray[np.float64], names: list[str]
) -> Figure:
    figure = new_figure(title, *axes, height=max(300, 22 * len(names) + 130))
    figure.add_bar(
        x=values.astype(np.float32),
        y=np.arange(len(names)),
        orientation="h",
        name="mean",
        text=names,
        textposition="none",
        marker_color=faded(CLASS_COLORS[0], 0.75),
    )
    return figure.update_layout(
        uirevision=title,
        yaxis={
            "autorange": "reversed",
            "tickmode": "array",
            "tickvals": list(range(len(names))),
            "ticktext": [short(name) for name in names],
            "showgrid": False,
        },
    )


def short(name: str, most: int = _LONGEST_NAME) -> str:
    """Cut a long escaped name for an axis; a cut never parts an escape."""
    return name if len(name) <= most or "&" in name else f"{name[: most - 1]}…"


def plot_dependence(
    found: PartialDependence, outputs: Sequence[str], chosen: int, y_title: str
) -> Chart:
    """Draw the mean prediction over one column's values, and single examples of the chosen output.

    Parameters
    ----------
    outputs : names of the outputs, such as classes
    chosen : the output whose single examples are drawn, its mean strongly
    y_title : what the predictions are, with their unit; already escaped
    """
    table = partial(_dependence_table, found, outputs)
    column = found.column
    name = escape(column.name)
    title = f"Partial dependence on {name}"
    if not np.isfinite(found.mean).all():
        return Chart(empty_figure(title, name, y_title, NOT_FINITE), "partial-dependence", table)
    figure = new_figure(title, name, y_title, height=400)
    traces = [_single(found, chosen)] if len(found.individual) else []
    others = [k for k in range(len(outputs)) if k != chosen][: _MOST_LINES - 1]
    traces += [_mean_line(found, k, outputs, width=1.5, dash="dot") for k in others]
    traces.append(_mean_line(found, chosen, outputs, width=3.5, dash="solid"))
    figure.add_traces(traces)
    if column.categories:
        texts = [short(escape(value)) for value in column.categories]
        ticks = {"tickmode": "array", "tickvals": found.grid.tolist(), "ticktext": texts}
        figure.update_layout(xaxis=ticks)
    return Chart(figure.update_layout(uirevision=title), "partial-dependence", table)


def _mean_line(
    found: PartialDependence, k: int, outputs: Sequence[str], *, width: float, dash: str
) -> dict[str, Any]:
    name = escape(outputs[k])
    categories = found.column.categories
    trace = {
        "mode": "lines+markers" if categories else "lines",
        "name": f"{name}, mean",
        "x": found.grid.astype(np.float32),
        "y": found.mean[:, k].astype(np.float32),
        "line": {"color": CLASS_COLORS[k % len(CLASS_COLORS)], "width": width, "dash": dash},
        "marker": {"size": 7},
    }
    at = "%{text}" if categories else "%{x:.5g}"
    texts = {"text": [escape(value) for value in categories]} if categories else {}
    hover = f"<b>{name}</b>, mean<br>{escape(found.column.name)} {at}<br>%{{y:.5g}}<extra></extra>"
    return trace | texts | {"hovertemplate": hover}


def _single(found: PartialDependence, chosen: int) -> dict[str, Any]:
    """Return the lines of single examples as one trace with gaps between them."""
    rows = found.individual[:, :, chosen]
    x = np.tile(np.append(found.grid, np.nan), len(rows))
    y = np.concatenate([np.append(row, np.nan) for row in rows])
    return {
        "mode": "lines",
        "name": f"{len(rows)} single examples",
        "x": x.astype(np.float32),
        "y": y.astype(np.float32),
        "line": {"color": faded(CLASS_COLORS[chosen % len(CLASS_COLORS)], 0.25), "width": 1},
        "hovertemplate": "one example: %{y:.5g}<extra></extra>",
    }


def _dependence_table(found: PartialDependence, outputs: Sequence[str]) -> pd.DataFrame:
    """Return rows ``<column>, output, mean prediction``."""
    categories = found.column.categories
    values = np.array(categories, object) if categories else found.grid
    return pd.DataFrame(
        {
            found.column.name: np.repeat(values, len(outputs)),
            "output": np.tile(np.array(outputs, object), len(found.grid)),
            "mean prediction": found.mean.ravel(),
        }
    )
