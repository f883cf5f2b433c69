"""A log as a history: the same series that a run of our own records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib.datasets.errors import DatasetError
from nnlib.history import Divergence, History, Series
from nnlib.logs.columns import ROLES, guess_roles, layered
from nnlib.logs.reading import RawLog

Values = npt.NDArray[np.float64]
_STEPWISE = 3.0
"""A training loss with more records an epoch than this is that of single minibatches."""
_POSITIONS = ("step", "epoch")


@dataclass(frozen=True, eq=False)
class Log:
    """The records of a run that was trained elsewhere, and what is known of its settings.

    Attributes
    ----------
    history : the series by the names that our own runs give them
    settings : by name: task, classes or class_shares, target_variance, and fields of
        `NetworkConfig` and `TrainingConfig`
    by_epoch : whether positions count epochs, since the log has no steps
    epochs : passes over the data, 0 where not known
    """

    history: History
    settings: Mapping[str, Any]
    by_epoch: bool
    epochs: int

    @property
    def last_step(self) -> int:
        """The position of the last record."""
        history = self.history
        return max((int(history.steps(n)[-1]) for n in history.names if len(history[n])), default=0)


def log_of(
    raw: RawLog,
    roles: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Log:
    """Understand a log by its columns.

    Parameters
    ----------
    raw : as it was read
    roles : what is in which column, for instance ``{"val_loss": "valid/ce"}``; otherwise by the
        usual names
    settings : what is known of the run, beside what the file says itself

    Raises
    ------
    DatasetError
        Where no column holds a loss.
    """
    roles = dict(guess_roles(raw.counts) if roles is None else roles)
    # TensorBoard exports one value a file and names it in the file's name alone.
    if not {"train_loss", "val_loss", "batch_loss"} & roles.keys() and "Value" in raw.columns:
        roles["val_loss" if "val" in raw.name.lower() else "train_loss"] = "Value"
    if not {"train_loss", "val_loss", "batch_loss"} & roles.keys():
        raise DatasetError(
            "No column of this log holds a loss by its name.", "Choose the columns by hand."
        )
    positions, by_epoch = _positions(raw, roles)
    epochs = _epochs(raw, roles, by_epoch)
    history = History(_layer_names(raw), 1 if by_epoch or not epochs else _per_epoch(
        positions, epochs
    ))  # fmt: skip
    for name, series in _series(raw, roles, positions):
        history.series[name] = series
    _split_minibatches(history, raw)
    history.divergences.extend(_divergences(history))
    known = dict(raw.settings) | dict(settings or {})
    if {"train_accuracy", "val_accuracy"} & roles.keys():
        known.setdefault("task", "classification")
    if "hidden" in known:
        known["hidden"] = tuple(known["hidden"])
    return Log(history, known, by_epoch, epochs)


def _positions(raw: RawLog, roles: Mapping[str, str]) -> tuple[npt.NDArray[np.int64], bool]:
    """Return where each row lies, in updates; in epochs where there is no column of steps."""
    for role in _POSITIONS:
        column = roles.get(role)
        if column is None:
            continue
        values = np.where(np.isfinite(raw.columns[column]), raw.columns[column], np.nan)
        if not np.isfinite(values).any():
            continue
        # A row without a position belongs to the one before it.
        index = np.maximum.accumulate(np.where(np.isfinite(values), np.arange(len(values)), 0))
        filled = np.nan_to_num(values[index])
        # An epoch that is counted from 0 is a position at its end.
        at = filled + 1 if role == "epoch" and filled.min() == 0 else filled
        return at.astype(np.int64), role == "epoch"
    rows = len(next(iter(raw.columns.values())))
    return np.arange(1, rows + 1), True


def _epochs(raw: RawLog, roles: Mapping[str, str], by_epoch: bool) -> int:
    column = raw.columns.get(roles.get("epoch", ""))
    if column is None or not np.isfinite(column).any():
        return 0
    finite = column[np.isfinite(column)]
    return int(np.ceil(finite.max() + (finite.min() == 0 and (finite % 1 == 0).all())))


def _per_epoch(positions: npt.NDArray[np.int64], epochs: int) -> int:
    return max(int(round(float(positions.max()) / epochs)), 1)


def _layer_names(raw: RawLog) -> tuple[str, ...]:
    found = layered(raw.columns)
    columns = found.get("weight_norm") or found.get("gradient_norm") or []
    return tuple(c.partition("/")[2] for c in columns)


def _series(
    raw: RawLog, roles: Mapping[str, str], positions: npt.NDArray[np.int64]
) -> Iterator[tuple[str, Series]]:
    for role in ROLES:
        column = roles.get(role)
        if column is not None and role not in _POSITIONS:
            rows = np.flatnonzero(raw.filled[column])
            yield role, _filled(Series(()), positions[rows], raw.columns[column][rows])
    for name, columns in layered(raw.columns).items():
        rows = np.flatnonzero(np.any([raw.filled[c] for c in columns], axis=0))
        values = np.stack([raw.columns[c][rows] for c in columns], axis=1)
        labels = tuple(c.partition("/")[2] for c in columns)
        yield name, _filled(Series((len(columns),), labels), positions[rows], values)


def _filled(series: Series, steps: npt.NDArray[np.int64], values: Values) -> Series:
    """Append the records in order; of several at one step the last counts."""
    order = np.argsort(steps, kind="stable")
    steps, values = steps[order], values[order]
    last = np.append(steps[1:] != steps[:-1], True) if len(steps) else np.empty(0, bool)
    for step, value in zip(steps[last], values[last], strict=True):
        series.append(int(step), value)
    return series


def _split_minibatches(history: History, raw: RawLog) -> None:
    """Keep a loss of single minibatches as such, and take its mean over each epoch for training's.

    Only where the log counts both steps and epochs; our own snippets log that of fixed examples.
    """
    losses = history.series.get("train_loss")
    if losses is None or raw.settings.get("fixed_examples") or history.steps_per_epoch < 2:
        if losses is None and "batch_loss" in history.series:
            _take_means(history, history.series["batch_loss"])
        return
    epochs = max(losses.steps[-1] / history.steps_per_epoch, 1)
    if len(losses.steps) / epochs > _STEPWISE:
        history.series["batch_loss"] = losses
        _take_means(history, losses)


def _take_means(history: History, losses: Series) -> None:
    width = history.steps_per_epoch
    if width < 2:
        history.series["train_loss"] = losses
        return
    epoch = losses.steps // width
    means = Series(())
    for number in np.unique(epoch):
        inside = epoch == number
        means.append(int(losses.steps[inside][-1]), losses.values[inside].mean())
    history.series["train_loss"] = means


def _divergences(history: History) -> Iterator[Divergence]:
    """Yield the first record of a loss that is not finite."""
    found = []
    for name in ("train_loss", "batch_loss", "val_loss"):
        if name in history:
            bad = np.flatnonzero(~np.isfinite(history[name]))
            found += [int(history.steps(name)[bad[0]])] if len(bad) else []
    if found:
        yield Divergence(min(found), "the whole network", "loss")
