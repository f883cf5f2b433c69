"""What simple models reach on the same rows: the measure of what the data allow.

`fit_baselines` scores three on all rows, to be shown; `Baselines` fits more of them to fewer rows,
each when it is asked for, to draw conclusions from.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset

MOST_ITERATIONS = 1000
"""Of logistic regression; scikit-learn's own 100 are often too few for it to converge."""
_MANY_NUMBERS = 1_000_000  # rows x inputs, from which on boosting uses all cores
_LEAST_PROBABILITY = 1e-15  # whose logarithm is taken
MOST_ROWS = 1500
"""So many training rows, drawn once, are fitted: a baseline is a yardstick, not a competitor."""
MOST_BOOSTED = 64
"""With more inputs than these a forest of random trees takes the place of boosting."""

MOST_KNOWN = 1000
"""So many scores are remembered by data and model, for runs and people with the same data."""
_KNOWN: OrderedDict[tuple[str, str], float] = OrderedDict()


class Result(NamedTuple):
    """A model's scores on the validation split; `seconds` is how long it took to fit."""

    name: str
    loss: float
    score: float
    seconds: float


def fit_baselines(data: Dataset, seed: int = 0) -> list[Result]:
    """Fit a guess, a linear model and gradient boosting, and score them on the validation split.

    With scikit-learn's default settings but for `MOST_ITERATIONS`, on the network's own inputs and
    training rows. The loss is the mean cross-entropy, or the mean squared error of the standardized
    target; the score is accuracy or R².

    Parameters
    ----------
    data : of several regression targets, the first is predicted
    seed : of gradient boosting, which draws rows for early stopping in large sets
    """
    results = []
    labels, actual = (_labels(data, split) for split in ("train", "val"))
    if labels.ndim > 1:
        labels, actual = labels[:, 0], actual[:, 0]
    for name, model in _models(data.task, seed):
        start = perf_counter()
        _fit(model, data.X_train, labels, None if data.X_train.size >= _MANY_NUMBERS else 1)
        seconds = perf_counter() - start
        score = _score_values if data.task == "regression" else _score_classes
        results.append(Result(name, *score(model, data, actual), seconds))
    return results


def _models(task: str, seed: int) -> Iterator[tuple[str, Any]]:
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, Ridge

    if task == "regression":
        yield "mean of the training rows", DummyRegressor()
        yield "ridge regression", Ridge()
        yield "gradient boosting", HistGradientBoostingRegressor(random_state=seed)
    else:
        yield "class shares of the training rows", DummyClassifier(strategy="prior")
        yield "logistic regression", LogisticRegression(max_iter=MOST_ITERATIONS)
        yield "gradient boosting", HistGradientBoostingClassifier(random_state=seed)


def _score_classes(model: Any, data: Dataset, actual: NDArray[Any]) -> tuple[float, float]:
    chances = np.zeros((len(actual), len(data.class_names)))
    chances[:, model.classes_] = model.predict_proba(data.X_val)
    of_actual = chances[np.arange(len(actual)), actual]
    loss = -np.log(np.maximum(of_actual, _LEAST_PROBABILITY)).mean()
    return float(loss), float((chances.argmax(axis=1) == actual).mean())


def _score_values(model: Any, data: Dataset, actual: NDArray[Any]) -> tuple[float, float]:
    errors = np.square(actual - model.predict(data.X_val))
    spread = np.square(actual - actual.mean()).sum()
    loss = errors.mean() / data.target_scale[0] ** 2
    return float(loss), float(1 - errors.sum() / spread) if spread else float("nan")


class Baselines:
    """Scores of scikit-learn's models on validation, accuracy or R², each fitted when asked for.

    Parameters
    ----------
    data : with rows in its validation split; of several regression targets, all are predicted
    """

    def __init__(self, data: Dataset) -> None:
        self._data = data
        rng = np.random.default_rng(0)
        rows = np.arange(len(data.X_train))
        if len(rows) > MOST_ROWS:
            rows = np.sort(rng.choice(len(rows), MOST_ROWS, replace=False))
        self._X, self._y = data.X_train[rows], _labels(data, "train")[rows]

    @classmethod
    def of(cls, data: Dataset) -> Baselines | None:
        """Return the baselines of a data set, or None where it has nothing to score them on."""
        return cls(data) if len(data.X_val) else None

    @cached_property
    def linear(self) -> float:
        """Logistic or ridge regression on standardized inputs."""
        from sklearn.linear_model import LogisticRegression, Ridge
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        regression = self._data.task == "regression"
        model = Ridge() if regression else LogisticRegression(max_iter=200)
        return self._fitted(make_pipeline(StandardScaler(), model))

    @cached_property
    def trees(self) -> float:
        """Histogram gradient boosting, or a forest where there are many inputs or outputs."""
        from sklearn import ensemble

        regression = self._data.task == "regression"
        if self._data.n_features > MOST_BOOSTED or self._y.ndim > 1:
            kind = ensemble.ExtraTreesRegressor if regression else ensemble.ExtraTreesClassifier
            return self._fitted(kind(n_estimators=100, min_samples_leaf=2, random_state=0))
        kind = (
            ensemble.HistGradientBoostingRegressor
            if regression
            else ensemble.HistGradientBoostingClassifier
        )
        return self._fitted(kind(max_iter=30, max_leaf_nodes=15, random_state=0))

    @cached_property
    def kernel(self) -> float:
        """A support vector machine with a radial kernel on standardized inputs."""
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import SVC, SVR

        if self._y.ndim > 1:
            return self.linear
        if self._data.task != "regression":
            return self._fitted(make_pipeline(StandardScaler(), SVC(C=10)))
        scale = float(self._y.std()) or 1.0
        return self._fitted(make_pipeline(StandardScaler(), SVR(C=10 * scale, epsilon=0.1 * scale)))

    @property
    def bent(self) -> float:
        """Score of the better of the two models that are not linear."""
        return max(self.trees, self.kernel)

    @property
    def best(self) -> float:
        """Score of the best of the models."""
        return max(self.linear, self.bent)

    def beat(self, score: float) -> bool:
        """Say whether a model scores higher; the cheap ones are asked first."""
        return score < 1 and (self.linear > score or self.trees > score or self.kernel > score)

    def without(self, feature: int) -> float:
        """Return what trees reach without one input."""
        keep = [i for i in range(self._data.n_features) if i != feature]
        names = tuple(self._data.feature_names[i] for i in keep)
        parts: dict[str, Any] = {
            f"X_{split}": self._data.features(split)[:, keep] for split in ("train", "val", "test")
        }
        reduced = replace(
            self._data, feature_names=names, image_shape=None, preprocessing=None, **parts
        )
        return Baselines(reduced).trees

    @cached_property
    def as_classes(self) -> float:
        """Accuracy on validation of a forest that takes the numbers to predict for classes."""
        from sklearn.ensemble import ExtraTreesClassifier

        model = ExtraTreesClassifier(n_estimators=100, min_samples_leaf=2, random_state=0)
        return self._fitted(model)

    def as_numbers(self, values: NDArray[np.float64]) -> float:
        """Return R² on validation of a forest that takes classes for these numbers, (classes,)."""
        from sklearn.ensemble import ExtraTreesRegressor

        model = ExtraTreesRegressor(n_estimators=100, min_samples_leaf=2, random_state=0)
        model.fit(self._X, values[self._y])
        return float(model.score(self._data.X_val, values[_labels(self._data, "val")]))

    @cached_property
    def constant(self) -> float:
        """Share of the most frequent class on validation, or R² 0."""
        if self._data.task == "regression":
            return 0.0
        values, counts = np.unique(self._y, return_counts=True)
        return float(np.mean(_labels(self._data, "val") == values[counts.argmax()]))

    def _fitted(self, model: Any) -> float:
        asked = (self._data.fingerprint, repr(model))
        score = _KNOWN.get(asked)
        if score is None:
            _fit(model, self._X, self._y)
            score = float(model.score(self._data.X_val, _labels(self._data, "val")))
            _KNOWN[asked] = score
            if len(_KNOWN) > MOST_KNOWN:
                _KNOWN.popitem(last=False)
        return score


def _fit(model: Any, X: NDArray[Any], y: NDArray[Any], threads: int | None = 1) -> None:
    """Fit on one thread, or on all where it is None.

    Threads that wait for each other cost more than they give where there is little to do: beside a
    busy process, ten to a hundred times as much.
    """
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings(), threadpool_limits(threads):
        warnings.simplefilter("ignore")  # a linear model that has not quite converged
        model.fit(X, y)


def _labels(data: Dataset, split: str) -> NDArray[Any]:
    """Return class codes, or numbers as (n,) or (n, k)."""
    labels = np.asarray(data.labels(split))
    if data.task == "regression":
        return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.dtype.kind == "f":  # soft targets
        return np.asarray(labels.argmax(axis=1) if labels.ndim == 2 else (labels > 0.5).astype(int))
    return labels
