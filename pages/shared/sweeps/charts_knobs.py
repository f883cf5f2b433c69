"""What the knobs do to the score: importance, slices, two at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from nnlib.search import Choice, Importance, Range
from nnlib.search.findings import words_of
from nnlib.search.importance import comparable
from nnlib.search.planes import Plane, over_two
from pages.shared.charts.chart import Chart
from pages.shared.charts.theme import (
    BATCH,
    LOG_AXIS,
    TRAIN,
    VALIDATION,
    empty_figure,
    escape,
    new_figure,
    plain_number,
)
from pages.shared.sweeps.charts import (
    NOTHING,
    Record,
    few_ticks,
    trials_table,
    value_text,
)

_HEIGHT = 380
_SCALE = "Viridis"


def plot_importance(found: Importance) -> Chart:
    """Draw each knob's importance beside what copies got whose values were dealt out at random."""
    what = {
        "fanova": "share of the variance of the score",
        "ped_anova": "share of what sets the best tenth apart",
    }[found.method]
    names = [words_of(name) for name in found.values]
    values = list(found.values.values())
    figure = new_figure("Which knobs matter", what, "knob", height=_HEIGHT)
    figure.add_traces([
        {
            "type": "bar",
            "orientation": "h",
            "name": "importance",
            "x": values,
            "y": names,
            "marker": {"color": [TRAIN if found.matters(n) else BATCH for n in found.values]},
            "hovertemplate": "<b>%{y}</b><br>%{x:.1%}<extra></extra>",
        },
        _over_seeds(found, names),
    ])  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(tickformat=".0%", rangemode="tozero")
    figure.add_vline(found.floor, line={"color": BATCH, "width": 1.5, "dash": "dash"})
    figure.add_annotation(
        text=f"by chance up to {found.floor:.1%}",
        x=found.floor,
        y=1,
        yref="y domain",
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
    )
    table = pd.DataFrame(
        {"knob": list(found.values), "importance": values, "most_by_chance": found.floor}
        | {f"by_seed_{i}": [s.get(n, 0.0) for n in found.values]
           for i, s in enumerate(found.by_seed, 1)}
    )  # fmt: skip
    return Chart(figure, f"importance-{found.method.replace('_', '-')}", lambda: table)


def _over_seeds(found: Importance, names: Sequence[str]) -> dict[str, Any]:
    """Return a line a knob from its least to its greatest importance by one seed alone."""
    x: list[float | None] = []
    y: list[str | None] = []
    for knob, name in zip(found.values, names, strict=True):
        x += [*found.over_seeds(knob), None]
        y += [name, name, None]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "by one seed alone",
        "x": x,
        "y": y,
        "line": {"color": VALIDATION, "width": 3},
        "marker": {"size": 6},
        "visible": bool(found.by_seed),
        "hovertemplate": "<b>%{y}</b><br>with one seed alone %{x:.1%}<extra></extra>",
    }


def plot_slice(record: Record, name: str) -> Chart:
    """Draw the value of every trial over one knob; later trials are lighter."""
    words, label = words_of(name), record.objective.label
    title = f"{label} over {words}"
    table = partial(trials_table, record)
    done = [trial for trial in record.done if name in trial.settings]
    if not done:
        figure = empty_figure(title, words, label, NOTHING, height=_HEIGHT)
        return Chart(figure, f"slice-{name}", table)
    knob = record.space[name]
    log_x = isinstance(knob, Range) and bool(knob.log)
    figure = new_figure(title, words, label, log_x=log_x, log_y=record.log, height=_HEIGHT)
    values = [trial.settings[name] for trial in done]
    if isinstance(knob, Choice):
        figure.update_xaxes(**_in_order(knob.options))
    few_ticks(figure.update_yaxes, [t.value for t in done if t.value is not None], log=record.log)
    figure.add_trace(
        {
            "type": "scatter",
            "mode": "markers",
            "name": "a trial",
            "x": values if isinstance(knob, Range) else [value_text(v) for v in values],
            "y": [trial.value for trial in done],
            "marker": {
                "size": 8,
                "color": [trial.number for trial in done],
                "colorscale": _SCALE,
                "colorbar": {"title": {"text": "trial"}, "thickness": 12},
                "line": {"width": 0.5, "color": "rgba(128, 136, 150, 0.8)"},
            },
            "text": [f"trial {t.number}<br>{record.texts[t.number]}" for t in done],
            "hovertemplate": "%{text}<br>%{y:.4g}<extra></extra>",
        }
    )
    return Chart(figure, f"slice-{name}", table)


def plot_two(record: Record, x: str, y: str) -> Chart:
    """Draw the score over two knobs: cells where both have few values, a smooth surface else."""
    label, axes = record.objective.label, (words_of(x), words_of(y))
    title = f"{label} over {axes[0]} and {axes[1]}"
    knobs = (record.space[x], record.space[y])
    done = [trial for trial in record.done if x in trial.settings and y in trial.settings]
    scores = comparable(record.objective, [t.value for t in done if t.value is not None])
    lost = [trial for trial in record.trials if trial.value is None]
    plane = over_two(done, scores, (x, y), knobs, lost) if done else None
    table = partial(_plane_table, plane, x, y, record.log) if plane else None
    name = f"{x}-and-{y}".replace("_", "-")
    if not done:
        return Chart(empty_figure(title, *axes, NOTHING, height=_HEIGHT), name, table)
    logs = [isinstance(knob, Range) and bool(knob.log) for knob in knobs]
    figure = new_figure(title, *axes, height=_HEIGHT)
    bar = _color_bar(scores, record.log)
    colors = {"colorscale": _SCALE, "reversescale": not record.objective.maximize, "colorbar": bar}
    colors |= {"zmin": float(scores.min()), "zmax": float(scores.max())}
    if plane is not None and plane.trials is not None:
        figure.add_trace(_cells(plane, record.log) | colors)
        figure.update_xaxes(**_in_order(plane.x))
        figure.update_yaxes(**_in_order(plane.y))
        return Chart(figure, name, table)
    axes_of = (figure.update_xaxes, figure.update_yaxes)
    for axis, knob, log in zip(axes_of, knobs, logs, strict=True):
        axis(**(LOG_AXIS if log else {}))
        axis(**({} if isinstance(knob, Range) else _in_order(knob.options)))
        few_ticks(axis, (knob.low, knob.high) if isinstance(knob, Range) else (), log=log)
    if plane is not None:
        figure.add_trace(_surface(plane, record.log) | colors)
    else:
        del colors["zmin"], colors["zmax"]
    figure.add_trace(_points(record, done, scores, (x, y), None if plane else colors))
    return Chart(figure, name, table)


def _in_order(values: Sequence[Any]) -> dict[str, Any]:
    """Return the settings of an axis with a place of one size for each value."""
    texts = [value_text(value) for value in values]
    return {"type": "category", "categoryorder": "array", "categoryarray": texts}


def _color_bar(scores: np.ndarray, log: bool) -> dict[str, Any]:
    ticks = np.linspace(scores.min(), scores.max(), 5)
    texts = [plain_number(float(10**t if log else t), 2) for t in ticks]
    return {"thickness": 12, "tickvals": ticks, "ticktext": texts}


def _texts(scores: np.ndarray, log: bool) -> list[list[str]]:
    return [
        ["" if np.isnan(v) else plain_number(float(10**v if log else v)) for v in row]
        for row in scores
    ]


def _cells(plane: Plane, log: bool) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "x": [value_text(value) for value in plane.x],
        "y": [value_text(value) for value in plane.y],
        "z": plane.scores,
        "text": _texts(plane.scores, log),
        "texttemplate": "%{text}" if plane.scores.size <= 100 else "",
        "customdata": plane.trials,
        "hoverongaps": False,
        "hovertemplate": "%{x}, %{y}<br><b>%{text}</b>, median of %{customdata} trials"
        "<extra></extra>",
        "xgap": 1,
        "ygap": 1,
    }


def _surface(plane: Plane, log: bool) -> dict[str, Any]:
    return {
        "type": "contour",
        "x": plane.x,
        "y": plane.y,
        "z": plane.scores,
        "text": _texts(plane.scores, log),
        "contours": {"coloring": "heatmap"},
        "line": {"width": 0.5},
        "hovertemplate": "%{x:.3g}, %{y:.3g}<br>about <b>%{text}</b><extra></extra>",
    }


def _points(
    record: Record,
    done: Sequence[Any],
    scores: np.ndarray,
    names: tuple[str, str],
    colors: dict[str, Any] | None,
) -> dict[str, Any]:
    along = [
        [trial.settings[name] if isinstance(record.space[name], Range)
         else value_text(trial.settings[name]) for trial in done]
        for name in names
    ]  # fmt: skip
    marker = {"size": 6, "color": "#ffffff"} if colors is None else {
        "size": 10, "color": scores, **colors
    }  # fmt: skip
    return {
        "type": "scatter",
        "x": along[0],
        "y": along[1],
        "mode": "markers",
        "name": "a trial",
        "showlegend": False,
        "marker": marker | {"line": {"width": 1, "color": "#1f2937"}},
        "text": [
            f"trial {t.number}<br>{escape(plain_number(t.value))}<br>{record.texts[t.number]}"
            for t in done
        ],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _plane_table(plane: Plane, x: str, y: str, log: bool) -> pd.DataFrame:
    rows = [
        (a, b, 10 ** plane.scores[j, i] if log else plane.scores[j, i],
         None if plane.trials is None else int(plane.trials[j, i]))
        for j, b in enumerate(plane.y) for i, a in enumerate(plane.x)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=[x, y, "value", "trials"])
