"""What a run has recorded, as curves: names with arrays of their own, and the table of them.

The history goes on growing; a chart that was drawn, and its table, do not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.history import History
from pages.shared.charts.look import AS_RECORDED, Look, Over, Places


@dataclass(frozen=True, eq=False)
class Curve:
    """One recorded number over a run: a name, and arrays of shape (records,).

    Seconds are NaN where they are not known.
    """

    name: str
    steps: NDArray[np.int64]
    epochs: NDArray[np.float64]
    values: NDArray[np.float64]
    seconds: NDArray[np.float64] = field(default_factory=lambda: np.array(np.nan))

    def places(self, over: Over) -> Places:
        """Return where its records are on an axis; NaN where that is not known."""
        seconds = np.broadcast_to(self.seconds, self.steps.shape)
        return {"step": self.steps, "epoch": self.epochs, "seconds": seconds}[over]

    def smoothed(self, weight: float) -> "Curve":
        """Return its moving average; see `smooth`."""
        return replace(self, values=smooth(self.values, weight))


def run_curves(history: History, names: Mapping[str, str]) -> list[Curve]:
    """Return the series that hold one number a record and were recorded at all.

    Parameters
    ----------
    history : of a single run
    names : series to the name in the legend, in the order to be drawn
    """
    present = [name for name in names if name in history and len(history[name])]
    return [_curves(history, n, [(names[n], history[n])])[0] for n in present]


def layer_curves(history: History, series: str) -> list[Curve]:
    """Return one curve a layer, from input to output; none where nothing was recorded."""
    if series not in history or not len(history[series]):
        return []
    return _curves(
        history, series, list(zip(history.labels(series), history[series].T, strict=True))
    )


def all_layers_curve(history: History, series: str, name: str) -> list[Curve]:
    """Return the norm over all layers of what is a norm for each; none as in `layer_curves`."""
    if series not in history or not len(history[series]):
        return []
    return _curves(history, series, [(name, np.linalg.norm(history[series], axis=-1))])


def _curves(
    history: History, series: str, named: list[tuple[str, NDArray[np.float64]]]
) -> list[Curve]:
    steps = history.steps(series).copy()  # the history goes on growing; a chart's table does not
    epochs, seconds = steps / history.steps_per_epoch, history.seconds(series)
    return [Curve(name, steps, epochs, values.copy(), seconds) for name, values in named]


def curves_table(
    curves: Sequence[Curve], kind: str, what: str, look: Look = AS_RECORDED
) -> pd.DataFrame:
    """Return tidy rows ``step, epoch, <kind>, <what>``, with what is seen beside that.

    That is ``seconds`` on an axis of seconds, and ``smoothed`` where curves are.

    `kind` is what the curves' names name, and `what` their values are.
    """
    empty = np.empty(0)

    def joined(columns: Sequence[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([empty, *columns])

    table: dict[str, Any] = {
        "step": joined([c.steps for c in curves]).astype(np.int64),
        "epoch": joined([c.epochs for c in curves]),
    }
    if look.over == "seconds":
        table["seconds"] = joined([c.places("seconds") for c in curves])
    table |= {
        kind: [c.name for c in curves for _ in c.steps],
        what: joined([c.values for c in curves]),
    }
    if look.smoothing:
        table["smoothed"] = joined([smooth(c.values, look.smoothing) for c in curves])
    return pd.DataFrame(table)


def smooth(values: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
    """Return the bias-corrected exponential moving average.

    ``average = weight * average + (1 - weight) * value``, divided by ``1 - weight**count``, so
    that the first values are not drawn to zero (Kingma & Ba 2015, section 3). Values that are
    not finite stay as they are and do not enter the average.

    Parameters
    ----------
    values : ndarray of shape (records,)
    weight : from 0 (no smoothing) to below 1

    Returns
    -------
    ndarray of shape (records,)
    """
    averages, finite = values.copy(), np.isfinite(values)
    sums = (1 - weight) * values[finite]
    reach = 1  # each sum is over so many of the newest values; it doubles
    while reach < len(sums):
        sums[reach:] += weight**reach * sums[:-reach]
        reach *= 2
    averages[finite] = sums / (1 - weight ** np.arange(1, len(sums) + 1))
    return averages
