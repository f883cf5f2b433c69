"""Looking into a trained model from outside: which columns matter, how, and how sure it may be.

Permutation importance (Breiman 2001, section 10; Fisher, Rudin & Dominici 2019), partial
dependence (Friedman 2001, section 8.2), individual conditional expectation (Goldstein et al. 2015)
and calibration (reliability diagrams; Niculescu-Mizil & Caruana 2005; Guo et al. 2017).

A *column* is one of the person's table: a category became several inputs of the network, which
are taken together here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.datasets.dataset import Dataset
from nnlib.datasets.tables.encoding import signed_exp
from nnlib.datasets.tables.preprocessing import TablePreprocessing
from nnlib.proportions import wilson_interval

Floats = npt.NDArray[np.float64]
Measure = Callable[[Array], Sequence[float]]


@dataclass(frozen=True)
class Column:
    """A column of a table and the inputs it became.

    `mean` and `scale` bring a number back to its own units, ``x · scale + mean``, of the logarithm
    if `log`; `categories` are the names of a category's inputs, and empty for a number.
    """

    name: str
    inputs: tuple[int, ...]
    categories: tuple[str, ...] = ()
    mean: float = 0.0
    scale: float = 1.0
    standardized: bool = False
    log: bool = False

    def in_own_units(self, values: npt.ArrayLike) -> Floats:
        """Return values of a number's input in the units of its column."""
        own = np.asarray(values, np.float64) * self.scale + self.mean
        return signed_exp(own) if self.log else own


def columns_of(data: Dataset) -> tuple[Column, ...]:
    """Return the columns of a data set in the order of its inputs.

    Where no table was prepared, each input is a column of its own.
    """
    table = data.preprocessing
    if not isinstance(table, TablePreprocessing):
        return tuple(Column(name, (i,)) for i, name in enumerate(data.feature_names))
    widths = {decision.column: decision.n_features for decision in table.decisions}
    columns: list[Column] = []
    for i, number in enumerate(table.encoding.numbers):
        columns.append(Column(number.name, (i,), (), number.mean, number.scale, True, number.log))
    start = len(table.encoding.numbers)
    for name in table.categorical:
        inputs = tuple(range(start, start + widths[name]))
        values = tuple(data.feature_names[i][len(name) + 1 :] for i in inputs)
        columns.append(Column(name, inputs, values))
        start += widths[name]
    return tuple(columns)


def permutation_importance(
    measure: Measure,
    x: Array,
    columns: Sequence[Column],
    repeats: int,
    rng: np.random.Generator,
    progress: Callable[[float], None] | None = None,
) -> Floats:
    """Return by how much measures change when one column's values are shuffled among the rows.

    Parameters
    ----------
    measure : gives m numbers for features of shape (n, d), such as loss and accuracy
    x : shape (n, d)
    columns : the inputs of each are shuffled together
    repeats : shuffles of each column
    rng : draws the shuffles
    progress : is told the share of the work done

    Returns
    -------
    changes : shuffled minus unshuffled, shape (columns, repeats, m)
    """
    base = np.asarray(measure(x), np.float64)
    changes = np.empty((len(columns), repeats, len(base)))
    shuffled = x.copy()
    for c, column in enumerate(columns):
        inputs = list(column.inputs)
        for repeat in range(repeats):
            shuffled[:, inputs] = x[rng.permutation(len(x))][:, inputs]
            with np.errstate(all="ignore"):  # a diverged model gives changes that are not finite
                changes[c, repeat] = np.asarray(measure(shuffled), np.float64) - base
        shuffled[:, inputs] = x[:, inputs]
        if progress is not None:
            progress((c + 1) / len(columns))
    return changes


@dataclass(frozen=True, eq=False)
class PartialDependence:
    """What a model says when one column is set to a value in every row.

    Attributes
    ----------
    column : the column that is set
    grid : its values, shape (g,); the place of the category for a category
    mean : average over the rows, shape (g, outputs): the partial dependence
    individual : for single rows, shape (rows drawn, g, outputs)
    """

    column: Column
    grid: Floats
    mean: Floats
    individual: Floats


def partial_dependence(
    predict: Callable[[Array], npt.NDArray[np.floating]],
    x: Array,
    column: Column,
    *,
    points: int = 25,
    individual: int = 30,
) -> PartialDependence:
    """Return the partial dependence of predictions on one column, and single rows of it.

    Parameters
    ----------
    predict : gives shape (n, outputs) for features of shape (n, d)
    x : the rows that are averaged over, shape (n, d)
    column : a number takes values between its 5th and 95th percentile in `x`, or all of them
        where they are few; a category each of its values in turn
    points : most values of a number
    individual : rows that are kept singly, the first ones
    """
    settings, grid = _settings(x, column, points)
    inputs, n = list(column.inputs), len(x)
    filled = np.tile(x, (len(settings), 1))
    filled[:, inputs] = np.repeat(settings, n, axis=0)
    values = np.asarray(predict(filled), np.float64).reshape(len(settings), n, -1)
    return PartialDependence(
        column, grid, values.mean(axis=1), values[:, :individual].swapaxes(0, 1)
    )


def _settings(x: Array, column: Column, points: int) -> tuple[Array, Floats]:
    """Return what the column's inputs are set to, (g, inputs), and the values that this means."""
    if column.categories:
        return np.eye(len(column.inputs), dtype=x.dtype), np.arange(float(len(column.inputs)))
    values = np.unique(x[:, column.inputs[0]])
    if len(values) > points:
        low, high = np.quantile(x[:, column.inputs[0]], (0.05, 0.95))
        values = np.linspace(low, high, points).astype(x.dtype) if low < high else values[:points]
    return values[:, np.newaxis], column.in_own_units(values)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Predicted probabilities beside how often they came true, by bin; arrays of shape (bins,).

    Attributes
    ----------
    predicted : mean predicted probability in the bin
    observed : share that came true
    low, high : 95 % interval of that share (Wilson 1927)
    count : examples in the bin; empty bins are left out
    error : expected calibration error, the mean of |observed - predicted| weighted by count
    """

    predicted: Floats
    observed: Floats
    low: Floats
    high: Floats
    count: npt.NDArray[np.int64]
    error: float


def calibration(probability: npt.ArrayLike, outcome: npt.ArrayLike, bins: int = 10) -> Calibration:
    """Sort predictions into bins of equal width and compare them with what came true.

    Parameters
    ----------
    probability : predicted, shape (n,), finite
    outcome : what came true, 0 or 1, shape (n,)
    bins : number of bins between 0 and 1; an upper edge belongs to the next bin
    """
    p, true = np.asarray(probability, np.float64), np.asarray(outcome, np.float64)
    place = np.clip((p * bins).astype(np.int64), 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    kept = counts > 0
    count = counts[kept]
    predicted = np.bincount(place, p, bins)[kept] / count
    observed = np.bincount(place, true, bins)[kept] / count
    low, high = wilson_interval(np.bincount(place, true, bins)[kept], count)
    error = float((count * np.abs(observed - predicted)).sum() / max(len(p), 1))
    return Calibration(predicted, observed, low, high, count, error)
