"""A sweep as it goes: the best so far, and the curves of all trials."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.search import PARTS, Choice, Objective, Range, Search, Trial
from nnlib.search.findings import words_of
from nnlib.search.front import work_of
from pages.shared.charts.chart import Chart
from pages.shared.charts.theme import (
    CLASS_COLORS,
    TRAIN,
    VALIDATION,
    empty_figure,
    faded,
    new_figure,
    plain_number,
)

NOTHING = "No trial has come to its end yet."
_Array = NDArray[Any]
_HEIGHT = 340
_LOST = CLASS_COLORS[3]


@dataclass(frozen=True, eq=False)
class Record:
    """What a sweep has come to, as numbers that do not change any more.

    Attributes
    ----------
    trials : by number, those under way included
    curves : medians over the seeds after parts of the run, by number of the trial
    best : number of the best trial, or None
    work : operations that a run of each trial with a value took, by its number
    """

    objective: Objective
    space: Mapping[str, Range | Choice]
    trials: tuple[Trial, ...]
    curves: Mapping[int, Mapping[int, float]]
    best: int | None
    work: Mapping[int, float]

    @property
    def done(self) -> list[Trial]:
        """The trials with a value, by number."""
        return [trial for trial in self.trials if trial.value is not None]

    @cached_property
    def texts(self) -> Mapping[int, str]:
        """The values of each trial's knobs as a hover shows them, by its number."""
        return {trial.number: settings_text(trial.settings) for trial in self.trials}

    @property
    def log(self) -> bool:
        """Whether values are drawn on a logarithmic axis."""
        return self.objective.log and all(trial.value > 0 for trial in self.done)  # type: ignore[operator]


def record_of(search: Search) -> Record:
    """Return what a search has come to."""
    best, trials = search.best, tuple(search.trials)
    return Record(
        search.objective,
        search.space,
        trials,
        {number: dict(curve) for number, curve in search.curves.items()},
        None if best is None else best.number,
        {t.number: work_of(search, t) for t in trials if t.value is not None},
    )


def trials_table(record: Record) -> pd.DataFrame:
    """Return one row a trial: number, knobs, value, how it ended and why, steps."""
    rows = []
    for trial in record.trials:
        outcome = trial.outcome
        scores = outcome.scores if outcome is not None else ()
        rows.append(
            {"trial": trial.number}
            | {name: trial.settings.get(name) for name in record.space}
            | {
                "value": trial.value,
                "lowest_seed": min(scores, default=None),
                "highest_seed": max(scores, default=None),
                "end": "under way" if outcome is None else outcome.end,
                "reason": "" if outcome is None else outcome.reason,
                "steps": None if outcome is None else outcome.steps,
                "operations": record.work.get(trial.number),
                "after_seconds": None if outcome is None else outcome.after,
            }
        )
    columns = ["trial", *record.space, "value", "lowest_seed", "highest_seed"]
    more = ["end", "reason", "steps", "operations", "after_seconds"]
    return pd.DataFrame(rows, columns=[*columns, *more])


def few_ticks(update: Callable[..., Any], values: Iterable[float], *, log: bool) -> None:
    """Leave an axis that spans few decades the ticks 1, 2 and 5, where all digits are too many."""
    span = list(values)
    if log and 2 < max(span) / min(span) < 1000:
        update(dtick="D2")


def settings_text(settings: Mapping[str, Any]) -> str:
    """Return the values of knobs, a line each, for a hover."""
    return "<br>".join(f"{words_of(name)} {value_text(value)}" for name, value in settings.items())


def settings_line(settings: Mapping[str, Any]) -> str:
    """Return the values of knobs in one line."""
    return settings_text(settings).replace("<br>", ", ")


def value_text(value: Any) -> str:
    """Return a knob's value as people write it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return plain_number(value) if isinstance(value, int | float) else str(value).replace("_", " ")


def plot_history(record: Record, *, in_time: bool = False) -> Chart:
    """Draw the value of every trial and the best so far.

    Over the trials in the order of their proposals, or over the seconds after which each had ended.
    """
    label = record.objective.label
    title = "Every trial, and the best so far"
    axes = ("seconds of computing" if in_time else "trial", label)
    name = "search-in-time" if in_time else "search-history"
    table = partial(trials_table, record)
    if not record.done:
        return Chart(empty_figure(title, *axes, NOTHING, height=_HEIGHT), name, table)
    figure = new_figure(title, *axes, log_y=record.log, height=_HEIGHT)
    figure.update_xaxes(rangemode="tozero" if in_time else "normal")
    done = sorted(record.done, key=lambda t: _place(t, in_time))
    values = np.array([trial.value for trial in done], np.float64)
    few_ticks(figure.update_yaxes, values, log=record.log)
    figure.add_traces([_values_trace(record, done, in_time), _best_trace(record, done, in_time)])
    figure.add_trace(_lost_trace(record, values, in_time))
    return Chart(figure, name, table)


def _place(trial: Trial, in_time: bool) -> float:
    return trial.outcome.after if in_time and trial.outcome is not None else trial.number


def _values_trace(record: Record, done: Sequence[Trial], in_time: bool) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": "a trial",
        "x": [_place(trial, in_time) for trial in done],
        "y": [trial.value for trial in done],
        "mode": "markers",
        "marker": {"color": faded(TRAIN, 0.6), "size": 6},
        "text": [f"<b>trial {t.number}</b><br>{record.texts[t.number]}" for t in done],
        "hovertemplate": "%{text}<br>reached %{y:.4g}<extra></extra>",
    }


def _best_trace(record: Record, done: Sequence[Trial], in_time: bool) -> dict[str, Any]:
    values = np.array([trial.value for trial in done], np.float64)
    best = (np.maximum if record.objective.maximize else np.minimum).accumulate(values)
    up_to = "within %{x:.3g} s" if in_time else "up to trial %{x}"
    return {
        "type": "scatter",
        "name": "best so far",
        "x": [_place(trial, in_time) for trial in done],
        "y": best,
        "mode": "lines",
        "line": {"color": VALIDATION, "width": 2, "shape": "hv"},
        "hovertemplate": f"best {up_to}<br>%{{y:.4g}}<extra></extra>",
    }


def _lost_trace(record: Record, values: _Array, in_time: bool) -> dict[str, Any]:
    """Return the trials without a value, on the side of the worse ones."""
    lost = [t for t in record.trials if t.outcome is not None and t.value is None]
    edge = values.min() if record.objective.maximize else values.max()
    return {
        "type": "scatter",
        "name": "without a value",
        "x": [_place(trial, in_time) for trial in lost],
        "y": [edge] * len(lost),
        "mode": "markers",
        "marker": {"color": _LOST, "symbol": "x-thin-open", "size": 7},
        "text": [_end_text(record, trial) for trial in lost],
        "hovertemplate": "<b>trial %{x}</b><br>%{text}<extra></extra>",
        "visible": bool(lost),
    }


def _end_text(record: Record, trial: Trial) -> str:
    assert trial.outcome is not None
    return f"{trial.outcome.end}<br>{record.texts[trial.number]}"


def plot_curves(record: Record) -> Chart:
    """Draw how each trial did on its way: all faintly, the best strongly."""
    label = record.objective.label.replace(" at the end", "")
    label = "Training loss" if record.objective.has_target else label
    title, axes = "All trials on their way", ("share of the run", f"{label}, median")
    curves = {number: curve for number, curve in record.curves.items() if curve}
    table = partial(_curves_table, curves)
    if not curves:
        figure = empty_figure(title, *axes, "No trial has been measured yet.", height=_HEIGHT)
        return Chart(figure, "search-curves", table)
    levels = [level for curve in curves.values() for level in curve.values()]
    log = record.objective.log and min(levels) > 0
    figure = new_figure(title, *axes, log_y=log, height=_HEIGHT)
    few_ticks(figure.update_yaxes, levels, log=log)
    figure.update_xaxes(tickformat=".0%", range=(0, 1.02))
    faint = faded(TRAIN, 0.35 if len(curves) < 100 else 0.15)
    best = {n: curve for n, curve in curves.items() if n == record.best}
    figure.add_trace(_curves_trace("a trial", curves, {"color": faint}))
    figure.add_trace(_curves_trace("the best", best, {"color": VALIDATION, "width": 3}))
    return Chart(figure, "search-curves", table)


def _curves_trace(
    name: str, curves: Mapping[int, Mapping[int, float]], line: dict[str, Any]
) -> dict[str, Any]:
    """Return curves as one line with gaps: a thousand lines would be slow."""
    x: list[float] = []
    y: list[float] = []
    of: list[int] = []
    for number, curve in curves.items():
        x += [*(part / PARTS for part in curve), np.nan]
        y += [*curve.values(), np.nan]
        of += [number] * (len(curve) + 1)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": np.array(x),
        "y": np.array(y),
        "customdata": np.array(of),
        "line": line,
        "visible": bool(curves),
        "hovertemplate": "<b>trial %{customdata}</b><br>after %{x}: %{y:.4g}<extra></extra>",
    }


def _curves_table(curves: Mapping[int, Mapping[int, float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [(n, part / PARTS, level) for n, curve in curves.items() for part, level in curve.items()],
        columns=["trial", "share_of_the_run", "median"],
    )
