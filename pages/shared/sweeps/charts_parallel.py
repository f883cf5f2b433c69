"""Parallel coordinates: every trial as a line through its knobs to its value."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from nnlib.search import Choice, Range
from nnlib.search.findings import words_of
from nnlib.search.importance import comparable
from pages.shared.charts.chart import Chart
from pages.shared.charts.theme import empty_figure, new_figure, plain_number
from pages.shared.sweeps.charts import NOTHING, Record, trials_table, value_text

_HEIGHT = 380
_SCALE = "Viridis"
_MOST_TICKS = 6


def plot_parallel(record: Record) -> Chart:
    """Draw each trial as a line through its knobs to its value; a brush on an axis filters."""
    title = "From the knobs to the score: drag along an axis to filter"
    table = partial(trials_table, record)
    done = record.done
    if not done:
        figure = empty_figure(title, "knob", record.objective.label, NOTHING, height=_HEIGHT)
        return Chart(figure, "parallel-coordinates", table)
    dimensions = [
        _dimension(words_of(name), knob, [trial.settings.get(name) for trial in done])
        for name, knob in record.space.items()
    ]
    values = comparable(record.objective, [t.value for t in done if t.value is not None])
    low, high = float(values.min()), float(values.max())
    name = record.objective.label.replace(" at the end", "").lower()
    score = _axis(name, values.tolist(), low, high, log=record.log)
    figure = new_figure(title, "knob", record.objective.label, height=_HEIGHT)
    figure.add_trace(
        {
            "type": "parcoords",
            "dimensions": [*dimensions, score],
            "line": {
                "color": values,
                "colorscale": _SCALE,
                "reversescale": not record.objective.maximize,
            },
            "labelfont": {"size": 13},
            "domain": {"y": [0.0, 0.84]},
        }
    )
    figure.update_layout(margin={"l": 70, "r": 60, "t": 40, "b": 24})
    return Chart(figure, "parallel-coordinates", table)


def _dimension(label: str, knob: Range | Choice, values: Sequence[Any]) -> dict[str, Any]:
    """Return one axis; a trial that does not have the knob lies below its lowest value."""
    if isinstance(knob, Choice):
        places = [-1 if v is None else knob.options.index(v) for v in values]
        ticks, names = list(range(len(knob.options))), [value_text(o) for o in knob.options]
        if -1 in places:
            ticks, names = [-1, *ticks], ["–", *names]
        return {
            "label": label,
            "values": places,
            "range": [ticks[0], max(ticks[-1], ticks[0] + 1)],
            "tickvals": ticks,
            "ticktext": names,
        }
    scale = np.log10 if knob.log else float
    low, high = float(scale(knob.low)), float(scale(knob.high))
    gap = low - 0.1 * (high - low)
    placed = [gap if v is None else float(scale(v)) for v in values]
    missing = any(value is None for value in values)
    return _axis(label, placed, low, high, log=bool(knob.log), missing=gap if missing else None)


def _axis(
    label: str,
    values: list[float],
    low: float,
    high: float,
    *,
    log: bool,
    missing: float | None = None,
) -> dict[str, Any]:
    high = high if high > low else low + 1
    ticks = np.linspace(low, high, _MOST_TICKS).tolist()
    names = [plain_number(10**tick if log else tick, 2) for tick in ticks]
    if missing is not None:
        ticks, names = [missing, *ticks], ["–", *names]
    return {
        "label": label,
        "values": values,
        "range": [ticks[0], high],
        "tickvals": ticks,
        "ticktext": names,
    }
