"""What the trials cost beside what they reach, and the front of those that none beats in both."""

from __future__ import annotations

from functools import partial
from typing import Any

from nnlib.search.front import front
from pages.shared.charts.chart import Chart
from pages.shared.charts.theme import (
    TRAIN,
    VALIDATION,
    empty_figure,
    faded,
    new_figure,
    plain_number,
)
from pages.shared.sweeps.charts import NOTHING, Record, few_ticks, trials_table

_HEIGHT = 340


def plot_front(record: Record) -> Chart:
    """Draw the value of every trial over the work of one run, with the front on it."""
    title = "The front: no cheaper trial is as good"
    axes = ("operations of a run, about", record.objective.label)
    table = partial(trials_table, record)
    done = record.done
    if not done:
        figure = empty_figure(title, *axes, NOTHING, height=_HEIGHT)
        return Chart(figure, "search-front", table)
    work = [record.work[trial.number] for trial in done]
    log_x = min(work) > 0
    figure = new_figure(title, *axes, log_x=log_x, log_y=record.log, height=_HEIGHT)
    few_ticks(figure.update_xaxes, work, log=log_x)
    few_ticks(figure.update_yaxes, [t.value for t in done if t.value is not None], log=record.log)
    places = front(done, work, maximize=record.objective.maximize)
    texts = [
        f"<b>trial {t.number}</b><br>{record.texts[t.number]}<br>{plain_number(w, 2)} operations"
        for t, w in zip(done, work, strict=True)
    ]
    for name, shown, look in (
        ("a trial", range(len(done)), {"mode": "markers", "marker": {"color": faded(TRAIN, 0.4)}}),
        ("the front", places, _FRONT),
    ):
        figure.add_trace(
            {
                "type": "scatter",
                "name": name,
                "x": [work[i] for i in shown],
                "y": [done[i].value for i in shown],
                "text": [texts[i] for i in shown],
                "hovertemplate": "%{text}<br>reached %{y:.4g}<extra></extra>",
            }
            | look
        )
    return Chart(figure, "search-front", table)


_FRONT: dict[str, Any] = {
    "mode": "lines+markers",
    "line": {"color": VALIDATION, "width": 2, "shape": "hv"},
    "marker": {"size": 9, "color": VALIDATION},
}
